//! The gateway's tables.

/// The version of [`TABLES`]; a database of another version is refused.
pub(super) const VERSION: i64 = 1;

/// Of tokens and passwords there are hashes only.
pub(super) const TABLES: &str = "
CREATE TABLE accounts (
    id         TEXT PRIMARY KEY,
    role       TEXT    NOT NULL,
    stores     TEXT    NOT NULL,
    password   TEXT,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE logins (
    login   TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id)
) WITHOUT ROWID;
CREATE TABLE sessions (
    token      BLOB PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES accounts (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_account ON sessions (account);
";
