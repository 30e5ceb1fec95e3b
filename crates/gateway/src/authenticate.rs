//! Before everything else: who asks, which route it is, and whether they may.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use platform::access::{self, Found};
use platform::identity::{IDENTITY_HEADER, Identity};
use platform::problem::Problem;

use crate::Gateway;
use crate::accounts::Session;
use crate::routes::is_plain;

/// The session whose token came with a request; among the extensions of those of people who are signed in.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) token: Arc<str>,
    pub(crate) session: Arc<Session>,
}

impl<S: Send + Sync> FromRequestParts<S> for Shown {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::unauthenticated("Sign in first."))
    }
}

/// Lets through what its route's row allows to whoever asks, and puts the route and the identity beside the request.
pub(crate) async fn admit(State(gateway): State<Arc<Gateway>>, mut request: Request, next: Next) -> Response {
    match admitted(&gateway, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(response) => response,
    }
}

async fn admitted(gateway: &Gateway, request: &mut Request) -> Result<(), Response> {
    let path = request.uri().path();
    if access::is_open(path) {
        return Ok(());
    }
    if !is_plain(path) {
        return Err(Problem::not_found().into_response());
    }
    let found = gateway.routes.find(request.method(), path).map_err(access::missing)?;
    let shown = shown(gateway, request.headers()).await.map_err(IntoResponse::into_response)?;
    let identity = shown.as_ref().map_or(Identity::Nobody, |shown| shown.session.identity.clone());
    access::require(found.route, &identity).map_err(IntoResponse::into_response)?;
    // What shows who somebody is ends here: a service takes our word alone.
    for header in [AUTHORIZATION.as_str(), COOKIE.as_str(), IDENTITY_HEADER] {
        request.headers_mut().remove(header);
    }
    let extensions = request.extensions_mut();
    extensions.insert::<Found>(found);
    extensions.insert(identity);
    if let Some(shown) = shown {
        extensions.insert(shown);
    }
    Ok(())
}

/// The session whose token these headers show: nobody shows none; one that is not good is refused.
async fn shown(gateway: &Gateway, headers: &HeaderMap) -> Result<Option<Shown>, Problem> {
    let Some(token) = token(headers)? else { return Ok(None) };
    let session = gateway.accounts.session(token).await.map_err(|error| platform::commands::outage(&error))?;
    match session {
        Some(session) => Ok(Some(Shown { token: Arc::from(token), session })),
        None => Err(Problem::unauthenticated("This session is over. Sign in again: POST /api/sessions.")),
    }
}

/// The token of the header `Authorization: Bearer`.
fn token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), more) = (given.next(), given.next()) else { return Ok(None) };
    let token = value.to_str().ok().filter(|_| more.is_none()).and_then(|text| text.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        Some(_) | None => Err(Problem::unauthenticated("Show one session: Authorization: Bearer <token>.")),
    }
}
