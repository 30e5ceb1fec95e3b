//! The tables that every context's database has.

/// The version of [`TABLES`], kept in `PRAGMA user_version`; a database of another version is refused.
pub const VERSION: i64 = 1;

/// `events` is the log and the outbox. Everything beside it moves in the transactions that append.
pub const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    position    INTEGER PRIMARY KEY,
    stream      TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    type        TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    private     TEXT,
    at          INTEGER NOT NULL,
    correlation BLOB    NOT NULL,
    causation   TEXT    NOT NULL,
    trace       TEXT
);
CREATE UNIQUE INDEX events_by_stream ON events (stream, version);
CREATE TABLE cursors (source TEXT PRIMARY KEY, log TEXT NOT NULL, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE timers (stream TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX timers_by_due ON timers (due);
CREATE TABLE work (
    stream      TEXT PRIMARY KEY,
    task        TEXT    NOT NULL,
    due         INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    since       INTEGER NOT NULL,
    lease       INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX work_by_due ON work (due);
CREATE TABLE idempotency (
    key     TEXT PRIMARY KEY,
    request BLOB    NOT NULL,
    subject BLOB,
    status  INTEGER,
    answer  TEXT,
    at      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX idempotency_by_at ON idempotency (at);
CREATE TABLE parked (
    id         INTEGER PRIMARY KEY,
    source     TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    subject    BLOB    NOT NULL,
    type       TEXT    NOT NULL,
    error      TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    retry      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, position)
);
CREATE TABLE notes (
    id      INTEGER PRIMARY KEY,
    subject BLOB    NOT NULL,
    at      INTEGER NOT NULL,
    cause   TEXT    NOT NULL,
    what    TEXT    NOT NULL
);
CREATE INDEX notes_by_subject ON notes (subject);
";
