//! Toss Payments, by its core interface v1 (<https://docs.tosspayments.com/reference>).
//!
//! The customer authenticates in Toss's window, and the key of that payment comes here as the charge's token. Nothing
//! is charged before it is confirmed, with our reference as the order's id there. Tokens are never stored: whatever is
//! asked later is asked by the reference, and a refund is found again by its id, which stands in the cancel's reason.

mod answers;
mod codes;
mod sending;
pub mod stub;
#[cfg(test)]
mod tests;
mod times;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use kernel::ids::RefundId;
use parking_lot::Mutex;
use platform::config::Secret;
use platform::resilience::retry::Budget;
use reqwest::{Client, Method, Url};
use serde_json::json;

use self::answers::{Payment, Transaction, Way, reason};
use self::codes::{OfCharge, OfLookUp, OfRefund, STILL_RUNNING, of_charge, of_look_up, of_refund};
use self::sending::Answer;
use crate::domain::reconciliation::{Day, Moved, Movement};
use crate::ports::{Charge, ChargeAnswer, LookUp, Provider, Refund, RefundAnswer, RefundLookUp, Reply, Transactions};

/// How long a connection may take to be made; what is not connected was not sent.
const CONNECT: Duration = Duration::from_secs(2);
/// How long a connection is kept for the next call: less than whoever is in front of Toss keeps it, for a call on a
/// connection that has just ended may or may not have arrived.
const IDLE: Duration = Duration::from_secs(20);
/// How many transactions are asked for at once.
const PAGE: usize = 1_000;
/// How many pages a day has at most.
const MOST_PAGES: usize = 1_000;
/// How many of a day's refunds are looked up at once.
const AT_ONCE: usize = 8;
/// What the keys for real money begin with.
const LIVE: &str = "live_";

/// Why Toss cannot be called at all.
#[derive(Debug, thiserror::Error)]
pub enum TossError {
    /// The address is none.
    #[error("\"{0}\" is not an address that Toss Payments could answer at")]
    NotAnAddress(String),
    /// Everybody on the way could read the key.
    #[error("a live key of Toss Payments is never sent without TLS: the address has to begin with https")]
    LiveKeyInClear,
    /// The client cannot be made.
    #[error("the client for Toss Payments cannot be made")]
    Client(#[from] reqwest::Error),
}

/// Toss Payments.
pub struct TossProvider {
    client: Client,
    base: Url,
    key: Secret,
    /// How many answers a refund that is still open has had: see [`TossProvider::refund_key`].
    answers: Mutex<BTreeMap<RefundId, u32>>,
    /// Which requests may be sent a second time.
    retries: Budget,
}

/// A payment that was asked for.
enum Found {
    Payment(Payment),
    Nothing,
    Unknown,
}

/// A look-up did not say, so that the day is not known either.
struct NoAnswer;

impl TossProvider {
    /// Toss at `base`, which knows us by `key`; `retries` are shared by all calls.
    ///
    /// # Errors
    /// See [`TossError`].
    pub fn new(base: &str, key: Secret, retries: Budget) -> Result<Self, TossError> {
        let not_an_address = || TossError::NotAnAddress(base.to_owned());
        let address = Url::parse(&format!("{}/", base.trim_end_matches('/'))).map_err(|_| not_an_address())?;
        let client = match address.scheme() {
            "https" => platform::client::outside(),
            "http" if key.reveal().starts_with(LIVE) => return Err(TossError::LiveKeyInClear),
            "http" => platform::client::inside().redirect(reqwest::redirect::Policy::none()),
            _ => return Err(not_an_address()),
        };
        let client = client.connect_timeout(CONNECT).pool_idle_timeout(IDLE).build()?;
        Ok(Self { client, base: address, key, answers: Mutex::default(), retries })
    }

    async fn confirm(&self, charge: Charge) -> ChargeAnswer {
        let body = json!({ "paymentKey": charge.token, "orderId": charge.reference, "amount": charge.amount.minor() });
        let request = self.request(Method::POST, &["payments", "confirm"]).json(&body);
        match self.send::<Payment>("confirm", request.header("Idempotency-Key", &charge.reference)).await {
            Answer::Done(payment) => payment.answer_to(&charge),
            Answer::Refused(code) => match of_charge(&code) {
                OfCharge::Declined(code) => ChargeAnswer::Declined { code },
                OfCharge::OurFault => {
                    our_fault("confirm", &code);
                    ChargeAnswer::NotSent
                }
                OfCharge::Unknown => ChargeAnswer::Unknown,
                OfCharge::Unlisted => {
                    unlisted("confirm", &code);
                    ChargeAnswer::Unknown
                }
            },
            Answer::NotSent => ChargeAnswer::NotSent,
            Answer::Unknown => ChargeAnswer::Unknown,
        }
    }

    /// The payment that Toss knows by our reference.
    async fn find(&self, reference: &str) -> Found {
        let request = self.request(Method::GET, &["payments", "orders", reference]);
        match self.send::<Payment>("look-up", request).await {
            Answer::Done(payment) if payment.order_id == reference => Found::Payment(payment),
            Answer::Done(_) => {
                tracing::error!("Toss answered a look-up with a payment of another order");
                Found::Unknown
            }
            Answer::Refused(code) => match of_look_up(&code) {
                OfLookUp::NotFound => Found::Nothing,
                OfLookUp::Unknown => Found::Unknown,
                OfLookUp::OurFault => {
                    our_fault("look-up", &code);
                    Found::Unknown
                }
            },
            Answer::NotSent | Answer::Unknown => Found::Unknown,
        }
    }

    /// Looks first: the key of the payment is needed, and what is back already must not go back again. Toss refuses a
    /// cancel that names another remaining amount than there is, so that none of two that cross is given twice.
    async fn cancel(&self, refund: Refund) -> RefundAnswer {
        let payment = match self.find(&refund.reference).await {
            Found::Payment(payment) => payment,
            Found::Nothing => return for_good("NOT_FOUND_PAYMENT"),
            Found::Unknown => return RefundAnswer::Unknown,
        };
        match payment.refund(refund.refund_id) {
            RefundLookUp::Done { at } => return self.done(refund.refund_id, at),
            RefundLookUp::NotFound => {}
            RefundLookUp::Unknown => return RefundAnswer::Unknown,
        }
        let body = json!({
            "cancelReason": reason(refund.refund_id),
            "cancelAmount": refund.amount.minor(),
            "refundableAmount": payment.balance_amount.minor(),
        });
        let request = self.request(Method::POST, &["payments", &payment.payment_key, "cancel"]).json(&body);
        let request = request.header("Idempotency-Key", self.refund_key(refund.refund_id));
        match self.send::<Payment>("cancel", request).await {
            Answer::Done(payment) => match payment.refund(refund.refund_id) {
                RefundLookUp::Done { at } => self.done(refund.refund_id, at),
                RefundLookUp::NotFound | RefundLookUp::Unknown => RefundAnswer::Unknown,
            },
            Answer::Refused(code) => self.refund_refused(&refund, &code).await,
            Answer::NotSent | Answer::Unknown => RefundAnswer::Unknown,
        }
    }

    async fn refund_refused(&self, refund: &Refund, code: &str) -> RefundAnswer {
        if code != STILL_RUNNING {
            *self.answers.lock().entry(refund.refund_id).or_default() += 1;
        }
        match of_refund(code) {
            OfRefund::ForGood => for_good(code),
            OfRefund::Again => RefundAnswer::Unknown,
            OfRefund::AllBack => match self.refund_of(refund.refund_id, &refund.reference).await {
                RefundLookUp::Done { at } => self.done(refund.refund_id, at),
                RefundLookUp::NotFound => for_good(code),
                RefundLookUp::Unknown => RefundAnswer::Unknown,
            },
            OfRefund::OurFault => {
                our_fault("cancel", code);
                RefundAnswer::Unknown
            }
            OfRefund::Unlisted => {
                unlisted("cancel", code);
                RefundAnswer::Unknown
            }
        }
    }

    /// Toss answers the same key for 15 days as it did first, also with a refusal. So a refund keeps its key as long as
    /// nobody knows what became of it, and takes another after each answer. Should the count be lost in a restart, the
    /// old answers are met again, one with each try.
    fn refund_key(&self, refund_id: RefundId) -> String {
        match self.answers.lock().get(&refund_id) {
            None => refund_id.to_string(),
            Some(answers) => format!("{refund_id}.{answers}"),
        }
    }

    fn done(&self, refund_id: RefundId, at: kernel::Time) -> RefundAnswer {
        self.answers.lock().remove(&refund_id);
        RefundAnswer::Done { at }
    }

    async fn refund_of(&self, refund_id: RefundId, reference: &str) -> RefundLookUp {
        match self.find(reference).await {
            Found::Payment(payment) => payment.refund(refund_id),
            Found::Nothing => RefundLookUp::NotFound,
            Found::Unknown => RefundLookUp::Unknown,
        }
    }

    /// Everything that moved on a day; several payments are looked up at once, for a day may have many refunds.
    async fn moved(&self, day: &Day) -> Option<Vec<Movement>> {
        let all = self.all_of(day).await?;
        let moved = stream::iter(all).map(|transaction| self.movement(transaction)).buffered(AT_ONCE);
        moved.try_filter_map(future::ok).try_collect().await.ok()
    }

    /// The list has neither the amounts of refunds nor their names for certain: each of ours is looked up in its payment.
    async fn movement(&self, transaction: Transaction) -> Result<Option<Movement>, NoAnswer> {
        let nameless = Moved::Refund { refund_id: None };
        Ok(match transaction.way() {
            Way::In => Some(transaction.movement(Moved::Charge, None)),
            Way::Out if !transaction.is_ours() => Some(transaction.movement(nameless, None)),
            Way::Out => match self.find(&transaction.order_id).await {
                Found::Payment(payment) => {
                    let (amount, refund_id) = payment.back(&transaction.transaction_key).unzip();
                    Some(transaction.movement(Moved::Refund { refund_id: refund_id.flatten() }, amount))
                }
                Found::Nothing => Some(transaction.movement(nameless, None)),
                Found::Unknown => return Err(NoAnswer),
            },
            Way::Nowhere => None,
        })
    }

    async fn all_of(&self, day: &Day) -> Option<Vec<Transaction>> {
        let mut all: Vec<Transaction> = Vec::new();
        for _ in 0..MOST_PAGES {
            let mut query = vec![
                ("startDate", times::civil(day.from)),
                ("endDate", times::civil(day.until)),
                ("limit", PAGE.to_string()),
            ];
            query.extend(all.last().map(|last| ("startingAfter", last.transaction_key.clone())));
            let request = self.request(Method::GET, &["transactions"]).query(&query);
            let page = match self.send::<Vec<Transaction>>("transactions", request).await {
                Answer::Done(page) => page,
                Answer::Refused(code) => {
                    if of_look_up(&code) == OfLookUp::OurFault {
                        our_fault("transactions", &code);
                    }
                    return None;
                }
                Answer::NotSent | Answer::Unknown => return None,
            };
            // A page may hold less than was asked for, so that only an empty one is known to be the last.
            if page.is_empty() {
                all.retain(|transaction| day.holds(transaction.transaction_at));
                return Some(all);
            }
            all.extend(page);
        }
        tracing::error!("Toss's list of transactions has no end");
        None
    }
}

impl Provider for TossProvider {
    fn charge(&self, charge: Charge) -> Reply<'_, ChargeAnswer> {
        Box::pin(self.confirm(charge))
    }

    fn look_up<'a>(&'a self, reference: &'a str) -> Reply<'a, LookUp> {
        Box::pin(async move {
            match self.find(reference).await {
                Found::Payment(payment) => payment.standing(),
                Found::Nothing => LookUp::NotFound,
                Found::Unknown => LookUp::Unknown,
            }
        })
    }

    fn refund(&self, refund: Refund) -> Reply<'_, RefundAnswer> {
        Box::pin(self.cancel(refund))
    }

    fn look_up_refund<'a>(&'a self, refund_id: RefundId, reference: &'a str) -> Reply<'a, RefundLookUp> {
        Box::pin(self.refund_of(refund_id, reference))
    }

    fn transactions<'a>(&'a self, day: &'a Day) -> Reply<'a, Transactions> {
        Box::pin(async move { self.moved(day).await.map_or(Transactions::Unknown, Transactions::Known) })
    }
}

fn for_good(code: &str) -> RefundAnswer {
    RefundAnswer::RefusedForGood { code: code.to_owned() }
}

fn our_fault(call: &'static str, code: &str) {
    tracing::error!(call, code, "Toss does not accept our key or how it is sent: no payment goes through");
}

fn unlisted(call: &'static str, code: &str) {
    tracing::error!(call, code, "Toss gave a code that is not in our tables: what it means has to be looked up");
}
