//! What riders do with deliveries, and the owners of stores that deliver by themselves.

use axum::extract::State;
use axum::response::Response;
use kernel::ids::OrderId;
use kernel::order::TroubleReason;
use kernel::personal::Handover;
use platform::actor::{Speaks, require_rider};
use platform::commands::Asked;
use platform::describe::Idempotent;
use platform::extract::PathId;
use serde::Deserialize;

use super::shape::Told;
use super::{by, carry_out};
use crate::domain::commands::{Assignment, What};
use crate::service::DeliveryService;

#[utoipa::path(
    post,
    path = "/deliveries/{orderId}/claim",
    operation_id = "claimDelivery",
    tag = "deliveries",
    summary = "Take a delivery",
    params(Idempotent),
    responses(
        (status = 200, description = "The delivery.", body = Told),
        (status = 409, description = "not-claimed, store-delivers, collected-by-customer, taken-by-another, rider-delivers, not-ready, no-rider, not-started, already-started, already-failed, already-delivered, delivery-cancelled, too-far, place-unknown"),
    ),
)]
pub(super) async fn claim(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let by = Assignment::Claim(service.reach(&asked.actor));
    let what = require_rider(&asked.actor).map(|rider| What::AssignRider { rider_id: rider.clone(), by });
    carry_out(&service, order, language, &asked, what).await
}

platform::taken!(MaybeReason, Reason, HandedOver);

#[derive(Default, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "MaybeReasonBody")]
pub(super) struct MaybeReason {
    pub(super) reason: Option<TroubleReason>,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "ReasonBody")]
pub(super) struct Reason {
    reason: TroubleReason,
}

#[derive(Default, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "HandedOverBody")]
pub(super) struct HandedOver {
    handover: Option<Handover>,
}

#[utoipa::path(
    post,
    path = "/deliveries/{orderId}/release",
    operation_id = "releaseDelivery",
    tag = "deliveries",
    summary = "Give a delivery back",
    params(Idempotent),
    request_body(content = Option<MaybeReason>, example = json!({"reason": "vehicle"})),
    responses(
        (status = 200, description = "The delivery.", body = Told),
        (status = 409, description = "not-claimed, store-delivers, collected-by-customer, taken-by-another, rider-delivers, not-ready, no-rider, not-started, already-started, already-failed, already-delivered, delivery-cancelled"),
    ),
)]
pub(super) async fn release(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = by(&service, order, &asked.actor).and_then(|by| {
        let MaybeReason { reason } = asked.json_or_default()?;
        Ok(What::ReleaseRider { by, reason })
    });
    carry_out(&service, order, language, &asked, what).await
}

#[utoipa::path(
    post,
    path = "/deliveries/{orderId}/pick-up",
    operation_id = "pickUp",
    tag = "deliveries",
    summary = "Say that the food is picked up",
    params(Idempotent),
    responses(
        (status = 200, description = "The delivery.", body = Told),
        (status = 409, description = "not-claimed, store-delivers, collected-by-customer, taken-by-another, rider-delivers, not-ready, no-rider, not-started, already-started, already-failed, already-delivered, delivery-cancelled"),
    ),
)]
pub(super) async fn pick_up(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = by(&service, order, &asked.actor).map(|by| What::PickUp { by });
    carry_out(&service, order, language, &asked, what).await
}

#[utoipa::path(
    post,
    path = "/deliveries/{orderId}/interrupt",
    operation_id = "interruptDelivery",
    tag = "deliveries",
    summary = "Say that it stands still",
    params(Idempotent),
    request_body(content = Reason, example = json!({"reason": "weather"})),
    responses(
        (status = 200, description = "The delivery.", body = Told),
        (status = 409, description = "not-claimed, store-delivers, collected-by-customer, taken-by-another, rider-delivers, not-ready, no-rider, not-started, already-started, already-failed, already-delivered, delivery-cancelled"),
    ),
)]
pub(super) async fn interrupt(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = by(&service, order, &asked.actor).and_then(|by| {
        let Reason { reason } = asked.json()?;
        Ok(What::Interrupt { by, reason })
    });
    carry_out(&service, order, language, &asked, what).await
}

#[utoipa::path(
    post,
    path = "/deliveries/{orderId}/resume",
    operation_id = "resumeDelivery",
    tag = "deliveries",
    summary = "Say that it goes on",
    params(Idempotent),
    responses(
        (status = 200, description = "The delivery.", body = Told),
        (status = 409, description = "not-claimed, store-delivers, collected-by-customer, taken-by-another, rider-delivers, not-ready, no-rider, not-started, already-started, already-failed, already-delivered, delivery-cancelled"),
    ),
)]
pub(super) async fn resume(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = by(&service, order, &asked.actor).map(|by| What::Resume { by });
    carry_out(&service, order, language, &asked, what).await
}

#[utoipa::path(
    post,
    path = "/deliveries/{orderId}/fail",
    operation_id = "failDelivery",
    tag = "deliveries",
    summary = "Say that it cannot be delivered",
    params(Idempotent),
    request_body(content = Reason, example = json!({"reason": "no-contact"})),
    responses(
        (status = 200, description = "The delivery.", body = Told),
        (status = 409, description = "not-claimed, store-delivers, collected-by-customer, taken-by-another, rider-delivers, not-ready, no-rider, not-started, already-started, already-failed, already-delivered, delivery-cancelled"),
    ),
)]
pub(super) async fn fail(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = by(&service, order, &asked.actor).and_then(|by| {
        let Reason { reason } = asked.json()?;
        Ok(What::Fail { by, reason })
    });
    carry_out(&service, order, language, &asked, what).await
}

#[utoipa::path(
    post,
    path = "/deliveries/{orderId}/complete",
    operation_id = "completeDelivery",
    tag = "deliveries",
    summary = "Say that it is delivered",
    params(Idempotent),
    request_body(content = Option<HandedOver>, example = json!({"handover": "leave-at-door"})),
    responses(
        (status = 200, description = "The delivery.", body = Told),
        (status = 409, description = "not-claimed, store-delivers, collected-by-customer, taken-by-another, rider-delivers, not-ready, no-rider, not-started, already-started, already-failed, already-delivered, delivery-cancelled"),
    ),
)]
pub(super) async fn complete(
    State(service): State<DeliveryService>,
    PathId(order): PathId<OrderId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = by(&service, order, &asked.actor).and_then(|by| {
        let HandedOver { handover } = asked.json_or_default()?;
        Ok(What::Complete { by, handover })
    });
    carry_out(&service, order, language, &asked, what).await
}
