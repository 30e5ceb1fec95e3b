//! What pay hears of app.

use kernel::events::app::AppEvent;
use kernel::events::{DomainEvent, Recorded};
use kernel::ids::OrderId;
use platform::batch::Batch;
use platform::runner::{Handler, HandlerError};
use platform::store::Cause;

use crate::domain::policies;
use crate::service::PayService;

/// The events of app that a policy of pay is about.
const HEARD: [&str; 5] = ["PaymentUnconfirmed", "OrderCancelled", "OrderExpired", "OrderUndelivered", "OrderAdjusted"];

/// pay's ears. An order's personal data never comes here, so there is none to erase.
pub struct HeardOfApp {
    pay: PayService,
}

impl HeardOfApp {
    /// For `pay`.
    pub fn new(pay: &PayService) -> Self {
        Self { pay: pay.clone() }
    }
}

impl Handler for HeardOfApp {
    type Event = AppEvent;

    fn wants(&self, name: &str) -> bool {
        HEARD.contains(&name)
    }

    /// A rejection is an outcome: it is noted, and the cursor moves on.
    fn handle(&mut self, event: &Recorded<AppEvent>, cause: &Cause, batch: &mut Batch) -> Result<(), HandlerError> {
        let Some(what) = policies::when_app(event) else { return Ok(()) };
        let command = self.pay.command(OrderId::from(event.subject), cause.at, what);
        if let Err(rejection) = batch.decide(self.pay.payments(), event.subject, cause, command)? {
            batch.note(event.subject, cause, format!("app {}: {rejection}", event.event.name()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_that_is_heard_is_one_of_apps() {
        assert!(HEARD.iter().all(|name| AppEvent::NAMES.contains(name)));
    }
}
