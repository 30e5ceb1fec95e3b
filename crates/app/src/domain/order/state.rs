//! What is known of an order.

use kernel::Time;
use kernel::events::app::{OrderDetails, PaidSoFar, RefundOutcome, Trouble};
use kernel::ids::{AdjustmentId, RefundId};
use kernel::money::Amount;
use kernel::order::{CancelCause, CancelReason, OrderStatus, PaymentCode, PaymentMethod, Progress, RefundStatus};
use kernel::personal::PersonalData;
use serde::{Deserialize, Serialize};

/// An order, once it exists.
pub type State = Option<Box<Known>>;

/// All that is known of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// What it is made of; the lines as adjustments left them, the amounts as ordered.
    pub details: OrderDetails,
    /// Whose it is and where it goes, until erased.
    #[serde(skip)]
    pub private: Option<Box<PersonalData>>,
    /// When it was created.
    pub created_at: Time,
    /// When the hold for paying ends, or ended.
    pub hold_ends_at: Time,
    /// How many attempts to pay began.
    pub attempts: u32,
    /// What was taken out of it.
    pub adjustments: Vec<Adjustment>,
    /// What pay said of refunds.
    pub refunds: Vec<Refund>,
    /// How far it is.
    pub stage: Stage,
}

/// A part that was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Adjustment {
    /// The adjustment; its refund has the same id.
    pub adjustment_id: AdjustmentId,
    /// What goes back for it.
    pub amount: Amount,
}

/// A refund that came out one way or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// The refund.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Amount,
    /// How it came out in the end.
    pub outcome: RefundOutcome,
    /// What it was for.
    pub of: RefundOf,
}

/// What a refund is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefundOf {
    /// An adjustment.
    Adjustment,
    /// The end of the order.
    End,
    /// A charge that should not have been, on an order that goes on.
    Error,
}

/// The three parts of an order's life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Not paid: nobody but the customer knows of it.
    Unpaid(Unpaid),
    /// Paid, and on its way to the door.
    Live(Live),
    /// Over.
    Ended(Ended),
}

/// Not paid yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unpaid {
    /// The attempt whose outcome is awaited.
    pub open: Option<OpenAttempt>,
    /// Why the last attempt was declined, where it was.
    pub declined: Option<PaymentCode>,
}

/// An attempt to pay whose outcome is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenAttempt {
    /// n.
    pub attempt: u32,
    /// How.
    pub method: PaymentMethod,
    /// When it began.
    pub started_at: Time,
    /// When its outcome is doubted.
    pub doubt_at: Time,
    /// When an operator has to look at it; known once it is in doubt.
    pub operator_at: Option<Time>,
}

/// Paid and under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Live {
    /// The attempt that was approved.
    pub attempt: u32,
    /// How it was paid.
    pub method: PaymentMethod,
    /// When it was placed.
    pub placed_at: Time,
    /// When the store counts as unreachable.
    pub unreachable_at: Time,
    /// Until when the owner answers; known once the store has received it.
    pub answer_by: Option<Time>,
    /// Whether anything was heard from the store about it.
    pub store_heard: bool,
    /// How far it came.
    pub furthest: Option<Progress>,
    /// When it is expected.
    pub eta: Option<Time>,
    /// What is the matter on the way.
    pub trouble: Option<Trouble>,
    /// The cancel that the ticket is asked about.
    pub cancel: Option<CancelAsked>,
}

/// A cancel that waits for the ticket's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelAsked {
    /// What brought it about.
    pub cause: CancelCause,
    /// Why.
    pub reason: CancelReason,
    /// When it is granted without an answer.
    pub answer_by: Time,
}

/// How an order ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is the order status of the same name")]
pub enum End {
    Expired,
    Delivered,
    Undelivered,
    Cancelled,
}

impl From<End> for OrderStatus {
    fn from(end: End) -> Self {
        match end {
            End::Expired => Self::Expired,
            End::Delivered => Self::Delivered,
            End::Undelivered => Self::Undelivered,
            End::Cancelled => Self::Cancelled,
        }
    }
}

/// Over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// How.
    pub how: End,
    /// When it was delivered, where it was.
    pub done_at: Option<Time>,
    /// Why, where it did not end well.
    pub reason: Option<CancelReason>,
    /// What had been paid.
    pub paid: PaidSoFar,
    /// The attempt that was approved, where one was.
    pub attempt: Option<u32>,
    /// How it was paid.
    pub method: Option<PaymentMethod>,
    /// What goes back because of how it ended.
    pub refund_amount: Amount,
    /// Whether it was delivered although it was cancelled.
    pub delivered_after_cancel: bool,
    /// When the personal data is to be erased.
    pub erase_at: Time,
    /// Whether it is.
    pub erased: bool,
}

impl Known {
    /// Where it stands.
    pub fn status(&self) -> OrderStatus {
        match &self.stage {
            Stage::Unpaid(unpaid) => match &unpaid.open {
                Some(open) if open.operator_at.is_some() => OrderStatus::PaymentChecking,
                None if unpaid.declined.is_some() => OrderStatus::PaymentFailed,
                Some(_) | None => OrderStatus::AwaitingPayment,
            },
            Stage::Live(live) if live.cancel.is_some() => OrderStatus::CancelRequested,
            Stage::Live(live) => live.furthest.map_or(OrderStatus::Placed, OrderStatus::from),
            Stage::Ended(ended) => ended.how.into(),
        }
    }

    /// Where its money stands.
    pub fn refund_status(&self) -> RefundStatus {
        let done = |refund: &&Refund| refund.outcome == RefundOutcome::Done;
        let for_the_end = self.refunds.iter().filter(done).filter(|refund| refund.of == RefundOf::End);
        let given_back = sum(for_the_end.map(|refund| refund.amount));
        let is_back = |id: RefundId| self.refunds.iter().filter(done).any(|refund| refund.refund_id == id);
        if self.refunds.iter().any(|refund| refund.outcome == RefundOutcome::Failed) {
            RefundStatus::Failed
        } else if given_back < self.end_refund_amount()
            || self.adjustments.iter().any(|adjustment| !is_back(adjustment.adjustment_id.into()))
        {
            RefundStatus::Pending
        } else if self.refunds.is_empty() {
            RefundStatus::None
        } else {
            RefundStatus::Done
        }
    }

    /// What is back with the customer.
    pub fn refunded_amount(&self) -> Amount {
        sum(self.refunds.iter().filter(|refund| refund.outcome == RefundOutcome::Done).map(|refund| refund.amount))
    }

    /// What adjustments took out of it.
    pub fn adjusted_amount(&self) -> Amount {
        sum(self.adjustments.iter().map(|adjustment| adjustment.amount))
    }

    /// The lines with their options, after adjustments.
    pub fn items_amount(&self) -> Amount {
        self.details.items_amount.saturating_minus(self.adjusted_amount())
    }

    /// The price, after adjustments.
    pub fn total_amount(&self) -> Amount {
        self.details.total_amount.saturating_minus(self.adjusted_amount())
    }

    /// What could still go back: nothing of what is not paid, nor twice.
    pub fn refundable_amount(&self) -> Amount {
        match &self.stage {
            Stage::Unpaid(_) => Amount::ZERO,
            Stage::Live(_) => self.total_amount(),
            Stage::Ended(ended) => match ended.paid {
                PaidSoFar::Nothing | PaidSoFar::Unknown => Amount::ZERO,
                PaidSoFar::Everything => self.total_amount().saturating_minus(ended.refund_amount),
            },
        }
    }

    /// When it is expected, while it is under way.
    pub fn eta(&self) -> Option<Time> {
        match &self.stage {
            Stage::Live(live) => live.eta,
            Stage::Unpaid(_) | Stage::Ended(_) => None,
        }
    }

    /// The number of the attempt that would come next.
    pub fn next_attempt(&self) -> u32 {
        self.attempts.saturating_add(1)
    }

    /// The attempt whose outcome is awaited.
    pub fn open_attempt(&self) -> Option<&OpenAttempt> {
        match &self.stage {
            Stage::Unpaid(unpaid) => unpaid.open.as_ref(),
            Stage::Live(_) | Stage::Ended(_) => None,
        }
    }

    fn end_refund_amount(&self) -> Amount {
        match &self.stage {
            Stage::Ended(ended) => ended.refund_amount,
            Stage::Unpaid(_) | Stage::Live(_) => Amount::ZERO,
        }
    }
}

fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    amounts.fold(Amount::ZERO, Amount::saturating_plus)
}
