//! What store hears of app and delivery.

use kernel::events::app::AppEvent;
use kernel::events::delivery::DeliveryEvent;
use kernel::events::{DomainEvent, Recorded};
use platform::batch::Batch;
use platform::runner::{Handler, HandlerError};
use platform::store::Cause;

use crate::domain::commands::TicketWhat;
use crate::domain::policies;
use crate::domain::ticket::TicketRejection;
use crate::service::StoreService;

/// What store hears of app: orders that are placed, cancelled, adjusted, forgotten.
pub struct HeardOfApp {
    store: StoreService,
}

impl HeardOfApp {
    /// For `store`.
    pub fn new(store: &StoreService) -> Self {
        Self { store: store.clone() }
    }
}

impl Handler for HeardOfApp {
    type Event = AppEvent;

    fn wants(&self, name: &str) -> bool {
        matches!(name, "OrderPlaced" | "CancelRequested" | "OrderCancelled" | "OrderAdjusted" | "PersonalDataErased")
    }

    fn handle(&mut self, event: &Recorded<AppEvent>, cause: &Cause, batch: &mut Batch) -> Result<(), HandlerError> {
        if matches!(event.event, AppEvent::PersonalDataErased(_)) {
            self.store.tickets().erase(&mut batch.changes, event.subject);
            return Ok(());
        }
        match policies::when_app(event) {
            Some(what @ TicketWhat::OpenTicket(_)) => {
                let command = self.store.command(cause.at, what);
                let opened = batch.begin(self.store.tickets(), event.subject, cause, command)?;
                noted(event, cause, batch, opened.err());
                Ok(())
            }
            Some(what) => tell(&self.store, event, cause, batch, what),
            None => Ok(()),
        }
    }
}

/// What store hears of delivery: that the food has left.
pub struct HeardOfDelivery {
    store: StoreService,
}

impl HeardOfDelivery {
    /// For `store`.
    pub fn new(store: &StoreService) -> Self {
        Self { store: store.clone() }
    }
}

impl Handler for HeardOfDelivery {
    type Event = DeliveryEvent;

    fn wants(&self, name: &str) -> bool {
        name == "DeliveryStarted"
    }

    fn handle(
        &mut self,
        event: &Recorded<DeliveryEvent>,
        cause: &Cause,
        batch: &mut Batch,
    ) -> Result<(), HandlerError> {
        match policies::when_delivery(event) {
            Some(what) => tell(&self.store, event, cause, batch, what),
            None => Ok(()),
        }
    }
}

/// A rejection is an outcome: it is noted for whoever looks at the order, and the cursor moves on.
fn tell<E: DomainEvent>(
    store: &StoreService,
    event: &Recorded<E>,
    cause: &Cause,
    batch: &mut Batch,
    what: TicketWhat,
) -> Result<(), HandlerError> {
    let command = store.command(cause.at, what);
    let decided = batch.decide(store.tickets(), event.subject, cause, command)?;
    noted(event, cause, batch, decided.err());
    Ok(())
}

fn noted<E: DomainEvent>(event: &Recorded<E>, cause: &Cause, batch: &mut Batch, rejection: Option<TicketRejection>) {
    if let Some(rejection) = rejection {
        batch.note(event.subject, cause, format!("{} {}: {rejection}", E::CONTEXT, event.event.name()));
    }
}
