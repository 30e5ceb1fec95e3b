//! A delivery as it is told.

use kernel::Time;
use kernel::ids::{OrderId, StoreId};
use kernel::lang::Language;
use kernel::order::{DeliveryBy, OrderNumber};
use kernel::people::{Actor, PersonId};
use kernel::personal::{Address, Handover};
use kernel::place::Place;
use serde::Serialize;

use crate::domain::delivery::Status;
use crate::domain::views::{Destination, Row, Shown, shown_to};
use crate::service::DeliveryService;

/// A delivery as one person sees it, in one language.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Delivery")]
pub(super) struct Told<'a> {
    order_id: OrderId,
    order_number: &'a OrderNumber,
    store_id: StoreId,
    store_name: &'a str,
    status: Status,
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rider_id: Option<&'a PersonId>,
    delivery_by: DeliveryBy,
    store_address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_lat: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_lng: Option<f64>,
    /// How far the rider is from the store, in metres as the crow flies, where both are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    metres_away: Option<u32>,
    ready_by: Time,
    requested_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<Requests<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    reminder: Option<Reminder>,
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "DeliveryRequests")]
struct Requests<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    rider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handover: Option<Handover>,
}

/// What an operator is told of a failure that stays open.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DeliveryReminder")]
struct Reminder {
    remind_at: Time,
    overdue: bool,
    next_reminder_at: Time,
}

platform::written!(Told<'_>);

impl<'a> Told<'a> {
    /// `row` as `actor` may see it.
    pub(super) fn of(service: &DeliveryService, row: &'a Row, actor: &Actor, language: Language) -> Self {
        let reach = service.reach(actor);
        let destination = match shown_to(row, actor, &reach) {
            Shown::RowAndDestination(destination) => Some(destination),
            Shown::Row | Shown::Nothing => None,
        };
        Self {
            order_id: row.order_id,
            order_number: &row.order_number,
            store_id: row.store_id,
            store_name: row.store_name.get(language),
            status: row.status,
            ready: row.ready,
            rider_id: row.rider_id.as_ref(),
            delivery_by: row.delivery_by,
            store_address: &row.store_address,
            store_lat: row.store_place.map(Place::lat),
            store_lng: row.store_place.map(Place::lng),
            metres_away: reach.metres_to(row.store_place),
            ready_by: row.ready_by,
            requested_at: row.requested_at,
            address: destination.as_ref().and_then(|destination| destination.address),
            phone: destination.as_ref().and_then(|destination| destination.phone),
            requests: destination.as_ref().and_then(requests),
            reminder: reminder(service, row, actor),
        }
    }

    /// The same as a value of its own.
    pub(super) fn json(&self) -> serde_json::Value {
        // A struct of texts and numbers can always be written.
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn requests<'a>(destination: &Destination<'a>) -> Option<Requests<'a>> {
    let asked = destination.request.is_some() || destination.handover.is_some();
    asked.then_some(Requests { rider: destination.request, handover: destination.handover })
}

fn reminder(service: &DeliveryService, row: &Row, actor: &Actor) -> Option<Reminder> {
    let Actor::Operator(_) = actor else { return None };
    let now = service.room().clock.now();
    let remind_at = row.remind_at?;
    let next_reminder_at = row.next_reminder(now, service.waits().failed_open)?;
    Some(Reminder { remind_at, overdue: remind_at <= now, next_reminder_at })
}
