use kernel::events::DomainEvent;
use kernel::events::app::{RefundOutcome, Trouble};
use kernel::events::delivery::{
    DeliveryCompleted, DeliveryEvent, DeliveryFailed, DeliveryInterrupted, DeliveryReady, DeliveryResumed,
    DeliveryStarted, LateAt, NoRiderYet, RiderLate,
};
use kernel::events::pay::{
    AttemptAbandoned, PayEvent, PaymentApproved, PaymentClosed, PaymentDeclined, PaymentInDoubt, PaymentRefunded,
    RefundFailed, RefundReason, RefundSettledByHand,
};
use kernel::events::store::{
    CookingFinished, CookingStarted, KitchenLate, StoreEvent, StoreOpened, TicketAccepted, TicketAdjusted,
    TicketCancelRefused, TicketCancelled, TicketDelayed, TicketHandedOver, TicketOpened, TicketRejected,
    TicketWithdrawn,
};
use kernel::lang::Localized;
use kernel::order::{
    AdjustReason, BorneBy, CancelCause, CancelReason, DelayCause, DeliveryBy, LineLeft, PaymentCode, PaymentMethod,
    Progress, RefuseReason, RejectReason, TroubleReason, WithdrawReason,
};
use kernel::personal::Handover;

use super::{when_delivery, when_pay, when_store};
use crate::domain::commands::What;
use crate::domain::tests::fixtures::*;

fn heard<E: DomainEvent, V: Into<E>>(event: V) -> kernel::events::Recorded<E> {
    recorded(vec![event.into()]).remove(0)
}

fn pay_says(event: impl Into<PayEvent>) -> Option<What> {
    when_pay(&heard(event))
}

fn store_says(event: impl Into<StoreEvent>) -> Option<What> {
    when_store(&heard(event))
}

fn delivery_says(event: impl Into<DeliveryEvent>) -> Option<What> {
    when_delivery(&heard(event))
}

const CARD: PaymentMethod = PaymentMethod::Card;

#[test]
fn what_pay_says_of_an_attempt_is_recorded() {
    let order_number = number();
    let amount = won(48_000);
    let event = PaymentApproved { order_number, attempt: 1, amount, method: CARD, approved_at: t(1) };
    assert_eq!(pay_says(event), Some(approved(1, t(1))));
    let event = PaymentDeclined { order_number: number(), attempt: 2, code: PaymentCode::Limit };
    assert_eq!(pay_says(event), Some(declined(2)));
    let event = PaymentInDoubt { order_number: number(), attempt: 2 };
    assert_eq!(pay_says(event), Some(What::DoubtPayment { attempt: 2 }));
    assert_eq!(pay_says(AttemptAbandoned { order_number: number(), attempt: 3 }), Some(abandoned(3)));
}

#[test]
fn what_pay_says_of_a_refund_is_recorded() {
    let amount = won(5_000);
    let event = PaymentRefunded { order_number: number(), refund_id: id(1), amount, method: CARD, refunded_at: t(2) };
    assert_eq!(pay_says(event), Some(refund(1, 5_000, RefundOutcome::Done)));
    let code = "EXCEED".to_owned();
    let event = RefundFailed { order_number: number(), refund_id: id(1), amount, method: CARD, code };
    assert_eq!(pay_says(event), Some(refund(1, 5_000, RefundOutcome::Failed)));
    let event =
        RefundSettledByHand { order_number: number(), refund_id: id(1), amount, method: CARD, settled_at: t(2) };
    assert_eq!(pay_says(event), Some(refund(1, 5_000, RefundOutcome::Done)));
    let reason = RefundReason::Cancelled;
    let event = PaymentClosed { order_number: number(), reason, borne_by: BorneBy::Store, refund_amount: None };
    assert_eq!(pay_says(event), None);
}

fn accepted() -> TicketAccepted {
    TicketAccepted {
        order_number: number(),
        store_id: id(7),
        store_name: Localized::default(),
        store_address: String::new(),
        store_lat: None,
        store_lng: None,
        delivery_by: DeliveryBy::Rider,
        prep_minutes: 28,
        ready_by: t(30),
        cook_at: None,
        late_at: t(45),
        private: None,
    }
}

#[test]
fn receipt_and_progress_at_the_store_are_recorded() {
    let opened = TicketOpened {
        order_number: number(),
        store_id: id(7),
        lines: vec![],
        delivery_by: DeliveryBy::Rider,
        placed_at: t(0),
        answer_by: t(11),
        private: None,
    };
    assert_eq!(store_says(opened), Some(receive()));
    assert_eq!(store_says(accepted()), Some(progress(Progress::Accepted)));
    assert_eq!(store_says(CookingStarted { order_number: number() }), Some(progress(Progress::Cooking)));
    let (delivery_by, ready_at) = (DeliveryBy::Rider, t(29));
    let event = CookingFinished { order_number: number(), delivery_by, ready_at, uncollected_at: None };
    assert_eq!(store_says(event), Some(progress(Progress::Ready)));
    assert_eq!(store_says(StoreOpened {}), None);
}

#[test]
fn delays_at_the_store_are_recorded() {
    let cause = DelayCause::ManyOrders;
    let event = TicketDelayed { order_number: number(), minutes: 10, cause, ready_by: t(40), late_at: t(55) };
    assert_eq!(store_says(event), Some(What::RecordDelay { cause, ready_by: Some(t(40)) }));
    let event = KitchenLate { order_number: number(), ready_by: t(55), late_at: t(65) };
    assert_eq!(store_says(event), Some(What::RecordDelay { cause: DelayCause::Kitchen, ready_by: Some(t(55)) }));
}

#[test]
fn a_rejected_or_withdrawn_ticket_cancels_the_order() {
    let event = TicketRejected { order_number: number(), reason: RejectReason::Silent };
    let expected = What::CancelOrder {
        cause: CancelCause::StoreRejected,
        reason: CancelReason::Silent,
        borne_by: BorneBy::Store,
        refund_amount: None,
    };
    assert_eq!(store_says(event), Some(expected));
    let event = TicketWithdrawn {
        order_number: number(),
        reason: WithdrawReason::Undeliverable,
        borne_by: BorneBy::Rider,
        refund_amount: Some(won(1_000)),
    };
    let expected = What::CancelOrder {
        cause: CancelCause::StoreWithdrew,
        reason: CancelReason::Undeliverable,
        borne_by: BorneBy::Rider,
        refund_amount: Some(won(1_000)),
    };
    assert_eq!(store_says(event), Some(expected));
}

#[test]
fn the_tickets_answer_to_a_cancel_is_taken_over() {
    assert_eq!(
        store_says(TicketCancelled { order_number: number(), request: "app/5".to_owned() }),
        Some(What::ConfirmCancel)
    );
    let reason = RefuseReason::Accepted;
    let event = TicketCancelRefused { order_number: number(), request: "app/5".to_owned(), reason };
    assert_eq!(store_says(event), Some(What::RefuseCancel { reason }));
}

#[test]
fn an_adjusted_ticket_adjusts_the_order_with_the_same_id() {
    let event = TicketAdjusted {
        order_number: number(),
        adjustment_id: id(1),
        lines: vec![LineLeft { line_id: id(2), quantity: 0 }],
        amount: won(5_000),
        reason: AdjustReason::Missing,
        borne_by: BorneBy::Store,
    };
    assert_eq!(store_says(event), Some(adjust(1, 2, 0)));
}

#[test]
fn only_a_pick_up_is_complete_when_it_is_handed_over() {
    let event = |delivery_by| TicketHandedOver { order_number: number(), delivery_by, at: t(50) };
    let complete = What::CompleteOrder { handover: None, done_at: t(50) };
    assert_eq!(store_says(event(DeliveryBy::Pickup)), Some(complete));
    assert_eq!(store_says(event(DeliveryBy::Rider)), None);
    assert_eq!(store_says(event(DeliveryBy::Store)), None);
}

#[test]
fn the_way_to_the_door_is_recorded() {
    let started = DeliveryStarted {
        order_number: number(),
        delivery_by: DeliveryBy::Rider,
        rider_id: None,
        started_at: t(35),
        late_at: t(95),
    };
    assert_eq!(delivery_says(started), Some(progress(Progress::Delivering)));
    let (handover, completed_at) = (Handover::LeaveAtDoor, t(50));
    let event = DeliveryCompleted { order_number: number(), handover, completed_at };
    assert_eq!(delivery_says(event), Some(complete()));
    assert_eq!(delivery_says(DeliveryReady { order_number: number(), ready_at: t(1), late_at: t(2) }), None);
}

#[test]
fn a_rider_who_is_missed_delays_the_order_by_the_pause_until_the_next_look() {
    let mut missed = heard::<DeliveryEvent, _>(NoRiderYet { order_number: number(), again_at: t(20) });
    missed.at = t(10);
    let leaves_at = Some(t(30));
    assert_eq!(when_delivery(&missed), Some(What::RecordDelay { cause: DelayCause::NoRider, ready_by: leaves_at }));
}

#[test]
fn late_riders_and_trouble_on_the_way_are_recorded() {
    let delay = |cause| Some(What::RecordDelay { cause, ready_by: None });
    let late = |at| RiderLate { order_number: number(), at, again_at: t(60) };
    assert_eq!(delivery_says(late(LateAt::Store)), delay(DelayCause::NoRider));
    assert_eq!(delivery_says(late(LateAt::Door)), delay(DelayCause::Traffic));
    let trouble = |trouble| Some(What::RecordTrouble { trouble });
    let reason = TroubleReason::Vehicle;
    let event = DeliveryInterrupted { order_number: number(), reason };
    assert_eq!(delivery_says(event), trouble(Trouble::Interrupted(reason)));
    assert_eq!(delivery_says(DeliveryResumed { order_number: number() }), trouble(Trouble::Resumed));
    let event = DeliveryFailed { order_number: number(), reason, remind_at: t(90) };
    assert_eq!(delivery_says(event), trouble(Trouble::Failed(reason)));
}
