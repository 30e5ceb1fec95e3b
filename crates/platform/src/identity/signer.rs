//! Signs identities. The keys live in memory: whoever checks one that it does not know yet asks for it.

use std::sync::Arc;

use axum::http::{HeaderValue, Method, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::{Context, Time};
use parking_lot::RwLock;

use super::Identity;
use super::keys::{PublicKey, PublicKeys};
use super::token::{Claims, LIFETIME, SKEW, Subject, call};
use crate::clock::Clock;
use crate::ids::Ids;

/// How long one key signs.
const ROTATE: SignedDuration = SignedDuration::from_hours(24);

/// Signs identities in the name of one service. Cheap to clone.
#[derive(Clone)]
pub struct Signer(Arc<Inner>);

struct Inner {
    issuer: &'static str,
    clock: Clock,
    ids: Ids,
    ring: RwLock<Ring>,
}

/// The key that signs, and the one before it, whose last identities may still be on their way.
struct Ring {
    now: Arc<Key>,
    before: Option<Arc<Key>>,
}

struct Key {
    secret: EncodingKey,
    public: PublicKey,
    since: Time,
}

impl Signer {
    /// Signs as `issuer`: `gateway` or `app`.
    pub fn new(issuer: &'static str, clock: &Clock, ids: &Ids) -> Self {
        let ring = RwLock::new(Ring { now: Arc::new(Key::new(clock.now(), ids)), before: None });
        Self(Arc::new(Inner { issuer, clock: clock.clone(), ids: ids.clone(), ring }))
    }

    /// In whose name it signs.
    pub fn issuer(&self) -> &'static str {
        self.0.issuer
    }

    /// `identity` for the one request `method` `uri` to `context`, as the value of the header
    /// [`super::IDENTITY_HEADER`].
    pub fn sign(&self, identity: &Identity, context: Context, method: &Method, uri: &Uri) -> Option<HeaderValue> {
        let now = self.0.clock.now();
        let key = self.key(now);
        let claims = Claims {
            iss: self.0.issuer.to_owned(),
            aud: context,
            who: Subject::of(identity),
            iat: now.as_second(),
            exp: now.as_second() + LIFETIME.as_secs(),
            jti: self.0.ids.uuid(),
            call: call(method, uri),
        };
        let header = Header { kid: Some(key.public.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        match jsonwebtoken::encode(&header, &claims, &key.secret) {
            Ok(token) => HeaderValue::try_from(token).ok(),
            Err(error) => {
                tracing::error!(%error, "an identity could not be signed");
                None
            }
        }
    }

    /// What others check with.
    pub fn public(&self) -> PublicKeys {
        let now = self.0.clock.now();
        let key = self.key(now);
        let before = self.0.ring.read().before.clone();
        let over = LIFETIME + SKEW + SKEW;
        let before = before.filter(|_| now.duration_since(key.since) < over);
        let keys = std::iter::once(key).chain(before).map(|key| key.public.clone()).collect();
        PublicKeys { keys }
    }

    /// The key that signs now; a new one where it has signed long enough.
    fn key(&self, now: Time) -> Arc<Key> {
        let key = Arc::clone(&self.0.ring.read().now);
        if now.duration_since(key.since) < ROTATE {
            return key;
        }
        let mut ring = self.0.ring.write();
        if now.duration_since(ring.now.since) >= ROTATE {
            let next = Arc::new(Key::new(now, &self.0.ids));
            ring.before = Some(std::mem::replace(&mut ring.now, next));
            tracing::info!(issuer = self.0.issuer, kid = ring.now.public.kid, "identities are signed with a new key");
        }
        Arc::clone(&ring.now)
    }
}

impl Key {
    fn new(since: Time, ids: &Ids) -> Self {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(&ids.bits().to_le_bytes());
        seed[16..].copy_from_slice(&ids.bits().to_le_bytes());
        let signing = SigningKey::from_bytes(&seed);
        let secret = signing.to_pkcs8_der().map(|der| EncodingKey::from_ed_der(der.as_bytes()));
        let secret = secret.unwrap_or_else(|_| unreachable!("32 bytes are an Ed25519 key"));
        let x = URL_SAFE_NO_PAD.encode(signing.verifying_key().as_bytes());
        Self { secret, public: PublicKey::ed25519(ids.token(), x), since }
    }
}
