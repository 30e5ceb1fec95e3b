//! What was agreed at the wall: nobody adds or drops a sticky note by accident.

use kernel::Context;

/// The events of a context.
pub const fn events(context: Context) -> &'static [&'static str] {
    match context {
        Context::App => &[
            "OrderCreated",
            "PaymentStarted",
            "PaymentDeferred",
            "PaymentUnconfirmed",
            "PaymentFailed",
            "OrderPlaced",
            "OrderExpired",
            "OrderReceived",
            "OrderProgressed",
            "OrderDelayed",
            "DeliveryTroubled",
            "CancelRequested",
            "CancelRefused",
            "OrderCancelled",
            "OrderAdjusted",
            "RefundRecorded",
            "DeliveredAfterCancel",
            "OrderUndelivered",
            "OrderCompleted",
            "PersonalDataErased",
        ],
        Context::Pay => &[
            "PaymentRequested",
            "PaymentApproved",
            "PaymentDeclined",
            "PaymentInDoubt",
            "AttemptAbandoned",
            "PaymentClosed",
            "RefundRequested",
            "PaymentRefunded",
            "RefundFailed",
            "RefundSettledByHand",
        ],
        Context::Store => &[
            "TicketOpened",
            "TicketAccepted",
            "TicketRejected",
            "TicketDelayed",
            "CookingStarted",
            "CookingFinished",
            "TicketHandedOver",
            "TicketCancelled",
            "TicketCancelRefused",
            "TicketWithdrawn",
            "TicketAdjusted",
            "TicketVoided",
            "KitchenLate",
            "StoreRegistered",
            "StoreTermsChanged",
            "StoreOpened",
            "StoreClosed",
            "StorePaused",
            "MenuItemChanged",
            "MenuItemSoldOut",
            "MenuItemBack",
        ],
        Context::Customer => &["NoticeQueued", "NoticeSent", "NoticeFailed", "NoticeSkipped"],
        Context::Delivery => &[
            "DeliveryRequested",
            "RiderAssigned",
            "RiderReleased",
            "DeliveryReady",
            "DeliveryStarted",
            "DeliveryInterrupted",
            "DeliveryResumed",
            "DeliveryCompleted",
            "DeliveryFailed",
            "DeliveryCancelled",
            "DeliveryHandedToStore",
            "NoRiderYet",
            "RiderLate",
        ],
    }
}

/// What a context is on the wall: its rank, and whose story it is.
pub const fn about(context: Context) -> (&'static str, &'static str) {
    match context {
        Context::App => ("core", "where an order's whole story is told"),
        Context::Pay => ("general", "where money comes and goes"),
        Context::Store => ("core", "where stores take orders and cook"),
        Context::Customer => ("supporting", "where people are told"),
        Context::Delivery => ("core", "where food finds its way"),
    }
}
