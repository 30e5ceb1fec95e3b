//! What owners do with their tickets.

use axum::extract::State;
use axum::response::Response;
use kernel::ids::{AdjustmentId, OrderId};
use kernel::lang::Language;
use kernel::order::{AdjustReason, BorneBy, LineLeft, RejectReason, WithdrawReason};
use platform::actor::{Speaks, require_owner};
use platform::commands::{self, Asked, once, outage};
use platform::describe::Idempotent;
use platform::extract::PathId;
use platform::problem::Problem;
use platform::reply::Reply;
use serde::Deserialize;

use super::problems;
use super::shapes::TicketJson;
use super::tickets::{of_owner, reply};
use crate::domain::commands::{AdjustedBy, HandedOverBy, RejectedBy, TicketWhat};
use crate::domain::store::StoreRejection;
use crate::domain::views::KitchenRow;
use crate::service::StoreService;

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AcceptBody {
    #[schemars(range(min = 1, max = 180))]
    prep_minutes: u32,
}

/// `POST /tickets/{orderId}/accept {prepMinutes}`.
#[utoipa::path(
    post,
    path = "/tickets/{orderId}/accept",
    operation_id = "acceptTicket",
    tag = "kitchen",
    summary = "Accept an order",
    params(Idempotent),
    request_body(content = AcceptBody, example = json!({"prepMinutes": 25})),
    responses(
        (status = 200, description = "The ticket.", body = TicketJson),
        (status = 409, description = "wrong-state, withdraw-instead, reject-instead, not-a-pickup, is-a-pickup, already-collected"),
        (status = 422, description = "prep-minutes-out-of-range"),
    ),
)]
pub async fn accept(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = |ticket: &KitchenRow| -> Result<TicketWhat, Problem> {
        let AcceptBody { prep_minutes } = asked.json()?;
        let facts = store.facts(ticket.store_id).map_err(|error| outage(&error))?;
        let facts = facts.ok_or_else(|| problems::of_store(&StoreRejection::NoSuchStore))?;
        Ok(TicketWhat::AcceptTicket { prep_minutes, store: Box::new(facts) })
    };
    act(&store, id, language, &asked, what).await
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct RejectBody {
    reason: RejectReason,
}

/// `POST /tickets/{orderId}/reject {reason}`.
#[utoipa::path(
    post,
    path = "/tickets/{orderId}/reject",
    operation_id = "rejectTicket",
    tag = "kitchen",
    summary = "Reject an order",
    params(Idempotent),
    request_body(content = RejectBody, example = json!({"reason": "sold-out"})),
    responses(
        (status = 200, description = "The ticket.", body = TicketJson),
        (status = 409, description = "wrong-state, withdraw-instead, reject-instead, not-a-pickup, is-a-pickup, already-collected"),
        (status = 422, description = "silence-is-not-a-reason"),
    ),
)]
pub async fn reject(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = |_: &KitchenRow| -> Result<TicketWhat, Problem> {
        let RejectBody { reason } = asked.json()?;
        Ok(TicketWhat::RejectTicket { by: RejectedBy::Owner(reason) })
    };
    act(&store, id, language, &asked, what).await
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct DelayBody {
    #[schemars(range(min = 1, max = 180))]
    minutes: u32,
}

/// `POST /tickets/{orderId}/delay {minutes}`.
#[utoipa::path(
    post,
    path = "/tickets/{orderId}/delay",
    operation_id = "delayTicket",
    tag = "kitchen",
    summary = "Say that it takes longer",
    params(Idempotent),
    request_body(content = DelayBody, example = json!({"minutes": 10})),
    responses(
        (status = 200, description = "The ticket.", body = TicketJson),
        (status = 409, description = "wrong-state, withdraw-instead, reject-instead, not-a-pickup, is-a-pickup, already-collected"),
        (status = 422, description = "delay-out-of-range"),
    ),
)]
pub async fn delay(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = |_: &KitchenRow| -> Result<TicketWhat, Problem> {
        let DelayBody { minutes } = asked.json()?;
        Ok(TicketWhat::DelayTicket { minutes })
    };
    act(&store, id, language, &asked, what).await
}

/// `POST /tickets/{orderId}/start-cooking`.
#[utoipa::path(
    post,
    path = "/tickets/{orderId}/start-cooking",
    operation_id = "startCooking",
    tag = "kitchen",
    summary = "Start to cook",
    params(Idempotent),
    responses(
        (status = 200, description = "The ticket.", body = TicketJson),
        (status = 409, description = "wrong-state, withdraw-instead, reject-instead, not-a-pickup, is-a-pickup, already-collected"),
    ),
)]
pub async fn start_cooking(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&store, id, language, &asked, |_| Ok(TicketWhat::StartCooking)).await
}

/// `POST /tickets/{orderId}/finish-cooking`.
#[utoipa::path(
    post,
    path = "/tickets/{orderId}/finish-cooking",
    operation_id = "finishCooking",
    tag = "kitchen",
    summary = "Say that it is cooked",
    params(Idempotent),
    responses(
        (status = 200, description = "The ticket.", body = TicketJson),
        (status = 409, description = "wrong-state, withdraw-instead, reject-instead, not-a-pickup, is-a-pickup, already-collected"),
    ),
)]
pub async fn finish_cooking(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&store, id, language, &asked, |_| Ok(TicketWhat::FinishCooking)).await
}

/// `POST /tickets/{orderId}/hand-over`: of a pick-up only.
#[utoipa::path(
    post,
    path = "/tickets/{orderId}/hand-over",
    operation_id = "handOver",
    tag = "kitchen",
    summary = "Hand a pick-up over",
    params(Idempotent),
    responses(
        (status = 200, description = "The ticket.", body = TicketJson),
        (status = 409, description = "wrong-state, withdraw-instead, reject-instead, not-a-pickup, is-a-pickup, already-collected"),
    ),
)]
pub async fn hand_over(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&store, id, language, &asked, |_| Ok(TicketWhat::HandOver { by: HandedOverBy::Owner })).await
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct WithdrawBody {
    reason: WithdrawReason,
}

/// `POST /tickets/{orderId}/withdraw {reason}`: the store bears it, and all of the money goes back.
#[utoipa::path(
    post,
    path = "/tickets/{orderId}/withdraw",
    operation_id = "withdrawTicket",
    tag = "kitchen",
    summary = "Give an accepted order up",
    params(Idempotent),
    request_body(content = WithdrawBody, example = json!({"reason": "store-reasons"})),
    responses(
        (status = 200, description = "The ticket.", body = TicketJson),
        (status = 409, description = "wrong-state, withdraw-instead, reject-instead, not-a-pickup, is-a-pickup, already-collected"),
    ),
)]
pub async fn withdraw(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = |_: &KitchenRow| -> Result<TicketWhat, Problem> {
        let WithdrawBody { reason } = asked.json()?;
        Ok(TicketWhat::WithdrawTicket { reason, borne_by: BorneBy::Store, refund_amount: None })
    };
    act(&store, id, language, &asked, what).await
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "AdjustTicketBody")]
struct AdjustBody {
    lines: Vec<LineLeft>,
    reason: AdjustReason,
}

/// `POST /tickets/{orderId}/adjust {lines: [{lineId, quantity}], reason}`: the quantities that stay; the store bears it.
#[utoipa::path(
    post,
    path = "/tickets/{orderId}/adjust",
    operation_id = "adjustTicket",
    tag = "kitchen",
    summary = "Take a part out of an order",
    params(Idempotent),
    request_body(content = AdjustBody, example = json!({"lines": [{"lineId": "019aa8dc-4830-7900-a32a-000000000001", "quantity": 0}], "reason": "sold-out"})),
    responses(
        (status = 200, description = "The ticket.", body = TicketJson),
        (status = 409, description = "wrong-state, withdraw-instead, reject-instead, not-a-pickup, is-a-pickup, already-collected"),
        (status = 422, description = "no-such-line, nothing-taken, takes-everything"),
    ),
)]
pub async fn adjust(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = |_: &KitchenRow| -> Result<TicketWhat, Problem> {
        let AdjustBody { lines, reason } = asked.json()?;
        let adjustment_id = AdjustmentId::from(store.room().ids.uuid());
        Ok(TicketWhat::AdjustTicket { adjustment_id, lines, reason, borne_by: BorneBy::Store, by: AdjustedBy::Owner })
    };
    act(&store, id, language, &asked, what).await
}

platform::taken!(AcceptBody, RejectBody, DelayBody, WithdrawBody, AdjustBody);

/// Does `what` with an own ticket, once per idempotency key, and answers with the ticket.
async fn act(
    store: &StoreService,
    id: OrderId,
    language: Language,
    asked: &Asked,
    what: impl FnOnce(&KitchenRow) -> Result<TicketWhat, Problem>,
) -> Response {
    let again = |_| {
        let ticket = of_owner(store, id, require_owner(&asked.actor)?)?;
        reply(&ticket, language).map_err(|error| outage(&error))
    };
    let work = async || -> Result<Reply, Problem> {
        let ticket = of_owner(store, id, require_owner(&asked.actor)?)?;
        let row = ticket.row().ok_or_else(Problem::not_found)?;
        let command = store.command(store.room().clock.now(), what(row)?);
        let answer = |ticket: &platform::streams::Loaded<_>| reply(ticket, language);
        commands::decide(store.room(), store.tickets(), id.uuid(), asked, command, answer, problems::of_ticket).await
    };
    once(store.room(), store.running(), asked, work, again).await
}
