//! `/account`: who one is, where one is signed in, and how to end that.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::lang::Language;
use kernel::people::Role;
use kernel::phone::Mobile;
use platform::actor::Speaks;
use platform::problem::Problem;
use serde::Deserialize;
use uuid::Uuid;

use super::frame::{page, words};
use super::{Form, Frame, cookies, device, go};
use crate::Gateway;
use crate::accounts::Open;
use crate::authenticate::Shown;
use crate::signin::cookies::Changed;
use crate::signin::visitor::From;

/// Where whoever is not signed in is led.
const SIGN_IN: &str = "/sign-in?next=/account";
const HERE: &str = "/account";

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    id: String,
    role: &'static str,
    /// What they sign in with. Whoever has none has no use for a password.
    logins: Vec<String>,
    sessions: Vec<Line>,
}

/// One session, as it is shown.
struct Line {
    id: Uuid,
    device: String,
    last_seen: String,
    current: bool,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChangePasswordForm")]
pub(crate) struct Change {
    #[serde(default)]
    password: String,
    #[serde(default)]
    new_password: String,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "SignOutForm")]
pub(crate) struct Which {
    /// A session's id, or `all`.
    #[serde(default)]
    session: String,
}

platform::taken!(Change, Which);

/// The page.
#[utoipa::path(
    get,
    path = "/account",
    operation_id = "showAccountPage",
    tag = "pages",
    summary = "Who one is, and where one is signed in",
    security(()),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 303, description = "Nobody is signed in: to where that is done.", headers(("Location" = String, description = "Where to."))),
    ),
)]
pub(crate) async fn show(
    State(gateway): State<Arc<Gateway>>,
    Speaks(language): Speaks,
    Changed(is_changed): Changed,
    shown: Result<Shown, Problem>,
) -> Response {
    let Ok(shown) = shown else { return go(SIGN_IN) };
    let frame = frame(&gateway, language);
    if !is_changed {
        return answered(&gateway, &shown, frame, StatusCode::OK).await;
    }
    let told = frame.say(
        "비밀번호를 변경했어요. 다른 기기에서는 로그아웃되었어요.",
        "Your password is changed. You are signed out everywhere else.",
    );
    let told = told.to_owned();
    let mut response = answered(&gateway, &shown, frame.saying(told), StatusCode::OK).await;
    cookies::has_told_of_change(response.headers_mut(), gateway.accounts.settings());
    response
}

/// Whoever loads what a form has led to is back on the page.
#[utoipa::path(
    get,
    path = "/account/password",
    operation_id = "leadToAccountPage",
    tag = "pages",
    summary = "Back to the page, from where another password was refused",
    security(()),
    responses(
        (status = 303, description = "To the page.", headers(("Location" = String, description = "Where to."))),
    ),
)]
pub(crate) async fn lead_back() -> Response {
    go(HERE)
}

/// Another password.
#[utoipa::path(
    post,
    path = "/account/password",
    operation_id = "changePasswordOnPage",
    tag = "pages",
    summary = "Choose another password",
    security(()),
    request_body(content = Change, content_type = "application/x-www-form-urlencoded", example = json!({"password": "무지개 국밥 자전거", "newPassword": "구름 만두 기차역"})),
    responses(
        (status = 303, description = "It is changed: to the page. Or nobody is signed in: to where that is done.", headers(("Location" = String, description = "Where to."))),
        (status = 403, description = "The page: that cannot be changed, or not with that password.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 422, description = "The page: the new one cannot be taken.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 429, description = "The page: there were too many tries.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub(crate) async fn change_password(
    State(gateway): State<Arc<Gateway>>,
    Speaks(language): Speaks,
    From(visitor): From,
    shown: Result<Shown, Problem>,
    Form(asked): Form<Change>,
) -> Response {
    let Ok(shown) = shown else { return go(SIGN_IN) };
    let Change { password, new_password } = asked;
    let old = Some(password).filter(|password| !password.is_empty());
    let changed = gateway.accounts.change_password(&shown.session, old, new_password, visitor).await;
    if let Err(problem) = changed {
        let frame = frame(&gateway, language).wrong(&problem);
        return answered(&gateway, &shown, frame, problem.status()).await;
    }
    let mut response = go(HERE);
    cookies::tell_of_change(response.headers_mut(), gateway.accounts.settings());
    response
}

/// The end of this session.
#[utoipa::path(
    post,
    path = "/sign-out",
    operation_id = "signOutOnPage",
    tag = "pages",
    summary = "Sign out",
    security(()),
    responses(
        (status = 303, description = "Signed out: to the start page.", headers(("Location" = String, description = "Where to."))),
    ),
)]
pub(crate) async fn sign_out(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Result<Shown, Problem>,
) -> Response {
    if let Ok(shown) = shown
        && let Err(problem) = gateway.accounts.end_session(&shown.session, shown.session.id, visitor).await
        && problem.status() != StatusCode::NOT_FOUND
    {
        return problem.into_response();
    }
    left(&gateway)
}

/// The end of another session, or of all.
#[utoipa::path(
    post,
    path = "/account/sign-out",
    operation_id = "signOutElsewhereOnPage",
    tag = "pages",
    summary = "End one of one's sessions, or all",
    security(()),
    request_body(content = Which, content_type = "application/x-www-form-urlencoded", example = json!({"session": "all"})),
    responses(
        (status = 303, description = "It is over, now or before.", headers(("Location" = String, description = "Where to."))),
    ),
)]
pub(crate) async fn sign_out_elsewhere(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Result<Shown, Problem>,
    Form(Which { session }): Form<Which>,
) -> Response {
    let Ok(shown) = shown else { return go(SIGN_IN) };
    if session == "all" {
        return match gateway.accounts.end_all(&shown.session, visitor).await {
            Ok(()) => left(&gateway),
            Err(problem) => problem.into_response(),
        };
    }
    let Ok(id) = Uuid::try_parse(&session) else { return go(HERE) };
    match gateway.accounts.end_session(&shown.session, id, visitor).await {
        Ok(()) if id == shown.session.id => left(&gateway),
        Ok(()) => go(HERE),
        // Another page of theirs, or its time, was faster.
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => go(HERE),
        Err(problem) => problem.into_response(),
    }
}

/// Whoever has left is led to the start page, without a cookie.
fn left(gateway: &Gateway) -> Response {
    let mut response = go("/");
    cookies::clear(response.headers_mut(), gateway.accounts.settings());
    response
}

async fn answered(gateway: &Gateway, shown: &Shown, frame: Frame, status: StatusCode) -> Response {
    match content(gateway, shown, frame).await {
        Ok(content) => page(status, &content.frame, &content),
        Err(problem) => problem.into_response(),
    }
}

async fn content(gateway: &Gateway, shown: &Shown, frame: Frame) -> Result<Page, Problem> {
    let account = &shown.session.account;
    let sessions = gateway.accounts.open_sessions(&shown.session).await?.iter().map(line).collect();
    let logins = gateway.accounts.logins(&account.id).await?.into_iter().map(as_written).collect();
    let role = words(frame.language, role(account.role));
    Ok(Page { frame, id: account.id.to_string(), role, logins, sessions })
}

/// A phone number as people write it; anything else as it is.
fn as_written(login: String) -> String {
    match Mobile::parse(&login).as_ref().map(Mobile::as_str) {
        Ok(digits) => format!("{}-{}-{}", &digits[..3], &digits[3..digits.len() - 4], &digits[digits.len() - 4..]),
        Err(_) => login,
    }
}

fn frame(gateway: &Gateway, language: Language) -> Frame {
    Frame::new(gateway, language, ("내 계정", "Your account"))
}

fn line(session: &Open) -> Line {
    // Korea has had one offset since 1988.
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(9));
    let last_seen = session.last_seen_at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string();
    Line { id: session.id, device: device::name(&session.device), last_seen, current: session.current }
}

const fn role(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Customer => ("고객", "Customer"),
        Role::Owner => ("사장님", "Owner"),
        Role::Rider => ("라이더", "Rider"),
        Role::Operator => ("운영자", "Operator"),
        Role::Service => ("서비스", "Service"),
    }
}
