//! Load, decide, append; and what runs beside the requests.

pub(crate) mod board;
mod places;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::SignedDuration;
use kernel::Time;
use kernel::ids::OrderId;
use kernel::people::{Actor, PersonId};
use kernel::place::Place;
use platform::bus::Source;
use platform::commands::{self, Asked};
use platform::config::{Riders, Settings, Unplaced};
use platform::idempotency::{self, Running};
use platform::problem::Problem;
use platform::rebuild;
use platform::reply::Reply;
use platform::room::Room;
use platform::runner::Runner;
use platform::store::{CommitError, StoreError};
use platform::streams::{Loaded, Streams};
use platform::timers::Timekeeper;

use self::places::{Places, Sight};
use crate::domain::commands::{Command, What};
use crate::domain::delivery::{Delivery, Rejection};
use crate::domain::reach::Reach;
use crate::domain::views::Row;
use crate::domain::waits::{Waits, command_when_due};
use crate::subscriptions::{AppListener, StoreListener};
use crate::tables::{Board, place_of};

/// delivery at work. Cheap to clone.
#[derive(Clone)]
pub struct DeliveryService {
    inner: Arc<Inner>,
}

struct Inner {
    room: Room,
    streams: Streams<Delivery>,
    running: Running,
    waits: Waits,
    places: Places,
}

/// Whom delivery listens to.
pub struct Sources {
    /// Accepted tickets and cooked food.
    pub store: Source,
    /// Cancelled orders.
    pub app: Source,
}

impl DeliveryService {
    /// delivery in its `room`, which was opened with [`TABLES`](crate::TABLES).
    pub fn open(room: Room, settings: &Settings) -> Self {
        let streams = Streams::new(&room.store, &room.topics);
        let waits = waits_from(&settings.waits);
        let places = Places::new(sight_from(settings));
        Self { inner: Arc::new(Inner { room, streams, running: Running::default(), waits, places }) }
    }

    /// Folds the board anew where its table is not current; to be done before serving.
    pub async fn prepare(&self) -> Result<(), CommitError> {
        let room = self.room();
        if rebuild::is_current(&room.store, &crate::tables::BOARD)? {
            return Ok(());
        }
        let mut told = Time::UNIX_EPOCH;
        rebuild::rebuild::<Board>(&room.store, &mut Source::local(&room.store), |done, all| {
            let now = room.clock.now();
            if done == all || now.duration_since(told) >= SignedDuration::from_secs(1) {
                told = now;
                tracing::info!(context = "delivery", done, all, "folding the board anew");
            }
        })
        .await
    }

    /// Starts all that runs beside the requests, until the room's shutdown.
    pub fn start(&self, sources: Sources) {
        let (room, streams, waits) = (self.room(), &self.inner.streams, self.inner.waits);
        let shutdown = &room.shutdown;
        let store = Runner::new(room, sources.store, StoreListener::new(streams, waits));
        let app = Runner::new(room, sources.app, AppListener::new(streams, waits));
        let command = move |loaded: &Loaded<Delivery>, wait: &kernel::decider::Wait, at| {
            command_when_due(wait.what, &loaded.state).map(|what| Command { at, waits, what })
        };
        shutdown.spawn("delivery hears store", store.run());
        shutdown.spawn("delivery hears app", app.run());
        shutdown.spawn("delivery's timers", Timekeeper::new(room, streams, Box::new(command)).run());
        shutdown.spawn("delivery's idempotency keys", idempotency::sweep(room.clone()));
    }

    /// What it works with.
    pub fn room(&self) -> &Room {
        &self.inner.room
    }

    /// Its deliveries.
    pub fn deliveries(&self) -> &Streams<Delivery> {
        &self.inner.streams
    }

    /// Commands that are being carried out.
    pub(crate) fn running(&self) -> &Running {
        &self.inner.running
    }

    /// How long it waits for things.
    pub(crate) fn waits(&self) -> Waits {
        self.inner.waits
    }

    /// Where riders are.
    pub(crate) fn places(&self) -> &Places {
        &self.inner.places
    }

    /// How far `actor` sees what waits.
    pub(crate) fn reach(&self, actor: &Actor) -> Reach {
        self.inner.places.reach(actor, self.room().clock.now())
    }

    /// `rider` is at `place`; their open boards show what waits there. Returns until when that is kept.
    pub(crate) fn is_at(&self, rider: &PersonId, place: Place) -> Time {
        let until = self.inner.places.set(rider, place, self.room().clock.now());
        self.room().topics.publish(&[place_of(rider)]);
        until
    }

    /// Nobody knows any more where `rider` is.
    pub(crate) fn is_nowhere(&self, rider: &PersonId) {
        self.inner.places.forget(rider);
        self.room().topics.publish(&[place_of(rider)]);
    }

    /// Does `what` with the delivery of `order`, and answers with what `reply` makes of its row afterwards.
    pub(crate) async fn carry_out(
        &self,
        order: OrderId,
        asked: &Asked,
        what: What,
        reply: impl Fn(&Row) -> Result<Reply, StoreError> + Send + Sync,
        refuse: impl FnOnce(Rejection) -> Problem,
    ) -> Result<Reply, Problem> {
        let room = self.room();
        let command = Command { at: room.clock.now(), waits: self.inner.waits, what };
        let answer = |after: &Loaded<Delivery>| match after.row() {
            Some(row) => reply(row),
            None => Err(StoreError::Unreadable(format!("the delivery of {order} has no row"))),
        };
        commands::decide(room, &self.inner.streams, order.uuid(), asked, command, answer, refuse).await
    }
}

fn sight_from(settings: &Settings) -> Sight {
    let Riders { near, place_kept, unplaced } = settings.riders;
    let otherwise = match unplaced {
        Unplaced::All => Reach::Everywhere,
        // The demo's riders are people at a keyboard, who are nowhere near its stores.
        Unplaced::Auto if settings.demo_data => Reach::Everywhere,
        Unplaced::Auto | Unplaced::Nothing => Reach::Nowhere,
    };
    Sight { metres: near, kept: place_kept, otherwise }
}

fn waits_from(waits: &platform::config::Waits) -> Waits {
    Waits {
        no_rider_before_ready: waits.no_rider,
        no_rider_again: waits.no_rider_again,
        rider_late_after_ready: waits.rider_late_after_ready,
        rider_late_after_start: waits.rider_late_after_start,
        // Both say again that food is late on its way; one setting keeps their rhythm.
        late_again: waits.no_rider_again,
        failed_open: waits.failed_open,
    }
}
