//! The payment of an order: its attempts, its refunds, and whether more may be taken.

mod decide;
mod evolve;
#[cfg(test)]
mod properties;
mod rejection;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kernel::Time;
use kernel::decider::{Decider, Task};
use kernel::events::pay::{PayEvent, RefundReason};
use kernel::ids::{OrderId, RefundId};
use kernel::money::{Amount, Currency};
use kernel::order::{BorneBy, OrderNumber, PaymentCode, PaymentMethod};
use uuid::Uuid;

use super::commands::Command;
pub use rejection::Rejection;

/// The aggregate `payment/<orderId>`.
#[derive(Debug, Clone, Copy)]
pub struct Payment;

impl Decider for Payment {
    type State = PaymentState;
    type Command = Command;
    type Event = PayEvent;
    type Rejection = Rejection;

    fn decide(state: &PaymentState, command: Command) -> Result<Vec<PayEvent>, Rejection> {
        decide::decide(state, command)
    }

    fn evolve(state: PaymentState, event: &PayEvent) -> PaymentState {
        evolve::evolve(state, event)
    }

    fn work(state: &PaymentState) -> Option<Task> {
        state.next_call().map(|call| Task { key: call.key(), due: None })
    }
}

/// All that is known of a payment; its default is a payment never seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PaymentState {
    order_number: Option<OrderNumber>,
    attempts: BTreeMap<u32, Attempt>,
    /// The attempt that pays for the order: the first that was charged while it was open.
    paid_by: Option<u32>,
    closing: Option<Closing>,
    refunds: BTreeMap<RefundId, Refund>,
}

/// One try to pay.
#[derive(Debug, Clone, PartialEq)]
enum Attempt {
    /// About to be sent, or sent.
    Requested(Request),
    /// The provider gave no usable answer; it is being asked.
    InDoubt(Request),
    /// Charged.
    Approved(Request, Time),
    /// Not charged.
    Declined(Request, PaymentCode),
    /// Not charged and over for ever. Without a request it was never seen here.
    Abandoned(Option<Request>),
}

/// What was asked of the provider.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// What the provider knows the attempt by.
    pub reference: String,
    /// How much.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    /// How.
    pub method: PaymentMethod,
    /// When it was requested.
    pub requested_at: Time,
}

/// What was decided when the payment was closed.
#[derive(Debug, Clone, PartialEq)]
struct Closing {
    reason: RefundReason,
    borne_by: BorneBy,
    refund_amount: Option<Amount>,
}

/// Money on its way back.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RefundOfPayment")]
pub struct Refund {
    /// The attempt whose charge goes back.
    pub attempt: u32,
    /// How much.
    pub amount: Amount,
    /// Why.
    pub reason: RefundReason,
    /// Who bears it.
    pub borne_by: BorneBy,
    /// When it was (last) requested.
    pub requested_at: Time,
    /// Where it stands.
    pub standing: RefundStanding,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundStanding {
    /// The provider is being asked.
    Pending,
    /// The money is back.
    Done,
    /// The provider refused for good; an operator settles it.
    Failed,
    /// An operator gave it back by other means.
    SettledByHand,
}

/// What pay answers to who asks about an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The attempt pays for the order.
    Approved {
        /// Since when, as the provider says.
        approved_at: Time,
    },
    /// It was not charged.
    Declined(PaymentCode),
    /// It never reached the provider, or is over; whatever was charged in error goes back.
    NotSent,
    /// Not known yet.
    InDoubt,
}

/// The next call to the provider that a payment needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Ask what became of an attempt.
    Resolve {
        /// n.
        attempt: u32,
        /// What the provider knows it by.
        reference: String,
    },
    /// Give money back.
    Refund {
        /// The refund.
        refund_id: RefundId,
        /// What the provider knows the charge by.
        reference: String,
        /// How much.
        amount: Amount,
    },
}

impl Call {
    /// What makes a repeat harmless: `resolve/<n>` or `refund/<refundId>`.
    pub fn key(&self) -> String {
        match self {
            Self::Resolve { attempt, .. } => format!("resolve/{attempt}"),
            Self::Refund { refund_id, .. } => format!("refund/{refund_id}"),
        }
    }
}

/// What the provider knows attempt n of an order by.
pub fn reference(order_id: OrderId, attempt: u32) -> String {
    format!("{order_id}-{attempt}")
}

/// The order and the attempt that a reference is about; `None` for a reference that is none of ours.
pub fn read_reference(reference: &str) -> Option<(OrderId, u32)> {
    let (order_id, attempt) = reference.rsplit_once('-')?;
    let (order_id, attempt) = (OrderId::parse(order_id).ok()?, attempt.parse().ok()?);
    // One attempt has one reference: what is spelt otherwise is somebody else's.
    (self::reference(order_id, attempt) == reference && attempt > 0).then_some((order_id, attempt))
}

/// The refund of an attempt that closing brings about, or a charge in error: at most one per attempt.
///
/// Made of the order's id, so that a decision taken twice makes the same refund: its version nibble
/// says 8 (RFC 9562: of one's own making) and the attempt is mixed into the twelve bits after it.
pub fn closing_refund(order_id: OrderId, attempt: u32) -> RefundId {
    const VERSION: u128 = 0xF << 76;
    let own = order_id.uuid().as_u128() & !VERSION | 8 << 76;
    RefundId::from(Uuid::from_u128(own ^ u128::from(attempt & 0xFFF) << 64))
}

impl PaymentState {
    /// What is known of attempt n; `None` if it was never seen.
    pub fn answer(&self, attempt: u32) -> Option<Answer> {
        self.attempts.get(&attempt).map(|known| match known {
            Attempt::Requested(_) | Attempt::InDoubt(_) => Answer::InDoubt,
            Attempt::Approved(_, approved_at) if self.paid_by == Some(attempt) => {
                Answer::Approved { approved_at: *approved_at }
            }
            Attempt::Approved(..) | Attempt::Abandoned(_) => Answer::NotSent,
            Attempt::Declined(_, code) => Answer::Declined(*code),
        })
    }

    /// The last attempt and what is known of it.
    pub fn last_attempt(&self) -> Option<(u32, Answer)> {
        let (attempt, _) = self.attempts.last_key_value()?;
        self.answer(*attempt).map(|answer| (*attempt, answer))
    }

    /// The number people say; `None` for a payment never seen.
    pub const fn order_number(&self) -> Option<&OrderNumber> {
        self.order_number.as_ref()
    }

    /// Every attempt with what is known of it, and what was asked of the provider if it was seen here.
    pub fn attempts(&self) -> impl Iterator<Item = (u32, Answer, Option<&Request>)> {
        self.attempts.iter().filter_map(|(attempt, known)| Some((*attempt, self.answer(*attempt)?, known.request())))
    }

    /// Everything that goes or went back.
    pub fn refunds(&self) -> impl Iterator<Item = (RefundId, &Refund)> {
        self.refunds.iter().map(|(refund_id, refund)| (*refund_id, refund))
    }

    /// The call to the provider that comes next: what is in doubt first, then what goes back.
    pub fn next_call(&self) -> Option<Call> {
        self.next_resolve().or_else(|| self.next_refund())
    }

    /// No more money is taken.
    pub const fn is_closed(&self) -> bool {
        self.closing.is_some()
    }

    /// What is charged for the order itself and not given, or promised, back.
    pub fn left(&self) -> Amount {
        self.paid_by.map_or(Amount::ZERO, |attempt| self.left_of(attempt))
    }

    fn next_resolve(&self) -> Option<Call> {
        self.attempts.iter().find_map(|(attempt, known)| match known {
            Attempt::InDoubt(request) => {
                Some(Call::Resolve { attempt: *attempt, reference: request.reference.clone() })
            }
            Attempt::Requested(_) | Attempt::Approved(..) | Attempt::Declined(..) | Attempt::Abandoned(_) => None,
        })
    }

    /// The oldest first: one that comes later must not push aside a call that is under way.
    fn next_refund(&self) -> Option<Call> {
        let pending = self.refunds.iter().filter(|(_, refund)| refund.standing == RefundStanding::Pending);
        let (refund_id, refund) = pending.min_by_key(|(_, refund)| refund.requested_at)?;
        let request = self.request(refund.attempt)?;
        Some(Call::Refund { refund_id: *refund_id, reference: request.reference.clone(), amount: refund.amount })
    }

    fn request(&self, attempt: u32) -> Option<&Request> {
        self.attempts.get(&attempt).and_then(Attempt::request)
    }

    fn left_of(&self, attempt: u32) -> Amount {
        let charged = match self.attempts.get(&attempt) {
            Some(Attempt::Approved(request, _)) => request.amount,
            Some(Attempt::Requested(_) | Attempt::InDoubt(_) | Attempt::Declined(..) | Attempt::Abandoned(_))
            | None => Amount::ZERO,
        };
        let refunds = self.refunds.values().filter(|refund| refund.attempt == attempt);
        refunds.fold(charged, |left, refund| left.saturating_minus(refund.amount))
    }
}

impl Attempt {
    const fn request(&self) -> Option<&Request> {
        match self {
            Self::Requested(request)
            | Self::InDoubt(request)
            | Self::Approved(request, _)
            | Self::Declined(request, _) => Some(request),
            Self::Abandoned(request) => request.as_ref(),
        }
    }

    const fn is_open(&self) -> bool {
        matches!(self, Self::Requested(_) | Self::InDoubt(_))
    }
}
