//! What an operator can do about deliveries.

use axum::extract::State;
use axum::response::Response;
use kernel::ids::OrderId;
use kernel::people::PersonId;
use platform::actor::{Caller, Speaks, require_operator};
use platform::commands::Asked;
use platform::describe::Idempotent;
use platform::extract::{Params, PathId};
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bringing::MaybeReason;
use super::shape::Told;
use super::{DeliveryPage, Filter, carry_out, page};
use crate::domain::commands::{Assignment, By, What};
use crate::service::DeliveryService;

pub(super) fn routes() -> OpenApiRouter<DeliveryService> {
    OpenApiRouter::new()
        .routes(routes!(orders))
        .routes(routes!(assign))
        .routes(routes!(release))
        .routes(routes!(hand_to_store))
}

#[utoipa::path(
    get,
    path = "/operations/delivery/orders",
    operation_id = "operateDeliveries",
    tag = "operations",
    summary = "Deliveries, oldest first",
    params(Filter, Paging),
    responses(
        (status = 200, description = "The deliveries.", body = DeliveryPage),
    ),
)]
async fn orders(
    State(service): State<DeliveryService>,
    Caller(actor): Caller,
    Speaks(language): Speaks,
    Params(filter): Params<Filter>,
    paging: Paging,
) -> Result<axum::Json<Page<serde_json::Value>>, Problem> {
    require_operator(&actor)?;
    page(&service, &actor, language, &filter, &paging)
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AssignedBody")]
struct Assigned {
    rider_id: PersonId,
}

platform::taken!(Assigned);

#[utoipa::path(
    post,
    path = "/operations/delivery/{orderId}/assign",
    operation_id = "operateAssign",
    tag = "operations",
    summary = "Give a delivery to a rider",
    params(Idempotent),
    request_body(content = Assigned, example = json!({"riderId": "rider"})),
    responses(
        (status = 200, description = "The delivery.", body = Told),
        (status = 409, description = "not-claimed, store-delivers, collected-by-customer, taken-by-another, rider-delivers, not-ready, no-rider, not-started, already-started, already-failed, already-delivered, delivery-cancelled"),
    ),
)]
async fn assign(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = require_operator(&asked.actor).and_then(|_| {
        let Assigned { rider_id } = asked.json()?;
        Ok(What::AssignRider { rider_id, by: Assignment::Operator })
    });
    carry_out(&service, order, language, &asked, what).await
}

#[utoipa::path(
    post,
    path = "/operations/delivery/{orderId}/release",
    operation_id = "operateRelease",
    tag = "operations",
    summary = "Take a delivery from its rider",
    params(Idempotent),
    request_body(content = Option<MaybeReason>, example = json!({"reason": "no-contact"})),
    responses(
        (status = 200, description = "The delivery.", body = Told),
        (status = 409, description = "not-claimed, store-delivers, collected-by-customer, taken-by-another, rider-delivers, not-ready, no-rider, not-started, already-started, already-failed, already-delivered, delivery-cancelled"),
    ),
)]
async fn release(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = require_operator(&asked.actor).and_then(|_| {
        let MaybeReason { reason } = asked.json_or_default()?;
        Ok(What::ReleaseRider { by: By::Operator, reason })
    });
    carry_out(&service, order, language, &asked, what).await
}

#[utoipa::path(
    post,
    path = "/operations/delivery/{orderId}/hand-to-store",
    operation_id = "operateHandToStore",
    tag = "operations",
    summary = "Have the store bring it",
    params(Idempotent),
    responses(
        (status = 200, description = "The delivery.", body = Told),
        (status = 409, description = "not-claimed, store-delivers, collected-by-customer, taken-by-another, rider-delivers, not-ready, no-rider, not-started, already-started, already-failed, already-delivered, delivery-cancelled"),
    ),
)]
async fn hand_to_store(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = require_operator(&asked.actor).map(|_| What::HandToStore);
    carry_out(&service, order, language, &asked, what).await
}
