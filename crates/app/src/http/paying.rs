//! Paying for an order: pay is asked, and what it says is recorded and answered.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use jiff::SignedDuration;
use kernel::Time;
use kernel::ids::OrderId;
use kernel::order::PaymentMethod;
use platform::actor::{Speaks, require_customer};
use platform::commands::{Asked, commit_problem, once, outage};
use platform::describe::Idempotent;
use platform::extract::PathId;
use platform::problem::Problem;
use platform::reply::Reply;
use platform::store::Changes;
use platform::streams::{HandleError, Loaded};

use super::answers::{Answers, Exchange, declined, why_declined};
use super::body::PaymentBody;
use super::problems;
use super::shapes::OrderJson;
use crate::domain::commands::{Outcome, What};
use crate::domain::order::{Order, Rejection, Stage};
use crate::domain::pricing;
use crate::ports::{PaymentAnswer, PaymentRequest};
use crate::service::AppService;

/// `POST /orders/{id}/payment`.
#[utoipa::path(
    post,
    path = "/orders/{orderId}/payment",
    operation_id = "payOrder",
    tag = "orders",
    summary = "Pay for an order",
    params(Idempotent),
    request_body(content = PaymentBody, example = json!({"method": "CARD", "token": "ok"})),
    responses(
        (status = 200, description = "Paid and placed.", body = OrderJson, headers(("Location" = String, description = "The order."))),
        (status = 202, description = "Not paid yet: to be paid a little later, or being checked.", body = OrderJson, headers(("Location" = String, description = "The order."))),
        (status = 402, description = "payment-declined"),
        (status = 409, description = "already-paid, order-ended, payment-in-progress, hold-over, store-closed, sold-out, order-changed, not-the-next-attempt"),
        (status = 422, description = "unknown-store"),
    ),
)]
pub async fn pay(
    State(app): State<AppService>,
    PathId(id): PathId<OrderId>,
    Speaks(speaks): Speaks,
    asked: Asked,
) -> Response {
    let exchange = Exchange { app: &app, asked: &asked, speaks, answers: Answers::Paid };
    once(app.room(), app.running(), &asked, async || pay_again(exchange, id).await, |id| exchange.standing(id)).await
}

async fn pay_again(exchange: Exchange<'_>, id: OrderId) -> Result<Reply, Problem> {
    let Exchange { app, asked, .. } = exchange;
    let customer = require_customer(&asked.actor)?;
    let payment: PaymentBody = asked.json()?;
    payment.check()?;
    let order = super::orders::of_customer(app, id, customer)?;
    recheck(app, &order)?;
    let cause = asked.cause(app.room());
    let command = app.command(cause.at, What::StartPayment { method: payment.method, attempt: None });
    let claim = |_: &Loaded<Order>, _: &[_], changes: &mut Changes| {
        if let Some(keyed) = &asked.keyed {
            changes.claims.push(keyed.claim(id.uuid(), cause.at));
        }
        Ok(())
    };
    let started = app.orders().handle_with(id.uuid(), &cause, command, claim).await.map_err(refused)?;
    charge(exchange, &started.after, payment).await
}

/// The same checks as for a new order: 409 with what changed meanwhile.
fn recheck(app: &AppService, order: &Loaded<Order>) -> Result<(), Problem> {
    let Some(known) = order.state.as_deref() else { return Err(Problem::not_found()) };
    match &known.stage {
        Stage::Unpaid(unpaid) if unpaid.open.is_none() => {
            let front = app.front(known.details.store_id)?;
            pricing::recheck(&known.details, &front, app.room().clock.now())
                .map_err(|changes| problems::changed(OrderId::from(order.id), &changes))
        }
        // The rules say better what is wrong with these.
        Stage::Unpaid(_) | Stage::Live(_) | Stage::Ended(_) => Ok(()),
    }
}

/// Has pay charge the open attempt, and records what came of it.
pub async fn charge(exchange: Exchange<'_>, order: &Loaded<Order>, payment: PaymentBody) -> Result<Reply, Problem> {
    let app = exchange.app;
    let Some(known) = order.state.as_deref() else { return Err(Problem::not_found()) };
    let request = PaymentRequest {
        order_id: OrderId::from(order.id),
        order_number: known.details.order_number.clone(),
        attempt: known.attempts,
        amount: known.total_amount(),
        currency: known.details.currency,
        method: payment.method,
        token: payment.token,
        deadline: exchange.asked.deadline.within(app.deadline()),
        trace: exchange.asked.trace.clone(),
    };
    let tried = Tried { id: order.id, attempt: known.attempts, method: payment.method };
    let said = app.payments().request(request).await;
    record(exchange, tried, said).await
}

/// The attempt that pay was asked about.
#[derive(Clone, Copy)]
struct Tried {
    id: uuid::Uuid,
    attempt: u32,
    method: PaymentMethod,
}

async fn record(exchange: Exchange<'_>, tried: Tried, said: PaymentAnswer) -> Result<Reply, Problem> {
    let Exchange { app, asked, .. } = exchange;
    let cause = asked.cause(app.room());
    let reply = |order: &Loaded<Order>| match said {
        PaymentAnswer::Declined { code } if why_declined(order).is_some() => Ok(declined(tried.id, code)),
        _ => exchange.answer(order, pause_after(said)),
    };
    let keep = |order: &Loaded<Order>, _: &[_], changes: &mut Changes| exchange.keep(changes, &reply(order)?);
    let command = app.command(cause.at, tried.command(said, cause.at));
    match app.orders().handle_with(tried.id, &cause, command, keep).await {
        Ok(handled) if handled.events.is_empty() => {
            // The news was here before the answer: nothing was left to commit the answer with.
            keep_alone(exchange, reply(&handled.after).map_err(|error| outage(&error))?).await
        }
        Ok(handled) => reply(&handled.after).map_err(|error| outage(&error)),
        // The order moved on while pay was asked (cancelled, expired): its state is the answer.
        Err(HandleError::Rejected(_)) => keep_alone(exchange, exchange.standing(tried.id)?).await,
        Err(HandleError::Commit(error)) => Err(commit_problem(&error)),
    }
}

impl Tried {
    /// What is recorded of what pay said at `at`.
    fn command(self, said: PaymentAnswer, at: Time) -> What {
        let Self { attempt, method, .. } = self;
        let outcome = match said {
            PaymentAnswer::Approved { approved_at } => Outcome::Approved { method, approved_at },
            PaymentAnswer::Declined { code } => Outcome::Declined { code },
            PaymentAnswer::NotSent { retry_after, .. } => {
                let pause = SignedDuration::try_from(retry_after).unwrap_or_default();
                Outcome::NotSent { retry_at: at.checked_add(pause).unwrap_or(Time::MAX) }
            }
            PaymentAnswer::InDoubt => return What::DoubtPayment { attempt },
        };
        What::RecordPayment { attempt, outcome }
    }
}

const fn pause_after(said: PaymentAnswer) -> Option<Duration> {
    match said {
        PaymentAnswer::NotSent { retry_after, .. } => Some(retry_after),
        PaymentAnswer::Approved { .. } | PaymentAnswer::Declined { .. } | PaymentAnswer::InDoubt => None,
    }
}

/// Keeps an answer that no event of this request commits with. If that fails the answer is right all the same; a
/// repeat gets the order's state.
async fn keep_alone(exchange: Exchange<'_>, reply: Reply) -> Result<Reply, Problem> {
    let mut changes = Changes::default();
    exchange.keep(&mut changes, &reply).map_err(|error| outage(&error))?;
    if !changes.is_empty()
        && let Err(error) = exchange.app.room().store.commit(changes).await
    {
        tracing::warn!(%error, "an answer could not be kept for its repeats");
    }
    Ok(reply)
}

fn refused(error: HandleError<Rejection>) -> Problem {
    match error {
        HandleError::Rejected(rejection) => problems::rejected(rejection),
        HandleError::Commit(error) => commit_problem(&error),
    }
}
