//! A database beside the logs: tables that somebody keeps for themselves, with one writer and group commit.

use std::path::Path;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::shutdown::Shutdown;
use crate::store::{Ownership, StoreError, connect_writer, make_data_dir};

/// How many jobs share one commit at most.
const BATCH: usize = 256;
/// How many jobs may wait.
const WAITING: usize = 4 * 1024;

/// A database with its own thread; what waits for it shares a commit. Dropping it ends the thread.
pub struct Database {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// Works on the database, and then tells whether that was committed.
type Job = Box<dyn FnOnce(&Connection) -> Told + Send>;
type Told = Box<dyn FnOnce(Result<(), StoreError>)>;

impl Database {
    /// Opens `<name>.db` in `dir` and takes ownership of it. Where it is new, `tables` are made; `version` goes up with
    /// every change of them.
    ///
    /// # Errors
    /// [`StoreError::Fatal`] with a sentence that says what to do.
    pub fn open(
        dir: &Path,
        name: &'static str,
        tables: &str,
        version: i64,
        shutdown: &Shutdown,
    ) -> Result<Self, StoreError> {
        make_data_dir(dir)?;
        let ownership = Ownership::take(dir, name)?;
        let path = dir.join(format!("{name}.db"));
        let connection = prepare(&path, tables, version)?;
        let (jobs, waiting) = mpsc::channel(WAITING);
        let shutdown = shutdown.clone();
        // Not among the tasks that shutdown waits for: it serves them until the last handle is gone.
        let thread = std::thread::Builder::new()
            .name(format!("{name}-writer"))
            .spawn(move || {
                let _ownership = ownership;
                run(&connection, &path, waiting, &shutdown);
            })
            .map_err(|error| StoreError::Fatal(format!("The writer's thread cannot be started: {error}.")))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does `work` in a transaction and waits until it is durable. What it changes is undone where it fails.
    ///
    /// # Errors
    /// When it fails, or the commit does.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = move |connection: &Connection| -> Told {
            let done = in_savepoint(connection, work);
            Box::new(move |committed| {
                let told = match (done, committed) {
                    (Ok(done), Ok(())) => Ok(done),
                    (Ok(_), Err(error)) => Err(error),
                    (Err(error), _) => Err(StoreError::Busy(error.to_string())),
                };
                // Whoever asked may have stopped waiting.
                drop(reply.send(told));
            })
        };
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(Box::new(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.jobs = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a database's thread had panicked");
        }
    }
}

fn prepare(path: &Path, tables: &str, version: i64) -> Result<Connection, StoreError> {
    let explain = |error: rusqlite::Error| StoreError::explain(path, &error);
    let connection = connect_writer(path).map_err(explain)?;
    // It has no readers beside this thread, so SQLite may keep its log short by itself.
    connection.pragma_update(None, "wal_autocheckpoint", 1_000).map_err(explain)?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(explain)?;
    if found == 0 {
        let sql = format!("BEGIN IMMEDIATE;{tables};PRAGMA user_version = {version};COMMIT;");
        connection.execute_batch(&sql).map_err(explain)?;
    } else if found != version {
        return Err(StoreError::Fatal(format!(
            "{} was written by another version of Baedal (schema {found}, this one has {version}). Start the version that wrote it.",
            path.display(),
        )));
    }
    Ok(connection)
}

fn run(connection: &Connection, path: &Path, mut waiting: mpsc::Receiver<Job>, shutdown: &Shutdown) {
    while let Some(first) = waiting.blocking_recv() {
        let rest = std::iter::from_fn(|| waiting.try_recv().ok()).take(BATCH - 1);
        let batch: Vec<_> = std::iter::once(first).chain(rest).collect();
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            // The jobs are dropped with the batch, which tells those who wait.
            tell_of(&StoreError::explain(path, &error), shutdown);
            continue;
        }
        let told: Vec<_> = batch.into_iter().map(|job| job(connection)).collect();
        let committed = connection.execute_batch("COMMIT").map_err(|error| StoreError::explain(path, &error));
        if let Err(error) = &committed {
            tell_of(error, shutdown);
            // A commit that failed for a passing reason leaves the transaction open.
            drop(connection.execute_batch("ROLLBACK"));
        }
        for told in told {
            told(committed.clone());
        }
    }
}

fn tell_of(error: &StoreError, shutdown: &Shutdown) {
    match error {
        StoreError::Fatal(reason) => shutdown.fatal(reason.clone()),
        StoreError::Unknown(_) | StoreError::Busy(_) | StoreError::Closed | StoreError::Unreadable(_) => {
            tracing::error!(%error, "a database could not be written");
        }
    }
}

/// One job that fails does not fail its neighbours.
fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("SAVEPOINT job")?;
    match work(connection) {
        Ok(done) => connection.execute_batch("RELEASE job").map(|()| done),
        Err(error) => {
            connection.execute_batch("ROLLBACK TO job; RELEASE job")?;
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &str = "CREATE TABLE things (name TEXT PRIMARY KEY) WITHOUT ROWID";

    fn open(dir: &Path) -> Result<Database, StoreError> {
        Database::open(dir, "things", TABLES, 1, &Shutdown::new())
    }

    async fn add(database: &Database, name: &'static str) -> Result<usize, StoreError> {
        database.run(move |connection| connection.execute("INSERT INTO things VALUES (?1)", [name])).await
    }

    #[tokio::test]
    async fn one_that_fails_does_not_fail_its_neighbours_and_what_was_told_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let database = open(dir.path()).unwrap();
        let (first, again, other) = tokio::join!(add(&database, "a"), add(&database, "a"), add(&database, "b"));
        assert!(first.is_ok() && other.is_ok());
        assert!(again.is_err());
        drop(database);
        let database = open(dir.path()).unwrap();
        let count = database.run(|c| c.query_row("SELECT count(*) FROM things", [], |row| row.get::<_, i64>(0))).await;
        assert_eq!(count.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_second_owner_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let _database = open(dir.path()).unwrap();
        let refused = open(dir.path()).err().unwrap().to_string();
        assert!(refused.starts_with("Another process already runs things on"), "{refused}");
    }

    #[test]
    fn a_data_directory_that_is_made_is_its_owners_alone_and_one_that_is_there_stays() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let mode = |dir: &Path| std::fs::metadata(dir).unwrap().permissions().mode() & 0o777;
        let data = dir.path().join("here/data");
        drop(open(&data).unwrap());
        assert_eq!((mode(&data), mode(data.parent().unwrap())), (0o700, 0o700));
        std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o750)).unwrap();
        drop(open(&data).unwrap());
        assert_eq!(mode(&data), 0o750, "whoever opened it to others meant it");
    }
}
