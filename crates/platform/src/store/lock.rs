//! Ownership of a database: a lock on a file beside it, held as long as the process lives.

use std::fs::{File, OpenOptions};
use std::path::Path;

use super::error::StoreError;

/// Held by the owner.
pub struct Ownership {
    _file: File,
}

impl Ownership {
    /// Takes ownership of the data of `name` in `dir`, or says who has it.
    ///
    /// # Errors
    /// [`StoreError::Fatal`] when another process has it, or the directory cannot be written.
    pub fn take(dir: &Path, name: &str) -> Result<Self, StoreError> {
        let path = dir.join(format!("{name}.lock"));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|error| {
            StoreError::Fatal(format!(
                "{} cannot be written ({error}). Give this user access to the directory, or choose another one with --data-dir.",
                path.display()
            ))
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Fatal(format!(
                "Another process already runs {name} on {}. Stop it first, or choose another directory with --data-dir.",
                dir.display()
            ))),
            Err(std::fs::TryLockError::Error(error)) => {
                Err(StoreError::Fatal(format!("{} cannot be locked: {error}.", path.display())))
            }
        }
    }
}
