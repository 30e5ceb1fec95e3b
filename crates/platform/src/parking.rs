//! Messages set aside: what keeps failing waits for a person, and what follows it about the same
//! subject waits behind it, while everything else goes on.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::Time;
use parking_lot::Mutex;
use rusqlite::types::Value;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use uuid::Uuid;

use crate::store::{Changes, CommitError, Note, Store, StoreError};

/// The subjects of which something is parked in one context. Cheap to clone.
#[derive(Clone, Default)]
pub struct Parking {
    subjects: Arc<Mutex<HashMap<Uuid, usize>>>,
    moved: Arc<Notify>,
}

/// A parked message, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParkedMessage {
    /// Its number.
    pub id: i64,
    /// Whose log it is from.
    pub source: String,
    /// Where it stands there.
    pub position: u64,
    /// What it is about.
    pub subject: Uuid,
    /// The event's type.
    pub event: String,
    /// What went wrong.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was parked.
    pub at: Time,
    /// Whether a person asked for another try.
    pub retry: bool,
}

impl Parking {
    /// What is parked in `store`.
    pub fn of(store: &Store) -> Result<Self, StoreError> {
        let parking = Self::default();
        for message in list(store)? {
            parking.add(message.subject);
        }
        Ok(parking)
    }

    /// Whether something about `subject` is parked.
    pub fn holds(&self, subject: Uuid) -> bool {
        let subjects = self.subjects.lock();
        !subjects.is_empty() && subjects.contains_key(&subject)
    }

    pub(crate) fn anything(&self) -> bool {
        !self.subjects.lock().is_empty()
    }

    /// The next time that a parked message may be taken up; take it before looking.
    pub(crate) fn moved(&self) -> Notified<'_> {
        self.moved.notified()
    }

    pub(crate) fn add(&self, subject: Uuid) {
        *self.subjects.lock().entry(subject).or_default() += 1;
    }

    pub(crate) fn remove(&self, subject: Uuid) {
        let mut subjects = self.subjects.lock();
        if let Some(count) = subjects.get_mut(&subject) {
            *count -= 1;
            if *count == 0 {
                subjects.remove(&subject);
            }
        }
        drop(subjects);
        self.moved.notify_waiters();
    }

    /// Marks the message `id` for another try; its consumer takes it up.
    ///
    /// Returns whether there is such a message.
    pub async fn retry(&self, store: &Store, id: i64) -> Result<bool, CommitError> {
        if find(store, id)?.is_none() {
            return Ok(false);
        }
        let mut changes = Changes::default();
        changes.statements.push(("UPDATE parked SET retry = 1 WHERE id = ?1".into(), vec![Value::Integer(id)]));
        store.commit(changes).await?;
        self.moved.notify_waiters();
        Ok(true)
    }

    /// Gives the message `id` up; what waited behind it goes on. Who did it stays noted.
    ///
    /// Returns whether there was such a message.
    pub async fn skip(&self, store: &Store, id: i64, by: &str, at: Time) -> Result<bool, CommitError> {
        let Some(message) = find(store, id)? else { return Ok(false) };
        let what = format!("{} at {}/{} skipped: {}", message.event, message.source, message.position, message.error);
        let mut changes = Changes { unparked: vec![id], ..Changes::default() };
        changes.notes.push(Note { subject: message.subject, at, cause: by.to_owned(), what });
        let (parking, subject) = (self.clone(), message.subject);
        changes.after.push(Box::new(move || parking.remove(subject)));
        match store.commit(changes).await {
            Ok(_) => Ok(true),
            // Its consumer, or another operator, has dealt with it meanwhile.
            Err(CommitError::Fenced) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn find(store: &Store, id: i64) -> Result<Option<ParkedMessage>, StoreError> {
    Ok(list(store)?.into_iter().find(|message| message.id == id))
}

/// Every parked message of `store`, oldest first.
pub fn list(store: &Store) -> Result<Vec<ParkedMessage>, StoreError> {
    store.readers().with(|reader| {
        reader
            .connection()
            .prepare_cached(
                "SELECT id, source, position, subject, type, error, attempts, at, retry FROM parked ORDER BY id",
            )?
            .query_map([], |row| {
                Ok(ParkedMessage {
                    id: row.get(0)?,
                    source: row.get(1)?,
                    position: row.get(2)?,
                    subject: Uuid::from_bytes(row.get(3)?),
                    event: row.get(4)?,
                    error: row.get(5)?,
                    attempts: row.get(6)?,
                    at: Time::from_millisecond(row.get(7)?).unwrap_or(Time::UNIX_EPOCH),
                    retry: row.get(8)?,
                })
            })?
            .collect()
    })
}
