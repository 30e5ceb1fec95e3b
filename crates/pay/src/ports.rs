//! The payment provider, as pay needs it.

use std::pin::Pin;

use kernel::Time;
use kernel::ids::RefundId;
use kernel::money::{Amount, Currency};
use kernel::order::{PaymentCode, PaymentMethod};

use crate::domain::commands::{Outcome, RefundOutcome, What};
use crate::domain::reconciliation::{Day, Movement};

/// A call under way; dropping it gives up waiting, not the call.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes and gives back money.
///
/// Charges are told apart by their reference and refunds by their id, so that a repeat changes nothing. The caller
/// sets the deadline; an answer that does not come is [`ChargeAnswer::Unknown`].
pub trait Provider: Send + Sync {
    /// Charges once per reference.
    fn charge(&self, charge: Charge) -> Reply<'_, ChargeAnswer>;

    /// What became of a charge.
    fn look_up<'a>(&'a self, reference: &'a str) -> Reply<'a, LookUp>;

    /// Gives back once per refund id.
    fn refund(&self, refund: Refund) -> Reply<'_, RefundAnswer>;

    /// What became of a refund.
    fn look_up_refund<'a>(&'a self, refund_id: RefundId, reference: &'a str) -> Reply<'a, RefundLookUp>;

    /// All that moved money on a day. It may take longer than the other calls.
    fn transactions<'a>(&'a self, day: &'a Day) -> Reply<'a, Transactions>;
}

/// What is to be charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// `<orderId>-<n>`.
    pub reference: String,
    /// How much.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    /// How.
    pub method: PaymentMethod,
    /// What the customer's side of the provider gave us for this payment.
    pub token: String,
}

/// What is to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The refund.
    pub refund_id: RefundId,
    /// The charge that it is a part of.
    pub reference: String,
    /// How much.
    pub amount: Amount,
}

/// What the provider says to a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeAnswer {
    /// Charged.
    Approved {
        /// Since when.
        approved_at: Time,
    },
    /// Not charged.
    Declined {
        /// Why.
        code: PaymentCode,
    },
    /// The request certainly never left.
    NotSent,
    /// It may have been charged.
    Unknown,
}

/// What the provider knows of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUp {
    /// Charged.
    Charged {
        /// How much.
        amount: Amount,
        /// Since when.
        approved_at: Time,
    },
    /// Not charged.
    Declined {
        /// Why.
        code: PaymentCode,
    },
    /// Nothing of that reference has arrived.
    NotFound,
    /// It did not answer.
    Unknown,
}

/// What the provider says to a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundAnswer {
    /// The money is back.
    Done {
        /// Since when.
        at: Time,
    },
    /// It will never be.
    RefusedForGood {
        /// The provider's code.
        code: String,
    },
    /// It may or may not be: look up, or try again.
    Unknown,
}

/// What the provider knows of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundLookUp {
    /// The money is back.
    Done {
        /// Since when.
        at: Time,
    },
    /// Nothing was given back under that id.
    NotFound,
    /// It did not answer.
    Unknown,
}

/// What the provider's books say of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transactions {
    /// All of it, in no order.
    Known(Vec<Movement>),
    /// It did not answer, or not in full.
    Unknown,
}

impl From<ChargeAnswer> for Outcome {
    fn from(answer: ChargeAnswer) -> Self {
        match answer {
            ChargeAnswer::Approved { approved_at } => Self::Approved { approved_at },
            ChargeAnswer::Declined { code } => Self::Declined { code },
            ChargeAnswer::NotSent => Self::NotSent,
            ChargeAnswer::Unknown => Self::Unknown,
        }
    }
}

impl LookUp {
    /// What to do with it; `None`: ask again later. Not found is refused as too early while the request may still be
    /// under way.
    pub const fn command(self, attempt: u32) -> Option<What> {
        match self {
            Self::Charged { approved_at, .. } => {
                Some(What::RecordOutcome { attempt, outcome: Outcome::Approved { approved_at } })
            }
            Self::Declined { code } => Some(What::RecordOutcome { attempt, outcome: Outcome::Declined { code } }),
            Self::NotFound => Some(What::AbandonAttempt { attempt }),
            Self::Unknown => None,
        }
    }
}

impl RefundAnswer {
    /// What to do with it; `None`: try again later.
    pub fn command(self, refund_id: RefundId) -> Option<What> {
        let outcome = match self {
            Self::Done { at } => RefundOutcome::Done { at },
            Self::RefusedForGood { code } => RefundOutcome::RefusedForGood { code },
            Self::Unknown => return None,
        };
        Some(What::RecordRefund { refund_id, outcome })
    }
}
