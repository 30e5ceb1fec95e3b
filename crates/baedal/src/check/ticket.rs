//! A ticket as store's log tells it.

use serde_json::Value;

use super::json::{Lines, list, number, text};
use super::lane::Stream;

/// A ticket, folded.
#[derive(Default)]
pub(super) struct Ticket {
    /// `None`: never opened.
    pub(super) status: Option<&'static str>,
    pub(super) version: i64,
    lines: Lines,
}

impl Ticket {
    pub(super) fn fold(stream: &Stream) -> Self {
        let mut ticket = Self { version: stream.version, ..Self::default() };
        for event in &stream.events {
            let lines = list(&event.body, "lines");
            match event.name.as_str() {
                "TicketOpened" => (ticket.status, ticket.lines) = (Some("OPEN"), Lines::of(lines)),
                "TicketAdjusted" => ticket.lines.cut(lines),
                name => ticket.status = ticket.status.map(|status| status_after(name).unwrap_or(status)),
            }
        }
        ticket
    }

    /// There is something to cook, or to hand over.
    pub(super) fn is_active(&self) -> bool {
        matches!(self.status, Some("OPEN" | "ACCEPTED" | "COOKING" | "COOKED"))
    }

    /// It was opened, and neither rejected nor cancelled since.
    pub(super) fn stands(&self) -> bool {
        self.is_active() || self.status == Some("OUT")
    }

    /// Something is to happen in the kitchen, so a timer has to run.
    pub(super) fn needs_timer(&self) -> bool {
        matches!(self.status, Some("OPEN" | "ACCEPTED" | "COOKING"))
    }

    /// What in a row of the kitchen board is not as the log says.
    pub(super) fn differs(&self, doc: &Value) -> Option<String> {
        let status = self.status.unwrap_or_default();
        if text(doc, "status") != status {
            Some(format!("the kitchen board shows {}, store's log says {status}", text(doc, "status")))
        } else if number(doc, "version") != self.version {
            Some(format!("the kitchen board shows version {}, store's log {}", number(doc, "version"), self.version))
        } else if Lines::of(list(doc, "lines")) != self.lines {
            Some("the kitchen board shows other lines than store's log".to_owned())
        } else {
            None
        }
    }
}

fn status_after(name: &str) -> Option<&'static str> {
    match name {
        "TicketAccepted" => Some("ACCEPTED"),
        "TicketRejected" => Some("REJECTED"),
        "CookingStarted" => Some("COOKING"),
        "CookingFinished" => Some("COOKED"),
        "TicketHandedOver" => Some("OUT"),
        "TicketCancelled" | "TicketVoided" | "TicketWithdrawn" => Some("CANCELLED"),
        _ => None,
    }
}
