//! Where a delivery stands, as its events tell it.

use kernel::Time;
use kernel::events::delivery::{DeliveryEvent, DeliveryRequested, LateAt};
use kernel::ids::StoreId;
use kernel::order::{DeliveryBy, OrderNumber};
use kernel::people::PersonId;
use kernel::personal::Handover;
use kernel::place::Place;
use serde::{Deserialize, Serialize};

/// All that is known of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    #[default]
    Unknown,
    /// Its order was cancelled before it was requested, so it never will be.
    NeverRequested,
    /// It was requested.
    Known(Known),
}

/// What is known of a requested delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The number people say.
    pub order_number: OrderNumber,
    /// From which store.
    pub store_id: StoreId,
    /// Where that is, if known.
    pub store_place: Option<Place>,
    /// When the food was to be ready.
    pub ready_by: Time,
    /// How the customer wants it handed over, where said.
    pub handover: Option<Handover>,
    /// Once the food is ready: when it counts as left standing at the store.
    pub late_at_store: Option<Time>,
    /// How far it is.
    pub stage: Stage,
}

/// How far a delivery is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "who brings it, and until when it waits, is said at the stages themselves")]
pub enum Stage {
    /// A rider is sought; the one who last gave it back is remembered, so that they may repeat themselves.
    Waiting { no_rider_at: Option<Time>, released: Option<PersonId> },
    /// The store brings it, and has not set out.
    AwaitingStore,
    /// A rider has it, and has not picked up.
    Assigned { rider: PersonId },
    /// On the way.
    Delivering { bearer: Bearer, late_at: Time },
    /// Something is the matter on the way.
    Interrupted { bearer: Bearer, late_at: Time },
    /// Could not be delivered.
    Failed { bearer: Bearer },
    /// With the customer.
    Delivered { bearer: Bearer },
    /// Cancelled before it left the store.
    CancelledInTime { bearer: Option<Bearer> },
    /// Cancelled with the food on the way; it may still arrive.
    CancelledOnTheWay { bearer: Bearer },
}

/// Who brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bearer {
    /// This rider.
    Rider(PersonId),
    /// The store itself.
    Store,
}

/// Where a delivery stands, as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is a stage, or two that look the same from outside")]
#[schemars(rename = "DeliveryStatus")]
pub enum Status {
    Waiting,
    Assigned,
    Delivering,
    Interrupted,
    Delivered,
    Failed,
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Assigned,
        Self::Delivering,
        Self::Interrupted,
        Self::Delivered,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word used in JSON and queries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Assigned => "ASSIGNED",
            Self::Delivering => "DELIVERING",
            Self::Interrupted => "INTERRUPTED",
            Self::Delivered => "DELIVERED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == text)
    }
}

/// Where the store of a requested delivery is, if its event says so.
pub fn place_of(event: &DeliveryRequested) -> Option<Place> {
    Place::parse(event.store_lat?, event.store_lng?).ok()
}

impl State {
    /// Where it stands; `None` for one that was never requested.
    pub const fn status(&self) -> Option<Status> {
        match self {
            Self::Unknown | Self::NeverRequested => None,
            Self::Known(delivery) => Some(delivery.status()),
        }
    }

    pub(super) fn after(self, event: &DeliveryEvent) -> Self {
        match (self, event) {
            (Self::Unknown, DeliveryEvent::DeliveryRequested(requested)) => Self::Known(Known::requested(requested)),
            (Self::Unknown, DeliveryEvent::DeliveryCancelled(_)) => Self::NeverRequested,
            (Self::Known(delivery), event) => Self::Known(delivery.after(event)),
            (state @ (Self::Unknown | Self::NeverRequested), _) => state,
        }
    }
}

impl Known {
    /// Where it stands.
    pub const fn status(&self) -> Status {
        match self.stage {
            Stage::Waiting { .. } | Stage::AwaitingStore => Status::Waiting,
            Stage::Assigned { .. } => Status::Assigned,
            Stage::Delivering { .. } => Status::Delivering,
            Stage::Interrupted { .. } => Status::Interrupted,
            Stage::Failed { .. } => Status::Failed,
            Stage::Delivered { .. } => Status::Delivered,
            Stage::CancelledInTime { .. } | Stage::CancelledOnTheWay { .. } => Status::Cancelled,
        }
    }

    /// Who brings it, or was to bring it.
    pub fn bearer(&self) -> Option<Bearer> {
        match &self.stage {
            Stage::Waiting { .. } => None,
            Stage::AwaitingStore => Some(Bearer::Store),
            Stage::Assigned { rider } => Some(Bearer::Rider(rider.clone())),
            Stage::CancelledInTime { bearer } => bearer.clone(),
            Stage::Delivering { bearer, .. }
            | Stage::Interrupted { bearer, .. }
            | Stage::Failed { bearer }
            | Stage::Delivered { bearer }
            | Stage::CancelledOnTheWay { bearer } => Some(bearer.clone()),
        }
    }

    fn requested(event: &DeliveryRequested) -> Self {
        Self {
            order_number: event.order_number.clone(),
            store_id: event.store_id,
            store_place: place_of(event),
            ready_by: event.ready_by,
            handover: event.private.as_ref().and_then(|private| private.requests.as_ref()?.handover),
            late_at_store: None,
            stage: match event.delivery_by {
                DeliveryBy::Store => Stage::AwaitingStore,
                DeliveryBy::Rider | DeliveryBy::Pickup => {
                    Stage::Waiting { no_rider_at: event.no_rider_at, released: None }
                }
            },
        }
    }

    fn after(mut self, event: &DeliveryEvent) -> Self {
        match event {
            DeliveryEvent::DeliveryRequested(_) => {}
            DeliveryEvent::RiderAssigned(assigned) => self.stage = Stage::Assigned { rider: assigned.rider_id.clone() },
            DeliveryEvent::RiderReleased(released) => {
                self.stage = Stage::Waiting {
                    no_rider_at: Some(released.no_rider_at),
                    released: Some(released.rider_id.clone()),
                };
            }
            DeliveryEvent::DeliveryReady(ready) => self.late_at_store = Some(ready.late_at),
            DeliveryEvent::DeliveryStarted(started) => {
                let bearer = started.rider_id.clone().map_or(Bearer::Store, Bearer::Rider);
                self.stage = Stage::Delivering { bearer, late_at: started.late_at };
            }
            DeliveryEvent::DeliveryInterrupted(_) => {
                if let Stage::Delivering { bearer, late_at } = self.stage {
                    self.stage = Stage::Interrupted { bearer, late_at };
                }
            }
            DeliveryEvent::DeliveryResumed(_) => {
                if let Stage::Interrupted { bearer, late_at } = self.stage {
                    self.stage = Stage::Delivering { bearer, late_at };
                }
            }
            DeliveryEvent::DeliveryCompleted(_) => {
                if let Some(bearer) = self.bearer() {
                    self.stage = Stage::Delivered { bearer };
                }
            }
            DeliveryEvent::DeliveryFailed(_) => {
                if let Some(bearer) = self.bearer() {
                    self.stage = Stage::Failed { bearer };
                }
            }
            DeliveryEvent::DeliveryCancelled(_) => self.stage = self.stage.cancelled(),
            DeliveryEvent::DeliveryHandedToStore(_) => self.stage = Stage::AwaitingStore,
            DeliveryEvent::NoRiderYet(again) => self.looked_for_rider(again.again_at),
            DeliveryEvent::RiderLate(late) => self.was_late(late.at, late.again_at),
        }
        self
    }

    fn looked_for_rider(&mut self, again_at: Time) {
        if let Stage::Waiting { no_rider_at, .. } = &mut self.stage {
            *no_rider_at = Some(again_at);
        }
        // Who takes it only now is not at once late for food that has stood there: people know of the delay.
        self.late_at_store = self.late_at_store.map(|late_at| late_at.max(again_at));
    }

    fn was_late(&mut self, at: LateAt, again_at: Time) {
        match (at, &mut self.stage) {
            (LateAt::Store, _) => self.late_at_store = Some(again_at),
            (LateAt::Door, Stage::Delivering { late_at, .. } | Stage::Interrupted { late_at, .. }) => {
                *late_at = again_at;
            }
            (LateAt::Door, _) => {}
        }
    }
}

impl Stage {
    fn cancelled(self) -> Self {
        match self {
            Self::Waiting { .. } => Self::CancelledInTime { bearer: None },
            Self::AwaitingStore => Self::CancelledInTime { bearer: Some(Bearer::Store) },
            Self::Assigned { rider } => Self::CancelledInTime { bearer: Some(Bearer::Rider(rider)) },
            Self::Delivering { bearer, .. } | Self::Interrupted { bearer, .. } | Self::Failed { bearer } => {
                Self::CancelledOnTheWay { bearer }
            }
            Self::Delivered { .. } | Self::CancelledInTime { .. } | Self::CancelledOnTheWay { .. } => self,
        }
    }
}
