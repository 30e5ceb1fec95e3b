use kernel::events::delivery::*;
use kernel::order::{DeliveryBy, TroubleReason};
use kernel::personal::Handover;

use super::{at, number, person, private, store_id, store_name};

pub fn events() -> Vec<DeliveryEvent> {
    let order_number = number;
    let rider_id = || person("minsu");
    vec![
        DeliveryRequested {
            order_number: order_number(),
            store_id: store_id(),
            store_name: store_name(),
            store_address: "서울특별시 마포구 달보드레로 17, 1층".to_owned(),
            store_lat: None,
            store_lng: None,
            delivery_by: DeliveryBy::Rider,
            ready_by: at(25),
            no_rider_at: Some(at(15)),
            private: private(),
        }
        .into(),
        RiderAssigned { order_number: order_number(), rider_id: rider_id() }.into(),
        RiderReleased {
            order_number: order_number(),
            rider_id: rider_id(),
            reason: Some(TroubleReason::Vehicle),
            no_rider_at: at(20),
        }
        .into(),
        DeliveryReady { order_number: order_number(), ready_at: at(24), late_at: at(39) }.into(),
        DeliveryStarted {
            order_number: order_number(),
            delivery_by: DeliveryBy::Rider,
            rider_id: Some(rider_id()),
            started_at: at(26),
            late_at: at(86),
        }
        .into(),
        DeliveryInterrupted { order_number: order_number(), reason: TroubleReason::Accident }.into(),
        DeliveryResumed { order_number: order_number() }.into(),
        DeliveryCompleted { order_number: order_number(), handover: Handover::LeaveAtDoor, completed_at: at(40) }
            .into(),
        DeliveryFailed { order_number: order_number(), reason: TroubleReason::NoContact, remind_at: at(70) }.into(),
        DeliveryCancelled { order_number: order_number() }.into(),
        DeliveryHandedToStore { order_number: order_number() }.into(),
        NoRiderYet { order_number: order_number(), again_at: at(25) }.into(),
        RiderLate { order_number: order_number(), at: LateAt::Door, again_at: at(96) }.into(),
    ]
}
