//! Sessions, as programs open, see and end them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use kernel::Time;
use kernel::ids::StoreId;
use kernel::people::{PersonId, Role};
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
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(
    rename = "SignInBody",
    extend("anyOf" = [{"required": ["login", "password"]}, {"required": ["phone", "code"]}]),
)]
pub(crate) struct SignIn {
    /// A phone number, an e-mail address or a name.
    login: Option<String>,
    /// What belongs to it.
    password: Option<String>,
    /// Another password, where that one can be used once: 8 to 128 characters.
    new_password: Option<String>,
    /// A Korean mobile number, however it is written; it is not sent together with a login.
    #[schemars(length(min = 10), regex(pattern = "^[0-9 ().+-]+$"))]
    phone: Option<String>,
    /// The six digits that came to it.
    #[schemars(regex(pattern = r"^\s*[0-9]{6}\s*$"))]
    code: Option<String>,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OpenedSession")]
pub(super) struct Opened<'a> {
    /// To be sent as a bearer token.
    token: &'a str,
    role: Role,
    /// When it ends at the latest.
    expires_at: Time,
    /// When it ends unless it is used.
    idle_ends_at: Time,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CurrentSession")]
struct Current<'a> {
    id: &'a PersonId,
    role: Role,
    /// What stores an owner has.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stores: &'a [StoreId],
    session_id: Uuid,
    /// When it ends at the latest.
    expires_at: Time,
    /// When it ends unless it is used.
    idle_ends_at: Time,
}

/// The sessions of one account that are not over, the newest first.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ListOfOpenSession")]
struct All {
    items: Vec<Open>,
}

platform::taken!(SignIn);
platform::written!(Opened<'_>, Current<'_>, All);

/// `POST /sessions {login, password}` or `{phone, code}`: 201 with the token.
#[utoipa::path(
    post,
    path = "/api/sessions",
    operation_id = "signIn",
    tag = "sessions",
    summary = "Sign in",
    security(()),
    request_body(content = SignIn, examples(
        ("login" = (value = json!({"login": "customer", "password": "baedal"}))),
        ("phone" = (value = json!({"phone": "010-1234-5678", "code": "123456"}))),
    )),
    responses(
        (status = 201, description = "Signed in: the token is to be sent as a bearer token.", body = Opened),
        (status = 401, description = "unauthenticated"),
        (status = 403, description = "password-needed, forbidden"),
        (status = 429, description = "too-many-requests"),
    ),
)]
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
    let body = Opened {
        token: &signed.token,
        role: session.account.role,
        expires_at: session.expires_at,
        idle_ends_at: session.ends_at(),
    };
    (StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// `GET /sessions`: where one is signed in.
#[utoipa::path(
    get,
    path = "/api/sessions",
    operation_id = "listSessions",
    tag = "sessions",
    summary = "Where one is signed in",
    responses((status = 200, description = "The sessions, the newest first.", body = All)),
)]
pub(crate) async fn list(State(gateway): State<Arc<Gateway>>, shown: Shown) -> Result<Response, Problem> {
    let items = gateway.accounts.open_sessions(&shown.session).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(All { items })).into_response())
}

/// `GET /sessions/current`: who is signed in.
#[utoipa::path(
    get,
    path = "/api/sessions/current",
    operation_id = "showSession",
    tag = "sessions",
    summary = "Who is signed in",
    responses((status = 200, description = "The session.", body = Current)),
)]
pub(crate) async fn show(shown: Shown) -> Response {
    let session = &shown.session;
    let account = &session.account;
    let body = Current {
        id: &account.id,
        role: account.role,
        stores: &account.stores,
        session_id: session.id,
        expires_at: session.expires_at,
        idle_ends_at: session.ends_at(),
    };
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// `DELETE /sessions/current`: signs out.
#[utoipa::path(
    delete,
    path = "/api/sessions/current",
    operation_id = "signOut",
    tag = "sessions",
    summary = "Sign out",
    responses((status = 204, description = "Signed out.")),
)]
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
#[utoipa::path(
    delete,
    path = "/api/sessions/{sessionId}",
    operation_id = "signOutElsewhere",
    tag = "sessions",
    summary = "End one of one's sessions",
    responses((status = 204, description = "It is over.")),
)]
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
#[utoipa::path(
    delete,
    path = "/api/sessions",
    operation_id = "signOutEverywhere",
    tag = "sessions",
    summary = "Sign out everywhere",
    responses((status = 204, description = "All sessions are over, this one too.")),
)]
pub(crate) async fn close_all(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Shown,
) -> Result<Response, Problem> {
    gateway.accounts.end_all(&shown.session, visitor).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
