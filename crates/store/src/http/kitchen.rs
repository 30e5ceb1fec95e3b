//! What owners do with their tickets.

use axum::extract::State;
use axum::response::Response;
use kernel::ids::{AdjustmentId, OrderId};
use kernel::lang::Language;
use kernel::order::{AdjustReason, BorneBy, LineLeft, RejectReason, WithdrawReason};
use platform::actor::{Speaks, require_owner};
use platform::commands::{self, Asked, once, outage};
use platform::extract::PathId;
use platform::problem::Problem;
use platform::reply::Reply;
use serde::Deserialize;

use super::problems;
use super::tickets::{of_owner, reply};
use crate::domain::commands::{AdjustedBy, HandedOverBy, RejectedBy, TicketWhat};
use crate::domain::store::StoreRejection;
use crate::domain::views::KitchenRow;
use crate::service::StoreService;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AcceptBody {
    prep_minutes: u32,
}

/// `POST /tickets/{orderId}/accept {prepMinutes}`.
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

#[derive(Debug, Deserialize)]
struct RejectBody {
    reason: RejectReason,
}

/// `POST /tickets/{orderId}/reject {reason}`.
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

#[derive(Debug, Deserialize)]
struct DelayBody {
    minutes: u32,
}

/// `POST /tickets/{orderId}/delay {minutes}`.
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
pub async fn start_cooking(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&store, id, language, &asked, |_| Ok(TicketWhat::StartCooking)).await
}

/// `POST /tickets/{orderId}/finish-cooking`.
pub async fn finish_cooking(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&store, id, language, &asked, |_| Ok(TicketWhat::FinishCooking)).await
}

/// `POST /tickets/{orderId}/hand-over`: of a pick-up only.
pub async fn hand_over(
    State(store): State<StoreService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&store, id, language, &asked, |_| Ok(TicketWhat::HandOver { by: HandedOverBy::Owner })).await
}

#[derive(Debug, Deserialize)]
struct WithdrawBody {
    reason: WithdrawReason,
}

/// `POST /tickets/{orderId}/withdraw {reason}`: the store bears it, and all of the money goes back.
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

#[derive(Debug, Deserialize)]
struct AdjustBody {
    lines: Vec<LineLeft>,
    reason: AdjustReason,
}

/// `POST /tickets/{orderId}/adjust {lines: [{lineId, quantity}], reason}`: the quantities that stay; the store bears it.
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
