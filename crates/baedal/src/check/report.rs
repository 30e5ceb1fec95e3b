//! What the check found, for people and for machines.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Breaks that are listed; more are counted.
const MOST_LISTED: usize = 10_000;

/// What each promise says, in short.
const PROMISES: [&str; 6] = [
    "No ticket without a captured payment, no captured payment without an order",
    "One charge per order, and the money adds up",
    "Every request survives, every order ends or waits for something with a deadline",
    "Each status change is told once, in order, one at a time",
    "A cancelled order has no active ticket and no active delivery",
    "Every view shows what its log says",
];

/// A promise that is not kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Break {
    /// Which promise, 1 to 6.
    pub promise: u8,
    /// In what way.
    pub kind: &'static str,
    /// Of which order (or stream, or log).
    pub subject: String,
    /// In a sentence.
    pub detail: String,
}

/// Money that is promised back and is not back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenRefund {
    /// Of which order.
    pub order_id: String,
    /// Which refund.
    pub refund_id: String,
    /// How much.
    pub amount: i64,
    /// PENDING or FAILED.
    pub standing: &'static str,
}

/// A message that a policy could not handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParkedMessage {
    /// Who could not.
    pub context: &'static str,
    /// Whose message.
    pub source: String,
    /// Where it stands there.
    pub position: i64,
    /// What went wrong.
    pub error: String,
}

/// What the check found.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether every cursor is at its source's head, and no work and no timer is due.
    pub at_rest: bool,
    /// Why it is not.
    pub under_way: Vec<String>,
    /// Orders by status.
    pub orders: BTreeMap<&'static str, u64>,
    /// Tickets by status.
    pub tickets: BTreeMap<&'static str, u64>,
    /// Deliveries by status.
    pub deliveries: BTreeMap<&'static str, u64>,
    /// Notices by state.
    pub notices: BTreeMap<&'static str, u64>,
    /// All that was charged.
    pub captured_amount: i64,
    /// All that is back with customers.
    pub refunded_amount: i64,
    /// Refunds that are pending or failed.
    pub open_refunds: Vec<OpenRefund>,
    /// Orders left out of promises 1, 2 and 5, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Parked messages.
    pub parked: Vec<ParkedMessage>,
    /// What could not be looked at.
    pub remarks: Vec<String>,
    /// Events read.
    pub events: u64,
    /// What is broken.
    pub breaks: Vec<Break>,
    /// Breaks beyond those listed.
    pub more_breaks: u64,
}

impl Report {
    /// Whether no promise is broken.
    pub fn is_clean(&self) -> bool {
        self.breaks.is_empty()
    }

    /// For machines.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    pub(super) fn broken(&mut self, promise: u8, kind: &'static str, subject: &str, detail: impl Into<String>) {
        if self.breaks.len() < MOST_LISTED {
            self.breaks.push(Break { promise, kind, subject: subject.to_owned(), detail: detail.into() });
        } else {
            self.more_breaks += 1;
        }
    }

    pub(super) fn close(&mut self) {
        self.breaks.sort();
        self.breaks.dedup();
        self.at_rest = self.under_way.is_empty();
    }

    /// Drops what `earlier` did not show: it was under way in one of the two reads.
    pub(super) fn keep_what_also(&mut self, earlier: &Self) {
        let shown: BTreeSet<_> =
            earlier.breaks.iter().map(|found| (found.promise, found.kind, &found.subject)).collect();
        self.breaks.retain(|found| shown.contains(&(found.promise, found.kind, &found.subject)));
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.summary(f)?;
        for (promise, title) in (1..).zip(PROMISES) {
            let found: Vec<_> = self.breaks.iter().filter(|found| found.promise == promise).collect();
            if found.is_empty() {
                writeln!(f, "  {promise}  kept     {title}")?;
            } else {
                writeln!(f, "  {promise}  BROKEN   {title}")?;
            }
            for Break { kind, subject, detail, .. } in found {
                writeln!(f, "       {subject}  {kind}: {detail}")?;
            }
        }
        if self.more_breaks > 0 {
            writeln!(f, "  … and {} more breaks.", self.more_breaks)?;
        }
        Ok(())
    }
}

impl Report {
    fn summary(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "Read {} events.", self.events)?;
        counts(f, "orders", &self.orders)?;
        counts(f, "tickets", &self.tickets)?;
        counts(f, "deliveries", &self.deliveries)?;
        counts(f, "notices", &self.notices)?;
        writeln!(f, "  {:<11}{} captured, {} refunded", "money", self.captured_amount, self.refunded_amount)?;
        counts(f, "skipped", &self.skipped)?;
        for OpenRefund { order_id, refund_id, amount, standing } in &self.open_refunds {
            writeln!(f, "  refund {standing}: {amount} of order {order_id} (refund {refund_id})")?;
        }
        for ParkedMessage { context, source, position, error } in &self.parked {
            writeln!(f, "  parked at {context}: {source}/{position}: {error}")?;
        }
        for remark in &self.remarks {
            writeln!(f, "  {remark}")?;
        }
        if self.at_rest { writeln!(f, "At rest.") } else { writeln!(f, "Not at rest: {}.", self.under_way.join("; ")) }
    }
}

fn counts(f: &mut std::fmt::Formatter<'_>, what: &str, counts: &BTreeMap<&'static str, u64>) -> std::fmt::Result {
    if counts.is_empty() {
        return Ok(());
    }
    let each: Vec<String> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    writeln!(f, "  {what:<11}{} ({})", counts.values().sum::<u64>(), each.join(", "))
}
