//! What app needs of others in the same breath: payments.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use kernel::Time;
use kernel::ids::OrderId;
use kernel::money::{Amount, Currency};
use kernel::order::{OrderNumber, PaymentCode, PaymentMethod};
use platform::deadline::Deadline;

/// An answer under way; dropping it gives up waiting, not the call.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes payments. Filled by pay itself in the same process, or by an HTTP client.
pub trait Payments: Send + Sync {
    /// Asks pay to charge attempt n of an order, once, however often it is asked.
    fn request(&self, payment: PaymentRequest) -> Reply<'_, PaymentAnswer>;
}

/// Attempt n of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRequest {
    /// The order.
    pub order_id: OrderId,
    /// The number people say.
    pub order_number: OrderNumber,
    /// n, from 1.
    pub attempt: u32,
    /// How much.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    /// How.
    pub method: PaymentMethod,
    /// What the customer's side of the provider gave us; never stored.
    pub token: String,
    /// Until when the answer is of use.
    pub deadline: Deadline,
    /// The W3C trace it belongs to.
    pub trace: Option<Arc<str>>,
}

/// What pay says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentAnswer {
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
    /// Certainly not charged: it was not sent, or never reached the provider.
    NotSent {
        /// When to try again.
        retry_after: Duration,
        /// Why.
        why: NotSent,
    },
    /// It may have been charged.
    InDoubt,
}

/// Why a payment was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSent {
    /// Nobody could be reached.
    Unreachable,
    /// We, or pay, hold payments back for a moment: too many of them fail, or too many are under way.
    HeldBack,
    /// pay refuses this attempt: it is over.
    Refused,
}
