//! Who acts, and in which language they are answered.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use kernel::ids::StoreId;
use kernel::lang::Language;
use kernel::people::{Actor, PersonId};

use crate::problem::Problem;

/// The header that names who acts.
pub const ACTOR_HEADER: &str = "baedal-actor";

/// Whoever the `Baedal-Actor` header names; missing or malformed is 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut named = parts.headers.get_all(ACTOR_HEADER).iter();
        let (Some(header), None) = (named.next(), named.next()) else {
            return Err(Problem::unauthenticated("Say once who acts, in the header Baedal-Actor: customer/<id>."));
        };
        let text = header.to_str().unwrap_or_default();
        Actor::parse(text).map(Self).map_err(|error| Problem::unauthenticated(format!("Baedal-Actor is {error}.")))
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

/// The store whose owner acts, or 403.
pub fn require_owner(actor: &Actor) -> Result<StoreId, Problem> {
    match actor {
        Actor::Owner(store) => Ok(*store),
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

    async fn caller(headers: &[(&str, &str)]) -> Result<Caller, Problem> {
        Caller::from_request_parts(&mut parts(headers), &()).await
    }

    #[tokio::test]
    async fn the_header_names_who_acts() {
        let actor = caller(&[("Baedal-Actor", "customer/mina")]).await.unwrap().0;
        assert_eq!(require_customer(&actor).unwrap().as_str(), "mina");
        assert_eq!(require_operator(&actor).unwrap_err().status(), 403);
        assert_eq!(require_owner(&actor).unwrap_err().status(), 403);
        assert_eq!(require_rider(&actor).unwrap_err().status(), 403);
        assert_eq!(require_service(&actor).unwrap_err().status(), 403);
    }

    #[tokio::test]
    async fn a_missing_malformed_or_doubled_header_is_401() {
        for headers in [
            &[][..],
            &[("Baedal-Actor", "mina")],
            &[("Baedal-Actor", "king/mina")],
            &[("Baedal-Actor", "customer/a b")],
            &[("Baedal-Actor", "customer/a"), ("Baedal-Actor", "operator/b")],
        ] {
            assert_eq!(caller(headers).await.unwrap_err().status(), 401);
        }
    }

    #[tokio::test]
    async fn the_language_is_korean_unless_asked_otherwise() {
        let english = Speaks::from_request_parts(&mut parts(&[("Accept-Language", "en-GB")]), &()).await;
        assert_eq!(english, Ok(Speaks(Language::En)));
        assert_eq!(Speaks::from_request_parts(&mut parts(&[]), &()).await, Ok(Speaks(Language::Ko)));
    }
}
