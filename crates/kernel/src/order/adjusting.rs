//! Taking a part out of an order's lines.

use serde::{Deserialize, Serialize};

use super::Line;
use crate::ids::LineId;
use crate::money::Amount;

/// How many of a line stay after an adjustment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineLeft {
    /// The line.
    pub line_id: LineId,
    /// The quantity that stays, 0 to take the line out.
    pub quantity: u32,
}

/// What an adjustment is refused for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdjustmentError {
    /// A line that the order does not have.
    #[error("the order has no such line")]
    NoSuchLine,
    /// More than there is, or nothing less than there is.
    #[error("an adjustment takes something away, and not more than there is")]
    NothingTaken,
}

/// The amount that falls away when `lines` are cut down to `left`.
pub fn adjustment_amount(lines: &[Line], left: &[LineLeft]) -> Result<Amount, AdjustmentError> {
    let mut amount = Amount::ZERO;
    for cut in left {
        let line = lines.iter().find(|line| line.line_id == cut.line_id).ok_or(AdjustmentError::NoSuchLine)?;
        let taken = line.quantity.checked_sub(cut.quantity).ok_or(AdjustmentError::NothingTaken)?;
        let part = line.unit_amount.times(taken).map_err(|_| AdjustmentError::NothingTaken)?;
        amount = amount.plus(part).map_err(|_| AdjustmentError::NothingTaken)?;
    }
    let repeated =
        left.iter().enumerate().any(|(index, cut)| left[..index].iter().any(|earlier| earlier.line_id == cut.line_id));
    if amount == Amount::ZERO || repeated { Err(AdjustmentError::NothingTaken) } else { Ok(amount) }
}

/// Whether `lines` have been cut down to `left`, so that nothing is to be taken any more.
pub fn are_left(lines: &[Line], left: &[LineLeft]) -> bool {
    let is_left =
        |cut: &LineLeft| lines.iter().any(|line| line.line_id == cut.line_id && line.quantity == cut.quantity);
    !left.is_empty() && left.iter().all(is_left)
}

/// Cuts `lines` down to `left`; a line of which nothing stays keeps its place with quantity 0.
pub fn adjust_lines(lines: &mut [Line], left: &[LineLeft]) {
    for cut in left {
        if let Some(line) = lines.iter_mut().find(|line| line.line_id == cut.line_id) {
            line.quantity = line.quantity.min(cut.quantity);
        }
    }
}
