//! app's streams and views, as the platform keeps them.

use kernel::events::app::AppEvent;
use kernel::events::store::StoreEvent;
use kernel::events::{DomainEvent, Recorded};
use kernel::personal::PersonalData;
use platform::streams::Aggregate;
use platform::view::{Value, View, ViewTable};

use crate::domain::order::{Order, Stage};
use crate::domain::storefront::{self, StoreFrontRow};
use crate::domain::views::{self, OrderRow};

/// Every table that app's views live in.
pub static TABLES: [&ViewTable; 2] = [&ORDER_STATUS, &STORE_FRONT];

// A customer's orders are listed by key, newest first: order ids rise with time.
static ORDER_STATUS: ViewTable = ViewTable::new(
    "order_status",
    2,
    &[("customer_id", "TEXT NOT NULL"), ("link_token", "TEXT"), ("status", "TEXT NOT NULL"), ("attention", "INTEGER")],
    &["customer_id, key", "link_token", "(key) WHERE attention = 1"],
)
.with_fixed(&["customer_id", "link_token"])
.with_personal(&["link_token"]);

static STORE_FRONT: ViewTable = ViewTable::new("store_front", 1, &[], &[]);

impl Aggregate for Order {
    const CATEGORY: &'static str = "order";
    type View = OrderStatusView;

    fn erases(event: &AppEvent) -> bool {
        matches!(event, AppEvent::PersonalDataErased(_))
    }
}

/// The views `OrderStatus` and `MyOrders`.
pub struct OrderStatusView;

impl View for OrderStatusView {
    type Event = AppEvent;
    type Row = OrderRow;
    const TABLE: &'static ViewTable = &ORDER_STATUS;

    fn key(event: &Recorded<AppEvent>) -> Option<String> {
        Some(event.subject.to_string())
    }

    fn apply(row: Option<OrderRow>, event: &Recorded<AppEvent>) -> Option<OrderRow> {
        views::apply(row, event)
    }

    fn columns(row: &OrderRow) -> Vec<Value> {
        let attention = if needs_attention(row) { Value::Integer(1) } else { Value::Null };
        let status = serde_json::to_string(&row.status()).unwrap_or_default();
        let status = status.trim_matches('"').to_owned();
        let token = row.order.private.as_ref().and_then(|private| private.link_token.clone());
        let token = token.map_or(Value::Null, Value::Text);
        vec![Value::Text(row.customer_id().as_str().to_owned()), token, Value::Text(status), attention]
    }

    fn personal(row: &OrderRow) -> Option<&PersonalData> {
        row.order.private.as_deref()
    }

    fn with_personal(mut row: OrderRow, personal: Option<PersonalData>) -> OrderRow {
        row.order.private = personal.map(Box::new);
        row
    }

    fn topics(row: &OrderRow) -> Vec<String> {
        vec![order_topic(row.order_id.uuid()), customer_topic(row.customer_id().as_str())]
    }
}

/// Under which an order's watchers wait.
pub fn order_topic(id: uuid::Uuid) -> String {
    format!("order/{id}")
}

/// Under which the watchers of a customer's orders wait.
pub fn customer_topic(id: &str) -> String {
    format!("customer/{id}")
}

/// Whether an operator has to look at it.
pub fn needs_attention(row: &OrderRow) -> bool {
    use kernel::order::RefundStatus;
    let trouble = match &row.order.stage {
        Stage::Unpaid(unpaid) => unpaid.open.as_ref().is_some_and(|open| open.operator_at.is_some()),
        Stage::Live(live) => live.trouble.is_some(),
        Stage::Ended(ended) => ended.delivered_after_cancel,
    };
    trouble || row.refund() == RefundStatus::Failed
}

/// The view `StoreFront`: the stores as customers see them, from store's log.
pub struct StoreFrontView;

impl View for StoreFrontView {
    type Event = StoreEvent;
    type Row = StoreFrontRow;
    const TABLE: &'static ViewTable = &STORE_FRONT;

    fn key(event: &Recorded<StoreEvent>) -> Option<String> {
        is_about_a_store(event.event.name()).then(|| event.subject.to_string())
    }

    fn apply(row: Option<StoreFrontRow>, event: &Recorded<StoreEvent>) -> Option<StoreFrontRow> {
        storefront::apply(row, event)
    }

    fn columns(_row: &StoreFrontRow) -> Vec<Value> {
        Vec::new()
    }
}

/// Whether an event of store is about a store, not a ticket.
pub fn is_about_a_store(name: &str) -> bool {
    name.starts_with("Store") || name.starts_with("Menu")
}
