//! Accounts, as programs make and change their own.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use kernel::phone::Mobile;
use platform::extract;
use platform::problem::Problem;
use serde::{Deserialize, Serialize};

use super::sessions::opened;
use super::visitor::From;
use crate::Gateway;
use crate::accounts::{Login, SignUp};
use crate::authenticate::Shown;

#[derive(Deserialize)]
pub(crate) struct Code {
    phone: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    expires_in: u32,
    /// In the demo alone, where no phone is real.
    #[serde(skip_serializing_if = "Option::is_none")]
    demo_code: Option<String>,
}

/// A phone number with its code, or an e-mail address; and a password.
#[derive(Deserialize)]
pub(crate) struct Asked {
    phone: Option<String>,
    code: Option<String>,
    email: Option<String>,
    password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    password: Option<String>,
    new_password: String,
}

/// `POST /phone-codes {phone}`: 202, and a code is under way, whoever that phone belongs to.
pub(crate) async fn send_code(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    asked: extract::Json<Code>,
) -> Result<Response, Problem> {
    let demo_code = gateway.accounts.send_code(&phone(&asked.value.phone)?, visitor).await?;
    let body = Json(Sent { expires_in: 300, demo_code });
    Ok((StatusCode::ACCEPTED, [(CACHE_CONTROL, "no-store")], body).into_response())
}

/// `POST /accounts {phone, code, password}` or `{email, password}`: 201 with the token of a first session.
pub(crate) async fn sign_up(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    asked: extract::Json<Asked>,
) -> Result<Response, Problem> {
    let password = asked.value.password.clone();
    let signed = gateway.accounts.sign_up(with(asked.value)?, password, visitor).await?;
    Ok(opened(&signed))
}

fn with(asked: Asked) -> Result<SignUp, Problem> {
    match asked {
        Asked { phone: Some(number), code: Some(code), email: None, .. } => {
            Ok(SignUp::Phone { phone: phone(&number)?, code })
        }
        Asked { phone: Some(_), code: None, .. } => {
            Err(Problem::invalid_field("code", "is missing: ask for one with POST /api/phone-codes"))
        }
        Asked { email: Some(email), phone: None, code: None, .. } => match Login::parse(&email) {
            Ok(login @ Login::Email(_)) => Ok(SignUp::Email(login)),
            Ok(Login::Phone(_) | Login::Name(_)) | Err(_) => {
                Err(Problem::invalid_field("email", "not an e-mail address"))
            }
        },
        Asked { .. } => Err(Problem::invalid_field("phone", "send phone and code, or email")),
    }
}

/// `PUT /accounts/current/password {password, newPassword}`: 204, and all other sessions are over.
pub(crate) async fn change_password(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Shown,
    asked: extract::Json<Change>,
) -> Result<Response, Problem> {
    let Change { password, new_password } = asked.value;
    gateway.accounts.change_password(&shown.session, password, new_password, visitor).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A phone number, or 422.
pub(super) fn phone(text: &str) -> Result<Mobile, Problem> {
    Mobile::parse(text).map_err(|error| Problem::invalid_field("phone", error))
}
