//! How long an order waits for what, and what it asks of itself when the wait is over.

use jiff::SignedDuration;
use kernel::decider::{Silence, Wait};
use kernel::{Context, Time};

use crate::domain::commands::What;
use crate::domain::order::{Known, Stage, State, borne_by};

/// The order expires unless it is paid.
pub const UNPAID_HOLD: &str = "unpaid-hold";
/// Nobody knows yet how the attempt came out.
pub const PAYMENT_OUTCOME: &str = "payment-outcome";
/// The store has not received the order.
pub const STORE_UNREACHABLE: &str = "store-unreachable";
/// The ticket has not answered a cancel.
pub const CANCEL_UNANSWERED: &str = "cancel-unanswered";
/// The personal data is kept for a while after the end.
pub const PERSONAL_DATA: &str = "personal-data";

/// How long app waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// For the payment of an order, from its creation.
    pub unpaid_hold: SignedDuration,
    /// How much of the hold is left at least when an attempt came to nothing.
    pub hold_after_attempt: SignedDuration,
    /// For an attempt's outcome: the call's deadline and a little.
    pub payment_outcome: SignedDuration,
    /// For an attempt in doubt, until an operator looks at it.
    pub unresolved: SignedDuration,
    /// How old an attempt may be when its approval still places the order.
    pub late_approval: SignedDuration,
    /// For the store to receive the order, from its placing.
    pub store_unreachable: SignedDuration,
    /// For the ticket's answer to a cancel.
    pub cancel_unanswered: SignedDuration,
    /// How long the food is on its way to the door.
    pub way: SignedDuration,
    /// How long personal data is kept after the end.
    pub personal_data: SignedDuration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            unpaid_hold: SignedDuration::from_mins(10),
            hold_after_attempt: SignedDuration::from_mins(2),
            payment_outcome: SignedDuration::from_secs(10),
            unresolved: SignedDuration::from_hours(1),
            late_approval: SignedDuration::from_mins(10),
            store_unreachable: SignedDuration::from_mins(60),
            cancel_unanswered: SignedDuration::from_mins(3),
            way: SignedDuration::from_mins(15),
            personal_data: SignedDuration::from_hours(90 * 24),
        }
    }
}

/// `wait` after `at`; the end of time where that does not fit.
pub(crate) fn after(at: Time, wait: SignedDuration) -> Time {
    at.checked_add(wait).unwrap_or(Time::MAX)
}

/// The timers of a state.
pub(crate) fn waits(order: &Known) -> Vec<Wait> {
    let wait = |what, until, presumes| vec![Wait { what, until, presumes }];
    match &order.stage {
        Stage::Unpaid(unpaid) => match &unpaid.open {
            None => wait(UNPAID_HOLD, order.hold_ends_at, &[Silence { of: Context::Pay, grace_seconds: 0 }]),
            Some(open) if open.operator_at.is_none() => wait(PAYMENT_OUTCOME, open.doubt_at, &[]),
            Some(_in_doubt) => Vec::new(),
        },
        Stage::Live(live) => match &live.cancel {
            Some(cancel) => {
                wait(CANCEL_UNANSWERED, cancel.answer_by, &[Silence { of: Context::Store, grace_seconds: 600 }])
            }
            None if live.store_heard => Vec::new(),
            None => wait(STORE_UNREACHABLE, live.unreachable_at, &[Silence { of: Context::Store, grace_seconds: 0 }]),
        },
        Stage::Ended(ended) if ended.erased => Vec::new(),
        Stage::Ended(ended) => wait(PERSONAL_DATA, ended.erase_at, &[]),
    }
}

/// What an order asks of itself when the wait named `what` is over.
pub fn command_when_due(what: &str, state: &State) -> Option<What> {
    let order = state.as_deref()?;
    match (what, &order.stage) {
        (UNPAID_HOLD, Stage::Unpaid(_)) => Some(What::ExpireOrder),
        (PAYMENT_OUTCOME, Stage::Unpaid(unpaid)) => {
            unpaid.open.as_ref().map(|open| What::DoubtPayment { attempt: open.attempt })
        }
        (STORE_UNREACHABLE, Stage::Live(_)) => Some(What::RequestCancel {
            cause: kernel::order::CancelCause::StoreUnreachable,
            reason: kernel::order::CancelReason::Unreachable,
            words: None,
        }),
        (CANCEL_UNANSWERED, Stage::Live(live)) => live.cancel.as_ref().map(|cancel| What::CancelOrder {
            cause: cancel.cause,
            reason: cancel.reason,
            borne_by: borne_by(cancel.cause),
            refund_amount: None,
        }),
        (PERSONAL_DATA, Stage::Ended(_)) => Some(What::ErasePersonalData),
        (_, Stage::Unpaid(_) | Stage::Live(_) | Stage::Ended(_)) => None,
    }
}

/// What an order waits for, whoever's timer it is, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingFor {
    /// For what.
    pub what: Awaited,
    /// Until when.
    pub until: Time,
}

/// What can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Awaited {
    /// The customer pays.
    Payment,
    /// The provider's answer; then an operator's look.
    PaymentOutcome,
    /// The store receives the order, then the owner answers.
    StoreAnswer,
    /// The ticket's answer to a cancel.
    CancelAnswer,
    /// The food at the door.
    Arrival,
    /// The food to be picked up.
    PickUp,
}

/// What `order` waits for; `None` when it has ended.
pub fn waiting_for(order: &Known) -> Option<WaitingFor> {
    let wait = |what, until| Some(WaitingFor { what, until });
    match &order.stage {
        Stage::Unpaid(unpaid) => match &unpaid.open {
            None => wait(Awaited::Payment, order.hold_ends_at),
            Some(open) => wait(Awaited::PaymentOutcome, open.operator_at.unwrap_or(open.doubt_at)),
        },
        Stage::Live(live) => match (&live.cancel, live.furthest) {
            (Some(cancel), _) => wait(Awaited::CancelAnswer, cancel.answer_by),
            (None, None) => wait(Awaited::StoreAnswer, live.answer_by.unwrap_or(live.unreachable_at)),
            (None, Some(_)) => wait(arrival(order), live.eta.unwrap_or(live.unreachable_at)),
        },
        Stage::Ended(_) => None,
    }
}

fn arrival(order: &Known) -> Awaited {
    match order.details.delivery_by {
        kernel::order::DeliveryBy::Rider | kernel::order::DeliveryBy::Store => Awaited::Arrival,
        kernel::order::DeliveryBy::Pickup => Awaited::PickUp,
    }
}
