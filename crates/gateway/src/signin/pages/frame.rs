//! What every page has around its content.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::lang::Language;
use platform::problem::Problem;

use super::told::told;
use crate::Gateway;
use crate::signin::reached::Reached;

/// What every page has around its content.
pub(super) struct Frame {
    pub(super) language: Language,
    pub(super) title: &'static str,
    /// What our own style is known by, anew for each answer.
    pub(super) nonce: String,
    /// Whether the browser drops the session that it is given.
    pub(super) loses_sessions: bool,
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
        let nonce = gateway.accounts.nonce();
        Self { language, title, nonce, loses_sessions: false, told: None, mood: "good", retry_after: None }
    }

    /// Of a page that gives a session to whoever has come to `reached`.
    pub(super) fn giving_sessions(mut self, gateway: &Gateway, reached: &Reached) -> Self {
        self.loses_sessions = reached.loses_sessions(gateway.accounts.settings());
        self
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
