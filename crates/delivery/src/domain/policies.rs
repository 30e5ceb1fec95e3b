//! What delivery does when others say something.

use kernel::events::Recorded;
use kernel::events::app::{AppEvent, OrderCancelled, OrderUndelivered};
use kernel::events::store::{CookingFinished, StoreEvent, TicketAccepted};
use kernel::order::DeliveryBy;
use kernel::place::Place;

use super::commands::{RequestDelivery, What};

/// An accepted order is brought, unless the customer collects it.
pub fn request_delivery_when_ticket_accepted(event: &TicketAccepted) -> Option<What> {
    match event.delivery_by {
        DeliveryBy::Pickup => None,
        DeliveryBy::Rider | DeliveryBy::Store => Some(What::RequestDelivery(RequestDelivery {
            order_number: event.order_number.clone(),
            store_id: event.store_id,
            store_name: event.store_name.clone(),
            store_address: event.store_address.clone(),
            store_place: event.store_lat.zip(event.store_lng).and_then(|(lat, lng)| Place::parse(lat, lng).ok()),
            delivery_by: event.delivery_by,
            ready_by: event.ready_by,
            private: event.private.clone(),
        })),
    }
}

/// Cooked food can be picked up.
pub fn mark_ready_when_cooking_finished(event: &CookingFinished) -> Option<What> {
    match event.delivery_by {
        DeliveryBy::Pickup => None,
        DeliveryBy::Rider | DeliveryBy::Store => Some(What::MarkReady { ready_at: event.ready_at }),
    }
}

/// Nobody brings a cancelled order.
pub fn cancel_delivery_when_order_cancelled(event: &OrderCancelled) -> What {
    What::CancelDelivery { order_number: event.order_number.clone() }
}

/// Once the operator has closed the order, its failed delivery is no longer open and nobody is late for it.
pub fn cancel_delivery_when_order_undelivered(event: &OrderUndelivered) -> What {
    What::CancelDelivery { order_number: event.order_number.clone() }
}

/// What delivery does about an event of a ticket or a store.
pub fn when_store(event: &Recorded<StoreEvent>) -> Option<What> {
    match &event.event {
        StoreEvent::TicketAccepted(event) => request_delivery_when_ticket_accepted(event),
        StoreEvent::CookingFinished(event) => mark_ready_when_cooking_finished(event),
        StoreEvent::TicketOpened(_)
        | StoreEvent::TicketRejected(_)
        | StoreEvent::TicketDelayed(_)
        | StoreEvent::CookingStarted(_)
        | StoreEvent::TicketHandedOver(_)
        | StoreEvent::TicketCancelled(_)
        | StoreEvent::TicketCancelRefused(_)
        | StoreEvent::TicketWithdrawn(_)
        | StoreEvent::TicketAdjusted(_)
        | StoreEvent::TicketVoided(_)
        | StoreEvent::KitchenLate(_)
        | StoreEvent::StoreRegistered(_)
        | StoreEvent::StoreTermsChanged(_)
        | StoreEvent::StoreOpened(_)
        | StoreEvent::StoreClosed(_)
        | StoreEvent::StorePaused(_)
        | StoreEvent::MenuItemChanged(_)
        | StoreEvent::MenuItemSoldOut(_)
        | StoreEvent::MenuItemBack(_) => None,
    }
}

/// What delivery does about an event of an order. Erasing what `PersonalDataErased` names is the platform's part.
pub fn when_app(event: &Recorded<AppEvent>) -> Option<What> {
    match &event.event {
        AppEvent::OrderCancelled(event) => Some(cancel_delivery_when_order_cancelled(event)),
        AppEvent::OrderUndelivered(event) => Some(cancel_delivery_when_order_undelivered(event)),
        AppEvent::OrderCreated(_)
        | AppEvent::PaymentStarted(_)
        | AppEvent::PaymentDeferred(_)
        | AppEvent::PaymentUnconfirmed(_)
        | AppEvent::PaymentFailed(_)
        | AppEvent::OrderPlaced(_)
        | AppEvent::OrderExpired(_)
        | AppEvent::OrderReceived(_)
        | AppEvent::OrderProgressed(_)
        | AppEvent::OrderDelayed(_)
        | AppEvent::DeliveryTroubled(_)
        | AppEvent::CancelRequested(_)
        | AppEvent::CancelRefused(_)
        | AppEvent::OrderAdjusted(_)
        | AppEvent::RefundRecorded(_)
        | AppEvent::DeliveredAfterCancel(_)
        | AppEvent::OrderCompleted(_)
        | AppEvent::PersonalDataErased(_) => None,
    }
}

#[cfg(test)]
mod tests;
