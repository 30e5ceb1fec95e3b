//! Looking at tickets: one, a kitchen's board, and that as it changes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::events::store::TicketStatus;
use kernel::ids::{OrderId, StoreId};
use kernel::lang::Language;
use kernel::people::{Actor, Owner};
use platform::actor::{Caller, Speaks, require_owner};
use platform::commands::outage;
use platform::describe::Resumable;
use platform::extract::{Params, PathId};
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use platform::reply::Reply;
use platform::sse::{self, LastEventId, Message};
use platform::store::StoreError;
use platform::streams::Loaded;
use platform::topics::follow;
use serde::Deserialize;

use super::shapes::{self, TicketJson, TicketPage};
use crate::domain::ticket::Ticket;
use crate::domain::views::KitchenRow;
use crate::service::StoreService;
use crate::tables::kitchen_topic;

/// The most tickets that a stream sends at a time.
const MOST_AT_A_TIME: usize = 200;
/// The most tickets of one status that a screen begins with.
const MOST_AT_FIRST: usize = 500;

/// Which tickets.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct Which {
    store_id: Option<StoreId>,
    status: Option<TicketStatus>,
}

platform::asked_in_query!(Which);

/// `GET /tickets?storeId=&status=`: an owner's own, an operator's any, oldest first.
#[utoipa::path(
    get,
    path = "/tickets",
    operation_id = "listTickets",
    tag = "kitchen",
    summary = "Tickets, oldest first",
    params(Which, Paging),
    responses(
        (status = 200, description = "The tickets.", body = TicketPage),
        (status = 404, description = "not-found"),
    ),
)]
pub async fn list(
    State(store): State<StoreService>,
    Caller(actor): Caller,
    Speaks(language): Speaks,
    Params(which): Params<Which>,
    paging: Paging,
) -> Response {
    page(&store, &actor, language, &which, &paging).unwrap_or_else(IntoResponse::into_response)
}

fn page(
    store: &StoreService,
    actor: &Actor,
    language: Language,
    which: &Which,
    paging: &Paging,
) -> Result<Response, Problem> {
    let of = match actor {
        Actor::Owner(owner) => Some(chosen(owner, which.store_id)?),
        Actor::Operator(_) => which.store_id.map(|store| vec![store]),
        Actor::Customer(_) | Actor::Rider(_) | Actor::Service(_) => return Err(not_yours()),
    };
    let after = paging.after::<OrderId>()?.map(|id| id.to_string()).unwrap_or_default();
    let rows = store.listed(of.as_deref(), which.status, &after, paging.limit() + 1).map_err(|error| outage(&error))?;
    let page = Page::of(rows, paging, |(row, _)| row.order_id);
    let items = page.items.iter().map(|(row, _)| shapes::ticket(row, language)).collect();
    Ok(axum::Json(Page { items, next: page.next }).into_response())
}

/// The stores that `owner` asks for: all of theirs, or the one that is named.
fn chosen(owner: &Owner, named: Option<StoreId>) -> Result<Vec<StoreId>, Problem> {
    match named {
        None => Ok(owner.stores.iter().copied().collect()),
        Some(store) if owner.owns(store) => Ok(vec![store]),
        Some(_) => Err(Problem::not_found()),
    }
}

fn not_yours() -> Problem {
    Problem::forbidden("Tickets are shown to their stores' owners and to operators.")
}

/// `GET /tickets/{orderId}`.
#[utoipa::path(
    get,
    path = "/tickets/{orderId}",
    operation_id = "showTicket",
    tag = "kitchen",
    summary = "A ticket",
    responses(
        (status = 200, description = "The ticket.", body = TicketJson),
    ),
)]
pub async fn show(
    State(store): State<StoreService>,
    Caller(actor): Caller,
    PathId(id): PathId<OrderId>,
    Speaks(language): Speaks,
) -> Response {
    let answer =
        visible(&store, id, &actor).and_then(|ticket| reply(&ticket, language).map_err(|error| outage(&error)));
    answer.map_or_else(IntoResponse::into_response, IntoResponse::into_response)
}

fn visible(store: &StoreService, id: OrderId, actor: &Actor) -> Result<Arc<Loaded<Ticket>>, Problem> {
    match actor {
        Actor::Owner(owner) => of_owner(store, id, owner),
        Actor::Operator(_) => {
            let ticket = store.tickets().load(id.uuid()).map_err(|error| outage(&error))?;
            if ticket.row().is_some() { Ok(ticket) } else { Err(Problem::not_found()) }
        }
        Actor::Customer(_) | Actor::Rider(_) | Actor::Service(_) => Err(not_yours()),
    }
}

/// The ticket, if it is `owner`'s.
pub fn of_owner(store: &StoreService, id: OrderId, owner: &Owner) -> Result<Arc<Loaded<Ticket>>, Problem> {
    let ticket = store.tickets().load(id.uuid()).map_err(|error| outage(&error))?;
    match ticket.row() {
        Some(row) if owner.owns(row.store_id) => Ok(ticket),
        Some(_) | None => Err(Problem::not_found()),
    }
}

/// The ticket as an answer.
pub fn reply(ticket: &Loaded<Ticket>, language: Language) -> Result<Reply, StoreError> {
    match ticket.row() {
        Some(row) => Reply::json(StatusCode::OK, &shapes::ticket(row, language)),
        None => Err(StoreError::Unreadable("a ticket without a row".to_owned())),
    }
}

/// `GET /tickets/stream?storeId=`: the owner's tickets whenever one changes. A new screen begins with what is to be done, and
/// one that comes back with whatever has changed meanwhile.
#[utoipa::path(
    get,
    path = "/tickets/stream",
    operation_id = "followTickets",
    tag = "kitchen",
    summary = "My tickets as they change",
    params(Resumable),
    responses(
        (status = 200, description = "`event: ticket` with the ticket: first those that are to be done, then each that changes.", body = String, content_type = "text/event-stream"),
    ),
)]
pub async fn stream(
    State(store): State<StoreService>,
    Caller(actor): Caller,
    Speaks(language): Speaks,
    Params(which): Params<Which>,
    seen: LastEventId,
) -> Response {
    let stores = match require_owner(&actor).and_then(|owner| chosen(owner, which.store_id)) {
        Ok(stores) => stores,
        Err(problem) => return problem.into_response(),
    };
    let watcher = store.room().topics.watch_all(stores.iter().map(|store| kitchen_topic(*store)));
    let shutdown = store.room().shutdown.clone();
    // Read before the first look: what changes in between is seen by the second.
    let head = store.room().store.tail().head();
    let seen = seen.within(head);
    let (mut begins, from) = (seen.is_none(), seen.unwrap_or(head as i64));
    let look = move |last: i64| {
        let rows = if std::mem::take(&mut begins) {
            store.at_work(&stores, MOST_AT_FIRST)
        } else {
            store.changed_after(&stores, last.max(from), MOST_AT_A_TIME)
        };
        let rows = rows.unwrap_or_default();
        rows.iter().filter_map(|(row, position)| message(row, *position, language)).collect()
    };
    sse::respond(follow(watcher, seen.unwrap_or(0), look), &shutdown)
}

fn message(row: &KitchenRow, position: u64, language: Language) -> Option<Message> {
    Message::new(position as i64, "ticket", &shapes::ticket(row, language)).ok()
}
