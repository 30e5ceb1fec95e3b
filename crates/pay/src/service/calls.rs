//! The calls to the provider that payments need after their first: what became of a charge, and giving back.

use jiff::SignedDuration;
use kernel::Time;
use kernel::decider::Decider;
use kernel::ids::RefundId;
use platform::work::{Due, Outcome, Performer};

use super::PayService;
use crate::domain::commands::{Command, What};
use crate::domain::payment::{Call, Payment, Rejection};
use crate::domain::waits::pause;
use crate::ports::{LookUp, Refund, RefundAnswer, RefundLookUp};

/// Makes these calls, each under the provider's deadline.
pub(super) struct Calls {
    pay: PayService,
}

impl Calls {
    /// For `pay`.
    pub(super) fn new(pay: &PayService) -> Self {
        Self { pay: pay.clone() }
    }

    /// Asks what became of a charge. A charge that is not found is ended once it is too old to arrive any more, by
    /// its age when it was asked for.
    async fn resolve(&self, due: &Due<Payment>, attempt: u32, reference: &str) -> Outcome<Command> {
        let asked_at = self.pay.room().clock.now();
        let found = self.pay.in_time(self.pay.provider().look_up(reference)).await.unwrap_or(LookUp::Unknown);
        let Some(what) = found.command(attempt) else { return self.again(due) };
        let command = self.command(due, asked_at, what);
        match Payment::decide(&due.loaded.state, command.clone()) {
            Err(Rejection::TooEarly { until }) => {
                let left = until.duration_since(self.pay.room().clock.now()).max(SignedDuration::ZERO);
                Outcome::Again(left.min(self.pause(due)))
            }
            Ok(_) | Err(_) => Outcome::Record(vec![command]),
        }
    }

    /// Gives back; after a call whose answer is not known it asks first.
    async fn refund(&self, due: &Due<Payment>, refund: Refund) -> Outcome<Command> {
        let refund_id = refund.refund_id;
        if due.ask_first || due.attempts > 0 {
            let asked = self.pay.provider().look_up_refund(refund_id, &refund.reference);
            match self.pay.in_time(asked).await.unwrap_or(RefundLookUp::Unknown) {
                RefundLookUp::Done { at } => return self.recorded(due, refund_id, RefundAnswer::Done { at }),
                RefundLookUp::NotFound => {}
                RefundLookUp::Unknown => return self.again(due),
            }
        }
        let answer = self.pay.in_time(self.pay.provider().refund(refund)).await.unwrap_or(RefundAnswer::Unknown);
        self.recorded(due, refund_id, answer)
    }

    fn recorded(&self, due: &Due<Payment>, refund_id: RefundId, answer: RefundAnswer) -> Outcome<Command> {
        let Some(what) = answer.command(refund_id) else { return self.again(due) };
        Outcome::Record(vec![self.command(due, self.pay.room().clock.now(), what)])
    }

    fn again(&self, due: &Due<Payment>) -> Outcome<Command> {
        Outcome::Again(self.pause(due))
    }

    fn pause(&self, due: &Due<Payment>) -> SignedDuration {
        pause(due.attempts.saturating_add(1), &self.pay.options().waits)
    }

    fn command(&self, due: &Due<Payment>, at: Time, what: What) -> Command {
        self.pay.command(due.loaded.id.into(), at, what)
    }
}

impl Performer<Payment> for Calls {
    /// While nobody passes to the provider these wait too: they can, and it is not helped by more calls.
    async fn perform(&self, due: &Due<Payment>) -> Outcome<Command> {
        if let Some(shut) = self.pay.guard().is_shut() {
            return Outcome::Again(SignedDuration::try_from(shut).unwrap_or(self.pause(due)));
        }
        match due.loaded.state.next_call() {
            Some(Call::Resolve { attempt, reference }) => self.resolve(due, attempt, &reference).await,
            Some(Call::Refund { refund_id, reference, amount }) => {
                self.refund(due, Refund { refund_id, reference, amount }).await
            }
            None => Outcome::Record(Vec::new()),
        }
    }
}
