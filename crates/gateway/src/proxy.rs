//! Asks a context: by a call in this process, or over HTTP with pooled connections, streaming both ways.

use std::convert::Infallible;
use std::error::Error;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, CONNECTION, CONTENT_TYPE, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, Version};
use axum::response::Response;
use futures_util::StreamExt;
use http_body_util::{BodyStream, StreamBody};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kernel::Context;
use platform::deadline::{DEADLINE_HEADER, Deadline};
use platform::identity::{IDENTITY_HEADER, Identity, Signer};
use platform::problem::Problem;
use platform::server::{RequestId, Trace};
use platform::shutdown::Shutdown;
use tower::Service;

use crate::{Options, Patience};

/// The media type of Server-Sent Events.
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// Connections that are kept for the next request, per service.
const IDLE_CONNECTIONS: usize = 256;

/// Shorter than the server's own limit, so that a request does not meet a connection that is just being closed.
const IDLE: std::time::Duration = std::time::Duration::from_secs(60);

/// Why a context did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Outage {
    /// It is not part of this gateway.
    #[error("it does not run here")]
    Absent,
    /// No connection, or it broke before the answer began.
    #[error("it cannot be reached")]
    Unreachable,
    /// It took too long.
    #[error("it did not answer in time")]
    Late,
    /// The gateway itself stops.
    #[error("the gateway is stopping")]
    Stopping,
}

impl Outage {
    /// The outage as a metric's label.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unreachable => "unreachable",
            Self::Late => "late",
            Self::Stopping => "stopping",
        }
    }

    /// What the caller is told.
    pub(crate) fn problem(self, context: Context) -> Problem {
        match self {
            Self::Absent | Self::Unreachable | Self::Stopping => {
                let detail = format!("The service \"{context}\" is not there right now: {self}.");
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "service-unavailable", detail).retry_after(2)
            }
            Self::Late => {
                let detail = format!("The service \"{context}\" took too long; what was asked may still happen.");
                Problem::new(StatusCode::GATEWAY_TIMEOUT, "service-timeout", detail)
            }
        }
    }

    fn of(error: &legacy::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = error.source();
        while let Some(error) = cause {
            let io = error.downcast_ref::<std::io::Error>();
            if io.is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut) {
                return Self::Late;
            }
            cause = error.source();
        }
        Self::Unreachable
    }
}

/// Where one context answers.
#[derive(Clone)]
pub(crate) enum Target {
    Local(Router),
    Remote(Box<Remote>),
}

impl Target {
    /// Asks with a request whose URI is the path at the service.
    pub(crate) async fn answer(&self, request: Request) -> Result<Response, Outage> {
        match self {
            // A router is always ready.
            Self::Local(router) => {
                let answered: Result<_, Infallible> = router.clone().call(request).await;
                let Ok(response) = answered;
                Ok(response)
            }
            Self::Remote(remote) => remote.answer(request).await,
        }
    }
}

/// What all remote services share: one pool of connections.
pub(crate) struct Remotes {
    signer: Signer,
    client: Client<HttpConnector, Body>,
    patience: Patience,
    shutdown: Shutdown,
}

impl Remotes {
    pub(crate) fn new(options: &Options, signer: &Signer) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(options.patience.connect));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Self { signer: signer.clone(), client, patience: options.patience, shutdown: options.shutdown.clone() }
    }

    pub(crate) fn at(&self, context: Context, base: &str) -> Remote {
        Remote {
            context,
            signer: self.signer.clone(),
            base: base.trim_end_matches('/').to_owned(),
            client: self.client.clone(),
            patience: self.patience,
            shutdown: self.shutdown.clone(),
        }
    }
}

/// A service in another process.
#[derive(Clone)]
pub(crate) struct Remote {
    context: Context,
    signer: Signer,
    base: String,
    client: Client<HttpConnector, Body>,
    patience: Patience,
    shutdown: Shutdown,
}

impl Remote {
    async fn answer(&self, mut request: Request) -> Result<Response, Outage> {
        let is_stream = asks_for_a_stream(&request);
        self.direct(&mut request)?;
        let asking = self.client.request(request);
        let answered = if is_stream {
            tokio::select! {
                answered = asking => answered,
                () = self.shutdown.begun() => return Err(Outage::Stopping),
            }
        } else {
            tokio::time::timeout(self.patience.head, asking).await.map_err(|_| Outage::Late)?
        };
        let mut response = answered.map_err(|error| Outage::of(&error))?;
        strip_hop_by_hop(response.headers_mut());
        let streams = response.headers().get(CONTENT_TYPE).is_some_and(names_a_stream);
        let shutdown = self.shutdown.clone();
        Ok(response.map(|body| {
            if streams {
                let end = async move { shutdown.begun().await };
                Body::new(StreamBody::new(BodyStream::new(body).take_until(Box::pin(end))))
            } else {
                Body::new(body)
            }
        }))
    }

    /// Turns a request to us into one to the service.
    fn direct(&self, request: &mut Request) -> Result<(), Outage> {
        let identity = request.extensions().get::<Identity>();
        let signed =
            identity.and_then(|identity| self.signer.sign(identity, self.context, request.method(), request.uri()));
        let target = format!("{}{}", self.base, request.uri());
        *request.uri_mut() = target.parse::<Uri>().map_err(|error| {
            tracing::warn!(base = self.base, %error, "the address of a service cannot be read");
            Outage::Unreachable
        })?;
        *request.version_mut() = Version::HTTP_11;
        let id = request.extensions().get::<RequestId>().map(|id| id.0.to_string());
        let trace = request.extensions().get::<Trace>().map(|trace| trace.0.to_string());
        let deadline = request.extensions().get::<Deadline>().copied().unwrap_or(Deadline::NONE);
        let deadline = if asks_for_a_stream(request) { deadline } else { deadline.within(self.patience.head) };
        let headers = request.headers_mut();
        strip_hop_by_hop(headers);
        headers.remove(HOST);
        // The client has been told to go on by our own server.
        headers.remove(EXPECT);
        for (name, value) in [("x-request-id", id), ("traceparent", trace)] {
            if let Some(value) = value.and_then(|text| HeaderValue::try_from(text).ok()) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers.remove(IDENTITY_HEADER);
        if let Some(signed) = signed {
            headers.insert(HeaderName::from_static(IDENTITY_HEADER), signed);
        }
        if let Some(left) = deadline.header() {
            headers.insert(HeaderName::from_static(DEADLINE_HEADER), left);
        }
        Ok(())
    }
}

fn asks_for_a_stream(request: &Request) -> bool {
    request.headers().get(ACCEPT).is_some_and(names_a_stream) || request.uri().path().ends_with("/stream")
}

/// Whether a header's value names the media type of Server-Sent Events.
pub(crate) fn names_a_stream(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|text| text.contains(EVENT_STREAM))
}

/// Removes what speaks of one connection only (RFC 9110, section 7.6.1).
fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE] {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection"] {
        headers.remove(name);
    }
}
