//! The public keys that identities are checked with: published as a JSON Web Key Set (RFC 7517), and read again when an
//! identity names one that is not known.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use jsonwebtoken::DecodingKey;
use kernel::Time;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::signer::Signer;
use super::token::Refusal;
use crate::clock::Clock;

/// Where a service publishes its keys.
pub const PATH: &str = "/.well-known/jwks.json";

/// How long reading them may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// How soon they are read again, whatever unknown keys are named.
const NOT_SOONER: SignedDuration = SignedDuration::from_secs(1);

/// A public key as RFC 8037 writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    kty: String,
    crv: String,
    alg: String,
    r#use: String,
    /// The name of the key.
    pub kid: String,
    x: String,
}

impl PublicKey {
    pub(super) fn ed25519(kid: String, x: String) -> Self {
        let [kty, crv, alg, r#use] = ["OKP", "Ed25519", "EdDSA", "sig"].map(str::to_owned);
        Self { kty, crv, alg, r#use, kid, x }
    }
}

/// A service's public keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeys {
    /// The one that signs first.
    pub keys: Vec<PublicKey>,
}

/// Where the keys of one issuer come from.
#[derive(Clone)]
pub struct Keys(Arc<Issuer>);

struct Issuer {
    name: &'static str,
    source: Source,
    known: Mutex<Known>,
    /// One asks at a time; the others wait for what it hears.
    asking: tokio::sync::Mutex<()>,
}

enum Source {
    /// In this process.
    Here(Signer),
    /// At these addresses: every replica has keys of its own.
    There { client: reqwest::Client, urls: Vec<String>, clock: Clock },
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<DecodingKey>>,
    read_at: Option<Time>,
}

impl Keys {
    /// Those of a signer in this process.
    pub fn here(signer: Signer) -> Self {
        Self::new(signer.issuer(), Source::Here(signer))
    }

    /// Those of the service `name` at each of `bases`, like `http://127.0.0.1:8088`.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn there(name: &'static str, bases: &[String], clock: &Clock) -> Result<Self, reqwest::Error> {
        let secure = bases.iter().any(|base| base.starts_with("https:"));
        let client = if secure { crate::client::outside() } else { crate::client::inside() };
        let client = client.timeout(PATIENCE).build()?;
        let urls = bases.iter().map(|base| format!("{}{PATH}", base.trim_end_matches('/'))).collect();
        Ok(Self::new(name, Source::There { client, urls, clock: clock.clone() }))
    }

    fn new(name: &'static str, source: Source) -> Self {
        Self(Arc::new(Issuer { name, source, known: Mutex::default(), asking: tokio::sync::Mutex::default() }))
    }

    /// In whose name they sign.
    pub(super) fn issuer(&self) -> &'static str {
        self.0.name
    }

    /// The key `kid`, if it is one of theirs; those that are not known are asked for.
    pub(super) async fn get(&self, kid: &str) -> Result<Option<Arc<DecodingKey>>, Refusal> {
        if let Some(key) = self.0.known.lock().keys.get(kid) {
            return Ok(Some(Arc::clone(key)));
        }
        match &self.0.source {
            Source::Here(signer) => self.0.known.lock().learn(vec![signer.public()]),
            Source::There { client, urls, clock } => self.ask(kid, client, urls, clock).await?,
        }
        Ok(self.0.known.lock().keys.get(kid).map(Arc::clone))
    }

    async fn ask(&self, kid: &str, client: &reqwest::Client, urls: &[String], clock: &Clock) -> Result<(), Refusal> {
        let _one_at_a_time = self.0.asking.lock().await;
        let now = clock.now();
        // Somebody else may have asked meanwhile.
        if self.0.known.lock().keys.contains_key(kid) {
            return Ok(());
        }
        if self.0.known.lock().read_at.is_some_and(|read| now.duration_since(read).abs() < NOT_SOONER) {
            // It may be a key of the last moment; whoever has a right to it comes again.
            return Err(Refusal::Unknowable);
        }
        let asked = futures_util::future::join_all(urls.iter().map(|url| published(client, url))).await;
        let heard: Vec<_> = asked.into_iter().flatten().collect();
        if heard.is_empty() {
            tracing::warn!(issuer = self.0.name, ?urls, "the keys that identities are checked with cannot be read");
            return Err(Refusal::Unknowable);
        }
        let mut known = self.0.known.lock();
        known.learn(heard);
        known.read_at = Some(now);
        Ok(())
    }
}

impl Known {
    /// What is not published any more is not known any more.
    fn learn(&mut self, published: Vec<PublicKeys>) {
        let keys = published.into_iter().flat_map(|set| set.keys).filter_map(|key| {
            // The library takes the length for granted.
            let is_whole = URL_SAFE_NO_PAD.decode(&key.x).is_ok_and(|bytes| bytes.len() == 32);
            let decoding = DecodingKey::from_ed_components(&key.x).ok().filter(|_| is_whole)?;
            Some((key.kid, Arc::new(decoding)))
        });
        self.keys = keys.collect();
    }
}

async fn published(client: &reqwest::Client, url: &str) -> Option<PublicKeys> {
    let response = client.get(url).send().await.ok()?.error_for_status().ok()?;
    serde_json::from_slice(&crate::client::body(response).await?).ok()
}

impl Signer {
    /// Where its public keys are read.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let signer = self.clone();
        let keys = async move || ([(CACHE_CONTROL, "no-store")], Json(signer.public())).into_response();
        Router::new().route(PATH, get(keys))
    }
}
