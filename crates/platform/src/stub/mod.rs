//! A frame for stubs: outside systems that behave as their documents say, with faults on demand.
//!
//! A stub is an axum router of its own calls. [`Stub::serve`] puts the frame around it: every call is counted by its
//! name, meets the fault that was asked for, and may lose its connection. `GET`, `POST` and `DELETE /stub/faults` and
//! `GET /stub/calls` are how a test or a person controls it.

mod faults;
mod hooks;
mod serve;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use parking_lot::Mutex;
use tokio::net::TcpListener;

pub use self::faults::{Fault, Faults, Kind};
pub use self::hooks::Hooks;
use crate::shutdown::Shutdown;

/// What names a call of the stub, like `confirm`; `None` for paths that are not part of the interface.
pub type Naming = fn(&axum::http::Method, &str) -> Option<&'static str>;

/// The frame around one stub. Cheap to clone.
#[derive(Clone)]
pub struct Stub {
    faults: Faults,
    calls: Arc<Mutex<BTreeMap<&'static str, u64>>>,
    naming: Naming,
}

/// The body of an error in the words of the system that is stubbed: its code, as that system would send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedFor {
    /// The code that a fault asks for.
    pub code: String,
}

impl Stub {
    /// A frame whose calls are named by `naming`.
    pub fn new(naming: Naming) -> Self {
        Self { faults: Faults::default(), calls: Arc::default(), naming }
    }

    /// The faults that are asked for.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// How often the call `name` arrived, faults included.
    pub fn calls(&self, name: &str) -> u64 {
        self.calls.lock().get(name).copied().unwrap_or(0)
    }

    /// Serves `router` with this frame around it at `listener`, until `shutdown`.
    ///
    /// A fault of the kind [`Kind::Code`] reaches the router's handler as the extension [`AskedFor`].
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn serve(&self, listener: TcpListener, router: Router, shutdown: &Shutdown) -> std::io::Result<SocketAddr> {
        let address = listener.local_addr()?;
        let framed = router.layer(from_fn_with_state((self.clone(), shutdown.clone()), meet)).merge(self.control());
        shutdown.spawn(format!("stub {address}"), serve::serve(listener, framed, shutdown.clone()));
        Ok(address)
    }

    fn control(&self) -> Router {
        Router::new()
            .route(
                "/stub/faults",
                get(async |State(stub): State<Self>| Json(stub.faults.all()))
                    .post(async |State(stub): State<Self>, Json(fault): Json<Fault>| {
                        stub.faults.add(fault);
                        Json(stub.faults.all())
                    })
                    .delete(async |State(stub): State<Self>| {
                        stub.faults.clear();
                        Json(stub.faults.all())
                    }),
            )
            .route("/stub/calls", get(async |State(stub): State<Self>| Json(stub.calls.lock().clone())))
            .with_state(self.clone())
    }
}

/// A call meets its fault, if one is asked for.
async fn meet(State((stub, shutdown)): State<(Stub, Shutdown)>, mut request: Request, next: Next) -> Response {
    let Some(name) = (stub.naming)(request.method(), request.uri().path()) else { return next.run(request).await };
    *stub.calls.lock().entry(name).or_default() += 1;
    match stub.faults.take(name) {
        None | Some(Kind::Repeat { .. } | Kind::Reorder) => next.run(request).await,
        Some(Kind::Slow { ms, jitter_ms }) => {
            let pause = stub.faults.late(ms, jitter_ms);
            slowly(pause, request, next, &shutdown).await
        }
        Some(Kind::Status { status }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, "a fault that was asked for").into_response()
        }
        Some(Kind::Code { code }) => {
            request.extensions_mut().insert(AskedFor { code });
            next.run(request).await
        }
        Some(Kind::Reset) => serve::reset(),
        Some(Kind::Lost) => {
            // The work is done; its answer goes nowhere.
            drop(next.run(request).await.map(Body::new));
            serve::reset()
        }
    }
}

/// Runs it later, and to its end: a real system goes on when whoever called has given up.
async fn slowly(pause: Duration, request: Request, next: Next, shutdown: &Shutdown) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, crate::extract::BODY_LIMIT).await else { return serve::reset() };
    let (answer, answered) = tokio::sync::oneshot::channel();
    let ending = shutdown.clone();
    shutdown.spawn("stub slow call", async move {
        tokio::select! {
            () = ending.begun() => {}
            () = tokio::time::sleep(pause) => {
                drop(answer.send(next.run(Request::from_parts(parts, Body::from(body))).await));
            }
        }
    });
    answered.await.unwrap_or_else(|_| serve::reset())
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::routing::post;

    use super::*;

    /// A stub whose one call counts what is really done.
    async fn stub(shutdown: &Shutdown) -> (Stub, String, Arc<Mutex<u32>>) {
        let done = Arc::new(Mutex::new(0));
        let count = Arc::clone(&done);
        let pay = async move |asked: Option<Extension<AskedFor>>| {
            if let Some(Extension(AskedFor { code })) = asked {
                return (StatusCode::BAD_REQUEST, code);
            }
            *count.lock() += 1;
            (StatusCode::OK, "done".to_owned())
        };
        let stub = Stub::new(|_, path| (path == "/pay").then_some("pay"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = stub.serve(listener, Router::new().route("/pay", post(pay)), shutdown).unwrap();
        (stub, format!("http://{address}/pay"), done)
    }

    #[tokio::test]
    async fn each_fault_does_what_it_says() {
        let shutdown = Shutdown::new();
        let (stub, url, done) = stub(&shutdown).await;
        let client = crate::client::inside().build().unwrap();
        let call = async || client.post(&url).send().await.map(|answer| answer.status().as_u16());
        assert_eq!((call().await.unwrap(), *done.lock()), (200, 1));
        stub.faults().on("pay", Kind::Status { status: 503 }, 1);
        assert_eq!((call().await.unwrap(), *done.lock()), (503, 1));
        stub.faults().on("pay", Kind::Code { code: "REJECT".to_owned() }, 1);
        assert_eq!((call().await.unwrap(), *done.lock()), (400, 1));
        stub.faults().on("pay", Kind::Reset, 1);
        assert!(call().await.is_err());
        assert_eq!(*done.lock(), 1);
        stub.faults().on("pay", Kind::Lost, 1);
        assert!(call().await.is_err());
        assert_eq!((*done.lock(), stub.calls("pay")), (2, 5));
        shutdown.begin();
        assert!(shutdown.drained(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn what_is_slow_is_done_although_the_caller_has_given_up() {
        let shutdown = Shutdown::new();
        let (stub, url, done) = stub(&shutdown).await;
        stub.faults().on("pay", Kind::Slow { ms: 40, jitter_ms: 0 }, 1);
        let impatient = crate::client::inside().timeout(Duration::from_millis(10)).build().unwrap();
        assert!(impatient.post(&url).body("{}").send().await.is_err());
        crate::testing::until("it is done", || *done.lock() == 1).await;
        shutdown.begin();
        assert!(shutdown.drained(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn faults_are_asked_for_over_http() {
        let shutdown = Shutdown::new();
        let (stub, url, _) = stub(&shutdown).await;
        let client = crate::client::inside().build().unwrap();
        let control = url.replace("/pay", "/stub/faults");
        let fault = Fault { on: Some("pay".to_owned()), kind: Kind::Reset, times: None };
        assert!(client.post(&control).json(&fault).send().await.unwrap().status().is_success());
        assert_eq!(stub.faults().all(), [fault]);
        assert!(client.delete(&control).send().await.unwrap().status().is_success());
        assert_eq!(stub.faults().all(), []);
        shutdown.begin();
        assert!(shutdown.drained(Duration::from_secs(5)).await);
    }
}
