//! Why a payment refuses a command.

use kernel::Time;
use kernel::money::Amount;

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The order is over.
    #[error("no more money is taken for this order")]
    Closed,
    /// Another attempt is open.
    #[error("another attempt to pay for this order is still open")]
    InProgress,
    /// An attempt was approved.
    #[error("this order is paid already")]
    AlreadyPaid,
    /// The attempt was ended, or overtaken by a later one.
    #[error("this attempt to pay is over; nothing was charged for it")]
    Abandoned,
    /// Nothing, or less.
    #[error("an amount of money must be more than nothing")]
    AmountNotPositive,
    /// The payment has no such attempt.
    #[error("there is no such attempt to pay for this order")]
    UnknownAttempt,
    /// The request may still be under way to the provider, or the provider may still answer.
    #[error("it is too early for this; it is possible from {until}")]
    TooEarly {
        /// From when on.
        until: Time,
    },
    /// Nothing was charged for the order.
    #[error("nothing was charged for this order")]
    NothingCharged,
    /// More than there is.
    #[error("only {left} is left to give back")]
    MoreThanLeft {
        /// What can still be given back.
        left: Amount,
    },
    /// The payment has no such refund.
    #[error("there is no such refund")]
    UnknownRefund,
    /// The money is back already.
    #[error("this refund has been given already")]
    AlreadyRefunded,
}

impl Rejection {
    /// The problem's type, stable for machines.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Closed => "payment-closed",
            Self::InProgress => "payment-in-progress",
            Self::AlreadyPaid => "already-paid",
            Self::Abandoned => "attempt-abandoned",
            Self::AmountNotPositive => "amount-not-positive",
            Self::UnknownAttempt => "unknown-attempt",
            Self::TooEarly { .. } => "too-early",
            Self::NothingCharged => "nothing-charged",
            Self::MoreThanLeft { .. } => "more-than-left",
            Self::UnknownRefund => "unknown-refund",
            Self::AlreadyRefunded => "already-refunded",
        }
    }
}
