//! Signing in and out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use kernel::Time;
use kernel::people::Role;
use platform::extract;
use platform::problem::Problem;
use serde::{Deserialize, Serialize};

use crate::Gateway;
use crate::authenticate::Shown;

#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "SignInBody")]
pub(crate) struct SignIn {
    login: String,
    password: String,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OpenedSession")]
struct Opened<'a> {
    token: &'a str,
    role: Role,
    expires_at: Time,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CurrentSession")]
struct Current {
    id: String,
    role: Role,
    expires_at: Time,
}

platform::taken!(SignIn);
platform::written!(Opened<'_>, Current);

/// `POST /sessions {login, password}`: 201 with the token.
#[utoipa::path(
    post,
    path = "/api/sessions",
    operation_id = "signIn",
    tag = "sessions",
    summary = "Sign in",
    security(()),
    request_body(content = SignIn, example = json!({"login": "customer", "password": "baedal"})),
    responses(
        (status = 201, description = "Signed in: the token is to be sent as a bearer token.", body = Opened),
        (status = 401, description = "unauthenticated"),
        (status = 429, description = "too-many-requests"),
    ),
)]
pub(crate) async fn open(
    State(gateway): State<Arc<Gateway>>,
    asked: extract::Json<SignIn>,
) -> Result<Response, Problem> {
    let SignIn { login, password } = asked.value;
    let signed = gateway.accounts.sign_in(login, password).await?;
    let session = &signed.session;
    let body = Opened { token: &signed.token, role: session.account.role, expires_at: session.expires_at };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(body)).into_response())
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
    let id = session.account.id.to_string();
    let body = Current { id, role: session.account.role, expires_at: session.expires_at };
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
pub(crate) async fn close(State(gateway): State<Arc<Gateway>>, shown: Shown) -> Result<Response, Problem> {
    gateway.accounts.sign_out(&shown.token).await.map_err(|error| platform::commands::outage(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
