//! Why a ticket does not do what is asked.

use kernel::events::store::TicketStatus;
use kernel::order::AdjustmentError;

use super::MOST_MINUTES;

/// Why a ticket does not do what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketRejection {
    /// Nothing was opened under this id.
    #[error("there is no such order here")]
    NoSuchTicket,
    /// It is too early or too late for that.
    #[error("not while the order is {}", in_words(*status))]
    WrongState {
        /// Where the ticket stands.
        status: TicketStatus,
    },
    /// A preparation time nobody keeps.
    #[error("the preparation takes between 1 and {MOST_MINUTES} minutes")]
    PrepMinutesOutOfRange,
    /// A delay nobody waits for.
    #[error("a delay is between 1 and {MOST_MINUTES} minutes")]
    DelayOutOfRange,
    /// Only the ticket's own timer rejects for silence.
    #[error("an owner who answers is not silent: give another reason")]
    SilenceIsNotAReason,
    /// Already accepted.
    #[error("the order was accepted: it can be withdrawn, no longer rejected")]
    WithdrawInstead,
    /// Not accepted yet.
    #[error("the order was not accepted yet: reject it instead")]
    RejectInstead,
    /// A rider or the store brings it.
    #[error("this order is delivered: it leaves the store when the delivery starts")]
    NotAPickup,
    /// The customer collects it.
    #[error("this order is collected: no delivery takes it")]
    IsAPickup,
    /// The customer has it.
    #[error("the customer has collected the order: it can no longer be withdrawn")]
    AlreadyCollected,
    /// A refund below nothing.
    #[error("a refund is not less than nothing")]
    NegativeRefund,
    /// Nothing would be left.
    #[error("nothing would be left of the order: withdraw it instead")]
    TakesEverything,
    /// The adjustment does not fit the order.
    #[error(transparent)]
    Adjustment(#[from] AdjustmentError),
}

impl TicketRejection {
    /// The problem's type, as in `/problems/<slug>`.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::NoSuchTicket => "ticket-not-found",
            Self::WrongState { .. } => "wrong-state",
            Self::PrepMinutesOutOfRange => "prep-minutes-out-of-range",
            Self::DelayOutOfRange => "delay-out-of-range",
            Self::SilenceIsNotAReason => "silence-is-not-a-reason",
            Self::WithdrawInstead => "withdraw-instead",
            Self::RejectInstead => "reject-instead",
            Self::NotAPickup => "not-a-pickup",
            Self::IsAPickup => "is-a-pickup",
            Self::AlreadyCollected => "already-collected",
            Self::NegativeRefund => "negative-refund",
            Self::TakesEverything => "takes-everything",
            Self::Adjustment(AdjustmentError::NoSuchLine) => "no-such-line",
            Self::Adjustment(AdjustmentError::NothingTaken) => "nothing-taken",
        }
    }

    /// The field of the request that is at fault, where one is.
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::PrepMinutesOutOfRange => Some("prepMinutes"),
            Self::DelayOutOfRange => Some("minutes"),
            Self::SilenceIsNotAReason => Some("reason"),
            Self::NegativeRefund => Some("refundAmount"),
            Self::TakesEverything | Self::Adjustment(_) => Some("lines"),
            Self::NoSuchTicket
            | Self::WrongState { .. }
            | Self::WithdrawInstead
            | Self::RejectInstead
            | Self::NotAPickup
            | Self::IsAPickup
            | Self::AlreadyCollected => None,
        }
    }
}

const fn in_words(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::Open => "waiting for the store",
        TicketStatus::Accepted => "accepted and not in preparation",
        TicketStatus::Cooking => "being prepared",
        TicketStatus::Cooked => "ready",
        TicketStatus::Out => "out of the store",
        TicketStatus::Rejected => "rejected",
        TicketStatus::Cancelled => "cancelled",
    }
}
