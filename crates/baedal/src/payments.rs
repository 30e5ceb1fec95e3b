//! app's port for payments, filled: by pay itself in the same process, or by its HTTP interface.

use std::time::Duration;

use app::ports::{PaymentAnswer, PaymentRequest, Payments, Reply};
use pay::service::{PayService, PaymentReply};
use serde::Serialize;

/// When to try again where pay could not be reached.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// How long a connection to pay may take to be made.
const CONNECT: Duration = Duration::from_millis(500);

/// pay in the same process.
pub struct DirectPayments(pub PayService);

impl Payments for DirectPayments {
    fn request(&self, payment: PaymentRequest) -> Reply<'_, PaymentAnswer> {
        Box::pin(async move {
            // A request would be refused by its edge, which this goes past.
            if self.0.room().faults.is_paused() {
                return PaymentAnswer::NotSent { retry_after: RETRY_AFTER };
            }
            let request = pay::service::PaymentRequest {
                order_id: payment.order_id,
                order_number: payment.order_number,
                attempt: payment.attempt,
                amount: payment.amount,
                currency: payment.currency,
                method: payment.method,
                token: payment.token,
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
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    order_id: kernel::ids::OrderId,
    order_number: kernel::order::OrderNumber,
    attempt: u32,
    amount: kernel::money::Amount,
    currency: kernel::money::Currency,
    method: kernel::order::PaymentMethod,
    token: String,
}

impl HttpPayments {
    /// pay at `base`, like `http://127.0.0.1:8082`.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn new(base: &str) -> Result<Self, reqwest::Error> {
        let client = platform::client::inside().connect_timeout(CONNECT).build()?;
        Ok(Self { client, url: format!("{base}/payments") })
    }

    async fn call(&self, payment: PaymentRequest) -> PaymentAnswer {
        let mut request = self.client.post(&self.url).timeout(payment.deadline).header("baedal-actor", "service/app");
        if let Some(trace) = payment.trace.as_deref() {
            request = request.header("traceparent", trace);
        }
        let body = Request {
            order_id: payment.order_id,
            order_number: payment.order_number,
            attempt: payment.attempt,
            amount: payment.amount,
            currency: payment.currency,
            method: payment.method,
            token: payment.token,
        };
        match request.json(&body).send().await {
            Ok(response) if response.status().is_success() => {
                response.json().await.map_or(PaymentAnswer::InDoubt, answer)
            }
            // Nothing was sent: there was nobody to send it to.
            Err(error) if error.is_connect() => PaymentAnswer::NotSent { retry_after: RETRY_AFTER },
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
    if problem["type"] == "/problems/paused" {
        PaymentAnswer::NotSent { retry_after: RETRY_AFTER }
    } else {
        PaymentAnswer::InDoubt
    }
}

fn answer(reply: PaymentReply) -> PaymentAnswer {
    match reply {
        PaymentReply::Approved { approved_at } => PaymentAnswer::Approved { approved_at },
        PaymentReply::Declined { code } => PaymentAnswer::Declined { code },
        PaymentReply::NotSent { retry_after } => {
            PaymentAnswer::NotSent { retry_after: Duration::from_secs(retry_after) }
        }
        PaymentReply::InDoubt => PaymentAnswer::InDoubt,
    }
}
