//! A delivery: one order's way from the store to the door. Stream `delivery/<orderId>`.

mod rejection;
mod state;
#[cfg(test)]
mod tests;

use kernel::Time;
use kernel::decider::{Decider, Wait};
use kernel::events::delivery::{
    DeliveryCancelled, DeliveryCompleted, DeliveryEvent, DeliveryFailed, DeliveryHandedToStore, DeliveryInterrupted,
    DeliveryReady, DeliveryRequested, DeliveryResumed, DeliveryStarted, LateAt, NoRiderYet, RiderAssigned, RiderLate,
    RiderReleased,
};
use kernel::order::{DeliveryBy, OrderNumber, TroubleReason};
use kernel::people::PersonId;
use kernel::personal::Handover;
use kernel::place::Place;

pub use self::rejection::Rejection;
pub use self::state::{Bearer, Known, Stage, State, Status, place_of};
use super::commands::{Assignment, By, Command, RequestDelivery, What};
use super::reach::Reach;
use super::waits::{Waits, later, wait_of};

/// The rules of a delivery.
#[derive(Debug, Clone, Copy)]
pub struct Delivery;

type Decision = Result<Vec<DeliveryEvent>, Rejection>;

impl Decider for Delivery {
    type State = State;
    type Command = Command;
    type Event = DeliveryEvent;
    type Rejection = Rejection;

    fn decide(state: &State, command: Command) -> Decision {
        let Command { at, waits, what } = command;
        match what {
            What::RequestDelivery(request) => request_delivery(state, request, at, waits),
            What::CancelDelivery { order_number } => Ok(cancel_delivery(state, order_number)),
            What::MarkReady { ready_at } => mark_ready(state, ready_at, waits),
            What::AssignRider { rider_id, by } => known(state)?.assign_rider(rider_id, by),
            What::ReleaseRider { by, reason } => known(state)?.release_rider(&by, reason, at, waits),
            What::PickUp { by } => known(state)?.pick_up(&by, at, waits),
            What::Interrupt { by, reason } => known(state)?.interrupt(&by, reason),
            What::Resume { by } => known(state)?.resume(&by),
            What::Complete { by, handover } => known(state)?.complete(&by, handover, at),
            What::Fail { by, reason } => known(state)?.fail(&by, reason, at, waits),
            What::HandToStore => known(state)?.hand_to_store(),
            What::NoticeNoRider => Ok(known(state)?.notice_no_rider(at, waits)),
            What::NoticeRiderLate => Ok(known(state)?.notice_rider_late(at, waits)),
        }
    }

    fn evolve(state: State, event: &DeliveryEvent) -> State {
        state.after(event)
    }

    fn waits(state: &State) -> Vec<Wait> {
        wait_of(state).into_iter().collect()
    }
}

fn known(state: &State) -> Result<&Known, Rejection> {
    match state {
        State::Unknown | State::NeverRequested => Err(Rejection::Unknown),
        State::Known(delivery) => Ok(delivery),
    }
}

fn request_delivery(state: &State, request: RequestDelivery, at: Time, waits: Waits) -> Decision {
    let no_rider_at = match request.delivery_by {
        DeliveryBy::Rider => Some(waits.no_rider_at(at, request.ready_by)),
        DeliveryBy::Store => None,
        DeliveryBy::Pickup => return Err(Rejection::CollectedByCustomer),
    };
    match state {
        State::NeverRequested | State::Known(_) => nothing(),
        State::Unknown => one(DeliveryRequested {
            order_number: request.order_number,
            store_id: request.store_id,
            store_name: request.store_name,
            store_address: request.store_address,
            store_lat: request.store_place.map(Place::lat),
            store_lng: request.store_place.map(Place::lng),
            delivery_by: request.delivery_by,
            ready_by: request.ready_by,
            no_rider_at,
            private: request.private,
        }),
    }
}

/// On an unknown order the cancel is recorded: the request may still be on its way to us.
fn cancel_delivery(state: &State, order_number: OrderNumber) -> Vec<DeliveryEvent> {
    match state {
        State::Unknown => vec![DeliveryCancelled { order_number }.into()],
        State::NeverRequested => Vec::new(),
        State::Known(delivery) => match delivery.status() {
            Status::Waiting | Status::Assigned | Status::Delivering | Status::Interrupted | Status::Failed => {
                vec![DeliveryCancelled { order_number: delivery.order_number.clone() }.into()]
            }
            Status::Delivered | Status::Cancelled => Vec::new(),
        },
    }
}

fn mark_ready(state: &State, ready_at: Time, waits: Waits) -> Decision {
    match state {
        State::Unknown => Err(Rejection::Unknown),
        State::NeverRequested => nothing(),
        State::Known(delivery) => match delivery.status() {
            Status::Waiting | Status::Assigned if delivery.late_at_store.is_none() => one(DeliveryReady {
                order_number: delivery.order_number.clone(),
                ready_at,
                late_at: later(ready_at, waits.rider_late_after_ready),
            }),
            Status::Waiting
            | Status::Assigned
            | Status::Delivering
            | Status::Interrupted
            | Status::Failed
            | Status::Delivered
            | Status::Cancelled => nothing(),
        },
    }
}

impl Known {
    fn assign_rider(&self, rider_id: PersonId, by: Assignment) -> Decision {
        match (self.status(), self.bearer()) {
            (Status::Cancelled, _) => Err(Rejection::Cancelled),
            (_, Some(Bearer::Store)) => Err(Rejection::StoreDelivers),
            (_, Some(Bearer::Rider(holder))) if holder == rider_id => nothing(),
            (_, None) => match by {
                Assignment::Claim(Reach::Nowhere) => Err(Rejection::PlaceUnknown),
                Assignment::Claim(reach) if !reach.covers(self.store_place) => Err(Rejection::TooFar),
                Assignment::Claim(_) | Assignment::Operator => {
                    one(RiderAssigned { order_number: self.order_number.clone(), rider_id })
                }
            },
            (Status::Waiting | Status::Assigned, Some(Bearer::Rider(_))) => Err(Rejection::TakenByAnother),
            (
                status @ (Status::Delivering | Status::Interrupted | Status::Failed | Status::Delivered),
                Some(Bearer::Rider(_)),
            ) => Err(match by {
                Assignment::Claim(_) => Rejection::TakenByAnother,
                Assignment::Operator => too_late_or_early(status),
            }),
        }
    }

    fn release_rider(&self, by: &By, reason: Option<TroubleReason>, at: Time, waits: Waits) -> Decision {
        if let (Stage::Waiting { released: Some(released), .. }, By::Rider(rider)) = (&self.stage, by)
            && released == rider
        {
            return nothing();
        }
        self.allow(by)?;
        match &self.stage {
            Stage::Waiting { .. } => nothing(),
            Stage::AwaitingStore => Err(Rejection::StoreDelivers),
            Stage::Assigned { rider } => one(RiderReleased {
                order_number: self.order_number.clone(),
                rider_id: rider.clone(),
                reason,
                no_rider_at: waits.no_rider_at(at, self.ready_by),
            }),
            Stage::Delivering { .. }
            | Stage::Interrupted { .. }
            | Stage::Failed { .. }
            | Stage::Delivered { .. }
            | Stage::CancelledInTime { .. }
            | Stage::CancelledOnTheWay { .. } => Err(too_late_or_early(self.status())),
        }
    }

    fn pick_up(&self, by: &By, at: Time, waits: Waits) -> Decision {
        self.allow(by)?;
        let (delivery_by, rider_id) = match &self.stage {
            Stage::Waiting { .. } => return Err(Rejection::NoRider),
            Stage::AwaitingStore => (DeliveryBy::Store, None),
            Stage::Assigned { rider } => (DeliveryBy::Rider, Some(rider.clone())),
            Stage::Delivering { .. } | Stage::Interrupted { .. } | Stage::Failed { .. } | Stage::Delivered { .. } => {
                return nothing();
            }
            Stage::CancelledInTime { .. } | Stage::CancelledOnTheWay { .. } => return Err(Rejection::Cancelled),
        };
        if self.late_at_store.is_none() {
            return Err(Rejection::NotReady);
        }
        one(DeliveryStarted {
            order_number: self.order_number.clone(),
            delivery_by,
            rider_id,
            started_at: at,
            late_at: later(at, waits.rider_late_after_start),
        })
    }

    fn interrupt(&self, by: &By, reason: TroubleReason) -> Decision {
        self.allow(by)?;
        match self.status() {
            Status::Delivering => one(DeliveryInterrupted { order_number: self.order_number.clone(), reason }),
            Status::Interrupted => nothing(),
            status @ (Status::Waiting | Status::Assigned | Status::Failed | Status::Delivered | Status::Cancelled) => {
                Err(too_late_or_early(status))
            }
        }
    }

    fn resume(&self, by: &By) -> Decision {
        self.allow(by)?;
        match self.status() {
            Status::Interrupted => one(DeliveryResumed { order_number: self.order_number.clone() }),
            Status::Delivering => nothing(),
            status @ (Status::Waiting | Status::Assigned | Status::Failed | Status::Delivered | Status::Cancelled) => {
                Err(too_late_or_early(status))
            }
        }
    }

    /// Also what failed is found after all, and what was cancelled on the way may arrive.
    fn complete(&self, by: &By, handover: Option<Handover>, at: Time) -> Decision {
        self.allow(by)?;
        match &self.stage {
            Stage::Delivering { .. }
            | Stage::Interrupted { .. }
            | Stage::Failed { .. }
            | Stage::CancelledOnTheWay { .. } => one(DeliveryCompleted {
                order_number: self.order_number.clone(),
                handover: handover.or(self.handover).unwrap_or_default(),
                completed_at: at,
            }),
            Stage::Delivered { .. } => nothing(),
            Stage::Waiting { .. } | Stage::AwaitingStore | Stage::Assigned { .. } | Stage::CancelledInTime { .. } => {
                Err(too_late_or_early(self.status()))
            }
        }
    }

    fn fail(&self, by: &By, reason: TroubleReason, at: Time, waits: Waits) -> Decision {
        self.allow(by)?;
        match self.status() {
            Status::Delivering | Status::Interrupted => one(DeliveryFailed {
                order_number: self.order_number.clone(),
                reason,
                remind_at: later(at, waits.failed_open),
            }),
            Status::Failed => nothing(),
            status @ (Status::Waiting | Status::Assigned | Status::Delivered | Status::Cancelled) => {
                Err(too_late_or_early(status))
            }
        }
    }

    fn hand_to_store(&self) -> Decision {
        match (self.status(), self.bearer()) {
            (Status::Cancelled, _) => Err(Rejection::Cancelled),
            (_, Some(Bearer::Store)) => nothing(),
            (Status::Waiting | Status::Assigned, None | Some(Bearer::Rider(_))) => {
                one(DeliveryHandedToStore { order_number: self.order_number.clone() })
            }
            (
                status @ (Status::Delivering | Status::Interrupted | Status::Failed | Status::Delivered),
                None | Some(Bearer::Rider(_)),
            ) => Err(too_late_or_early(status)),
        }
    }

    fn notice_no_rider(&self, at: Time, waits: Waits) -> Vec<DeliveryEvent> {
        match &self.stage {
            Stage::Waiting { no_rider_at: Some(due), .. } if *due <= at => vec![
                NoRiderYet { order_number: self.order_number.clone(), again_at: later(at, waits.no_rider_again) }
                    .into(),
            ],
            Stage::Waiting { .. }
            | Stage::AwaitingStore
            | Stage::Assigned { .. }
            | Stage::Delivering { .. }
            | Stage::Interrupted { .. }
            | Stage::Failed { .. }
            | Stage::Delivered { .. }
            | Stage::CancelledInTime { .. }
            | Stage::CancelledOnTheWay { .. } => Vec::new(),
        }
    }

    fn notice_rider_late(&self, at: Time, waits: Waits) -> Vec<DeliveryEvent> {
        let (place, due) = match &self.stage {
            Stage::AwaitingStore | Stage::Assigned { .. } => (LateAt::Store, self.late_at_store),
            Stage::Delivering { late_at, .. } | Stage::Interrupted { late_at, .. } => (LateAt::Door, Some(*late_at)),
            Stage::Waiting { .. }
            | Stage::Failed { .. }
            | Stage::Delivered { .. }
            | Stage::CancelledInTime { .. }
            | Stage::CancelledOnTheWay { .. } => return Vec::new(),
        };
        if due.is_none_or(|due| at < due) {
            return Vec::new();
        }
        let again_at = later(at, waits.late_again);
        vec![RiderLate { order_number: self.order_number.clone(), at: place, again_at }.into()]
    }

    /// Only who brings it may act on it, and the operator in their place.
    fn allow(&self, by: &By) -> Result<(), Rejection> {
        match (by, self.bearer()) {
            (By::Store(store), _) if *store != self.store_id => Err(Rejection::NotYours),
            (By::Operator, _) | (By::Store(_), Some(Bearer::Store)) => Ok(()),
            (By::Store(_), None | Some(Bearer::Rider(_))) => Err(Rejection::RiderDelivers),
            (By::Rider(rider), Some(Bearer::Rider(holder))) if *rider == holder => Ok(()),
            (By::Rider(_), _) => Err(Rejection::NotYours),
        }
    }
}

/// Why something cannot happen where the delivery stands now.
const fn too_late_or_early(status: Status) -> Rejection {
    match status {
        Status::Waiting | Status::Assigned => Rejection::NotStarted,
        Status::Delivering | Status::Interrupted => Rejection::AlreadyStarted,
        Status::Failed => Rejection::AlreadyFailed,
        Status::Delivered => Rejection::AlreadyDelivered,
        Status::Cancelled => Rejection::Cancelled,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it ends the branch of a decision")]
fn one(event: impl Into<DeliveryEvent>) -> Decision {
    Ok(vec![event.into()])
}

#[expect(clippy::unnecessary_wraps, reason = "it ends the branch of a decision")]
const fn nothing() -> Decision {
    Ok(Vec::new())
}
