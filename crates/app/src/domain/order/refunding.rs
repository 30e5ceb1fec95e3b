//! What goes back to the customer, and what pay says came of it.

use kernel::events::app::{AppEvent, OrderAdjusted, RefundOutcome, RefundRecorded};
use kernel::ids::{AdjustmentId, RefundId};
use kernel::money::Amount;
use kernel::order::{AdjustReason, BorneBy, LineLeft, PaymentMethod, adjust_lines, adjustment_amount, are_left};

use super::state::{End, Known, Stage};
use super::{Decision, Now, Rejection, one, summary};

/// What goes back when `asked` for: all that is left where nothing was said, and never more.
pub(super) fn decided(order: &Known, asked: Option<Amount>) -> Result<Amount, Rejection> {
    let left = order.refundable_amount();
    let amount = asked.unwrap_or(left);
    if amount < Amount::ZERO {
        Err(Rejection::RefundNegative)
    } else if amount > left {
        Err(Rejection::RefundTooLarge { left })
    } else {
        Ok(amount)
    }
}

pub(super) fn adjust(
    order: &Known,
    adjustment_id: AdjustmentId,
    lines: Vec<LineLeft>,
    reason: AdjustReason,
    borne_by: BorneBy,
) -> Decision {
    if order.adjustments.iter().any(|known| known.adjustment_id == adjustment_id) {
        return Ok(Vec::new());
    }
    match &order.stage {
        Stage::Unpaid(_) => return Err(Rejection::NotPlaced),
        Stage::Live(_) => {}
        Stage::Ended(ended) if ended.how == End::Delivered => {}
        Stage::Ended(ended) => return Err(Rejection::Ended(ended.how)),
    }
    if are_left(&order.details.lines, &lines) {
        return Ok(Vec::new());
    }
    let amount = adjustment_amount(&order.details.lines, &lines).map_err(Rejection::Adjustment)?;
    if matches!(order.stage, Stage::Live(_)) {
        leaves_something(order, &lines)?;
    }
    Ok(one(OrderAdjusted {
        order_number: order.details.order_number.clone(),
        adjustment_id,
        amount: decided(order, Some(amount))?,
        summary: summary::of(&order.details.lines, &lines),
        lines,
        reason,
        borne_by,
    }))
}

fn leaves_something(order: &Known, left: &[LineLeft]) -> Result<(), Rejection> {
    let mut lines = order.details.lines.clone();
    adjust_lines(&mut lines, left);
    if lines.iter().any(|line| line.quantity > 0) { Ok(()) } else { Err(Rejection::NothingLeft) }
}

/// A refund that is back stays so; one that failed is settled when it comes back after all.
pub(super) fn record(
    order: &Known,
    refund_id: RefundId,
    amount: Amount,
    outcome: RefundOutcome,
    method: PaymentMethod,
    now: Now,
) -> Vec<AppEvent> {
    let known = order.refunds.iter().find(|known| known.refund_id == refund_id);
    if known.is_some_and(|known| known.outcome == RefundOutcome::Done || known.outcome == outcome) {
        return Vec::new();
    }
    let adjustment = order.adjustments.iter().map(|known| known.adjustment_id);
    one(RefundRecorded {
        order_number: order.details.order_number.clone(),
        refund_id,
        amount,
        outcome,
        method,
        adjustment: adjustment.into_iter().find(|id| RefundId::from(*id) == refund_id),
        at: now.at,
    })
}
