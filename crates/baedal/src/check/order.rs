//! An order as app's log tells it.

use serde_json::Value;

use super::json::{Lines, has, list, number, sum, text};
use super::lane::{Event, Stream};

/// An order, folded.
pub(super) struct Order {
    pub(super) stage: Stage,
    pub(super) version: i64,
    pub(super) last: i64,
    /// As ordered.
    pub(super) total: i64,
    pub(super) adjustments: Vec<(String, i64)>,
    pub(super) refunds: Vec<Refund>,
    pub(super) lines: Lines,
    pub(super) pickup: bool,
    pub(super) customer: String,
    pub(super) placed: bool,
    /// How many ends its log has.
    pub(super) ends: u32,
    pub(super) notices: Vec<Told>,
}

/// How far an order is.
pub(super) enum Stage {
    Unpaid { attempt: Attempt, declined: bool },
    Live { furthest: usize, heard: bool, deadline: bool, cancel: bool },
    Ended { how: &'static str, refund: i64, paid: bool, erased: bool },
}

/// Whether an attempt to pay is open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    None,
    Open,
    InDoubt { deadline: bool },
}

/// What pay said of a refund.
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) done: bool,
    at_end: bool,
}

/// A notice that has to be.
pub(super) struct Told {
    pub(super) position: i64,
    pub(super) kind: &'static str,
}

/// PLACED, and how far it comes from there.
const PROGRESS: [&str; 5] = ["PLACED", "ACCEPTED", "COOKING", "READY", "DELIVERING"];

impl Order {
    /// `None` where the log does not begin with the order's creation.
    pub(super) fn fold(stream: &Stream) -> Option<Self> {
        let (first, rest) = stream.events.split_first()?;
        let mut order = (first.name == "OrderCreated").then(|| Self::created(&first.body))?;
        for event in rest {
            order.apply(event);
            if let Some(kind) = order.told(event) {
                order.notices.push(Told { position: event.position, kind });
            }
        }
        (order.version, order.last) = (stream.version, stream.last());
        Some(order)
    }

    fn created(body: &Value) -> Self {
        let details = &body["details"];
        Self {
            stage: Stage::Unpaid { attempt: Attempt::None, declined: false },
            version: 1,
            last: 0,
            total: number(details, "totalAmount"),
            adjustments: Vec::new(),
            refunds: Vec::new(),
            lines: Lines::of(list(details, "lines")),
            pickup: text(details, "deliveryBy") == "PICKUP",
            customer: text(details, "customerId").to_owned(),
            placed: false,
            ends: 0,
            notices: Vec::new(),
        }
    }

    fn apply(&mut self, Event { name, body, .. }: &Event) {
        match name.as_str() {
            "PaymentStarted" => self.stage = Stage::Unpaid { attempt: Attempt::Open, declined: false },
            "PaymentUnconfirmed" => {
                if let Stage::Unpaid { attempt, .. } = &mut self.stage {
                    *attempt = Attempt::InDoubt { deadline: has(body, "operatorAt") };
                }
            }
            "PaymentDeferred" => self.stage = Stage::Unpaid { attempt: Attempt::None, declined: false },
            "PaymentFailed" => self.stage = Stage::Unpaid { attempt: Attempt::None, declined: true },
            "OrderPlaced" => {
                self.placed = true;
                self.stage = Stage::Live { furthest: 0, heard: false, deadline: false, cancel: false };
            }
            "OrderExpired" => self.end("EXPIRED", 0, false),
            "OrderCancelled" => self.end("CANCELLED", number(body, "refundAmount"), text(body, "paid") == "everything"),
            "OrderUndelivered" => self.end("UNDELIVERED", number(body, "refundAmount"), true),
            "OrderCompleted" => self.end("DELIVERED", 0, true),
            "OrderAdjusted" => {
                self.lines.cut(list(body, "lines"));
                self.adjustments.push((text(body, "adjustmentId").to_owned(), number(body, "amount")));
            }
            "RefundRecorded" => self.refund(body),
            "PersonalDataErased" => {
                if let Stage::Ended { erased, .. } = &mut self.stage {
                    *erased = true;
                }
            }
            _ => self.live(name, body),
        }
    }

    /// What changes an order only while it is under way.
    fn live(&mut self, name: &str, body: &Value) {
        let Stage::Live { furthest, heard, deadline, cancel } = &mut self.stage else { return };
        match name {
            "OrderReceived" => (*heard, *deadline) = (true, *deadline || has(body, "answerBy")),
            "OrderProgressed" => {
                let to = PROGRESS.iter().position(|progress| *progress == text(body, "to")).unwrap_or_default();
                *furthest = (*furthest).max(to);
                (*heard, *deadline) = (true, *deadline || has(body, "eta"));
            }
            "OrderDelayed" => *deadline |= has(body, "newEta"),
            "CancelRequested" => *cancel = true,
            "CancelRefused" => (*heard, *cancel) = (true, false),
            _ => {}
        }
    }

    fn end(&mut self, how: &'static str, refund: i64, paid: bool) {
        self.ends += 1;
        self.stage = Stage::Ended { how, refund, paid, erased: false };
    }

    fn refund(&mut self, body: &Value) {
        let (id, done) = (text(body, "refundId"), text(body, "outcome") == "DONE");
        if let Some(known) = self.refunds.iter_mut().find(|known| known.id == id) {
            known.done = done;
            return;
        }
        let at_end = matches!(self.stage, Stage::Ended { .. }) && !has(body, "adjustment");
        self.refunds.push(Refund { id: id.to_owned(), amount: number(body, "amount"), done, at_end });
    }

    /// The notice that an event brings about.
    fn told(&self, Event { name, body, .. }: &Event) -> Option<&'static str> {
        let reachable = || text(body, "cause") != "store-unreachable";
        match name.as_str() {
            "OrderPlaced" => Some("PLACED"),
            "OrderProgressed" => match text(body, "to") {
                "ACCEPTED" => Some("ACCEPTED"),
                "COOKING" => Some("COOKING"),
                "READY" if self.pickup => Some("PICKUP_READY"),
                "READY" => Some("READY"),
                "DELIVERING" if !self.pickup => Some("ON_THE_WAY"),
                _ => None,
            },
            "OrderCompleted" if text(body, "deliveryBy") == "PICKUP" => Some("PICKED_UP"),
            "OrderCompleted" => Some("DELIVERED"),
            "OrderUndelivered" => Some("UNDELIVERED"),
            "OrderDelayed" => Some("DELAYED"),
            "DeliveryTroubled" => (text(&body["trouble"], "what") != "resumed").then_some("TROUBLE"),
            "PaymentDeferred" => Some("PAY_DEFERRED"),
            "PaymentUnconfirmed" => Some("PAY_CHECKING"),
            "PaymentFailed" => Some("PAY_FAILED"),
            "OrderExpired" => Some("EXPIRED"),
            "CancelRequested" => reachable().then_some("CANCEL_ASKED"),
            "CancelRefused" => reachable().then_some("CANCEL_REFUSED"),
            "OrderCancelled" => Some(match (text(body, "paid"), text(body, "cause")) {
                ("nothing", _) => "CANCEL_UNPAID",
                ("unknown", _) => "CANCEL_CHECKING",
                (_, "store-rejected" | "store-unreachable") => "REJECTED",
                _ => "CANCELLED",
            }),
            "RefundRecorded" if text(body, "outcome") != "DONE" => None,
            "RefundRecorded" if has(body, "adjustment") => Some("PART_REFUNDED"),
            "RefundRecorded" => Some("REFUNDED"),
            _ => None,
        }
    }

    pub(super) fn status(&self) -> &'static str {
        match self.stage {
            Stage::Unpaid { attempt: Attempt::InDoubt { .. }, .. } => "PAYMENT_CHECKING",
            Stage::Unpaid { attempt: Attempt::None, declined: true } => "PAYMENT_FAILED",
            Stage::Unpaid { .. } => "AWAITING_PAYMENT",
            Stage::Live { cancel: true, .. } => "CANCEL_REQUESTED",
            Stage::Live { furthest, .. } => PROGRESS[furthest],
            Stage::Ended { how, .. } => how,
        }
    }

    pub(super) fn adjusted(&self) -> i64 {
        self.adjustments.iter().map(|(_, amount)| amount).sum()
    }

    /// What customers' money is left with us once all is settled.
    pub(super) fn keeps(&self) -> i64 {
        let price = self.total - self.adjusted();
        match self.stage {
            Stage::Live { .. } | Stage::Ended { how: "DELIVERED", .. } => price,
            Stage::Ended { refund, paid: true, .. } => price - refund,
            Stage::Unpaid { .. } | Stage::Ended { .. } => 0,
        }
    }

    /// Where its money stands, as customers see it.
    pub(super) fn refund_status(&self) -> &'static str {
        let given: i64 =
            self.refunds.iter().filter(|refund| refund.done && refund.at_end).map(|refund| refund.amount).sum();
        let is_back = |id: &String| self.refunds.iter().any(|refund| refund.done && refund.id == *id);
        let decided = if let Stage::Ended { refund, .. } = self.stage { refund } else { 0 };
        if self.refunds.iter().any(|refund| !refund.done) {
            "FAILED"
        } else if given < decided || !self.adjustments.iter().all(|(id, _)| is_back(id)) {
            "PENDING"
        } else if self.refunds.is_empty() {
            "NONE"
        } else {
            "DONE"
        }
    }

    /// What in a row of `order_status` is not as the log says.
    pub(super) fn differs(&self, doc: &Value, status: &str, customer: &str) -> Option<String> {
        let shown = &doc["order"];
        let refunds: i64 = list(shown, "refunds")
            .iter()
            .filter(|refund| text(refund, "outcome") == "DONE")
            .map(|refund| number(refund, "amount"))
            .sum();
        let refunded: i64 = self.refunds.iter().filter(|refund| refund.done).map(|refund| refund.amount).sum();
        let facts = [
            ("status", status.to_owned(), self.status().to_owned()),
            ("customer", customer.to_owned(), self.customer.clone()),
            ("version", number(doc, "version").to_string(), self.version.to_string()),
            ("total", number(&shown["details"], "totalAmount").to_string(), self.total.to_string()),
            ("adjusted", sum(list(shown, "adjustments"), "amount").to_string(), self.adjusted().to_string()),
            ("refunded", refunds.to_string(), refunded.to_string()),
            ("refunds", list(shown, "refunds").len().to_string(), self.refunds.len().to_string()),
        ];
        let wrong = facts.into_iter().find(|(_, shown, folded)| shown != folded);
        wrong
            .map(|(what, shown, folded)| format!("order_status shows {what} {shown}, app's log says {folded}"))
            .or_else(|| {
                (Lines::of(list(&shown["details"], "lines")) != self.lines)
                    .then(|| "order_status shows other lines than app's log".to_owned())
            })
    }

    pub(super) fn attempt_is_open(&self) -> bool {
        matches!(self.stage, Stage::Unpaid { attempt: Attempt::Open | Attempt::InDoubt { .. }, .. })
    }

    pub(super) fn is_cancelled(&self) -> bool {
        matches!(self.stage, Stage::Ended { how: "CANCELLED", .. })
    }

    pub(super) fn cancel_is_open(&self) -> bool {
        matches!(self.stage, Stage::Live { cancel: true, .. })
    }
}
