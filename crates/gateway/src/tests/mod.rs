//! The gateway as its callers see it.

mod around;
mod balancing;
mod faults;
mod merged;
mod page;
mod remote;
mod routing;
mod traffic;
mod waiting;
mod world;

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::routing::get;
use http_body_util::BodyExt;
use kernel::Context;
use kernel::access::May;
use kernel::people::{PersonId, Role};
use platform::access::Routes;
use platform::clock::Clock;
use platform::identity::Signer;
use platform::ids::Ids;
use platform::server::{Door, Limits, serve};
use platform::shutdown::Shutdown;
use platform::telemetry::{Metrics, Readiness};
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::accounts::{Account, Accounts};
use super::{Document, Options, Patience, Upstream, router};

/// Who there is, for all gateways of these tests. Its files are gone at once; it lives on without them.
fn accounts() -> Accounts {
    static ACCOUNTS: OnceLock<Accounts> = OnceLock::new();
    let open = || {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::system();
        Accounts::open(dir.path(), &clock, &Ids::system(clock.clone()), &Shutdown::new()).unwrap()
    };
    ACCOUNTS.get_or_init(open).clone()
}

/// What `who` shows to be `customer/mina`, say; nobody shows nothing.
async fn shown(who: &str) -> Option<String> {
    if who.is_empty() {
        return None;
    }
    let actor = kernel::testing::actor(who);
    // An id is one account's, whatever its role; that of an owner is their store's already.
    let id =
        if who.starts_with("owner/") { actor.id().clone() } else { PersonId::parse(&who.replace('/', "-")).unwrap() };
    let account = Account { id, ..Account::of(&actor) };
    Some(format!("Bearer {}", accounts().sign_in_as(account).await.unwrap().token))
}

/// The request of somebody who is signed in.
async fn by(who: &str, mut request: Request) -> Request {
    if let Some(shown) = shown(who).await {
        request.headers_mut().insert("authorization", shown.parse().unwrap());
    }
    request
}

/// The request of somebody who may make it.
async fn by_whoever_may(request: Request) -> Request {
    let found = Routes::outside().find(request.method(), request.uri().path());
    let roles = found
        .map_or(Vec::new(), |found| if found.route.may(None) == May::No { found.route.roles() } else { Vec::new() });
    let who = match roles.first() {
        Some(Role::Owner) => "owner/01890000-0000-7000-8000-00000000000c".to_owned(),
        Some(role) => format!("{role}/a-{role}"),
        None => String::new(),
    };
    by(&who, request).await
}

/// Signs for all gateways of these tests.
fn signer() -> Signer {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    let clock = Clock::system();
    SIGNER.get_or_init(|| Signer::new("gateway", &clock, &Ids::system(clock.clone()))).clone()
}

fn options(shutdown: &Shutdown) -> Options {
    Options {
        accounts: accounts(),
        signer: signer(),
        shutdown: shutdown.clone(),
        readiness: Readiness::new(),
        metrics: Metrics::unused(),
        address: "http://127.0.0.1:8088".to_owned(),
        addresses: BTreeMap::from([(Context::App, "http://127.0.0.1:8081".to_owned())]),
        documents: vec![Document { title: "순두부 <b>".to_owned(), href: "/o?a&b".to_owned() }],
        patience: Patience::default(),
        limits: platform::config::Limits::default(),
        payment: Duration::from_secs(5),
        faults: false,
        callers: Vec::new(),
        openapi: std::sync::Arc::new(|| serde_json::json!({})),
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
    served_at(router, Limits::default().into(), shutdown).await
}

/// The same behind `door`.
async fn served_at(router: Router, door: Door, shutdown: &Shutdown) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stop = shutdown.clone();
    shutdown.spawn("server", async move { serve(listener, router, stop, door).await });
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

/// What is answered to somebody who may ask.
async fn got(router: &Router, path: &str) -> Answer {
    asked(router, by_whoever_may(Request::get(path).body(Body::empty()).unwrap()).await).await
}
