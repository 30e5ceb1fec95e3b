//! What delivery hears from the others.

use kernel::events::app::AppEvent;
use kernel::events::store::StoreEvent;
use kernel::events::{DomainEvent, Recorded};
use platform::batch::Batch;
use platform::runner::{Handler, HandlerError};
use platform::store::Cause;
use platform::streams::Streams;
use uuid::Uuid;

use crate::domain::commands::{Command, What};
use crate::domain::delivery::Delivery;
use crate::domain::policies::{when_app, when_store};
use crate::domain::waits::Waits;

/// Hears of accepted tickets and cooked food.
pub struct StoreListener(Listener);

/// Hears of orders that are over, and of personal data that goes.
pub struct AppListener(Listener);

struct Listener {
    streams: Streams<Delivery>,
    waits: Waits,
}

impl StoreListener {
    /// Acts on `streams`.
    pub fn new(streams: &Streams<Delivery>, waits: Waits) -> Self {
        Self(Listener { streams: streams.clone(), waits })
    }
}

impl AppListener {
    /// Acts on `streams`.
    pub fn new(streams: &Streams<Delivery>, waits: Waits) -> Self {
        Self(Listener { streams: streams.clone(), waits })
    }
}

impl Handler for StoreListener {
    type Event = StoreEvent;

    fn wants(&self, name: &str) -> bool {
        matches!(name, "TicketAccepted" | "CookingFinished")
    }

    fn handle(&mut self, event: &Recorded<StoreEvent>, cause: &Cause, batch: &mut Batch) -> Result<(), HandlerError> {
        self.0.act(when_store(event), event, cause, batch)
    }
}

impl Handler for AppListener {
    type Event = AppEvent;

    fn wants(&self, name: &str) -> bool {
        matches!(name, "OrderCancelled" | "OrderUndelivered" | "PersonalDataErased")
    }

    fn handle(&mut self, event: &Recorded<AppEvent>, cause: &Cause, batch: &mut Batch) -> Result<(), HandlerError> {
        if let AppEvent::PersonalDataErased(_) = &event.event {
            self.0.streams.erase(&mut batch.changes, event.subject);
        }
        self.0.act(when_app(event), event, cause, batch)
    }
}

impl Listener {
    fn act<E: DomainEvent>(
        &self,
        what: Option<What>,
        event: &Recorded<E>,
        cause: &Cause,
        batch: &mut Batch,
    ) -> Result<(), HandlerError> {
        let Some(what) = what else { return Ok(()) };
        let order: Uuid = event.subject;
        let command = Command { at: cause.at, waits: self.waits, what };
        if let Err(rejection) = batch.decide(&self.streams, order, cause, command)? {
            batch.note(order, cause, format!("{} had no effect here: {rejection}", event.event.name()));
        }
        Ok(())
    }
}
