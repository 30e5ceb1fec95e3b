//! Where a rider is. It is told in a body and never in an address, which others might keep.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::Time;
use kernel::place::Place;
use platform::actor::{Caller, require_rider};
use platform::extract;
use platform::problem::Problem;
use serde::{Deserialize, Serialize};

use crate::service::DeliveryService;

platform::taken!(Told);
platform::written!(Kept);

#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PlaceBody")]
pub(super) struct Told {
    /// Degrees north.
    #[schemars(range(min = -90.0, max = 90.0))]
    lat: f64,
    /// Degrees east.
    #[schemars(range(min = -180.0, max = 180.0))]
    lng: f64,
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "KeptPlace")]
pub(super) struct Kept {
    /// How far around it the rider sees what waits, in metres.
    near: u32,
    /// Until when it is kept; it is said again before that.
    until: Time,
}

#[utoipa::path(
    put,
    path = "/deliveries/place",
    operation_id = "tellPlace",
    tag = "deliveries",
    summary = "Say where one is",
    request_body(content = Told, example = json!({"lat": 37.55, "lng": 126.92})),
    responses((status = 200, description = "How far around what waits is shown, and until when the place is kept.", body = Kept)),
)]
/// `PUT /deliveries/place {lat, lng}`: from now on what waits is shown and given around there.
pub(super) async fn put(
    State(service): State<DeliveryService>,
    Caller(actor): Caller,
    told: extract::Json<Told>,
) -> Result<Json<Kept>, Problem> {
    let rider = require_rider(&actor)?;
    let Told { lat, lng } = told.value;
    let place = Place::parse(lat, lng);
    let place = place.map_err(|_| Problem::invalid_field("lat", "degrees, -90 to 90, and lng -180 to 180"))?;
    let until = service.is_at(rider, place);
    Ok(Json(Kept { near: service.places().metres(), until }))
}

#[utoipa::path(
    delete,
    path = "/deliveries/place",
    operation_id = "forgetPlace",
    tag = "deliveries",
    summary = "Have one's place forgotten",
    responses((status = 204, description = "It is forgotten.")),
)]
/// `DELETE /deliveries/place`: it is forgotten.
pub(super) async fn delete(
    State(service): State<DeliveryService>,
    Caller(actor): Caller,
) -> Result<StatusCode, Problem> {
    service.is_nowhere(require_rider(&actor)?);
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests;
