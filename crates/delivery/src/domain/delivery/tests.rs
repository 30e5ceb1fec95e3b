//! The specification of a delivery.

mod beginning;
mod ending;
mod properties;
mod table;
mod waiting;

use jiff::SignedDuration;
use kernel::ids::StoreId;
use kernel::lang::Localized;
use kernel::personal::{PersonalData, Requests};
use kernel::testing::{Given, given};

use super::*;

pub(super) fn t(minute: i64) -> Time {
    Time::UNIX_EPOCH + SignedDuration::from_mins(minute)
}

pub(super) fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

pub(super) fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

pub(super) fn rider(id: &str) -> By {
    By::Rider(person(id))
}

pub(super) fn chicken() -> StoreId {
    StoreId::parse("01890000-0000-7000-8000-00000000000c").unwrap()
}

pub(super) fn noodles() -> StoreId {
    StoreId::parse("01890000-0000-7000-8000-00000000000d").unwrap()
}

/// Requested at minute 0, to be ready at minute 30.
pub(super) fn request(delivery_by: DeliveryBy) -> RequestDelivery {
    RequestDelivery {
        order_number: number(),
        store_id: chicken(),
        store_name: Localized::new("치킨집", "Chicken"),
        store_address: "Teheran-ro 1".to_owned(),
        store_place: None,
        delivery_by,
        ready_by: t(30),
        private: Some(Box::new(PersonalData {
            requests: Some(Requests { handover: Some(Handover::Guard), ..Requests::default() }),
            ..PersonalData::default()
        })),
    }
}

pub(super) fn requested(delivery_by: DeliveryBy) -> DeliveryEvent {
    let request = request(delivery_by);
    DeliveryRequested {
        order_number: request.order_number,
        store_id: request.store_id,
        store_name: request.store_name,
        store_address: request.store_address,
        store_lat: request.store_place.map(Place::lat),
        store_lng: request.store_place.map(Place::lng),
        delivery_by,
        ready_by: request.ready_by,
        no_rider_at: (delivery_by == DeliveryBy::Rider).then(|| t(20)),
        private: request.private,
    }
    .into()
}

pub(super) fn assigned(id: &str) -> DeliveryEvent {
    RiderAssigned { order_number: number(), rider_id: person(id) }.into()
}

pub(super) fn released(id: &str, no_rider_at: Time) -> DeliveryEvent {
    RiderReleased { order_number: number(), rider_id: person(id), reason: None, no_rider_at }.into()
}

/// Ready at minute 30.
pub(super) fn ready() -> DeliveryEvent {
    DeliveryReady { order_number: number(), ready_at: t(30), late_at: t(45) }.into()
}

/// Started at minute 35.
pub(super) fn started(by: Option<&str>) -> DeliveryEvent {
    DeliveryStarted {
        order_number: number(),
        delivery_by: if by.is_some() { DeliveryBy::Rider } else { DeliveryBy::Store },
        rider_id: by.map(person),
        started_at: t(35),
        late_at: t(95),
    }
    .into()
}

pub(super) fn interrupted() -> DeliveryEvent {
    DeliveryInterrupted { order_number: number(), reason: TroubleReason::Vehicle }.into()
}

pub(super) fn resumed() -> DeliveryEvent {
    DeliveryResumed { order_number: number() }.into()
}

/// Failed at minute 50.
pub(super) fn failed() -> DeliveryEvent {
    DeliveryFailed { order_number: number(), reason: TroubleReason::NoContact, remind_at: t(80) }.into()
}

pub(super) fn completed(handover: Handover, at: Time) -> DeliveryEvent {
    DeliveryCompleted { order_number: number(), handover, completed_at: at }.into()
}

pub(super) fn cancelled() -> DeliveryEvent {
    DeliveryCancelled { order_number: number() }.into()
}

pub(super) fn handed_to_store() -> DeliveryEvent {
    DeliveryHandedToStore { order_number: number() }.into()
}

pub(super) fn no_rider_yet(again_at: Time) -> DeliveryEvent {
    NoRiderYet { order_number: number(), again_at }.into()
}

pub(super) fn rider_late(at: LateAt, again_at: Time) -> DeliveryEvent {
    RiderLate { order_number: number(), at, again_at }.into()
}

pub(super) fn at(minute: i64, what: What) -> Command {
    Command { at: t(minute), waits: Waits::default(), what }
}

pub(super) fn claim(id: &str) -> What {
    What::AssignRider { rider_id: person(id), by: Assignment::Claim(Reach::Everywhere) }
}

pub(super) fn assign(id: &str) -> What {
    What::AssignRider { rider_id: person(id), by: Assignment::Operator }
}

pub(super) fn release(by: By) -> What {
    What::ReleaseRider { by, reason: None }
}

pub(super) fn complete(by: By) -> What {
    What::Complete { by, handover: None }
}

pub(super) fn fail(by: By) -> What {
    What::Fail { by, reason: TroubleReason::NoContact }
}

pub(super) fn interrupt(by: By) -> What {
    What::Interrupt { by, reason: TroubleReason::Vehicle }
}

pub(super) fn cancel() -> What {
    What::CancelDelivery { order_number: number() }
}

/// A rider's delivery, requested, and what followed.
pub(super) fn sought(then: impl IntoIterator<Item = DeliveryEvent>) -> Given<Delivery> {
    given(std::iter::once(requested(DeliveryBy::Rider)).chain(then))
}

/// A store's own delivery, requested, and what followed.
pub(super) fn own(then: impl IntoIterator<Item = DeliveryEvent>) -> Given<Delivery> {
    given(std::iter::once(requested(DeliveryBy::Store)).chain(then))
}
