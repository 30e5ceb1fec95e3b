//! Why an order refuses a command.

use kernel::money::Amount;
use kernel::order::AdjustmentError;

use super::state::End;

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such order.
    #[error("there is no such order")]
    UnknownOrder,
    /// The id is taken by another order.
    #[error("another order has this id")]
    AlreadyExists,
    /// One attempt at a time.
    #[error("a payment for this order is being made; wait for its outcome")]
    PaymentInProgress,
    /// The time to pay is over.
    #[error("the time to pay for this order is over")]
    HoldOver,
    /// The time to pay is not over yet.
    #[error("the time to pay for this order is not over yet")]
    HoldNotOver,
    /// It is paid already.
    #[error("this order is already paid")]
    AlreadyPaid,
    /// What the provider was asked to charge is another attempt than the one that would begin now.
    #[error("this is not the attempt to pay that comes next")]
    NotTheNextAttempt,
    /// An attempt that was never begun.
    #[error("this attempt to pay was never begun")]
    NoSuchAttempt,
    /// Money for an attempt that is over; pay gives it back.
    #[error("this attempt to pay is over; what was charged for it is refunded")]
    AttemptClosed,
    /// It is not paid yet, so nobody can be cooking it.
    #[error("this order is not placed yet")]
    NotPlaced,
    /// Too late to cancel.
    #[error("cooking has started, so the order can no longer be cancelled")]
    CookingStarted,
    /// Too late to cancel.
    #[error("the order is already on its way, so it can no longer be cancelled")]
    OnItsWay,
    /// Too late for anything but a refund.
    #[error("the order has already been delivered")]
    AlreadyDelivered,
    /// Nothing changes it any more.
    #[error("the order has already ended")]
    Ended(End),
    /// Nobody asked for a cancel.
    #[error("nobody asked for this order to be cancelled")]
    NoCancelRequested,
    /// More than is left of the price.
    #[error("no more than {left} can go back")]
    RefundTooLarge {
        /// What is left.
        left: Amount,
    },
    /// Less than nothing.
    #[error("an amount that goes back is not negative")]
    RefundNegative,
    /// A line the order does not have, or nothing taken.
    #[error("{0}")]
    Adjustment(AdjustmentError),
    /// All of it taken out: that is a cancel.
    #[error("an adjustment leaves something of the order; cancel it instead")]
    NothingLeft,
    /// It is not on its way.
    #[error("only an order on its way can be closed as undelivered")]
    NotDelivering,
    /// It has not ended.
    #[error("the order has not ended yet")]
    StillLive,
}

impl Rejection {
    /// The stable name of the problem.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::UnknownOrder => "unknown-order",
            Self::AlreadyExists => "already-exists",
            Self::PaymentInProgress => "payment-in-progress",
            Self::HoldOver => "hold-over",
            Self::HoldNotOver => "hold-not-over",
            Self::AlreadyPaid => "already-paid",
            Self::NotTheNextAttempt => "not-the-next-attempt",
            Self::NoSuchAttempt => "no-such-attempt",
            Self::AttemptClosed => "attempt-closed",
            Self::NotPlaced => "not-placed",
            Self::CookingStarted => "cooking-started",
            Self::OnItsWay => "on-its-way",
            Self::AlreadyDelivered => "already-delivered",
            Self::Ended(_) => "order-ended",
            Self::NoCancelRequested => "no-cancel-requested",
            Self::RefundTooLarge { .. } => "refund-too-large",
            Self::RefundNegative => "refund-negative",
            Self::Adjustment(AdjustmentError::NoSuchLine) => "no-such-line",
            Self::Adjustment(AdjustmentError::NothingTaken) => "nothing-taken",
            Self::NothingLeft => "nothing-left",
            Self::NotDelivering => "not-delivering",
            Self::StillLive => "order-live",
        }
    }
}
