//! From a basket to an order: what it would cost, and making it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::decider::Decider;
use kernel::ids::OrderId;
use kernel::order::OrderNumber;
use kernel::people::PersonId;
use platform::actor::{Speaks, require_customer};
use platform::commands::{Asked, commit_problem, once, outage};
use platform::describe::Idempotent;
use platform::extract::Json;
use platform::problem::Problem;
use platform::reply::Reply;
use platform::store::Changes;
use platform::streams::Loaded;

use super::answers::{Answers, Exchange};
use super::body::OrderBody;
use super::paying::charge;
use super::shapes::{OrderJson, QuoteJson};
use super::{problems, shapes};
use crate::domain::commands::{CreateOrder, What};
use crate::domain::order::Order;
use crate::domain::pricing;
use crate::service::AppService;

/// `POST /quotes`: what an order would cost, or what is wrong with it.
#[utoipa::path(
    post,
    path = "/quotes",
    operation_id = "quoteOrder",
    tag = "orders",
    summary = "What an order would cost",
    security(()),
    request_body(content = OrderBody, example = json!({"storeId": "019aa8dc-4883-7518-b416-a51e317821cf", "items": [{"menuId": "019aa8dc-4881-71c4-9fa0-56741d0b328d", "quantity": 2}]})),
    responses(
        (status = 200, description = "What it comes to.", body = QuoteJson),
        (status = 409, description = "store-closed, sold-out, total-differs"),
        (status = 422, description = "unknown-store, unknown-item, below-minimum, invalid-field"),
    ),
)]
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
#[utoipa::path(
    post,
    path = "/orders",
    operation_id = "placeOrder",
    tag = "orders",
    summary = "Place an order, and pay for it if it says how",
    params(Idempotent),
    request_body(content = OrderBody, example = json!({"storeId": "019aa8dc-4883-7518-b416-a51e317821cf", "items": [{"menuId": "019aa8dc-4881-71c4-9fa0-56741d0b328d", "quantity": 2}], "address": "서울특별시 마포구 달보드레로 21", "addressDetail": "302호", "phone": "010-0000-2001", "requests": {"store": "덜 맵게 해 주세요", "handover": "leave-at-door", "cutlery": false}, "payment": {"method": "CARD", "token": "ok"}})),
    responses(
        (status = 201, description = "Paid and placed.", body = OrderJson, headers(("Location" = String, description = "The order."))),
        (status = 202, description = "Made, and not paid yet: to be paid, to be paid a little later, or being checked.", body = OrderJson, headers(("Location" = String, description = "The order."))),
        (status = 402, description = "payment-declined"),
        (status = 409, description = "store-closed, sold-out, total-differs, order-ended, payment-in-progress, hold-over"),
        (status = 422, description = "unknown-store, unknown-item, below-minimum, invalid-field"),
    ),
)]
pub async fn create(State(app): State<AppService>, Speaks(speaks): Speaks, asked: Asked) -> Response {
    let exchange = Exchange { app: &app, asked: &asked, speaks, answers: Answers::Created };
    once(app.room(), app.running(), &asked, async || place(exchange).await, |id| exchange.standing(id)).await
}

async fn place(exchange: Exchange<'_>) -> Result<Reply, Problem> {
    let customer = require_customer(&exchange.asked.actor)?;
    let body: OrderBody = exchange.asked.json()?;
    let id = OrderId::from(exchange.app.room().ids.uuid());
    let create = new_order(exchange, id, customer, &body)?;
    let order = append_new(exchange, id, create).await?;
    match body.payment {
        None => exchange.answer(&order, None).map_err(|error| outage(&error)),
        Some(payment) => charge(exchange, &order, payment).await,
    }
}

/// The order that `body` asks for, checked and priced.
fn new_order(
    exchange: Exchange<'_>,
    id: OrderId,
    customer: &PersonId,
    body: &OrderBody,
) -> Result<CreateOrder, Problem> {
    let app = exchange.app;
    let room = app.room();
    let now = room.clock.now();
    let front = app.front(body.store_id)?;
    let quote = pricing::quote(&front, &body.basket(&room.ids), now).map_err(|problems| problems::basket(&problems))?;
    let private = body.personal(room.ids.rising_token())?;
    let number = OrderNumber::of(id, now, app.zone());
    let details = quote.into_details(number, customer.clone(), &front, body.language.unwrap_or(exchange.speaks));
    Ok(CreateOrder { details, private, pay_with: body.payment.as_ref().map(|payment| payment.method) })
}

/// Commits the order with its first attempt to pay, and with the claim of the request's key.
async fn append_new(exchange: Exchange<'_>, id: OrderId, create: CreateOrder) -> Result<Arc<Loaded<Order>>, Problem> {
    let Exchange { app, asked, .. } = exchange;
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
        let reply = exchange.answer(&order, None).map_err(|error| outage(&error))?;
        exchange.keep(&mut changes, &reply).map_err(|error| outage(&error))?;
    }
    app.room().store.commit(changes).await.map_err(|error| commit_problem(&error))?;
    Ok(order)
}
