//! Looking at orders: one, its story, a customer's own, and all of that as it changes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::Context;
use kernel::ids::OrderId;
use kernel::lang::Language;
use kernel::people::{Actor, PersonId};
use platform::actor::{Caller, Speaks, require_customer};
use platform::commands::outage;
use platform::describe::Resumable;
use platform::extract::PathId;
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use platform::reply::Reply;
use platform::sse::{self, LastEventId, Message};
use platform::streams::Loaded;
use platform::topics::follow;
use platform::view::Value;
use serde::Serialize;

use super::shapes::{self, OrderJson, OrderPage};
use crate::domain::order::Order;
use crate::domain::views::{self, OrderRow, TimelineItem};
use crate::domain::waits::WaitingFor;
use crate::service::AppService;
use crate::tables::{customer_topic, order_topic};

/// The most orders that a list stream sends at a time.
const MOST_AT_A_TIME: usize = 200;

/// `GET /orders/{id}`.
#[utoipa::path(
    get,
    path = "/orders/{orderId}",
    operation_id = "showOrder",
    tag = "orders",
    summary = "An order",
    responses(
        (status = 200, description = "The order.", body = OrderJson),
    ),
)]
pub async fn show(
    State(app): State<AppService>,
    Caller(actor): Caller,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
) -> Response {
    let order = match visible(&app, id, &actor) {
        Ok(order) => order,
        Err(problem) => return problem.into_response(),
    };
    match order.row() {
        Some(row) => axum::Json(shapes::order(row, language)).into_response(),
        None => Problem::not_found().into_response(),
    }
}

/// The order, if it is `customer`'s.
pub fn of_customer(app: &AppService, id: OrderId, customer: &PersonId) -> Result<Arc<Loaded<Order>>, Problem> {
    let order = app.orders().load(id.uuid()).map_err(|error| outage(&error))?;
    match order.row() {
        Some(row) if row.customer_id() == customer => Ok(order),
        Some(_) | None => Err(Problem::not_found()),
    }
}

/// The order, if `actor` may see it: its customer and the operators.
pub fn visible(app: &AppService, id: OrderId, actor: &Actor) -> Result<Arc<Loaded<Order>>, Problem> {
    match actor {
        Actor::Operator(_) => {
            let order = app.orders().load(id.uuid()).map_err(|error| outage(&error))?;
            if order.version == 0 { Err(Problem::not_found()) } else { Ok(order) }
        }
        Actor::Customer(customer) => of_customer(app, id, customer),
        Actor::Owner(_) | Actor::Rider(_) | Actor::Service(_) => {
            Err(Problem::forbidden("Orders are shown to their customers and to operators."))
        }
    }
}

/// The order as an answer.
pub fn reply(
    app: &AppService,
    id: OrderId,
    status: impl Fn(&Loaded<Order>) -> StatusCode,
    language: Language,
) -> Result<Reply, Problem> {
    let order = app.orders().load(id.uuid()).map_err(|error| outage(&error))?;
    let row = order.row().ok_or_else(Problem::not_found)?;
    Reply::json(status(&order), &shapes::order(row, language)).map_err(|error| outage(&error))
}

/// `GET /orders`: the customer's own, newest first.
#[utoipa::path(
    get,
    path = "/orders",
    operation_id = "listOrders",
    tag = "orders",
    summary = "My orders, newest first",
    params(Paging),
    responses(
        (status = 200, description = "The orders.", body = OrderPage),
    ),
)]
pub async fn list(
    State(app): State<AppService>,
    Caller(actor): Caller,
    Speaks(language): Speaks,
    paging: Paging,
) -> Response {
    page(&app, &actor, language, &paging).unwrap_or_else(IntoResponse::into_response)
}

fn page(app: &AppService, actor: &Actor, language: Language, paging: &Paging) -> Result<Response, Problem> {
    let customer = require_customer(actor)?;
    // Ids rise with time, so the newest come first by their ids alone.
    let before = paging.after::<String>()?.unwrap_or_else(|| "g".to_owned());
    let parameters =
        [Value::Text(customer.as_str().to_owned()), Value::Text(before), Value::Integer(paging.limit() as i64 + 1)];
    let rows = app
        .rows("WHERE customer_id = ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3", &parameters)
        .map_err(|error| outage(&error))?;
    let page = Page::of(rows, paging, |(row, _)| row.order_id.to_string());
    let page =
        Page { next: page.next, items: page.items.iter().map(|(row, _)| shapes::order(row, language)).collect() };
    Ok(axum::Json(page).into_response())
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Timeline")]
struct TimelineJson {
    items: Vec<TimelineItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<WaitingFor>,
}

platform::written!(TimelineJson);

/// `GET /orders/{id}/timeline`: the order's whole story, and what it waits for until when.
#[utoipa::path(
    get,
    path = "/orders/{orderId}/timeline",
    operation_id = "tellOrder",
    tag = "orders",
    summary = "The whole story of an order",
    responses(
        (status = 200, description = "What happened, oldest first, and what it waits for.", body = TimelineJson),
    ),
)]
pub async fn story(State(app): State<AppService>, Caller(actor): Caller, PathId(id): PathId<OrderId>) -> Response {
    tell(&app, &actor, id).unwrap_or_else(IntoResponse::into_response)
}

fn tell(app: &AppService, actor: &Actor, id: OrderId) -> Result<Response, Problem> {
    let order = visible(app, id, actor)?;
    let events = app.orders().history(id.uuid()).map_err(|error| outage(&error))?;
    let notes = app.room().store.readers().with(|reader| reader.notes(id.uuid())).map_err(|error| outage(&error))?;
    let notes: Vec<views::Note> = notes
        .into_iter()
        .map(|note| views::Note {
            at: note.at,
            event: "Note".to_owned(),
            context: Context::App,
            detail: note.what,
            cause: note.cause,
        })
        .collect();
    let waiting_for = order.row().and_then(OrderRow::waiting_for);
    Ok(axum::Json(TimelineJson { items: views::timeline(&events, &notes), waiting_for }).into_response())
}

/// `GET /orders/{id}/stream`: the order whenever it changes.
#[utoipa::path(
    get,
    path = "/orders/{orderId}/stream",
    operation_id = "followOrder",
    tag = "orders",
    summary = "An order as it changes",
    params(Resumable),
    responses(
        (status = 200, description = "`event: order` with the order, whenever it changes.", body = String, content_type = "text/event-stream"),
    ),
)]
pub async fn stream_one(
    State(app): State<AppService>,
    Caller(actor): Caller,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
    last: LastEventId,
) -> Response {
    if let Err(problem) = visible(&app, id, &actor) {
        return problem.into_response();
    }
    let watcher = app.room().topics.watch(order_topic(id.uuid()));
    let shutdown = app.room().shutdown.clone();
    let last = last.within(app.room().store.tail().head());
    let look = move |last: i64| {
        let order = app.orders().load(id.uuid()).ok().filter(|order| order.position() as i64 > last);
        order.and_then(|order| message(order.row()?, order.position(), language)).into_iter().collect()
    };
    sse::respond(follow(watcher, last.unwrap_or(0), look), &shutdown)
}

/// `GET /orders/stream`: the customer's orders whenever one changes.
#[utoipa::path(
    get,
    path = "/orders/stream",
    operation_id = "followOrders",
    tag = "orders",
    summary = "My orders as they change",
    params(Resumable),
    responses(
        (status = 200, description = "`event: order` with the order, whenever one changes.", body = String, content_type = "text/event-stream"),
    ),
)]
pub async fn stream_all(
    State(app): State<AppService>,
    Caller(actor): Caller,
    Speaks(language): Speaks,
    last: LastEventId,
) -> Response {
    let customer = match require_customer(&actor) {
        Ok(customer) => customer.as_str().to_owned(),
        Err(problem) => return problem.into_response(),
    };
    let watcher = app.room().topics.watch(customer_topic(&customer));
    let shutdown = app.room().shutdown.clone();
    let last = last.within(app.room().store.tail().head());
    let look = move |last: i64| {
        let parameters = [Value::Text(customer.clone()), Value::Integer(last), Value::Integer(MOST_AT_A_TIME as i64)];
        let rows = app.rows("WHERE customer_id = ?1 AND position > ?2 ORDER BY position LIMIT ?3", &parameters);
        let rows = rows.unwrap_or_default();
        rows.iter().filter_map(|(row, position)| message(row, *position, language)).collect()
    };
    sse::respond(follow(watcher, last.unwrap_or(0), look), &shutdown)
}

fn message(row: &OrderRow, position: u64, language: Language) -> Option<Message> {
    Message::new(position as i64, "order", &shapes::order(row, language)).ok()
}
