//! How delivery's stream and board are kept.

use kernel::events::Recorded;
use kernel::events::delivery::DeliveryEvent;
use kernel::ids::StoreId;
use kernel::order::DeliveryBy;
use kernel::people::PersonId;
use kernel::personal::PersonalData;
use platform::streams::Aggregate;
use platform::view::{Value, View, ViewTable};

use crate::domain::delivery::Delivery;
use crate::domain::views::{Row, apply};

/// Every table of delivery's views.
pub static TABLES: &[&ViewTable] = &[&BOARD];

/// The riders' board. Lists go by key: an order's id begins with the time it was made.
pub static BOARD: ViewTable = ViewTable::new(
    "board",
    1,
    &[
        ("store_id", "TEXT NOT NULL"),
        ("rider_id", "TEXT"),
        ("status", "TEXT NOT NULL"),
        ("delivery_by", "TEXT NOT NULL"),
    ],
    &["status, key", "store_id, key", "rider_id, key", "store_id, position", "position"],
);

/// Wakes whoever watches the whole board.
pub const EVERY_DELIVERY: &str = "deliveries";

/// Wakes whoever watches what leaves `store`.
pub fn deliveries_of(store: StoreId) -> String {
    format!("{EVERY_DELIVERY}/{store}")
}

/// Wakes who watches the board as `rider`, when it is known where they are.
pub fn place_of(rider: &PersonId) -> String {
    format!("{EVERY_DELIVERY}/near/{rider}")
}

impl Aggregate for Delivery {
    const CATEGORY: &'static str = "delivery";
    type View = Board;
}

/// The riders' board, one row a delivery.
#[derive(Debug, Clone, Copy)]
pub struct Board;

impl View for Board {
    type Event = DeliveryEvent;
    type Row = Row;
    const TABLE: &'static ViewTable = &BOARD;

    fn key(event: &Recorded<DeliveryEvent>) -> Option<String> {
        Some(event.subject.to_string())
    }

    fn apply(row: Option<Row>, event: &Recorded<DeliveryEvent>) -> Option<Row> {
        apply(row, event)
    }

    fn columns(row: &Row) -> Vec<Value> {
        vec![
            Value::Text(row.store_id.to_string()),
            row.rider_id.as_ref().map_or(Value::Null, |rider| Value::Text(rider.as_str().to_owned())),
            Value::Text(row.status.name().to_owned()),
            Value::Text(word(row.delivery_by).to_owned()),
        ]
    }

    fn personal(row: &Row) -> Option<&PersonalData> {
        row.private.as_deref()
    }

    fn with_personal(row: Row, personal: Option<PersonalData>) -> Row {
        Row { private: personal.map(Box::new), ..row }
    }

    fn topics(row: &Row) -> Vec<String> {
        vec![EVERY_DELIVERY.to_owned(), deliveries_of(row.store_id)]
    }
}

/// The word in the column `delivery_by`.
pub(crate) const fn word(by: DeliveryBy) -> &'static str {
    match by {
        DeliveryBy::Rider => "RIDER",
        DeliveryBy::Store => "STORE",
        DeliveryBy::Pickup => "PICKUP",
    }
}
