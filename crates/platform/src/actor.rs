//! Who acts, and in which language they are answered.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use kernel::lang::Language;
use kernel::people::{Actor, Owner, PersonId};

use crate::identity::Identity;
use crate::problem::Problem;

/// Whoever is signed in; nobody is 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Identity>() {
            Some(Identity::Somebody(actor)) => Ok(Self(actor.clone())),
            Some(Identity::Nobody) | None => Err(Problem::unauthenticated("Sign in first: POST /api/sessions.")),
        }
    }
}

/// The language an answer is given in, by `Accept-Language`; Korean first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speaks(pub Language);

impl<S: Send + Sync> FromRequestParts<S> for Speaks {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Self(header.map_or_else(Language::default, Language::accepted)))
    }
}

/// The customer who acts, or 403.
pub fn require_customer(actor: &Actor) -> Result<&PersonId, Problem> {
    match actor {
        Actor::Customer(id) => Ok(id),
        Actor::Owner(_) | Actor::Rider(_) | Actor::Operator(_) | Actor::Service(_) => Err(only("customer")),
    }
}

/// The owner who acts, or 403.
pub fn require_owner(actor: &Actor) -> Result<&Owner, Problem> {
    match actor {
        Actor::Owner(owner) => Ok(owner),
        Actor::Customer(_) | Actor::Rider(_) | Actor::Operator(_) | Actor::Service(_) => Err(only("owner")),
    }
}

/// The rider who acts, or 403.
pub fn require_rider(actor: &Actor) -> Result<&PersonId, Problem> {
    match actor {
        Actor::Rider(id) => Ok(id),
        Actor::Customer(_) | Actor::Owner(_) | Actor::Operator(_) | Actor::Service(_) => Err(only("rider")),
    }
}

/// The operator who acts, or 403.
pub fn require_operator(actor: &Actor) -> Result<&PersonId, Problem> {
    match actor {
        Actor::Operator(id) => Ok(id),
        Actor::Customer(_) | Actor::Owner(_) | Actor::Rider(_) | Actor::Service(_) => Err(only("operator")),
    }
}

/// The service of ours that acts, or 403.
pub fn require_service(actor: &Actor) -> Result<&PersonId, Problem> {
    match actor {
        Actor::Service(id) => Ok(id),
        Actor::Customer(_) | Actor::Owner(_) | Actor::Rider(_) | Actor::Operator(_) => Err(only("service")),
    }
}

fn only(role: &str) -> Problem {
    Problem::forbidden(format!("Only the role \"{role}\" may do this."))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        headers
            .iter()
            .fold(Request::get("/"), |request, (name, value)| request.header(*name, *value))
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    async fn caller(identity: Option<Identity>) -> Result<Caller, Problem> {
        let mut parts = parts(&[("Baedal-Actor", "operator/mallory")]);
        parts.extensions.extend(
            identity
                .map(|identity| {
                    let mut extensions = axum::http::Extensions::new();
                    extensions.insert(identity);
                    extensions
                })
                .unwrap_or_default(),
        );
        Caller::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn who_acts_is_who_passed_the_edge() {
        let mina = Identity::Somebody(kernel::testing::actor("customer/mina"));
        let actor = caller(Some(mina)).await.unwrap().0;
        assert_eq!(require_customer(&actor).unwrap().as_str(), "mina");
        assert_eq!(require_operator(&actor).unwrap_err().status(), 403);
        assert_eq!(require_owner(&actor).unwrap_err().status(), 403);
        assert_eq!(require_rider(&actor).unwrap_err().status(), 403);
        assert_eq!(require_service(&actor).unwrap_err().status(), 403);
    }

    #[tokio::test]
    async fn whatever_a_header_claims_nobody_is_401() {
        for identity in [None, Some(Identity::Nobody)] {
            assert_eq!(caller(identity).await.unwrap_err().status(), 401);
        }
    }

    #[tokio::test]
    async fn the_language_is_korean_unless_asked_otherwise() {
        let english = Speaks::from_request_parts(&mut parts(&[("Accept-Language", "en-GB")]), &()).await;
        assert_eq!(english, Ok(Speaks(Language::En)));
        assert_eq!(Speaks::from_request_parts(&mut parts(&[]), &()).await, Ok(Speaks(Language::Ko)));
    }
}
