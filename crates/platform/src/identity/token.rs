//! What is signed: a JSON Web Token (RFC 7519) with `EdDSA` (RFC 8037).

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::{Method, Uri};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use kernel::ids::StoreId;
use kernel::people::{Actor, Owner, PersonId, Role};
use kernel::{Context, Time};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Identity;

/// The header that carries a signed identity.
pub const IDENTITY_HEADER: &str = "baedal-identity";

/// How long an identity is good for: the way from one process to the next.
pub(super) const LIFETIME: SignedDuration = SignedDuration::from_secs(5);
/// How much the clocks of two machines may differ.
pub(super) const SKEW: SignedDuration = SignedDuration::from_secs(5);

/// Why an identity is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is none, or more than one.
    #[error("a call to a service has to carry one signed identity")]
    Missing,
    /// It is not one of ours.
    #[error("the identity is not signed by anybody who may")]
    Forged,
    /// Its time is over, or has not come.
    #[error("the identity has expired")]
    Expired,
    /// It is for another request.
    #[error("the identity was given for another request")]
    Misused,
    /// It has been used before.
    #[error("the identity has been used before")]
    Replayed,
    /// It is older than what is remembered of those that were used.
    #[error("the identity was signed before this service began")]
    Older,
    /// The keys that it would be checked with cannot be had now.
    #[error("the keys of whoever signed the identity cannot be read now")]
    Unknowable,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    /// Who says so: `gateway` or `app`.
    pub(super) iss: String,
    /// To whom: a context.
    pub(super) aud: Context,
    /// Who acts; nobody in particular without it.
    #[serde(flatten)]
    pub(super) who: Option<Subject>,
    /// When it was signed, in seconds.
    pub(super) iat: i64,
    /// Until when it is good, in seconds.
    pub(super) exp: i64,
    /// Tells it from every other.
    pub(super) jti: Uuid,
    /// The one request that it is for: method, path and query.
    pub(super) call: String,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subject {
    sub: PersonId,
    role: Role,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    stores: BTreeSet<StoreId>,
}

impl Subject {
    pub(super) fn of(identity: &Identity) -> Option<Self> {
        let actor = identity.actor()?;
        let stores = match actor {
            Actor::Owner(owner) => BTreeSet::clone(&owner.stores),
            Actor::Customer(_) | Actor::Rider(_) | Actor::Operator(_) | Actor::Service(_) => BTreeSet::new(),
        };
        Some(Self { sub: actor.id().clone(), role: actor.role(), stores })
    }

    fn actor(self) -> Actor {
        match self.role {
            Role::Customer => Actor::Customer(self.sub),
            Role::Owner => Actor::Owner(Owner { id: self.sub, stores: Arc::new(self.stores) }),
            Role::Rider => Actor::Rider(self.sub),
            Role::Operator => Actor::Operator(self.sub),
            Role::Service => Actor::Service(self.sub),
        }
    }
}

/// The one request that an identity is for.
pub(super) fn call(method: &Method, uri: &Uri) -> String {
    format!("{method} {}", uri.path_and_query().map_or("/", |target| target.as_str()))
}

/// Reads a token that has to be signed with `key`; when it is good is not looked at.
pub(super) fn read(token: &str, key: &DecodingKey) -> Result<Claims, Refusal> {
    // Times and audience are checked by ourselves: by our own clock, which tests own.
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    jsonwebtoken::decode::<Claims>(token, key, &rules).map(|token| token.claims).map_err(|_| Refusal::Forged)
}

impl Claims {
    /// Who acts, if all of this is meant for a request `call` to `context` at `now`.
    pub(super) fn identity(self, context: Context, call: &str, now: Time) -> Result<Identity, Refusal> {
        let now = now.as_second();
        let (skew, most) = (SKEW.as_secs(), LIFETIME.as_secs());
        if now >= self.exp + skew || self.iat > now + skew || self.exp - self.iat > most {
            return Err(Refusal::Expired);
        }
        if self.aud != context || self.call != call {
            return Err(Refusal::Misused);
        }
        let identity = self.who.map_or(Identity::Nobody, |subject| Identity::Somebody(subject.actor()));
        // Only app calls another service, and only in its own name; the gateway speaks for people.
        let services_own = identity.role() == Some(Role::Service);
        let may = match (self.iss.as_str(), services_own) {
            ("gateway", false) => true,
            (name, true) => name != "gateway" && identity.actor().is_some_and(|actor| actor.id().as_str() == name),
            (_, false) => false,
        };
        if may { Ok(identity) } else { Err(Refusal::Forged) }
    }
}
