//! Ticket: an order in a kitchen. It is the authority over whether cooking has begun.

mod adjust;
mod cancel;
mod hand_over;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

use kernel::Time;
use kernel::decider::{Decider, Wait};
use kernel::events::store::{
    AutoCooking, CookingFinished, CookingStarted, KitchenLate, StoreEvent, TicketAccepted, TicketDelayed, TicketOpened,
    TicketRejected,
};
use kernel::order::{DelayCause, DeliveryBy, RejectReason};
use kernel::place::Place;

pub use self::rejection::TicketRejection;
pub use self::state::{Opened, Stage, TicketState};
use super::commands::{HandedOverBy, OpenTicket, RejectedBy, StoreFacts, TicketCommand, TicketWhat};
use super::waits::{self, Waits, after, minutes};

/// The longest that a dish may take or be delayed, in minutes.
pub const MOST_MINUTES: u32 = 180;

/// The ticket of an order; its stream is `ticket/<orderId>`.
#[derive(Debug)]
pub struct Ticket;

type Decision = Result<Vec<StoreEvent>, TicketRejection>;

impl Decider for Ticket {
    type State = TicketState;
    type Command = TicketCommand;
    type Event = StoreEvent;
    type Rejection = TicketRejection;

    fn decide(state: &TicketState, command: TicketCommand) -> Decision {
        let TicketCommand { at, waits, what } = command;
        match what {
            TicketWhat::OpenTicket(ticket) => Ok(open(state, *ticket, at, waits)),
            TicketWhat::AcceptTicket { prep_minutes, store } => accept(state, prep_minutes, *store, at, waits),
            TicketWhat::RejectTicket { by: RejectedBy::Owner(reason) } => reject(state, reason),
            TicketWhat::RejectTicket { by: RejectedBy::Silence } => Ok(reject_silent(state, at)),
            TicketWhat::DelayTicket { minutes } => delay(state, minutes, at, waits),
            TicketWhat::StartCooking => start_cooking(state),
            TicketWhat::FinishCooking => finish_cooking(state, at, waits),
            TicketWhat::HandOver { by: HandedOverBy::Owner } => hand_over::pickup(state, at),
            TicketWhat::HandOver { by: HandedOverBy::Delivery } => hand_over::to_delivery(state, at),
            TicketWhat::CancelTicket { order_number, request, asker } => {
                Ok(cancel::cancel(state, order_number, request, asker))
            }
            TicketWhat::WithdrawTicket { reason, borne_by, refund_amount } => {
                cancel::withdraw(state, reason, borne_by, refund_amount)
            }
            TicketWhat::AdjustTicket { adjustment_id, lines, reason, borne_by, by } => {
                adjust::adjust(state, adjust::Cut { id: adjustment_id, lines, reason, borne_by }, by)
            }
            TicketWhat::VoidTicket { order_number } => Ok(cancel::void(state, order_number)),
            TicketWhat::NoteKitchenLate => Ok(note_kitchen_late(state, at, waits)),
        }
    }

    fn evolve(state: TicketState, event: &StoreEvent) -> TicketState {
        state.after(event)
    }

    fn waits(state: &TicketState) -> Vec<Wait> {
        waits::of_stage(&state.stage)
    }
}

/// A ticket that was cancelled or voided before it was opened stays so.
fn open(state: &TicketState, ticket: OpenTicket, at: Time, waits: Waits) -> Vec<StoreEvent> {
    if state.stage != Stage::Unopened {
        return Vec::new();
    }
    let OpenTicket { order_number, store_id, lines, delivery_by, placed_at, private } = ticket;
    let answer_by = after(at, waits.owner_silent);
    vec![TicketOpened { order_number, store_id, lines, delivery_by, placed_at, answer_by, private }.into()]
}

fn accept(state: &TicketState, prep_minutes: u32, store: StoreFacts, at: Time, waits: Waits) -> Decision {
    let order = state.opened()?;
    match state.stage {
        Stage::Open { .. } => {}
        Stage::Accepted { .. } | Stage::Cooking { .. } | Stage::Cooked | Stage::Out => return Ok(Vec::new()),
        Stage::Unopened | Stage::Rejected(_) | Stage::Withdrawn(_) | Stage::Cancelled | Stage::Voided => {
            return Err(state.wrong());
        }
    }
    if !(1..=MOST_MINUTES).contains(&prep_minutes) {
        return Err(TicketRejection::PrepMinutesOutOfRange);
    }
    let ready_by = after(at, minutes(prep_minutes));
    let cook_at = match store.auto_cooking {
        AutoCooking::Default => Some(after(at, waits.cooking_not_pressed)),
        AutoCooking::Off => None,
        AutoCooking::AtOnce => Some(at),
        AutoCooking::After { seconds } => Some(after(at, jiff::SignedDuration::from_secs(i64::from(seconds)))),
    };
    let accepted = TicketAccepted {
        order_number: order.order_number.clone(),
        store_id: order.store_id,
        store_name: store.name,
        store_address: store.address,
        store_lat: store.place.map(Place::lat),
        store_lng: store.place.map(Place::lng),
        delivery_by: order.delivery_by,
        prep_minutes,
        ready_by,
        cook_at,
        late_at: after(ready_by, waits.kitchen_late),
        private: order.private.clone(),
    };
    let at_once = store.auto_cooking == AutoCooking::AtOnce;
    let started = at_once.then(|| CookingStarted { order_number: order.order_number.clone() }.into());
    Ok([accepted.into()].into_iter().chain(started).collect())
}

fn reject(state: &TicketState, reason: RejectReason) -> Decision {
    let order = state.opened()?;
    if reason == RejectReason::Silent {
        return Err(TicketRejection::SilenceIsNotAReason);
    }
    match state.stage {
        Stage::Open { .. } => Ok(vec![TicketRejected { order_number: order.order_number.clone(), reason }.into()]),
        Stage::Rejected(earlier) if earlier == reason => Ok(Vec::new()),
        Stage::Accepted { .. } | Stage::Cooking { .. } | Stage::Cooked | Stage::Out => {
            Err(TicketRejection::WithdrawInstead)
        }
        Stage::Unopened | Stage::Rejected(_) | Stage::Withdrawn(_) | Stage::Cancelled | Stage::Voided => {
            Err(state.wrong())
        }
    }
}

/// An owner who answered just now was not silent.
fn reject_silent(state: &TicketState, at: Time) -> Vec<StoreEvent> {
    if let (Stage::Open { answer_by }, Some(order)) = (&state.stage, &state.order)
        && *answer_by <= at
    {
        return vec![TicketRejected { order_number: order.order_number.clone(), reason: RejectReason::Silent }.into()];
    }
    Vec::new()
}

fn delay(state: &TicketState, more: u32, at: Time, waits: Waits) -> Decision {
    let order = state.opened()?;
    let (Stage::Accepted { ready_by, .. } | Stage::Cooking { ready_by, .. }) = state.stage else {
        return Err(state.wrong());
    };
    if !(1..=MOST_MINUTES).contains(&more) {
        return Err(TicketRejection::DelayOutOfRange);
    }
    // Who says "ten more minutes" when the time is up means from now.
    let ready_by = after(ready_by.max(at), minutes(more));
    let late_at = after(ready_by, waits.kitchen_late);
    let order_number = order.order_number.clone();
    Ok(vec![TicketDelayed { order_number, minutes: more, cause: DelayCause::ManyOrders, ready_by, late_at }.into()])
}

fn start_cooking(state: &TicketState) -> Decision {
    let order = state.opened()?;
    match state.stage {
        Stage::Accepted { .. } => Ok(vec![CookingStarted { order_number: order.order_number.clone() }.into()]),
        Stage::Cooking { .. } | Stage::Cooked | Stage::Out => Ok(Vec::new()),
        Stage::Unopened
        | Stage::Open { .. }
        | Stage::Rejected(_)
        | Stage::Withdrawn(_)
        | Stage::Cancelled
        | Stage::Voided => Err(state.wrong()),
    }
}

fn finish_cooking(state: &TicketState, at: Time, waits: Waits) -> Decision {
    let order = state.opened()?;
    match state.stage {
        Stage::Cooking { .. } => {
            let uncollected_at = match order.delivery_by {
                DeliveryBy::Pickup => Some(after(at, waits.pickup_uncollected)),
                DeliveryBy::Rider | DeliveryBy::Store => None,
            };
            let (order_number, delivery_by) = (order.order_number.clone(), order.delivery_by);
            Ok(vec![CookingFinished { order_number, delivery_by, ready_at: at, uncollected_at }.into()])
        }
        Stage::Cooked | Stage::Out => Ok(Vec::new()),
        Stage::Unopened
        | Stage::Open { .. }
        | Stage::Accepted { .. }
        | Stage::Rejected(_)
        | Stage::Withdrawn(_)
        | Stage::Cancelled
        | Stage::Voided => Err(state.wrong()),
    }
}

/// A kitchen that was done, or was given more time, just now is not late.
fn note_kitchen_late(state: &TicketState, at: Time, waits: Waits) -> Vec<StoreEvent> {
    if let (Stage::Accepted { late_at, .. } | Stage::Cooking { late_at, .. }, Some(order)) =
        (&state.stage, &state.order)
        && *late_at <= at
    {
        let again = after(at, waits.kitchen_late_again);
        let order_number = order.order_number.clone();
        return vec![KitchenLate { order_number, ready_by: again, late_at: again }.into()];
    }
    Vec::new()
}
