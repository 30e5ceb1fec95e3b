//! How the food leaves the store.

use kernel::Time;
use kernel::events::store::{StoreEvent, TicketHandedOver};
use kernel::order::DeliveryBy;

use super::{Decision, Opened, Stage, TicketRejection, TicketState};

pub(super) fn pickup(state: &TicketState, at: Time) -> Decision {
    let order = state.opened()?;
    if order.delivery_by != DeliveryBy::Pickup {
        return Err(TicketRejection::NotAPickup);
    }
    match state.stage {
        Stage::Cooked => Ok(vec![handed_over(order, at)]),
        Stage::Out => Ok(Vec::new()),
        Stage::Unopened
        | Stage::Open { .. }
        | Stage::Accepted { .. }
        | Stage::Cooking { .. }
        | Stage::Rejected(_)
        | Stage::Withdrawn(_)
        | Stage::Cancelled
        | Stage::Voided => Err(state.wrong()),
    }
}

/// The food is gone, whether or not anybody pressed "start" and "done" before.
pub(super) fn to_delivery(state: &TicketState, at: Time) -> Decision {
    let order = state.opened()?;
    if order.delivery_by == DeliveryBy::Pickup {
        return Err(TicketRejection::IsAPickup);
    }
    match state.stage {
        Stage::Accepted { .. } | Stage::Cooking { .. } | Stage::Cooked => Ok(vec![handed_over(order, at)]),
        Stage::Out => Ok(Vec::new()),
        Stage::Unopened
        | Stage::Open { .. }
        | Stage::Rejected(_)
        | Stage::Withdrawn(_)
        | Stage::Cancelled
        | Stage::Voided => Err(state.wrong()),
    }
}

fn handed_over(order: &Opened, at: Time) -> StoreEvent {
    TicketHandedOver { order_number: order.order_number.clone(), delivery_by: order.delivery_by, at }.into()
}
