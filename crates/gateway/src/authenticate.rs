//! Before everything else: who asks, which route it is, and whether they may.
//!
//! A program shows its session by `Authorization: Bearer`, a browser by a cookie. Where both come, the header counts: no
//! other site's page can have a browser send it. A cookie whose session is over counts as none.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use kernel::access::{Place, Server};
use platform::access::{self, Found};
use platform::identity::{IDENTITY_HEADER, Identity};
use platform::problem::Problem;
use platform::server::Origin;

use crate::Gateway;
use crate::accounts::{Act, Session};
use crate::proxy::names_a_stream;
use crate::routes::is_plain;
use crate::signin::{self, From, ShownCookie, is_refused};

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

/// What a request shows of who asks.
enum Showing {
    /// Nothing.
    Nothing,
    /// A session, by a token of which no other site's page can know.
    Bearer(Shown),
    /// A session, by a cookie.
    Cookie(Shown),
    /// A cookie that stands for nothing any more.
    StaleCookie,
}

/// What is done with the answer of somebody who was let in.
struct Admitted {
    shown: Option<Shown>,
    act: Option<Act>,
    stale: bool,
}

/// Lets through what its route's row allows to whoever asks, and puts the route and the identity beside the request.
pub(crate) async fn admit(State(gateway): State<Arc<Gateway>>, mut request: Request, next: Next) -> Response {
    let Admitted { shown, act, stale } = match admitted(&gateway, &mut request).await {
        Ok(admitted) => admitted,
        Err(response) => return response,
    };
    let mut response = next.run(request).await;
    if let Some(act) = act {
        act.answered(response.status().as_u16()).await;
    }
    if stale && !response.headers().contains_key(SET_COOKIE) {
        signin::clear(response.headers_mut(), gateway.accounts.settings());
    }
    match shown {
        Some(shown) if response.headers().get(CONTENT_TYPE).is_some_and(names_a_stream) => {
            until_over(&gateway, shown, response)
        }
        Some(_) | None => response,
    }
}

async fn admitted(gateway: &Gateway, request: &mut Request) -> Result<Admitted, Response> {
    let path = request.uri().path();
    if access::is_open(path) {
        return Ok(Admitted { shown: None, act: None, stale: false });
    }
    if !is_plain(path) {
        return Err(Problem::not_found().into_response());
    }
    let found = gateway.routes.find(request.method(), path).map_err(access::missing)?;
    let showing = showing(gateway, request.headers()).await.map_err(IntoResponse::into_response)?;
    let is_form = found.route.by == Server::Gateway && found.route.place == Place::Root;
    if (is_form || matches!(showing, Showing::Cookie(_)))
        && is_refused(request.method(), request.headers(), own_name(request))
    {
        return Err(Problem::forbidden("Another site's page has sent this.").into_response());
    }
    let stale = matches!(showing, Showing::StaleCookie);
    let shown = match showing {
        Showing::Bearer(shown) | Showing::Cookie(shown) => Some(shown),
        Showing::Nothing | Showing::StaleCookie => None,
    };
    let identity = shown.as_ref().map_or(Identity::Nobody, |shown| shown.session.identity.clone());
    access::require(found.route, &identity).map_err(IntoResponse::into_response)?;
    let act = match &shown {
        Some(shown) => {
            let From(visitor) = From::of(request.headers(), request.extensions());
            let act = signin::begin_act(&gateway.accounts, found.route, path, &shown.session, visitor).await;
            act.map_err(IntoResponse::into_response)?
        }
        None => None,
    };
    // What shows who somebody is ends here: a service takes our word alone.
    let ours = [AUTHORIZATION.as_str(), COOKIE.as_str(), IDENTITY_HEADER];
    for header in ours.into_iter().filter(|_| found.context.is_some()) {
        request.headers_mut().remove(header);
    }
    let extensions = request.extensions_mut();
    extensions.insert::<Found>(found);
    extensions.insert(identity);
    if let Some(shown) = &shown {
        extensions.insert(shown.clone());
    }
    Ok(Admitted { shown, act, stale })
}

/// The name that we are reached by: as the door saw it, or as the request says.
fn own_name(request: &Request) -> Option<&str> {
    let seen = request.extensions().get::<Origin>().map(Origin::host);
    seen.or_else(|| request.headers().get(HOST)?.to_str().ok())
}

/// The session that these headers show, whichever way.
pub(crate) async fn shown(gateway: &Gateway, headers: &HeaderMap) -> Result<Option<Shown>, Problem> {
    match showing(gateway, headers).await? {
        Showing::Bearer(shown) | Showing::Cookie(shown) => Ok(Some(shown)),
        Showing::Nothing | Showing::StaleCookie => Ok(None),
    }
}

/// What these headers show. A token that is not good is refused; a cookie comes by itself, and counts for nothing.
async fn showing(gateway: &Gateway, headers: &HeaderMap) -> Result<Showing, Problem> {
    if let Some(token) = bearer(headers)? {
        let over = || Problem::unauthenticated("This session is over. Sign in again: POST /api/sessions.");
        return session(gateway, token).await?.map(Showing::Bearer).ok_or_else(over);
    }
    match signin::shown_by_cookie(headers, gateway.accounts.settings()) {
        ShownCookie::Nothing => Ok(Showing::Nothing),
        ShownCookie::Several => Ok(Showing::StaleCookie),
        ShownCookie::Token(token) => Ok(session(gateway, token).await?.map_or(Showing::StaleCookie, Showing::Cookie)),
    }
}

async fn session(gateway: &Gateway, token: &str) -> Result<Option<Shown>, Problem> {
    let session = gateway.accounts.session(token).await.map_err(|error| platform::commands::outage(&error))?;
    Ok(session.map(|session| Shown { token: Arc::from(token), session }))
}

/// The token of the header `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), more) = (given.next(), given.next()) else { return Ok(None) };
    let token = value.to_str().ok().filter(|_| more.is_none()).and_then(|text| text.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        Some(_) | None => Err(Problem::unauthenticated("Show one session: Authorization: Bearer <token>.")),
    }
}

/// A stream of events ends with the session that it was opened with.
fn until_over(gateway: &Gateway, shown: Shown, response: Response) -> Response {
    let accounts = gateway.accounts.clone();
    let over = async move { accounts.over(shown.session.id, shown.token).await };
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(Box::pin(over))))
}
