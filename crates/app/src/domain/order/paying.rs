//! From creation to the moment an order is paid, or will never be.

use kernel::Time;
use kernel::events::app::{
    AppEvent, OrderCreated, OrderDetails, OrderExpired, OrderPlaced, PaidSoFar, PaymentDeferred, PaymentFailed,
    PaymentStarted, PaymentUnconfirmed,
};
use kernel::order::{BorneBy, CancelCause, CancelReason, PaymentCode, PaymentMethod};

use super::cancelling::cancelled;
use super::state::{End, Ended, Known, Live, OpenAttempt, Stage, Unpaid};
use super::{Decision, Now, Rejection, one};
use crate::domain::commands::{CreateOrder, Outcome};

pub(super) fn create(existing: Option<&Known>, create: CreateOrder, now: Now) -> Decision {
    if let Some(order) = existing {
        let same = order.details == create.details;
        return if same { Ok(Vec::new()) } else { Err(Rejection::AlreadyExists) };
    }
    let first_attempt = create.pay_with.map(|method| AppEvent::from(started(&create.details, 1, method, now)));
    let created = OrderCreated {
        details: create.details,
        hold_ends_at: now.plus(now.waits.unpaid_hold),
        created_at: now.at,
        private: Some(Box::new(create.private)),
    };
    Ok(std::iter::once(created.into()).chain(first_attempt).collect())
}

pub(super) fn start(order: &Known, method: PaymentMethod, attempt: Option<u32>, now: Now) -> Decision {
    let unpaid = unpaid(order)?;
    if unpaid.open.is_some() {
        return Err(Rejection::PaymentInProgress);
    }
    if now.at >= order.hold_ends_at {
        return Err(Rejection::HoldOver);
    }
    let next = order.next_attempt();
    if attempt.is_some_and(|attempt| attempt != next) {
        return Err(Rejection::NotTheNextAttempt);
    }
    Ok(one(started(&order.details, next, method, now)))
}

fn unpaid(order: &Known) -> Result<&Unpaid, Rejection> {
    match &order.stage {
        Stage::Unpaid(unpaid) => Ok(unpaid),
        Stage::Live(_) => Err(Rejection::AlreadyPaid),
        Stage::Ended(ended) => match ended.how {
            End::Expired => Err(Rejection::HoldOver),
            end @ (End::Delivered | End::Undelivered | End::Cancelled) => Err(Rejection::Ended(end)),
        },
    }
}

fn started(details: &OrderDetails, attempt: u32, method: PaymentMethod, now: Now) -> PaymentStarted {
    PaymentStarted {
        order_number: details.order_number.clone(),
        attempt,
        amount: details.total_amount,
        method,
        started_at: now.at,
        doubt_at: now.plus(now.waits.payment_outcome),
    }
}

pub(super) fn record(order: &Known, attempt: u32, outcome: Outcome, now: Now) -> Decision {
    if attempt == 0 || attempt > order.attempts {
        return Err(Rejection::NoSuchAttempt);
    }
    match (&order.stage, outcome) {
        (Stage::Unpaid(Unpaid { open: Some(open), .. }), outcome) if open.attempt == attempt => {
            Ok(resolve(order, open, outcome, now))
        }
        (Stage::Live(Live { attempt: paid, .. }), Outcome::Approved { .. }) if *paid == attempt => Ok(Vec::new()),
        (Stage::Ended(Ended { attempt: paid, .. }), Outcome::Approved { .. }) if *paid == Some(attempt) => {
            Ok(Vec::new())
        }
        // Money that came in too late to pay for anything: pay gives it back, and its refund is recorded here.
        (Stage::Ended(ended), Outcome::Approved { .. }) => Err(Rejection::Ended(ended.how)),
        (Stage::Unpaid(_) | Stage::Live(_), Outcome::Approved { .. }) => Err(Rejection::AttemptClosed),
        (_, Outcome::Declined { .. } | Outcome::NotSent { .. } | Outcome::Abandoned) => Ok(Vec::new()),
    }
}

/// The outcome of the attempt that is awaited.
fn resolve(order: &Known, open: &OpenAttempt, outcome: Outcome, now: Now) -> Vec<AppEvent> {
    match outcome {
        Outcome::Approved { method, approved_at } => {
            let too_late = |at: Time| at.duration_since(open.started_at) > now.waits.late_approval;
            if too_late(approved_at) || too_late(now.at) {
                return one(paid_too_late(order, method, now));
            }
            one(placed(order, open.attempt, method, now))
        }
        Outcome::Declined { code } => one(failed(order, open.attempt, code, now)),
        Outcome::NotSent { retry_at } => one(deferred(order, open.attempt, retry_at, now)),
        Outcome::Abandoned => one(deferred(order, open.attempt, now.at, now)),
    }
}

/// Nobody wants dinner an hour late.
fn paid_too_late(order: &Known, method: PaymentMethod, now: Now) -> AppEvent {
    let mut event = cancelled(order, CancelCause::PaidTooLate, CancelReason::LatePayment, BorneBy::Platform, now);
    event.refund_amount = order.details.total_amount;
    event.paid = PaidSoFar::Everything;
    event.method = Some(method);
    event.into()
}

fn placed(order: &Known, attempt: u32, method: PaymentMethod, now: Now) -> OrderPlaced {
    OrderPlaced {
        details: order.details.clone(),
        attempt,
        method,
        placed_at: now.at,
        unreachable_at: now.plus(now.waits.store_unreachable),
        private: order.private.clone(),
    }
}

fn failed(order: &Known, attempt: u32, code: PaymentCode, now: Now) -> PaymentFailed {
    PaymentFailed {
        order_number: order.details.order_number.clone(),
        attempt,
        code,
        hold_ends_at: hold_after_attempt(order, now),
        amount: order.details.total_amount,
    }
}

fn deferred(order: &Known, attempt: u32, retry_at: Time, now: Now) -> PaymentDeferred {
    PaymentDeferred {
        order_number: order.details.order_number.clone(),
        attempt,
        retry_at,
        hold_ends_at: hold_after_attempt(order, now),
        amount: order.details.total_amount,
    }
}

/// Whoever's attempt came to nothing has a little time left to try again.
fn hold_after_attempt(order: &Known, now: Now) -> Time {
    order.hold_ends_at.max(now.plus(now.waits.hold_after_attempt))
}

pub(super) fn doubt(order: &Known, attempt: u32, now: Now) -> Decision {
    if attempt == 0 || attempt > order.attempts {
        return Err(Rejection::NoSuchAttempt);
    }
    match order.open_attempt() {
        Some(open) if open.attempt == attempt && open.operator_at.is_none() => Ok(one(PaymentUnconfirmed {
            order_number: order.details.order_number.clone(),
            attempt,
            amount: order.details.total_amount,
            operator_at: now.plus(now.waits.unresolved),
        })),
        Some(_) | None => Ok(Vec::new()),
    }
}

pub(super) fn expire(order: &Known, now: Now) -> Decision {
    match &order.stage {
        Stage::Unpaid(unpaid) if unpaid.open.is_some() => Err(Rejection::PaymentInProgress),
        Stage::Unpaid(_) if now.at < order.hold_ends_at => Err(Rejection::HoldNotOver),
        Stage::Unpaid(_) => {
            Ok(one(OrderExpired { order_number: order.details.order_number.clone(), erase_at: now.erase_at() }))
        }
        Stage::Live(_) => Err(Rejection::AlreadyPaid),
        Stage::Ended(ended) => match ended.how {
            End::Expired => Ok(Vec::new()),
            end @ (End::Delivered | End::Undelivered | End::Cancelled) => Err(Rejection::Ended(end)),
        },
    }
}
