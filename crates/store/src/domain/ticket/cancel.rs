//! How a ticket ends before its food is eaten.

use kernel::events::store::{StoreEvent, TicketCancelRefused, TicketCancelled, TicketVoided, TicketWithdrawn};
use kernel::money::Amount;
use kernel::order::{BorneBy, DeliveryBy, OrderNumber, RefuseReason, WithdrawReason};

use super::{Decision, Stage, TicketRejection, TicketState};
use crate::domain::commands::CancelAsker;

/// Agrees to a cancel, or refuses it, once per request. A ticket that ended before has said so already.
pub(super) fn cancel(
    state: &TicketState,
    order_number: OrderNumber,
    request: String,
    asker: CancelAsker,
) -> Vec<StoreEvent> {
    if state.answered.as_ref() == Some(&request) {
        return Vec::new();
    }
    let refusal = match (&state.stage, asker) {
        (Stage::Unopened | Stage::Open { .. }, _) | (Stage::Accepted { .. }, CancelAsker::Customer) => None,
        (Stage::Accepted { .. }, CancelAsker::Unreachable) => Some(RefuseReason::Accepted),
        (Stage::Cooking { .. } | Stage::Cooked, _) => Some(RefuseReason::CookingStarted),
        (Stage::Out, _) => Some(RefuseReason::OnItsWay),
        (Stage::Rejected(_) | Stage::Withdrawn(_) | Stage::Cancelled | Stage::Voided, _) => return Vec::new(),
    };
    vec![match refusal {
        None => TicketCancelled { order_number, request }.into(),
        Some(reason) => TicketCancelRefused { order_number, request, reason }.into(),
    }]
}

pub(super) fn withdraw(
    state: &TicketState,
    reason: WithdrawReason,
    borne_by: BorneBy,
    refund_amount: Option<Amount>,
) -> Decision {
    let order = state.opened()?;
    match state.stage {
        Stage::Open { .. } => return Err(TicketRejection::RejectInstead),
        Stage::Out if order.delivery_by == DeliveryBy::Pickup => return Err(TicketRejection::AlreadyCollected),
        Stage::Accepted { .. } | Stage::Cooking { .. } | Stage::Cooked | Stage::Out => {}
        Stage::Withdrawn(earlier) if earlier == reason => return Ok(Vec::new()),
        Stage::Unopened | Stage::Rejected(_) | Stage::Withdrawn(_) | Stage::Cancelled | Stage::Voided => {
            return Err(state.wrong());
        }
    }
    if refund_amount.is_some_and(|amount| amount < Amount::ZERO) {
        return Err(TicketRejection::NegativeRefund);
    }
    let order_number = order.order_number.clone();
    Ok(vec![TicketWithdrawn { order_number, reason, borne_by, refund_amount }.into()])
}

/// Cannot be refused. A ticket that ended before has nothing left to void.
pub(super) fn void(state: &TicketState, order_number: OrderNumber) -> Vec<StoreEvent> {
    match state.stage {
        Stage::Rejected(_) | Stage::Withdrawn(_) | Stage::Cancelled | Stage::Voided => Vec::new(),
        Stage::Unopened
        | Stage::Open { .. }
        | Stage::Accepted { .. }
        | Stage::Cooking { .. }
        | Stage::Cooked
        | Stage::Out => vec![TicketVoided { order_number, stage: state.status() }.into()],
    }
}
