//! Why not.

/// Why a delivery does not do what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such delivery.
    #[error("there is no such delivery")]
    Unknown,
    /// Another one's delivery.
    #[error("this delivery is not yours")]
    NotYours,
    /// The customer collects the order.
    #[error("the customer collects this order; nobody delivers it")]
    CollectedByCustomer,
    /// It waits farther away than a rider may claim.
    #[error("this delivery waits too far from where you are")]
    TooFar,
    /// What waits is given to those who are near, and nobody knows where this rider is.
    #[error("say first where you are: PUT /deliveries/place")]
    PlaceUnknown,
    /// Another rider has it.
    #[error("another rider has taken this delivery")]
    TakenByAnother,
    /// The store brings it; no rider is sought.
    #[error("the store delivers this order itself")]
    StoreDelivers,
    /// A rider brings it, not the store.
    #[error("a rider delivers this order, not the store")]
    RiderDelivers,
    /// The food is not cooked yet.
    #[error("the food is not ready to be picked up")]
    NotReady,
    /// No rider has it.
    #[error("no rider has taken this delivery yet")]
    NoRider,
    /// The food is still at the store.
    #[error("the food has not been picked up yet")]
    NotStarted,
    /// The food has left the store.
    #[error("the food has already been picked up")]
    AlreadyStarted,
    /// It failed, and an operator decides.
    #[error("this delivery failed; the operator decides what happens")]
    AlreadyFailed,
    /// It is over.
    #[error("the food has already been delivered")]
    AlreadyDelivered,
    /// The order was cancelled.
    #[error("this delivery was cancelled")]
    Cancelled,
}

impl Rejection {
    /// The problem's type.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Unknown => "delivery-unknown",
            Self::NotYours => "not-your-delivery",
            Self::CollectedByCustomer => "collected-by-customer",
            Self::TooFar => "too-far",
            Self::PlaceUnknown => "place-unknown",
            Self::TakenByAnother => "taken-by-another",
            Self::StoreDelivers => "store-delivers",
            Self::RiderDelivers => "rider-delivers",
            Self::NotReady => "not-ready",
            Self::NoRider => "no-rider",
            Self::NotStarted => "not-started",
            Self::AlreadyStarted => "already-started",
            Self::AlreadyFailed => "already-failed",
            Self::AlreadyDelivered => "already-delivered",
            Self::Cancelled => "delivery-cancelled",
        }
    }
}
