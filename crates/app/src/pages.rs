//! The page behind a message's link: where the order stands, without sign-in and without an address.

use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use kernel::lang::{Language, Localized};
use kernel::order::{DeliveryBy, OrderStatus};
use platform::commands::outage;
use platform::problem::Problem;
use platform::view::Value;
use serde::Serialize;

use crate::domain::views::OrderRow;
use crate::service::AppService;

/// How long a link lives after the order was made.
const LIVES: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The longest token there is, in characters.
const LONGEST_TOKEN: usize = 64;

/// `GET /o/{token}`: as a page, or as JSON for those who ask for it.
pub async fn message_link(State(app): State<AppService>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    match find(&app, token) {
        Ok(row) => show(&row, &headers),
        Err(problem) => problem.into_response(),
    }
}

fn find(app: &AppService, token: String) -> Result<OrderRow, Problem> {
    if token.len() > LONGEST_TOKEN {
        return Err(Problem::not_found());
    }
    let rows = app.rows("WHERE link_token = ?1 LIMIT 1", &[Value::Text(token)]).map_err(|error| outage(&error))?;
    let (row, _) = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    let age = app.room().clock.now().duration_since(row.order.created_at);
    if age > LIVES { Err(Problem::not_found()) } else { Ok(row) }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkJson<'a> {
    order_number: &'a str,
    store_name: &'a str,
    status: OrderStatus,
    status_text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    eta: Option<kernel::Time>,
}

fn show(row: &OrderRow, headers: &HeaderMap) -> Response {
    let details = &row.order.details;
    let words = words(row);
    let wants_json = headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    let mut response = if wants_json {
        axum::Json(LinkJson {
            order_number: details.order_number.as_str(),
            store_name: details.store_name.get(details.language),
            status: row.status(),
            status_text: words.get(details.language),
            eta: row.order.eta(),
        })
        .into_response()
    } else {
        let html = page(row, words.get(details.language));
        ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The token is all that protects the page: it is told to nobody else.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

const STYLE: &str = "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}strong{font-size:1.6rem}";

fn page(row: &OrderRow, status: &str) -> String {
    let details = &row.order.details;
    let title = match details.language {
        Language::Ko => "배달",
        Language::En => "Baedal",
    };
    let (code, number) = (details.language.code(), details.order_number.as_str());
    let store = escape(details.store_name.get(details.language));
    format!(
        "<!doctype html><html lang=\"{code}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>{title} {number}</title><style>{STYLE}</style></head><body><main><p>{store} · {number}</p><p><strong>{status}</strong></p></main></body></html>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The words that people read for a status.
fn words(row: &OrderRow) -> Localized {
    let pickup = row.order.details.delivery_by == DeliveryBy::Pickup;
    let (ko, en) = match row.status() {
        OrderStatus::AwaitingPayment => ("결제 대기", "Waiting for payment"),
        OrderStatus::PaymentChecking => ("결제 확인 중", "Checking your payment"),
        OrderStatus::PaymentFailed => ("결제 실패", "Payment failed"),
        OrderStatus::Expired => ("결제 시간 만료", "Payment time ran out"),
        OrderStatus::Placed => ("가게 확인 중", "Waiting for the store"),
        OrderStatus::Accepted => ("주문 접수", "Accepted"),
        OrderStatus::Cooking => ("조리 중", "Preparing"),
        OrderStatus::Ready if pickup => ("포장 완료", "Ready"),
        OrderStatus::Ready => ("조리 완료", "Ready"),
        OrderStatus::Delivering => ("배달 중", "On its way"),
        OrderStatus::Delivered if pickup => ("픽업 완료", "Picked up"),
        OrderStatus::Delivered => ("배달 완료", "Delivered"),
        OrderStatus::Undelivered => ("배달 미완료", "Not delivered"),
        OrderStatus::CancelRequested => ("취소 확인 중", "Cancelling"),
        OrderStatus::Cancelled => ("주문 취소", "Cancelled"),
    };
    Localized::new(ko, en)
}
