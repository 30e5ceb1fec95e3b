//! The same request twice has its effect once and gets the same answer.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;
use kernel::Time;
use parking_lot::Mutex;
use rusqlite::OptionalExtension;
use rusqlite::types::Value;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use uuid::Uuid;

use crate::room::Room;
use crate::store::{Answer, Changes, Claim, StoreError};

/// How long keys are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How often old keys are swept out.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// A request that carries an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed {
    /// Hash of person, method, path and key.
    pub key: String,
    /// Hash of the raw body.
    pub request: Vec<u8>,
}

impl Keyed {
    /// The request of `actor` with `method`, `path`, `key` and the raw `body`.
    pub fn new(actor: &str, method: &str, path: &str, key: &str, body: &[u8]) -> Self {
        let mut scope = Sha256::new();
        for part in [actor, method, path, key] {
            scope.update((part.len() as u64).to_be_bytes());
            scope.update(part);
        }
        Self { key: hex(&scope.finalize()), request: Sha256::digest(body).to_vec() }
    }

    /// The claim that commits with the request's first event.
    pub fn claim(&self, subject: Uuid, at: Time) -> Claim {
        Claim { key: self.key.clone(), request: self.request.clone(), subject, at }
    }

    /// The answer that commits with the request's last event.
    pub fn answer(&self, status: u16, answer: String) -> Answer {
        Answer { key: self.key.clone(), status, answer }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It was answered.
    Answered {
        /// HTTP status.
        status: u16,
        /// As the edge kept it.
        answer: String,
    },
    /// Its work began, made this, and was cut off before an answer was kept; the work is never begun again.
    CutOff(Uuid),
    /// It came with another body.
    OtherRequest,
}

/// Requests that are running in this process, by key. Cheap to clone.
#[derive(Clone, Default)]
pub struct Running {
    keys: Arc<Mutex<HashMap<String, watch::Receiver<()>>>>,
}

/// What to do with a request.
pub enum Turn {
    /// It is the first: run it. Dropping the ticket lets the others go on.
    First(Ticket),
    /// The same key is running; wait until this changes, then ask again.
    Wait(watch::Receiver<()>),
}

/// Held by the request that runs.
pub struct Ticket {
    keys: Arc<Mutex<HashMap<String, watch::Receiver<()>>>>,
    key: String,
    _done: watch::Sender<()>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.keys.lock().remove(&self.key);
    }
}

impl Running {
    /// Whose turn it is.
    pub fn turn(&self, keyed: &Keyed) -> Turn {
        let mut keys = self.keys.lock();
        if let Some(running) = keys.get(&keyed.key) {
            return Turn::Wait(running.clone());
        }
        let (done, waiting) = watch::channel(());
        keys.insert(keyed.key.clone(), waiting);
        Turn::First(Ticket { keys: Arc::clone(&self.keys), key: keyed.key.clone(), _done: done })
    }
}

/// What the store knows of a key; `None` for a new one.
pub fn look_up(room: &Room, keyed: &Keyed) -> Result<Option<Known>, StoreError> {
    type Found = (Vec<u8>, Option<Vec<u8>>, Option<u16>, Option<String>, i64);
    let found: Option<Found> = room.store.readers().with(|reader| {
        reader
            .connection()
            .prepare_cached("SELECT request, subject, status, answer, at FROM idempotency WHERE key = ?1")?
            .query_row([&keyed.key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
            .optional()
    })?;
    Ok(found.map(|(request, subject, status, answer, _)| match (status, answer) {
        _ if request != keyed.request => Known::OtherRequest,
        (Some(status), Some(answer)) => Known::Answered { status, answer },
        _ => Known::CutOff(subject.and_then(|bytes| Uuid::from_slice(&bytes).ok()).unwrap_or_default()),
    }))
}

/// Sweeps out keys older than 24 h until shutdown.
pub async fn sweep(room: Room) {
    loop {
        let now = room.clock.now();
        let oldest = now.saturating_sub(KEPT).unwrap_or(Time::MIN).as_millisecond();
        let mut changes = Changes::default();
        changes.statements.push((
            "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE at < ?1 LIMIT 10000)".into(),
            vec![Value::Integer(oldest)],
        ));
        if let Err(error) = room.store.commit(changes).await {
            tracing::warn!(context = %room.store.context(), %error, "old idempotency keys stay for now");
        }
        tokio::select! {
            () = room.shutdown.begun() => return,
            () = room.clock.sleep(SWEEP_EVERY) => {}
        }
    }
}
