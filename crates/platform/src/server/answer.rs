//! One request: its id goes in and comes out, it is counted, and a panic becomes a problem.

use std::any::Any;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use metrics::{Counter, Gauge, Histogram};
use tokio::net::TcpListener;
use tower::Service;
use uuid::Uuid;

use super::pulse::Pulse;
use super::{Limits, Peer, RequestId, Trace};
use crate::deadline::Deadline;
use crate::ids::Ids;
use crate::problem::Problem;

/// What every connection of a server shares, and then what is its own.
#[derive(Clone)]
pub(super) struct Edge {
    router: Router,
    ids: Ids,
    meters: Arc<Meters>,
    peer: SocketAddr,
    pulse: Arc<Pulse>,
}

/// Made once per server: looking a metric up by its name for each request would be felt.
pub(super) struct Meters {
    requests: [Counter; 5],
    seconds: Histogram,
    connections: Gauge,
}

impl Meters {
    pub(super) fn of(listener: &TcpListener) -> Self {
        let port = listener.local_addr().map_or(0, |address| address.port()).to_string();
        let requests = ["1xx", "2xx", "3xx", "4xx", "5xx"]
            .map(|class| metrics::counter!("http_requests_total", "port" => port.clone(), "status" => class));
        let seconds = metrics::histogram!("http_request_seconds", "port" => port.clone());
        Self { requests, seconds, connections: metrics::gauge!("http_connections", "port" => port) }
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
    pub(super) fn new(router: Router, ids: Ids, meters: Meters) -> Self {
        let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
        let pulse = Arc::new(Pulse::new(&Limits::default()));
        Self { router, ids, meters: Arc::new(meters), peer: nobody, pulse }
    }

    pub(super) fn for_peer(self, peer: SocketAddr) -> Self {
        Self { peer, ..self }
    }

    pub(super) fn with_pulse(self, pulse: Arc<Pulse>) -> Self {
        Self { pulse, ..self }
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
        let id = self.ids.uuid();
        let trace = Trace::of(request.headers(), id);
        let deadline = Deadline::of(request.headers());
        let extensions = request.extensions_mut();
        extensions.insert(RequestId(id));
        extensions.insert(Peer(self.peer));
        extensions.insert(trace);
        extensions.insert(deadline);
        let has_body = !request.body().is_end_stream();
        Answering {
            // A router is always ready.
            inner: self.router.clone().call(request),
            id,
            has_body,
            began: Instant::now(),
            meters: Arc::clone(&self.meters),
            pulse: Arc::clone(&self.pulse),
        }
    }
}

/// A request being answered.
pub(super) struct Answering {
    inner: RouteFuture<Infallible>,
    id: Uuid,
    has_body: bool,
    began: Instant,
    meters: Arc<Meters>,
    pulse: Arc<Pulse>,
}

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // After a panic this future is not polled again and the router keeps nothing of it, so no broken state is seen.
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut self.inner).poll(cx)));
        let mut response = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Ok(response))) => response,
            Err(panic) => {
                tracing::error!(id = %self.id, panic = message(&*panic), "a handler panicked, which is a bug");
                Problem::bug(self.id).closing().into_response()
            }
        };
        if let Ok(value) = HeaderValue::from_str(self.id.hyphenated().encode_lower(&mut [0; 36])) {
            response.headers_mut().insert("x-request-id", value);
        }
        let status = response.status();
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.meters.requests[class].increment(1);
        self.meters.seconds.record(self.began.elapsed());
        self.pulse.answered(self.has_body && !status.is_success());
        Poll::Ready(Ok(response))
    }
}

/// What a panic says, if it says it as text.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
