//! What an operator can do about deliveries.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use kernel::ids::OrderId;
use kernel::people::PersonId;
use platform::actor::{Caller, Speaks, require_operator};
use platform::commands::Asked;
use platform::extract::{Params, PathId};
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use serde::Deserialize;

use super::{Filter, MaybeReason, carry_out, page};
use crate::domain::commands::{Assignment, By, What};
use crate::service::DeliveryService;

pub(super) fn router() -> Router<DeliveryService> {
    Router::new()
        .route("/operations/delivery/orders", get(orders))
        .route("/operations/delivery/{orderId}/assign", post(assign))
        .route("/operations/delivery/{orderId}/release", post(release))
        .route("/operations/delivery/{orderId}/hand-to-store", post(hand_to_store))
}

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assigned {
    rider_id: PersonId,
}

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

async fn hand_to_store(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = require_operator(&asked.actor).map(|_| What::HandToStore);
    carry_out(&service, order, language, &asked, what).await
}
