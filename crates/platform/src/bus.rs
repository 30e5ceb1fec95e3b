//! Where a consumer reads another context's log: in this process, or from the other's file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::Context;
use tokio::sync::watch;

use crate::store::{LOG_EXTENSION, Readers, Store, StoreError, StoredEvent};

/// How often another process's file is looked at.
const POLL: Duration = Duration::from_millis(15);
/// How often it is looked whether the file was replaced, or has come into being.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// A log that somebody else writes.
pub enum Source {
    /// A context of this process.
    Local(Store, watch::Receiver<u64>),
    /// The file of another process's context.
    File(FileLog),
}

impl Source {
    /// The log of a context that runs in this process.
    pub fn local(store: &Store) -> Self {
        Self::Local(store.clone(), store.tail().watch())
    }

    /// The log of `context` in the data directory `dir`, whoever writes it and whenever.
    pub fn file(dir: &Path, context: Context) -> Self {
        Self::File(FileLog::new(dir.join(format!("{context}.{LOG_EXTENSION}")), context))
    }

    /// Whose log it is.
    pub fn context(&self) -> Context {
        match self {
            Self::Local(store, _) => store.context(),
            Self::File(file) => file.context,
        }
    }

    /// The log's id and its last position; `None` while there is no such log.
    pub fn log_and_head(&mut self) -> Result<Option<(Arc<str>, u64)>, StoreError> {
        match self {
            Self::Local(store, _) => Ok(Some((Arc::clone(store.log()), store.tail().head()))),
            Self::File(file) => file.log_and_head(),
        }
    }

    /// The log's last position, where it can be told.
    pub(crate) fn head(&mut self) -> Option<u64> {
        self.log_and_head().ok().flatten().map(|(_, head)| head)
    }

    /// Up to `limit` events after `position`.
    pub fn events_after(&mut self, position: u64, limit: usize) -> Result<Vec<Arc<StoredEvent>>, StoreError> {
        match self {
            Self::Local(store, _) => store.events_after(position, limit),
            Self::File(file) => file.events_after(position, limit),
        }
    }

    /// Changes when the log may be another one than before: its file was replaced, or came into being.
    pub(crate) fn generation(&mut self) -> u64 {
        match self {
            Self::Local(..) => 0,
            Self::File(file) => {
                let there = file.opened().is_some();
                if there { file.opened } else { 0 }
            }
        }
    }

    /// Waits until there may be something after `position`.
    pub async fn beyond(&mut self, position: u64) {
        match self {
            // The sender lives in the store that this holds.
            Self::Local(_, head) => drop(head.wait_for(|head| *head > position).await),
            Self::File(file) => file.changed().await,
        }
    }
}

/// Another process's log, opened for reading only.
pub struct FileLog {
    context: Context,
    path: PathBuf,
    open: Option<Open>,
    looked: Instant,
    opened: u64,
}

struct Open {
    readers: Readers,
    inode: u64,
    seen: i64,
}

impl FileLog {
    fn new(path: PathBuf, context: Context) -> Self {
        Self { context, path, open: None, looked: Instant::now(), opened: 0 }
    }

    /// The open file; opened when it has come into being, and again when it was replaced.
    fn opened(&mut self) -> Option<&mut Open> {
        let due = self.open.is_none() || self.looked.elapsed() >= LOOK_AGAIN;
        if due {
            self.looked = Instant::now();
            // A look at the directory entry only: opening and closing the file would drop SQLite's locks.
            let inode = std::fs::metadata(&self.path).ok().map(|meta| std::os::unix::fs::MetadataExt::ino(&meta));
            match (inode, &self.open) {
                (None, _) => self.open = None,
                (Some(inode), Some(open)) if open.inode == inode => {}
                (Some(inode), _) => {
                    self.opened += 1;
                    self.open = Some(Open { readers: Readers::new(self.path.clone()), inode, seen: -1 });
                }
            }
        }
        self.open.as_mut()
    }

    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method itself is not general enough in its lifetime"
    )]
    fn log_and_head(&mut self) -> Result<Option<(Arc<str>, u64)>, StoreError> {
        let Some(open) = self.opened() else { return Ok(None) };
        match open.readers.with(|reader| reader.log_and_head()) {
            Ok((log, head)) => Ok(Some((Arc::from(log), head))),
            // Its owner is just making it.
            Err(StoreError::Unreadable(_) | StoreError::Busy(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn events_after(&mut self, position: u64, limit: usize) -> Result<Vec<Arc<StoredEvent>>, StoreError> {
        match self.opened() {
            Some(open) => open.readers.with(|reader| reader.events_after(position, limit)),
            None => Ok(Vec::new()),
        }
    }

    async fn changed(&mut self) {
        loop {
            let Some(open) = self.opened() else {
                return tokio::time::sleep(LOOK_AGAIN).await;
            };
            let version = open.readers.with(|reader| {
                reader.connection().pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0))
            });
            match version {
                Ok(version) if version == open.seen => tokio::time::sleep(POLL).await,
                Ok(version) => {
                    open.seen = version;
                    return;
                }
                Err(_) => return tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }
}
