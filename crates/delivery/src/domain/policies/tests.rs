//! What others say, and what delivery does about it.

use kernel::Time;
use kernel::ids::StoreId;
use kernel::lang::Localized;
use kernel::money::Amount;
use kernel::order::{BorneBy, CancelCause, CancelReason, OrderNumber, PaymentMethod};
use kernel::personal::PersonalData;

use super::*;

fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

fn store_id() -> StoreId {
    StoreId::parse("01890000-0000-7000-8000-00000000000c").unwrap()
}

fn recorded<E>(event: E) -> Recorded<E> {
    Recorded {
        id: "log/1".to_owned(),
        position: 1,
        subject: store_id().uuid(),
        version: 1,
        at: Time::UNIX_EPOCH,
        causation: String::new(),
        trace: None,
        event,
    }
}

fn accepted(delivery_by: DeliveryBy) -> TicketAccepted {
    TicketAccepted {
        order_number: number(),
        store_id: store_id(),
        store_name: Localized::new("치킨집", "Chicken"),
        store_address: "Teheran-ro 1".to_owned(),
        store_lat: Some(37.5),
        store_lng: Some(127.0),
        delivery_by,
        prep_minutes: 20,
        ready_by: Time::UNIX_EPOCH,
        cook_at: None,
        late_at: Time::UNIX_EPOCH,
        private: Some(Box::new(PersonalData { phone: Some("010".to_owned()), ..PersonalData::default() })),
    }
}

fn cooked(delivery_by: DeliveryBy) -> CookingFinished {
    CookingFinished { order_number: number(), delivery_by, ready_at: Time::UNIX_EPOCH, uncollected_at: None }
}

#[test]
fn a_delivery_is_requested_when_a_ticket_is_accepted() {
    for delivery_by in [DeliveryBy::Rider, DeliveryBy::Store] {
        let event = accepted(delivery_by);
        let expected = What::RequestDelivery(RequestDelivery {
            order_number: number(),
            store_id: store_id(),
            store_name: event.store_name.clone(),
            store_address: event.store_address.clone(),
            store_place: kernel::place::Place::parse(37.5, 127.0).ok(),
            delivery_by,
            ready_by: event.ready_by,
            private: event.private.clone(),
        });
        assert_eq!(when_store(&recorded(event.into())), Some(expected));
    }
}

#[test]
fn a_delivery_is_marked_ready_when_cooking_finishes() {
    let expected = Some(What::MarkReady { ready_at: Time::UNIX_EPOCH });
    assert_eq!(when_store(&recorded(cooked(DeliveryBy::Rider).into())), expected);
    assert_eq!(when_store(&recorded(cooked(DeliveryBy::Store).into())), expected);
}

#[test]
fn nothing_is_delivered_that_the_customer_collects() {
    assert_eq!(when_store(&recorded(accepted(DeliveryBy::Pickup).into())), None);
    assert_eq!(when_store(&recorded(cooked(DeliveryBy::Pickup).into())), None);
}

#[test]
fn a_delivery_is_cancelled_when_its_order_is_cancelled_or_closed_undelivered() {
    let cancelled = OrderCancelled {
        order_number: number(),
        cause: CancelCause::CustomerAsked,
        reason: CancelReason::Customer,
        borne_by: BorneBy::Customer,
        refund_amount: Amount::ZERO,
        paid: kernel::events::app::PaidSoFar::Nothing,
        method: None,
        erase_at: Time::UNIX_EPOCH,
        private: None,
    };
    let undelivered = OrderUndelivered {
        order_number: number(),
        reason: CancelReason::Undeliverable,
        borne_by: BorneBy::Platform,
        refund_amount: Amount::ZERO,
        method: PaymentMethod::Card,
        erase_at: Time::UNIX_EPOCH,
    };
    let expected = Some(What::CancelDelivery { order_number: number() });
    assert_eq!(when_app(&recorded(cancelled.into())), expected);
    assert_eq!(when_app(&recorded(undelivered.into())), expected);
}

#[test]
fn delivery_does_nothing_about_the_rest() {
    let started = kernel::events::store::CookingStarted { order_number: number() };
    assert_eq!(when_store(&recorded(started.into())), None);
    let erased = kernel::events::app::PersonalDataErased { order_number: number() };
    assert_eq!(when_app(&recorded(erased.into())), None);
}
