//! A part of an order is taken out of it.

use kernel::events::store::TicketAdjusted;
use kernel::ids::AdjustmentId;
use kernel::order::{AdjustReason, BorneBy, LineLeft, adjust_lines, adjustment_amount, are_left};

use super::{Decision, Stage, TicketRejection, TicketState};
use crate::domain::commands::AdjustedBy;

/// A part that is to be taken out.
pub(super) struct Cut {
    pub(super) id: AdjustmentId,
    pub(super) lines: Vec<LineLeft>,
    pub(super) reason: AdjustReason,
    pub(super) borne_by: BorneBy,
}

/// Takes a part out; the ticket follows its order also before it is accepted.
pub(super) fn adjust(state: &TicketState, cut: Cut, by: AdjustedBy) -> Decision {
    let order = state.opened()?;
    let Cut { id: adjustment_id, lines, reason, borne_by } = cut;
    if state.adjustments.contains(&adjustment_id) {
        return Ok(Vec::new());
    }
    match state.stage {
        Stage::Accepted { .. } | Stage::Cooking { .. } | Stage::Cooked | Stage::Out => {}
        Stage::Open { .. } => match by {
            AdjustedBy::Order => {}
            AdjustedBy::Owner => return Err(state.wrong()),
        },
        Stage::Unopened | Stage::Rejected(_) | Stage::Withdrawn(_) | Stage::Cancelled | Stage::Voided => {
            return Err(state.wrong());
        }
    }
    if are_left(&order.lines, &lines) {
        return Ok(Vec::new());
    }
    let amount = adjustment_amount(&order.lines, &lines)?;
    let mut left = order.lines.clone();
    adjust_lines(&mut left, &lines);
    if left.iter().all(|line| line.quantity == 0) {
        return Err(TicketRejection::TakesEverything);
    }
    let order_number = order.order_number.clone();
    Ok(vec![TicketAdjusted { order_number, adjustment_id, lines, amount, reason, borne_by }.into()])
}
