//! A stub's accept loop: it can reset a connection instead of answering, which our own servers never do.

use std::convert::Infallible;
use std::pin::pin;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::Service;

use crate::shutdown::Shutdown;

/// Marks an answer that is not given: the connection is reset.
#[derive(Debug, Clone, Copy)]
struct Reset;

/// The answer that is none.
pub(super) fn reset() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Reset);
    response
}

/// Why a connection ended: it was to be reset.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset, as was asked for")]
struct AskedToReset;

/// Serves until `shutdown`.
pub(super) async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown) {
    let mut open = JoinSet::new();
    let mut begun = pin!(shutdown.begun());
    loop {
        tokio::select! {
            () = &mut begun => break,
            Some(_) = open.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(open.spawn(connection(stream, router.clone()))),
                Err(error) => tracing::warn!(%error, "a stub cannot accept a connection"),
            },
        }
    }
    open.shutdown().await;
}

async fn connection(stream: TcpStream, router: Router) {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut router = router.clone();
        Box::pin(async move {
            let answered: Result<Response, Infallible> = router.call(request).await;
            let Ok(response) = answered;
            if response.extensions().get::<Reset>().is_some() { Err(AskedToReset) } else { Ok(response) }
        })
    });
    let mut serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = std::future::poll_fn(|context| serving.poll_without_shutdown(context)).await;
    if ended.is_err() {
        // Without lingering, closing sends a reset and not an orderly end.
        let stream = serving.into_parts().io.into_inner();
        drop(stream.set_zero_linger());
    }
}
