//! Asks a context: by a call in this process, or over HTTP with pooled connections. Bodies and answers with an end are read
//! whole before they are passed on.

mod outage;
mod request;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Uri, Version};
use axum::response::Response;
use futures_util::StreamExt;
use http_body_util::{BodyExt, BodyStream, LengthLimitError, Limited, StreamBody};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kernel::Context;
use kernel::access::{Importance, Route};
use platform::access::Found;
use platform::balance::{Balancer, Lease, Outcome};
use platform::deadline::{DEADLINE_HEADER, Deadline};
use platform::identity::{IDENTITY_HEADER, Signer};
use platform::ids::Ids;
use platform::resilience::retry::Budget;
use platform::shutdown::Shutdown;
use tower::Service;

pub(crate) use self::outage::Outage;
use self::request::{Head, whole};
use crate::traffic::Hurried;
use crate::traffic::running::Running;
use crate::{Options, Patience};

/// The media type of Server-Sent Events.
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// Connections that are kept for the next request, per service.
const IDLE_CONNECTIONS: usize = 256;

/// How much longer than its deadline a service is waited for: it should be the one to end its work, and its answer has a way
/// to come. Shorter than what the request as a whole is granted beyond it.
const GRACE: Duration = Duration::from_millis(150);

/// The longest answer of a service that is no stream, in bytes. All of it is here before any of it is passed on.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// Shorter than the server's own limit, so that a request does not meet a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(60);

/// Where one context answers.
#[derive(Clone)]
pub(crate) enum Target {
    Local(Router),
    Remote(Arc<Remote>),
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

    /// Its addresses in other processes, how much is under way there, and whether each is used.
    pub(crate) fn seen(&self) -> Vec<(String, usize, bool)> {
        match self {
            Self::Local(_) => Vec::new(),
            Self::Remote(remote) => remote.balancer.seen(),
        }
    }
}

/// What all remote services share: one pool of connections.
pub(crate) struct Remotes {
    signer: Signer,
    client: Client<HttpConnector, Body>,
    patience: Patience,
    shutdown: Shutdown,
    ids: Ids,
    most: u32,
}

impl Remotes {
    pub(crate) fn new(options: &Options) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(options.patience.connect));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        let (signer, shutdown, ids) =
            (options.signer.clone(), options.shutdown.clone(), options.accounts.ids().clone());
        let most = options.limits.running / 2;
        Self { signer, client, patience: options.patience, shutdown, ids, most }
    }

    pub(crate) fn at(&self, context: Context, bases: Vec<String>) -> Remote {
        let balancer = Balancer::new(context.name(), bases, &self.ids);
        if let Err(error) = balancer.watch(&self.shutdown) {
            tracing::error!(%error, %context, "nobody asks the addresses of a service whether they are ready");
        }
        Remote {
            context,
            signer: self.signer.clone(),
            balancer,
            budget: Budget::new(&self.ids),
            client: self.client.clone(),
            patience: self.patience,
            shutdown: self.shutdown.clone(),
            running: Running::at(context, self.most),
        }
    }
}

/// A service in other processes.
pub(crate) struct Remote {
    context: Context,
    signer: Signer,
    balancer: Balancer,
    budget: Budget,
    client: Client<HttpConnector, Body>,
    patience: Patience,
    shutdown: Shutdown,
    /// What is under way there, streams apart.
    running: Running,
}

/// Why one address did not answer.
#[derive(Clone, Copy)]
struct Failure {
    outage: Outage,
    outcome: Outcome,
}

impl Remote {
    /// What found nobody goes to another address at once: nothing of it was sent. What may have arrived is repeated once,
    /// where that is harmless, and only as often as the budget allows.
    async fn answer(&self, request: Request) -> Result<Response, Outage> {
        let deadline = self.deadline_of(&request);
        let importance = importance(request.extensions());
        let is_endless = deadline.left().is_none();
        let _slot = if is_endless { None } else { Some(self.running.enter(importance).ok_or(Outage::Busy)?) };
        let hurried = request.extensions().get::<Hurried>().is_some();
        let (head, body) = Head::of(request);
        let body = whole(body).await?;
        self.budget.called();
        let (mut tried, mut repeated) = (Vec::new(), false);
        let mut last = Outage::Unreachable;
        while let Some(lease) = self.balancer.pick(&tried) {
            tried.push(lease.place());
            let answered = self.ask(&lease, &head, Body::from(body.clone()), deadline).await;
            let failure = match answered {
                Ok(response) => {
                    lease.ended(Outcome::Answered);
                    return Ok(response);
                }
                Err(failure) => failure,
            };
            if hurried && failure.outage == Outage::Late {
                return Err(Outage::Late);
            }
            lease.ended(failure.outcome);
            last = failure.outage;
            if failure.outcome == Outcome::Refused {
                self.count_retry("refused");
                continue;
            }
            let may_repeat = head.is_repeatable() && !repeated && matches!(last, Outage::Unreachable | Outage::Broken);
            let Some(pause) = may_repeat.then(|| self.budget.retry()).flatten() else { return Err(last) };
            repeated = true;
            self.count_retry("broken");
            tokio::time::sleep(pause).await;
            if tried.len() == self.balancer.len() {
                tried.clear();
            }
        }
        Err(last)
    }

    fn count_retry(&self, why: &'static str) {
        metrics::counter!("gateway_retries_total", "context" => self.context.name(), "why" => why).increment(1);
    }

    /// Until when an answer has to begin; streams have no end.
    fn deadline_of(&self, request: &Request) -> Deadline {
        let asked = request.extensions().get::<Deadline>().copied().unwrap_or(Deadline::NONE);
        if asks_for_a_stream(request) { asked } else { asked.within(self.patience.head) }
    }

    /// Asks one address. An answer with an end is here whole by its deadline: one that stalls amid it would hang whoever
    /// asked, who has been told that all went well.
    async fn ask(&self, lease: &Lease, head: &Head, body: Body, deadline: Deadline) -> Result<Response, Failure> {
        let failed = |outage| Failure { outage, outcome: Outcome::Failed };
        let request = self.direct(lease.base(), head, body, deadline).map_err(failed)?;
        let asking = self.client.request(request);
        let answered = if let Some(left) = deadline.left() {
            let whole = async { whole_answer(asking.await.map_err(|error| Failure::of(&error))?).await };
            return tokio::time::timeout(left + GRACE, whole).await.unwrap_or(Err(failed(Outage::Late)));
        } else {
            tokio::select! {
                answered = asking => answered,
                () = self.shutdown.begun() => return Err(failed(Outage::Stopping)),
            }
        };
        answered.map(|response| self.passed_on(response)).map_err(|error| Failure::of(&error))
    }

    /// A stream, which ends with us.
    fn passed_on(&self, mut response: Response<Incoming>) -> Response {
        strip_hop_by_hop(response.headers_mut());
        let shutdown = self.shutdown.clone();
        let end = async move { shutdown.begun().await };
        response.map(|body| Body::new(StreamBody::new(BodyStream::new(body).take_until(Box::pin(end)))))
    }

    /// A request to us as one to the service at `base`; each try is signed anew, since an identity is for one call.
    fn direct(&self, base: &str, head: &Head, body: Body, deadline: Deadline) -> Result<Request, Outage> {
        let target = format!("{base}{}", head.uri);
        let uri = target.parse::<Uri>().map_err(|error| {
            tracing::warn!(base, %error, "the address of a service cannot be read");
            Outage::Unreachable
        })?;
        let mut request = Request::new(body);
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_11;
        let headers = request.headers_mut();
        headers.clone_from(&head.headers);
        let identity = head.identity.as_ref();
        let signed = identity.and_then(|identity| self.signer.sign(identity, self.context, &head.method, &head.uri));
        if let Some(signed) = signed {
            headers.insert(HeaderName::from_static(IDENTITY_HEADER), signed);
        }
        if let Some(left) = deadline.header() {
            headers.insert(HeaderName::from_static(DEADLINE_HEADER), left);
        }
        Ok(request)
    }
}

impl Failure {
    fn of(error: &legacy::Error) -> Self {
        if error.is_connect() {
            return Self { outage: Outage::Unreachable, outcome: Outcome::Refused };
        }
        Self { outage: Outage::of(error), outcome: Outcome::Failed }
    }
}

/// `response` when all of it is here.
async fn whole_answer(mut response: Response<Incoming>) -> Result<Response, Failure> {
    strip_hop_by_hop(response.headers_mut());
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LONGEST_ANSWER).collect().await.map_err(|error| {
        // It would be as long at another address, and says nothing of this one: whoever asks chooses it.
        let is_too_long = error.is::<LengthLimitError>();
        let failed = Failure { outage: Outage::Broken, outcome: Outcome::Failed };
        if is_too_long { Failure { outage: Outage::TooLong, outcome: Outcome::Answered } } else { failed }
    })?;
    Ok(Response::from_parts(head, Body::from(body.to_bytes())))
}

/// How important a request is: one from outside by its route, and one of our own by what it says of itself.
fn importance(extensions: &Extensions) -> Importance {
    let of_route = extensions.get::<Found>().map(|found| found.route.importance);
    of_route.or_else(|| extensions.get().copied()).unwrap_or(Importance::Serving)
}

/// Whether a request is one that is answered for as long as its caller listens. For a request of our own what it accepts
/// says it; one from outside cannot make itself endless where its route has an end.
fn asks_for_a_stream(request: &Request) -> bool {
    match request.extensions().get::<Found>() {
        Some(found) => is_a_stream(found.route, request.headers()),
        None => request.headers().get(ACCEPT).is_some_and(names_a_stream),
    }
}

/// Whether a request for `route` is answered with a stream.
pub(crate) fn is_a_stream(route: &Route, headers: &HeaderMap) -> bool {
    let either = route.path == "/events" && headers.get(ACCEPT).is_some_and(names_a_stream);
    either || route.path.ends_with("/stream")
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
