use kernel::events::app::{
    AppEvent, OrderCancelled, OrderCreated, OrderExpired, OrderPlaced, PaidSoFar, PaymentDeferred, PaymentFailed,
    PaymentStarted, PaymentUnconfirmed,
};
use kernel::order::{BorneBy, CancelCause, CancelReason, OrderStatus, PaymentCode, PaymentMethod};
use kernel::testing::given;

use super::super::{End, Order, Rejection, Stage};
use super::{after, once, state_after};
use crate::domain::commands::{CreateOrder, What};
use crate::domain::tests::fixtures::*;

const CARD: PaymentMethod = PaymentMethod::Card;
const DAYS_90: i64 = 90 * 24 * 60;

fn created() -> AppEvent {
    OrderCreated { details: details(), hold_ends_at: t(10), created_at: t(0), private: Some(Box::new(person())) }.into()
}

fn started(attempt: u32, seconds: i64) -> AppEvent {
    PaymentStarted {
        order_number: number(),
        attempt,
        amount: won(48_000),
        method: CARD,
        started_at: s(seconds),
        doubt_at: s(seconds + 10),
    }
    .into()
}

#[test]
fn an_order_without_payment_is_created_and_held_for_ten_minutes() {
    let state = given::<Order>([]).when(at(t(0), create(None))).then([created()]).unwrap();
    assert_eq!(state.status(), OrderStatus::AwaitingPayment);
    assert_eq!(state.private.as_deref(), Some(&person()));
}

#[test]
fn an_order_with_payment_begins_its_first_attempt_in_the_same_breath() {
    given::<Order>([]).when(at(t(0), create(Some(CARD)))).then([created(), started(1, 0)]);
}

#[test]
fn creating_the_same_order_again_changes_nothing() {
    given::<Order>([created()]).when(at(t(1), create(Some(CARD)))).then_nothing();
}

#[test]
fn another_order_cannot_take_the_id() {
    let mut other = details();
    other.prep_minutes = 5;
    let create = CreateOrder { details: other, private: person(), pay_with: None };
    let command = at(t(1), What::CreateOrder(Box::new(create)));
    given::<Order>([created()]).when(command).then_rejected(&Rejection::AlreadyExists);
}

#[test]
fn an_order_that_does_not_exist_cannot_be_paid() {
    given::<Order>([]).when(at(t(0), pay())).then_rejected(&Rejection::UnknownOrder);
}

#[test]
fn paying_later_begins_the_next_attempt() {
    once(OrderStatus::AwaitingPayment, s(60), pay()).then([started(1, 60)]);
    let state = once(OrderStatus::PaymentFailed, s(60), pay()).then([started(2, 60)]).unwrap();
    assert_eq!(state.status(), OrderStatus::AwaitingPayment);
}

#[test]
fn while_an_attempt_is_open_another_is_refused() {
    let history = vec![(t(0), create(Some(CARD)))];
    after(history, t(1), pay()).then_rejected(&Rejection::PaymentInProgress);
    once(OrderStatus::PaymentChecking, t(1), pay()).then_rejected(&Rejection::PaymentInProgress);
}

#[test]
fn an_attempt_that_the_provider_was_told_of_begins_only_if_it_is_the_next() {
    let paying = |attempt| What::StartPayment { method: CARD, attempt: Some(attempt) };
    once(OrderStatus::AwaitingPayment, t(1), paying(1)).then([started(1, 60)]);
    once(OrderStatus::AwaitingPayment, t(1), paying(2)).then_rejected(&Rejection::NotTheNextAttempt);
    once(OrderStatus::PaymentFailed, t(2), paying(1)).then_rejected(&Rejection::NotTheNextAttempt);
    once(OrderStatus::PaymentFailed, t(2), paying(3)).then_rejected(&Rejection::NotTheNextAttempt);
    once(OrderStatus::PaymentFailed, t(2), paying(2)).then([started(2, 120)]);
}

#[test]
fn nothing_is_paid_after_the_hold() {
    once(OrderStatus::AwaitingPayment, s(599), pay()).then([started(1, 599)]);
    once(OrderStatus::AwaitingPayment, t(10), pay()).then_rejected(&Rejection::HoldOver);
    once(OrderStatus::Expired, t(11), pay()).then_rejected(&Rejection::HoldOver);
}

#[test]
fn nothing_is_paid_twice_or_after_the_end() {
    once(OrderStatus::Placed, t(1), pay()).then_rejected(&Rejection::AlreadyPaid);
    once(OrderStatus::Cancelled, t(3), pay()).then_rejected(&Rejection::Ended(End::Cancelled));
}

#[test]
fn an_approved_attempt_places_the_order_and_repeats_it() {
    let history = vec![(t(0), create(Some(CARD)))];
    let placed = OrderPlaced {
        details: details(),
        attempt: 1,
        method: CARD,
        placed_at: s(2),
        unreachable_at: s(2 + 3600),
        private: Some(Box::new(person())),
    };
    let state = after(history, s(2), approved(1, s(1))).then([placed.into()]).unwrap();
    assert_eq!(state.status(), OrderStatus::Placed);
}

#[test]
fn the_same_approval_again_changes_nothing() {
    for status in [OrderStatus::Placed, OrderStatus::Cooking, OrderStatus::Delivered, OrderStatus::Cancelled] {
        once(status, t(61), approved(1, s(1))).then_nothing();
    }
}

#[test]
fn an_attempt_in_doubt_that_turns_out_approved_in_time_places_the_order() {
    let state = given::<Order>(story_to(OrderStatus::PaymentChecking)).when(at(t(9), approved(1, s(4))));
    let AppEvent::OrderPlaced(placed) = story_to(OrderStatus::Placed).pop().unwrap() else { panic!("not placed") };
    let placed = OrderPlaced { placed_at: t(9), unreachable_at: t(69), ..placed };
    state.then([placed.into()]);
}

fn paid_too_late(minutes: i64) -> AppEvent {
    OrderCancelled {
        order_number: number(),
        cause: CancelCause::PaidTooLate,
        reason: CancelReason::LatePayment,
        borne_by: BorneBy::Platform,
        refund_amount: won(48_000),
        paid: PaidSoFar::Everything,
        method: Some(CARD),
        erase_at: t(minutes + DAYS_90),
        private: None,
    }
    .into()
}

#[test]
fn an_approval_heard_of_too_late_cancels_the_order_and_refunds_it_whole() {
    once(OrderStatus::PaymentChecking, t(11), approved(1, s(4))).then([paid_too_late(11)]);
}

#[test]
fn an_approval_exactly_at_the_limit_still_places_the_order() {
    let state = once(OrderStatus::PaymentChecking, t(10), approved(1, t(10)));
    let AppEvent::OrderPlaced(placed) = story_to(OrderStatus::Placed).pop().unwrap() else { panic!("not placed") };
    state.then([OrderPlaced { placed_at: t(10), unreachable_at: t(70), ..placed }.into()]);
}

#[test]
fn a_late_approval_again_changes_nothing() {
    let history =
        vec![(t(0), create(Some(CARD))), (s(10), What::DoubtPayment { attempt: 1 }), (t(11), approved(1, t(11)))];
    after(history, t(12), approved(1, t(11))).then_nothing();
}

#[test]
fn money_for_an_attempt_that_is_over_does_not_place_the_order() {
    let deferred = vec![(t(0), create(Some(CARD))), (s(1), abandoned(1))];
    after(deferred.clone(), s(30), approved(1, s(2))).then_rejected(&Rejection::AttemptClosed);
    let second_open = [deferred, vec![(t(1), pay())]].concat();
    after(second_open.clone(), t(2), approved(1, s(2))).then_rejected(&Rejection::AttemptClosed);
    let second_paid = [second_open, vec![(t(2), approved(2, t(2)))]].concat();
    after(second_paid, t(3), approved(1, s(2))).then_rejected(&Rejection::AttemptClosed);
}

#[test]
fn money_for_an_order_that_ended_unpaid_does_not_revive_it() {
    let expired = vec![(t(0), create(Some(CARD))), (s(1), abandoned(1)), (t(10), What::ExpireOrder)];
    after(expired, t(11), approved(1, t(1))).then_rejected(&Rejection::Ended(End::Expired));
    let cancelled = vec![(t(0), create(Some(CARD))), (s(2), ask_cancel())];
    after(cancelled, s(3), approved(1, s(3))).then_rejected(&Rejection::Ended(End::Cancelled));
}

#[test]
fn an_attempt_that_was_never_begun_has_no_outcome() {
    once(OrderStatus::AwaitingPayment, t(1), approved(1, t(1))).then_rejected(&Rejection::NoSuchAttempt);
    once(OrderStatus::PaymentFailed, t(1), declined(0)).then_rejected(&Rejection::NoSuchAttempt);
    let doubt = What::DoubtPayment { attempt: 2 };
    once(OrderStatus::PaymentFailed, t(1), doubt).then_rejected(&Rejection::NoSuchAttempt);
}

fn failed(hold: kernel::Time) -> AppEvent {
    PaymentFailed {
        order_number: number(),
        attempt: 1,
        code: PaymentCode::Limit,
        hold_ends_at: hold,
        amount: won(48_000),
    }
    .into()
}

#[test]
fn a_declined_attempt_fails_and_leaves_the_hold() {
    let state = after(vec![(t(0), create(Some(CARD)))], s(1), declined(1)).then([failed(t(10))]).unwrap();
    assert!(matches!(&state.stage, Stage::Unpaid(unpaid) if unpaid.declined == Some(PaymentCode::Limit)));
    assert_eq!(state.status(), OrderStatus::PaymentFailed);
}

#[test]
fn whoever_fails_at_the_end_of_the_hold_has_two_more_minutes() {
    let history = vec![(t(0), create(None)), (t(9), pay())];
    let state = after(history, s(595), declined(1)).then([failed(s(595 + 120))]).unwrap();
    assert_eq!(state.hold_ends_at, s(715));
}

fn deferred(retry: kernel::Time, hold: kernel::Time) -> AppEvent {
    PaymentDeferred { order_number: number(), attempt: 1, retry_at: retry, hold_ends_at: hold, amount: won(48_000) }
        .into()
}

#[test]
fn an_attempt_that_was_not_sent_is_put_off() {
    let history = vec![(t(0), create(Some(CARD)))];
    let state = after(history, s(1), not_sent(1, s(31))).then([deferred(s(31), t(10))]).unwrap();
    assert_eq!(state.status(), OrderStatus::AwaitingPayment);
}

#[test]
fn an_abandoned_attempt_can_be_tried_again_at_once() {
    let state = once(OrderStatus::PaymentChecking, t(9), abandoned(1)).then([deferred(t(9), t(11))]).unwrap();
    assert_eq!(state.status(), OrderStatus::AwaitingPayment);
}

#[test]
fn late_answers_about_closed_attempts_change_nothing() {
    for answer in [declined(1), abandoned(1), not_sent(1, t(2))] {
        once(OrderStatus::PaymentFailed, t(1), answer.clone()).then_nothing();
        once(OrderStatus::Placed, t(1), answer.clone()).then_nothing();
        once(OrderStatus::Cancelled, t(3), answer).then_nothing();
    }
}

#[test]
fn an_attempt_without_an_answer_is_unconfirmed_once() {
    let unconfirmed =
        PaymentUnconfirmed { order_number: number(), attempt: 1, amount: won(48_000), operator_at: s(10 + 3600) };
    let doubt = What::DoubtPayment { attempt: 1 };
    let state = after(vec![(t(0), create(Some(CARD)))], s(10), doubt.clone()).then([unconfirmed.into()]).unwrap();
    assert_eq!(state.status(), OrderStatus::PaymentChecking);
    once(OrderStatus::PaymentChecking, s(20), doubt.clone()).then_nothing();
    once(OrderStatus::Placed, s(20), doubt).then_nothing();
}

#[test]
fn an_unpaid_order_expires_when_its_hold_is_over() {
    let expired = OrderExpired { order_number: number(), erase_at: t(10 + DAYS_90) };
    let state = once(OrderStatus::AwaitingPayment, t(10), What::ExpireOrder).then([expired.into()]).unwrap();
    assert_eq!(state.status(), OrderStatus::Expired);
    once(OrderStatus::Expired, t(11), What::ExpireOrder).then_nothing();
}

#[test]
fn an_order_does_not_expire_early_nor_while_an_attempt_is_open_nor_once_paid() {
    once(OrderStatus::AwaitingPayment, t(9), What::ExpireOrder).then_rejected(&Rejection::HoldNotOver);
    once(OrderStatus::PaymentChecking, t(20), What::ExpireOrder).then_rejected(&Rejection::PaymentInProgress);
    once(OrderStatus::Placed, t(20), What::ExpireOrder).then_rejected(&Rejection::AlreadyPaid);
    once(OrderStatus::Cancelled, t(20), What::ExpireOrder).then_rejected(&Rejection::Ended(End::Cancelled));
}

#[test]
fn attempts_are_numbered_without_gaps() {
    let state = state_after(vec![
        (t(0), create(Some(CARD))),
        (s(1), declined(1)),
        (s(2), pay()),
        (s(3), not_sent(2, s(9))),
        (s(10), pay()),
    ]);
    assert_eq!((state.attempts, state.open_attempt().unwrap().attempt), (3, 3));
}
