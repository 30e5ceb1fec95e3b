//! What store and delivery tell of an order's way to the door. News comes in any order; it only moves forward.

use kernel::Time;
use kernel::events::app::{
    DeliveredAfterCancel, DeliveryTroubled, OrderCompleted, OrderDelayed, OrderProgressed, OrderReceived, Trouble,
};
use kernel::order::{DelayCause, DeliveryBy, Progress};
use kernel::personal::Handover;

use super::state::{End, Known, Live, Stage};
use super::{Decision, Now, Rejection, one};
use crate::domain::waits::after;

/// A placed order that has not ended; news of one that has changes nothing.
fn live(order: &Known) -> Result<Option<&Live>, Rejection> {
    match &order.stage {
        Stage::Unpaid(_) => Err(Rejection::NotPlaced),
        Stage::Live(live) => Ok(Some(live)),
        Stage::Ended(ended) if ended.how == End::Expired => Err(Rejection::Ended(ended.how)),
        Stage::Ended(_) => Ok(None),
    }
}

pub(super) fn receive(order: &Known, answer_by: Time) -> Decision {
    match live(order)? {
        Some(live) if live.answer_by.is_none() => {
            Ok(one(OrderReceived { order_number: order.details.order_number.clone(), answer_by }))
        }
        Some(_) | None => Ok(Vec::new()),
    }
}

pub(super) fn progress(order: &Known, to: Progress, ready_by: Option<Time>, now: Now) -> Decision {
    match live(order)? {
        Some(live) if live.furthest < Some(to) => Ok(one(OrderProgressed {
            order_number: order.details.order_number.clone(),
            to,
            eta: ready_by.map(|ready| at_the_door(order, ready, now)).or(live.eta),
        })),
        Some(_) | None => Ok(Vec::new()),
    }
}

/// When food that is ready at `ready` is with the customer.
fn at_the_door(order: &Known, ready: Time, now: Now) -> Time {
    match order.details.delivery_by {
        DeliveryBy::Rider | DeliveryBy::Store => after(ready, now.waits.way),
        DeliveryBy::Pickup => ready,
    }
}

pub(super) fn delay(order: &Known, cause: DelayCause, ready_by: Option<Time>, now: Now) -> Decision {
    let Some(old_eta) = live(order)?.and_then(|live| live.eta) else {
        return Ok(Vec::new());
    };
    let new_eta = at_the_door(order, ready_by.unwrap_or(now.at), now);
    if new_eta <= old_eta {
        return Ok(Vec::new());
    }
    Ok(one(OrderDelayed { order_number: order.details.order_number.clone(), cause, old_eta, new_eta }))
}

pub(super) fn trouble(order: &Known, trouble: Trouble) -> Decision {
    let Some(live) = live(order)? else {
        return Ok(Vec::new());
    };
    let known = match trouble {
        Trouble::Resumed => live.trouble.is_none(),
        Trouble::Interrupted(_) | Trouble::Failed(_) => live.trouble == Some(trouble),
    };
    if known {
        return Ok(Vec::new());
    }
    Ok(one(DeliveryTroubled { order_number: order.details.order_number.clone(), trouble }))
}

pub(super) fn complete(order: &Known, handover: Option<Handover>, done_at: Time, now: Now) -> Decision {
    let order_number = order.details.order_number.clone();
    match &order.stage {
        Stage::Unpaid(_) => Err(Rejection::NotPlaced),
        Stage::Live(_) => Ok(one(OrderCompleted {
            order_number,
            delivery_by: order.details.delivery_by,
            handover,
            done_at,
            erase_at: now.erase_at(),
        })),
        Stage::Ended(ended) => match ended.how {
            End::Delivered => Ok(Vec::new()),
            End::Cancelled if ended.delivered_after_cancel => Ok(Vec::new()),
            End::Cancelled => Ok(one(DeliveredAfterCancel { order_number })),
            end @ (End::Expired | End::Undelivered) => Err(Rejection::Ended(end)),
        },
    }
}
