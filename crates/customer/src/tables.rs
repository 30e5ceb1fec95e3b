//! customer's streams and views, as the platform keeps them.

use kernel::events::Recorded;
use kernel::events::app::AppEvent;
use kernel::events::customer::CustomerEvent;
use kernel::personal::PersonalData;
use platform::streams::Aggregate;
use platform::view::{Value, View, ViewTable};

use crate::domain::notice::Notice;
use crate::domain::views::{InboxRow, NoticeState, OrderFacts};

/// Every table that customer's views live in.
pub static TABLES: [&ViewTable; 2] = [&ORDER_FACTS, &INBOX];

static ORDER_FACTS: ViewTable = ViewTable::new("order_facts", 1, &[], &[]);

// An order's notices are found through its stream. Of the states, only those that need an eye are indexed, so that
// a notice sent at once costs one index entry.
static INBOX: ViewTable = ViewTable::new(
    "inbox",
    1,
    &[("customer_id", "TEXT NOT NULL"), ("state", "TEXT NOT NULL")],
    &["customer_id, position", "(state, position) WHERE state = 'QUEUED' OR state = 'FAILED'"],
);

impl Aggregate for Notice {
    const CATEGORY: &'static str = "notice";
    type View = InboxView;
}

/// The view `Inbox`: what customers were told. One row a notice.
pub struct InboxView;

impl View for InboxView {
    type Event = CustomerEvent;
    type Row = InboxRow;
    const TABLE: &'static ViewTable = &INBOX;

    fn key(event: &Recorded<CustomerEvent>) -> Option<String> {
        Some(InboxRow::key(&event.event).to_string())
    }

    fn apply(row: Option<InboxRow>, event: &Recorded<CustomerEvent>) -> Option<InboxRow> {
        InboxRow::apply(row, event)
    }

    fn columns(row: &InboxRow) -> Vec<Value> {
        vec![Value::Text(row.customer_id.as_str().to_owned()), Value::Text(state_column(row.state).to_owned())]
    }

    fn topics(row: &InboxRow) -> Vec<String> {
        vec![inbox_topic(row.customer_id.as_str())]
    }
}

/// A notice's state as its column has it.
pub const fn state_column(state: NoticeState) -> &'static str {
    match state {
        NoticeState::Queued => "QUEUED",
        NoticeState::Sent => "SENT",
        NoticeState::Failed => "FAILED",
        NoticeState::Skipped => "SKIPPED",
    }
}

/// Under which the watchers of a customer's inbox wait.
pub fn inbox_topic(customer_id: &str) -> String {
    format!("inbox/{customer_id}")
}

/// The view `OrderFacts`: what messages say about an order, from app's log. One row an order.
pub struct OrderFactsView;

impl View for OrderFactsView {
    type Event = AppEvent;
    type Row = OrderFacts;
    const TABLE: &'static ViewTable = &ORDER_FACTS;

    fn key(event: &Recorded<AppEvent>) -> Option<String> {
        Some(event.subject.to_string())
    }

    fn begins(event: &Recorded<AppEvent>) -> bool {
        matches!(event.event, AppEvent::OrderCreated(_))
    }

    fn apply(row: Option<OrderFacts>, event: &Recorded<AppEvent>) -> Option<OrderFacts> {
        OrderFacts::apply(row, event)
    }

    fn columns(_row: &OrderFacts) -> Vec<Value> {
        Vec::new()
    }

    fn personal(row: &OrderFacts) -> Option<&PersonalData> {
        row.private.as_deref()
    }

    fn with_personal(mut row: OrderFacts, personal: Option<PersonalData>) -> OrderFacts {
        row.private = personal.map(Box::new);
        row
    }
}
