//! What is kept of the waiting rooms across restarts.

use kernel::Time;
use kernel::people::PersonId;
use platform::database::Database;
use platform::store::StoreError;
use rusqlite::{Connection, params};

use super::line::{Change, Ordered, Rules};
use super::{Rooms, Scope};

/// The rooms that are on, and who has a place in them.
pub(crate) const TABLES: &str = "
CREATE TABLE waiting_rooms (
    scope        TEXT PRIMARY KEY,
    per_second   INTEGER NOT NULL,
    at_a_time    INTEGER NOT NULL,
    stay_seconds INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE waiting_places (
    scope   TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    person  TEXT    NOT NULL,
    until   INTEGER,
    ordered INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (scope, seq)
) WITHOUT ROWID;
";

/// Everything as it was.
pub(super) async fn load(database: &Database, now: Time) -> Result<Rooms, StoreError> {
    database.run(move |connection| read(connection, now)).await
}

fn read(connection: &Connection, now: Time) -> rusqlite::Result<Rooms> {
    let mut rooms = Rooms::default();
    let mut statement = connection.prepare("SELECT scope, per_second, at_a_time, stay_seconds FROM waiting_rooms")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let scope: String = row.get(0)?;
        let rules = Rules { per_second: row.get(1)?, at_a_time: row.get(2)?, stay_seconds: row.get(3)? };
        if let Some(scope) = Scope::parse(&scope) {
            rooms.open(scope, rules, now);
        } else {
            tracing::warn!(scope, "a waiting room for something that cannot be is left out");
        }
    }
    let mut statement =
        connection.prepare("SELECT scope, seq, person, until, ordered FROM waiting_places ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (scope, person): (String, String) = (row.get(0)?, row.get(2)?);
        let until = row.get::<_, Option<i64>>(3)?.and_then(|at| Time::from_millisecond(at).ok());
        if let (Some(scope), Ok(person)) = (Scope::parse(&scope), PersonId::parse(&person)) {
            let ordered = if row.get(4)? { Ordered::Yes } else { Ordered::NotYet };
            rooms.put_back(scope, row.get(1)?, person, until.map(|until| (until, ordered)), now);
        }
    }
    Ok(rooms)
}

/// Writes down who got a place, was let in, or is gone.
pub(super) async fn write(database: &Database, scope: Scope, changes: Vec<Change>) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let scope = scope.to_string();
    let work = move |connection: &Connection| {
        for change in changes {
            match change {
                Change::Has { seq, person, until } => connection.execute(
                    // Two writers may come in another order than they asked in: who was let in stays it.
                    "INSERT INTO waiting_places (scope, seq, person, until) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET until = coalesce(excluded.until, until)",
                    params![scope, seq, person.as_str(), until.map(Time::as_millisecond)],
                )?,
                Change::Ordered { seq } => {
                    let sql = "UPDATE waiting_places SET ordered = 1 WHERE scope = ?1 AND seq = ?2";
                    connection.execute(sql, params![scope, seq])?
                }
                Change::Gone { seq } => connection
                    .execute("DELETE FROM waiting_places WHERE scope = ?1 AND seq = ?2", params![scope, seq])?,
            };
        }
        Ok(())
    };
    database.run(work).await
}

/// Writes down that a room is on, and how it moves.
pub(super) async fn open(database: &Database, scope: Scope, rules: Rules) -> Result<(), StoreError> {
    let scope = scope.to_string();
    let work = move |connection: &Connection| {
        connection.execute(
            "INSERT OR REPLACE INTO waiting_rooms (scope, per_second, at_a_time, stay_seconds) VALUES (?1, ?2, ?3, ?4)",
            params![scope, rules.per_second, rules.at_a_time, rules.stay_seconds],
        )
    };
    database.run(work).await.map(drop)
}

/// Writes down that a room is off; nobody waits there any more.
pub(super) async fn close(database: &Database, scope: Scope) -> Result<(), StoreError> {
    let scope = scope.to_string();
    let work = move |connection: &Connection| {
        connection.execute("DELETE FROM waiting_rooms WHERE scope = ?1", [&scope])?;
        connection.execute("DELETE FROM waiting_places WHERE scope = ?1", [&scope])
    };
    database.run(work).await.map(drop)
}
