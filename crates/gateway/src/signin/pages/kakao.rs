//! `/sign-in/kakao`: to Kakao and back.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::lang::Language;
use platform::actor::Speaks;
use platform::extract::Params;
use platform::problem::Problem;
use serde::Deserialize;

use super::sign_in::{Next, Page};
use super::{by_kakao, enter, go, local};
use crate::Gateway;
use crate::accounts::Back;
use crate::kakao::Failed;
use crate::signin::cookies::{self, Brought};
use crate::signin::reached::Reached;
use crate::signin::visitor::From;

/// When to try again while Kakao cannot be reached, in seconds.
const AGAIN: u64 = 5;

/// What Kakao sends a browser back with.
#[derive(Deserialize, schemars::JsonSchema)]
pub(crate) struct Came {
    state: Option<String>,
    code: Option<String>,
}

platform::asked_in_query!(Came);

/// Leads the browser to Kakao.
#[utoipa::path(
    get,
    path = "/sign-in/kakao",
    operation_id = "beginKakao",
    tag = "pages",
    summary = "Sign in with Kakao",
    security(()),
    params(Next),
    responses(
        (status = 303, description = "To Kakao; or first to the name of this machine that Kakao leads back to.", headers(("Location" = String, description = "Where to."))),
        (status = 400, description = "The page: Kakao does not do it.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 404, description = "not-found"),
        (status = 503, description = "The page: Kakao cannot be reached.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub(crate) async fn begin(
    State(gateway): State<Arc<Gateway>>,
    Speaks(language): Speaks,
    reached: Reached,
    Params(asked): Params<Next>,
) -> Response {
    let Some(kakao) = gateway.accounts.kakao() else { return Problem::not_found().into_response() };
    let next = local(&asked.next.unwrap_or_default()).to_owned();
    // The cookie of the errand has to be set where the browser comes back to.
    if let Some(there) = kakao.leads_back_to().filter(|there| reached.is_beside(there)) {
        return go(&format!("{there}{}", by_kakao(&next)));
    }
    match gateway.accounts.begin_errand(kakao, next).await {
        Ok(Ok(begun)) => {
            let mut response = go(&begun.url);
            cookies::bring(response.headers_mut(), &begun.browser, gateway.accounts.settings());
            response
        }
        Ok(Err(failed)) => answer(&gateway, language, &reached, &failed),
        Err(problem) => problem.into_response(),
    }
}

/// Takes the browser that comes back.
#[utoipa::path(
    get,
    path = "/sign-in/kakao/callback",
    operation_id = "endKakao",
    tag = "pages",
    summary = "Where Kakao leads back to",
    security(()),
    params(Came),
    responses(
        (status = 303, description = "Signed in; the session is in a cookie.", headers(("Location" = String, description = "Where to."))),
        (status = 400, description = "The page: it did not work.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 403, description = "The page: the account is closed.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 404, description = "not-found"),
        (status = 503, description = "The page: Kakao cannot be reached.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub(crate) async fn come_back(
    State(gateway): State<Arc<Gateway>>,
    Speaks(language): Speaks,
    reached: Reached,
    From(visitor): From,
    Params(Came { state, code }): Params<Came>,
    Brought(browser): Brought,
) -> Response {
    let Some(kakao) = gateway.accounts.kakao() else { return Problem::not_found().into_response() };
    let errand = (state.unwrap_or_default(), browser.unwrap_or_default());
    let unknown = || Failed::Refused("this browser did not begin it, or it took too long".to_owned());
    let mut response = match gateway.accounts.end_errand(kakao, errand, code, visitor).await {
        Ok(Back::SignedIn(signed, next)) => enter(&gateway, &signed, &next),
        Ok(Back::Unknown) => answer(&gateway, language, &reached, &unknown()),
        Ok(Back::Disabled) => closed(&gateway, language, &reached),
        Ok(Back::Failed(failed)) => answer(&gateway, language, &reached, &failed),
        Err(problem) => problem.into_response(),
    };
    cookies::bring(response.headers_mut(), "", gateway.accounts.settings());
    response
}

/// The sign-in page, with what went wrong.
fn answer(gateway: &Gateway, language: Language, reached: &Reached, failed: &Failed) -> Response {
    let (status, korean, english) = match failed {
        Failed::Down(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "지금은 카카오에 연결할 수 없어요. 잠시 후 다시 시도해 주세요.",
            "Kakao cannot be reached right now. Please try again in a moment.",
        ),
        Failed::Refused(_) => (
            StatusCode::BAD_REQUEST,
            "카카오로 로그인하지 못했어요. 다시 시도해 주세요.",
            "You could not be signed in with Kakao. Please try again.",
        ),
    };
    let mut page = Page::new(gateway, language, reached, "/").telling((korean, english));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        page.frame.later(AGAIN);
    }
    page.answer(status)
}

/// The sign-in page, for whom Kakao vouches in vain: trying again does not help them.
fn closed(gateway: &Gateway, language: Language, reached: &Reached) -> Response {
    let told = ("닫힌 계정이에요. 운영자에게 문의해 주세요.", "This account is closed. Please write to the operator.");
    Page::new(gateway, language, reached, "/").telling(told).answer(StatusCode::FORBIDDEN)
}
