//! Toss's answers, as far as pay reads them, and what they say.

use kernel::Time;
use kernel::ids::RefundId;
use kernel::money::Amount;
use kernel::order::PaymentCode;
use serde::Deserialize;
use serde_json::Number;

use crate::domain::payment::read_reference;
use crate::domain::reconciliation::{Moved, Movement};
use crate::ports::{Charge, ChargeAnswer, LookUp, RefundLookUp};

/// An error.
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    /// Which.
    pub(super) code: String,
}

/// A payment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the fields are called as Toss calls them")]
pub(super) struct Payment {
    pub(super) payment_key: String,
    pub(super) order_id: String,
    pub(super) total_amount: Amount,
    pub(super) balance_amount: Amount,
    status: Status,
    approved_at: Option<Time>,
    cancels: Option<Vec<Cancel>>,
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Ready,
    InProgress,
    WaitingForDeposit,
    Done,
    Canceled,
    PartialCanceled,
    Aborted,
    Expired,
    #[serde(other)]
    Strange,
}

/// Money that went back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the fields are called as Toss calls them")]
pub(super) struct Cancel {
    cancel_amount: Amount,
    cancel_reason: Option<String>,
    /// Not there yet while a cancel is under way.
    canceled_at: Option<Time>,
    transaction_key: Option<String>,
    cancel_status: Option<String>,
}

/// A line of the list of transactions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the fields are called as Toss calls them")]
pub(super) struct Transaction {
    pub(super) transaction_key: String,
    pub(super) order_id: String,
    status: Status,
    pub(super) transaction_at: Time,
    /// Of another shop's it may be in any currency.
    amount: Number,
}

/// Which way a transaction went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To us.
    In,
    /// Back.
    Out,
    /// No money moved.
    Nowhere,
}

impl Payment {
    /// What this says of a charge that was asked for; what is about something else says nothing.
    pub(super) fn answer_to(&self, charge: &Charge) -> ChargeAnswer {
        if self.order_id != charge.reference || self.total_amount != charge.amount {
            tracing::error!("Toss answered a charge with a payment of another order or amount");
            return ChargeAnswer::Unknown;
        }
        match self.standing() {
            LookUp::Charged { approved_at, .. } => ChargeAnswer::Approved { approved_at },
            LookUp::Declined { code } => ChargeAnswer::Declined { code },
            LookUp::NotFound | LookUp::Unknown => ChargeAnswer::Unknown,
        }
    }

    /// What became of it. What the customer has not finished, or nobody confirmed, has not been charged yet; and what
    /// went back whole without us, as from Toss's own console, pays for nothing.
    pub(super) fn standing(&self) -> LookUp {
        match (self.status, self.approved_at) {
            (Status::Canceled, _) if self.cancels().all(|cancel| cancel.refund_id().is_none()) => {
                LookUp::Declined { code: PaymentCode::Aborted }
            }
            (Status::Done | Status::Canceled | Status::PartialCanceled, Some(approved_at)) => {
                LookUp::Charged { amount: self.total_amount, approved_at }
            }
            (Status::Aborted | Status::Expired, _) => LookUp::Declined { code: PaymentCode::Aborted },
            (Status::Ready | Status::InProgress, _) => LookUp::NotFound,
            (Status::WaitingForDeposit | Status::Strange, _)
            | (Status::Done | Status::Canceled | Status::PartialCanceled, None) => {
                tracing::warn!(status = ?self.status, "Toss says nothing usable of a payment");
                LookUp::Unknown
            }
        }
    }

    /// What became of one of our refunds: its id stands in the reason.
    pub(super) fn refund(&self, refund_id: RefundId) -> RefundLookUp {
        match self.cancels().find(|cancel| cancel.refund_id() == Some(refund_id)) {
            None => RefundLookUp::NotFound,
            Some(cancel) => match (cancel.cancel_status.as_deref(), cancel.canceled_at) {
                (None | Some("DONE"), Some(at)) => RefundLookUp::Done { at },
                (Some("ABORTED"), _) => RefundLookUp::NotFound,
                (None | Some(_), _) => RefundLookUp::Unknown,
            },
        }
    }

    /// What went back under a transaction's key: how much, and which of our refunds it was.
    pub(super) fn back(&self, transaction_key: &str) -> Option<(Amount, Option<RefundId>)> {
        let cancel = self.cancels().find(|cancel| cancel.transaction_key.as_deref() == Some(transaction_key))?;
        Some((cancel.cancel_amount, cancel.refund_id()))
    }

    fn cancels(&self) -> impl Iterator<Item = &Cancel> {
        self.cancels.iter().flatten()
    }
}

impl Cancel {
    fn refund_id(&self) -> Option<RefundId> {
        self.cancel_reason.as_deref().and_then(read_reason)
    }
}

impl Transaction {
    /// Whether it is about an order of ours.
    pub(super) fn is_ours(&self) -> bool {
        read_reference(&self.order_id).is_some()
    }

    /// Which way it went.
    pub(super) const fn way(&self) -> Way {
        match self.status {
            Status::Done => Way::In,
            Status::Canceled | Status::PartialCanceled => Way::Out,
            Status::Ready
            | Status::InProgress
            | Status::WaitingForDeposit
            | Status::Aborted
            | Status::Expired
            | Status::Strange => Way::Nowhere,
        }
    }

    /// The movement that it is; a refund's amount and name come from the payment.
    pub(super) fn movement(self, kind: Moved, amount: Option<Amount>) -> Movement {
        let listed = || Amount::new(self.amount.as_i64().unwrap_or_default().saturating_abs());
        let amount = amount.unwrap_or_else(listed);
        Movement { reference: self.order_id, kind, amount, at: self.transaction_at }
    }
}

/// What stands in a cancel's reason, so that the refund can be found again.
pub(super) fn reason(refund_id: RefundId) -> String {
    format!("refund {refund_id}")
}

fn read_reason(reason: &str) -> Option<RefundId> {
    RefundId::parse(reason.strip_prefix("refund ")?.trim()).ok()
}
