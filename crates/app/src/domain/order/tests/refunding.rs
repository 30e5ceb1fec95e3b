use kernel::events::app::{OrderAdjusted, RefundOutcome, RefundRecorded};
use kernel::lang::Localized;
use kernel::order::{
    AdjustReason, AdjustmentError, BorneBy, CancelCause, LineLeft, OrderStatus, PaymentMethod, RefundStatus,
};

use super::super::{End, Known, Rejection};
use super::{after, once, state_after};
use crate::domain::commands::What;
use crate::domain::tests::fixtures::*;

const DONE: RefundOutcome = RefundOutcome::Done;
const FAILED: RefundOutcome = RefundOutcome::Failed;

fn placed_and(commands: Vec<(kernel::Time, What)>) -> Vec<(kernel::Time, What)> {
    let placed = vec![(t(0), create(Some(PaymentMethod::Card))), (s(1), approved(1, s(1)))];
    [placed, commands].concat()
}

fn money(state: &Known) -> (RefundStatus, i64, i64) {
    (state.refund_status(), state.refunded_amount().minor(), state.total_amount().minor())
}

fn without_cheese_balls() -> OrderAdjusted {
    OrderAdjusted {
        order_number: number(),
        adjustment_id: id(1),
        lines: vec![LineLeft { line_id: id(2), quantity: 0 }],
        amount: won(5_000),
        reason: AdjustReason::Missing,
        borne_by: BorneBy::Store,
        summary: Localized::new("치즈볼 1개", "Cheese Balls x 1"),
    }
}

#[test]
fn a_part_is_taken_out_of_an_order_that_goes_on() {
    for status in [OrderStatus::Placed, OrderStatus::Cooking, OrderStatus::CancelRequested, OrderStatus::Delivered] {
        let state = once(status, t(55), adjust(1, 2, 0)).then([without_cheese_balls().into()]).unwrap();
        assert_eq!(state.status(), status);
        assert_eq!((state.items_amount(), state.total_amount()), (won(40_000), won(43_000)));
        assert_eq!(state.details.lines[1].quantity, 0);
    }
}

#[test]
fn the_same_adjustment_again_changes_nothing() {
    after(placed_and(vec![(t(1), adjust(1, 2, 0))]), t(2), adjust(1, 2, 0)).then_nothing();
}

#[test]
fn an_adjustment_takes_something_of_a_line_that_is_there() {
    let nothing = Rejection::Adjustment(AdjustmentError::NothingTaken);
    once(OrderStatus::Placed, t(1), adjust(1, 2, 7)).then_rejected(&nothing);
    after(placed_and(vec![(t(1), adjust(1, 2, 0))]), t(2), adjust(2, 2, 1)).then_rejected(&nothing);
    once(OrderStatus::Placed, t(1), adjust(1, 9, 0)).then_rejected(&Rejection::Adjustment(AdjustmentError::NoSuchLine));
}

#[test]
fn taking_out_what_is_out_already_changes_nothing() {
    after(placed_and(vec![(t(1), adjust(1, 2, 0))]), t(2), adjust(2, 2, 0)).then_nothing();
    once(OrderStatus::Delivered, t(55), adjust(1, 2, 1)).then_nothing();
}

fn adjust_all() -> What {
    What::AdjustOrder {
        adjustment_id: id(3),
        lines: vec![LineLeft { line_id: id(1), quantity: 0 }, LineLeft { line_id: id(2), quantity: 0 }],
        reason: AdjustReason::Late,
        borne_by: BorneBy::Platform,
    }
}

#[test]
fn taking_everything_out_is_a_cancel_unless_it_was_delivered() {
    once(OrderStatus::Cooking, t(5), adjust_all()).then_rejected(&Rejection::NothingLeft);
    let event = OrderAdjusted {
        adjustment_id: id(3),
        lines: vec![LineLeft { line_id: id(1), quantity: 0 }, LineLeft { line_id: id(2), quantity: 0 }],
        amount: won(45_000),
        reason: AdjustReason::Late,
        borne_by: BorneBy::Platform,
        summary: Localized::new("후라이드 2개 외 1건", "Fried Chicken x 2 and 1 more"),
        ..without_cheese_balls()
    };
    once(OrderStatus::Delivered, t(55), adjust_all()).then([event.into()]);
}

#[test]
fn nothing_is_taken_out_before_payment_or_after_a_cancel() {
    once(OrderStatus::AwaitingPayment, t(1), adjust(1, 2, 0)).then_rejected(&Rejection::NotPlaced);
    once(OrderStatus::Cancelled, t(3), adjust(1, 2, 0)).then_rejected(&Rejection::Ended(End::Cancelled));
    once(OrderStatus::Undelivered, t(61), adjust(1, 2, 0)).then_rejected(&Rejection::Ended(End::Undelivered));
}

#[test]
fn the_refund_of_an_adjustment_is_pending_and_then_done() {
    let adjusted = placed_and(vec![(t(1), adjust(1, 2, 0))]);
    assert_eq!(money(&state_after(adjusted.clone())), (RefundStatus::Pending, 0, 43_000));
    let recorded = RefundRecorded {
        order_number: number(),
        refund_id: id(1),
        amount: won(5_000),
        outcome: DONE,
        method: PaymentMethod::Card,
        adjustment: Some(id(1)),
        at: t(2),
    };
    let state = after(adjusted, t(2), refund(1, 5_000, DONE)).then([recorded.into()]).unwrap();
    assert_eq!(money(&state), (RefundStatus::Done, 5_000, 43_000));
}

#[test]
fn the_refund_of_a_cancel_is_pending_and_then_done() {
    let cancelled = placed_and(vec![(t(1), cancel(CancelCause::OperatorDecided, Some(20_000)))]);
    assert_eq!(money(&state_after(cancelled.clone())), (RefundStatus::Pending, 0, 48_000));
    let done = [cancelled, vec![(t(2), refund(5, 20_000, DONE))]].concat();
    assert_eq!(money(&state_after(done.clone())), (RefundStatus::Done, 20_000, 48_000));
    after(done, t(3), refund(5, 20_000, DONE)).then_nothing();
}

#[test]
fn a_cancel_without_a_refund_leaves_nothing_pending() {
    let cancelled = placed_and(vec![(t(1), cancel(CancelCause::OperatorDecided, Some(0)))]);
    assert_eq!(money(&state_after(cancelled)), (RefundStatus::None, 0, 48_000));
}

#[test]
fn a_failed_refund_is_settled_by_hand() {
    let failed =
        placed_and(vec![(t(1), cancel(CancelCause::OperatorDecided, None)), (t(2), refund(5, 48_000, FAILED))]);
    assert_eq!(money(&state_after(failed.clone())), (RefundStatus::Failed, 0, 48_000));
    after(failed.clone(), t(3), refund(5, 48_000, FAILED)).then_nothing();
    let settled = [failed, vec![(t(3), refund(5, 48_000, DONE))]].concat();
    assert_eq!(money(&state_after(settled.clone())), (RefundStatus::Done, 48_000, 48_000));
    after(settled, t(4), refund(5, 48_000, FAILED)).then_nothing();
}

#[test]
fn what_turns_out_paid_for_a_cancelled_order_is_refunded_whole() {
    let history = vec![
        (t(0), create(Some(PaymentMethod::Card))),
        (s(10), What::DoubtPayment { attempt: 1 }),
        (t(1), ask_cancel()),
    ];
    assert_eq!(state_after(history.clone()).refund_status(), RefundStatus::None);
    let refunded = [history, vec![(t(3), refund(8, 48_000, DONE))]].concat();
    assert_eq!(money(&state_after(refunded)), (RefundStatus::Done, 48_000, 48_000));
}

#[test]
fn a_charge_in_error_that_went_back_does_not_hide_a_pending_refund() {
    let history = placed_and(vec![(t(1), refund(8, 48_000, DONE)), (t(2), cancel(CancelCause::OperatorDecided, None))]);
    assert_eq!(state_after(history).refund_status(), RefundStatus::Pending);
}
