//! From a basket to a paid order: the heart of the interface.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::events::app::PaidSoFar;
use kernel::ids::OrderId;
use kernel::lang::Language;
use kernel::order::{OrderNumber, PaymentMethod};
use kernel::people::PersonId;
use platform::actor::{Speaks, require_customer};
use platform::commands::{self, Asked, commit_problem, once, outage};
use platform::extract::{Json, PathId};
use platform::problem::Problem;
use platform::reply::Reply;
use platform::store::{Changes, StoreError};
use platform::streams::{HandleError, Loaded};

use super::body::{OrderBody, PaymentBody};
use super::{problems, shapes};
use crate::domain::commands::{CreateOrder, Outcome, What};
use crate::domain::order::{End, Ended, Order, Rejection, Stage};
use crate::domain::pricing;
use crate::ports::{PaymentAnswer, PaymentRequest};
use crate::service::AppService;

/// When to pay again where nobody said when (seconds).
const PAY_AGAIN_AFTER: u64 = 5;

/// `POST /quotes`: what an order would cost, or what is wrong with it.
pub async fn quote(State(app): State<AppService>, Speaks(language): Speaks, body: Json<OrderBody>) -> Response {
    let order = body.value;
    let front = match app.front(order.store_id) {
        Ok(front) => front,
        Err(problem) => return problem.into_response(),
    };
    match pricing::quote(&front, &order.basket(&app.room().ids), app.room().clock.now()) {
        Ok(quote) => axum::Json(shapes::quote(&quote, front.store_id, language)).into_response(),
        Err(problems) => problems::basket(&problems).into_response(),
    }
}

/// `POST /orders`.
pub async fn create(State(app): State<AppService>, Speaks(language): Speaks, asked: Asked) -> Response {
    let cut_off = |id| standing(&app, id, language, Answers::Created);
    once(app.room(), app.running(), &asked, async || place(&app, &asked, language).await, cut_off).await
}

async fn place(app: &AppService, asked: &Asked, speaks: Language) -> Result<Reply, Problem> {
    let customer = require_customer(&asked.actor)?;
    let body: OrderBody = asked.json()?;
    let id = OrderId::from(app.room().ids.uuid());
    let create = new_order(app, id, customer, &body, speaks)?;
    let order = append_new(app, asked, id, create, speaks).await?;
    match body.payment {
        None => answer(&order, speaks, Answers::Created, None).map_err(|error| outage(&error)),
        Some(payment) => charge(app, asked, &order, payment, speaks, Answers::Created).await,
    }
}

/// The order that `body` asks for, checked and priced.
fn new_order(
    app: &AppService,
    id: OrderId,
    customer: &PersonId,
    body: &OrderBody,
    speaks: Language,
) -> Result<CreateOrder, Problem> {
    let room = app.room();
    let now = room.clock.now();
    let front = app.front(body.store_id)?;
    let quote = pricing::quote(&front, &body.basket(&room.ids), now).map_err(|problems| problems::basket(&problems))?;
    let private = body.personal(room.ids.rising_token())?;
    let number = OrderNumber::of(id, now, app.zone());
    let details = quote.into_details(number, customer.clone(), &front, body.language.unwrap_or(speaks));
    Ok(CreateOrder { details, private, pay_with: body.payment.as_ref().map(|payment| payment.method) })
}

/// Commits the order with its first attempt to pay, and with the claim of the request's key.
async fn append_new(
    app: &AppService,
    asked: &Asked,
    id: OrderId,
    create: CreateOrder,
    speaks: Language,
) -> Result<std::sync::Arc<Loaded<Order>>, Problem> {
    use kernel::decider::Decider;
    let cause = asked.cause(app.room());
    let unpaid = create.pay_with.is_none();
    let before = Loaded::new(id.uuid());
    let command = app.command(cause.at, What::CreateOrder(Box::new(create)));
    let events = Order::decide(&before.state, command).map_err(problems::rejected)?;
    let mut changes = Changes::default();
    let order = app.orders().append(&mut changes, &before, &events, &cause).map_err(|error| outage(&error))?;
    if let Some(keyed) = &asked.keyed {
        changes.claims.push(keyed.claim(id.uuid(), cause.at));
    }
    if unpaid {
        let reply = answer(&order, speaks, Answers::Created, None).map_err(|error| outage(&error))?;
        keep_answer(&mut changes, asked, &reply).map_err(|error| outage(&error))?;
    }
    app.room().store.commit(changes).await.map_err(|error| commit_problem(&error))?;
    Ok(order)
}

/// `POST /orders/{id}/payment`.
pub async fn pay(
    State(app): State<AppService>,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let cut_off = |id| standing(&app, id, language, Answers::Paid);
    once(app.room(), app.running(), &asked, async || pay_again(&app, &asked, id, language).await, cut_off).await
}

async fn pay_again(app: &AppService, asked: &Asked, id: OrderId, speaks: Language) -> Result<Reply, Problem> {
    let customer = require_customer(&asked.actor)?;
    let payment: PaymentBody = asked.json()?;
    payment.check()?;
    let order = super::orders::of_customer(app, id, customer)?;
    recheck(app, &order)?;
    let cause = asked.cause(app.room());
    let command = app.command(cause.at, What::StartPayment { method: payment.method });
    let claim = |_: &Loaded<Order>, _: &[_], changes: &mut Changes| {
        if let Some(keyed) = &asked.keyed {
            changes.claims.push(keyed.claim(id.uuid(), cause.at));
        }
        Ok(())
    };
    let started = app.orders().handle_with(id.uuid(), &cause, command, claim).await.map_err(refused)?;
    charge(app, asked, &started.after, payment, speaks, Answers::Paid).await
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
async fn charge(
    app: &AppService,
    asked: &Asked,
    order: &Loaded<Order>,
    payment: PaymentBody,
    speaks: Language,
    answers: Answers,
) -> Result<Reply, Problem> {
    let Some(known) = order.state.as_deref() else { return Err(Problem::not_found()) };
    let attempt = known.attempts;
    let request = PaymentRequest {
        order_id: OrderId::from(order.id),
        order_number: known.details.order_number.clone(),
        attempt,
        amount: known.total_amount(),
        currency: known.details.currency,
        method: payment.method,
        token: payment.token,
        deadline: app.deadline(),
        trace: asked.trace.clone(),
    };
    let call = app.payments().request(request);
    let said = tokio::time::timeout(app.deadline(), call).await.unwrap_or(PaymentAnswer::InDoubt);
    record(app, asked, order.id, attempt, payment.method, said, speaks, answers).await
}

#[expect(clippy::too_many_arguments, reason = "one step of one sequence, with all that the answer needs")]
async fn record(
    app: &AppService,
    asked: &Asked,
    id: uuid::Uuid,
    attempt: u32,
    method: PaymentMethod,
    said: PaymentAnswer,
    speaks: Language,
    answers: Answers,
) -> Result<Reply, Problem> {
    let cause = asked.cause(app.room());
    let retry_after = match said {
        PaymentAnswer::NotSent { retry_after } => Some(retry_after),
        PaymentAnswer::Approved { .. } | PaymentAnswer::Declined { .. } | PaymentAnswer::InDoubt => None,
    };
    let what = match said {
        PaymentAnswer::Approved { approved_at } => outcome(attempt, Outcome::Approved { method, approved_at }),
        PaymentAnswer::Declined { code } => outcome(attempt, Outcome::Declined { code }),
        PaymentAnswer::NotSent { retry_after } => {
            let pause = jiff::SignedDuration::try_from(retry_after).unwrap_or_default();
            let retry_at = cause.at.checked_add(pause).unwrap_or(kernel::Time::MAX);
            outcome(attempt, Outcome::NotSent { retry_at })
        }
        PaymentAnswer::InDoubt => What::DoubtPayment { attempt },
    };
    let reply = |order: &Loaded<Order>| match said {
        PaymentAnswer::Declined { code } if is_declined(order) => {
            Ok(Reply::problem(&problems::declined(OrderId::from(id), code)).at(format!("/orders/{id}")))
        }
        _ => answer(order, speaks, answers, retry_after),
    };
    let keep = |order: &Loaded<Order>, _: &[_], changes: &mut Changes| keep_answer(changes, asked, &reply(order)?);
    let handled = app.orders().handle_with(id, &cause, app.command(cause.at, what), keep).await;
    match handled {
        Ok(handled) if handled.events.is_empty() => {
            // The news was here before the answer: nothing was left to commit the answer with.
            let reply = reply(&handled.after).map_err(|error| outage(&error))?;
            keep_alone(app, asked, reply).await
        }
        Ok(handled) => reply(&handled.after).map_err(|error| outage(&error)),
        // The order moved on while pay was asked (cancelled, expired): its state is the answer.
        Err(HandleError::Rejected(_)) => keep_alone(app, asked, standing(app, id, speaks, answers)?).await,
        Err(HandleError::Commit(error)) => Err(commit_problem(&error)),
    }
}

/// Keeps an answer that no event of this request commits with. If that fails the answer is right all the same; a
/// repeat gets the order's state.
async fn keep_alone(app: &AppService, asked: &Asked, reply: Reply) -> Result<Reply, Problem> {
    let mut changes = Changes::default();
    keep_answer(&mut changes, asked, &reply).map_err(|error| outage(&error))?;
    if !changes.is_empty()
        && let Err(error) = app.room().store.commit(changes).await
    {
        tracing::warn!(%error, "an answer could not be kept for its repeats");
    }
    Ok(reply)
}

fn outcome(attempt: u32, outcome: Outcome) -> What {
    What::RecordPayment { attempt, outcome }
}

fn is_declined(order: &Loaded<Order>) -> bool {
    match order.state.as_deref().map(|known| &known.stage) {
        Some(Stage::Unpaid(unpaid)) => unpaid.declined,
        Some(Stage::Live(_) | Stage::Ended(_)) | None => false,
    }
}

fn keep_answer(changes: &mut Changes, asked: &Asked, reply: &Reply) -> Result<(), StoreError> {
    if let Some(keyed) = &asked.keyed {
        changes.answers.push(keyed.answer(reply.status, reply.keep()?));
    }
    Ok(())
}

fn refused(error: HandleError<Rejection>) -> Problem {
    match error {
        HandleError::Rejected(rejection) => problems::rejected(rejection),
        HandleError::Commit(error) => commit_problem(&error),
    }
}

/// Which request is answered: it decides the status of success.
#[derive(Clone, Copy)]
pub enum Answers {
    /// `POST /orders`: 201.
    Created,
    /// `POST /orders/{id}/payment`: 200.
    Paid,
}

impl Answers {
    /// Whether success would say more than how the order ended.
    fn are_refused_by(self, ended: &Ended) -> bool {
        match self {
            Self::Created => ended.paid != PaidSoFar::Everything,
            Self::Paid => matches!(ended.how, End::Cancelled | End::Expired),
        }
    }
}

/// The answer that the order's state gives, where no better one is known any more.
fn standing(app: &AppService, id: uuid::Uuid, speaks: Language, answers: Answers) -> Result<Reply, Problem> {
    let order = app.orders().load(id).map_err(|error| outage(&error))?;
    if is_declined(&order) {
        let problem = problems::declined(OrderId::from(id), kernel::order::PaymentCode::Other);
        return Ok(Reply::problem(&problem).at(format!("/orders/{id}")));
    }
    answer(&order, speaks, answers, None).map_err(|error| outage(&error))
}

/// 201 or 200 for a paid order, 202 while it waits for its payment; 409 to who pays for one that has ended.
fn answer(
    order: &Loaded<Order>,
    speaks: Language,
    answers: Answers,
    retry_after: Option<Duration>,
) -> Result<Reply, StoreError> {
    let Some(row) = order.row() else {
        return Err(StoreError::Unreadable("an order without a row".to_owned()));
    };
    let (waits, open) = match &row.order.stage {
        Stage::Unpaid(unpaid) => (true, unpaid.open.is_some()),
        Stage::Live(_) | Stage::Ended(_) => (false, false),
    };
    let status = match answers {
        _ if waits => StatusCode::ACCEPTED,
        Answers::Created => StatusCode::CREATED,
        Answers::Paid => StatusCode::OK,
    };
    let location = format!("/orders/{}", order.id);
    // Over meanwhile: who pays must not read a 200 as paid, nor who orders a 201 as placed.
    if let Stage::Ended(ended) = &row.order.stage
        && answers.are_refused_by(ended)
    {
        let problem = problems::rejected(Rejection::Ended(ended.how)).with_order(OrderId::from(order.id));
        return Ok(Reply::problem(&problem).at(location));
    }
    let reply = Reply::json(status, &shapes::order(row, speaks))?.at(location);
    Ok(match retry_after {
        Some(pause) => reply.retry_after(pause.as_secs().max(1)),
        None if waits && (open || row.order.attempts > 0) => reply.retry_after(PAY_AGAIN_AFTER),
        None => reply,
    })
}

/// For commands that change an existing order: decided, committed, answered with the order.
pub async fn change(
    app: &AppService,
    asked: &Asked,
    id: OrderId,
    what: What,
    status: impl Fn(&Loaded<Order>) -> StatusCode + Send + Sync,
    speaks: Language,
) -> Result<Reply, Problem> {
    let command = app.command(app.room().clock.now(), what);
    let reply = |order: &Loaded<Order>| match order.row() {
        Some(row) => Reply::json(status(order), &shapes::order(row, speaks)),
        None => Err(StoreError::Unreadable("an order without a row".to_owned())),
    };
    commands::decide(app.room(), app.orders(), id.uuid(), asked, command, reply, problems::rejected).await
}
