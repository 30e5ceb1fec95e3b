//! An order: from the moment it is created until its money and its food are where they belong.

mod cancelling;
mod evolve;
mod paying;
mod progressing;
mod refunding;
mod rejection;
mod state;
mod summary;
#[cfg(test)]
mod tests;

use jiff::SignedDuration;
use kernel::Time;
use kernel::decider::{Decider, Wait};
use kernel::events::app::{AppEvent, PersonalDataErased};

pub use cancelling::borne_by;
pub use rejection::Rejection;
pub use state::{
    Adjustment, CancelAsked, End, Ended, Known, Live, OpenAttempt, Refund, RefundOf, Stage, State, Unpaid,
};

use crate::domain::commands::{Command, What};
use crate::domain::waits::{self, Waits};

/// The aggregate whose stream is `order/<orderId>`.
#[derive(Debug, Clone, Copy)]
pub struct Order;

type Decision = Result<Vec<AppEvent>, Rejection>;

/// When a command comes, and how long app waits.
#[derive(Debug, Clone, Copy)]
struct Now {
    at: Time,
    waits: Waits,
}

impl Now {
    fn plus(self, wait: SignedDuration) -> Time {
        waits::after(self.at, wait)
    }

    fn erase_at(self) -> Time {
        self.plus(self.waits.personal_data)
    }
}

impl Decider for Order {
    type State = State;
    type Command = Command;
    type Event = AppEvent;
    type Rejection = Rejection;

    fn decide(state: &State, command: Command) -> Decision {
        let Command { at, waits, what } = command;
        let now = Now { at, waits };
        let order = || state.as_deref().ok_or(Rejection::UnknownOrder);
        match what {
            What::CreateOrder(create) => paying::create(state.as_deref(), *create, now),
            What::StartPayment { method, attempt } => paying::start(order()?, method, attempt, now),
            What::RecordPayment { attempt, outcome } => paying::record(order()?, attempt, outcome, now),
            What::DoubtPayment { attempt } => paying::doubt(order()?, attempt, now),
            What::ExpireOrder => paying::expire(order()?, now),
            What::RecordReceipt { answer_by } => progressing::receive(order()?, answer_by),
            What::RecordProgress { to, ready_by } => progressing::progress(order()?, to, ready_by, now),
            What::RecordDelay { cause, ready_by } => progressing::delay(order()?, cause, ready_by, now),
            What::RecordTrouble { trouble } => progressing::trouble(order()?, trouble),
            What::CompleteOrder { handover, done_at } => progressing::complete(order()?, handover, done_at, now),
            What::RequestCancel { cause, reason, words } => cancelling::request(order()?, cause, reason, words, now),
            What::ConfirmCancel => cancelling::confirm(order()?, now),
            What::RefuseCancel { reason } => cancelling::refuse(order()?, reason),
            What::CancelOrder { cause, reason, borne_by, refund_amount } => {
                cancelling::cancel(order()?, cause, reason, borne_by, refund_amount, now)
            }
            What::CloseUndelivered { reason, borne_by, refund_amount } => {
                cancelling::close_undelivered(order()?, reason, borne_by, refund_amount, now)
            }
            What::AdjustOrder { adjustment_id, lines, reason, borne_by } => {
                refunding::adjust(order()?, adjustment_id, lines, reason, borne_by)
            }
            What::RecordRefund { refund_id, amount, outcome, method } => {
                Ok(refunding::record(order()?, refund_id, amount, outcome, method, now))
            }
            What::ErasePersonalData => erase(order()?),
        }
    }

    fn evolve(state: State, event: &AppEvent) -> State {
        evolve::evolve(state, event)
    }

    fn waits(state: &State) -> Vec<Wait> {
        state.as_deref().map(waits::waits).unwrap_or_default()
    }
}

fn erase(order: &Known) -> Decision {
    match &order.stage {
        Stage::Unpaid(_) | Stage::Live(_) => Err(Rejection::StillLive),
        Stage::Ended(ended) if ended.erased => Ok(Vec::new()),
        Stage::Ended(_) => Ok(one(PersonalDataErased { order_number: order.details.order_number.clone() })),
    }
}

fn one(event: impl Into<AppEvent>) -> Vec<AppEvent> {
    vec![event.into()]
}
