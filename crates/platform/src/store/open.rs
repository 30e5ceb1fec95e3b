//! Opening a context's database: ownership, schema, the log's id, the writer's thread.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use kernel::Context;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::erasing::Erasing;
use super::error::StoreError;
use super::lock::Ownership;
use super::read::Readers;
use super::tail::Tail;
use super::writer::{Job, Wakers, Writer};
use super::{Inner, MOST_ROWS, MOST_WAITING, RowCache, Store, schema};
use crate::shutdown::Shutdown;
use crate::view::ViewTable;

/// What a log's file name ends in.
pub const LOG_EXTENSION: &str = "db";

/// Statements that a connection keeps ready.
const READY_STATEMENTS: usize = 64;

/// What a store is opened with.
pub struct Options<'a> {
    /// The data directory; made where it does not exist.
    pub dir: &'a Path,
    /// Whose database.
    pub context: Context,
    /// The tables of its views.
    pub tables: &'a [&'static ViewTable],
    /// The id that the log gets when it is new.
    pub new_log: Uuid,
    /// Told when the database is lost for good.
    pub shutdown: Shutdown,
}

impl Store {
    /// Opens the database, making it where it does not exist, and takes ownership of it.
    ///
    /// # Errors
    /// [`StoreError::Fatal`] with a sentence that says what to do.
    pub fn open(options: &Options<'_>) -> Result<Self, StoreError> {
        make_data_dir(options.dir)?;
        let ownership = Ownership::take(options.dir, options.context.name())?;
        let path = options.dir.join(format!("{}.{LOG_EXTENSION}", options.context));
        let connection = connect_writer(&path).map_err(|error| StoreError::explain(&path, &error))?;
        prepare_schema(&connection, &path, options)?;
        let (log, head) = log_and_head(&connection).map_err(|error| StoreError::explain(&path, &error))?;
        let tail = Arc::new(Tail::new(options.context, head));
        let wakers = Arc::new(Wakers::default());
        let commits = Arc::new(AtomicU64::new(0));
        let (jobs, waiting) = mpsc::channel(MOST_WAITING);
        let rows = Arc::new(RowCache::new(MOST_ROWS));
        let writer = Writer {
            rows: Arc::clone(&rows),
            erasing: Erasing::default(),
            connection,
            path: path.clone(),
            next: head + 1,
            tail: Arc::clone(&tail),
            wakers: Arc::clone(&wakers),
            shutdown: options.shutdown.clone(),
            commits: Arc::clone(&commits),
            _ownership: ownership,
        };
        let (context, shutdown) = (options.context, options.shutdown.clone());
        // Not among the tasks that shutdown waits for: it serves them until the last handle is gone.
        let thread = std::thread::Builder::new()
            .name(format!("{}-writer", options.context))
            .spawn(move || run(writer, waiting, context, &shutdown))
            .map_err(|error| StoreError::Fatal(format!("The writer's thread cannot be started: {error}.")))?;
        let readers = Readers::new(path.clone());
        let (jobs, thread) = (Some(jobs), Some(thread));
        Ok(Self { inner: Arc::new(Inner { context, path, log, jobs, tail, wakers, commits, readers, rows, thread }) })
    }
}

/// A writer that dies takes the process with it: nobody could write any more.
fn run(writer: Writer, waiting: mpsc::Receiver<Job>, context: Context, shutdown: &Shutdown) {
    if catch_unwind(AssertUnwindSafe(|| writer.run(waiting))).is_err() {
        shutdown
            .fatal(format!("The writer of {context} panicked, which is a bug. Nothing that was confirmed is lost."));
    }
}

/// Makes the data directory where there is none, for its owner's eyes alone: people's phones and addresses are in it.
pub(crate) fn make_data_dir(dir: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|error| {
        StoreError::Fatal(format!(
            "The data directory {} cannot be made ({error}). Choose another one with --data-dir.",
            dir.display()
        ))
    })
}

pub(crate) fn connect_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(READY_STATEMENTS);
    keep_plans(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "busy_timeout", 5000)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    Ok(connection)
}

/// Without this a statement is prepared again whenever a bound value might suit another plan better.
pub(super) fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

fn prepare_schema(connection: &Connection, path: &Path, options: &Options<'_>) -> Result<(), StoreError> {
    let explain = |error: rusqlite::Error| StoreError::explain(path, &error);
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(explain)?;
    if version == 0 {
        let mut sql = format!("BEGIN IMMEDIATE;{}", schema::TABLES);
        for table in options.tables {
            sql.push_str(&table.create());
        }
        let (log, version) = (options.new_log, schema::VERSION);
        let end = format!("INSERT INTO meta VALUES ('log', '{log}');PRAGMA user_version = {version};COMMIT;");
        sql.push_str(&end);
        connection.execute_batch(&sql).map_err(explain)?;
        for table in options.tables {
            set_view_version(connection, table).map_err(explain)?;
        }
    } else if version != schema::VERSION {
        return Err(StoreError::Fatal(format!(
            "{} was written by another version of Baedal (schema {version}, this one has {}). Start the version that wrote it.",
            path.display(),
            schema::VERSION
        )));
    }
    Ok(())
}

pub(crate) fn set_view_version(connection: &Connection, table: &ViewTable) -> rusqlite::Result<()> {
    connection
        .execute(
            "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            (format!("view/{}", table.name), table.version.to_string()),
        )
        .map(|_| ())
}

fn log_and_head(connection: &Connection) -> rusqlite::Result<(Arc<str>, u64)> {
    let log: String = connection.query_row("SELECT value FROM meta WHERE name = 'log'", [], |row| row.get(0))?;
    let head = connection
        .query_row("SELECT position FROM events ORDER BY position DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    Ok((Arc::from(log), head.unwrap_or(0)))
}
