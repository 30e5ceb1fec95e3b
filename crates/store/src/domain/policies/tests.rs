use kernel::events::app::*;
use kernel::events::delivery::*;
use kernel::ids::OrderId;
use kernel::lang::{Language, Localized};
use kernel::money::{Amount, Currency};
use kernel::order::*;
use kernel::people::PersonId;

use super::*;
use crate::domain::tests::samples::*;

fn placed() -> OrderPlaced {
    OrderPlaced {
        details: OrderDetails {
            order_number: number(),
            customer_id: PersonId::parse("hana").unwrap(),
            store_id: store_id(),
            store_name: Localized::default(),
            lines: lines(),
            charges: Vec::new(),
            items_amount: Amount::new(42_000),
            total_amount: Amount::new(42_000),
            vat_amount: Amount::new(3_818),
            currency: Currency::Krw,
            delivery_by: DeliveryBy::Store,
            language: Language::Ko,
            prep_minutes: 30,
        },
        attempt: 1,
        method: PaymentMethod::Card,
        placed_at: at(0),
        unreachable_at: at(60),
        private: private(),
    }
}

fn wanted(cause: CancelCause) -> AppEvent {
    let (reason, answer_by) = (CancelReason::Customer, at(3));
    CancelRequested { order_number: number(), cause, reason, answer_by, private: None }.into()
}

fn order_cancelled(paid: PaidSoFar) -> AppEvent {
    OrderCancelled {
        order_number: number(),
        cause: CancelCause::OperatorDecided,
        reason: CancelReason::Support,
        borne_by: BorneBy::Platform,
        refund_amount: Amount::new(42_000),
        paid,
        method: None,
        erase_at: at(0),
        private: None,
    }
    .into()
}

#[test]
fn a_placed_order_opens_a_ticket_with_all_that_the_kitchen_needs() {
    let what = when_app(&recorded(7, placed().into())).unwrap();
    let TicketWhat::OpenTicket(open) = what else { panic!("{what:?}") };
    assert_eq!((open.store_id, open.delivery_by, open.placed_at), (store_id(), DeliveryBy::Store, at(0)));
    assert_eq!((open.order_number, open.lines, open.private), (number(), lines(), private()));
}

#[test]
fn a_cancel_request_is_known_by_the_event_that_asks() {
    let asked = |cause| when_app(&recorded(7, wanted(cause)));
    let cancel = |asker| Some(TicketWhat::CancelTicket { order_number: number(), request: "log/7".to_owned(), asker });
    assert_eq!(asked(CancelCause::CustomerAsked), cancel(CancelAsker::Customer));
    assert_eq!(asked(CancelCause::StoreUnreachable), cancel(CancelAsker::Unreachable));
}

#[test]
fn a_cancelled_order_voids_its_ticket_unless_it_was_never_paid() {
    let void = Some(TicketWhat::VoidTicket { order_number: number() });
    assert_eq!(when_app(&recorded(7, order_cancelled(PaidSoFar::Everything))), void);
    assert_eq!(when_app(&recorded(7, order_cancelled(PaidSoFar::Unknown))), void);
    assert_eq!(when_app(&recorded(7, order_cancelled(PaidSoFar::Nothing))), None);
}

#[test]
fn an_adjusted_order_adjusts_its_ticket_under_the_same_id() {
    let lines = vec![LineLeft { line_id: line_id(1), quantity: 1 }];
    let (adjustment_id, reason, borne_by) = (adjustment_id(1), AdjustReason::Support, BorneBy::Platform);
    let event = OrderAdjusted {
        order_number: number(),
        adjustment_id,
        lines: lines.clone(),
        amount: Amount::new(20_000),
        reason,
        borne_by,
        summary: Localized::default(),
    };
    let by = AdjustedBy::Order;
    let adjust = TicketWhat::AdjustTicket { adjustment_id, lines, reason, borne_by, by };
    assert_eq!(when_app(&recorded(7, event.into())), Some(adjust));
}

#[test]
fn a_delivery_that_starts_takes_the_food_along() {
    let started = DeliveryStarted {
        order_number: number(),
        delivery_by: DeliveryBy::Rider,
        rider_id: None,
        started_at: at(22),
        late_at: at(82),
    };
    let hand_over = TicketWhat::HandOver { by: HandedOverBy::Delivery };
    assert_eq!(when_delivery(&recorded(3, started.into())), Some(hand_over));
}

#[test]
fn other_news_is_none_of_the_kitchens_business() {
    let order_number = number();
    let received = OrderReceived { order_number, answer_by: at(10) };
    assert_eq!(when_app(&recorded(1, received.into())), None);
    let ready = DeliveryReady { order_number: number(), ready_at: at(20), late_at: at(35) };
    assert_eq!(when_delivery(&recorded(1, ready.into())), None);
    assert_eq!(OrderId::from(recorded(1, ()).subject), order_id());
}
