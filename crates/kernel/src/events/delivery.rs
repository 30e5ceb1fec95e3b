//! delivery's events: the way from the store to the door.

use crate::events::events;
use crate::ids::StoreId;
use crate::lang::Localized;
use crate::order::{DeliveryBy, OrderNumber, TroubleReason};
use crate::people::PersonId;
use crate::personal::Handover;
use crate::{Context, Time};

events! {
    /// An event of a delivery.
    DeliveryEvent of Context::Delivery;

    /// Somebody has to bring it.
    DeliveryRequested {
        /// The number people say.
        order_number: OrderNumber,
        /// From which store.
        store_id: StoreId,
        /// The store's name.
        store_name: Localized,
        /// Where the food is fetched.
        store_address: String,
        /// Where that is: latitude in degrees; deliveries of long ago do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store_lat: Option<f64>,
        /// Longitude in degrees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store_lng: Option<f64>,
        /// Who brings it.
        delivery_by: DeliveryBy,
        /// When it will be ready.
        ready_by: Time,
        /// When the missing rider is first noticed; `None` for the store's own delivery.
        no_rider_at: Option<Time>,
    } + private

    /// A rider has it.
    RiderAssigned {
        /// The number people say.
        order_number: OrderNumber,
        /// Who.
        rider_id: PersonId,
    }

    /// The rider gave it back, or it was taken away.
    RiderReleased {
        /// The number people say.
        order_number: OrderNumber,
        /// Who had it.
        rider_id: PersonId,
        /// Why, where said.
        reason: Option<TroubleReason>,
        /// When the missing rider is noticed again.
        no_rider_at: Time,
    }

    /// The food can be picked up.
    DeliveryReady {
        /// The number people say.
        order_number: OrderNumber,
        /// Since when.
        ready_at: Time,
        /// When the rider counts as late for picking it up.
        late_at: Time,
    }

    /// The food left the store.
    DeliveryStarted {
        /// The number people say.
        order_number: OrderNumber,
        /// Who brings it.
        delivery_by: DeliveryBy,
        /// The rider; `None` for the store's own delivery.
        rider_id: Option<PersonId>,
        /// When.
        started_at: Time,
        /// When the rider counts as late at the door.
        late_at: Time,
    }

    /// The delivery stands still.
    DeliveryInterrupted {
        /// The number people say.
        order_number: OrderNumber,
        /// Why.
        reason: TroubleReason,
    }

    /// It goes on.
    DeliveryResumed {
        /// The number people say.
        order_number: OrderNumber,
    }

    /// The food is with the customer.
    DeliveryCompleted {
        /// The number people say.
        order_number: OrderNumber,
        /// How it was handed over.
        handover: Handover,
        /// When.
        completed_at: Time,
    }

    /// The food could not be delivered; an operator decides.
    DeliveryFailed {
        /// The number people say.
        order_number: OrderNumber,
        /// Why.
        reason: TroubleReason,
        /// When the operator is reminded.
        remind_at: Time,
    }

    /// Nobody has to bring it any more.
    DeliveryCancelled {
        /// The number people say; empty for a delivery that never was.
        order_number: OrderNumber,
    }

    /// The store brings it instead of a rider.
    DeliveryHandedToStore {
        /// The number people say.
        order_number: OrderNumber,
    }

    /// No rider has taken it yet.
    NoRiderYet {
        /// The number people say.
        order_number: OrderNumber,
        /// When this is looked at again.
        again_at: Time,
    }

    /// The rider is late.
    RiderLate {
        /// The number people say.
        order_number: OrderNumber,
        /// Whether at the store or at the door.
        at: LateAt,
        /// When this is looked at again.
        again_at: Time,
    }
}

/// Where a rider is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LateAt {
    /// The food waits at the store.
    Store,
    /// The customer waits at the door.
    Door,
}
