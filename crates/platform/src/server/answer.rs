//! One request: its id goes in and comes out, it is counted, and a panic becomes a problem.

use std::any::Any;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, TRANSFER_ENCODING};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use metrics::{Counter, Gauge, Histogram};
use tokio::net::TcpListener;
use tower::Service;
use uuid::Uuid;

use super::client::{ClientAddress, Line, Origin, REQUEST_ID, Seen};
use super::pulse::Pulse;
use super::refusal::{Way, dress};
use super::{Certificates, Door, Limits, Peer, RequestId, Trace};
use crate::deadline::Deadline;
use crate::ids::Ids;
use crate::problem::Problem;

/// What every connection of a server shares, and then what is its own.
#[derive(Clone)]
pub(super) struct Edge {
    router: Router,
    ids: Ids,
    meters: Arc<Meters>,
    door: Arc<Door>,
    peer: SocketAddr,
    pulse: Arc<Pulse>,
}

/// Made once per server: looking a metric up by its name for each request would be felt.
pub(super) struct Meters {
    requests: [Counter; 5],
    seconds: Histogram,
    connections: Gauge,
    turned_away: Counter,
}

impl Meters {
    pub(super) fn of(listener: &TcpListener) -> Self {
        let port = listener.local_addr().map_or(0, |address| address.port()).to_string();
        let requests = ["1xx", "2xx", "3xx", "4xx", "5xx"]
            .map(|class| metrics::counter!("http_requests_total", "port" => port.clone(), "status" => class));
        let seconds = metrics::histogram!("http_request_seconds", "port" => port.clone());
        let turned_away = metrics::counter!("http_connections_turned_away_total", "port" => port.clone());
        Self { requests, seconds, connections: metrics::gauge!("http_connections", "port" => port), turned_away }
    }
}

/// Counts one connection for as long as it lives.
pub(super) struct Open(Arc<Meters>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.connections.decrement(1);
    }
}

impl Edge {
    pub(super) fn new(router: Router, ids: Ids, meters: Meters, door: Arc<Door>) -> Self {
        let nobody = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let pulse = Arc::new(Pulse::new(&Limits::default()));
        Self { router, ids, meters: Arc::new(meters), door, peer: nobody, pulse }
    }

    pub(super) fn for_peer(self, peer: SocketAddr) -> Self {
        Self { peer, ..self }
    }

    pub(super) fn with_pulse(self, pulse: Arc<Pulse>) -> Self {
        Self { pulse, ..self }
    }

    pub(super) fn limits(&self) -> Limits {
        self.door.limits
    }

    pub(super) fn certificates(&self) -> Option<&Certificates> {
        self.door.certificates.as_ref()
    }

    /// How we are seen, as far as the connection alone tells.
    pub(super) fn way(&self) -> Way {
        let public = self.door.public.as_ref();
        if self.door.is_secure() || public.is_some_and(Origin::is_secure) { Way::Tls } else { Way::Plain }
    }

    /// Where the ids of requests come from.
    pub(super) fn ids(&self) -> Ids {
        self.ids.clone()
    }

    /// Counts a connection that its address may not have.
    pub(super) fn turned_away(&self, peer: SocketAddr) {
        tracing::debug!(%peer, "an address has all the connections that it may have");
        self.meters.turned_away.increment(1);
    }

    pub(super) fn opened(&self) -> Open {
        self.meters.connections.increment(1);
        Open(Arc::clone(&self.meters))
    }
}

impl hyper::service::Service<Request<Incoming>> for Edge {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, mut request: Request<Incoming>) -> Answering {
        self.pulse.busy();
        let Door { trust, public, .. } = &*self.door;
        let line = Line { peer: self.peer, secure: self.door.is_secure(), trust, public: public.as_ref() };
        let has_body = !request.body().is_end_stream();
        let is_last = request.headers().contains_key(TRANSFER_ENCODING);
        let seen = line.read(&mut request);
        let id = seen.as_ref().ok().and_then(|seen| seen.id).unwrap_or_else(|| self.ids.uuid());
        let (inner, told) = match seen {
            Ok(seen) => {
                let told = tracing::enabled!(tracing::Level::DEBUG).then(|| Box::new(seen.clone()));
                (Inner::Router(self.routed(request, seen, id)), told)
            }
            Err(problem) => (Inner::Refused(Some(Box::new(self.refused(problem)))), None),
        };
        Answering {
            inner,
            id,
            has_body,
            is_last,
            told,
            began: Instant::now(),
            meters: Arc::clone(&self.meters),
            pulse: Arc::clone(&self.pulse),
        }
    }
}

impl Edge {
    /// What no router gets to see is told what its answers tell.
    fn refused(&self, problem: Problem) -> Response {
        let mut response = problem.into_response();
        dress(response.headers_mut(), self.way());
        response
    }

    fn routed(&self, mut request: Request<Incoming>, seen: Seen, id: Uuid) -> RouteFuture<Infallible> {
        let trace = Trace::of(request.headers(), id);
        let deadline = Deadline::of(request.headers());
        let extensions = request.extensions_mut();
        extensions.insert(RequestId(id));
        extensions.insert(Peer(self.peer));
        extensions.insert(seen.client);
        extensions.insert(seen.origin);
        extensions.insert(trace);
        extensions.insert(deadline);
        // A router is always ready.
        self.router.clone().call(request)
    }
}

/// A request being answered.
pub(super) struct Answering {
    inner: Inner,
    id: Uuid,
    has_body: bool,
    /// Whether nothing is read behind this request: who sends chunks may mean something else by where they end.
    is_last: bool,
    /// What is logged of it, where that is.
    told: Option<Box<Seen>>,
    began: Instant,
    meters: Arc<Meters>,
    pulse: Arc<Pulse>,
}

#[expect(clippy::large_enum_variant, reason = "nearly every request is routed: the box would cost more than the room")]
enum Inner {
    Router(RouteFuture<Infallible>),
    Refused(Option<Box<Response>>),
}

impl Inner {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Response> {
        match self {
            Self::Router(future) => Pin::new(future).poll(cx).map(|Ok(response)| response),
            Self::Refused(refusal) => Poll::Ready(refusal.take().map(|refusal| *refusal).unwrap_or_default()),
        }
    }
}

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // After a panic this future is not polled again and the router keeps nothing of it, so no broken state is seen.
        let polled = catch_unwind(AssertUnwindSafe(|| self.inner.poll(cx)));
        let mut response = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(response)) => response,
            Err(panic) => {
                tracing::error!(id = %self.id, panic = message(&*panic), "a handler panicked, which is a bug");
                Problem::bug(self.id).closing().into_response()
            }
        };
        if let Ok(value) = HeaderValue::from_str(self.id.hyphenated().encode_lower(&mut [0; 36])) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        if self.is_last {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let status = response.status();
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.meters.requests[class].increment(1);
        self.meters.seconds.record(self.began.elapsed());
        self.pulse.answered(self.has_body && !status.is_success());
        if let Some(Seen { client: ClientAddress(client), origin, .. }) = self.told.as_deref() {
            // Not the path: an address may be all that protects what is behind it.
            tracing::debug!(id = %self.id, %client, %origin, status = status.as_u16(), "answered");
        }
        Poll::Ready(Ok(response))
    }
}

/// What a panic says, if it says it as text.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
