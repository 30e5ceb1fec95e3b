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
use super::sign_in::send;
use super::{Form, Frame, enter};
use crate::Gateway;
use crate::accounts::{Login, SignUp};
use crate::signin::accounts::phone;
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
#[derive(Deserialize)]
pub(crate) struct Asked {
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

impl Page {
    fn new(gateway: &Gateway, language: Language) -> Self {
        let frame = Frame::new(gateway, language, ("회원가입", "Sign up"));
        Self { frame, phone: String::new(), email: String::new(), is_by_code: false }
    }

    fn answer(self, status: StatusCode) -> Response {
        page(status, &self.frame, &self)
    }
}

/// The page.
pub(crate) async fn show(State(gateway): State<Arc<Gateway>>, Speaks(language): Speaks) -> Response {
    Page::new(&gateway, language).answer(StatusCode::OK)
}

/// What the page's forms ask for.
pub(crate) async fn act(
    State(gateway): State<Arc<Gateway>>,
    Speaks(language): Speaks,
    From(visitor): From,
    Form(asked): Form<Asked>,
) -> Response {
    let mut page = Page::new(&gateway, language);
    page.phone.clone_from(&asked.phone);
    page.email.clone_from(&asked.email);
    if asked.r#do == "send-code" {
        let (frame, status) = send(&gateway, page.frame, &asked.phone, visitor).await;
        page.frame = frame;
        page.is_by_code = status == StatusCode::OK;
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
