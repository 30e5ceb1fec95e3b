//! What can be asked of a delivery.

use kernel::Time;
use kernel::ids::StoreId;
use kernel::lang::Localized;
use kernel::order::{DeliveryBy, OrderNumber, TroubleReason};
use kernel::people::PersonId;
use kernel::personal::{Handover, PersonalData};
use kernel::place::Place;

use super::reach::Reach;
use super::waits::Waits;

/// A command as it reaches a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// When it is given.
    pub at: Time,
    /// How long this system waits for things.
    pub waits: Waits,
    /// What is asked for.
    pub what: What,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Somebody has to bring an accepted order.
    RequestDelivery(RequestDelivery),
    /// A rider takes it, or is given it.
    AssignRider {
        /// Who is to bring it.
        rider_id: PersonId,
        /// Whose wish that is.
        by: Assignment,
    },
    /// The rider gives it back before the pick-up, or it is taken away.
    ReleaseRider {
        /// Who gives it back.
        by: By,
        /// Why, where said.
        reason: Option<TroubleReason>,
    },
    /// The food is cooked.
    MarkReady {
        /// Since when.
        ready_at: Time,
    },
    /// The food leaves the store.
    PickUp {
        /// Who took it.
        by: By,
    },
    /// Something is the matter on the way.
    Interrupt {
        /// Who says so.
        by: By,
        /// What.
        reason: TroubleReason,
    },
    /// It goes on.
    Resume {
        /// Who says so.
        by: By,
    },
    /// The food is with the customer.
    Complete {
        /// Who says so.
        by: By,
        /// How it was handed over; `None`: as the customer asked, or else left at the door.
        handover: Option<Handover>,
    },
    /// It could not be delivered.
    Fail {
        /// Who says so.
        by: By,
        /// Why.
        reason: TroubleReason,
    },
    /// The order is over; nobody has to bring it any more.
    CancelDelivery {
        /// The number people say: the delivery may never have been requested.
        order_number: OrderNumber,
    },
    /// The store is to bring it instead of a rider.
    HandToStore,
    /// The wait for a rider is over.
    NoticeNoRider,
    /// The wait for the one who brings it, at the store or at the door, is over.
    NoticeRiderLate,
}

/// What a delivery is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestDelivery {
    /// The number people say.
    pub order_number: OrderNumber,
    /// From which store.
    pub store_id: StoreId,
    /// The store's name.
    pub store_name: Localized,
    /// Where the food is fetched.
    pub store_address: String,
    /// Where that is, if known.
    pub store_place: Option<Place>,
    /// Who brings it.
    pub delivery_by: DeliveryBy,
    /// When it will be ready.
    pub ready_by: Time,
    /// Where it goes, and what was asked for.
    pub private: Option<Box<PersonalData>>,
}

/// Whose wish an assignment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// The rider's own, who sees so far.
    Claim(Reach),
    /// An operator's.
    Operator,
}

/// Who acts on a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A rider; only its own may.
    Rider(PersonId),
    /// A store's owner; only where the store itself brings it.
    Store(StoreId),
    /// Someone of the platform's own staff, in the place of whoever brings it.
    Operator,
}
