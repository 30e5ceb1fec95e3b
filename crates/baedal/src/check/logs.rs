//! The files: opened for reading only, each in one consistent read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::Unreadable;

/// The schema that this check can read.
const SCHEMA: i64 = 1;
/// Statements that a connection keeps ready.
const READY_STATEMENTS: usize = 32;

/// Whose log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Context {
    App,
    Pay,
    Store,
    Delivery,
    Customer,
}

impl Context {
    pub(super) const ALL: [Self; 5] = [Self::App, Self::Pay, Self::Store, Self::Delivery, Self::Customer];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Pay => "pay",
            Self::Store => "store",
            Self::Delivery => "delivery",
            Self::Customer => "customer",
        }
    }

    /// What the streams are called that belong to an order.
    pub(super) const fn category(self) -> &'static str {
        match self {
            Self::App => "order",
            Self::Pay => "payment",
            Self::Store => "ticket",
            Self::Delivery => "delivery",
            Self::Customer => "notice",
        }
    }

    /// Who listens to whom, and to which events; none named: to all.
    pub(super) const fn hears(self) -> &'static [(Self, &'static [&'static str])] {
        match self {
            Self::App => &[
                (
                    Self::Pay,
                    &[
                        "PaymentApproved",
                        "PaymentDeclined",
                        "PaymentInDoubt",
                        "AttemptAbandoned",
                        "PaymentRefunded",
                        "RefundFailed",
                        "RefundSettledByHand",
                    ],
                ),
                (Self::Store, &[]),
                (
                    Self::Delivery,
                    &[
                        "DeliveryStarted",
                        "DeliveryInterrupted",
                        "DeliveryResumed",
                        "DeliveryCompleted",
                        "DeliveryFailed",
                        "NoRiderYet",
                        "RiderLate",
                    ],
                ),
            ],
            Self::Pay => &[(
                Self::App,
                &["PaymentUnconfirmed", "OrderCancelled", "OrderExpired", "OrderUndelivered", "OrderAdjusted"],
            )],
            Self::Store => &[
                (
                    Self::App,
                    &["OrderPlaced", "CancelRequested", "OrderCancelled", "OrderAdjusted", "PersonalDataErased"],
                ),
                (Self::Delivery, &["DeliveryStarted"]),
            ],
            Self::Delivery => &[
                (Self::App, &["OrderCancelled", "OrderUndelivered", "PersonalDataErased"]),
                (Self::Store, &["TicketAccepted", "CookingFinished"]),
            ],
            Self::Customer => &[(Self::App, &[])],
        }
    }
}

/// Where a consumer stands in a source's log.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    pub(super) log: String,
    pub(super) position: i64,
}

/// One context's database, in one consistent read.
pub(super) struct Log {
    pub(super) context: Context,
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) id: String,
    pub(super) head: i64,
    /// Whether every position up to the head is taken.
    pub(super) dense: bool,
    pub(super) cursors: BTreeMap<String, Cursor>,
    tables: BTreeSet<String>,
}

/// All of them.
pub(super) struct Logs {
    dir: PathBuf,
    present: Vec<Log>,
    /// The simulated provider's, where it alone took payments.
    pub(super) provider: Option<Connection>,
    /// Who else took payments; their books are their own.
    pub(super) others: Vec<String>,
}

impl Logs {
    pub(super) fn open(dir: &Path) -> Result<Self, Unreadable> {
        let mut logs = Vec::new();
        for context in Context::ALL {
            let path = dir.join(format!("{}.db", context.name()));
            if path.exists() {
                logs.push(Log::open(context, path)?);
            }
        }
        if logs.is_empty() {
            return Err(Unreadable(format!(
                "There are no logs in {}. Name the data directory with --data-dir.",
                dir.display()
            )));
        }
        let (path, others) = (dir.join("provider.db"), other_providers(dir)?);
        let is_told = path.exists() && others.is_empty();
        let provider = if is_told { Some(open(&path).map_err(|error| explain(&path, &error))?) } else { None };
        let logs = Self { dir: dir.to_owned(), present: logs, provider, others };
        logs.none_is_missing()?;
        Ok(logs)
    }

    /// A context that never ran is fine, unless another one has read its log.
    fn none_is_missing(&self) -> Result<(), Unreadable> {
        for log in &self.present {
            for (source, cursor) in &log.cursors {
                let missing = Context::ALL.into_iter().find(|context| context.name() == source);
                if cursor.position > 0 && missing.is_some_and(|context| self.log(context).is_none()) {
                    return Err(Unreadable(format!(
                        "{} has read {source}'s log up to {}, but there is no {source}.db in {}. Restore the whole data directory.",
                        log.context.name(),
                        cursor.position,
                        self.dir.display()
                    )));
                }
            }
        }
        Ok(())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Log> {
        self.present.iter()
    }

    pub(super) fn log(&self, context: Context) -> Option<&Log> {
        self.present.iter().find(|log| log.context == context)
    }

    /// Every consumer with a source that exists, the events that it wants, and where it stands there.
    pub(super) fn edges(&self) -> impl Iterator<Item = (&Log, &Log, &'static [&'static str], i64)> {
        self.present.iter().flat_map(move |log| {
            log.context.hears().iter().filter_map(move |(source, wanted)| {
                let source = self.log(*source)?;
                Some((log, source, *wanted, log.heard(source.context)))
            })
        })
    }

    /// Whether every consumer has heard all that concerns it.
    pub(super) fn all_heard(&self) -> bool {
        self.edges()
            .all(|(_, source, wanted, position)| source.subjects_after(position, wanted).is_ok_and(|s| s.is_empty()))
    }

    pub(super) fn explain(&self, error: &rusqlite::Error) -> Unreadable {
        explain(&self.dir, error)
    }
}

impl Log {
    fn open(context: Context, path: PathBuf) -> Result<Self, Unreadable> {
        let explained = |error: rusqlite::Error| explain(&path, &error);
        let connection = open(&path).map_err(explained)?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(explained)?;
        if version != SCHEMA {
            return Err(Unreadable(format!(
                "{} was written by another version of Baedal (schema {version}, this one has {SCHEMA}). Use the check of the version that wrote it.",
                path.display()
            )));
        }
        let read = || {
            let id = connection.query_row("SELECT value FROM meta WHERE name = 'log'", [], |row| row.get(0))?;
            let (head, first, count): (i64, i64, i64) = connection.query_row(
                "SELECT coalesce(max(position), 0), coalesce(min(position), 1), count(*) FROM events",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
            let cursors = connection
                .prepare("SELECT source, log, position FROM cursors")?
                .query_map([], |row| Ok((row.get(0)?, Cursor { log: row.get(1)?, position: row.get(2)? })))?
                .collect::<rusqlite::Result<_>>()?;
            let tables = connection
                .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            Ok((id, head, first == 1 && count == head, cursors, tables))
        };
        let (id, head, dense, cursors, tables) = read().map_err(explained)?;
        Ok(Self { context, path, connection, id, head, dense, cursors, tables })
    }

    /// How far it has heard `source`.
    pub(super) fn heard(&self, source: Context) -> i64 {
        self.cursors.get(source.name()).map_or(0, |cursor| cursor.position)
    }

    /// What the events after `position` are about, of the types named, or of all.
    pub(super) fn subjects_after(&self, position: i64, names: &[&str]) -> rusqlite::Result<BTreeSet<u128>> {
        let mut statement =
            self.connection.prepare_cached("SELECT correlation, type FROM events WHERE position > ?1")?;
        let mut rows = statement.query([position])?;
        let mut subjects = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let name = row.get_ref(1)?.as_str().unwrap_or_default();
            if names.is_empty() || names.contains(&name) {
                subjects.insert(row.get::<_, [u8; 16]>(0).map(u128::from_be_bytes).unwrap_or_default());
            }
        }
        Ok(subjects)
    }

    /// Whether the query finds anything for `key`.
    pub(super) fn finds(&self, query: &str, key: &str) -> Result<bool, Unreadable> {
        let found = self.connection.prepare_cached(query).and_then(|mut statement| statement.exists([key]));
        found.map_err(|error| self.explain(&error))
    }

    /// Whether the stream waits for something with a timer.
    pub(super) fn has_timer(&self, stream: &str) -> Result<bool, Unreadable> {
        self.finds("SELECT 1 FROM timers WHERE stream = ?1", stream)
    }

    /// Whether the stream has a call to make.
    pub(super) fn has_work(&self, stream: &str) -> Result<bool, Unreadable> {
        self.finds("SELECT 1 FROM work WHERE stream = ?1", stream)
    }

    /// One number.
    pub(super) fn count(&self, query: &str) -> Result<i64, Unreadable> {
        self.connection.query_row(query, [], |row| row.get(0)).map_err(|error| self.explain(&error))
    }

    /// Whether there is such a table.
    pub(super) fn has_table(&self, name: &str) -> bool {
        self.tables.contains(name)
    }

    /// The last position as a reader of this moment sees it.
    pub(super) fn head_now(&self) -> Result<i64, Unreadable> {
        let read = || {
            let connection = open(&self.path)?;
            connection
                .query_row("SELECT position FROM events ORDER BY position DESC LIMIT 1", [], |row| row.get(0))
                .optional()
        };
        read().map(Option::unwrap_or_default).map_err(|error| self.explain(&error))
    }

    pub(super) fn explain(&self, error: &rusqlite::Error) -> Unreadable {
        explain(&self.path, error)
    }
}

/// Who has taken payments here beside the simulated provider.
fn other_providers(dir: &Path) -> Result<Vec<String>, Unreadable> {
    let path = dir.join("payment-providers");
    match std::fs::read_to_string(&path) {
        Ok(names) => Ok(names.lines().filter(|name| *name != "simulated").map(str::to_owned).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Unreadable(format!("{} cannot be read: {error}.", path.display()))),
    }
}

/// Opens for reading only and begins the one read: what is written from now on is not seen.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.set_prepared_statement_cache_capacity(READY_STATEMENTS);
    connection.pragma_update(None, "busy_timeout", 5000)?;
    connection.execute_batch("BEGIN")?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(connection)
}

fn explain(path: &Path, error: &rusqlite::Error) -> Unreadable {
    Unreadable(format!("{} cannot be read: {error}.", path.display()))
}
