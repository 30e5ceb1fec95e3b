//! What can be asked of an order.

use kernel::Time;
use kernel::events::app::{OrderDetails, RefundOutcome, Trouble};
use kernel::ids::{AdjustmentId, RefundId};
use kernel::money::Amount;
use kernel::order::{
    AdjustReason, BorneBy, CancelCause, CancelReason, DelayCause, LineLeft, PaymentCode, PaymentMethod, Progress,
    RefuseReason,
};
use kernel::personal::{Handover, PersonalData};

use crate::domain::waits::Waits;

/// A command, with the time at which it comes and how long app waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// When it comes.
    pub at: Time,
    /// How long app waits for what.
    pub waits: Waits,
    /// What is asked.
    pub what: What,
}

/// A new order, already priced.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateOrder {
    /// What it is made of.
    pub details: OrderDetails,
    /// Whose it is and where it goes, with the token of its message link.
    pub private: PersonalData,
    /// How it is paid, where it is paid in the same breath: attempt 1 begins with it.
    pub pay_with: Option<PaymentMethod>,
}

/// How an attempt to pay came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The provider charged it.
    Approved {
        /// How.
        method: PaymentMethod,
        /// When.
        approved_at: Time,
    },
    /// The provider declined it.
    Declined {
        /// Why.
        code: PaymentCode,
    },
    /// It never left us.
    NotSent {
        /// When to try again.
        retry_at: Time,
    },
    /// It never reached the provider, and never can.
    Abandoned,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Make it.
    CreateOrder(Box<CreateOrder>),
    /// The customer pays.
    StartPayment {
        /// How.
        method: PaymentMethod,
        /// Which attempt it is to be, where the provider was told already; `None`: the next.
        attempt: Option<u32>,
    },
    /// pay answers.
    RecordPayment {
        /// Which attempt.
        attempt: u32,
        /// How it came out.
        outcome: Outcome,
    },
    /// No usable answer came in time.
    DoubtPayment {
        /// Which attempt.
        attempt: u32,
    },
    /// The time to pay is over.
    ExpireOrder,
    /// The store has it in front of it.
    RecordReceipt {
        /// Until when the owner answers.
        answer_by: Time,
    },
    /// It came further.
    RecordProgress {
        /// How far.
        to: Progress,
        /// When the food will be ready, where that was said.
        ready_by: Option<Time>,
    },
    /// It takes longer.
    RecordDelay {
        /// Why.
        cause: DelayCause,
        /// When the food will be ready now; `None`: it only leaves now.
        ready_by: Option<Time>,
    },
    /// Something is the matter on the way, or no longer.
    RecordTrouble {
        /// What.
        trouble: Trouble,
    },
    /// Somebody wants it cancelled.
    RequestCancel {
        /// What brought it about.
        cause: CancelCause,
        /// Why.
        reason: CancelReason,
        /// In the customer's own words.
        words: Option<String>,
    },
    /// The ticket agrees.
    ConfirmCancel,
    /// The ticket does not.
    RefuseCancel {
        /// Why.
        reason: RefuseReason,
    },
    /// Cancel it, whatever the ticket says.
    CancelOrder {
        /// What brought it about.
        cause: CancelCause,
        /// Why.
        reason: CancelReason,
        /// Who bears it.
        borne_by: BorneBy,
        /// What goes back; `None`: all that is left.
        refund_amount: Option<Amount>,
    },
    /// Take a part out.
    AdjustOrder {
        /// The adjustment; a repeat has the same.
        adjustment_id: AdjustmentId,
        /// What stays of the lines it touches.
        lines: Vec<LineLeft>,
        /// Why.
        reason: AdjustReason,
        /// Who bears it.
        borne_by: BorneBy,
    },
    /// pay says how a refund came out.
    RecordRefund {
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount: Amount,
        /// How it came out.
        outcome: RefundOutcome,
        /// How it had been paid.
        method: PaymentMethod,
    },
    /// The food is with the customer.
    CompleteOrder {
        /// How it was handed over; `None` for a pick-up.
        handover: Option<Handover>,
        /// When.
        done_at: Time,
    },
    /// The operator closes what could not be delivered.
    CloseUndelivered {
        /// Why.
        reason: CancelReason,
        /// Who bears it.
        borne_by: BorneBy,
        /// What goes back; `None`: all that is left.
        refund_amount: Option<Amount>,
    },
    /// Forget whose it was.
    ErasePersonalData,
}
