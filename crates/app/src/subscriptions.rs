//! What app hears of pay, store and delivery.

use std::time::Duration;

use kernel::events::delivery::DeliveryEvent;
use kernel::events::pay::PayEvent;
use kernel::events::store::StoreEvent;
use kernel::events::{DomainEvent, Recorded};
use platform::batch::Batch;
use platform::runner::{Handler, HandlerError};
use platform::store::Cause;

use crate::domain::commands::What;
use crate::domain::policies;
use crate::service::AppService;
use crate::tables::{StoreFrontView, is_about_a_store};

/// app's ears.
pub struct Heard<E> {
    app: AppService,
    when: fn(&Recorded<E>) -> Option<What>,
    wants: fn(&str) -> bool,
    patience: Duration,
}

/// pay's answer to the request itself is nearly always recorded by then, and its event has nothing left to do; without
/// the pause both would be at the same order at the same moment.
const FOR_THE_ANSWER: Duration = Duration::from_millis(100);

impl Heard<PayEvent> {
    /// What app hears of pay.
    pub fn of_pay(app: &AppService) -> Self {
        let wants = |name: &str| !matches!(name, "PaymentRequested" | "PaymentClosed" | "RefundRequested");
        Self { app: app.clone(), when: policies::when_pay, wants, patience: FOR_THE_ANSWER }
    }
}

impl Heard<DeliveryEvent> {
    /// What app hears of delivery.
    pub fn of_delivery(app: &AppService) -> Self {
        let wants = |name: &str| !matches!(name, "DeliveryRequested" | "RiderAssigned" | "DeliveryReady");
        Self { app: app.clone(), when: policies::when_delivery, wants, patience: Duration::ZERO }
    }
}

impl<E: DomainEvent> Handler for Heard<E> {
    type Event = E;

    fn wants(&self, name: &str) -> bool {
        (self.wants)(name)
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn handle(&mut self, event: &Recorded<E>, cause: &Cause, batch: &mut Batch) -> Result<(), HandlerError> {
        match (self.when)(event) {
            Some(what) => record(&self.app, event, cause, batch, what),
            None => Ok(()),
        }
    }
}

/// What app hears of store: tickets' news, and the stores themselves.
pub struct HeardOfStore {
    app: AppService,
}

impl HeardOfStore {
    /// For `app`.
    pub fn new(app: &AppService) -> Self {
        Self { app: app.clone() }
    }
}

impl Handler for HeardOfStore {
    type Event = StoreEvent;

    fn handle(&mut self, event: &Recorded<StoreEvent>, cause: &Cause, batch: &mut Batch) -> Result<(), HandlerError> {
        if is_about_a_store(event.event.name()) {
            if let Some(row) = batch.fold::<StoreFrontView>(&self.app.room().store, event)? {
                let fronts = self.app.fronts().clone();
                batch.changes.after.push(Box::new(move || fronts.put(row)));
            }
            return Ok(());
        }
        match policies::when_store(event) {
            Some(what) => record(&self.app, event, cause, batch, what),
            None => Ok(()),
        }
    }
}

/// A rejection is an outcome: it is noted on the order's timeline, and the cursor moves on.
fn record<E: DomainEvent>(
    app: &AppService,
    event: &Recorded<E>,
    cause: &Cause,
    batch: &mut Batch,
    what: What,
) -> Result<(), HandlerError> {
    let command = app.command(cause.at, what);
    if let Err(rejection) = batch.decide(app.orders(), event.subject, cause, command)? {
        batch.note(event.subject, cause, format!("{} {}: {rejection}", E::CONTEXT, event.event.name()));
    }
    Ok(())
}
