//! A delivery as delivery's log tells it.

use serde_json::Value;

use super::json::text;
use super::lane::{Event, Stream};

/// A delivery, folded.
#[derive(Default)]
pub(super) struct Delivery {
    /// `None`: never requested.
    pub(super) status: Option<&'static str>,
    rider: String,
    /// Cancelled once, it may still arrive.
    cancelled: bool,
}

impl Delivery {
    pub(super) fn fold(stream: &Stream) -> Self {
        let mut delivery = Self::default();
        for event in &stream.events {
            delivery.apply(event);
        }
        delivery
    }

    fn apply(&mut self, Event { name, body, .. }: &Event) {
        let (status, rider) = match name.as_str() {
            "DeliveryRequested" if self.status.is_none() => ("WAITING", Some("")),
            "DeliveryCancelled" => ("CANCELLED", None),
            "RiderAssigned" => ("ASSIGNED", Some(text(body, "riderId"))),
            "RiderReleased" | "DeliveryHandedToStore" => ("WAITING", Some("")),
            "DeliveryStarted" => ("DELIVERING", Some(text(body, "riderId"))),
            "DeliveryInterrupted" => ("INTERRUPTED", None),
            "DeliveryResumed" => ("DELIVERING", None),
            "DeliveryCompleted" => ("DELIVERED", None),
            "DeliveryFailed" => ("FAILED", None),
            _ => return,
        };
        self.cancelled |= name == "DeliveryCancelled";
        if self.status.is_some() || name == "DeliveryRequested" {
            self.status = Some(status);
            if let Some(rider) = rider {
                rider.clone_into(&mut self.rider);
            }
        }
    }

    /// Somebody is to bring it, or is bringing it.
    pub(super) fn is_active(&self) -> bool {
        !self.cancelled && matches!(self.status, Some("WAITING" | "ASSIGNED" | "DELIVERING" | "INTERRUPTED"))
    }

    /// It is on the way, so a timer has to run.
    pub(super) fn needs_timer(&self) -> bool {
        !self.cancelled && matches!(self.status, Some("DELIVERING" | "INTERRUPTED"))
    }

    /// What in a row of the riders' board is not as the log says.
    pub(super) fn differs(&self, doc: &Value) -> Option<String> {
        let status = self.status.unwrap_or_default();
        if text(doc, "status") != status {
            Some(format!("the riders' board shows {}, delivery's log says {status}", text(doc, "status")))
        } else if text(doc, "riderId") != self.rider {
            Some(format!("the riders' board shows rider {:?}, delivery's log {:?}", text(doc, "riderId"), self.rider))
        } else {
            None
        }
    }
}
