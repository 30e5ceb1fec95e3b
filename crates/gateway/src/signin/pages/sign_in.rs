//! `/sign-in`: with a password, or with a code that comes to a phone.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::lang::Language;
use platform::actor::Speaks;
use platform::extract::Params;
use platform::problem::Problem;
use serde::Deserialize;

use super::frame::page;
use super::{Form, Frame, by_kakao, enter, go, local};
use crate::Gateway;
use crate::accounts::Visitor;
use crate::authenticate::Shown;
use crate::signin::accounts::phone;
use crate::signin::reached::Reached;
use crate::signin::visitor::From;

#[derive(Template)]
#[template(path = "sign-in.html")]
pub(super) struct Page {
    pub(super) frame: Frame,
    next: String,
    login: String,
    phone: String,
    is_by_code: bool,
    needs_another: bool,
    /// Where Kakao's sign-in begins, if there is such. It is a link: what a form leads to, and on to, has to be ours.
    kakao: Option<String>,
}

#[derive(Deserialize, schemars::JsonSchema)]
pub(crate) struct Next {
    /// Where one is led afterwards: a page of ours.
    pub(super) next: Option<String>,
}

platform::asked_in_query!(Next);

/// What the page's forms say.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SignInForm")]
pub(crate) struct Asked {
    /// `send-code` or `code`; anything else signs in with a password.
    #[serde(default)]
    r#do: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    new_password: Option<String>,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    code: String,
}

platform::taken!(Asked);

impl Page {
    pub(super) fn new(gateway: &Gateway, language: Language, reached: &Reached, next: &str) -> Self {
        Self {
            frame: Frame::new(gateway, language, ("로그인", "Sign in")).giving_sessions(gateway, reached),
            next: local(next).to_owned(),
            login: String::new(),
            phone: String::new(),
            is_by_code: false,
            needs_another: false,
            kakao: gateway.accounts.kakao().map(|_| by_kakao(local(next))),
        }
    }

    /// With what went wrong elsewhere.
    pub(super) fn telling(mut self, told: (&str, &str)) -> Self {
        let told = self.frame.say(told.0, told.1).to_owned();
        self.frame = self.frame.saying(told);
        self.frame.mood = "bad";
        self
    }

    pub(super) fn answer(self, status: StatusCode) -> Response {
        page(status, &self.frame, &self)
    }
}

/// The page; whoever is signed in is led on.
#[utoipa::path(
    get,
    path = "/sign-in",
    operation_id = "showSignIn",
    tag = "pages",
    summary = "Sign in, on a page",
    security(()),
    params(Next),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 303, description = "Somebody is signed in already.", headers(("Location" = String, description = "Where to."))),
    ),
)]
pub(crate) async fn show(
    State(gateway): State<Arc<Gateway>>,
    Speaks(language): Speaks,
    reached: Reached,
    Params(Next { next }): Params<Next>,
    shown: Result<Shown, Problem>,
) -> Response {
    let next = next.unwrap_or_default();
    if shown.is_ok() {
        return go(local(&next));
    }
    Page::new(&gateway, language, &reached, &next).answer(StatusCode::OK)
}

/// What the page's forms ask for.
#[utoipa::path(
    post,
    path = "/sign-in",
    operation_id = "signInOnPage",
    tag = "pages",
    summary = "What the page's forms ask for",
    security(()),
    request_body(content = Asked, content_type = "application/x-www-form-urlencoded", example = json!({"login": "customer", "password": "baedal", "next": "/account"})),
    responses(
        (status = 200, description = "The page: a code is under way.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 303, description = "Signed in; the session is in a cookie.", headers(("Location" = String, description = "Where to."))),
        (status = 401, description = "The page: that does not belong together.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 403, description = "The page: another password is needed.", body = String, content_type = "text/html; charset=utf-8"),
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
    let mut page = Page::new(&gateway, language, &reached, &asked.next);
    page.login.clone_from(&asked.login);
    page.phone.clone_from(&asked.phone);
    let outcome = match asked.r#do.as_str() {
        "send-code" => return send_code(&gateway, page, visitor).await,
        "code" => {
            page.is_by_code = true;
            by_code(&gateway, &asked, visitor).await
        }
        _ => gateway.accounts.sign_in(&asked.login, asked.password, asked.new_password, visitor).await,
    };
    match outcome {
        Ok(signed) => enter(&gateway, &signed, &page.next),
        Err(problem) => {
            page.needs_another =
                problem.slug() == "password-needed" || problem.slug() == "invalid-field" && !page.is_by_code;
            page.frame = page.frame.wrong(&problem);
            page.answer(problem.status())
        }
    }
}

async fn by_code(gateway: &Gateway, asked: &Asked, visitor: Visitor) -> Result<crate::accounts::SignedIn, Problem> {
    gateway.accounts.sign_in_by_code(&phone(&asked.phone)?, asked.code.clone(), visitor).await
}

async fn send_code(gateway: &Gateway, mut page: Page, visitor: Visitor) -> Response {
    let (frame, sent) = send(gateway, page.frame, &page.phone, visitor).await;
    page.frame = frame;
    page.is_by_code = may_have_a_code(sent);
    page.answer(sent)
}

/// Whether somebody may have a code to type: who asks too soon for another has one.
pub(super) fn may_have_a_code(sent: StatusCode) -> bool {
    matches!(sent, StatusCode::OK | StatusCode::TOO_MANY_REQUESTS)
}

/// Sends a code to `number`, and says in `frame` what came of it.
pub(super) async fn send(gateway: &Gateway, frame: Frame, number: &str, visitor: Visitor) -> (Frame, StatusCode) {
    let sent = match phone(number) {
        Ok(phone) => gateway.accounts.send_code(&phone, visitor).await,
        Err(problem) => Err(problem),
    };
    match sent {
        Ok(demo) => {
            let told = frame
                .say("인증번호를 보냈어요. 5분 안에 입력해 주세요.", "A code is on its way. It is good for 5 minutes.");
            let demo = demo.map(|code| format!(" ({}: {code})", frame.say("데모", "demo"))).unwrap_or_default();
            let told = format!("{told}{demo}");
            (frame.saying(told), StatusCode::OK)
        }
        Err(problem) => (frame.wrong(&problem), problem.status()),
    }
}
