//! store at work: opens tickets, keeps the kitchen's board, and the stores themselves.

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kernel::Time;
use kernel::ids::StoreId;
use platform::bus::Source;
use platform::idempotency::{self, Running};
use platform::rebuild;
use platform::room::Room;
use platform::runner::Runner;
use platform::store::{CommitError, StoreError};
use platform::streams::{Loaded, Streams};
use platform::timers::Timekeeper;
use platform::view::View;

use crate::domain::commands::{Command, StoreFacts};
use crate::domain::store::{Registered, Store};
use crate::domain::ticket::Ticket;
use crate::domain::waits::{Waits, command_when_due};
use crate::subscriptions::{HeardOfApp, HeardOfDelivery};
use crate::tables::KitchenBoardView;

/// store. Cheap to clone.
#[derive(Clone)]
pub struct StoreService {
    inner: Arc<Inner>,
}

struct Inner {
    room: Room,
    tickets: Streams<Ticket>,
    stores: Streams<Store>,
    waits: Waits,
    running: Running,
}

/// What store is told to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How long it waits for what.
    pub waits: Waits,
}

/// The logs that store listens to.
pub struct Sources {
    /// app's.
    pub app: Source,
    /// delivery's.
    pub delivery: Source,
}

/// How store waits, as configured.
pub fn waits_from(waits: &platform::config::Waits) -> Waits {
    Waits {
        owner_silent: waits.owner_silent,
        cooking_not_pressed: waits.cooking_not_pressed,
        kitchen_late: waits.kitchen_late,
        kitchen_late_again: waits.kitchen_late_again,
        pickup_uncollected: waits.pickup_uncollected,
    }
}

impl StoreService {
    /// store in its room.
    pub fn new(room: Room, options: Options) -> Self {
        let tickets = Streams::new(&room.store, &room.topics);
        let stores = Streams::new(&room.store, &room.topics);
        Self { inner: Arc::new(Inner { room, tickets, stores, waits: options.waits, running: Running::default() }) }
    }

    /// Makes the view ready; to be awaited before anything is served.
    pub async fn prepare(&self) -> Result<(), CommitError> {
        let own = &self.room().store;
        if !rebuild::is_current(own, KitchenBoardView::TABLE)? {
            let progress = rebuild::logged("KitchenBoard");
            rebuild::rebuild::<KitchenBoardView>(own, &mut Source::local(own), progress).await?;
        }
        Ok(())
    }

    /// Begins to listen and to watch the time, until shutdown.
    pub fn start(&self, sources: Sources) {
        let room = self.room();
        room.shutdown.spawn("store-app", Runner::new(room, sources.app, HeardOfApp::new(self)).run());
        room.shutdown.spawn("store-delivery", Runner::new(room, sources.delivery, HeardOfDelivery::new(self)).run());
        let store = self.clone();
        let when_due = Timekeeper::new(
            room,
            self.tickets(),
            Box::new(move |ticket, wait, now| {
                command_when_due(wait.what, &ticket.state).map(|what| store.command(now, what))
            }),
        );
        room.shutdown.spawn("store-timers", when_due.run());
        room.shutdown.spawn("store-keys", idempotency::sweep(room.clone()));
    }

    /// store's means.
    pub fn room(&self) -> &Room {
        &self.inner.room
    }

    /// The kitchens' tickets.
    pub fn tickets(&self) -> &Streams<Ticket> {
        &self.inner.tickets
    }

    /// The stores.
    pub fn stores(&self) -> &Streams<Store> {
        &self.inner.stores
    }

    pub(crate) fn running(&self) -> &Running {
        &self.inner.running
    }

    /// `what`, coming at `at`.
    pub fn command<What>(&self, at: Time, what: What) -> Command<What> {
        Command { at, waits: self.inner.waits, what }
    }

    /// The store `id`, registered or not.
    pub(crate) fn store(&self, id: StoreId) -> Result<Arc<Loaded<Store>>, StoreError> {
        self.stores().load(id.uuid())
    }

    /// What a ticket that is accepted says of the store `id`; `None` where nothing is registered under it.
    pub(crate) fn facts(&self, id: StoreId) -> Result<Option<StoreFacts>, StoreError> {
        Ok(self.store(id)?.state.registered().map(Registered::facts))
    }
}
