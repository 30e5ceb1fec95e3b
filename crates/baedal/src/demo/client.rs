//! The demo's HTTP calls, as a person would make them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use gateway::accounts::DEMO_PASSWORD;
use reqwest::Method;
use serde_json::Value;

use crate::signing_in::sign_in;

/// How often a change is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How long one call may take.
const CALL: Duration = Duration::from_secs(15);

/// Talks to a gateway.
pub struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    /// For the gateway at `base`.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        let http = platform::client::at(base).timeout(CALL).build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned() })
    }

    /// Whether a Baedal answers there within `limit`.
    pub async fn is_there(&self, limit: Duration) -> bool {
        let call = self.http.get(format!("{}/api/stores?limit=1", self.base)).send();
        matches!(tokio::time::timeout(limit, call).await, Ok(Ok(response)) if response.status().is_success())
    }

    /// The token of one of the demo people.
    pub async fn sign_in(&self, role: &str) -> anyhow::Result<String> {
        sign_in(&self.http, &self.base, role, DEMO_PASSWORD).await
    }

    /// `GET`, as whoever shows the token, or as nobody.
    pub async fn get(&self, token: &str, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, token, path, None, None).await
    }

    /// `POST`.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(Method::POST, token, path, Some(body), None).await
    }

    /// `PUT`.
    pub async fn put(&self, token: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(Method::PUT, token, path, Some(body), None).await
    }

    /// `POST` that is safe to repeat.
    pub async fn post_once(&self, token: &str, path: &str, body: &Value, key: &str) -> anyhow::Result<Value> {
        self.call(Method::POST, token, path, Some(body), Some(key)).await
    }

    /// Waits until there is something at `path`.
    pub async fn until_found(&self, token: &str, path: &str, limit: Duration) -> anyhow::Result<Value> {
        self.until(token, path, limit, |_| true).await
    }

    /// Waits until what is at `path` is as it should be.
    pub async fn until(
        &self,
        token: &str,
        path: &str,
        limit: Duration,
        right: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let deadline = Instant::now() + limit;
        loop {
            match self.get(token, path).await {
                Ok(found) if right(&found) => return Ok(found),
                Ok(_) | Err(_) if Instant::now() < deadline => tokio::time::sleep(LOOK_AGAIN).await,
                Ok(found) => bail!("{path} did not become what it should within {limit:?}: {found}"),
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until the order has come to `status`.
    pub async fn order_reaches(&self, customer: &str, id: &str, status: &str, limit: Duration) -> anyhow::Result<()> {
        self.until(customer, &format!("/orders/{id}"), limit, |order| order["status"] == status).await?;
        show_status(status);
        Ok(())
    }

    async fn call(
        &self,
        method: Method,
        token: &str,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> anyhow::Result<Value> {
        let mut request = self.http.request(method.clone(), format!("{}/api{path}", self.base));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.with_context(|| format!("{method} {path} got no answer"))?;
        let status = response.status();
        let answer = response.text().await?;
        if !status.is_success() {
            bail!("{method} {path} was answered {status}: {answer}");
        }
        serde_json::from_str(&answer).with_context(|| format!("{method} {path} was not answered with JSON"))
    }
}

/// Shows where the order stands now.
pub fn show_status(status: &str) {
    println!("    → {status}");
}
