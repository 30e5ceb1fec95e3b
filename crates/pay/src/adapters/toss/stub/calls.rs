//! The calls of Toss's core interface: who may make them, and that the same key gives the same answer.

use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::Time;
use kernel::money::Amount;
use platform::stub::AskedFor;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::times;
use super::TossStub;
use super::book::{Book, Cancelling, Confirming, PaymentOnFile};
use super::codes::Refusal;
use super::payment::{object, transaction};

/// The most bytes of a request's body.
const LARGEST_BODY: usize = 64 * 1024;
/// The longest idempotency key.
const LONGEST_KEY: usize = 300;
/// How many transactions a page has when nobody says, and at most.
const PAGE: (usize, usize) = (100, 10_000);

/// What an idempotency key stands for.
pub(super) enum Slot {
    /// Its first request is still running.
    Running,
    /// That request's answer.
    Answered(StatusCode, Value),
}

pub(super) fn router(stub: TossStub) -> Router {
    Router::new()
        .route("/v1/payments/confirm", post(confirm))
        .route("/v1/payments/{payment_key}", get(by_key))
        .route("/v1/payments/orders/{order_id}", get(by_order))
        .route("/v1/payments/{payment_key}/cancel", post(cancel))
        .route("/v1/transactions", get(transactions))
        .layer(from_fn_with_state(stub.clone(), admit))
        .with_state(stub)
}

/// Only who has the key comes in.
async fn admit(State(stub): State<TossStub>, request: Request, next: Next) -> Response {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let decoded = given.and_then(|value| value.strip_prefix("Basic ")).and_then(|text| STANDARD.decode(text).ok());
    match decoded.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| text.contains(':')) {
        None => Refusal::of("INCORRECT_BASIC_AUTH_FORMAT").into_response(),
        Some(pair) if pair == format!("{}:", stub.inner.options.secret_key.reveal()) => next.run(request).await,
        Some(_) => Refusal::of("UNAUTHORIZED_KEY").into_response(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfirmBody {
    payment_key: String,
    order_id: String,
    amount: Amount,
}

async fn confirm(State(stub): State<TossStub>, request: Request) -> Response {
    stub.once(request, |book, body: ConfirmBody, key, now| {
        let ConfirmBody { payment_key, order_id, amount } = body;
        book.confirm(&Confirming { payment_key, order_id, amount }, key, now)
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CancelBody {
    cancel_reason: String,
    cancel_amount: Option<Amount>,
    refundable_amount: Option<Amount>,
}

async fn cancel(State(stub): State<TossStub>, Path(payment_key): Path<String>, request: Request) -> Response {
    stub.once(request, |book, body: CancelBody, key, now| {
        let CancelBody { cancel_reason: reason, cancel_amount: amount, refundable_amount: refundable } = body;
        book.cancel(&payment_key, &Cancelling { amount, reason, refundable }, key, now)
    })
    .await
}

async fn by_key(State(stub): State<TossStub>, Path(payment_key): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    look_up(&parts, stub.inner.book.lock().get(&payment_key))
}

async fn by_order(State(stub): State<TossStub>, Path(order_id): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    look_up(&parts, stub.inner.book.lock().of_order(&order_id))
}

fn look_up(parts: &Parts, payment: Option<&PaymentOnFile>) -> Response {
    match (asked_for(parts), payment) {
        (Some(refusal), _) => refusal.into_response(),
        (None, Some(payment)) => Json(object(payment)).into_response(),
        (None, None) => Refusal::of("NOT_FOUND_PAYMENT").into_response(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Which {
    start_date: String,
    end_date: String,
    starting_after: Option<String>,
    limit: Option<usize>,
}

async fn transactions(State(stub): State<TossStub>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if let Some(refusal) = asked_for(&parts) {
        return refusal.into_response();
    }
    let which = axum::extract::Query::<Which>::try_from_uri(&parts.uri).ok().map(|query| query.0);
    let read = which
        .and_then(|which| Some((times::read_civil(&which.start_date)?, times::read_civil(&which.end_date)?, which)));
    let Some((from, until, which)) = read else { return Refusal::of("INVALID_REQUEST").into_response() };
    let book = stub.inner.book.lock();
    let mut all = book.transactions(from, until);
    if let Some(after) = which.starting_after {
        // What comes after an unknown key is nothing.
        let _ = all.by_ref().find(|found| found.key == after);
    }
    let page: Vec<Value> = all.take(which.limit.unwrap_or(PAGE.0).min(PAGE.1)).map(transaction).collect();
    Json(page).into_response()
}

/// The error that somebody asks for, by a header as with Toss's test keys, or as a fault of the stub.
fn asked_for(parts: &Parts) -> Option<Refusal> {
    let by_header = header(&parts.headers, "TossPayments-Test-Code").map(str::to_owned);
    let code = by_header.or_else(|| parts.extensions.get::<AskedFor>().map(|asked| asked.code.clone()));
    code.map(Refusal::of)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

impl TossStub {
    /// Does what a request asks for, once per key; what it was answered first, it is answered always.
    async fn once<T: DeserializeOwned>(
        &self,
        request: Request,
        work: impl FnOnce(&mut Book, T, String, Time) -> Result<PaymentOnFile, Refusal>,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let key = header(&parts.headers, "Idempotency-Key");
        if key.is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
            return Refusal::of("INVALID_IDEMPOTENCY_KEY").into_response();
        }
        let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
            return Refusal::of("INVALID_REQUEST").into_response();
        };
        let place = key.map(|key| format!("{} {} {key}", parts.method, parts.uri.path()));
        let held = match self.hold(place) {
            Ok(held) => held,
            Err((status, body)) => return (status, Json(body)).into_response(),
        };
        tokio::time::sleep(self.inner.options.takes).await;
        let result = match (asked_for(&parts), serde_json::from_slice(&body)) {
            (Some(refusal), _) => Err(refusal),
            (None, Ok(asked)) => work(&mut self.inner.book.lock(), asked, self.inner.ids.token(), self.now()),
            (None, Err(_)) => Err(Refusal::of("INVALID_REQUEST")),
        };
        let (status, body) = match &result {
            Ok(payment) => (StatusCode::OK, object(payment)),
            Err(refusal) => (refusal.status(), refusal.body()),
        };
        // That another one is running is no answer of this one.
        if status != StatusCode::CONFLICT {
            held.answered(status, &body);
        }
        self.tell(result.ok());
        (status, Json(body)).into_response()
    }

    /// Takes the key, or gives the answer that there is already.
    fn hold(&self, place: Option<String>) -> Result<Held<'_>, (StatusCode, Value)> {
        let Some(place) = place else { return Ok(Held { stub: self, place: None }) };
        let mut slots = self.inner.slots.lock();
        match slots.get(&place) {
            Some(Slot::Running) => {
                let refusal = Refusal::of("IDEMPOTENT_REQUEST_PROCESSING");
                Err((refusal.status(), refusal.body()))
            }
            Some(Slot::Answered(status, body)) => Err((*status, body.clone())),
            None => {
                slots.insert(place.clone(), Slot::Running);
                drop(slots);
                Ok(Held { stub: self, place: Some(place) })
            }
        }
    }
}

/// A key whose request is running; whoever gives up leaves it free again.
struct Held<'a> {
    stub: &'a TossStub,
    place: Option<String>,
}

impl Held<'_> {
    fn answered(mut self, status: StatusCode, body: &Value) {
        if let Some(place) = self.place.take() {
            self.stub.inner.slots.lock().insert(place, Slot::Answered(status, body.clone()));
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            self.stub.inner.slots.lock().remove(&place);
        }
    }
}
