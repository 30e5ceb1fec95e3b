//! What app asks: to take a payment, and how one stands.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::Time;
use kernel::ids::{OrderId, RefundId};
use kernel::money::{Amount, Currency};
use kernel::order::{OrderNumber, PaymentMethod};
use platform::actor::{Caller, require_operator};
use platform::commands::{self, Asked, once, outage};
use platform::describe::Idempotent;
use platform::extract::PathId;
use platform::problem::{FieldProblem, Problem};
use platform::reply::Reply;
use serde::{Deserialize, Serialize};

use super::{problem_of_look_up, require_app, require_app_or_operator};
use crate::domain::payment::{Answer, PaymentState, Refund, Request};
use crate::service::{PayService, PaymentReply, PaymentRequest};

/// The longest token that is taken.
const LONGEST_TOKEN: usize = 4096;

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PaymentRequestBody")]
struct Body {
    order_id: OrderId,
    order_number: Option<OrderNumber>,
    #[schemars(range(min = 1))]
    attempt: u32,
    #[schemars(extend("minimum" = 1))]
    amount: Amount,
    #[serde(default)]
    currency: Currency,
    method: PaymentMethod,
    #[schemars(length(min = 1, max = 4096))]
    token: String,
}

platform::taken!(Body);
platform::written!(PaymentView);

/// `POST /payments`. The attempt itself is what makes a repeat harmless; a key only has repeats wait for the first.
#[utoipa::path(
    post,
    path = "/payments",
    operation_id = "requestPayment",
    tag = "payments",
    summary = "Charge an attempt to pay",
    params(Idempotent),
    request_body(content = Body, example = json!({"orderId": "019aa8dc-4830-7900-a32a-000000000009", "attempt": 1, "amount": 24000, "currency": "KRW", "method": "CARD", "token": "ok"})),
    responses(
        (status = 200, description = "What came of it.", body = PaymentReply),
    ),
)]
pub(super) async fn request(State(pay): State<PayService>, asked: Asked) -> Response {
    let work = async || {
        require_app(&asked.actor)?;
        let payment = read(&pay, &asked)?;
        answer(pay.request(payment).await)
    };
    once(pay.room(), pay.running(), &asked, work, |_| answer(PaymentReply::InDoubt)).await
}

fn answer(reply: PaymentReply) -> Result<Reply, Problem> {
    Reply::json(StatusCode::OK, &reply).map_err(|error| outage(&error))
}

fn read(pay: &PayService, asked: &Asked) -> Result<PaymentRequest, Problem> {
    let body: Body = asked.json()?;
    let checks = [
        (body.attempt == 0, "attempt", "a number from 1"),
        (body.amount <= Amount::ZERO, "amount", "more than nothing"),
        (!(1..=LONGEST_TOKEN).contains(&body.token.len()), "token", "1 to 4096 characters"),
    ];
    let wrong: Vec<_> =
        checks.iter().filter(|(bad, ..)| *bad).map(|(_, field, reason)| FieldProblem::new(*field, reason)).collect();
    if !wrong.is_empty() {
        return Err(Problem::invalid_fields(wrong));
    }
    let order_number = body.order_number.unwrap_or_else(|| number_of(pay, body.order_id));
    Ok(PaymentRequest {
        order_id: body.order_id,
        order_number,
        attempt: body.attempt,
        amount: body.amount,
        currency: body.currency,
        method: body.method,
        token: body.token,
        deadline: asked.deadline,
        trace: asked.trace.clone(),
    })
}

/// The order's number, by the time that its id was made at.
fn number_of(pay: &PayService, order_id: OrderId) -> OrderNumber {
    let made = order_id.uuid().get_timestamp().and_then(|stamp| i64::try_from(stamp.to_unix().0).ok());
    let made = made.and_then(|seconds| Time::from_second(seconds).ok());
    OrderNumber::of(order_id, made.unwrap_or_else(|| pay.room().clock.now()), &pay.options().zone)
}

/// How a payment stands.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Payment")]
pub(super) struct PaymentView {
    order_id: OrderId,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_number: Option<OrderNumber>,
    /// How its last attempt stands, as app was or will be answered.
    #[serde(flatten)]
    latest: Option<Known>,
    closed: bool,
    left_amount: Amount,
    attempts: Vec<AttemptView>,
    refunds: Vec<RefundView>,
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PaymentAttempt")]
struct AttemptView {
    attempt: u32,
    #[serde(flatten)]
    known: Known,
    #[serde(flatten)]
    request: Option<Request>,
}

/// What is known of an attempt, in the words of the answer to it.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(tag = "outcome", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
enum Known {
    Approved { approved_at: Time },
    Declined { code: kernel::order::PaymentCode },
    NotSent,
    InDoubt,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PaymentRefund")]
struct RefundView {
    refund_id: RefundId,
    #[serde(flatten)]
    refund: Refund,
}

/// `GET /payments/{orderId}`.
#[utoipa::path(
    get,
    path = "/payments/{orderId}",
    operation_id = "showPayment",
    tag = "payments",
    summary = "How a payment stands",
    responses(
        (status = 200, description = "The payment.", body = PaymentView),
    ),
)]
pub(super) async fn show(
    State(pay): State<PayService>,
    Caller(actor): Caller,
    PathId(order_id): PathId<OrderId>,
) -> Result<Json<PaymentView>, Problem> {
    require_app_or_operator(&actor)?;
    let loaded = pay.payments().load(order_id.uuid()).map_err(|error| commands::outage(&error))?;
    if loaded.version == 0 {
        return Err(Problem::not_found());
    }
    Ok(Json(view(order_id, &loaded.state)))
}

/// `POST /operations/pay/payments/{orderId}/look-up`: what support does when a customer says "I was charged". A key
/// only has repeats wait for the first, for looking again is harmless.
#[utoipa::path(
    post,
    path = "/operations/pay/payments/{orderId}/look-up",
    operation_id = "lookUpPayment",
    tag = "operations",
    summary = "Ask the provider about every attempt of an order again",
    params(Idempotent),
    responses(
        (status = 200, description = "The payment.", body = PaymentView),
        (status = 409, description = "charge-never-asked-for"),
    ),
)]
pub(super) async fn look_up(
    State(pay): State<PayService>,
    PathId(order_id): PathId<OrderId>,
    asked: Asked,
) -> Response {
    let reply =
        |state: &PaymentState| Reply::json(StatusCode::OK, &view(order_id, state)).map_err(|error| outage(&error));
    let work = async || {
        require_operator(&asked.actor)?;
        let found = pay.look_up(order_id, &asked.cause(pay.room())).await;
        reply(&found.map_err(|error| problem_of_look_up(&error))?.state)
    };
    let cut_off = |id| reply(&pay.payments().load(id).map_err(|error| outage(&error))?.state);
    once(pay.room(), pay.running(), &asked, work, cut_off).await
}

fn view(order_id: OrderId, state: &PaymentState) -> PaymentView {
    let attempts = state.attempts().map(|(attempt, answer, request)| AttemptView {
        attempt,
        known: answer.into(),
        request: request.cloned(),
    });
    let refunds = state.refunds().map(|(refund_id, refund)| RefundView { refund_id, refund: refund.clone() });
    PaymentView {
        order_id,
        order_number: state.order_number().cloned(),
        latest: state.attempts().last().map(|(_, answer, _)| answer.into()),
        closed: state.is_closed(),
        left_amount: state.left(),
        attempts: attempts.collect(),
        refunds: refunds.collect(),
    }
}

impl From<Answer> for Known {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Approved { approved_at } => Self::Approved { approved_at },
            Answer::Declined(code) => Self::Declined { code },
            Answer::NotSent => Self::NotSent,
            Answer::InDoubt => Self::InDoubt,
        }
    }
}
