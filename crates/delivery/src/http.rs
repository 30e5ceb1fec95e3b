//! delivery's edge.

mod bringing;
mod operations;
mod place;
mod shape;
mod stream;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::ids::OrderId;
use kernel::lang::Language;
use kernel::people::Actor;
use platform::actor::{Caller, Speaks};
use platform::commands::{self, Asked, outage};
use platform::extract::{Params, PathId};
use platform::paging::{Page, Paging};
use platform::problem::{Problem, sentence};
use platform::reply::Reply;
use serde::Deserialize;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::shape::Told;
use crate::domain::commands::{By, What};
use crate::domain::delivery::{Rejection, Status};
use crate::domain::reach::Reach;
use crate::domain::views::{Row, Shown, shown_to};
use crate::service::DeliveryService;

/// delivery's addresses.
pub fn router(service: DeliveryService) -> Router {
    routes().with_state(service).into()
}

/// What they answer.
pub fn described() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<DeliveryService> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(stream::changes))
        .routes(routes!(place::put, place::delete))
        .routes(routes!(one))
        .routes(routes!(bringing::claim))
        .routes(routes!(bringing::release))
        .routes(routes!(bringing::pick_up))
        .routes(routes!(bringing::interrupt))
        .routes(routes!(bringing::resume))
        .routes(routes!(bringing::fail))
        .routes(routes!(bringing::complete))
        .merge(operations::routes())
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Filter {
    #[schemars(with = "Option<Status>")]
    status: Option<String>,
}

/// A page of deliveries.
type DeliveryPage = Page<Told<'static>>;

platform::asked_in_query!(Filter);

impl Filter {
    fn status(&self) -> Result<Option<Status>, Problem> {
        let known = || Status::ALL.map(Status::name).join(", ");
        let read = |text: &String| Status::parse(text).ok_or_else(|| Problem::invalid_field("status", known()));
        self.status.as_ref().map(read).transpose()
    }
}

#[utoipa::path(
    get,
    path = "/deliveries",
    operation_id = "listDeliveries",
    tag = "deliveries",
    summary = "Deliveries, oldest first",
    params(Filter, Paging),
    responses(
        (status = 200, description = "The deliveries.", body = DeliveryPage),
    ),
)]
async fn list(
    State(service): State<DeliveryService>,
    Caller(actor): Caller,
    Speaks(language): Speaks,
    Params(filter): Params<Filter>,
    paging: Paging,
) -> Result<axum::Json<Page<serde_json::Value>>, Problem> {
    page(&service, &actor, language, &filter, &paging)
}

fn page(
    service: &DeliveryService,
    actor: &Actor,
    language: Language,
    filter: &Filter,
    paging: &Paging,
) -> Result<axum::Json<Page<serde_json::Value>>, Problem> {
    admit(actor)?;
    let after: Option<OrderId> = paging.after()?;
    let after = after.map(|order| order.to_string()).unwrap_or_default();
    let rows = service.list(actor, filter.status()?, &after, paging.limit() + 1).map_err(|error| outage(&error))?;
    let page = Page::of(rows, paging, |row| row.order_id);
    Ok(axum::Json(page.map(|row| Told::of(service, &row, actor, language).json())))
}

#[utoipa::path(
    get,
    path = "/deliveries/{orderId}",
    operation_id = "showDelivery",
    tag = "deliveries",
    summary = "A delivery",
    responses(
        (status = 200, description = "The delivery.", body = Told),
    ),
)]
async fn one(
    State(service): State<DeliveryService>,
    Caller(actor): Caller,
    Speaks(language): Speaks,
    PathId(order): PathId<OrderId>,
) -> Result<Response, Problem> {
    admit(&actor)?;
    match service.row(order).map_err(|error| outage(&error))? {
        Some(row) if is_shown(&row, &actor, &service.reach(&actor)) => {
            Ok(axum::Json(Told::of(&service, &row, &actor, language)).into_response())
        }
        Some(_) | None => Err(Problem::not_found()),
    }
}

/// Does `what` once per idempotency key, and answers with the delivery.
async fn carry_out(
    service: &DeliveryService,
    order: OrderId,
    language: Language,
    asked: &Asked,
    what: Result<What, Problem>,
) -> Response {
    let what = match what {
        Ok(what) => what,
        Err(problem) => return problem.into_response(),
    };
    let reply = |row: &Row| Reply::json(axum::http::StatusCode::OK, &Told::of(service, row, &asked.actor, language));
    let as_it_stands = |_| match service.row(order) {
        Ok(Some(row)) => reply(&row).map_err(|error| outage(&error)),
        Ok(None) => Err(Problem::not_found()),
        Err(error) => Err(outage(&error)),
    };
    let refuse = |rejection| problem_of(service, order, &asked.actor, rejection);
    let work = async || service.carry_out(order, asked, what, reply, refuse).await;
    commands::once(service.room(), service.running(), asked, work, as_it_stands).await
}

/// Riders, owners and operators have to do with deliveries.
fn admit(actor: &Actor) -> Result<(), Problem> {
    match actor {
        Actor::Rider(_) | Actor::Owner(_) | Actor::Operator(_) => Ok(()),
        Actor::Customer(_) | Actor::Service(_) => {
            Err(Problem::forbidden("Only the roles \"rider\", \"owner\" and \"operator\" may do this."))
        }
    }
}

/// In whose place `actor` acts on the delivery of `order`.
fn by(service: &DeliveryService, order: OrderId, actor: &Actor) -> Result<By, Problem> {
    admit(actor)?;
    match actor {
        Actor::Rider(rider) => Ok(By::Rider(rider.clone())),
        Actor::Owner(owner) => match service.row(order).map_err(|error| outage(&error))? {
            Some(row) if owner.owns(row.store_id) => Ok(By::Store(row.store_id)),
            Some(_) | None => Err(Problem::not_found()),
        },
        Actor::Operator(_) => Ok(By::Operator),
        Actor::Customer(_) | Actor::Service(_) => Err(Problem::not_found()),
    }
}

fn is_shown(row: &Row, actor: &Actor, reach: &Reach) -> bool {
    match shown_to(row, actor, reach) {
        Shown::Nothing => false,
        Shown::Row | Shown::RowAndDestination(_) => true,
    }
}

fn problem_of(service: &DeliveryService, order: OrderId, actor: &Actor, rejection: Rejection) -> Problem {
    match rejection {
        Rejection::Unknown => Problem::not_found(),
        Rejection::NotYours => {
            // A rider sees what waits for one, so hiding it now would only confuse.
            where_shown(
                service,
                order,
                actor,
                Problem::conflict("not-claimed", "This delivery has to be claimed first."),
            )
        }
        Rejection::StoreDelivers => {
            where_shown(service, order, actor, Problem::conflict(rejection.slug(), sentence(&rejection)))
        }
        Rejection::CollectedByCustomer
        | Rejection::TooFar
        | Rejection::PlaceUnknown
        | Rejection::TakenByAnother
        | Rejection::RiderDelivers
        | Rejection::NotReady
        | Rejection::NoRider
        | Rejection::NotStarted
        | Rejection::AlreadyStarted
        | Rejection::AlreadyFailed
        | Rejection::AlreadyDelivered
        | Rejection::Cancelled => Problem::conflict(rejection.slug(), sentence(&rejection)).with_order(order),
    }
}

/// `problem`, or 404 where the delivery does not exist for `actor`.
fn where_shown(service: &DeliveryService, order: OrderId, actor: &Actor, problem: Problem) -> Problem {
    match service.row(order) {
        Ok(Some(row)) if is_shown(&row, actor, &service.reach(actor)) => problem.with_order(order),
        Ok(_) => Problem::not_found(),
        Err(error) => outage(&error),
    }
}
