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

use super::sessions::{Opened, opened};
use super::visitor::From;
use crate::Gateway;
use crate::accounts::{Login, SignUp};
use crate::authenticate::Shown;

#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PhoneBody")]
pub(crate) struct Code {
    /// A Korean mobile number, however it is written.
    #[schemars(length(min = 10), regex(pattern = "^[0-9 ().+-]+$"))]
    phone: String,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SentCode")]
struct Sent {
    /// For how long it is good, in seconds.
    expires_in: u32,
    /// In the demo alone, where no phone is real.
    #[schemars(regex(pattern = "^[0-9]{6}$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    demo_code: Option<String>,
}

/// A phone number with its code, or an e-mail address; and a password.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "SignUpBody", extend("anyOf" = [{"required": ["phone", "code"]}, {"required": ["email"]}]))]
pub(crate) struct Asked {
    /// A Korean mobile number, however it is written.
    #[schemars(length(min = 10), regex(pattern = "^[0-9 ().+-]+$"))]
    phone: Option<String>,
    /// The six digits that came to it.
    #[schemars(regex(pattern = r"^\s*[0-9]{6}\s*$"))]
    code: Option<String>,
    /// An e-mail address.
    #[schemars(length(min = 5), regex(pattern = "@"))]
    email: Option<String>,
    /// Characters count as Unicode's NFKC has them. One that anybody would try first is refused.
    #[schemars(length(min = 8, max = 128))]
    password: String,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChangePasswordBody")]
pub(crate) struct Change {
    /// The one of today; not needed where there is none, nor for ten minutes after signing in with a code.
    password: Option<String>,
    /// Characters count as Unicode's NFKC has them. One that anybody would try first is refused.
    #[schemars(length(min = 8, max = 128))]
    new_password: String,
}

platform::taken!(Code, Asked, Change);
platform::written!(Sent);

/// `POST /phone-codes {phone}`: 202, and a code is under way, whoever that phone belongs to.
#[utoipa::path(
    post,
    path = "/api/phone-codes",
    operation_id = "sendCode",
    tag = "sessions",
    summary = "Have a code sent to a phone",
    security(()),
    request_body(content = Code, example = json!({"phone": "010-1234-5678"})),
    responses(
        (status = 202, description = "A code is under way; in the demo it is in the answer.", body = Sent),
        (status = 429, description = "too-many-requests"),
    ),
)]
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
#[utoipa::path(
    post,
    path = "/api/accounts",
    operation_id = "signUp",
    tag = "sessions",
    summary = "Sign up as a customer",
    security(()),
    request_body(content = Asked, examples(
        ("email" = (value = json!({"email": "mina@example.com", "password": "무지개 국밥 자전거"}))),
        ("phone" = (value = json!({"phone": "010-1234-5678", "code": "123456", "password": "무지개 국밥 자전거"}))),
    )),
    responses(
        (status = 201, description = "Signed up and in: the token is to be sent as a bearer token.", body = Opened),
        (status = 401, description = "unauthenticated"),
        (status = 409, description = "login-taken"),
        (status = 429, description = "too-many-requests"),
    ),
)]
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
#[utoipa::path(
    put,
    path = "/api/accounts/current/password",
    operation_id = "changePassword",
    tag = "sessions",
    summary = "Choose another password",
    request_body(content = Change, example = json!({"password": "무지개 국밥 자전거", "newPassword": "구름 만두 기차역"})),
    responses(
        (status = 204, description = "It is changed, and all other sessions are over."),
        (status = 429, description = "too-many-requests"),
    ),
)]
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
