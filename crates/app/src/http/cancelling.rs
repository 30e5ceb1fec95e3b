//! The customer changes their mind.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::ids::OrderId;
use kernel::lang::Language;
use kernel::order::{CancelCause, CancelReason, OrderStatus};
use platform::actor::{Speaks, require_customer};
use platform::commands::{Asked, once};
use platform::describe::Idempotent;
use platform::extract::PathId;
use platform::problem::Problem;
use platform::reply::Reply;
use platform::streams::Loaded;

use super::answers::change;
use super::body::CancelBody;
use super::orders::of_customer;
use super::shapes::OrderJson;
use crate::domain::commands::What;
use crate::domain::order::Order;
use crate::service::AppService;

/// `POST /orders/{id}/cancel`: 202 while the store is asked, 200 when it is done, 409 when it may not.
#[utoipa::path(
    post,
    path = "/orders/{orderId}/cancel",
    operation_id = "cancelOrder",
    tag = "orders",
    summary = "Cancel an order",
    params(Idempotent),
    request_body(content = Option<CancelBody>, example = json!({"reason": "잘못 주문했어요"})),
    responses(
        (status = 200, description = "Cancelled.", body = OrderJson),
        (status = 202, description = "The store is asked.", body = OrderJson),
        (status = 409, description = "cooking-started, on-its-way, already-delivered, order-ended, not-placed, payment-in-progress"),
    ),
)]
pub async fn cancel(
    State(app): State<AppService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let again = |_| super::orders::reply(&app, id, status_of, language);
    once(app.room(), app.running(), &asked, async || ask(&app, &asked, id, language).await, again).await
}

async fn ask(app: &AppService, asked: &Asked, id: OrderId, language: Language) -> Result<Reply, Problem> {
    let customer = require_customer(&asked.actor)?;
    let body: CancelBody = asked.json_or_default()?;
    of_customer(app, id, customer)?;
    let what =
        What::RequestCancel { cause: CancelCause::CustomerAsked, reason: CancelReason::Customer, words: body.words()? };
    change(app, asked, id, what, status_of, language).await
}

fn status_of(order: &Loaded<Order>) -> StatusCode {
    match order.state.as_deref().map(crate::domain::order::Known::status) {
        Some(OrderStatus::CancelRequested) => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    }
}
