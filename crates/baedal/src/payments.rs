//! app's port for payments, filled: by pay itself in the same process, or by its HTTP interface; the same guard stands
//! before both.

use std::sync::Arc;
use std::time::Duration;

use app::ports::{NotSent, PaymentAnswer, PaymentRequest, Payments, Reply};
use pay::service::{NotSent as PayNotSent, PayService, PaymentReply};
use platform::deadline::DEADLINE_HEADER;
use platform::ids::Ids;
use platform::resilience::breaker::Verdict;
use platform::resilience::retry::Budget;
use platform::resilience::{Guard, LEAST};
use serde::Serialize;

/// When to try again where pay could not be reached.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// pay cannot be reached.
const UNREACHABLE: PaymentAnswer = PaymentAnswer::NotSent { retry_after: RETRY_AFTER, why: NotSent::Unreachable };
/// How long a connection to pay may take to be made.
const CONNECT: Duration = Duration::from_millis(500);

/// pay behind a guard: what is not let through was certainly not sent, what is not answered in time is in doubt.
pub struct GuardedPayments {
    pay: Arc<dyn Payments>,
    guard: Guard,
}

impl GuardedPayments {
    /// `pay` behind `guard`.
    pub fn new(pay: Arc<dyn Payments>, guard: Guard) -> Self {
        Self { pay, guard }
    }

    async fn ask(&self, payment: PaymentRequest) -> PaymentAnswer {
        let deadline = payment.deadline;
        match self.guard.enter(deadline).await {
            Ok(pass) => {
                let answered = pass.run(deadline, self.pay.request(payment), |answer| verdict_on(*answer)).await;
                answered.unwrap_or(PaymentAnswer::InDoubt)
            }
            Err(held) => PaymentAnswer::NotSent { retry_after: held.retry_after, why: NotSent::HeldBack },
        }
    }
}

impl Payments for GuardedPayments {
    fn request(&self, payment: PaymentRequest) -> Reply<'_, PaymentAnswer> {
        Box::pin(self.ask(payment))
    }
}

/// What an answer says of payments as a whole. That pay holds one back says nothing: its own guard sees to that.
const fn verdict_on(answer: PaymentAnswer) -> Verdict {
    match answer {
        PaymentAnswer::Approved { .. }
        | PaymentAnswer::Declined { .. }
        | PaymentAnswer::NotSent { why: NotSent::Refused, .. } => Verdict::Good,
        PaymentAnswer::NotSent { why: NotSent::HeldBack, .. } => Verdict::None,
        PaymentAnswer::NotSent { why: NotSent::Unreachable, .. } | PaymentAnswer::InDoubt => Verdict::Bad,
    }
}

/// pay in the same process.
pub struct DirectPayments(pub PayService);

impl Payments for DirectPayments {
    fn request(&self, payment: PaymentRequest) -> Reply<'_, PaymentAnswer> {
        Box::pin(async move {
            // A request would be refused by its edge, which this goes past.
            if self.0.room().faults.is_paused() {
                return UNREACHABLE;
            }
            let request = pay::service::PaymentRequest {
                order_id: payment.order_id,
                order_number: payment.order_number,
                attempt: payment.attempt,
                amount: payment.amount,
                currency: payment.currency,
                method: payment.method,
                token: payment.token,
                deadline: payment.deadline,
                trace: payment.trace,
            };
            answer(self.0.request(request).await)
        })
    }
}

/// pay in another process.
pub struct HttpPayments {
    client: reqwest::Client,
    url: String,
    budget: Budget,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    order_id: kernel::ids::OrderId,
    order_number: &'a kernel::order::OrderNumber,
    attempt: u32,
    amount: kernel::money::Amount,
    currency: kernel::money::Currency,
    method: kernel::order::PaymentMethod,
    token: &'a str,
}

impl HttpPayments {
    /// pay at `base`, like `http://127.0.0.1:8082`.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn new(base: &str, ids: &Ids) -> Result<Self, reqwest::Error> {
        let client = platform::client::inside().connect_timeout(CONNECT).build()?;
        Ok(Self { client, url: format!("{base}/payments"), budget: Budget::new(ids) })
    }

    /// A request that found nobody is tried once more, if that is not what everybody does: pay may just be starting.
    /// Only such a one: nothing of it was sent.
    async fn call(&self, payment: PaymentRequest) -> PaymentAnswer {
        self.budget.called();
        match self.call_once(&payment).await {
            answer @ PaymentAnswer::NotSent { why: NotSent::Unreachable, .. } => {
                let Some(pause) = self.budget.retry() else { return answer };
                if payment.deadline.left_of(RETRY_AFTER) < pause + LEAST {
                    return answer;
                }
                tokio::time::sleep(pause).await;
                self.call_once(&payment).await
            }
            answer => answer,
        }
    }

    async fn call_once(&self, payment: &PaymentRequest) -> PaymentAnswer {
        let mut request = self.client.post(&self.url).header("baedal-actor", "service/app");
        if let Some(trace) = payment.trace.as_deref() {
            request = request.header("traceparent", trace);
        }
        if let Some((header, left)) = payment.deadline.header().zip(payment.deadline.left()) {
            request = request.header(DEADLINE_HEADER, header).timeout(left);
        }
        let body = Request {
            order_id: payment.order_id,
            order_number: &payment.order_number,
            attempt: payment.attempt,
            amount: payment.amount,
            currency: payment.currency,
            method: payment.method,
            token: &payment.token,
        };
        match request.json(&body).send().await {
            Ok(response) if response.status().is_success() => {
                response.json().await.map_or(PaymentAnswer::InDoubt, answer)
            }
            // Nothing was sent: there was nobody to send it to.
            Err(error) if error.is_connect() => UNREACHABLE,
            Ok(response) => refused(response).await,
            Err(_) => PaymentAnswer::InDoubt,
        }
    }
}

impl Payments for HttpPayments {
    fn request(&self, payment: PaymentRequest) -> Reply<'_, PaymentAnswer> {
        Box::pin(self.call(payment))
    }
}

/// A pay that is paused has taken nothing up; any other refusal leaves it open what was done.
async fn refused(response: reqwest::Response) -> PaymentAnswer {
    let problem: serde_json::Value = response.json().await.unwrap_or_default();
    if problem["type"] == "/problems/paused" { UNREACHABLE } else { PaymentAnswer::InDoubt }
}

fn answer(reply: PaymentReply) -> PaymentAnswer {
    match reply {
        PaymentReply::Approved { approved_at } => PaymentAnswer::Approved { approved_at },
        PaymentReply::Declined { code } => PaymentAnswer::Declined { code },
        PaymentReply::NotSent { retry_after, why } => {
            let why = match why {
                PayNotSent::Unreachable => NotSent::Unreachable,
                PayNotSent::HeldBack => NotSent::HeldBack,
                PayNotSent::Refused => NotSent::Refused,
            };
            PaymentAnswer::NotSent { retry_after: Duration::from_secs(retry_after), why }
        }
        PaymentReply::InDoubt => PaymentAnswer::InDoubt,
    }
}
