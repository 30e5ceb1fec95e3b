//! What an operator does with orders.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::ids::{AdjustmentId, OrderId};
use kernel::lang::Language;
use kernel::money::Amount;
use kernel::order::{AdjustReason, BorneBy, CancelCause, LineLeft, OrderStatus, WithdrawReason};
use kernel::people::Actor;
use platform::actor::{Caller, Speaks, require_operator};
use platform::commands::{Asked, once, outage};
use platform::describe::Idempotent;
use platform::extract::{Params, PathId};
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use platform::reply::Reply;
use platform::view::Value;
use serde::Deserialize;

use super::answers::change;
use super::shapes::{self, OrderJson, OrderPage};
use crate::domain::commands::What;
use crate::service::AppService;

/// Which orders.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Which {
    status: Option<OrderStatus>,
    attention: Option<bool>,
}

platform::asked_in_query!(Which);

/// `GET /operations/app/orders?status=&attention=true`: newest first.
#[utoipa::path(
    get,
    path = "/operations/app/orders",
    operation_id = "operateOrders",
    tag = "operations",
    summary = "All orders, newest first",
    params(Which, Paging),
    responses(
        (status = 200, description = "The orders.", body = OrderPage),
    ),
)]
pub async fn list(
    State(app): State<AppService>,
    Caller(actor): Caller,
    Speaks(language): Speaks,
    Params(which): Params<Which>,
    paging: Paging,
) -> Response {
    page(&app, &actor, language, &which, &paging).unwrap_or_else(IntoResponse::into_response)
}

fn page(
    app: &AppService,
    actor: &Actor,
    language: Language,
    which: &Which,
    paging: &Paging,
) -> Result<Response, Problem> {
    require_operator(actor)?;
    let before = paging.after::<String>()?.unwrap_or_else(|| "g".to_owned());
    let status = which.status.and_then(|status| serde_json::to_value(status).ok());
    let status = match status {
        Some(serde_json::Value::String(status)) => Value::Text(status),
        Some(_) | None => Value::Null,
    };
    let parameters = [Value::Text(before), status, Value::Integer(paging.limit() as i64 + 1)];
    let tail = if which.attention == Some(true) {
        "WHERE attention = 1 AND key < ?1 AND (?2 IS NULL OR status = ?2) ORDER BY key DESC LIMIT ?3"
    } else {
        "WHERE key < ?1 AND (?2 IS NULL OR status = ?2) ORDER BY key DESC LIMIT ?3"
    };
    let rows = app.rows(tail, &parameters).map_err(|error| outage(&error))?;
    let page = Page::of(rows, paging, |(row, _)| row.order_id.to_string());
    let items = page.items.iter().map(|(row, _)| shapes::order(row, language)).collect();
    Ok(axum::Json(Page { next: page.next, items }).into_response())
}

/// `GET /operations/app/orders/{id}`.
#[utoipa::path(
    get,
    path = "/operations/app/orders/{orderId}",
    operation_id = "operateOrder",
    tag = "operations",
    summary = "Any order",
    responses(
        (status = 200, description = "The order.", body = OrderJson),
    ),
)]
pub async fn show(
    State(app): State<AppService>,
    Caller(actor): Caller,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
) -> Response {
    match require_operator(&actor).and_then(|_| super::orders::reply(&app, id, |_| StatusCode::OK, language)) {
        Ok(reply) => reply.into_response(),
        Err(problem) => problem.into_response(),
    }
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DecisionBody {
    reason: WithdrawReason,
    borne_by: BorneBy,
    refund_amount: Option<Amount>,
}

platform::taken!(DecisionBody, AdjustBody);

/// `POST /operations/app/orders/{id}/cancel {reason, borneBy, refundAmount}`.
#[utoipa::path(
    post,
    path = "/operations/app/orders/{orderId}/cancel",
    operation_id = "operateCancel",
    tag = "operations",
    summary = "Cancel any order",
    params(Idempotent),
    request_body(content = DecisionBody, example = json!({"reason": "support", "borneBy": "PLATFORM", "refundAmount": 24000})),
    responses(
        (status = 200, description = "Cancelled.", body = OrderJson),
        (status = 409, description = "order-ended, already-delivered, on-its-way, not-delivering, order-live, not-placed, payment-in-progress, cooking-started"),
        (status = 422, description = "refund-too-large, refund-negative"),
    ),
)]
pub async fn cancel(
    State(app): State<AppService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = async || {
        let body: DecisionBody = asked.json()?;
        Ok(What::CancelOrder {
            cause: CancelCause::OperatorDecided,
            reason: body.reason.into(),
            borne_by: body.borne_by,
            refund_amount: body.refund_amount,
        })
    };
    act(&app, id, language, &asked, what).await
}

/// `POST /operations/app/orders/{id}/close-undelivered {reason, borneBy, refundAmount}`.
#[utoipa::path(
    post,
    path = "/operations/app/orders/{orderId}/close-undelivered",
    operation_id = "operateCloseUndelivered",
    tag = "operations",
    summary = "Close an order that could not be delivered",
    params(Idempotent),
    request_body(content = DecisionBody, example = json!({"reason": "undeliverable", "borneBy": "CUSTOMER", "refundAmount": 0})),
    responses(
        (status = 200, description = "Closed.", body = OrderJson),
        (status = 409, description = "order-ended, already-delivered, on-its-way, not-delivering, order-live, not-placed, payment-in-progress, cooking-started"),
        (status = 422, description = "refund-too-large, refund-negative"),
    ),
)]
pub async fn close_undelivered(
    State(app): State<AppService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = async || {
        let body: DecisionBody = asked.json()?;
        Ok(What::CloseUndelivered {
            reason: body.reason.into(),
            borne_by: body.borne_by,
            refund_amount: body.refund_amount,
        })
    };
    act(&app, id, language, &asked, what).await
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AdjustBody {
    lines: Vec<LineLeft>,
    reason: AdjustReason,
    borne_by: BorneBy,
}

/// `POST /operations/app/orders/{id}/adjust {lines, reason, borneBy}`.
#[utoipa::path(
    post,
    path = "/operations/app/orders/{orderId}/adjust",
    operation_id = "operateAdjust",
    tag = "operations",
    summary = "Take a part out of an order",
    params(Idempotent),
    request_body(content = AdjustBody, example = json!({"lines": [{"lineId": "019aa8dc-4830-7900-a32a-000000000001", "quantity": 0}], "reason": "missing", "borneBy": "STORE"})),
    responses(
        (status = 200, description = "Adjusted.", body = OrderJson),
        (status = 409, description = "order-ended, already-delivered, on-its-way, not-delivering, order-live, not-placed, payment-in-progress, cooking-started"),
        (status = 422, description = "no-such-line, nothing-taken, nothing-left"),
    ),
)]
pub async fn adjust(
    State(app): State<AppService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = async || {
        let body: AdjustBody = asked.json()?;
        Ok(What::AdjustOrder {
            adjustment_id: AdjustmentId::from(app.room().ids.uuid()),
            lines: body.lines,
            reason: body.reason,
            borne_by: body.borne_by,
        })
    };
    act(&app, id, language, &asked, what).await
}

/// `POST /operations/app/orders/{id}/erase`: forgets whose an ended order was, before its time.
#[utoipa::path(
    post,
    path = "/operations/app/orders/{orderId}/erase",
    operation_id = "operateErase",
    tag = "operations",
    summary = "Forget whose an ended order was",
    params(Idempotent),
    responses(
        (status = 200, description = "Forgotten.", body = OrderJson),
        (status = 409, description = "order-live"),
    ),
)]
pub async fn erase(
    State(app): State<AppService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&app, id, language, &asked, async || Ok(What::ErasePersonalData)).await
}

async fn act(
    app: &AppService,
    id: OrderId,
    language: Language,
    asked: &Asked,
    what: impl AsyncFnOnce() -> Result<What, Problem>,
) -> Response {
    let ok = |_: &platform::streams::Loaded<crate::domain::order::Order>| StatusCode::OK;
    let again = |_| super::orders::reply(app, id, ok, language);
    let work = async || -> Result<Reply, Problem> {
        require_operator(&asked.actor)?;
        change(app, asked, id, what().await?, ok, language).await
    };
    once(app.room(), app.running(), asked, work, again).await
}
