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

#[derive(Deserialize)]
pub(crate) struct SignIn {
    login: String,
    password: String,
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
struct Current {
    id: String,
    role: Role,
    expires_at: Time,
}

/// `POST /sessions {login, password}`: 201 with the token.
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
pub(crate) async fn show(shown: Shown) -> Response {
    let session = &shown.session;
    let id = session.account.id.to_string();
    let body = Current { id, role: session.account.role, expires_at: session.expires_at };
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// `DELETE /sessions/current`: signs out.
pub(crate) async fn close(State(gateway): State<Arc<Gateway>>, shown: Shown) -> Result<Response, Problem> {
    gateway.accounts.sign_out(&shown.token).await.map_err(|error| platform::commands::outage(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
