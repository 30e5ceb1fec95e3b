//! What can be asked of a payment.

use kernel::Time;
use kernel::events::pay::RefundReason;
use kernel::ids::{OrderId, RefundId};
use kernel::money::{Amount, Currency};
use kernel::order::{BorneBy, OrderNumber, PaymentCode, PaymentMethod};

use super::waits::Waits;

/// A command with all that the rules may not find out for themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// The order whose payment it is: references and refund ids are made of it.
    pub order_id: OrderId,
    /// When it comes.
    pub at: Time,
    /// The durations in force.
    pub waits: Waits,
    /// What is asked for.
    pub what: What,
}

/// The commands of a payment.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Begin attempt n. It is committed before the provider is called.
    RequestPayment {
        /// The number people say.
        order_number: OrderNumber,
        /// n, from 1.
        attempt: u32,
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// How.
        method: PaymentMethod,
    },
    /// The provider answered, or did not.
    RecordOutcome {
        /// n.
        attempt: u32,
        /// What it said.
        outcome: Outcome,
    },
    /// app does not know what became of attempt n: ask, or end it if it was never seen.
    ResolvePayment {
        /// The number people say.
        order_number: OrderNumber,
        /// n.
        attempt: u32,
    },
    /// The provider does not know attempt n: end it, once it is old enough.
    AbandonAttempt {
        /// n.
        attempt: u32,
    },
    /// Take no more money for this order, and give back what was decided.
    ClosePayment {
        /// The number people say.
        order_number: OrderNumber,
        /// What goes back of what is or turns out charged; `None`: all of it.
        refund_amount: Option<Amount>,
        /// Why.
        reason: RefundReason,
        /// Who bears it.
        borne_by: BorneBy,
    },
    /// Give a part back.
    RequestRefund {
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount: Amount,
        /// Why.
        reason: RefundReason,
        /// Who bears it.
        borne_by: BorneBy,
    },
    /// The provider answered a refund.
    RecordRefund {
        /// The refund.
        refund_id: RefundId,
        /// What it said.
        outcome: RefundOutcome,
    },
    /// An operator gave it back by other means.
    SettleRefundByHand {
        /// The refund.
        refund_id: RefundId,
    },
    /// An operator has a refused refund tried again.
    RetryRefund {
        /// The refund.
        refund_id: RefundId,
    },
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is charged.
    Approved {
        /// Since when.
        approved_at: Time,
    },
    /// The provider will not charge it.
    Declined {
        /// Why.
        code: PaymentCode,
    },
    /// It never reached the provider.
    NotSent,
    /// It was sent, and there is no usable answer.
    Unknown,
}

/// What became of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money is back.
    Done {
        /// Since when.
        at: Time,
    },
    /// The provider refuses, and will not change its mind.
    RefusedForGood {
        /// Its code.
        code: String,
    },
}
