//! `/sign-up`: with a phone number that is confirmed by a code, or with an e-mail address.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::lang::Language;
use platform::actor::Speaks;
use platform::problem::Problem;
use serde::Deserialize;

use super::frame::page;
use super::sign_in::{may_have_a_code, send};
use super::{Form, Frame, enter};
use crate::Gateway;
use crate::accounts::{Login, SignUp};
use crate::signin::accounts::phone;
use crate::signin::reached::Reached;
use crate::signin::visitor::From;

#[derive(Template)]
#[template(path = "sign-up.html")]
struct Page {
    frame: Frame,
    phone: String,
    email: String,
    is_by_code: bool,
}

/// What the page's forms say.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "SignUpForm")]
pub(crate) struct Asked {
    /// `send-code` or `phone`; anything else signs up with an e-mail address.
    #[serde(default)]
    r#do: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

platform::taken!(Asked);

impl Page {
    fn new(gateway: &Gateway, language: Language, reached: &Reached) -> Self {
        let frame = Frame::new(gateway, language, ("회원가입", "Sign up")).giving_sessions(gateway, reached);
        Self { frame, phone: String::new(), email: String::new(), is_by_code: false }
    }

    fn answer(self, status: StatusCode) -> Response {
        page(status, &self.frame, &self)
    }
}

/// The page.
#[utoipa::path(
    get,
    path = "/sign-up",
    operation_id = "showSignUp",
    tag = "pages",
    summary = "Sign up, on a page",
    security(()),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub(crate) async fn show(State(gateway): State<Arc<Gateway>>, Speaks(language): Speaks, reached: Reached) -> Response {
    Page::new(&gateway, language, &reached).answer(StatusCode::OK)
}

/// What the page's forms ask for.
#[utoipa::path(
    post,
    path = "/sign-up",
    operation_id = "signUpOnPage",
    tag = "pages",
    summary = "What the page's forms ask for",
    security(()),
    request_body(content = Asked, content_type = "application/x-www-form-urlencoded", example = json!({"email": "mina@example.com", "password": "무지개 국밥 자전거"})),
    responses(
        (status = 200, description = "The page: a code is under way.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 303, description = "Signed up and in; the session is in a cookie.", headers(("Location" = String, description = "Where to."))),
        (status = 401, description = "The page: that does not belong together.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 409, description = "The page: somebody signs in with that already.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 422, description = "The page: that cannot be taken.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 429, description = "The page: there were too many tries.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 503, description = "The page: not now.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub(crate) async fn act(
    State(gateway): State<Arc<Gateway>>,
    Speaks(language): Speaks,
    reached: Reached,
    From(visitor): From,
    Form(asked): Form<Asked>,
) -> Response {
    let mut page = Page::new(&gateway, language, &reached);
    page.phone.clone_from(&asked.phone);
    page.email.clone_from(&asked.email);
    if asked.r#do == "send-code" {
        let (frame, status) = send(&gateway, page.frame, &asked.phone, visitor).await;
        page.frame = frame;
        page.is_by_code = may_have_a_code(status);
        return page.answer(status);
    }
    page.is_by_code = asked.r#do == "phone";
    let password = asked.password.clone();
    let signed = match with(asked) {
        Ok(with) => gateway.accounts.sign_up(with, password, visitor).await,
        Err(problem) => Err(problem),
    };
    match signed {
        Ok(signed) => enter(&gateway, &signed, "/account"),
        Err(problem) => {
            page.frame = page.frame.wrong(&problem);
            page.answer(problem.status())
        }
    }
}

fn with(asked: Asked) -> Result<SignUp, Problem> {
    if asked.r#do == "phone" {
        return Ok(SignUp::Phone { phone: phone(&asked.phone)?, code: asked.code });
    }
    match Login::parse(&asked.email) {
        Ok(login @ Login::Email(_)) => Ok(SignUp::Email(login)),
        Ok(Login::Phone(_) | Login::Name(_)) | Err(_) => Err(Problem::invalid_field("email", "not an e-mail address")),
    }
}
