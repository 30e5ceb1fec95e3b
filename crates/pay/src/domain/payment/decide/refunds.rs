//! What goes back, and how it came out.

use kernel::events::pay::{
    PayEvent, PaymentRefunded, RefundFailed, RefundReason, RefundRequested, RefundSettledByHand,
};
use kernel::ids::RefundId;
use kernel::money::Amount;
use kernel::order::{BorneBy, OrderNumber, PaymentMethod};

use super::super::super::commands::RefundOutcome;
use super::super::super::waits::after;
use super::super::{Closing, PaymentState, Refund, RefundStanding, Rejection, closing_refund};
use super::{Decision, Scene, number};

/// An open attempt turned out charged: it goes back if the order is over, or paid by another.
pub(super) fn of_late_charge(
    state: &PaymentState,
    scene: Scene,
    attempt: u32,
    amount: Amount,
    order_number: &OrderNumber,
) -> Option<PayEvent> {
    if state.paid_by.is_some() {
        return Some(of_charge_in_error(scene, attempt, amount, order_number));
    }
    decided(state.closing.as_ref()?, scene, attempt, amount, order_number)
}

/// All of a charge that should never have been.
pub(super) fn of_charge_in_error(scene: Scene, attempt: u32, amount: Amount, order_number: &OrderNumber) -> PayEvent {
    RefundRequested {
        order_number: order_number.clone(),
        refund_id: closing_refund(scene.order_id, attempt),
        attempt,
        amount,
        reason: RefundReason::ChargedInError,
        borne_by: BorneBy::Platform,
        requested_at: scene.at,
    }
    .into()
}

/// What closing gives back of an attempt of which `left` is left, if anything.
pub(super) fn decided(
    closing: &Closing,
    scene: Scene,
    attempt: u32,
    left: Amount,
    order_number: &OrderNumber,
) -> Option<PayEvent> {
    let amount = closing.refund_amount.map_or(left, |decided| decided.min(left));
    (amount > Amount::ZERO).then(|| {
        RefundRequested {
            order_number: order_number.clone(),
            refund_id: closing_refund(scene.order_id, attempt),
            attempt,
            amount,
            reason: closing.reason,
            borne_by: closing.borne_by,
            requested_at: scene.at,
        }
        .into()
    })
}

pub(super) fn request(
    state: &PaymentState,
    scene: Scene,
    refund_id: RefundId,
    amount: Amount,
    reason: RefundReason,
    borne_by: BorneBy,
) -> Decision {
    if state.refunds.contains_key(&refund_id) {
        return Ok(Vec::new());
    }
    if amount <= Amount::ZERO {
        return Err(Rejection::AmountNotPositive);
    }
    let attempt = state.paid_by.ok_or(Rejection::NothingCharged)?;
    let left = state.left_of(attempt);
    if amount > left {
        return Err(Rejection::MoreThanLeft { left });
    }
    let order_number = number(state)?;
    let requested_at = scene.at;
    Ok(vec![RefundRequested { order_number, refund_id, attempt, amount, reason, borne_by, requested_at }.into()])
}

pub(super) fn record(state: &PaymentState, refund_id: RefundId, outcome: RefundOutcome) -> Decision {
    let (refund, method) = find(state, refund_id)?;
    let (order_number, amount) = (number(state)?, refund.amount);
    Ok(match (refund.standing, outcome) {
        // Money that came back after all is a fact, even beside a settlement by hand: the books show both.
        (
            RefundStanding::Pending | RefundStanding::Failed | RefundStanding::SettledByHand,
            RefundOutcome::Done { at: refunded_at },
        ) => {
            vec![PaymentRefunded { order_number, refund_id, amount, method, refunded_at }.into()]
        }
        (RefundStanding::Pending, RefundOutcome::RefusedForGood { code }) => {
            vec![RefundFailed { order_number, refund_id, amount, method, code }.into()]
        }
        (RefundStanding::Done, RefundOutcome::Done { .. } | RefundOutcome::RefusedForGood { .. })
        | (RefundStanding::Failed | RefundStanding::SettledByHand, RefundOutcome::RefusedForGood { .. }) => Vec::new(),
    })
}

/// A refund that is still pending may be on its way: only after some time may a person give the money a second way.
pub(super) fn settle_by_hand(state: &PaymentState, scene: Scene, refund_id: RefundId) -> Decision {
    let (refund, method) = find(state, refund_id)?;
    match refund.standing {
        RefundStanding::SettledByHand => return Ok(Vec::new()),
        RefundStanding::Done => return Err(Rejection::AlreadyRefunded),
        RefundStanding::Pending => {
            let until = after(refund.requested_at, scene.waits.operator);
            if scene.at < until {
                return Err(Rejection::TooEarly { until });
            }
        }
        RefundStanding::Failed => {}
    }
    let (order_number, amount) = (number(state)?, refund.amount);
    Ok(vec![RefundSettledByHand { order_number, refund_id, amount, method, settled_at: scene.at }.into()])
}

pub(super) fn retry(state: &PaymentState, scene: Scene, refund_id: RefundId) -> Decision {
    let (refund, _) = find(state, refund_id)?;
    let Refund { attempt, amount, reason, borne_by, .. } = *refund;
    match refund.standing {
        RefundStanding::Pending => Ok(Vec::new()),
        RefundStanding::Done | RefundStanding::SettledByHand => Err(Rejection::AlreadyRefunded),
        RefundStanding::Failed => {
            let order_number = number(state)?;
            let requested_at = scene.at;
            Ok(vec![
                RefundRequested { order_number, refund_id, attempt, amount, reason, borne_by, requested_at }.into(),
            ])
        }
    }
}

fn find(state: &PaymentState, refund_id: RefundId) -> Result<(&Refund, PaymentMethod), Rejection> {
    let refund = state.refunds.get(&refund_id).ok_or(Rejection::UnknownRefund)?;
    let request = state.request(refund.attempt).ok_or(Rejection::UnknownRefund)?;
    Ok((refund, request.method))
}
