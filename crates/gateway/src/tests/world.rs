//! A gateway with accounts of its own, and people who ask it from somewhere.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use kernel::{Context, Time};
use platform::clock::{Clock, FakeClock};
use platform::config::Limits;
use platform::identity::Signer;
use platform::ids::Ids;
use platform::server::ClientAddress;
use platform::shutdown::Shutdown;
use platform::telemetry::{Metrics, Readiness};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::accounts::{Account, Accounts};
use crate::{Options, Patience, Upstream};

/// Somewhere on the internet.
pub(super) const OUTSIDE: &str = "198.51.100.7";
/// This machine.
pub(super) const HERE: &str = "127.0.0.1";

pub(super) struct World {
    pub(super) gateway: Router,
    pub(super) hand: FakeClock,
    pub(super) shutdown: Shutdown,
    pub(super) readiness: Readiness,
    accounts: Accounts,
    dir: TempDir,
}

/// What somebody got.
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The status, and the problem's type without what is the same for all.
    pub(super) fn problem(&self) -> (u16, String) {
        let name = self.json()["type"].as_str().unwrap().trim_start_matches("/problems/").to_owned();
        (self.status, name)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl World {
    pub(super) fn new(limits: Limits, upstreams: impl Into<BTreeMap<Context, Upstream>>) -> Self {
        let start = "2026-11-22T12:00:00Z".parse().unwrap();
        Self::at(tempfile::tempdir().unwrap(), start, limits, upstreams.into())
    }

    /// The same place after a restart, some seconds later.
    pub(super) async fn restarted(
        self,
        seconds: i64,
        limits: Limits,
        upstreams: impl Into<BTreeMap<Context, Upstream>>,
    ) -> Self {
        let Self { gateway, shutdown, accounts, dir, .. } = self;
        shutdown.begin();
        let start = accounts.clock().now() + SignedDuration::from_secs(seconds);
        drop((gateway, accounts));
        // What ran in the background still holds the database until it has ended.
        assert!(shutdown.drained(Duration::from_secs(5)).await);
        Self::at(dir, start, limits, upstreams.into())
    }

    fn at(dir: TempDir, start: Time, limits: Limits, upstreams: BTreeMap<Context, Upstream>) -> Self {
        let (clock, hand) = Clock::fake(start);
        let (ids, shutdown, readiness) = (Ids::system(clock.clone()), Shutdown::new(), Readiness::new());
        let accounts = Accounts::open(dir.path(), &clock, &ids, &shutdown).unwrap();
        let options = Options {
            accounts: accounts.clone(),
            signer: Signer::new("gateway", &clock, &ids),
            shutdown: shutdown.clone(),
            readiness: readiness.clone(),
            metrics: Metrics::unused(),
            address: "http://127.0.0.1:8088".to_owned(),
            addresses: BTreeMap::new(),
            documents: Vec::new(),
            patience: Patience::default(),
            limits,
            payment: Duration::from_secs(5),
            faults: false,
            callers: Vec::new(),
            openapi: std::sync::Arc::new(|| serde_json::json!({})),
        };
        let gateway = crate::router(upstreams, options);
        Self { gateway, hand, shutdown, readiness, accounts, dir }
    }

    /// A new session of `actor`, like `customer/mina`.
    pub(super) async fn token(&self, actor: &str) -> String {
        let account = Account::of(&kernel::testing::actor(actor));
        self.accounts.sign_in_as(account).await.unwrap().token
    }

    /// A request that comes from the address `from`.
    pub(super) fn request(from: &str, method: &str, path: &str) -> axum::http::request::Builder {
        let address: IpAddr = from.parse().unwrap();
        Request::builder().method(method).uri(path).extension(ClientAddress(address))
    }

    pub(super) async fn send(&self, request: Request) -> Got {
        got(self.gateway.clone().oneshot(request).await.unwrap()).await
    }

    pub(super) async fn get(&self, from: &str, path: &str) -> Got {
        self.send(Self::request(from, "GET", path).body(Body::empty()).unwrap()).await
    }

    /// What somebody who is signed in sends.
    pub(super) async fn by(&self, token: &str, from: &str, method: &str, path: &str, body: Value) -> Got {
        let request = Self::request(from, method, path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(request.body(body).unwrap()).await
    }
}

async fn got(response: Response) -> Got {
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Got { status: parts.status.as_u16(), headers: parts.headers, text }
}
