//! store's streams and its view, as the platform keeps them.

use kernel::events::store::{StoreEvent, TicketStatus};
use kernel::events::{DomainEvent, Recorded};
use kernel::ids::StoreId;
use kernel::personal::PersonalData;
use platform::streams::Aggregate;
use platform::view::{NoView, Value, View, ViewTable};

use crate::domain::store::Store;
use crate::domain::ticket::Ticket;
use crate::domain::views::{self, KitchenRow};

/// Every table that store's views live in.
pub static TABLES: [&ViewTable; 1] = [&KITCHEN_BOARD];

// The board is listed by key, oldest first: order ids rise with time. What changed is found by position.
static KITCHEN_BOARD: ViewTable = ViewTable::new(
    "kitchen_board",
    1,
    &[("store_id", "BLOB NOT NULL"), ("status", "TEXT NOT NULL"), ("overdue_at", "INTEGER")],
    &["status, store_id, key", "store_id, position", "(overdue_at) WHERE overdue_at IS NOT NULL"],
);

impl Aggregate for Ticket {
    const CATEGORY: &'static str = "ticket";
    type View = KitchenBoardView;
}

impl Aggregate for Store {
    const CATEGORY: &'static str = "store";
    type View = NoView<StoreEvent>;
}

/// The view `KitchenBoard`.
pub struct KitchenBoardView;

impl View for KitchenBoardView {
    type Event = StoreEvent;
    type Row = KitchenRow;
    const TABLE: &'static ViewTable = &KITCHEN_BOARD;

    fn key(event: &Recorded<StoreEvent>) -> Option<String> {
        is_about_a_ticket(event.event.name()).then(|| event.subject.to_string())
    }

    fn apply(row: Option<KitchenRow>, event: &Recorded<StoreEvent>) -> Option<KitchenRow> {
        views::apply(row, event)
    }

    fn columns(row: &KitchenRow) -> Vec<Value> {
        let overdue = row.overdue_at().map_or(Value::Null, |at| Value::Integer(at.as_millisecond()));
        vec![id_column(row.store_id), status_column(row.status), overdue]
    }

    fn personal(row: &KitchenRow) -> Option<&PersonalData> {
        row.private.as_deref()
    }

    fn with_personal(mut row: KitchenRow, personal: Option<PersonalData>) -> KitchenRow {
        row.private = personal.map(Box::new);
        row
    }

    fn topics(row: &KitchenRow) -> Vec<String> {
        vec![kitchen_topic(row.store_id)]
    }
}

/// Under which the watchers of a store's tickets wait.
pub fn kitchen_topic(id: StoreId) -> String {
    format!("kitchen/{id}")
}

/// A store's id as its column holds it.
pub fn id_column(id: StoreId) -> Value {
    Value::Blob(id.uuid().as_bytes().to_vec())
}

/// A status as its column holds it.
pub fn status_column(status: TicketStatus) -> Value {
    let name = match status {
        TicketStatus::Open => "OPEN",
        TicketStatus::Accepted => "ACCEPTED",
        TicketStatus::Cooking => "COOKING",
        TicketStatus::Cooked => "COOKED",
        TicketStatus::Out => "OUT",
        TicketStatus::Rejected => "REJECTED",
        TicketStatus::Cancelled => "CANCELLED",
    };
    Value::Text(name.to_owned())
}

/// The log holds tickets and stores; the board shows tickets.
fn is_about_a_ticket(name: &str) -> bool {
    !name.starts_with("Store") && !name.starts_with("Menu")
}
