//! A gateway with accounts before a service that says who it thinks asks, and a clock that the test alone moves.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures_util::{StreamExt, stream};
use gateway::accounts::{Accounts, CodeSender, Codes, Demo, NotSent, Options as AccountOptions, Sending};
use gateway::kakao::{self, Kakao};
use gateway::{Options, Patience, Upstream, router};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use kernel::Context;
use kernel::ids::StoreId;
use parking_lot::Mutex;
use platform::clock::{Clock, FakeClock};
use platform::config::{Secret, Sessions};
use platform::identity::{Identity, Signer};
use platform::ids::Ids;
use platform::server::ClientAddress;
use platform::shutdown::Shutdown;
use platform::telemetry::{Metrics, Readiness};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

/// A password that nobody else has.
pub const GOOD: &str = "무지개 국밥 자전거";
/// And another.
pub const OTHER: &str = "correct horse battery staple";
/// Mina's phone.
pub const PHONE: &str = "010-1234-5678";
/// Where most people come from.
pub const HOME: &str = "203.0.113.7";
/// A store.
pub const STORE: &str = "019aa8dc-4883-7518-b416-a51e317821cf";

pub struct Desk {
    dir: TempDir,
    pub hand: FakeClock,
    pub clock: Clock,
    pub accounts: Accounts,
    pub router: Router,
    shutdown: Shutdown,
    codes: Codes,
    pub sent: Arc<Outbox>,
    sessions: Sessions,
    from: Mutex<String>,
}

/// What went to phones, or did not.
#[derive(Default)]
pub struct Outbox {
    pub texts: Mutex<Vec<(String, String)>>,
    pub is_down: Mutex<bool>,
}

impl CodeSender for Outbox {
    fn send<'a>(&'a self, phone: &'a str, text: &'a str) -> Sending<'a> {
        Box::pin(async move {
            if *self.is_down.lock() {
                return Err(NotSent("HTTP_503".to_owned()));
            }
            self.texts.lock().push((phone.to_owned(), text.to_owned()));
            Ok(())
        })
    }
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    #[track_caller]
    pub fn token(self) -> String {
        self.expect(201).json()["token"].as_str().unwrap().to_owned()
    }

    /// The cookie that is set, whole.
    pub fn cookie(&self) -> &str {
        self.headers.get(SET_COOKIE).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Desk {
    /// The demo: with its people, and codes that are shown.
    pub async fn open() -> Self {
        Self::with(Sessions::default(), Codes::Shown).await
    }

    /// With codes that are sent.
    pub async fn sending() -> Self {
        let sent = Arc::new(Outbox::default());
        let mut desk = Self::with(Sessions::default(), Codes::Sent(Arc::clone(&sent) as Arc<dyn CodeSender>)).await;
        desk.sent = sent;
        desk
    }

    pub async fn with(sessions: Sessions, codes: Codes) -> Self {
        Self::built(sessions, codes, |_| None).await
    }

    /// With sign-in by Kakao at `issuer`, for the application `client_id` and its secret.
    pub async fn with_kakao(issuer: &str, client_id: &str, secret: &str) -> Self {
        let options = kakao::Options {
            client_id: client_id.to_owned(),
            secret: Secret::new(secret),
            issuer: issuer.to_owned(),
            redirect: "http://127.0.0.1:8088/sign-in/kakao/callback".to_owned(),
        };
        let kakao = |clock: &Clock| Some(Kakao::new(options, clock.clone(), Ids::system(clock.clone())).unwrap());
        Self::built(Sessions::default(), Codes::Shown, kakao).await
    }

    async fn built(sessions: Sessions, codes: Codes, kakao: impl FnOnce(&Clock) -> Option<Kakao>) -> Self {
        let dir = TempDir::new().unwrap();
        let (clock, hand) = Clock::fake("2026-11-22T10:00:00Z".parse().unwrap());
        let shutdown = Shutdown::new();
        let accounts = accounts(&dir, &clock, &shutdown, &sessions, &codes, kakao(&clock));
        accounts.prepare(Demo::People(vec![store()]), None).await.unwrap();
        let router = gateway(&accounts, &clock, &shutdown);
        let sent = Arc::default();
        Self { dir, hand, clock, accounts, router, shutdown, codes, sent, sessions, from: Mutex::new(HOME.to_owned()) }
    }

    /// The same after a restart.
    pub async fn restarted(mut self, demo: Demo) -> Self {
        self.shutdown.begin();
        assert!(self.shutdown.drained(platform::testing::PATIENCE).await);
        self.shutdown = Shutdown::new();
        // The database has one owner: the one before has to be gone.
        self.router = Router::new();
        let spare = TempDir::new().unwrap();
        self.accounts = accounts(&spare, &self.clock, &Shutdown::new(), &self.sessions, &self.codes, None);
        self.accounts = accounts(&self.dir, &self.clock, &self.shutdown, &self.sessions, &self.codes, None);
        self.accounts.prepare(demo, None).await.unwrap();
        self.router = gateway(&self.accounts, &self.clock, &self.shutdown);
        self
    }

    pub fn database(&self) -> std::path::PathBuf {
        self.dir.path().join("gateway.db")
    }

    pub fn pass(&self, hours: i64) {
        self.hand.advance(SignedDuration::from_hours(hours));
    }

    pub fn pass_seconds(&self, seconds: i64) {
        self.hand.advance(SignedDuration::from_secs(seconds));
    }

    /// From now on people come from this address.
    pub fn from(&self, address: &str) {
        address.clone_into(&mut self.from.lock());
    }

    pub async fn answer(&self, request: axum::http::request::Builder, body: Body) -> Response {
        let mut request: Request = request.body(body).unwrap();
        let peer = format!("{}:4000", self.from.lock()).parse::<SocketAddr>().unwrap();
        request.extensions_mut().insert(ClientAddress(peer.ip()));
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn ask(&self, request: axum::http::request::Builder, body: impl Into<Body>) -> Answer {
        let (parts, body) = self.answer(request, body.into()).await.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    pub async fn call(&self, method: Method, path: &str, token: &str, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(USER_AGENT, "curl/8.5");
        if !token.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_null() {
            return self.ask(request, Body::empty()).await;
        }
        self.ask(request.header(CONTENT_TYPE, "application/json"), body.to_string()).await
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, token, Value::Null).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::POST, path, token, body).await
    }

    pub async fn delete(&self, path: &str, token: &str) -> Answer {
        self.call(Method::DELETE, path, token, Value::Null).await
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> Answer {
        self.post("/api/sessions", "", json!({ "login": login, "password": password })).await
    }

    /// The token of a demo person.
    pub async fn demo(&self, role: &str) -> String {
        self.sign_in(role, "baedal").await.token()
    }

    /// The code that the demo shows.
    pub async fn code(&self, phone: &str) -> String {
        let answer = self.post("/api/phone-codes", "", json!({ "phone": phone })).await.expect(202);
        answer.json()["demoCode"].as_str().unwrap().to_owned()
    }

    pub async fn by_code(&self, phone: &str, code: &str) -> Answer {
        self.post("/api/sessions", "", json!({ "phone": phone, "code": code })).await
    }

    /// Signs up with a phone number.
    pub async fn sign_up(&self, phone: &str, password: &str) -> Answer {
        let code = self.code(phone).await;
        self.post("/api/accounts", "", json!({ "phone": phone, "code": code, "password": password })).await
    }

    /// Who the service behind thinks asks.
    pub async fn seen(&self, token: &str) -> String {
        self.get("/api/stores", token).await.text
    }

    /// What a browser sends: a form, from a page of ours.
    pub async fn form(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let mut request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        if !cookie.is_empty() {
            request = request.header(COOKIE, cookie);
        }
        self.ask(request, form.to_owned()).await
    }

    pub async fn page(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path);
        let request = if cookie.is_empty() { request } else { request.header(COOKIE, cookie) };
        self.ask(request, Body::empty()).await
    }
}

pub fn store() -> StoreId {
    uuid::Uuid::parse_str(STORE).unwrap().into()
}

fn accounts(
    dir: &TempDir,
    clock: &Clock,
    shutdown: &Shutdown,
    sessions: &Sessions,
    codes: &Codes,
    kakao: Option<Kakao>,
) -> Accounts {
    let options = AccountOptions { sessions: sessions.clone(), codes: codes.clone(), kakao };
    Accounts::open_with(dir.path(), clock, &Ids::system(clock.clone()), shutdown, options).unwrap()
}

fn gateway(accounts: &Accounts, clock: &Clock, shutdown: &Shutdown) -> Router {
    let options = Options {
        accounts: accounts.clone(),
        signer: Signer::new("gateway", clock, &Ids::seeded(2)),
        shutdown: shutdown.clone(),
        readiness: Readiness::new(),
        metrics: Metrics::unused(),
        address: "http://127.0.0.1:8088".to_owned(),
        addresses: BTreeMap::new(),
        documents: Vec::new(),
        patience: Patience::default(),
        limits: platform::config::Limits::default(),
        payment: std::time::Duration::from_secs(5),
        faults: false,
        callers: Vec::new(),
        openapi: std::sync::Arc::new(|| serde_json::json!({})),
    };
    let upstreams = Context::ALL.map(|context| (context, Upstream::Local(service())));
    router(upstreams.into(), options)
}

/// A service that says who it thinks asks, and has a stream that never ends by itself.
fn service() -> Router {
    let who = async |request: Request| match request.extensions().get::<Identity>() {
        Some(Identity::Somebody(actor)) => {
            let stores = match actor {
                kernel::people::Actor::Owner(owner) => format!(" of {}", owner.stores.len()),
                _ => String::new(),
            };
            format!("{actor}{stores}")
        }
        Some(Identity::Nobody) | None => "nobody".to_owned(),
    };
    let endless = async || {
        let first = stream::iter([Ok::<_, std::convert::Infallible>(Event::default().data("open"))]);
        Sse::new(first.chain(stream::pending()))
    };
    Router::new()
        .route("/orders/stream", get(endless))
        .route("/tickets/stream", get(endless))
        .route("/deliveries/stream", get(endless))
        .fallback(who)
}
