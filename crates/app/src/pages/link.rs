//! The page behind a message's link: where the order stands.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{IntoResponse, Response};
use kernel::order::OrderStatus;
use platform::actor::Speaks;
use platform::problem::Problem;
use serde::Serialize;

use super::{Missing, PathText, by_token, kept_to_oneself, standing, text_of};
use crate::domain::views::OrderRow;
use crate::service::AppService;

/// `GET /o/{token}`: as a page, or as JSON for those who ask for it.
#[utoipa::path(
    get,
    path = "/o/{token}",
    operation_id = "followLink",
    tag = "pages",
    summary = "Where an order stands, by the link in a message",
    security(()),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 404, description = "No such link, or it is over.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 503, description = "Nobody can look right now.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub async fn message_link(
    State(app): State<AppService>,
    token: PathText,
    Speaks(language): Speaks,
    headers: HeaderMap,
) -> Response {
    let wants_json = headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    match (by_token(&app, &text_of(token)), wants_json) {
        (Ok(row), true) => kept_to_oneself(json(&row)),
        (Ok(row), false) => standing::show(&app, &row),
        (Err(Missing::Unknown), true) => Problem::not_found().into_response(),
        (Err(Missing::Outage), true) => Problem::unavailable("The order cannot be read right now.", 2).into_response(),
        (Err(missing), false) => missing.told(language).page(&app),
    }
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

fn json(row: &OrderRow) -> Response {
    let details = &row.order.details;
    axum::Json(LinkJson {
        order_number: details.order_number.as_str(),
        store_name: details.store_name.get(details.language),
        status: row.status(),
        status_text: standing::word(row).get(details.language),
        eta: row.order.eta(),
    })
    .into_response()
}
