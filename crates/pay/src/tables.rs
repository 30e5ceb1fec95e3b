//! pay's streams and views, as the platform keeps them.

use std::collections::BTreeSet;

use kernel::events::Recorded;
use kernel::events::pay::PayEvent;
use platform::streams::Aggregate;
use platform::view::{Value, View, ViewTable};

use crate::domain::payment::{Payment, RefundStanding};
use crate::domain::views::{self, Ledger};

/// Every table that pay's views live in.
pub static TABLES: [&ViewTable; 1] = [&LEDGER];

// Nearly every order is refunded once or never: the first refund is found by its index, a further one by a short
// scan. Where nothing goes back the columns are empty and no index is written.
static LEDGER: ViewTable = ViewTable::new(
    "ledger",
    1,
    &[("first_refund", "TEXT"), ("more_refunds", "TEXT"), ("standings", "TEXT"), ("open", "INTEGER")],
    &[
        "(first_refund) WHERE first_refund IS NOT NULL",
        "(more_refunds) WHERE more_refunds IS NOT NULL",
        "(key) WHERE standings IS NOT NULL",
        "(key) WHERE open = 1",
    ],
);

impl Aggregate for Payment {
    const CATEGORY: &'static str = "payment";
    type View = LedgerView;
}

/// The view `Ledger`.
pub struct LedgerView;

impl View for LedgerView {
    type Event = PayEvent;
    type Row = Ledger;
    const TABLE: &'static ViewTable = &LEDGER;

    /// Only what moves money, or fails to, has a row to change.
    fn key(event: &Recorded<PayEvent>) -> Option<String> {
        match &event.event {
            PayEvent::PaymentApproved(_)
            | PayEvent::RefundRequested(_)
            | PayEvent::PaymentRefunded(_)
            | PayEvent::RefundFailed(_)
            | PayEvent::RefundSettledByHand(_) => Some(event.subject.to_string()),
            PayEvent::PaymentRequested(_)
            | PayEvent::PaymentDeclined(_)
            | PayEvent::PaymentInDoubt(_)
            | PayEvent::AttemptAbandoned(_)
            | PayEvent::PaymentClosed(_) => None,
        }
    }

    fn apply(row: Option<Ledger>, event: &Recorded<PayEvent>) -> Option<Ledger> {
        views::ledger(row, event)
    }

    fn columns(row: &Ledger) -> Vec<Value> {
        let mut refunds = row.refunds.iter().map(|refund| refund.refund_id.to_string());
        let first = refunds.next();
        let more: Vec<String> = refunds.collect();
        let standings: BTreeSet<&str> = row.refunds.iter().map(|refund| standing_text(refund.standing)).collect();
        let standings: Vec<&str> = standings.into_iter().collect();
        let open = row.open_refunds().next().map_or(Value::Null, |_| Value::Integer(1));
        let text = |words: String| if words.is_empty() { Value::Null } else { Value::Text(words) };
        vec![first.map_or(Value::Null, Value::Text), text(more.join(" ")), text(standings.join(" ")), open]
    }
}

/// As the table's column and the query `?standing=` have it; none is a part of another.
pub const fn standing_text(standing: RefundStanding) -> &'static str {
    match standing {
        RefundStanding::Pending => "PENDING",
        RefundStanding::Done => "DONE",
        RefundStanding::Failed => "FAILED",
        RefundStanding::SettledByHand => "SETTLED_BY_HAND",
    }
}
