//! app's port for payments, filled: by pay itself in the same process, or by its HTTP interface; the same guard stands
//! before both.

use std::sync::Arc;
use std::time::Duration;

use app::ports::{NotSent, PaymentAnswer, PaymentRequest, Payments, Reply};
use axum::http::{Method, Uri};
use kernel::Context;
use kernel::people::{Actor, PersonId};
use pay::service::{NotSent as PayNotSent, PayService, PaymentReply};
use platform::balance::{Balancer, Outcome};
use platform::deadline::DEADLINE_HEADER;
use platform::identity::{IDENTITY_HEADER, Identity, Signer};
use platform::ids::Ids;
use platform::resilience::breaker::Verdict;
use platform::resilience::retry::Budget;
use platform::resilience::{Guard, LEAST};
use platform::shutdown::Shutdown;
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

/// What an answer says of payments as a whole. That pay holds one back says nothing: its own guard sees to that. Nor does
/// it when an attempt is over: nobody asked the provider.
const fn verdict_on(answer: PaymentAnswer) -> Verdict {
    match answer {
        PaymentAnswer::Approved { .. } | PaymentAnswer::Declined { .. } => Verdict::Good,
        PaymentAnswer::NotSent { why: NotSent::HeldBack | NotSent::Refused, .. } => Verdict::None,
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
    balancer: Balancer,
    path: Uri,
    signer: Signer,
    budget: Budget,
    enough: Duration,
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
    /// pay at `bases`, each like `http://127.0.0.1:8082`, which knows us by `signer`.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn new(bases: Vec<String>, signer: Signer, ids: &Ids) -> Result<Self, reqwest::Error> {
        let client = platform::client::inside().connect_timeout(CONNECT).build()?;
        let balancer = Balancer::new(Context::Pay.name(), bases, ids);
        Ok(Self {
            client,
            balancer,
            path: Uri::from_static("/payments"),
            signer,
            budget: Budget::new(ids),
            enough: Duration::ZERO,
        })
    }

    /// The same, where whoever asks with less time than `enough` is in a hurry of their own.
    #[must_use]
    pub fn with_enough(self, enough: Duration) -> Self {
        Self { enough, ..self }
    }

    /// Asks each of several addresses now and then whether it is ready, until `shutdown`.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn watch(&self, shutdown: &Shutdown) -> Result<(), reqwest::Error> {
        self.balancer.watch(shutdown)
    }

    /// A request that found nobody goes to another address, and where there is none it is tried once more, if that is not
    /// what everybody does: pay may just be starting. Only such a one: nothing of it was sent. What pay itself could not
    /// send is over, and stays what it was.
    async fn call(&self, payment: PaymentRequest) -> PaymentAnswer {
        self.budget.called();
        if let Some(answer) = self.call_each(&payment).await {
            return answer;
        }
        let Some(pause) = self.budget.retry() else { return UNREACHABLE };
        if payment.deadline.left_of(RETRY_AFTER) < pause + LEAST {
            return UNREACHABLE;
        }
        tokio::time::sleep(pause).await;
        self.call_each(&payment).await.unwrap_or(UNREACHABLE)
    }

    /// What pay says at the first of its addresses where there is somebody; `None` where there is nobody to ask.
    async fn call_each(&self, payment: &PaymentRequest) -> Option<PaymentAnswer> {
        let mut tried = Vec::new();
        while let Some(lease) = self.balancer.pick(&tried) {
            tried.push(lease.place());
            let hurried = payment.deadline.left().is_some_and(|left| left < self.enough);
            let (answer, outcome) = self.call_once(lease.base(), payment).await;
            // The time comes from whoever asks, and says nothing of who was asked.
            if !(hurried && outcome == Outcome::Failed) {
                lease.ended(outcome);
            }
            if answer.is_some() {
                return answer;
            }
            if payment.deadline.left().is_some_and(|left| left < LEAST) {
                break;
            }
        }
        None
    }

    /// What pay says at `base`, which is nothing where there is nobody to ask; and what that says of `base`.
    async fn call_once(&self, base: &str, payment: &PaymentRequest) -> (Option<PaymentAnswer>, Outcome) {
        let mut request = self.client.post(format!("{base}{}", self.path));
        // Each try is a call of its own, and an identity is for one.
        if let Some(signed) = self.signer.sign(&own_name(), Context::Pay, &Method::POST, &self.path) {
            request = request.header(IDENTITY_HEADER, signed);
        }
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
            Ok(response) if response.status().is_success() => match response.json().await {
                Ok(reply) => (Some(answer(reply)), Outcome::Answered),
                Err(_) => (Some(PaymentAnswer::InDoubt), Outcome::Failed),
            },
            // Nothing was sent: there was nobody to send it to.
            Err(error) if error.is_connect() => (None, Outcome::Refused),
            Ok(response) => match refused(response).await {
                PaymentAnswer::InDoubt => (Some(PaymentAnswer::InDoubt), Outcome::Failed),
                other => (Some(other), Outcome::Answered),
            },
            Err(_) => (Some(PaymentAnswer::InDoubt), Outcome::Failed),
        }
    }
}

impl Payments for HttpPayments {
    fn request(&self, payment: PaymentRequest) -> Reply<'_, PaymentAnswer> {
        Box::pin(self.call(payment))
    }
}

/// app, as itself.
fn own_name() -> Identity {
    let app = PersonId::parse(Context::App.name());
    app.map_or(Identity::Nobody, |app| Identity::Somebody(Actor::Service(app)))
}

/// A pay that is paused, or does not believe who we are, has taken nothing up; any other refusal leaves it open what was
/// done.
async fn refused(response: reqwest::Response) -> PaymentAnswer {
    let problem: serde_json::Value = response.json().await.unwrap_or_default();
    match problem["type"].as_str() {
        Some(
            "/problems/paused"
            | "/problems/unauthenticated"
            | "/problems/keys-unreadable"
            | "/problems/identity-too-old",
        ) => UNREACHABLE,
        Some(_) | None => PaymentAnswer::InDoubt,
    }
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

#[cfg(test)]
mod contract;
#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::post;
    use jiff::tz::TimeZone;
    use kernel::ids::OrderId;
    use kernel::money::{Amount, Currency};
    use kernel::order::{OrderNumber, PaymentMethod};
    use platform::deadline::Deadline;
    use platform::stub::Stub;
    use tokio::net::TcpListener;

    use super::*;

    fn payment() -> PaymentRequest {
        let order_id = OrderId::from(Ids::seeded(1).uuid());
        PaymentRequest {
            order_id,
            order_number: OrderNumber::of(order_id, kernel::Time::UNIX_EPOCH, &TimeZone::UTC),
            attempt: 1,
            amount: Amount::new(22_000),
            currency: Currency::Krw,
            method: PaymentMethod::Card,
            token: "ok".to_owned(),
            deadline: Deadline::after(Duration::from_secs(5)),
            trace: None,
        }
    }

    /// What app hears from a pay that always says `reply`, and how often pay was asked.
    async fn heard(reply: &'static str) -> (PaymentAnswer, u64) {
        let (shutdown, stub) = (Shutdown::new(), Stub::new(|_, path| (path == "/payments").then_some("payment")));
        let says = async move || ([("content-type", "application/json")], reply);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = stub.serve(listener, Router::new().route("/payments", post(says)), &shutdown).unwrap();
        let signer = Signer::new("app", &platform::clock::Clock::system(), &Ids::seeded(2));
        let pay = HttpPayments::new(vec![format!("http://{address}")], signer, &Ids::seeded(1)).unwrap();
        let heard = pay.request(payment()).await;
        shutdown.begin();
        assert!(shutdown.drained(Duration::from_secs(5)).await);
        (heard, stub.calls("payment"))
    }

    #[tokio::test]
    async fn what_pay_could_not_send_is_not_asked_of_it_again() {
        let (answer, asked) = heard(r#"{"outcome": "NOT_SENT", "retryAfter": 7, "why": "UNREACHABLE"}"#).await;
        let retry_after = Duration::from_secs(7);
        assert_eq!((answer, asked), (PaymentAnswer::NotSent { retry_after, why: NotSent::Unreachable }, 1));
    }

    #[tokio::test]
    async fn where_one_pay_is_gone_another_is_asked_and_none_of_them_twice() {
        let (shutdown, stub) = (Shutdown::new(), Stub::new(|_, path| (path == "/payments").then_some("payment")));
        let reply = r#"{"outcome": "DECLINED", "code": "BALANCE"}"#;
        let says = async move || ([("content-type", "application/json")], reply);
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = stub.serve(listener, Router::new().route("/payments", post(says)), &shutdown).unwrap();
        let signer = Signer::new("app", &platform::clock::Clock::system(), &Ids::seeded(2));
        let bases = [gone, address].map(|address| format!("http://{address}")).into();
        let pay = HttpPayments::new(bases, signer, &Ids::seeded(1)).unwrap();
        for _ in 0..20 {
            let answer = pay.request(payment()).await;
            assert!(matches!(answer, PaymentAnswer::Declined { .. }), "{answer:?}");
        }
        assert_eq!(stub.calls("payment"), 20);
        shutdown.begin();
    }

    #[tokio::test]
    async fn neither_a_doubt_that_pay_tells_nor_a_hurry_of_ours_leaves_it_out() {
        let (shutdown, stub) = (Shutdown::new(), Stub::new(|_, path| (path == "/payments").then_some("payment")));
        let says = async move |request: axum::extract::Request| {
            if request.headers()[DEADLINE_HEADER].len() < 4 {
                std::future::pending::<()>().await;
            }
            ([("content-type", "application/json")], r#"{"outcome": "IN_DOUBT"}"#)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = stub.serve(listener, Router::new().route("/payments", post(says)), &shutdown).unwrap();
        let signer = Signer::new("app", &platform::clock::Clock::system(), &Ids::seeded(2));
        let pay = HttpPayments::new(vec![format!("http://{address}")], signer, &Ids::seeded(1)).unwrap();
        let pay = pay.with_enough(Duration::from_secs(2));
        for hurry in [[5_000; 4], [50; 4]].concat() {
            let deadline = Deadline::after(Duration::from_millis(hurry));
            assert_eq!(pay.request(PaymentRequest { deadline, ..payment() }).await, PaymentAnswer::InDoubt);
        }
        assert!(pay.balancer.seen()[0].2, "it is used");
        shutdown.begin();
    }

    #[tokio::test]
    async fn that_pay_holds_back_or_refuses_says_nothing_of_it() {
        for (why, verdict) in [
            (NotSent::Unreachable, Verdict::Bad),
            (NotSent::HeldBack, Verdict::None),
            (NotSent::Refused, Verdict::None),
        ] {
            assert_eq!(verdict_on(PaymentAnswer::NotSent { retry_after: RETRY_AFTER, why }), verdict, "{why:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_read_is_in_doubt() {
        for rubbish in ["", "{}", "<html>", r#"{"outcome": "APPROVED"}"#, r#"{"outcome": "FREE"}"#] {
            assert_eq!(heard(rubbish).await, (PaymentAnswer::InDoubt, 1), "{rubbish}");
        }
    }
}
