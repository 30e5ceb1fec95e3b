//! Acts when a wait is over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use kernel::Time;
use kernel::decider::Wait;
use rusqlite::OptionalExtension;
use rusqlite::types::Value;
use uuid::Uuid;

use crate::batch::Batch;
use crate::room::Room;
use crate::store::{Cause, Changes, CommitError, StoreError};
use crate::streams::{Aggregate, Loaded, Streams, first_due};

/// Streams whose due waits share a transaction.
const BATCH: usize = 64;
/// Pause before a wait that had to be held back is looked at again.
const HELD_BACK: Duration = Duration::from_millis(25);
/// The longest such pause, while nothing changes.
const HELD_BACK_LONGEST: Duration = Duration::from_secs(1);

/// How often one stream is tried by itself.
const MOST_CONFLICTS: u32 = 16;
/// Pause before a wait that had nothing to do, or could not be dealt with, is looked at again (ms).
const LATER: i64 = 60_000;

/// The command that a wait of `A` ends in.
pub type CommandWhenDue<A> =
    Box<dyn Fn(&Loaded<A>, &Wait, Time) -> Option<<A as kernel::decider::Decider>::Command> + Send + Sync>;

/// Acts when waits of `A`'s streams are over.
pub struct Timekeeper<A: Aggregate> {
    room: Room,
    streams: Streams<A>,
    command: CommandWhenDue<A>,
    resting: Arc<AtomicI64>,
}

struct Sweep {
    held_back: bool,
    more: bool,
}

impl<A: Aggregate> Timekeeper<A> {
    /// A timekeeper that turns a wait that is over into a command.
    pub fn new(room: &Room, streams: &Streams<A>, command: CommandWhenDue<A>) -> Self {
        let resting = Arc::new(AtomicI64::new(i64::MAX));
        room.store.wakers().resting.write().push(Arc::clone(&resting));
        Self { room: room.clone(), streams: streams.clone(), command, resting }
    }

    /// Runs until shutdown.
    pub async fn run(self) {
        let shutdown = self.room.shutdown.clone();
        tokio::select! {
            () = shutdown.begun() => {}
            () = self.keep() => {}
        }
    }

    async fn keep(&self) {
        let mut patience = HELD_BACK;
        loop {
            self.room.faults.resumed().await;
            let woken = self.room.store.wakers().timers.notified();
            match self.sweep().await {
                Ok(Sweep { more: true, .. }) => patience = HELD_BACK,
                Ok(Sweep { held_back: true, .. }) => {
                    tokio::select! {
                        () = woken => {}
                        () = tokio::time::sleep(patience) => {}
                    }
                    patience = (patience * 2).min(HELD_BACK_LONGEST);
                }
                Ok(_) => {
                    patience = HELD_BACK;
                    self.rest(woken).await;
                }
                Err(error) => {
                    tracing::warn!(context = %self.room.store.context(), %error, "timers interrupted");
                    tokio::time::sleep(HELD_BACK_LONGEST).await;
                }
            }
        }
    }

    async fn rest(&self, woken: impl Future<Output = ()>) {
        let next = self.room.store.readers().with(|reader| {
            reader
                .connection()
                .prepare_cached(
                    "SELECT due FROM timers INDEXED BY timers_by_due WHERE stream GLOB ?1 ORDER BY due LIMIT 1",
                )?
                .query_row([streams_of::<A>()], |row| row.get::<_, i64>(0))
                .optional()
        });
        let next = match next {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(context = %self.room.store.context(), %error, "timers cannot be read");
                return tokio::time::sleep(HELD_BACK_LONGEST).await;
            }
        };
        let until = next.and_then(|due| Time::from_millisecond(due).ok()).unwrap_or(Time::MAX);
        // Until here every commit wakes; from here on only what is due before.
        self.resting.store(until.as_millisecond(), Ordering::SeqCst);
        tokio::select! {
            () = woken => {}
            () = self.room.clock.sleep_until(until) => {}
        }
        self.resting.store(i64::MAX, Ordering::SeqCst);
    }

    /// Acts for every wait that is over. Says whether some had to be held back.
    async fn sweep(&self) -> Result<Sweep, StoreError> {
        let mut sweep = Sweep { held_back: false, more: false };
        let mut from = (i64::MIN, String::new());
        loop {
            let due = self.due_after(&from)?;
            let Some(last) = due.last() else { return Ok(sweep) };
            from = (last.1, last.0.clone());
            let due: Vec<(Uuid, i64)> =
                due.iter().filter_map(|(stream, due)| id_of::<A>(stream).map(|id| (id, *due))).collect();
            if !self.try_all(&due, &mut sweep).await? {
                for one in &due {
                    self.act_alone(*one, &mut sweep).await?;
                }
            }
        }
    }

    fn due_after(&self, from: &(i64, String)) -> Result<Vec<(String, i64)>, StoreError> {
        let now = self.room.clock.now().as_millisecond();
        self.room.store.readers().with(|reader| {
            reader
                .connection()
                .prepare_cached(
                    "SELECT stream, due FROM timers INDEXED BY timers_by_due WHERE due <= ?1 AND (due, stream) > (?2, ?3) AND stream GLOB ?5 ORDER BY due, stream LIMIT ?4",
                )?
                .query_map((now, from.0, &from.1, BATCH, streams_of::<A>()), |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    /// One stream by itself: if its wait cannot be dealt with, the others' still are.
    async fn act_alone(&self, one: (Uuid, i64), sweep: &mut Sweep) -> Result<(), StoreError> {
        for _ in 0..MOST_CONFLICTS {
            if self.try_all(&[one], sweep).await? {
                return Ok(());
            }
        }
        let (id, noted) = one;
        tracing::error!(context = %self.room.store.context(), stream = A::stream(id), "a wait that is over cannot be dealt with; looked at again in a minute");
        let mut changes = Changes::default();
        let later = self.room.clock.now().as_millisecond() + LATER;
        changes.statements.push((
            "UPDATE timers SET due = ?3 WHERE stream = ?1 AND due = ?2".into(),
            vec![Value::Text(A::stream(id)), Value::Integer(noted), Value::Integer(later)],
        ));
        self.room.store.commit(changes).await.map(|_| ()).map_err(|error| StoreError::Unreadable(error.to_string()))
    }

    /// Acts for these streams in one transaction; `false` when one of them has moved on meanwhile, or
    /// cannot be dealt with.
    async fn try_all(&self, due: &[(Uuid, i64)], sweep: &mut Sweep) -> Result<bool, StoreError> {
        let now = self.room.clock.now();
        let mut batch = Batch::default();
        for (id, noted) in due {
            let acted = catch_unwind(AssertUnwindSafe(|| self.act(*id, *noted, now, &mut batch, sweep)));
            match acted {
                Ok(Ok(())) => {}
                Ok(Err(StoreError::Unreadable(_))) | Err(_) => return Ok(false),
                Ok(Err(error)) => return Err(error),
            }
        }
        if batch.changes.is_empty() {
            return Ok(true);
        }
        let changes = std::mem::take(&mut batch.changes);
        match self.room.store.commit(changes).await {
            Ok(_) => {
                sweep.more = true;
                Ok(true)
            }
            Err(CommitError::Conflict | CommitError::Store(StoreError::Unreadable(_))) => {
                batch.evict();
                Ok(false)
            }
            Err(CommitError::Store(error)) => {
                batch.evict();
                Err(error)
            }
            Err(error) => Err(StoreError::Unreadable(error.to_string())),
        }
    }

    fn act(&self, id: Uuid, noted: i64, now: Time, batch: &mut Batch, sweep: &mut Sweep) -> Result<(), StoreError> {
        let loaded = self.streams.load(id)?;
        let due: Vec<Wait> = A::waits(&loaded.state)
            .into_iter()
            .filter(|wait| wait.until.as_millisecond() <= now.as_millisecond())
            .collect();
        if due.is_empty() {
            correct(&loaded, noted, batch);
            return Ok(());
        }
        let (mut acted, mut held_back) = (false, false);
        for wait in due {
            if self.room.parking.holds(id) || !self.room.hearings.allow(&wait, now) {
                held_back = true;
                continue;
            }
            let current = batch.load(&self.streams, id)?;
            let Some(command) = (self.command)(&current, &wait, now) else { continue };
            let cause = Cause { at: now, by: Arc::from(format!("timer/{}", wait.what)), trace: None };
            match batch.decide(&self.streams, id, &cause, command)? {
                Ok(events) => acted |= !events.is_empty(),
                Err(_rejection) => batch.note(id, &cause, format!("{} had nothing to do", wait.what)),
            }
        }
        sweep.held_back |= held_back;
        if !acted && !held_back {
            tracing::warn!(
                context = %self.room.store.context(),
                "a wait was over and had nothing to do; looked at again in a minute"
            );
            set_due(&loaded, noted, now.as_millisecond() + LATER, batch);
        }
        Ok(())
    }
}

/// The timer's row is older than the stream: put it right.
fn correct<A: Aggregate>(loaded: &Loaded<A>, noted: i64, batch: &mut Batch) {
    match first_due::<A>(&loaded.state) {
        Some(due) => set_due(loaded, noted, due.as_millisecond(), batch),
        None => batch.changes.statements.push((
            format!("DELETE FROM timers WHERE stream = ?1 AND due = ?2 AND {UNCHANGED}").into(),
            vec![Value::Text(A::stream(loaded.id)), Value::Integer(noted), version_of(loaded)],
        )),
    }
}

/// The stream is as it was seen: its row is read from the log, which may be ahead of what is in memory, and what that
/// says about the stream before must not undo what its newest event has set.
const UNCHANGED: &str = "NOT EXISTS (SELECT 1 FROM events WHERE stream = ?1 AND version > ?3)";

fn version_of<A: Aggregate>(loaded: &Loaded<A>) -> Value {
    Value::Integer(i64::try_from(loaded.version).unwrap_or(i64::MAX))
}

/// Moves a timer that still stands where it was seen; one that an append has set meanwhile is left alone.
fn set_due<A: Aggregate>(loaded: &Loaded<A>, noted: i64, due: i64, batch: &mut Batch) {
    batch.changes.statements.push((
        format!("UPDATE timers SET due = ?4 WHERE stream = ?1 AND due = ?2 AND {UNCHANGED}").into(),
        vec![Value::Text(A::stream(loaded.id)), Value::Integer(noted), version_of(loaded), Value::Integer(due)],
    ));
}

/// A context may keep several aggregates, each with a timekeeper of its own.
fn streams_of<A: Aggregate>() -> String {
    format!("{}/*", A::CATEGORY)
}

fn id_of<A: Aggregate>(stream: &str) -> Option<Uuid> {
    let (category, id) = stream.split_once('/')?;
    if category == A::CATEGORY { Uuid::try_parse(id).ok() } else { None }
}
