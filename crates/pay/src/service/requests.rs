//! Taking a payment: two commits and one call to the provider between them.

use std::sync::Arc;
use std::time::Duration;

use kernel::Time;
use kernel::decider::Decider;
use kernel::ids::OrderId;
use kernel::money::{Amount, Currency};
use kernel::order::{OrderNumber, PaymentCode, PaymentMethod};
use platform::deadline::Deadline;
use platform::resilience::breaker::Verdict;
use platform::resilience::{Held, Pass};
use platform::store::{Cause, Changes, CommitError};
use platform::streams::{HandleError, Handled, Loaded};
use serde::{Deserialize, Serialize};

use super::PayService;
use crate::domain::commands::{Command, Outcome, What};
use crate::domain::payment::{Answer, Payment, PaymentState, Rejection, reference};
use crate::ports::{Charge, ChargeAnswer};

/// What is left for the outcome's commit and the answer when the provider's time is over.
const MARGIN: Duration = Duration::from_millis(300);

/// Attempt n of an order.
#[derive(Clone)]
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
    /// What the customer's side of the provider gave us; never stored, never shown.
    pub token: String,
    /// Until when the answer is of use.
    pub deadline: Deadline,
    /// The W3C trace it belongs to.
    pub trace: Option<Arc<str>>,
}

/// What pay says to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "outcome", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum PaymentReply {
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
    /// Not charged, and this attempt never will be.
    NotSent {
        /// When another attempt makes sense, in seconds from now.
        retry_after: u64,
        /// Why.
        why: NotSent,
    },
    /// It may have been charged; what became of it is found out and told by an event.
    InDoubt,
}

/// Why a payment was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NotSent {
    /// The provider could not be reached.
    Unreachable,
    /// Payments are held back: too many of them fail, or too many are under way.
    HeldBack,
    /// This attempt is over.
    Refused,
}

platform::written!(PaymentReply);

impl PayService {
    /// Charges attempt n of an order, once, however often and from wherever it is asked.
    ///
    /// The request is committed before the provider hears of it. Who finds it committed already never calls: an
    /// attempt that is still open is in doubt for everyone but the one who opened it.
    ///
    /// Where too many payments fail, or too many are under way, or too little time is left, the attempt is ended
    /// before it begins: whatever comes of it later on the way cannot charge.
    pub async fn request(&self, payment: PaymentRequest) -> PaymentReply {
        let deadline = payment.deadline.sooner(MARGIN);
        let pass = match self.guard().enter(deadline).await {
            Ok(pass) => pass,
            Err(held) => return self.held_back(&payment, held).await,
        };
        let opened = match self.open(&payment).await {
            Ok(opened) => opened,
            Err(HandleError::Rejected(rejection)) => return self.refused(&payment, rejection).await,
            Err(error @ HandleError::Commit(_)) => return in_doubt(&payment, &error),
        };
        if opened.events.is_empty() {
            return self.reply(&opened.after.state, payment.attempt, NotSent::Refused);
        }
        let outcome = self.charge(&payment, pass, deadline).await;
        match self.decide(&payment, What::RecordOutcome { attempt: payment.attempt, outcome }).await {
            Ok(recorded) => self.reply(&recorded.after.state, payment.attempt, NotSent::Unreachable),
            Err(error) => in_doubt(&payment, &error),
        }
    }

    /// A first attempt is nearly always news: it is written without looking, and the log says if it was not.
    async fn open(&self, payment: &PaymentRequest) -> Result<Handled<Payment>, HandleError<Rejection>> {
        let command = self.command_now(payment, request_payment(payment));
        if payment.attempt > 1 {
            return self.decide_command(payment, command).await;
        }
        let before = Loaded::<Payment>::new(payment.order_id.uuid());
        let events = Payment::decide(&before.state, command.clone()).map_err(HandleError::Rejected)?;
        let mut changes = Changes::default();
        let cause = self.cause(payment, command.at);
        let after = self.payments().append(&mut changes, &before, &events, &cause)?;
        match self.room().store.commit(changes).await {
            Ok(_) => Ok(Handled { after, events }),
            Err(CommitError::Conflict) => self.decide_command(payment, command).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn charge(&self, payment: &PaymentRequest, pass: Pass, deadline: Deadline) -> Outcome {
        let charge = Charge {
            reference: reference(payment.order_id, payment.attempt),
            amount: payment.amount,
            currency: payment.currency,
            method: payment.method,
            token: payment.token.clone(),
        };
        let deadline = deadline.within(self.options().deadline);
        let answer = pass.run(deadline, self.provider().charge(charge), |answer| verdict_on(*answer)).await;
        answer.unwrap_or(ChargeAnswer::Unknown).into()
    }

    /// Ends an attempt that is not begun; one that was begun before stands as it does.
    async fn held_back(&self, payment: &PaymentRequest, held: Held) -> PaymentReply {
        let Held { why, retry_after } = held;
        tracing::debug!(order = %payment.order_id, attempt = payment.attempt, ?why, "a payment is held back");
        let resolve = What::ResolvePayment { order_number: payment.order_number.clone(), attempt: payment.attempt };
        match self.decide(payment, resolve).await {
            Ok(ended) => match ended.after.state.answer(payment.attempt) {
                Some(Answer::NotSent) | None => not_sent(NotSent::HeldBack, retry_after),
                Some(Answer::Approved { .. } | Answer::Declined(_) | Answer::InDoubt) => {
                    self.reply(&ended.after.state, payment.attempt, NotSent::HeldBack)
                }
            },
            Err(error) => in_doubt(payment, &error),
        }
    }

    /// Nothing was charged for this attempt. Where a later state would let the same request in, it is ended here.
    async fn refused(&self, payment: &PaymentRequest, rejection: Rejection) -> PaymentReply {
        match rejection {
            Rejection::InProgress => self.end_beside_open(payment).await,
            Rejection::Closed
            | Rejection::AlreadyPaid
            | Rejection::Abandoned
            | Rejection::AmountNotPositive
            | Rejection::UnknownAttempt
            | Rejection::TooEarly { .. }
            | Rejection::NothingCharged
            | Rejection::MoreThanLeft { .. }
            | Rejection::UnknownRefund
            | Rejection::AlreadyRefunded => {
                tracing::info!(order = %payment.order_id, attempt = payment.attempt, %rejection, "a payment was not begun");
                not_sent(NotSent::Refused, self.options().retry_after)
            }
        }
    }

    /// Ends the attempt, and has the open one asked after: whoever opened it may be gone.
    async fn end_beside_open(&self, payment: &PaymentRequest) -> PaymentReply {
        let resolve = |attempt| What::ResolvePayment { order_number: payment.order_number.clone(), attempt };
        let ended = match self.decide(payment, resolve(payment.attempt)).await {
            Ok(ended) => ended.after,
            Err(error) => return in_doubt(payment, &error),
        };
        let open = ended.state.attempts().filter(|(_, known, _)| *known == Answer::InDoubt);
        for (attempt, ..) in open {
            if let Err(error) = self.decide(payment, resolve(attempt)).await {
                tracing::warn!(order = %payment.order_id, attempt, %error, "an open attempt is not asked after yet");
            }
        }
        self.reply(&ended.state, payment.attempt, NotSent::Refused)
    }

    async fn decide(&self, payment: &PaymentRequest, what: What) -> Result<Handled<Payment>, HandleError<Rejection>> {
        self.decide_command(payment, self.command_now(payment, what)).await
    }

    async fn decide_command(
        &self,
        payment: &PaymentRequest,
        command: Command,
    ) -> Result<Handled<Payment>, HandleError<Rejection>> {
        let cause = self.cause(payment, command.at);
        self.payments().handle(payment.order_id.uuid(), &cause, command).await
    }

    fn command_now(&self, payment: &PaymentRequest, what: What) -> Command {
        self.command(payment.order_id, self.room().clock.now(), what)
    }

    fn cause(&self, payment: &PaymentRequest, at: Time) -> Cause {
        Cause { at, by: Arc::clone(&self.inner.by_app), trace: payment.trace.clone() }
    }

    /// What is known of an attempt; `why` it was not sent, if it was not.
    fn reply(&self, state: &PaymentState, attempt: u32, why: NotSent) -> PaymentReply {
        match state.answer(attempt) {
            Some(Answer::Approved { approved_at }) => PaymentReply::Approved { approved_at },
            Some(Answer::Declined(code)) => PaymentReply::Declined { code },
            Some(Answer::NotSent) => not_sent(why, self.options().retry_after),
            Some(Answer::InDoubt) | None => PaymentReply::InDoubt,
        }
    }
}

fn not_sent(why: NotSent, retry_after: Duration) -> PaymentReply {
    PaymentReply::NotSent { retry_after: whole_seconds(retry_after), why }
}

/// A decline is an answer like any other; what could not be reached, or did not answer, is in trouble.
const fn verdict_on(answer: ChargeAnswer) -> Verdict {
    match answer {
        ChargeAnswer::Approved { .. } | ChargeAnswer::Declined { .. } => Verdict::Good,
        ChargeAnswer::NotSent | ChargeAnswer::Unknown => Verdict::Bad,
    }
}

fn request_payment(payment: &PaymentRequest) -> What {
    What::RequestPayment {
        order_number: payment.order_number.clone(),
        attempt: payment.attempt,
        amount: payment.amount,
        currency: payment.currency,
        method: payment.method,
    }
}

/// The log will say what became of it once it can be read again; until then nobody may guess.
fn in_doubt(payment: &PaymentRequest, error: &HandleError<Rejection>) -> PaymentReply {
    tracing::error!(order = %payment.order_id, attempt = payment.attempt, %error, "a payment is left in doubt");
    PaymentReply::InDoubt
}

fn whole_seconds(length: Duration) -> u64 {
    length.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}
