//! What stands at a service's port: nobody comes in without an identity that is signed, new and for this request.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use kernel::{Context, Time};
use parking_lot::Mutex;
use uuid::Uuid;

use super::Identity;
use super::keys::Keys;
use super::token::{IDENTITY_HEADER, LIFETIME, Refusal, SKEW, call, read};
use crate::access::is_open;
use crate::clock::Clock;
use crate::problem::Problem;

/// Checks identities for one context. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    context: Context,
    issuers: Vec<Keys>,
    clock: Clock,
    /// When this gate was made, in seconds.
    made_at: i64,
    used: Mutex<Used>,
}

impl Gate {
    /// For `context`, which believes `issuers`.
    pub fn new(context: Context, issuers: Vec<Keys>, clock: &Clock) -> Self {
        let now = clock.now();
        let used = Mutex::new(Used { since: now, now: HashSet::new(), before: HashSet::new() });
        Self(Arc::new(Inner { context, issuers, clock: clock.clone(), made_at: now.as_second(), used }))
    }

    /// `router` behind this gate. Health, metrics, keys and documents are open to anybody.
    pub fn around(self, router: Router) -> Router {
        router.layer(from_fn_with_state(self, admit))
    }

    /// Who sends a request with these headers.
    ///
    /// # Errors
    /// Why that is not known.
    pub async fn check(&self, headers: &HeaderMap, call: &str) -> Result<Identity, Refusal> {
        let mut given = headers.get_all(IDENTITY_HEADER).iter();
        let (Some(token), None) = (given.next(), given.next()) else { return Err(Refusal::Missing) };
        let token = token.to_str().map_err(|_| Refusal::Forged)?;
        let kid = jsonwebtoken::decode_header(token).ok().and_then(|header| header.kid).ok_or(Refusal::Forged)?;
        let mut otherwise = Refusal::Forged;
        for issuer in &self.0.issuers {
            let key = match issuer.get(&kid).await {
                Ok(Some(key)) => key,
                Ok(None) => continue,
                // It may be another one's.
                Err(refusal) => {
                    otherwise = refusal;
                    continue;
                }
            };
            let claims = read(token, &key)?;
            if claims.iss != issuer.issuer() {
                return Err(Refusal::Forged);
            }
            let (id, signed_at, now) = (claims.jti, claims.iat, self.0.clock.now());
            let identity = claims.identity(self.0.context, call, now)?;
            // It may have been used before this process began; whoever has a right to it signs anew. Where the clock was put
            // back since then, this says nothing.
            if signed_at < self.0.made_at && now.as_second() >= self.0.made_at {
                return Err(Refusal::Older);
            }
            return if self.0.used.lock().is_new(id, now) { Ok(identity) } else { Err(Refusal::Replayed) };
        }
        Err(otherwise)
    }
}

async fn admit(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    if is_open(request.uri().path()) {
        return next.run(request).await;
    }
    let call = call(request.method(), request.uri());
    match gate.check(request.headers(), &call).await {
        Ok(identity) => {
            request.headers_mut().remove(IDENTITY_HEADER);
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(refusal) => {
            metrics::counter!("identities_refused_total", "context" => gate.0.context.name()).increment(1);
            tracing::debug!(context = gate.0.context.name(), %refusal, "a call was refused");
            problem(refusal).into_response()
        }
    }
}

fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Unknowable => {
            let detail = crate::problem::sentence(&refusal);
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "keys-unreadable", detail).retry_after(1)
        }
        Refusal::Older => {
            let detail = crate::problem::sentence(&refusal);
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "identity-too-old", detail).retry_after(1)
        }
        Refusal::Missing | Refusal::Forged | Refusal::Expired | Refusal::Misused | Refusal::Replayed => {
            Problem::unauthenticated(format!("People call the gateway: {refusal}."))
        }
    }
}

/// The identities that were used and could be used again: those of now, and those of the time before.
struct Used {
    since: Time,
    now: HashSet<Uuid>,
    before: HashSet<Uuid>,
}

impl Used {
    fn is_new(&mut self, id: Uuid, now: Time) -> bool {
        if now.duration_since(self.since).abs() > LIFETIME + SKEW + SKEW {
            self.before = std::mem::take(&mut self.now);
            self.since = now;
        }
        !self.before.contains(&id) && self.now.insert(id)
    }
}
