//! The payment's specification.

mod attempts;
mod closing;
mod refunds;

use jiff::SignedDuration;
use kernel::Time;
use kernel::decider::Decider;
use kernel::events::pay::{
    AttemptAbandoned, PayEvent, PaymentApproved, PaymentClosed, PaymentDeclined, PaymentInDoubt, PaymentRefunded,
    PaymentRequested, RefundFailed, RefundReason, RefundRequested, RefundSettledByHand,
};
use kernel::ids::{OrderId, RefundId};
use kernel::money::{Amount, Currency};
use kernel::order::{BorneBy, OrderNumber, PaymentCode, PaymentMethod};
use kernel::testing::given;
use uuid::Uuid;

use super::{Payment, Rejection, closing_refund, reference};
use crate::domain::commands::{Command, Outcome, RefundOutcome, What};
use crate::domain::waits::Waits;

const PRICE: Amount = Amount::new(31_500);

fn order() -> OrderId {
    OrderId::from(Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001))
}

fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

/// Seconds after noon.
fn at(seconds: i64) -> Time {
    Time::from_second(1_795_320_000 + seconds).unwrap()
}

fn when_at(seconds: i64, what: What) -> Command {
    Command { order_id: order(), at: at(seconds), waits: Waits::default(), what }
}

fn now(what: What) -> Command {
    when_at(0, what)
}

fn refund_id(n: u128) -> RefundId {
    RefundId::from(Uuid::from_u128(n))
}

fn request(attempt: u32) -> What {
    What::RequestPayment {
        order_number: number(),
        attempt,
        amount: PRICE,
        currency: Currency::Krw,
        method: PaymentMethod::Card,
    }
}

fn approve(attempt: u32) -> What {
    What::RecordOutcome { attempt, outcome: Outcome::Approved { approved_at: at(1) } }
}

fn outcome(attempt: u32, outcome: Outcome) -> What {
    What::RecordOutcome { attempt, outcome }
}

fn resolve(attempt: u32) -> What {
    What::ResolvePayment { order_number: number(), attempt }
}

fn close(refund_amount: Option<i64>) -> What {
    What::ClosePayment {
        order_number: number(),
        refund_amount: refund_amount.map(Amount::new),
        reason: RefundReason::Cancelled,
        borne_by: BorneBy::Store,
    }
}

fn give_back(n: u128, amount: i64) -> What {
    What::RequestRefund {
        refund_id: refund_id(n),
        amount: Amount::new(amount),
        reason: RefundReason::Adjusted,
        borne_by: BorneBy::Rider,
    }
}

fn requested(attempt: u32) -> PayEvent {
    PaymentRequested {
        order_number: number(),
        attempt,
        reference: reference(order(), attempt),
        amount: PRICE,
        currency: Currency::Krw,
        method: PaymentMethod::Card,
        requested_at: at(0),
    }
    .into()
}

fn approved(attempt: u32) -> PayEvent {
    PaymentApproved { order_number: number(), attempt, amount: PRICE, method: PaymentMethod::Card, approved_at: at(1) }
        .into()
}

fn declined(attempt: u32) -> PayEvent {
    PaymentDeclined { order_number: number(), attempt, code: PaymentCode::Card }.into()
}

fn in_doubt(attempt: u32) -> PayEvent {
    PaymentInDoubt { order_number: number(), attempt }.into()
}

fn abandoned(attempt: u32) -> PayEvent {
    AttemptAbandoned { order_number: number(), attempt }.into()
}

fn closed(refund_amount: Option<i64>) -> PayEvent {
    PaymentClosed {
        order_number: number(),
        reason: RefundReason::Cancelled,
        borne_by: BorneBy::Store,
        refund_amount: refund_amount.map(Amount::new),
    }
    .into()
}

fn refund(attempt: u32, amount: i64, reason: RefundReason, borne_by: BorneBy) -> PayEvent {
    RefundRequested {
        order_number: number(),
        refund_id: closing_refund(order(), attempt),
        attempt,
        amount: Amount::new(amount),
        reason,
        borne_by,
        requested_at: at(0),
    }
    .into()
}

fn close_refund(attempt: u32, amount: i64) -> PayEvent {
    refund(attempt, amount, RefundReason::Cancelled, BorneBy::Store)
}

fn error_refund(attempt: u32) -> PayEvent {
    refund(attempt, PRICE.minor(), RefundReason::ChargedInError, BorneBy::Platform)
}

fn part_refund(n: u128, amount: i64) -> PayEvent {
    RefundRequested {
        order_number: number(),
        refund_id: refund_id(n),
        attempt: 1,
        amount: Amount::new(amount),
        reason: RefundReason::Adjusted,
        borne_by: BorneBy::Rider,
        requested_at: at(0),
    }
    .into()
}

fn refunded(n: u128, amount: i64) -> PayEvent {
    PaymentRefunded {
        order_number: number(),
        refund_id: refund_id(n),
        amount: Amount::new(amount),
        method: PaymentMethod::Card,
        refunded_at: at(2),
    }
    .into()
}

fn failed(n: u128, amount: i64) -> PayEvent {
    RefundFailed {
        order_number: number(),
        refund_id: refund_id(n),
        amount: Amount::new(amount),
        method: PaymentMethod::Card,
        code: "NOT_REFUNDABLE".to_owned(),
    }
    .into()
}

fn settled(n: u128, amount: i64, seconds: i64) -> PayEvent {
    RefundSettledByHand {
        order_number: number(),
        refund_id: refund_id(n),
        amount: Amount::new(amount),
        method: PaymentMethod::Card,
        settled_at: at(seconds),
    }
    .into()
}

fn work_key(history: impl IntoIterator<Item = PayEvent>) -> Option<String> {
    let state = given::<Payment>(history).state();
    Payment::work(&state).map(|task| task.key)
}

#[test]
fn every_rejection_has_a_slug_of_its_own() {
    let all = [
        Rejection::Closed,
        Rejection::InProgress,
        Rejection::AlreadyPaid,
        Rejection::Abandoned,
        Rejection::AmountNotPositive,
        Rejection::UnknownAttempt,
        Rejection::TooEarly { until: at(0) },
        Rejection::NothingCharged,
        Rejection::MoreThanLeft { left: PRICE },
        Rejection::UnknownRefund,
        Rejection::AlreadyRefunded,
    ];
    let slugs: std::collections::BTreeSet<_> = all.iter().map(Rejection::slug).collect();
    assert_eq!(slugs.len(), all.len());
}

#[test]
fn the_refunds_that_closing_makes_differ_by_attempt_and_order() {
    let other = OrderId::from(Uuid::from_u128(order().uuid().as_u128() + 1));
    let mut ids: Vec<_> = [order(), other].iter().flat_map(|id| (1..50).map(|n| closing_refund(*id, n))).collect();
    ids.extend([order(), other].map(|id| RefundId::from(id.uuid())));
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
    assert_eq!(closing_refund(order(), 1).uuid().get_version_num(), 8);
}

#[test]
fn the_default_waits_are_those_of_the_wall() {
    let waits = Waits::default();
    assert_eq!(waits.not_found, SignedDuration::from_mins(2));
    assert_eq!(waits.operator, SignedDuration::from_hours(1));
}
