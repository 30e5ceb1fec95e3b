//! pay's events: what was charged and what went back.

use crate::events::events;
use crate::ids::RefundId;
use crate::money::{Amount, Currency};
use crate::order::{BorneBy, OrderNumber, PaymentCode, PaymentMethod};
use crate::{Context, Time};

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RefundReason {
    /// The order was cancelled.
    Cancelled,
    /// The time to pay had run out.
    Expired,
    /// The order could not be delivered.
    Undelivered,
    /// A part was taken out of the order.
    Adjusted,
    /// Money was found for an attempt that had been abandoned, or for a second one.
    ChargedInError,
}

events! {
    /// An event of a payment.
    PayEvent of Context::Pay;

    /// Attempt n is about to be sent to the provider.
    PaymentRequested {
        /// The number people say.
        order_number: OrderNumber,
        /// n, from 1.
        attempt: u32,
        /// What the provider knows the attempt by: `<orderId>-<n>`.
        reference: String,
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// How.
        method: PaymentMethod,
        /// When it was requested.
        requested_at: Time,
    }

    /// The provider charged it.
    PaymentApproved {
        /// The number people say.
        order_number: OrderNumber,
        /// n.
        attempt: u32,
        /// How much.
        amount: Amount,
        /// How.
        method: PaymentMethod,
        /// When the provider approved it.
        approved_at: Time,
    }

    /// The provider declined it.
    PaymentDeclined {
        /// The number people say.
        order_number: OrderNumber,
        /// n.
        attempt: u32,
        /// Why.
        code: PaymentCode,
    }

    /// The provider gave no usable answer in time.
    PaymentInDoubt {
        /// The number people say.
        order_number: OrderNumber,
        /// n.
        attempt: u32,
    }

    /// The attempt was not charged, and never can be.
    AttemptAbandoned {
        /// The number people say.
        order_number: OrderNumber,
        /// n.
        attempt: u32,
    }

    /// No more money is taken for this order.
    PaymentClosed {
        /// The number people say.
        order_number: OrderNumber,
        /// Why.
        reason: RefundReason,
        /// Who bears it.
        borne_by: BorneBy,
        /// What is refunded of what is or turns out charged; `None`: all of it.
        refund_amount: Option<Amount>,
    }

    /// Money has to go back.
    RefundRequested {
        /// The number people say.
        order_number: OrderNumber,
        /// The refund.
        refund_id: RefundId,
        /// The attempt whose charge is given back.
        attempt: u32,
        /// How much.
        amount: Amount,
        /// Why.
        reason: RefundReason,
        /// Who bears it.
        borne_by: BorneBy,
        /// When it was requested.
        requested_at: Time,
    }

    /// The provider gave it back.
    PaymentRefunded {
        /// The number people say.
        order_number: OrderNumber,
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount: Amount,
        /// How it had been paid.
        method: PaymentMethod,
        /// When.
        refunded_at: Time,
    }

    /// The provider refuses for good; an operator settles it.
    RefundFailed {
        /// The number people say.
        order_number: OrderNumber,
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount: Amount,
        /// How it had been paid.
        method: PaymentMethod,
        /// The provider's code.
        code: String,
    }

    /// An operator gave it back by other means.
    RefundSettledByHand {
        /// The number people say.
        order_number: OrderNumber,
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount: Amount,
        /// How it had been paid.
        method: PaymentMethod,
        /// When.
        settled_at: Time,
    }
}
