//! Pages for people: where an order stands, and paying for it through the provider's window.
//!
//! Nobody signs in here. Who holds an order's link token may see how it stands and pay for it, and who comes back from
//! the provider's window names the attempt; neither learns a name, a phone number or an address.

pub mod failed;
pub mod link;
pub mod paying;
pub mod returning;
mod standing;
mod told;
mod window;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use kernel::Time;
use kernel::ids::OrderId;
use kernel::lang::Language;
use platform::streams::Loaded;
use platform::view::Value;

pub use window::Window;

use crate::domain::order::Order;
use crate::domain::views::OrderRow;
use crate::service::AppService;
use told::Told;

/// How long a link lives after the order was made.
const LIVES: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The longest token there is, in characters.
const LONGEST_TOKEN: usize = 64;
/// For those who look for pages to list.
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// What every page has around its content.
struct Frame {
    language: Language,
    title: String,
    /// What our own style and script are known by, anew for each answer.
    nonce: String,
    /// After how many seconds the browser looks again.
    again_after: Option<u32>,
}

impl Frame {
    fn new(app: &AppService, language: Language, title: &str) -> Self {
        let name = words::PLATFORM.get(language);
        Self { language, title: format!("{title} · {name}"), nonce: app.room().ids.token(), again_after: None }
    }

    /// Nothing is loaded, sent or framed but what `more` names; the one style is known by its nonce.
    fn policy(&self, more: &str) -> String {
        let nonce = &self.nonce;
        format!("default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'; {more}")
    }
}

/// A finished page under `policy`.
fn page(status: StatusCode, policy: &str, content: &impl Template) -> Response {
    match content.render() {
        Ok(html) => {
            let mut response = (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
            if let Ok(policy) = HeaderValue::try_from(policy) {
                response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            }
            kept_to_oneself(response)
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The address is all that protects what is behind it: it is told to nobody else, and nothing is kept of it.
fn kept_to_oneself(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
    response
}

/// The text in a path, or why it is none.
type PathText = Result<Path<String>, PathRejection>;

/// The text in a path; what is no text is as unknown as one that nobody has.
fn text_of(path: PathText) -> String {
    path.map(|Path(text)| text).unwrap_or_default()
}

/// The order behind a link's token, while the link lives.
fn by_token(app: &AppService, token: &str) -> Result<OrderRow, Missing> {
    if token.len() > LONGEST_TOKEN {
        return Err(Missing::Unknown);
    }
    let found = app.rows("WHERE link_token = ?1 LIMIT 1", &[Value::Text(token.to_owned())]);
    let (row, _) = found.map_err(|error| Missing::outage(&error))?.into_iter().next().ok_or(Missing::Unknown)?;
    if lives(&row, app.room().clock.now()) { Ok(row) } else { Err(Missing::Unknown) }
}

/// The order of the attempt that a provider sends somebody back with, while its link lives.
fn by_id(app: &AppService, id: OrderId) -> Result<Arc<Loaded<Order>>, Missing> {
    let order = app.orders().load(id.uuid()).map_err(|error| Missing::outage(&error))?;
    let now = app.room().clock.now();
    let known = order.row().is_some_and(|row| row.link_token().is_some() && lives(row, now));
    if known { Ok(order) } else { Err(Missing::Unknown) }
}

fn lives(row: &OrderRow, now: Time) -> bool {
    now.duration_since(row.order.created_at) <= LIVES
}

/// Why an order cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// There is none, or its link is over.
    Unknown,
    /// Nobody can look right now.
    Outage,
}

impl Missing {
    fn outage(error: &platform::store::StoreError) -> Self {
        tracing::error!(%error, "a page could not be shown");
        Self::Outage
    }

    fn told(self, language: Language) -> Told {
        match self {
            Self::Unknown => Told::unknown(language),
            Self::Outage => Told::outage(language),
        }
    }
}
