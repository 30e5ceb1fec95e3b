use kernel::Context;
use kernel::decider::{Decider, Silence, Wait};
use kernel::order::{CancelCause, OrderStatus, PaymentMethod, Progress};

use super::super::{Order, State};
use crate::domain::commands::What;
use crate::domain::tests::fixtures::*;
use crate::domain::waits::{self, Awaited, WaitingFor, command_when_due, waiting_for};

fn state(status: OrderStatus) -> State {
    Order::replay(&story_to(status))
}

fn wait(what: &'static str, until: kernel::Time, presumes: &'static [Silence]) -> Vec<Wait> {
    vec![Wait { what, until, presumes }]
}

#[test]
fn an_unpaid_order_waits_for_the_end_of_its_hold_and_presumes_that_pay_is_silent() {
    let pay_silent = &[Silence { of: Context::Pay, grace_seconds: 0 }];
    for status in [OrderStatus::AwaitingPayment, OrderStatus::PaymentFailed] {
        assert_eq!(Order::waits(&state(status)), wait(waits::UNPAID_HOLD, t(10), pay_silent));
        assert_eq!(command_when_due(waits::UNPAID_HOLD, &state(status)), Some(What::ExpireOrder));
    }
}

#[test]
fn an_open_attempt_waits_for_its_outcome_and_presumes_nothing() {
    let state = Order::replay(&story([(t(0), create(Some(PaymentMethod::Card)))]));
    assert_eq!(Order::waits(&state), wait(waits::PAYMENT_OUTCOME, s(10), &[]));
    let due = command_when_due(waits::PAYMENT_OUTCOME, &state);
    assert_eq!(due, Some(What::DoubtPayment { attempt: 1 }));
}

#[test]
fn an_attempt_in_doubt_waits_for_pay_and_then_for_an_operator() {
    let state = state(OrderStatus::PaymentChecking);
    assert_eq!(Order::waits(&state), []);
    let until = s(10 + 3600);
    assert_eq!(waiting_for(&state.unwrap()), Some(WaitingFor { what: Awaited::PaymentOutcome, until }));
}

#[test]
fn a_placed_order_waits_for_the_store_until_anything_is_heard_of_it() {
    let store_silent = &[Silence { of: Context::Store, grace_seconds: 0 }];
    let placed = state(OrderStatus::Placed);
    assert_eq!(Order::waits(&placed), wait(waits::STORE_UNREACHABLE, s(1 + 3600), store_silent));
    assert_eq!(command_when_due(waits::STORE_UNREACHABLE, &placed), Some(unreachable()));
    assert_eq!(Order::waits(&state(OrderStatus::Accepted)), []);
}

#[test]
fn a_refused_cancel_shows_that_the_store_is_there() {
    let mut events = story_to(OrderStatus::CancelRequested);
    let refuse = What::RefuseCancel { reason: kernel::order::RefuseReason::Accepted };
    events.extend(Order::decide(&Order::replay(&events), at(t(2), refuse)).unwrap());
    assert_eq!(Order::waits(&Order::replay(&events)), []);
}

#[test]
fn a_cancel_waits_three_minutes_and_ten_more_where_store_cannot_be_read() {
    let store_silent = &[Silence { of: Context::Store, grace_seconds: 600 }];
    let asked = state(OrderStatus::CancelRequested);
    assert_eq!(Order::waits(&asked), wait(waits::CANCEL_UNANSWERED, t(4), store_silent));
    let due = command_when_due(waits::CANCEL_UNANSWERED, &asked).unwrap();
    assert!(matches!(due, What::CancelOrder { cause: CancelCause::CustomerAsked, refund_amount: None, .. }));
}

#[test]
fn an_ended_order_waits_for_its_personal_data_to_be_erased_and_then_for_nothing() {
    let mut events = story_to(OrderStatus::Delivered);
    let ended = Order::replay(&events);
    assert_eq!(Order::waits(&ended), wait(waits::PERSONAL_DATA, t(50 + 90 * 24 * 60), &[]));
    assert_eq!(command_when_due(waits::PERSONAL_DATA, &ended), Some(What::ErasePersonalData));
    events.extend(Order::decide(&ended, at(t(60), What::ErasePersonalData)).unwrap());
    assert_eq!(Order::waits(&Order::replay(&events)), []);
}

#[test]
fn a_wait_that_no_longer_holds_asks_for_nothing() {
    assert_eq!(command_when_due(waits::UNPAID_HOLD, &state(OrderStatus::Placed)), None);
    assert_eq!(command_when_due(waits::CANCEL_UNANSWERED, &state(OrderStatus::Placed)), None);
    assert_eq!(command_when_due(waits::PERSONAL_DATA, &None), None);
}

#[test]
fn every_live_order_waits_visibly_for_something() {
    for status in STATUSES {
        let order = state(status).unwrap();
        assert_eq!(waiting_for(&order).is_none(), status.is_end(), "{status:?}");
    }
    let waits = |status| waiting_for(&state(status).unwrap()).unwrap();
    assert_eq!(waits(OrderStatus::AwaitingPayment), WaitingFor { what: Awaited::Payment, until: t(10) });
    assert_eq!(waits(OrderStatus::Placed), WaitingFor { what: Awaited::StoreAnswer, until: s(3601) });
    assert_eq!(waits(OrderStatus::Cooking), WaitingFor { what: Awaited::Arrival, until: t(45) });
    assert_eq!(waits(OrderStatus::CancelRequested), WaitingFor { what: Awaited::CancelAnswer, until: t(4) });
    let received = [(t(0), create(Some(PaymentMethod::Card))), (s(1), approved(1, s(1))), (t(1), receive())];
    let received = Order::replay(&story(received)).unwrap();
    assert_eq!(waiting_for(&received), Some(WaitingFor { what: Awaited::StoreAnswer, until: t(11) }));
}

#[test]
fn progress_that_overtook_the_acceptance_still_waits_with_a_deadline() {
    let commands =
        [(t(0), create(Some(PaymentMethod::Card))), (s(1), approved(1, s(1))), (t(9), progress(Progress::Delivering))];
    assert!(waiting_for(&Order::replay(&story(commands)).unwrap()).is_some());
}
