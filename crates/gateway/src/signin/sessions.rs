//! Sessions, as programs open, see and end them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use kernel::Time;
use kernel::people::Role;
use platform::extract::{self, PathId};
use platform::problem::Problem;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::accounts::phone;
use super::visitor::From;
use crate::Gateway;
use crate::accounts::{Open, SignedIn};
use crate::authenticate::Shown;

/// What somebody signs in with: a login and a password, or a phone number and the code that came to it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignIn {
    login: Option<String>,
    password: Option<String>,
    new_password: Option<String>,
    phone: Option<String>,
    code: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened<'a> {
    token: &'a str,
    role: Role,
    expires_at: Time,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Current<'a> {
    id: &'a str,
    role: Role,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stores: &'a [kernel::ids::StoreId],
    session_id: Uuid,
    expires_at: Time,
}

#[derive(Serialize)]
struct All {
    items: Vec<Open>,
}

/// `POST /sessions {login, password}` or `{phone, code}`: 201 with the token.
pub(crate) async fn open(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    asked: extract::Json<SignIn>,
) -> Result<Response, Problem> {
    let accounts = &gateway.accounts;
    let signed = match asked.value {
        SignIn { login: Some(login), password: Some(password), new_password, phone: None, code: None } => {
            accounts.sign_in(&login, password, new_password, visitor).await?
        }
        SignIn { phone: Some(number), code: Some(code), login: None, password: None, new_password: None } => {
            accounts.sign_in_by_code(&phone(&number)?, code, visitor).await?
        }
        SignIn { login: Some(_), password: None, .. } => return Err(Problem::invalid_field("password", "is missing")),
        SignIn { phone: Some(_), code: None, .. } => return Err(Problem::invalid_field("code", "is missing")),
        _ => return Err(Problem::invalid_field("login", "send login and password, or phone and code")),
    };
    Ok(opened(&signed))
}

/// 201 with a token.
pub(super) fn opened(signed: &SignedIn) -> Response {
    let session = &signed.session;
    let body = Opened { token: &signed.token, role: session.account.role, expires_at: session.expires_at };
    (StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// `GET /sessions`: where one is signed in.
pub(crate) async fn list(State(gateway): State<Arc<Gateway>>, shown: Shown) -> Result<Response, Problem> {
    let items = gateway.accounts.open_sessions(&shown.session).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(All { items })).into_response())
}

/// `GET /sessions/current`: who is signed in.
pub(crate) async fn show(shown: Shown) -> Response {
    let session = &shown.session;
    let account = &session.account;
    let body = Current {
        id: account.id.as_str(),
        role: account.role,
        stores: &account.stores,
        session_id: session.id,
        expires_at: session.ends_at(),
    };
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// `DELETE /sessions/current`: signs out.
pub(crate) async fn close(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Shown,
) -> Result<Response, Problem> {
    match gateway.accounts.end_session(&shown.session, shown.session.id, visitor).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        // It ended in the meantime, which is what was asked for.
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(problem) => Err(problem),
    }
}

/// `DELETE /sessions/{sessionId}`: signs out elsewhere.
pub(crate) async fn close_one(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Shown,
    PathId(id): PathId<Uuid>,
) -> Result<Response, Problem> {
    gateway.accounts.end_session(&shown.session, id, visitor).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /sessions`: signs out everywhere.
pub(crate) async fn close_all(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Shown,
) -> Result<Response, Problem> {
    gateway.accounts.end_all(&shown.session, visitor).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
