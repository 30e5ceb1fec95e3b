//! customer's edge: what a customer was told.

mod stream;
#[cfg(test)]
mod tests;
mod webhooks;

use axum::extract::State;
use axum::{Json, Router};
use kernel::Time;
use kernel::events::customer::{Channel, NoticeKind};
use kernel::ids::{NoticeId, OrderId};
use kernel::lang::Language;
use kernel::order::OrderNumber;
use kernel::people::{Actor, PersonId};
use platform::actor::{Caller, require_operator};
use platform::commands::outage;
use platform::extract::Params;
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use platform::view::Value;
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::views::{InboxRow, NoticeState};
use crate::pages;
use crate::service::CustomerService;
use crate::tables::state_column;

/// The paths of customer.
pub fn router(service: CustomerService) -> Router {
    own()
        .with_state(service.clone())
        .merge(webhooks::routes().with_state(webhooks::Ears::of(&service)))
        .merge(pages::routes().with_state(service))
        .into()
}

/// What they answer.
pub fn described() -> OpenApi {
    let own = own().into_openapi();
    own.merge_from(webhooks::routes().into_openapi()).merge_from(pages::routes().into_openapi())
}

fn own() -> OpenApiRouter<CustomerService> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(stream::follow)).routes(routes!(list_by_state))
}

/// What a customer was told, as the edge gives it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the agreed ones")]
pub struct Notification {
    notification_id: NoticeId,
    order_id: OrderId,
    order_number: OrderNumber,
    kind: NoticeKind,
    title: String,
    text: String,
    language: Language,
    state: NoticeState,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    at: Time,
}

/// A page of them.
type NotificationPage = Page<Notification>;

platform::written!(Notification);
platform::asked_in_query!(OfOrder, InState);

impl From<InboxRow> for Notification {
    fn from(row: InboxRow) -> Self {
        Self {
            title: row.title(),
            notification_id: row.notification_id,
            order_id: row.order_id,
            order_number: row.order_number,
            kind: row.kind,
            text: row.text,
            language: row.language,
            state: row.state,
            channel: row.channel,
            code: row.code,
            at: row.at,
        }
    }
}

type Listed = Result<Json<Page<Notification>>, Problem>;

/// A row with what its list is sorted by.
type Placed = (InboxRow, i64);

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OfOrder {
    order_id: Option<OrderId>,
}

/// A customer's own notices, or anybody's for an operator; newest first.
#[utoipa::path(
    get,
    path = "/notifications",
    operation_id = "listNotifications",
    tag = "notifications",
    summary = "What a customer was told, newest first",
    params(OfOrder, Paging),
    responses(
        (status = 200, description = "The notices.", body = NotificationPage),
    ),
)]
async fn list(
    State(customer): State<CustomerService>,
    Caller(actor): Caller,
    Params(OfOrder { order_id }): Params<OfOrder>,
    paging: Paging,
) -> Listed {
    match (order_id, reader(&actor)?) {
        (Some(order), reader) => of_order(&customer, order, reader, &paging),
        (None, Some(person)) => of_person(&customer, person, &paging),
        (None, None) => of_everyone(&customer, &paging),
    }
}

/// The customer who may see only their own; `None` for an operator.
fn reader(actor: &Actor) -> Result<Option<&PersonId>, Problem> {
    match actor {
        Actor::Customer(id) => Ok(Some(id)),
        Actor::Operator(_) => Ok(None),
        Actor::Owner(_) | Actor::Rider(_) | Actor::Service(_) => {
            Err(Problem::forbidden("Only the roles \"customer\" and \"operator\" may do this."))
        }
    }
}

/// An order's few notices are in memory with its stream.
fn of_order(customer: &CustomerService, order: OrderId, reader: Option<&PersonId>, paging: &Paging) -> Listed {
    let before: Option<String> = paging.after()?;
    let loaded = customer.notices().load(order.uuid()).map_err(|error| outage(&error))?;
    let is_shown = |row: &InboxRow| reader.is_none_or(|person| row.customer_id == *person);
    let rows = loaded
        .rows
        .iter()
        .rev()
        .filter(|(key, row)| before.as_ref().is_none_or(|before| *key < before) && is_shown(row))
        .map(|(_, row)| row.clone())
        .take(paging.limit() + 1)
        .collect();
    Ok(Json(Page::of(rows, paging, |row| row.notification_id.to_string()).map(Notification::from)))
}

fn of_person(customer: &CustomerService, person: &PersonId, paging: &Paging) -> Listed {
    by_position(customer, "customer_id = ?4", Some(Value::Text(person.as_str().to_owned())), paging)
}

fn of_everyone(customer: &CustomerService, paging: &Paging) -> Listed {
    let before: Option<String> = paging.after()?;
    // An id is hexadecimal, so this is behind every one.
    let before = Value::Text(before.unwrap_or_else(|| "~".to_owned()));
    let rows = customer
        .inbox("WHERE key < ?1 ORDER BY key DESC LIMIT ?2", &[before, one_more_than(paging)])
        .map_err(|error| outage(&error))?;
    Ok(page(rows, paging, |(row, _)| row.notification_id.to_string()))
}

#[derive(Deserialize, schemars::JsonSchema)]
struct InState {
    state: Option<NoticeState>,
}

/// The notices that an operator looks after: those that failed, or are still to go.
#[utoipa::path(
    get,
    path = "/operations/customer/notices",
    operation_id = "operateNotices",
    tag = "operations",
    summary = "Notices that failed, or are still to go",
    params(InState, Paging),
    responses(
        (status = 200, description = "The notices.", body = NotificationPage),
    ),
)]
async fn list_by_state(
    State(customer): State<CustomerService>,
    Caller(actor): Caller,
    Params(InState { state }): Params<InState>,
    paging: Paging,
) -> Listed {
    require_operator(&actor)?;
    match state.unwrap_or(NoticeState::Failed) {
        // Written out, so that the index of just these states is used.
        state @ (NoticeState::Failed | NoticeState::Queued) => {
            by_position(&customer, &format!("state = '{}'", state_column(state)), None, &paging)
        }
        NoticeState::Sent | NoticeState::Skipped => Err(Problem::invalid_field("state", "FAILED or QUEUED")),
    }
}

/// The latest to change first.
fn by_position(customer: &CustomerService, which: &str, parameter: Option<Value>, paging: &Paging) -> Listed {
    let (position, key) = paging.after()?.unwrap_or((i64::MAX, String::new()));
    let mut parameters = vec![Value::Integer(position), Value::Text(key), one_more_than(paging)];
    parameters.extend(parameter);
    let tail = format!("WHERE {which} AND (position, key) < (?1, ?2) ORDER BY position DESC, key DESC LIMIT ?3");
    let rows = customer.inbox(&tail, &parameters).map_err(|error| outage(&error))?;
    Ok(page(rows, paging, |(row, position)| (*position, row.notification_id.to_string())))
}

fn one_more_than(paging: &Paging) -> Value {
    Value::Integer(paging.limit() as i64 + 1)
}

fn page<K: Serialize>(rows: Vec<Placed>, paging: &Paging, key: impl FnOnce(&Placed) -> K) -> Json<Page<Notification>> {
    Json(Page::of(rows, paging, key).map(|(row, _)| row.into()))
}
