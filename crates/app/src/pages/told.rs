//! A page that says one thing: why there is nothing else to show.

use askama::Template;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;
use kernel::lang::Language;

use super::words::{self, Words};
use super::{Frame, page};
use crate::domain::pricing::Changed;
use crate::service::AppService;

/// What is said.
#[derive(Debug)]
pub(super) struct Told {
    status: StatusCode,
    language: Language,
    heading: Words,
    lines: Vec<String>,
    changes: Vec<String>,
    link: Option<(String, Words)>,
}

#[derive(Template)]
#[template(path = "told.html")]
struct ToldPage<'a> {
    frame: Frame,
    mood: &'a str,
    heading: &'a str,
    lines: &'a [String],
    changes: &'a [String],
    link: Option<(&'a str, &'a str)>,
}

impl Told {
    pub(super) fn new(status: StatusCode, language: Language, heading: Words, line: Words) -> Self {
        let lines = vec![line.get(language).to_owned()];
        Self { status, language, heading, lines, changes: Vec::new(), link: None }
    }

    /// 404: no such order, or none any more.
    pub(super) fn unknown(language: Language) -> Self {
        Self::new(StatusCode::NOT_FOUND, language, words::UNKNOWN, words::UNKNOWN_WHY)
    }

    /// 400: an address that no window makes.
    pub(super) fn unreadable(language: Language) -> Self {
        Self::new(StatusCode::BAD_REQUEST, language, words::UNREADABLE, words::UNREADABLE_WHY)
    }

    /// 503: come again.
    pub(super) fn outage(language: Language) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, language, words::OUTAGE, words::OUTAGE_WHY)
    }

    /// 409: the window took another amount than the order's.
    pub(super) fn other_amount(language: Language) -> Self {
        Self::new(StatusCode::CONFLICT, language, words::OTHER_AMOUNT, words::OTHER_AMOUNT_WHY)
    }

    /// The order can no longer be had as it was made.
    pub(super) fn changed(status: StatusCode, language: Language, changes: &[Changed]) -> Self {
        let changes = changes.iter().map(|change| words::changed(change, language)).collect();
        Self { changes, ..Self::new(status, language, words::CHANGED, words::CHANGED_WHY) }
    }

    /// With one more sentence.
    pub(super) fn and(mut self, line: Words) -> Self {
        self.lines.push(line.get(self.language).to_owned());
        self
    }

    /// With a way on.
    pub(super) fn to(mut self, path: String, label: Words) -> Self {
        self.link = Some((path, label));
        self
    }

    /// As a page.
    pub(super) fn page(&self, app: &AppService) -> Response {
        let heading = self.heading.get(self.language);
        let frame = Frame::new(app, self.language, heading);
        let policy = frame.policy("form-action 'none'");
        let link = self.link.as_ref().map(|(path, label)| (path.as_str(), label.get(self.language)));
        let (lines, changes) = (&self.lines, &self.changes);
        let content = ToldPage { frame, mood: "bad", heading, lines, changes, link };
        let mut response = page(self.status, &policy, &content);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
