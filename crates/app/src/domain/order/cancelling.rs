//! Calling an order off. Before it is paid that is the customer's alone; afterwards the ticket is the authority.

use kernel::events::app::{CancelRefused, CancelRequested, OrderCancelled, OrderUndelivered, PaidSoFar};
use kernel::money::Amount;
use kernel::order::{BorneBy, CancelCause, CancelReason, OrderStatus, PaymentMethod, Progress, RefuseReason};
use kernel::personal::PersonalData;

use super::refunding::decided;
use super::state::{CancelAsked, End, Known, Live, Stage};
use super::{Decision, Now, Rejection, one};

/// Who bears a cancel that nobody decided about.
pub fn borne_by(cause: CancelCause) -> BorneBy {
    match cause {
        CancelCause::CustomerAsked => BorneBy::Customer,
        CancelCause::StoreRejected | CancelCause::StoreWithdrew => BorneBy::Store,
        CancelCause::StoreUnreachable | CancelCause::OperatorDecided | CancelCause::PaidTooLate => BorneBy::Platform,
    }
}

pub(super) fn request(
    order: &Known,
    cause: CancelCause,
    reason: CancelReason,
    words: Option<String>,
    now: Now,
) -> Decision {
    let private = words.map(|words| Box::new(PersonalData { words: Some(words), ..PersonalData::default() }));
    match &order.stage {
        Stage::Unpaid(_) if cause == CancelCause::StoreUnreachable => Err(Rejection::NotPlaced),
        Stage::Unpaid(_) => {
            Ok(one(OrderCancelled { private, ..cancelled(order, cause, reason, borne_by(cause), now) }))
        }
        Stage::Live(live) if live.cancel.is_some() => Ok(Vec::new()),
        Stage::Live(live) if cause == CancelCause::StoreUnreachable && live.store_heard => Ok(Vec::new()),
        Stage::Live(live) => {
            not_too_late(live)?;
            Ok(one(CancelRequested {
                order_number: order.details.order_number.clone(),
                cause,
                reason,
                answer_by: now.plus(now.waits.cancel_unanswered),
                private,
            }))
        }
        Stage::Ended(ended) => match ended.how {
            End::Cancelled => Ok(Vec::new()),
            End::Delivered => Err(Rejection::AlreadyDelivered),
            end @ (End::Expired | End::Undelivered) => Err(Rejection::Ended(end)),
        },
    }
}

/// From the pan on, an order is not called off by whoever did not cook it.
fn not_too_late(live: &Live) -> Result<(), Rejection> {
    match live.furthest {
        None | Some(Progress::Accepted) => Ok(()),
        Some(Progress::Cooking | Progress::Ready) => Err(Rejection::CookingStarted),
        Some(Progress::Delivering) => Err(Rejection::OnItsWay),
    }
}

pub(super) fn confirm(order: &Known, now: Now) -> Decision {
    match &order.stage {
        Stage::Live(Live { cancel: Some(asked), .. }) => Ok(one(granted(order, *asked, now))),
        Stage::Unpaid(_) | Stage::Live(_) => Err(Rejection::NoCancelRequested),
        Stage::Ended(ended) => match ended.how {
            End::Cancelled => Ok(Vec::new()),
            end @ (End::Expired | End::Delivered | End::Undelivered) => Err(Rejection::Ended(end)),
        },
    }
}

fn granted(order: &Known, asked: CancelAsked, now: Now) -> OrderCancelled {
    cancelled(order, asked.cause, asked.reason, borne_by(asked.cause), now)
}

pub(super) fn refuse(order: &Known, reason: RefuseReason) -> Decision {
    match &order.stage {
        Stage::Live(Live { cancel: Some(asked), eta, .. }) => Ok(one(CancelRefused {
            order_number: order.details.order_number.clone(),
            cause: asked.cause,
            reason,
            eta: *eta,
        })),
        Stage::Live(_) => Ok(Vec::new()),
        Stage::Unpaid(_) => Err(Rejection::NoCancelRequested),
        // The customer won meanwhile, or the food is there: the ticket hears of it in app's own events.
        Stage::Ended(ended) => Err(Rejection::Ended(ended.how)),
    }
}

pub(super) fn cancel(
    order: &Known,
    cause: CancelCause,
    reason: CancelReason,
    borne_by: BorneBy,
    refund_amount: Option<Amount>,
    now: Now,
) -> Decision {
    if let Stage::Ended(ended) = &order.stage {
        return match ended.how {
            End::Cancelled => Ok(Vec::new()),
            end @ (End::Expired | End::Delivered | End::Undelivered) => Err(Rejection::Ended(end)),
        };
    }
    let refund_amount = match cause {
        CancelCause::CustomerAsked | CancelCause::StoreUnreachable | CancelCause::PaidTooLate => {
            return unanswered(order, now);
        }
        CancelCause::StoreRejected => {
            rejectable(placed(order)?)?;
            decided(order, refund_amount)?
        }
        CancelCause::StoreWithdrew => {
            placed(order)?;
            // The ticket is gone whatever its amount says; a part may have been refunded meanwhile.
            decided(order, refund_amount.map(|amount| amount.min(order.refundable_amount())))?
        }
        CancelCause::OperatorDecided => decided(order, refund_amount)?,
    };
    Ok(one(OrderCancelled { refund_amount, ..cancelled(order, cause, reason, borne_by, now) }))
}

/// The ticket did not answer in time: whoever asked for the cancel wins.
fn unanswered(order: &Known, now: Now) -> Decision {
    match &order.stage {
        Stage::Live(Live { cancel: Some(asked), .. }) => Ok(one(granted(order, *asked, now))),
        Stage::Unpaid(_) | Stage::Live(_) | Stage::Ended(_) => Err(Rejection::NoCancelRequested),
    }
}

fn placed(order: &Known) -> Result<&Live, Rejection> {
    match &order.stage {
        Stage::Unpaid(_) => Err(Rejection::NotPlaced),
        Stage::Live(live) => Ok(live),
        Stage::Ended(ended) => Err(Rejection::Ended(ended.how)),
    }
}

/// A ticket is rejected before it is cooked; while a cancel is asked for, that settles it either way.
fn rejectable(live: &Live) -> Result<(), Rejection> {
    if live.cancel.is_some() { Ok(()) } else { not_too_late(live) }
}

pub(super) fn close_undelivered(
    order: &Known,
    reason: CancelReason,
    borne_by: BorneBy,
    refund_amount: Option<Amount>,
    now: Now,
) -> Decision {
    match &order.stage {
        Stage::Live(live) if order.status() == OrderStatus::Delivering => Ok(one(OrderUndelivered {
            order_number: order.details.order_number.clone(),
            reason,
            borne_by,
            refund_amount: decided(order, refund_amount)?,
            method: live.method,
            erase_at: now.erase_at(),
        })),
        Stage::Unpaid(_) | Stage::Live(_) => Err(Rejection::NotDelivering),
        Stage::Ended(ended) => match ended.how {
            End::Undelivered => Ok(Vec::new()),
            end @ (End::Expired | End::Delivered | End::Cancelled) => Err(Rejection::Ended(end)),
        },
    }
}

/// The order called off, with all that is left of its price going back.
pub(super) fn cancelled(
    order: &Known,
    cause: CancelCause,
    reason: CancelReason,
    borne_by: BorneBy,
    now: Now,
) -> OrderCancelled {
    let (paid, method) = paid_so_far(order);
    OrderCancelled {
        order_number: order.details.order_number.clone(),
        cause,
        reason,
        borne_by,
        refund_amount: order.refundable_amount(),
        paid,
        method,
        erase_at: now.erase_at(),
        private: None,
    }
}

fn paid_so_far(order: &Known) -> (PaidSoFar, Option<PaymentMethod>) {
    match &order.stage {
        Stage::Unpaid(unpaid) => match &unpaid.open {
            Some(open) => (PaidSoFar::Unknown, Some(open.method)),
            None => (PaidSoFar::Nothing, None),
        },
        Stage::Live(live) => (PaidSoFar::Everything, Some(live.method)),
        Stage::Ended(ended) => (ended.paid, ended.method),
    }
}
