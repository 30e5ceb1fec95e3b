//! The one writer of a context's database: many concurrent transactions share one durable commit.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, params};
use tokio::sync::{mpsc, oneshot};

use super::RowCache;
use super::changes::{AfterLease, Append, Changes, Lease, RowWrite};
use super::erasing::Erasing;
use super::error::{CommitError, StoreError};
use super::lock::Ownership;
use super::tail::{StoredEvent, Tail};
use crate::shutdown::Shutdown;

/// The most transactions that share a commit; past that, latency grows and throughput hardly does.
const MOST_PER_COMMIT: usize = 256;
/// How long a commit waits in a crowd; well below what the disk takes.
const GATHER: Duration = Duration::from_micros(400);
/// The WAL is copied into the database when it holds more than this (bytes).
const CHECKPOINT_AT: u64 = 32 * 1024 * 1024;
/// A frame of the WAL: a page and its header (bytes).
const FRAME: u64 = 4096 + 24;
/// How long a checkpoint waits for readers; everybody who commits waits with it.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(50);
/// How long anything else waits for another process.
const PATIENCE: Duration = Duration::from_secs(5);
/// Commits between two looks at the WAL's length.
const LOOK_EVERY: u64 = 16;

/// The positions of the last event of each append, in the order given.
pub type Committed = Vec<u64>;

/// A transaction on its way to the writer.
pub struct Job {
    pub changes: Changes,
    pub reply: oneshot::Sender<Result<Committed, CommitError>>,
}

/// Wakes whoever waits for timers or work.
#[derive(Default)]
pub struct Wakers {
    pub timers: tokio::sync::Notify,
    pub work: tokio::sync::Notify,
    /// Until when each timekeeper rests (ms); one that looks right now wants to hear of everything.
    pub resting: parking_lot::RwLock<Vec<Arc<AtomicI64>>>,
}

impl Wakers {
    /// Whether a timekeeper has to hear of a wait that is over at `due` (ms).
    fn concerns(&self, due: i64) -> bool {
        self.resting.read().iter().any(|until| due < until.load(Ordering::SeqCst))
    }
}

pub struct Writer {
    pub connection: Connection,
    pub path: PathBuf,
    pub next: u64,
    pub tail: Arc<Tail>,
    pub wakers: Arc<Wakers>,
    pub shutdown: Shutdown,
    pub commits: Arc<AtomicU64>,
    pub rows: Arc<RowCache>,
    pub erasing: Erasing,
    pub _ownership: Ownership,
}

type Outcome = Result<(Committed, Vec<Arc<StoredEvent>>), CommitError>;

impl Writer {
    /// Runs until every sender is gone.
    pub fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut crowd = 1;
        while let Some(first) = jobs.blocking_recv() {
            let mut batch = vec![first];
            // A commit costs nearly the same for one as for many: in a crowd it waits for those who are about to come.
            if crowd > 1 {
                std::thread::sleep(GATHER);
            }
            while batch.len() < MOST_PER_COMMIT
                && let Ok(job) = jobs.try_recv()
            {
                batch.push(job);
            }
            crowd = batch.len();
            self.commit(batch);
            self.checkpoint_when_long();
        }
        self.checkpoint("TRUNCATE");
    }

    fn commit(&mut self, mut batch: Vec<Job>) {
        let before = self.next;
        let outcomes = match self.apply_all(&mut batch, before) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                if !self.connection.is_autocommit() {
                    let _ = self.execute("ROLLBACK");
                }
                self.next = before;
                return self.refuse(batch, &error);
            }
        };
        if let Err(error) = self.say("COMMIT") {
            return self.settle_failed_commit(batch, outcomes, before, &error);
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.publish(batch, outcomes);
    }

    /// Nearly always nobody is in another's way, and then nobody needs a savepoint; otherwise all begin again, each
    /// with its own, so that one conflict does not fail its neighbours.
    fn apply_all(&mut self, batch: &mut [Job], before: u64) -> Result<Vec<Outcome>, StoreError> {
        self.say("BEGIN IMMEDIATE").map_err(|error| StoreError::explain(&self.path, &error))?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for job in batch.iter_mut() {
            match self.write_all(&mut job.changes) {
                Ok(written) => outcomes.push(Ok(written)),
                Err(CommitError::Store(error @ StoreError::Fatal(_))) => return Err(error),
                Err(_) => {
                    if !self.connection.is_autocommit() {
                        self.say("ROLLBACK").map_err(|error| StoreError::explain(&self.path, &error))?;
                    }
                    self.next = before;
                    return self.apply_each(batch);
                }
            }
        }
        Ok(outcomes)
    }

    fn apply_each(&mut self, batch: &mut [Job]) -> Result<Vec<Outcome>, StoreError> {
        self.say("BEGIN IMMEDIATE").map_err(|error| StoreError::explain(&self.path, &error))?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for job in batch.iter_mut() {
            match self.apply(&mut job.changes) {
                Err(CommitError::Store(error @ StoreError::Fatal(_))) => return Err(error),
                // Some errors end the whole transaction, not only the savepoint; what came before is gone too.
                Err(CommitError::Store(error)) if self.connection.is_autocommit() => return Err(error),
                outcome => outcomes.push(outcome),
            }
        }
        Ok(outcomes)
    }

    /// A COMMIT that reports an error leaves the batch unknown: read again what became of it.
    fn settle_failed_commit(&mut self, batch: Vec<Job>, outcomes: Vec<Outcome>, before: u64, error: &rusqlite::Error) {
        let explained = StoreError::explain(&self.path, error);
        let _ = self.say("ROLLBACK");
        let head: Option<Option<u64>> =
            self.connection.query_row("SELECT max(position) FROM events", [], |row| row.get(0)).ok();
        match head {
            Some(head) if self.next > before && head.unwrap_or(0) + 1 == self.next => self.publish(batch, outcomes),
            Some(_) => {
                self.next = before;
                self.refuse(batch, &explained);
            }
            None => {
                self.next = before;
                self.refuse(batch, &StoreError::Unknown(explained.to_string()));
            }
        }
    }

    fn refuse(&self, batch: Vec<Job>, error: &StoreError) {
        if let StoreError::Fatal(sentence) = error {
            self.shutdown.fatal(sentence.clone());
        }
        tracing::error!(path = %self.path.display(), %error, transactions = batch.len(), "commit failed");
        for job in batch {
            let _ = job.reply.send(Err(error.clone().into()));
        }
    }

    fn publish(&self, batch: Vec<Job>, outcomes: Vec<Outcome>) {
        let mut events = Vec::new();
        let mut replies = Vec::with_capacity(batch.len());
        let mut woken = (false, false);
        let mut afterwards = Vec::new();
        for (mut job, outcome) in batch.into_iter().zip(outcomes) {
            let reply = match outcome {
                Ok((positions, stored)) => {
                    events.extend(stored);
                    for (append, position) in job.changes.appends.iter_mut().zip(&positions) {
                        woken.0 |=
                            matches!(append.timer, Some(Some(due)) if self.wakers.concerns(due.as_millisecond()));
                        woken.1 |= matches!(append.work, Some(Some(_)));
                        if let Some(publish) = append.publish.take() {
                            publish(*position);
                        }
                    }
                    afterwards.append(&mut job.changes.after);
                    for erased in std::mem::take(&mut job.changes.erased) {
                        let rows = Arc::clone(&self.rows);
                        afterwards.push(Box::new(move || {
                            for table in &erased.tables {
                                rows.remove(&(table.name, erased.subject.to_string()));
                            }
                            (erased.forget)();
                        }));
                    }
                    woken.1 |= !job.changes.leases.is_empty();
                    Ok(positions)
                }
                Err(error) => Err(error),
            };
            replies.push((job.reply, reply));
        }
        self.tail.push(events, self.next - 1);
        // After the events are in memory: erasing has to find those of its own batch there.
        for after in afterwards {
            after();
        }
        // Everybody: a context may keep several aggregates, each with a timekeeper and a worker.
        if woken.0 {
            self.wakers.timers.notify_waiters();
        }
        if woken.1 {
            self.wakers.work.notify_waiters();
        }
        for (sender, reply) in replies {
            // Whoever asked may have gone away; what committed stays committed.
            let _ = sender.send(reply);
        }
    }

    fn apply(&mut self, changes: &mut Changes) -> Outcome {
        let before = self.next;
        self.execute("SAVEPOINT one")?;
        match self.write_all(changes) {
            Ok(written) => {
                self.execute("RELEASE one")?;
                Ok(written)
            }
            Err(error) => {
                self.next = before;
                if !self.connection.is_autocommit() {
                    self.execute("ROLLBACK TO one")?;
                    self.execute("RELEASE one")?;
                }
                Err(error)
            }
        }
    }

    fn say(&self, sql: &'static str) -> rusqlite::Result<usize> {
        self.connection.prepare_cached(sql)?.execute([])
    }

    fn execute(&self, sql: &'static str) -> Result<usize, CommitError> {
        self.say(sql).map_err(|error| self.outage(&error))
    }

    fn outage(&self, error: &rusqlite::Error) -> CommitError {
        StoreError::explain(&self.path, error).into()
    }

    fn write_all(&mut self, changes: &mut Changes) -> Outcome {
        self.move_cursor(changes)?;
        for lease in &changes.leases {
            self.end_lease(lease)?;
        }
        self.unpark(changes)?;
        self.write_requests(changes)?;
        let mut positions = Vec::with_capacity(changes.appends.len());
        let mut stored = Vec::with_capacity(changes.appends.len() * 2);
        for append in &changes.appends {
            self.append(append, &mut stored)?;
            let position = self.next - 1;
            for (row, behind) in &append.rows {
                self.write_row(row, position - behind)?;
            }
            positions.push(position);
        }
        for (row, position) in &changes.rows {
            self.write_row(row, *position)?;
        }
        self.erasing.extend(changes);
        self.write_the_rest(changes)?;
        Ok((positions, stored))
    }

    fn move_cursor(&self, changes: &Changes) -> Result<(), CommitError> {
        let Some(step) = &changes.cursor else { return Ok(()) };
        let run = || {
            if step.from == 0 {
                return self
                    .connection
                    .prepare_cached(
                        "INSERT INTO cursors (source, log, position) VALUES (?1, ?2, ?3) ON CONFLICT (source) DO UPDATE SET position = ?3 WHERE position = 0 AND log = ?2",
                    )?
                    .execute(params![step.source, step.log, step.to]);
            }
            self.connection
                .prepare_cached("UPDATE cursors SET position = ?4 WHERE source = ?1 AND log = ?2 AND position = ?3")?
                .execute(params![step.source, step.log, step.from, step.to])
        };
        match run() {
            Ok(1) => Ok(()),
            Ok(_) => Err(CommitError::Fenced),
            Err(error) => Err(self.outage(&error)),
        }
    }

    fn end_lease(&self, lease: &Lease) -> Result<(), CommitError> {
        let run = || match lease.then {
            AfterLease::Done => self
                .connection
                .prepare_cached("DELETE FROM work WHERE stream = ?1 AND lease = ?2 AND task = ?3")?
                .execute(params![lease.stream, lease.number, lease.task]),
            AfterLease::Again(due) => self
                .connection
                .prepare_cached(
                    "UPDATE work SET due = ?3, lease_until = 0 WHERE stream = ?1 AND lease = ?2 AND task = ?4",
                )?
                .execute(params![lease.stream, lease.number, due.as_millisecond(), lease.task]),
        };
        match run() {
            Ok(1) => Ok(()),
            Ok(_) => Err(CommitError::Fenced),
            Err(error) => Err(self.outage(&error)),
        }
    }

    /// A parked message is dealt with once, by its consumer or by an operator.
    fn unpark(&self, changes: &Changes) -> Result<(), CommitError> {
        for id in &changes.unparked {
            let delete = self
                .connection
                .prepare_cached("DELETE FROM parked WHERE id = ?1")
                .and_then(|mut statement| statement.execute([id]));
            match delete {
                Ok(1) => {}
                Ok(_) => return Err(CommitError::Fenced),
                Err(error) => return Err(self.outage(&error)),
            }
        }
        Ok(())
    }

    fn write_requests(&self, changes: &Changes) -> Result<(), CommitError> {
        for claim in &changes.claims {
            let claimed = self
                .connection
                .prepare_cached("INSERT INTO idempotency (key, request, subject, at) VALUES (?1, ?2, ?3, ?4)")
                .and_then(|mut sql| {
                    sql.execute(params![claim.key, claim.request, claim.subject.as_bytes(), claim.at.as_millisecond()])
                });
            match claimed {
                Ok(_) => {}
                Err(error) if is_constraint(&error) => return Err(CommitError::KeyTaken),
                Err(error) => return Err(self.outage(&error)),
            }
        }
        for answer in &changes.answers {
            self.connection
                .prepare_cached("UPDATE idempotency SET status = ?2, answer = ?3 WHERE key = ?1")
                .and_then(|mut sql| sql.execute(params![answer.key, answer.status, answer.answer]))
                .map_err(|error| self.outage(&error))?;
        }
        Ok(())
    }

    fn append(&mut self, append: &Append, stored: &mut Vec<Arc<StoredEvent>>) -> Result<(), CommitError> {
        for (event, version) in append.events.iter().zip(append.expected + 1..) {
            let inserted = self
                .connection
                .prepare_cached(
                    "INSERT INTO events (position, stream, version, type, body, private, at, correlation, causation, trace) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )
                .and_then(|mut sql| {
                    sql.execute(params![
                        self.next,
                        append.stream,
                        version,
                        event.name,
                        event.body,
                        event.personal,
                        append.cause.at.as_millisecond(),
                        append.subject.as_bytes(),
                        append.cause.by,
                        append.cause.trace,
                    ])
                });
            match inserted {
                Ok(_) => {}
                // `UNIQUE (stream, version)` is the optimistic lock.
                Err(error) if is_constraint(&error) => return Err(CommitError::Conflict),
                Err(error) => return Err(self.outage(&error)),
            }
            stored.push(Arc::new(StoredEvent::new(self.next, version, append, event)));
            self.next += 1;
        }
        self.write_timer_and_work(append).map_err(|error| self.outage(&error))
    }

    fn write_timer_and_work(&self, append: &Append) -> rusqlite::Result<()> {
        match append.timer {
            None => {}
            Some(None) => {
                self.connection.prepare_cached("DELETE FROM timers WHERE stream = ?1")?.execute([&append.stream])?;
            }
            Some(Some(due)) => {
                self.connection
                    .prepare_cached(
                        "INSERT INTO timers (stream, due) VALUES (?1, ?2) ON CONFLICT (stream) DO UPDATE SET due = ?2",
                    )?
                    .execute(params![append.stream, due.as_millisecond()])?;
            }
        }
        match &append.work {
            None => {}
            Some(None) => {
                self.connection.prepare_cached("DELETE FROM work WHERE stream = ?1")?.execute([&append.stream])?;
            }
            Some(Some(task)) => {
                let now = append.cause.at.as_millisecond();
                let due = task.due.map_or(now, kernel::Time::as_millisecond);
                self.connection
                    .prepare_cached(
                        "INSERT INTO work (stream, task, due, since) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (stream) DO UPDATE SET due = ?3, since = iif(task = ?2, since, ?4), attempts = iif(task = ?2, attempts, 0), lease = iif(task = ?2, lease, 0), lease_until = iif(task = ?2, lease_until, 0), task = ?2",
                    )?
                    .execute(params![append.stream, task.key, due, now])?;
            }
        }
        Ok(())
    }

    fn write_row(&self, row: &RowWrite, position: u64) -> Result<(), CommitError> {
        self.put_row(row, position).map_err(|error| self.outage(&error))
    }

    fn put_row(&self, row: &RowWrite, position: u64) -> rusqlite::Result<()> {
        let statements = row.table.statements();
        let Some(content) = &row.content else {
            self.connection.prepare_cached(&statements.delete)?.execute([&row.key])?;
            return Ok(());
        };
        let mut statement = self.connection.prepare_cached(&statements.upsert)?;
        statement.raw_bind_parameter(1, &row.key)?;
        statement.raw_bind_parameter(2, &content.doc)?;
        statement.raw_bind_parameter(3, &content.personal)?;
        statement.raw_bind_parameter(4, position)?;
        for (place, value) in (5..).zip(&content.columns) {
            statement.raw_bind_parameter(place, value)?;
        }
        statement.raw_execute()?;
        Ok(())
    }

    fn write_the_rest(&self, changes: &Changes) -> Result<(), CommitError> {
        self.set_aside_and_note(changes).map_err(|error| self.outage(&error))
    }

    fn set_aside_and_note(&self, changes: &Changes) -> rusqlite::Result<()> {
        for parked in &changes.parked {
            self.connection
                .prepare_cached(
                    "INSERT INTO parked (source, position, subject, type, error, attempts, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (source, position) DO UPDATE SET error = ?5, attempts = attempts + ?6, retry = 0",
                )?
                .execute(params![
                    parked.source,
                    parked.position,
                    parked.subject.as_bytes(),
                    parked.name,
                    parked.error,
                    parked.attempts,
                    parked.at.as_millisecond(),
                ])?;
        }
        for note in &changes.notes {
            self.connection
                .prepare_cached("INSERT INTO notes (subject, at, cause, what) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![note.subject.as_bytes(), note.at.as_millisecond(), note.cause, note.what])?;
        }
        for erased in &changes.erased {
            self.connection
                .prepare_cached("UPDATE events SET private = NULL WHERE stream = ?1")?
                .execute([&erased.stream])?;
            for table in &erased.tables {
                self.connection.prepare_cached(&table.statements().erase)?.execute([erased.subject.to_string()])?;
            }
            self.connection
                .prepare_cached("DELETE FROM idempotency WHERE subject = ?1")?
                .execute(params![erased.subject.as_bytes()])?;
        }
        for (sql, parameters) in &changes.statements {
            self.connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(parameters))?;
        }
        Ok(())
    }

    /// The WAL's file keeps its length when it is begun anew, so what it holds is asked for, not how long it is.
    fn checkpoint_when_long(&mut self) {
        if !self.commits.load(Ordering::Relaxed).is_multiple_of(LOOK_EVERY) {
            return;
        }
        let frames = self.connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get::<_, i64>(1));
        let bytes = frames.map_or(0, |frames| u64::try_from(frames).unwrap_or(0) * FRAME);
        metrics::gauge!("baedal_wal_bytes", "context" => self.tail.context().name())
            .set(u32::try_from(bytes / 1024).map_or(f64::MAX, |kilobytes| f64::from(kilobytes) * 1024.0));
        if bytes > CHECKPOINT_AT {
            let _ = self.connection.busy_timeout(CHECKPOINT_PATIENCE);
            self.checkpoint("RESTART");
            let _ = self.connection.busy_timeout(PATIENCE);
        }
    }

    /// A checkpoint that cannot finish because of a reader is taken up again at the next look.
    fn checkpoint(&self, mode: &str) {
        let run = self.connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()));
        if let Err(error) = run {
            match StoreError::explain(&self.path, &error) {
                StoreError::Fatal(sentence) => self.shutdown.fatal(sentence),
                other => tracing::warn!(path = %self.path.display(), error = %other, "checkpoint put off"),
            }
        }
    }
}

fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}
