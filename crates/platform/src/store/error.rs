//! What can go wrong with a database, in sentences that say what to do.

use std::path::Path;

/// An outage of the database.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Something that a person has to mend; the process stops with it.
    #[error("{0}")]
    Fatal(String),
    /// The outcome of a commit is not known; what was asked for may have happened.
    #[error("the outcome of a commit is not known: {0}")]
    Unknown(String),
    /// SQLite refused; asking again may help.
    #[error("the database did not answer: {0}")]
    Busy(String),
    /// The writer has stopped.
    #[error("the database is closed")]
    Closed,
    /// What is stored cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

impl StoreError {
    /// Explains `error`, which came up on the database at `path`.
    pub fn explain(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let file = path.display();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Fatal(format!(
                "The disk that holds {file} is full. Free some space and start again; nothing that was confirmed is lost."
            )),
            Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen | ErrorCode::ReadOnly) => Self::Fatal(format!(
                "{file} cannot be opened for reading and writing. Give this user access to it and to its directory, or choose another one with --data-dir."
            )),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Fatal(format!(
                "{file} is damaged or no database of Baedal's. Restore it from a backup, or choose another directory with --data-dir."
            )),
            Some(ErrorCode::SystemIoFailure) => Self::Fatal(format!(
                "Reading or writing {file} failed ({error}). Check the disk and its free space, then start again; nothing that was confirmed is lost."
            )),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error.to_string()),
            Some(_) | None => Self::Unreadable(format!("{file}: {error}")),
        }
    }
}

/// Why a commit did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// A stream has moved on since it was loaded: load it again and decide again.
    #[error("the stream has moved on")]
    Conflict,
    /// The cursor or the lease belongs to somebody else by now.
    #[error("the cursor or the lease belongs to somebody else")]
    Fenced,
    /// The idempotency key is taken.
    #[error("the idempotency key is taken")]
    KeyTaken,
    /// The database is out.
    #[error(transparent)]
    Store(#[from] StoreError),
}
