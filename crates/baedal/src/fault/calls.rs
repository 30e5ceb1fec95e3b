//! The calls to the gateway's faults.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use kernel::Context;
use platform::faults::AskedFaults;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::signing_in::sign_in;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(10);

/// What the gateway says of faults.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Overview {
    /// What is in force, in each service that answered.
    pub faults: BTreeMap<Context, AskedFaults>,
    /// The services that take none.
    pub off: Vec<Context>,
    /// The services that did not answer.
    pub missing: Vec<Context>,
}

/// A server that runs.
pub(super) struct Server {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Server {
    /// The gateway at `base`, where `login` signs in.
    pub(super) async fn new(base: &str, login: &str, password: &str) -> anyhow::Result<Self> {
        let http = platform::client::inside().timeout(CALL).build()?;
        let base = base.trim_end_matches('/').to_owned();
        let token = sign_in(&http, &base, login, password).await?;
        Ok(Self { http, base, token })
    }

    /// What is in force.
    pub(super) async fn show(&self) -> anyhow::Result<Overview> {
        self.call(Method::GET, None).await
    }

    /// Asks for these faults, which replace what is in force in the services that are named.
    pub(super) async fn ask(&self, faults: &BTreeMap<Context, AskedFaults>) -> anyhow::Result<Overview> {
        self.call(Method::PUT, Some(faults)).await
    }

    /// Ends all faults.
    pub(super) async fn clear(&self) -> anyhow::Result<Overview> {
        self.call(Method::DELETE, None).await
    }

    async fn call(&self, method: Method, body: Option<&BTreeMap<Context, AskedFaults>>) -> anyhow::Result<Overview> {
        let base = &self.base;
        let mut request = self.http.request(method, format!("{base}/api/operations/faults"));
        request = request.bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let sent = request.send().await;
        let response =
            sent.with_context(|| format!("no Baedal answers at {base}. Start one with `baedal --faults`"))?;
        let status = response.status();
        if status == StatusCode::NOT_FOUND {
            bail!(
                "the server at {base} takes no faults, which is right wherever people's money is. For a demo, stop it and start it again with `baedal --faults`"
            );
        }
        if !status.is_success() {
            let problem: Value = response.json().await.unwrap_or_default();
            bail!("{}", problem["detail"].as_str().unwrap_or("the server answered in a way that nobody understands"));
        }
        response.json().await.context("what the server says of its faults cannot be read")
    }
}
