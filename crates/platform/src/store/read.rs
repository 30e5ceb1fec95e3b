//! Reading a context's database: own connections, short transactions.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use kernel::Time;
use parking_lot::Mutex;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params_from_iter};

use super::changes::Note;
use super::error::StoreError;
use super::tail::StoredEvent;
use uuid::Uuid;

/// Connections kept for the next reader.
const MOST_IDLE: usize = 8;
const EVENT_COLUMNS: &str = "position, version, type, body, private, at, correlation, causation, trace";

/// A pool of connections that cannot write.
pub struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers of the database at `path`; opened when needed.
    pub fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default() }
    }

    /// Lends a connection for one short piece of reading.
    pub fn with<T>(&self, read: impl FnOnce(&Reader<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let explain = |error: rusqlite::Error| StoreError::explain(&self.path, &error);
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().map_err(explain)?,
        };
        let outcome = read(&Reader { connection: &connection }).map_err(explain);
        let mut idle = self.idle.lock();
        if idle.len() < MOST_IDLE {
            idle.push(connection);
        }
        outcome
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.set_prepared_statement_cache_capacity(64);
        super::open::keep_plans(&connection)?;
        connection.pragma_update(None, "busy_timeout", 5000)?;
        connection.pragma_update(None, "cache_size", -4096)?;
        Ok(connection)
    }
}

/// A connection that cannot write.
pub struct Reader<'a> {
    connection: &'a Connection,
}

impl Reader<'_> {
    /// The connection itself.
    pub fn connection(&self) -> &Connection {
        self.connection
    }

    /// Up to `limit` events after `position`, oldest first.
    pub fn events_after(&self, position: u64, limit: usize) -> rusqlite::Result<Vec<Arc<StoredEvent>>> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {EVENT_COLUMNS} FROM events WHERE position > ?1 ORDER BY position LIMIT ?2"
            ))?
            .query_map((position, limit), |row| StoredEvent::from_row(row).map(Arc::new))?
            .collect()
    }

    /// The whole of one stream, oldest first.
    pub fn stream(&self, stream: &str) -> rusqlite::Result<Vec<StoredEvent>> {
        self.connection
            .prepare_cached(&format!("SELECT {EVENT_COLUMNS} FROM events WHERE stream = ?1 ORDER BY version"))?
            .query_map([stream], StoredEvent::from_row)?
            .collect()
    }

    /// The first position from which on events are of `at` or later, where times rise with positions.
    pub fn position_at(&self, at: Time) -> rusqlite::Result<u64> {
        let mut at_position = self.connection.prepare_cached("SELECT at FROM events WHERE position = ?1")?;
        let (mut low, mut high) = (1, self.log_and_head()?.1 + 1);
        while low < high {
            let middle = low.midpoint(high);
            let found: i64 = at_position.query_row([middle], |row| row.get(0))?;
            if found < at.as_millisecond() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// What the events of these types are about, from the position `from` to the one before `until`.
    pub fn subjects_between(&self, from: u64, until: u64, names: &[&str]) -> rusqlite::Result<BTreeSet<Uuid>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT correlation, type FROM events WHERE position >= ?1 AND position < ?2")?;
        let mut rows = statement.query((from, until))?;
        let mut subjects = BTreeSet::new();
        while let Some(row) = rows.next()? {
            if names.contains(&row.get_ref(1)?.as_str()?) {
                subjects.insert(Uuid::from_bytes(row.get(0)?));
            }
        }
        Ok(subjects)
    }

    /// The log's id, and its last position.
    pub fn log_and_head(&self) -> rusqlite::Result<(String, u64)> {
        let log =
            self.connection.prepare_cached("SELECT value FROM meta WHERE name = 'log'")?.query_row([], |r| r.get(0))?;
        let head = self
            .connection
            .prepare_cached("SELECT position FROM events ORDER BY position DESC LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok((log, head.unwrap_or(0)))
    }

    /// Where the consumer of `source` stands: the log it has read, and how far.
    pub fn cursor(&self, source: &str) -> rusqlite::Result<Option<(String, u64)>> {
        self.connection
            .prepare_cached("SELECT log, position FROM cursors WHERE source = ?1")?
            .query_row([source], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
    }

    /// One row of a view: doc, private, position.
    pub fn row(&self, table: &str, key: &str) -> rusqlite::Result<Option<(String, Option<String>, u64)>> {
        self.connection
            .prepare_cached(&format!("SELECT doc, private, position FROM {table} WHERE key = ?1"))?
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()
    }

    /// Rows of a view: key, doc, private, position. `tail` is the statement from `WHERE` on.
    pub fn rows(&self, table: &str, tail: &str, parameters: &[Value]) -> rusqlite::Result<Vec<FoundRow>> {
        self.connection
            .prepare_cached(&format!("SELECT key, doc, private, position FROM {table} {tail}"))?
            .query_map(params_from_iter(parameters), |row| {
                Ok(FoundRow { key: row.get(0)?, doc: row.get(1)?, personal: row.get(2)?, position: row.get(3)? })
            })?
            .collect()
    }

    /// What policies noted about a subject, oldest first.
    pub fn notes(&self, subject: Uuid) -> rusqlite::Result<Vec<Note>> {
        self.connection
            .prepare_cached("SELECT at, cause, what FROM notes WHERE subject = ?1 ORDER BY id")?
            .query_map([subject.as_bytes()], |row| {
                let at = Time::from_millisecond(row.get(0)?).unwrap_or(Time::UNIX_EPOCH);
                Ok(Note { subject, at, cause: row.get(1)?, what: row.get(2)? })
            })?
            .collect()
    }
}

/// A row as its table holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRow {
    /// The row's key.
    pub key: String,
    /// The row as JSON.
    pub doc: String,
    /// Its personal part as JSON.
    pub personal: Option<String>,
    /// The log position it was last changed at.
    pub position: u64,
}
