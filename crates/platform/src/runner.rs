//! Delivers a source's events to a context's policies: each exactly once, in order, whatever happens.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use kernel::events::{DomainEvent, Recorded};
use rusqlite::OptionalExtension;

use crate::batch::Batch;
use crate::bus::Source;
use crate::room::{Hearing, Room};
use crate::store::{Cause, Changes, CommitError, CursorMove, Parked, StoreError, StoredEvent};

/// Events whose effects share a transaction.
const BATCH: usize = 64;
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

    /// Adds to `batch` what `event` makes. A rejection is an outcome: note it where a person may want
    /// to see it. An error is tried again, and then parked.
    fn handle(
        &mut self,
        event: &Recorded<Self::Event>,
        cause: &Cause,
        batch: &mut Batch,
    ) -> Result<(), HandlerError>;
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

/// The consumer of one source.
pub struct Runner<H> {
    room: Room,
    source: Source,
    handler: H,
    hearing: Arc<Hearing>,
    log: Option<Arc<str>>,
    position: u64,
    persisted: u64,
}

impl<H: Handler> Runner<H> {
    /// A consumer of `source` in `room`.
    pub fn new(room: &Room, source: Source, handler: H) -> Self {
        let hearing = room.hearings.of(source.context());
        Self { room: room.clone(), source, handler, hearing, log: None, position: 0, persisted: 0 }
    }

    /// Runs until shutdown.
    pub async fn run(mut self) {
        let shutdown = self.room.shutdown.clone();
        tokio::select! {
            () = shutdown.begun() => {}
            () = self.consume() => {}
        }
    }

    async fn consume(&mut self) {
        loop {
            let outcome = match self.ready() {
                Ok(true) => self.step().await,
                Ok(false) => {
                    self.hearing.unreadable();
                    self.source.beyond(self.position).await;
                    Ok(())
                }
                Err(error) => Err(error.into()),
            };
            match outcome {
                Ok(()) => {}
                Err(HandlerError::Store(StoreError::Fatal(sentence))) if self.log.is_some() => {
                    self.room.shutdown.fatal(sentence);
                    return;
                }
                Err(error) => {
                    tracing::warn!(source = %self.source.context(), context = %self.room.store.context(), %error, "consumer interrupted");
                    self.hearing.unreadable();
                    tokio::time::sleep(OUTAGE_PAUSE).await;
                }
            }
        }
    }

    /// Whether the source's log is there and is the one that was read before.
    fn ready(&mut self) -> Result<bool, StoreError> {
        if self.log.is_some() {
            return Ok(true);
        }
        let Some((log, head)) = self.source.log_and_head()? else { return Ok(false) };
        let source = self.source.context();
        let cursor = self.room.store.readers().with(|reader| reader.cursor(source.name()))?;
        let position = match cursor {
            None => 0,
            Some((known, position)) if *known == *log && position <= head => position,
            Some((known, position)) => {
                let context = self.room.store.context();
                self.log = Some(log);
                return Err(StoreError::Fatal(format!(
                    "{context} has read {source}'s log {known} up to {position}, but finds log {} with {head} events. One of the two was restored alone: restore the whole data directory from one backup.",
                    self.log.as_deref().unwrap_or_default()
                )));
            }
        };
        self.log = Some(log);
        (self.position, self.persisted) = (position, position);
        self.hearing.stands_at(position, head);
        Ok(true)
    }

    async fn step(&mut self) -> Result<(), HandlerError> {
        let looked_at = self.room.clock.now();
        let events = self.source.events_after(self.position, BATCH)?;
        if !events.is_empty() {
            self.hearing.stands_at(self.position, events.last().map_or(0, |event| event.position));
            return self.deliver(&events).await;
        }
        self.hearing.stands_at(self.position, self.position);
        self.hearing.heard(looked_at);
        self.take_up_parked().await?;
        let pending = self.persisted < self.position;
        tokio::select! {
            () = self.source.beyond(self.position) => {}
            () = self.hearing.ask.notified() => {}
            () = tokio::time::sleep(IDLE), if pending => self.persist().await?,
        }
        Ok(())
    }

    async fn deliver(&mut self, events: &[Arc<StoredEvent>]) -> Result<(), HandlerError> {
        for _ in 0..3 {
            match self.try_all(events).await {
                Ok(()) => return Ok(()),
                Err(HandlerError::Commit(CommitError::Conflict)) => {}
                Err(HandlerError::Bug(_)) => break,
                Err(error) => return Err(self.look_again(error)),
            }
        }
        for event in events {
            self.deliver_one(event).await?;
        }
        Ok(())
    }

    async fn try_all(&mut self, events: &[Arc<StoredEvent>]) -> Result<(), HandlerError> {
        let mut batch = Batch::default();
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

    /// After a commit whose outcome is not known: the cursor in the database says what happened.
    fn look_again(&mut self, error: HandlerError) -> HandlerError {
        self.log = None;
        error
    }

    async fn deliver_one(&mut self, event: &Arc<StoredEvent>) -> Result<(), HandlerError> {
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
                Err(error @ HandlerError::Bug(_)) => error,
                Err(error) => return Err(self.look_again(error)),
            };
            let Some(pause) = PAUSES.get(tries) else {
                return self.park(event, &error.to_string(), tries as u32 + 1).await;
            };
            tries += 1;
            tokio::time::sleep(*pause).await;
        }
    }

    async fn park(&mut self, event: &Arc<StoredEvent>, error: &str, attempts: u32) -> Result<(), HandlerError> {
        let (source, context) = (self.source.context(), self.room.store.context());
        tracing::error!(%source, %context, position = event.position, event = event.name, error, "message parked");
        metrics::counter!("baedal_parked_total", "context" => context.name(), "source" => source.name()).increment(1);
        let mut batch = Batch::default();
        batch.changes.parked.push(self.parked(event, error, attempts));
        self.commit(batch, event.position).await?;
        self.room.parking.add(event.subject);
        Ok(())
    }

    fn parked(&self, event: &StoredEvent, error: &str, attempts: u32) -> Parked {
        Parked {
            source: self.source.context().name(),
            position: event.position,
            subject: event.subject,
            name: event.name.clone(),
            error: error.to_owned(),
            attempts,
            at: self.room.clock.now(),
        }
    }

    /// Parked messages that a person wants tried again: the oldest of its subject first, then those behind it.
    async fn take_up_parked(&mut self) -> Result<(), HandlerError> {
        while self.room.parking.anything() {
            let source = self.source.context().name();
            let next: Option<(i64, u64)> = self.room.store.readers().with(|reader| {
                reader
                    .connection()
                    .prepare_cached(
                        "SELECT id, position FROM parked AS one WHERE source = ?1 AND retry = 1 AND id = (SELECT min(id) FROM parked WHERE subject = one.subject) LIMIT 1",
                    )?
                    .query_row([source], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })?;
            let Some((id, position)) = next else { return Ok(()) };
            self.retry_parked(id, position).await?;
        }
        Ok(())
    }

    async fn retry_parked(&mut self, id: i64, position: u64) -> Result<(), HandlerError> {
        let found = self.source.events_after(position - 1, 1)?;
        let Some(event) = found.first().filter(|event| event.position == position) else { return Ok(()) };
        let mut batch = Batch::default();
        let outcome = match self.handle(event, &mut batch) {
            Ok(()) => {
                batch.changes.unparked.push(id);
                batch.changes.statements.push((
                    "UPDATE parked SET retry = 1 WHERE id = (SELECT min(id) FROM parked WHERE subject = ?1)".into(),
                    vec![rusqlite::types::Value::Blob(event.subject.as_bytes().to_vec())],
                ));
                self.room.store.commit(std::mem::take(&mut batch.changes)).await.map_err(HandlerError::from)
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(_) => self.room.parking.remove(event.subject),
            Err(HandlerError::Commit(CommitError::Conflict)) => batch.evict(),
            Err(error @ HandlerError::Bug(_)) => {
                let parked = self.parked(event, &error.to_string(), 1);
                self.room.store.commit(Changes { parked: vec![parked], ..Changes::default() }).await?;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
