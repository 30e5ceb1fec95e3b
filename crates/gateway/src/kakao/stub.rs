//! Kakao's sign-in as its documents describe it, for tests and for trying out. Faults are asked for by `discovery`, `keys`,
//! `authorize`, `token` (see [`platform::stub`]); `token` also knows the codes `wrong-nonce`, `wrong-audience`,
//! `wrong-issuer`, `expired` and `other-key`, with which it gives a token that nobody must believe.

mod desk;
mod tokens;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::routing::{get, post};
use parking_lot::Mutex;
use platform::clock::Clock;
use platform::config::Secret;
use platform::ids::Ids;
use platform::shutdown::Shutdown;
use platform::stub::{Faults, Stub};
use tokio::net::TcpListener;

use self::desk::Agreed;
use self::tokens::Keys;

/// Who may use the stub.
#[derive(Clone)]
pub struct Options {
    /// The key of the application.
    pub client_id: String,
    /// The secret that goes with it.
    pub secret: Secret,
    /// Tells the time.
    pub clock: Clock,
}

/// A stub of Kakao that runs until its shutdown.
#[derive(Clone)]
pub struct KakaoStub {
    frame: Stub,
    address: SocketAddr,
    desk: Desk,
}

/// What the stub knows.
#[derive(Clone)]
struct Desk {
    options: Options,
    base: String,
    ids: Ids,
    keys: Arc<Mutex<Keys>>,
    /// What people have agreed to, by its code.
    agreed: Arc<Mutex<BTreeMap<String, Agreed>>>,
}

impl KakaoStub {
    /// Starts at `listener`.
    ///
    /// # Errors
    /// When the listener has no address, or no key can be made.
    pub fn start(listener: TcpListener, options: Options, shutdown: &Shutdown) -> std::io::Result<Self> {
        let base = format!("http://{}", listener.local_addr()?);
        let ids = Ids::system(options.clock.clone());
        let keys = Arc::new(Mutex::new(Keys::new()?));
        let desk = Desk { options, base, ids, keys, agreed: Arc::default() };
        let frame = Stub::new(name);
        let address = frame.serve(listener, router(desk.clone()), shutdown)?;
        Ok(Self { frame, address, desk })
    }

    /// Where it answers.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its faults.
    pub fn faults(&self) -> &Faults {
        self.frame.faults()
    }

    /// How often the call `name` arrived.
    pub fn calls(&self, name: &str) -> u64 {
        self.frame.calls(name)
    }

    /// From now on it signs with another key, which it publishes.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn rotate(&self) -> std::io::Result<()> {
        *self.desk.keys.lock() = Keys::new()?;
        Ok(())
    }
}

fn name(method: &Method, path: &str) -> Option<&'static str> {
    match (method.as_str(), path) {
        ("GET", "/.well-known/openid-configuration") => Some("discovery"),
        ("GET", "/.well-known/jwks.json") => Some("keys"),
        ("GET", "/oauth/authorize") => Some("authorize"),
        ("POST", "/oauth/token") => Some("token"),
        _ => None,
    }
}

fn router(desk: Desk) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(desk::discovery))
        .route("/.well-known/jwks.json", get(desk::keys))
        .route("/oauth/authorize", get(desk::authorize))
        .route("/stub/agree", get(desk::agree))
        .route("/oauth/token", post(desk::token))
        .with_state(desk)
}
