//! What every page has around its content.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::lang::Language;
use platform::problem::Problem;

use crate::Gateway;

/// What every page has around its content.
pub(super) struct Frame {
    pub(super) language: Language,
    pub(super) title: &'static str,
    /// What our own style is known by, anew for each answer.
    pub(super) nonce: String,
    /// What there is to say beside the page itself.
    pub(super) told: Option<String>,
    /// `good` or `bad`.
    pub(super) mood: &'static str,
    /// When to try again, where it is too soon now.
    retry_after: Option<HeaderValue>,
}

impl Frame {
    pub(super) fn new(gateway: &Gateway, language: Language, title: (&'static str, &'static str)) -> Self {
        let title = words(language, title);
        Self { language, title, nonce: gateway.accounts.nonce(), told: None, mood: "good", retry_after: None }
    }

    /// With a sentence that went well.
    pub(super) fn saying(mut self, told: String) -> Self {
        self.told = Some(told);
        self
    }

    /// With what went wrong.
    pub(super) fn wrong(mut self, problem: &Problem) -> Self {
        self.told = Some(told(self.language, problem));
        self.mood = "bad";
        self.retry_after = problem.header(&RETRY_AFTER).cloned();
        self
    }

    /// With a moment to wait, in seconds.
    pub(super) fn later(&mut self, seconds: u64) {
        self.retry_after = Some(HeaderValue::from(seconds));
    }

    pub(super) fn say<'a>(&self, korean: &'a str, english: &'a str) -> &'a str {
        match self.language {
            Language::Ko => korean,
            Language::En => english,
        }
    }
}

pub(super) const fn words(language: Language, (korean, english): (&'static str, &'static str)) -> &'static str {
    match language {
        Language::Ko => korean,
        Language::En => english,
    }
}

/// A finished page: nothing is loaded, framed or sent elsewhere, and nobody keeps it.
pub(super) fn page(status: StatusCode, frame: &Frame, content: &impl Template) -> Response {
    let Ok(html) = content.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    let nonce = &frame.nonce;
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Without it a browser would not say where our own forms come from.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if let Some(seconds) = &frame.retry_after {
        headers.insert(RETRY_AFTER, seconds.clone());
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What a problem is called on a page.
fn told(language: Language, problem: &Problem) -> String {
    let korean = match (problem.status().as_u16(), problem.slug()) {
        (401, _) => "입력하신 정보가 맞지 않아요. 다시 확인해 주세요.",
        (429, _) => "시도가 너무 많았어요. 잠시 후 다시 시도해 주세요.",
        (403, "password-needed") => "처음 로그인이에요. 새 비밀번호를 정해 주세요.",
        (403, _) => "비밀번호를 변경할 수 없어요. 지금 비밀번호를 확인해 주세요.",
        (409, "login-taken") => "이미 가입된 번호 또는 이메일이에요. 로그인해 주세요.",
        (422, _) if problem.detail().contains("password") => {
            "8자 이상 128자 이하의, 쉽게 짐작할 수 없는 비밀번호를 정해 주세요."
        }
        (422, _) => "휴대폰 번호 또는 이메일을 확인해 주세요.",
        (503, _) => "지금은 처리할 수 없어요. 잠시 후 다시 시도해 주세요.",
        _ => "처리하지 못했어요.",
    };
    match language {
        Language::Ko => korean.to_owned(),
        Language::En => problem.detail().to_owned(),
    }
}
