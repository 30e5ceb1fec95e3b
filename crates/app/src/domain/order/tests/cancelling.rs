use kernel::events::app::{CancelRefused, CancelRequested, OrderCancelled, OrderUndelivered, PaidSoFar};
use kernel::order::{BorneBy, CancelCause, CancelReason, OrderStatus, PaymentMethod, Progress, RefuseReason};
use kernel::personal::PersonalData;

use super::super::{End, Rejection};
use super::{after, once, state_after};
use crate::domain::commands::What;
use crate::domain::tests::fixtures::*;

const CARD: PaymentMethod = PaymentMethod::Card;

fn words() -> Box<PersonalData> {
    Box::new(PersonalData { words: Some("wrong address".to_owned()), ..PersonalData::default() })
}

/// Cancelled by the customer at `minutes`, everything paid and everything going back.
fn cancelled(minutes: i64) -> OrderCancelled {
    OrderCancelled {
        order_number: number(),
        cause: CancelCause::CustomerAsked,
        reason: CancelReason::Customer,
        borne_by: BorneBy::Customer,
        refund_amount: won(48_000),
        paid: PaidSoFar::Everything,
        method: Some(CARD),
        erase_at: t(minutes + 90 * 24 * 60),
        private: None,
    }
}

#[test]
fn an_unpaid_order_is_cancelled_at_once() {
    let event = OrderCancelled {
        refund_amount: won(0),
        paid: PaidSoFar::Nothing,
        method: None,
        private: Some(words()),
        ..cancelled(1)
    };
    once(OrderStatus::AwaitingPayment, t(1), ask_cancel()).then([event.clone().into()]);
    once(OrderStatus::PaymentFailed, t(1), ask_cancel()).then([event.into()]);
}

#[test]
fn an_order_whose_payment_is_not_known_yet_is_cancelled_at_once() {
    let event =
        OrderCancelled { refund_amount: won(0), paid: PaidSoFar::Unknown, private: Some(words()), ..cancelled(1) };
    once(OrderStatus::PaymentChecking, t(1), ask_cancel()).then([event.clone().into()]);
    after(vec![(t(0), create(Some(CARD)))], t(1), ask_cancel()).then([event.into()]);
}

#[test]
fn the_ticket_is_asked_about_the_cancel_of_a_placed_or_accepted_order() {
    let event = |minutes: i64| CancelRequested {
        order_number: number(),
        cause: CancelCause::CustomerAsked,
        reason: CancelReason::Customer,
        answer_by: t(minutes + 3),
        private: Some(words()),
    };
    let state = once(OrderStatus::Placed, t(1), ask_cancel()).then([event(1).into()]).unwrap();
    assert_eq!(state.status(), OrderStatus::CancelRequested);
    once(OrderStatus::Accepted, t(3), ask_cancel()).then([event(3).into()]);
}

#[test]
fn asking_for_the_cancel_again_changes_nothing() {
    once(OrderStatus::CancelRequested, t(2), ask_cancel()).then_nothing();
    once(OrderStatus::Cancelled, t(3), ask_cancel()).then_nothing();
}

#[test]
fn from_the_pan_on_the_customer_cannot_cancel() {
    once(OrderStatus::Cooking, t(4), ask_cancel()).then_rejected(&Rejection::CookingStarted);
    once(OrderStatus::Ready, t(31), ask_cancel()).then_rejected(&Rejection::CookingStarted);
    once(OrderStatus::Delivering, t(36), ask_cancel()).then_rejected(&Rejection::OnItsWay);
    once(OrderStatus::Delivered, t(51), ask_cancel()).then_rejected(&Rejection::AlreadyDelivered);
    once(OrderStatus::Undelivered, t(61), ask_cancel()).then_rejected(&Rejection::Ended(End::Undelivered));
    once(OrderStatus::Expired, t(61), ask_cancel()).then_rejected(&Rejection::Ended(End::Expired));
}

#[test]
fn a_store_that_was_never_heard_of_is_unreachable() {
    let event = CancelRequested {
        order_number: number(),
        cause: CancelCause::StoreUnreachable,
        reason: CancelReason::Unreachable,
        answer_by: t(64),
        private: None,
    };
    once(OrderStatus::Placed, t(61), unreachable()).then([event.into()]);
}

#[test]
fn a_store_that_was_heard_of_is_not_unreachable() {
    let received = vec![(t(0), create(Some(CARD))), (s(1), approved(1, s(1))), (t(1), receive())];
    after(received, t(61), unreachable()).then_nothing();
    once(OrderStatus::Accepted, t(61), unreachable()).then_nothing();
    once(OrderStatus::AwaitingPayment, t(61), unreachable()).then_rejected(&Rejection::NotPlaced);
}

#[test]
fn the_ticket_agrees_and_all_of_it_goes_back() {
    let state = once(OrderStatus::CancelRequested, t(2), What::ConfirmCancel).then([cancelled(2).into()]).unwrap();
    assert_eq!(state.status(), OrderStatus::Cancelled);
    once(OrderStatus::Cancelled, t(3), What::ConfirmCancel).then_nothing();
}

#[test]
fn nobody_agrees_to_a_cancel_that_was_not_asked_for() {
    once(OrderStatus::Placed, t(2), What::ConfirmCancel).then_rejected(&Rejection::NoCancelRequested);
    once(OrderStatus::AwaitingPayment, t(2), What::ConfirmCancel).then_rejected(&Rejection::NoCancelRequested);
    once(OrderStatus::Delivered, t(60), What::ConfirmCancel).then_rejected(&Rejection::Ended(End::Delivered));
}

fn refuse() -> What {
    What::RefuseCancel { reason: RefuseReason::CookingStarted }
}

#[test]
fn a_refused_cancel_leads_to_the_furthest_progress_heard_meanwhile() {
    let history = vec![
        (t(0), create(Some(CARD))),
        (s(1), approved(1, s(1))),
        (t(1), ask_cancel()),
        (t(2), progress(Progress::Accepted)),
        (t(3), progress(Progress::Cooking)),
    ];
    let event = CancelRefused {
        order_number: number(),
        cause: CancelCause::CustomerAsked,
        reason: RefuseReason::CookingStarted,
        eta: Some(t(45)),
    };
    let state = after(history, t(3), refuse()).then([event.into()]).unwrap();
    assert_eq!(state.status(), OrderStatus::Cooking);
}

#[test]
fn a_refused_cancel_of_an_order_without_progress_leads_back_to_placed() {
    let event = CancelRefused {
        order_number: number(),
        cause: CancelCause::CustomerAsked,
        reason: RefuseReason::CookingStarted,
        eta: None,
    };
    let state = once(OrderStatus::CancelRequested, t(2), refuse()).then([event.into()]).unwrap();
    assert_eq!(state.status(), OrderStatus::Placed);
}

#[test]
fn a_refusal_that_comes_when_all_is_settled_is_noted_or_ignored() {
    once(OrderStatus::Cooking, t(4), refuse()).then_nothing();
    once(OrderStatus::Cancelled, t(4), refuse()).then_rejected(&Rejection::Ended(End::Cancelled));
    once(OrderStatus::AwaitingPayment, t(4), refuse()).then_rejected(&Rejection::NoCancelRequested);
}

#[test]
fn without_an_answer_whoever_asked_wins() {
    let timer = cancel(CancelCause::CustomerAsked, None);
    once(OrderStatus::CancelRequested, t(4), timer.clone()).then([cancelled(4).into()]);
    once(OrderStatus::Placed, t(4), timer.clone()).then_rejected(&Rejection::NoCancelRequested);
    once(OrderStatus::AwaitingPayment, t(4), timer).then_rejected(&Rejection::NoCancelRequested);
}

fn by_store(cause: CancelCause, minutes: i64, refund: i64) -> OrderCancelled {
    OrderCancelled {
        cause,
        reason: CancelReason::StoreReasons,
        borne_by: BorneBy::Store,
        refund_amount: won(refund),
        ..cancelled(minutes)
    }
}

#[test]
fn a_rejected_order_is_cancelled_before_it_is_cooked() {
    let event = by_store(CancelCause::StoreRejected, 5, 48_000);
    let reject = cancel(CancelCause::StoreRejected, None);
    for status in [OrderStatus::Placed, OrderStatus::Accepted, OrderStatus::CancelRequested] {
        once(status, t(5), reject.clone()).then([event.clone().into()]);
    }
    once(OrderStatus::Cooking, t(5), reject.clone()).then_rejected(&Rejection::CookingStarted);
    once(OrderStatus::Delivering, t(40), reject.clone()).then_rejected(&Rejection::OnItsWay);
    once(OrderStatus::AwaitingPayment, t(5), reject.clone()).then_rejected(&Rejection::NotPlaced);
    once(OrderStatus::Cancelled, t(5), reject).then_nothing();
}

#[test]
fn the_store_can_withdraw_until_the_food_is_there() {
    let withdraw = cancel(CancelCause::StoreWithdrew, Some(30_000));
    for status in [OrderStatus::Accepted, OrderStatus::Ready, OrderStatus::Delivering, OrderStatus::CancelRequested] {
        once(status, t(40), withdraw.clone()).then([by_store(CancelCause::StoreWithdrew, 40, 30_000).into()]);
    }
    once(OrderStatus::Delivered, t(60), withdraw.clone()).then_rejected(&Rejection::Ended(End::Delivered));
    once(OrderStatus::PaymentFailed, t(1), withdraw).then_rejected(&Rejection::NotPlaced);
}

#[test]
fn a_store_that_withdraws_with_more_than_is_left_gives_back_what_is_left() {
    let withdraw = cancel(CancelCause::StoreWithdrew, Some(99_000));
    once(OrderStatus::Cooking, t(40), withdraw).then([by_store(CancelCause::StoreWithdrew, 40, 48_000).into()]);
}

#[test]
fn the_operator_can_cancel_whatever_has_not_ended() {
    let decide = |refund| cancel(CancelCause::OperatorDecided, refund);
    let event = |refund| by_store(CancelCause::OperatorDecided, 40, refund);
    once(OrderStatus::Delivering, t(40), decide(Some(0))).then([event(0).into()]);
    once(OrderStatus::CancelRequested, t(40), decide(None)).then([event(48_000).into()]);
    let unpaid = OrderCancelled { paid: PaidSoFar::Nothing, method: None, ..event(0) };
    once(OrderStatus::AwaitingPayment, t(40), decide(None)).then([unpaid.into()]);
    once(OrderStatus::Undelivered, t(61), decide(None)).then_rejected(&Rejection::Ended(End::Undelivered));
}

#[test]
fn no_more_goes_back_than_is_left_and_nothing_negative() {
    let decide = |refund| cancel(CancelCause::OperatorDecided, Some(refund));
    let too_large = |left| Rejection::RefundTooLarge { left: won(left) };
    once(OrderStatus::Placed, t(1), decide(48_001)).then_rejected(&too_large(48_000));
    once(OrderStatus::AwaitingPayment, t(1), decide(1)).then_rejected(&too_large(0));
    once(OrderStatus::Placed, t(1), decide(-1)).then_rejected(&Rejection::RefundNegative);
}

#[test]
fn what_was_adjusted_does_not_go_back_again_with_the_cancel() {
    let history = vec![
        (t(0), create(Some(CARD))),
        (s(1), approved(1, s(1))),
        (t(1), adjust(1, 2, 0)),
        (t(2), cancel(CancelCause::OperatorDecided, None)),
    ];
    let state = state_after(history);
    assert_eq!((state.total_amount(), state.refundable_amount()), (won(43_000), won(0)));
}

#[test]
fn the_operator_closes_what_could_not_be_delivered() {
    let event = OrderUndelivered {
        order_number: number(),
        reason: CancelReason::NoContact,
        borne_by: BorneBy::Customer,
        refund_amount: won(10_000),
        method: CARD,
        erase_at: t(60 + 90 * 24 * 60),
    };
    let state = once(OrderStatus::Delivering, t(60), close_undelivered(Some(10_000))).then([event.into()]).unwrap();
    assert_eq!(state.status(), OrderStatus::Undelivered);
    once(OrderStatus::Undelivered, t(61), close_undelivered(None)).then_nothing();
}

#[test]
fn only_what_is_on_its_way_can_be_closed_as_undelivered() {
    for status in [OrderStatus::AwaitingPayment, OrderStatus::Placed, OrderStatus::Ready, OrderStatus::CancelRequested]
    {
        once(status, t(60), close_undelivered(None)).then_rejected(&Rejection::NotDelivering);
    }
    once(OrderStatus::Delivered, t(60), close_undelivered(None)).then_rejected(&Rejection::Ended(End::Delivered));
    let too_much = close_undelivered(Some(48_001));
    once(OrderStatus::Delivering, t(60), too_much).then_rejected(&Rejection::RefundTooLarge { left: won(48_000) });
}
