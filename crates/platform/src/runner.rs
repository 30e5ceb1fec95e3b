//! Delivers a source's events to a context's policies: each exactly once, in order, whatever happens.

mod aside;
mod reading;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use kernel::events::{DomainEvent, Recorded};

use crate::batch::Batch;
use crate::bus::Source;
use crate::room::{Hearing, Room};
use crate::store::{Cause, CommitError, CursorMove, StoreError, StoredEvent};

/// Events whose effects share a transaction.
const BATCH: usize = 128;
/// From so many events at a time on, a little patience makes the next transaction larger.
const CROWD: usize = 4;
/// That patience.
const GATHER: Duration = Duration::from_millis(4);
/// Pauses before a failing event is tried again; after the last it is parked.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(3)];
/// Pause while a database is out.
const OUTAGE_PAUSE: Duration = Duration::from_millis(200);
/// How long a step over events without effect may stay in memory only.
const IDLE: Duration = Duration::from_millis(200);

/// A context's policies for the events of one source.
pub trait Handler: Send + 'static {
    /// The source's events.
    type Event: DomainEvent;

    /// Whether events of this type matter; the others are passed over unread.
    fn wants(&self, name: &str) -> bool {
        let _ = name;
        true
    }

    /// How long news may wait before it is handled, where it usually comes to nothing because it was told in another
    /// way already.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// Adds to `batch` what `event` makes. A rejection is an outcome: note it where a person may want
    /// to see it. An error is tried again, and then parked.
    fn handle(&mut self, event: &Recorded<Self::Event>, cause: &Cause, batch: &mut Batch) -> Result<(), HandlerError>;
}

/// Why an event was not handled.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The own database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit of the effects.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A bug: an event that cannot be read, or a handler that panicked.
    #[error("{0}")]
    Bug(String),
}

impl HandlerError {
    /// Whether this event is at fault, and not the database as a whole.
    fn is_the_events_own(&self) -> bool {
        match self {
            Self::Bug(_)
            | Self::Store(StoreError::Unreadable(_))
            | Self::Commit(CommitError::Store(StoreError::Unreadable(_)) | CommitError::KeyTaken) => true,
            Self::Store(_) | Self::Commit(_) => false,
        }
    }
}

/// Why a consumer stopped in between.
enum Interrupted {
    /// Only a person can mend it.
    Fatal(String),
    /// The source's log cannot be read.
    Source(StoreError),
    /// The own database is out, or the cursor was elsewhere.
    Own(HandlerError),
}

impl<E: Into<HandlerError>> From<E> for Interrupted {
    fn from(error: E) -> Self {
        match error.into() {
            HandlerError::Store(StoreError::Fatal(sentence)) => Self::Fatal(sentence),
            error => Self::Own(error),
        }
    }
}

/// The consumer of one source.
pub struct Runner<H> {
    room: Room,
    source: Source,
    handler: H,
    hearing: Arc<Hearing>,
    log: Option<Arc<str>>,
    generation: u64,
    goal: Option<u64>,
    position: u64,
    persisted: u64,
    /// What came last, to come again while that is asked for.
    brought: Vec<Arc<StoredEvent>>,
}

impl<H: Handler> Runner<H> {
    /// A consumer of `source` in `room`.
    pub fn new(room: &Room, source: Source, handler: H) -> Self {
        let hearing = room.hearings.of(source.context());
        Self {
            room: room.clone(),
            source,
            handler,
            hearing,
            log: None,
            generation: 0,
            goal: None,
            position: 0,
            persisted: 0,
            brought: Vec::new(),
        }
    }

    /// Runs until shutdown.
    pub async fn run(mut self) {
        let shutdown = self.room.shutdown.clone();
        tokio::select! {
            () = shutdown.begun() => {}
            () = self.consume() => {}
        }
        // A step over events without effect is kept too; without it they would only be passed over again.
        if self.log.is_some()
            && self.persisted < self.position
            && let Err(error) = self.persist().await
        {
            tracing::debug!(context = %self.room.store.context(), %error, "the last step was not kept");
        }
    }

    async fn consume(&mut self) {
        loop {
            self.room.faults.resumed().await;
            let outcome = match self.ready() {
                Ok(true) => self.step().await,
                Ok(false) => {
                    self.hearing.unreadable();
                    self.source.beyond(self.position).await;
                    Ok(())
                }
                Err(interrupted) => Err(interrupted),
            };
            let Err(interrupted) = outcome else { continue };
            // The outcome of a commit may not be known: the cursor in the database says what happened.
            self.log = None;
            let (source, context) = (self.source.context(), self.room.store.context());
            match interrupted {
                Interrupted::Fatal(sentence) => return self.room.shutdown.fatal(sentence),
                Interrupted::Source(error) => {
                    tracing::warn!(%source, %context, %error, "the source cannot be read");
                    self.hearing.unreadable();
                }
                Interrupted::Own(error) => tracing::warn!(%source, %context, %error, "consumer interrupted"),
            }
            tokio::time::sleep(OUTAGE_PAUSE).await;
        }
    }

    /// Whether the source's log is there and is the one that was read before.
    fn ready(&mut self) -> Result<bool, Interrupted> {
        let generation = self.source.generation();
        if self.log.is_some() && generation == self.generation {
            return Ok(true);
        }
        self.log = None;
        let Some((log, head)) = self.source.log_and_head().map_err(Interrupted::Source)? else { return Ok(false) };
        let (source, context) = (self.source.context(), self.room.store.context());
        let cursor = self.room.store.readers().with(|reader| reader.cursor(source.name()))?;
        let position = match cursor {
            None => 0,
            Some((known, position)) if *known == *log && position <= head => position,
            Some((known, position)) => {
                return Err(Interrupted::Fatal(format!(
                    "{context} has read {source}'s log {known} up to {position}, but finds log {log} with {head} events. One of the two was restored alone: restore the whole data directory from one backup."
                )));
            }
        };
        self.log = Some(log);
        self.generation = generation;
        (self.position, self.persisted) = (position, position);
        self.goal.get_or_insert(head);
        self.hearing.readable();
        self.stand_at(head);
        Ok(true)
    }

    fn stand_at(&self, head: u64) {
        self.hearing.stands_at(self.position, head);
        if self.goal.is_some_and(|goal| self.position >= goal) {
            self.hearing.caught_up();
        }
    }

    async fn step(&mut self) -> Result<(), Interrupted> {
        let parking = self.room.parking.clone();
        let moved = parking.moved();
        self.take_up_parked().await?;
        let looked_at = self.room.clock.now();
        let mut events = self.news()?;
        let patience = self.handler.patience();
        // Whoever is behind finds nothing but old news, and does not wait: there is enough to catch up with.
        if events.last().is_some_and(|newest| is_young(newest, patience, looked_at)) {
            tokio::time::sleep(patience).await;
            events = self.news()?;
        }
        if let Some(last) = events.last() {
            let head = self.source.head().unwrap_or_default().max(last.position);
            self.stand_at(head);
            self.room.faults.hold_events().await;
            return self.deliver(&events).await;
        }
        self.stand_at(self.position);
        self.hearing.heard(looked_at);
        let pending = self.persisted < self.position;
        tokio::select! {
            () = self.source.beyond(self.position) => {}
            () = self.hearing.ask.notified() => {}
            () = moved => {}
            () = tokio::time::sleep(IDLE), if pending => self.persist().await?,
        }
        Ok(())
    }

    async fn deliver(&mut self, events: &[Arc<StoredEvent>]) -> Result<(), Interrupted> {
        for batch in [Batch::hopeful(), Batch::default(), Batch::default()] {
            match self.try_all(events, batch).await {
                Ok(()) => {
                    if (CROWD..BATCH).contains(&events.len()) {
                        tokio::time::sleep(GATHER).await;
                    }
                    return Ok(());
                }
                Err(HandlerError::Commit(CommitError::Conflict)) => {}
                Err(error) if error.is_the_events_own() => break,
                Err(error) => return Err(error.into()),
            }
        }
        for event in events {
            self.deliver_one(event).await?;
        }
        Ok(())
    }

    async fn try_all(&mut self, events: &[Arc<StoredEvent>], mut batch: Batch) -> Result<(), HandlerError> {
        for event in events {
            self.add(event, &mut batch)?;
        }
        let last = events.last().map_or(self.position, |event| event.position);
        if batch.changes.is_empty() {
            self.position = last;
            return Ok(());
        }
        self.commit(batch, last).await
    }

    fn add(&mut self, event: &Arc<StoredEvent>, batch: &mut Batch) -> Result<(), HandlerError> {
        if !self.handler.wants(&event.name) {
            return Ok(());
        }
        if self.room.parking.holds(event.subject) {
            let parked = self.parked(event, "waits behind an earlier parked message", 0);
            let (parking, subject) = (self.room.parking.clone(), event.subject);
            batch.changes.parked.push(parked);
            batch.changes.after.push(Box::new(move || parking.add(subject)));
            return Ok(());
        }
        self.handle(event, batch)
    }

    fn handle(&mut self, event: &StoredEvent, batch: &mut Batch) -> Result<(), HandlerError> {
        let log = self.log.clone().unwrap_or_default();
        let recorded = event.read::<H::Event>(&log).map_err(|error| HandlerError::Bug(error.to_string()))?;
        let cause = Cause {
            at: self.room.clock.now(),
            by: Arc::from(recorded.id.as_str()),
            trace: recorded.trace.as_deref().map(Arc::from),
        };
        match catch_unwind(AssertUnwindSafe(|| self.handler.handle(&recorded, &cause, batch))) {
            Ok(outcome) => outcome,
            Err(panic) => Err(HandlerError::Bug(format!("the policy panicked: {}", panic_message(&*panic)))),
        }
    }

    async fn commit(&mut self, mut batch: Batch, to: u64) -> Result<(), HandlerError> {
        batch.changes.cursor = Some(self.cursor_to(to));
        let changes = std::mem::take(&mut batch.changes);
        match self.room.store.commit(changes).await {
            Ok(_) => {
                (self.position, self.persisted) = (to, to);
                Ok(())
            }
            Err(error) => {
                batch.evict();
                Err(error.into())
            }
        }
    }

    fn cursor_to(&self, to: u64) -> CursorMove {
        let log = self.log.clone().unwrap_or_default();
        CursorMove { source: self.source.context().name(), log, from: self.persisted, to }
    }

    async fn persist(&mut self) -> Result<(), HandlerError> {
        self.commit(Batch::default(), self.position).await
    }

    async fn deliver_one(&mut self, event: &Arc<StoredEvent>) -> Result<(), Interrupted> {
        let mut tries = 0;
        loop {
            let mut batch = Batch::default();
            let outcome = match self.add(event, &mut batch) {
                Ok(()) => self.commit(batch, event.position).await,
                Err(error) => Err(error),
            };
            let error = match outcome {
                Ok(()) => return Ok(()),
                Err(HandlerError::Commit(CommitError::Conflict)) => continue,
                Err(error) if error.is_the_events_own() => error,
                Err(error) => return Err(error.into()),
            };
            let Some(pause) = PAUSES.get(tries) else {
                return self.park(event, &error.to_string(), tries as u32 + 1).await;
            };
            tries += 1;
            tokio::time::sleep(*pause).await;
        }
    }
}

fn is_young(event: &StoredEvent, patience: Duration, now: kernel::Time) -> bool {
    Duration::try_from(now.duration_since(event.at)).unwrap_or_default() < patience
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
