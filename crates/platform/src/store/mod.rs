//! The event store of one context: its log, and all that moves in the log's transactions.

mod changes;
mod erasing;
mod error;
mod lock;
mod open;
mod read;
mod schema;
mod tail;
mod writer;

use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use kernel::Context;
use quick_cache::sync::Cache;
use tokio::sync::{mpsc, oneshot};

pub use changes::{
    AfterLease, Answer, Append, Cause, Changes, Claim, CursorMove, Erased, Lease, NewEvent, Note, Parked, RowContent,
    RowWrite,
};
pub use error::{CommitError, StoreError};
pub(crate) use lock::Ownership;
pub use open::{LOG_EXTENSION, Options};
pub(crate) use open::{connect_writer, make_data_dir};
pub use read::{FoundRow, Reader, Readers};
pub use tail::{StoredEvent, Tail};
pub use writer::Committed;

use writer::{Job, Wakers};

/// Transactions that may wait for the writer; past that, whoever commits waits.
const MOST_WAITING: usize = 4096;

/// Rows of views of other contexts' logs that are kept at hand.
const MOST_ROWS: usize = 4096;

/// A view's name and a row's key.
pub(crate) type RowPlace = (&'static str, String);

/// What is at hand, each in its own type.
pub(crate) type RowCache = Cache<RowPlace, Arc<dyn Any + Send + Sync>>;

/// A context's database, owned by this process. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    context: Context,
    path: PathBuf,
    log: Arc<str>,
    jobs: Option<mpsc::Sender<Job>>,
    tail: Arc<Tail>,
    wakers: Arc<Wakers>,
    commits: Arc<AtomicU64>,
    readers: Readers,
    rows: Arc<RowCache>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Inner {
    /// Whoever drops the last handle waits until all is written and the ownership given up.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            // A writer that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

impl Store {
    /// Whose database it is.
    pub fn context(&self) -> Context {
        self.inner.context
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The log's id, renewed when a backup is restored.
    pub fn log(&self) -> &Arc<str> {
        &self.inner.log
    }

    /// The end of the log.
    pub fn tail(&self) -> &Arc<Tail> {
        &self.inner.tail
    }

    /// How many durable commits there were since it was opened; concurrent transactions share one.
    pub fn commits(&self) -> u64 {
        self.inner.commits.load(Ordering::Relaxed)
    }

    /// Connections for reading.
    pub fn readers(&self) -> &Readers {
        &self.inner.readers
    }

    /// Commits all of `changes` or nothing, durably, together with whatever else is waiting.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when a stream has moved on, [`CommitError::Fenced`] when a cursor or
    /// lease is somebody else's, [`CommitError::KeyTaken`] when an idempotency key is taken, and
    /// [`CommitError::Store`] when the database is out.
    pub async fn commit(&self, changes: Changes) -> Result<Committed, CommitError> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.inner.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(Job { changes, reply }).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Up to `limit` events after `position`, oldest first.
    pub fn events_after(&self, position: u64, limit: usize) -> Result<Vec<Arc<StoredEvent>>, StoreError> {
        if position >= self.inner.tail.head() {
            return Ok(Vec::new());
        }
        if let Some(events) = self.inner.tail.after(position, limit) {
            return Ok(events);
        }
        self.inner.readers.with(|reader| reader.events_after(position, limit))
    }

    /// Keeps a row of a view of another context's log at hand, or forgets it where it was removed.
    pub(crate) fn remember_row<R: Send + Sync + 'static>(&self, place: RowPlace, row: Option<R>) {
        match row {
            Some(row) => self.inner.rows.insert(place, Arc::new(row)),
            None => drop(self.inner.rows.remove(&place)),
        }
    }

    /// A row that is at hand. The consumer that writes it is the only one that asks.
    pub(crate) fn remembered_row<R: Clone + 'static>(&self, place: &RowPlace) -> Option<R> {
        self.inner.rows.get(place)?.downcast_ref::<R>().cloned()
    }

    /// Forgets every row that is at hand: a table is made anew.
    pub(crate) fn forget_rows(&self) {
        self.inner.rows.clear();
    }

    /// Drops from memory what may hold personal data that has been erased.
    pub fn forget_recent(&self) {
        self.inner.tail.forget();
    }

    pub(crate) fn wakers(&self) -> &Wakers {
        &self.inner.wakers
    }
}
