//! The gateway as its callers see it.

mod faults;
mod merged;
mod page;
mod remote;
mod routing;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::routing::get;
use http_body_util::BodyExt;
use kernel::Context;
use platform::server::{Limits, serve};
use platform::shutdown::Shutdown;
use platform::telemetry::{Metrics, Readiness};
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::{Document, Options, Patience, Upstream, router};

fn options(shutdown: &Shutdown) -> Options {
    Options {
        shutdown: shutdown.clone(),
        readiness: Readiness::new(),
        metrics: Metrics::unused(),
        address: "http://127.0.0.1:8088".to_owned(),
        addresses: BTreeMap::from([(Context::App, "http://127.0.0.1:8081".to_owned())]),
        documents: vec![Document { title: "순두부 <b>".to_owned(), href: "/o?a&b".to_owned() }],
        patience: Patience::default(),
        faults: false,
        openapi: serde_json::json!({}),
    }
}

/// A service that says its name, and what it was asked.
fn echo(context: Context) -> Router {
    let answer = async move |request: Request| format!("{context} {} {}", request.method(), request.uri());
    Router::new().route("/health/ready", get(async || "ready\n")).fallback(answer)
}

/// A gateway before five services in the same process.
fn all_local() -> Router {
    let upstreams = Context::ALL.map(|context| (context, Upstream::Local(echo(context))));
    router(upstreams.into(), options(&Shutdown::new()))
}

/// Serves `router` on a port of its own, until `shutdown` begins.
async fn served(router: Router, shutdown: &Shutdown) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stop = shutdown.clone();
    shutdown.spawn("server", async move { serve(listener, router, stop, Limits::default()).await });
    address
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

async fn asked(router: &Router, request: Request) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text }
}

async fn got(router: &Router, path: &str) -> Answer {
    asked(router, Request::get(path).body(Body::empty()).unwrap()).await
}
