//! The newest events of a log, kept in memory for the readers in this process.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

use kernel::events::{DomainEvent, Recorded, UnreadableEvent};
use kernel::{Context, Time};
use parking_lot::Mutex;
use tokio::sync::watch;
use uuid::Uuid;

use super::changes::{Append, NewEvent};

/// The most that is kept: enough for consumers that keep up, bounded whatever they do.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// An event as its log holds it, not read yet.
#[derive(Clone)]
pub struct StoredEvent {
    /// Position in the log.
    pub position: u64,
    /// What it is about.
    pub subject: Uuid,
    /// Number within its stream.
    pub version: u64,
    /// The type's name.
    pub name: String,
    /// The body as JSON.
    pub body: String,
    /// The private part as JSON.
    pub personal: Option<String>,
    /// When it was recorded.
    pub at: Time,
    /// What caused it.
    pub causation: String,
    /// Its trace.
    pub trace: Option<String>,
    typed: Option<Arc<dyn Any + Send + Sync>>,
}

impl StoredEvent {
    pub(super) fn new(position: u64, version: u64, append: &Append, event: &NewEvent) -> Self {
        Self {
            position,
            subject: append.subject,
            version,
            name: event.name.to_owned(),
            body: event.body.clone(),
            personal: event.personal.clone(),
            at: append.cause.at,
            causation: append.cause.by.to_string(),
            trace: append.cause.trace.as_deref().map(str::to_owned),
            typed: Some(Arc::clone(&event.typed)),
        }
    }

    /// An event read from its row: position, stream, version, type, body, private, at, causation, trace, correlation.
    pub(super) fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let at = Time::from_millisecond(row.get(5)?).unwrap_or(Time::UNIX_EPOCH);
        Ok(Self {
            position: row.get(0)?,
            version: row.get(1)?,
            name: row.get(2)?,
            body: row.get(3)?,
            personal: row.get(4)?,
            at,
            subject: Uuid::from_bytes(row.get(6)?),
            causation: row.get(7)?,
            trace: row.get(8)?,
            typed: None,
        })
    }

    /// The event in its type, as part of the log `log`.
    pub fn read<E: DomainEvent>(&self, log: &str) -> Result<Recorded<E>, UnreadableEvent> {
        let event = if let Some(event) = self.typed.as_ref().and_then(|typed| typed.downcast_ref::<E>()) {
            event.clone()
        } else {
            let unfit = |source| UnreadableEvent::Body { name: self.name.clone(), source };
            let personal = self.personal.as_deref().map(serde_json::from_str).transpose().map_err(unfit)?;
            E::read(&self.name, &self.body, personal)?
        };
        Ok(Recorded {
            id: format!("{log}/{}", self.position),
            position: self.position,
            subject: self.subject,
            version: self.version,
            at: self.at,
            causation: self.causation.clone(),
            trace: self.trace.clone(),
            event,
        })
    }

    fn bytes(&self) -> usize {
        // The typed form is about as large again as its JSON.
        2 * self.body.len() + self.personal.as_ref().map_or(0, String::len) + 256
    }
}

/// The end of a log.
pub struct Tail {
    context: Context,
    ring: Mutex<Ring>,
    head: watch::Sender<u64>,
}

#[derive(Default)]
struct Ring {
    events: VecDeque<Arc<StoredEvent>>,
    bytes: usize,
}

impl Tail {
    pub(super) fn new(context: Context, head: u64) -> Self {
        Self { context, ring: Mutex::default(), head: watch::Sender::new(head) }
    }

    pub(super) fn context(&self) -> Context {
        self.context
    }

    pub(super) fn push(&self, events: Vec<Arc<StoredEvent>>, head: u64) {
        if events.is_empty() {
            return;
        }
        let mut dropped = Vec::new();
        {
            let mut ring = self.ring.lock();
            for event in events {
                ring.bytes += event.bytes();
                ring.events.push_back(event);
            }
            while ring.bytes > MOST_BYTES
                && let Some(oldest) = ring.events.pop_front()
            {
                ring.bytes -= oldest.bytes();
                dropped.push(oldest);
            }
        }
        drop(dropped);
        self.head.send_replace(head);
    }

    /// The last committed position.
    pub fn head(&self) -> u64 {
        *self.head.borrow()
    }

    /// Tells of every new head.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// Up to `limit` events after `position`, unless the log has to be asked for them.
    pub(super) fn after(&self, position: u64, limit: usize) -> Option<Vec<Arc<StoredEvent>>> {
        let ring = self.ring.lock();
        let first = ring.events.front()?.position;
        if position + 1 < first {
            return None;
        }
        let skip = (position + 1 - first) as usize;
        Some(ring.events.iter().skip(skip).take(limit).cloned().collect())
    }

    /// Forgets what is in memory, so that nothing erased is handed out any more.
    pub(crate) fn forget(&self) {
        *self.ring.lock() = Ring::default();
    }
}
