//! The riders' board: one row a delivery, and what of it whom is shown.

use jiff::SignedDuration;
use kernel::Time;
use kernel::events::Recorded;
use kernel::events::delivery::{DeliveryEvent, DeliveryRequested};
use kernel::ids::{OrderId, StoreId};
use kernel::lang::Localized;
use kernel::order::{DeliveryBy, OrderNumber};
use kernel::people::{Actor, PersonId};
use kernel::personal::{Address, Handover, PersonalData};
use kernel::place::Place;
use serde::{Deserialize, Serialize};

pub use super::delivery::Status;
use super::delivery::place_of;
use super::reach::Reach;
use super::waits::later;

/// A delivery on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Of which order.
    pub order_id: OrderId,
    /// The number people say.
    pub order_number: OrderNumber,
    /// From which store.
    pub store_id: StoreId,
    /// The store's name.
    pub store_name: Localized,
    /// Where the food is fetched.
    pub store_address: String,
    /// Where that is, if known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub store_place: Option<Place>,
    /// Where it stands.
    pub status: Status,
    /// Whether the food can be picked up.
    pub ready: bool,
    /// Who has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rider_id: Option<PersonId>,
    /// Who brings it.
    pub delivery_by: DeliveryBy,
    /// When the food was to be ready.
    pub ready_by: Time,
    /// When it was requested; lists begin with the oldest.
    pub requested_at: Time,
    /// While a failure is open: when the operator is first reminded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remind_at: Option<Time>,
    /// Where it goes, until erased.
    #[serde(skip)]
    pub private: Option<Box<PersonalData>>,
}

/// The board's row after `event`; a delivery that was never requested has none.
pub fn apply(row: Option<Row>, event: &Recorded<DeliveryEvent>) -> Option<Row> {
    let Some(mut row) = row else { return first_row(event) };
    match &event.event {
        DeliveryEvent::DeliveryRequested(_) | DeliveryEvent::NoRiderYet(_) | DeliveryEvent::RiderLate(_) => {}
        DeliveryEvent::RiderAssigned(assigned) => {
            row.status = Status::Assigned;
            row.rider_id = Some(assigned.rider_id.clone());
        }
        DeliveryEvent::RiderReleased(_) => {
            row.status = Status::Waiting;
            row.rider_id = None;
        }
        DeliveryEvent::DeliveryReady(_) => row.ready = true,
        DeliveryEvent::DeliveryStarted(started) => {
            row.status = Status::Delivering;
            row.delivery_by = started.delivery_by;
            row.rider_id.clone_from(&started.rider_id);
        }
        DeliveryEvent::DeliveryInterrupted(_) => row.status = Status::Interrupted,
        DeliveryEvent::DeliveryResumed(_) => row.status = Status::Delivering,
        DeliveryEvent::DeliveryCompleted(_) => {
            row.status = Status::Delivered;
            row.remind_at = None;
        }
        DeliveryEvent::DeliveryFailed(failed) => {
            row.status = Status::Failed;
            row.remind_at = Some(failed.remind_at);
        }
        DeliveryEvent::DeliveryCancelled(_) => {
            row.status = Status::Cancelled;
            row.remind_at = None;
        }
        DeliveryEvent::DeliveryHandedToStore(_) => {
            row.status = Status::Waiting;
            row.delivery_by = DeliveryBy::Store;
            row.rider_id = None;
        }
    }
    Some(row)
}

fn first_row(event: &Recorded<DeliveryEvent>) -> Option<Row> {
    match &event.event {
        DeliveryEvent::DeliveryRequested(requested) => Some(requested_row(event, requested)),
        DeliveryEvent::RiderAssigned(_)
        | DeliveryEvent::RiderReleased(_)
        | DeliveryEvent::DeliveryReady(_)
        | DeliveryEvent::DeliveryStarted(_)
        | DeliveryEvent::DeliveryInterrupted(_)
        | DeliveryEvent::DeliveryResumed(_)
        | DeliveryEvent::DeliveryCompleted(_)
        | DeliveryEvent::DeliveryFailed(_)
        | DeliveryEvent::DeliveryCancelled(_)
        | DeliveryEvent::DeliveryHandedToStore(_)
        | DeliveryEvent::NoRiderYet(_)
        | DeliveryEvent::RiderLate(_) => None,
    }
}

fn requested_row(event: &Recorded<DeliveryEvent>, requested: &DeliveryRequested) -> Row {
    Row {
        order_id: event.subject.into(),
        order_number: requested.order_number.clone(),
        store_id: requested.store_id,
        store_name: requested.store_name.clone(),
        store_address: requested.store_address.clone(),
        store_place: place_of(requested),
        status: Status::Waiting,
        ready: false,
        rider_id: None,
        delivery_by: requested.delivery_by,
        ready_by: requested.ready_by,
        requested_at: event.at,
        remind_at: None,
        private: requested.private.clone(),
    }
}

/// What of a row someone is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown<'a> {
    /// Not even that it exists.
    Nothing,
    /// The row without the customer.
    Row,
    /// The row and where it goes.
    RowAndDestination(Destination<'a>),
}

/// What who brings it needs to know of the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination<'a> {
    /// Where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<&'a Address>,
    /// Whom to ring up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<&'a str>,
    /// What was asked of the rider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<&'a str>,
    /// How to hand it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handover: Option<Handover>,
}

/// What `actor`, who sees so far, may see of `row`. Riders see what waits for one within their reach and what is theirs,
/// an owner what leaves their stores, the operator every row; where it goes, only who brings it and while they do.
pub fn shown_to<'a>(row: &'a Row, actor: &Actor, reach: &Reach) -> Shown<'a> {
    match (actor, row.delivery_by) {
        (Actor::Operator(_), _) => Shown::Row,
        (Actor::Rider(rider), _) if row.rider_id.as_ref() == Some(rider) => row.to_its_bearer(),
        (Actor::Rider(_), DeliveryBy::Rider) if row.status == Status::Waiting && reach.covers(row.store_place) => {
            Shown::Row
        }
        (Actor::Owner(owner), DeliveryBy::Store) if owner.owns(row.store_id) => row.to_its_bearer(),
        (Actor::Owner(owner), DeliveryBy::Rider | DeliveryBy::Pickup) if owner.owns(row.store_id) => Shown::Row,
        (Actor::Rider(_) | Actor::Owner(_) | Actor::Customer(_) | Actor::Service(_), _) => Shown::Nothing,
    }
}

impl Row {
    /// While a failure is open: when the operator is reminded next, having been reminded every `every` before.
    pub fn next_reminder(&self, now: Time, every: SignedDuration) -> Option<Time> {
        let first = self.remind_at?;
        let late = now.duration_since(first);
        if late.is_negative() || !every.is_positive() {
            return Some(first);
        }
        let periods = late.as_millis() / every.as_millis().max(1) + 1;
        let after = every.as_millis().saturating_mul(periods);
        Some(later(first, SignedDuration::from_millis(i64::try_from(after).unwrap_or(i64::MAX))))
    }

    /// A failed delivery may be found after all; a delivered or cancelled one is nobody's business any more.
    fn to_its_bearer(&self) -> Shown<'_> {
        match self.status {
            Status::Waiting | Status::Assigned | Status::Delivering | Status::Interrupted | Status::Failed => {
                self.private.as_deref().map_or(Shown::Row, |private| Shown::RowAndDestination(destination(private)))
            }
            Status::Delivered | Status::Cancelled => Shown::Row,
        }
    }
}

fn destination(private: &PersonalData) -> Destination<'_> {
    let requests = private.requests.as_ref();
    Destination {
        address: private.address.as_ref(),
        phone: private.phone.as_deref(),
        request: requests.and_then(|requests| requests.rider.as_deref()),
        handover: requests.and_then(|requests| requests.handover),
    }
}

#[cfg(test)]
mod tests;
