//! Calls to the outside: leased, made outside every transaction, and answered with a command.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::SignedDuration;
use kernel::Time;
use kernel::decider::Task;
use rusqlite::OptionalExtension;
use rusqlite::types::Value;
use uuid::Uuid;

use crate::batch::Batch;
use crate::room::Room;
use crate::store::{AfterLease, Cause, Changes, CommitError, Lease, StoreError};
use crate::streams::{Aggregate, Loaded, Streams};

/// Calls that are made at a time.
const AT_A_TIME: usize = 64;
/// How long a lease lasts; past that, somebody else may take the work up, and asks first.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// Pause before a call whose outcome changed nothing is made again.
const UNCHANGED_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// Pause while the database is out.
const OUTAGE_PAUSE: Duration = Duration::from_millis(200);

/// A call that is due.
pub struct Due<A: Aggregate> {
    /// The stream as it stands.
    pub loaded: Arc<Loaded<A>>,
    /// What its state needs.
    pub task: Task,
    /// How often it was tried before.
    pub attempts: u32,
    /// Since when it is needed.
    pub since: Time,
    /// An earlier lease ran out: the call may have been made already, so ask first.
    pub ask_first: bool,
}

/// What came of a call.
pub enum Outcome<C> {
    /// Commands that record it. They say themselves which call they are about: the state may have moved on meanwhile.
    Record(Vec<C>),
    /// Nothing yet; to be tried again after this long.
    Again(SignedDuration),
}

/// Makes the calls that `A`'s streams need.
pub trait Performer<A: Aggregate>: Send + Sync + 'static {
    /// Makes one call. It must end by itself within the lease of 30 s.
    fn perform(&self, due: &Due<A>) -> impl Future<Output = Outcome<A::Command>> + Send;
}

/// Takes up outbound work of `A`'s streams.
pub struct Worker<A: Aggregate, P> {
    room: Room,
    streams: Streams<A>,
    performer: P,
}

struct Row {
    stream: String,
    task: String,
    id: Uuid,
    attempts: u32,
    since: Time,
    lease: i64,
    leased: bool,
}

impl<A: Aggregate, P: Performer<A>> Worker<A, P> {
    /// A worker for `streams`.
    pub fn new(room: &Room, streams: &Streams<A>, performer: P) -> Self {
        Self { room: room.clone(), streams: streams.clone(), performer }
    }

    /// Runs until shutdown; calls that are under way are finished first.
    pub async fn run(self) {
        let shutdown = self.room.shutdown.clone();
        let mut calls = FuturesUnordered::new();
        loop {
            let woken = self.room.store.wakers().work.notified();
            let now = self.room.clock.now();
            let mut out = false;
            let takes_up = !shutdown.is_begun() && !self.room.faults.is_paused();
            if takes_up && calls.len() < AT_A_TIME {
                match self.lease(now, AT_A_TIME - calls.len()).await {
                    Ok(rows) => calls.extend(rows.into_iter().map(|row| self.one(row))),
                    Err(error) => {
                        tracing::warn!(context = %self.room.store.context(), %error, "outbound work interrupted");
                        out = true;
                    }
                }
            }
            let space = calls.len() < AT_A_TIME && takes_up;
            tokio::select! {
                Some(()) = calls.next() => {}
                () = shutdown.begun(), if calls.is_empty() => return,
                () = self.room.faults.resumed(), if !takes_up && !shutdown.is_begun() => {}
                () = tokio::time::sleep(OUTAGE_PAUSE), if out => {}
                () = self.rest(now, woken), if space && !out => {}
            }
        }
    }

    /// Until something is due that was not at `now`, when it was last looked.
    async fn rest(&self, now: Time, woken: impl Future<Output = ()>) {
        let next = self.room.store.readers().with(|reader| {
            reader
                .connection()
                .prepare_cached(
                    "SELECT min(max(due, lease_until)) FROM work WHERE max(due, lease_until) > ?1 AND stream GLOB ?2",
                )?
                .query_row((now.as_millisecond(), streams_of::<A>()), |row| row.get::<_, Option<i64>>(0))
                .optional()
        });
        let next = match next {
            Ok(next) => next.flatten(),
            Err(error) => {
                tracing::warn!(context = %self.room.store.context(), %error, "outbound work cannot be read");
                return tokio::time::sleep(OUTAGE_PAUSE).await;
            }
        };
        let until = next.and_then(|due| Time::from_millisecond(due).ok()).unwrap_or(Time::MAX);
        tokio::select! {
            () = woken => {}
            () = self.room.clock.sleep_until(until) => {}
        }
    }

    /// Takes up to `most` calls that are due.
    async fn lease(&self, now: Time, most: usize) -> Result<Vec<Row>, CommitError> {
        let mut rows = self.due(now, most)?;
        if rows.is_empty() {
            return Ok(rows);
        }
        let until = now.saturating_add(LEASE).unwrap_or(Time::MAX).as_millisecond();
        let mut changes = Changes::default();
        for row in &mut rows {
            // A number that never comes again, even where the same task is needed a second time.
            let number = ((self.room.ids.bits() >> 65) as i64).max(1);
            changes.statements.push((
                "UPDATE work SET lease = ?3, lease_until = ?4, attempts = attempts + 1 WHERE stream = ?1 AND lease = ?2 AND task = ?5 AND due <= ?6".into(),
                vec![
                    Value::Text(row.stream.clone()),
                    Value::Integer(row.lease),
                    Value::Integer(number),
                    Value::Integer(until),
                    Value::Text(row.task.clone()),
                    Value::Integer(now.as_millisecond()),
                ],
            ));
            row.lease = number;
        }
        self.room.store.commit(changes).await?;
        // What was replaced meanwhile is not ours.
        let held = self.room.store.readers().with(|reader| {
            let mut held = reader.connection().prepare_cached("SELECT 1 FROM work WHERE stream = ?1 AND lease = ?2")?;
            rows.iter().map(|row| held.exists((&row.stream, row.lease))).collect::<rusqlite::Result<Vec<_>>>()
        })?;
        Ok(rows.into_iter().zip(held).filter_map(|(row, held)| held.then_some(row)).collect())
    }

    fn due(&self, now: Time, most: usize) -> Result<Vec<Row>, StoreError> {
        let now = now.as_millisecond();
        self.room.store.readers().with(|reader| {
            let rows: Vec<(String, String, u32, i64, i64, i64)> = reader
                .connection()
                .prepare_cached(
                    "SELECT stream, task, attempts, since, lease, lease_until FROM work WHERE due <= ?1 AND lease_until <= ?1 AND stream GLOB ?3 ORDER BY due LIMIT ?2",
                )?
                .query_map((now, most, streams_of::<A>()), |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(rows
                .into_iter()
                .filter_map(|(stream, task, attempts, since, lease, lease_until)| {
                    let id = Uuid::try_parse(stream.strip_prefix(A::CATEGORY)?.strip_prefix('/')?).ok()?;
                    let since = Time::from_millisecond(since).unwrap_or(Time::UNIX_EPOCH);
                    Some(Row { stream, task, id, attempts, since, lease, leased: lease_until > 0 })
                })
                .collect())
        })
    }

    /// One call from lease to record.
    async fn one(&self, row: Row) {
        if let Err(error) = self.call_and_record(&row).await {
            tracing::warn!(context = %self.room.store.context(), %error, "an outbound call is tried again when its lease runs out");
        }
    }

    async fn call_and_record(&self, row: &Row) -> Result<(), CommitError> {
        let loaded = self.streams.load(row.id)?;
        let lease =
            Lease { stream: row.stream.clone(), task: row.task.clone(), number: row.lease, then: AfterLease::Done };
        // The stream may have moved on to another task since; whoever leases that one performs it.
        let Some(task) = A::work(&loaded.state).filter(|task| task.key == row.task) else {
            let changes = Changes { leases: vec![lease], ..Changes::default() };
            return ignore_fenced(self.room.store.commit(changes).await.map(|_| ()));
        };
        let due = Due { loaded, task, attempts: row.attempts, since: row.since, ask_first: row.leased };
        let outcome = AssertUnwindSafe(self.performer.perform(&due)).catch_unwind().await;
        let Ok(outcome) = outcome else {
            tracing::error!(context = %self.room.store.context(), stream = row.stream, "a call panicked, which is a bug; it is asked for when its lease runs out");
            return Ok(());
        };
        match outcome {
            Outcome::Again(pause) => {
                let again = self.room.clock.now().saturating_add(pause).unwrap_or(Time::MAX);
                let leases = vec![Lease { then: AfterLease::Again(again), ..lease }];
                ignore_fenced(self.room.store.commit(Changes { leases, ..Changes::default() }).await.map(|_| ()))
            }
            Outcome::Record(commands) => self.record(row, &due.task, lease, commands).await,
        }
    }

    /// Commits what the call came to and the end of its lease. A call that the state no longer asks for has happened
    /// all the same: nobody leases it again, so its outcome is recorded without the lease.
    async fn record(&self, row: &Row, task: &Task, lease: Lease, commands: Vec<A::Command>) -> Result<(), CommitError> {
        let mut lease = Some(lease);
        loop {
            let mut batch = Batch::default();
            let cause = Cause { at: self.room.clock.now(), by: Arc::from(format!("work/{}", task.key)), trace: None };
            for command in commands.clone() {
                if batch.decide(&self.streams, row.id, &cause, command)?.is_err() {
                    batch.note(row.id, &cause, "the outcome of a call came too late to matter");
                }
            }
            let after = batch.load(&self.streams, row.id)?;
            let then = match A::work(&after.state) {
                // Nothing that was recorded changes what is needed: not again at once, for ever.
                Some(next) if next == *task => AfterLease::Again(later(cause.at, UNCHANGED_PAUSE)),
                Some(next) if next.key == task.key => AfterLease::Again(next.due.unwrap_or(cause.at)),
                Some(_) | None => AfterLease::Done,
            };
            batch.changes.leases.extend(lease.clone().map(|lease| Lease { then, ..lease }));
            // The lease ends the row before the append writes what comes next.
            let changes = std::mem::take(&mut batch.changes);
            let Err(error) = self.room.store.commit(changes).await else { return Ok(()) };
            batch.evict();
            match error {
                CommitError::Conflict => {}
                CommitError::Fenced if lease.is_some() && !self.asks_for(row.id, task)? => lease = None,
                error => return ignore_fenced(Err(error)),
            }
        }
    }

    fn asks_for(&self, id: Uuid, task: &Task) -> Result<bool, StoreError> {
        let loaded = self.streams.load(id)?;
        Ok(A::work(&loaded.state).is_some_and(|next| next.key == task.key))
    }
}

fn later(at: Time, by: SignedDuration) -> Time {
    at.saturating_add(by).unwrap_or(Time::MAX)
}

/// A context may keep several aggregates, each with a worker of its own.
fn streams_of<A: Aggregate>() -> String {
    format!("{}/*", A::CATEGORY)
}

/// Whoever holds the lease by now will record it.
fn ignore_fenced(outcome: Result<(), CommitError>) -> Result<(), CommitError> {
    match outcome {
        Err(CommitError::Fenced) => Ok(()),
        other => other,
    }
}
