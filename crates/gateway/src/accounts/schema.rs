//! The gateway's tables.

/// The version of [`TABLES`]; a database of another version is refused.
pub(super) const VERSION: i64 = 2;

/// Of tokens, codes and passwords there are hashes only. What happened is written down once and not changed; it goes
/// when it is older than `kept.audit_from`. An act stands among `acts` from before it is done until it is known how it
/// went.
pub(super) const TABLES: &str = "
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO secrets VALUES ('key', randomblob(32));
CREATE TABLE accounts (
    id          TEXT PRIMARY KEY,
    role        TEXT    NOT NULL,
    stores      TEXT    NOT NULL,
    password    TEXT,
    once_until  INTEGER,
    demo        INTEGER NOT NULL DEFAULT 0,
    disabled_at INTEGER,
    created_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE logins (
    login   TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id)
) WITHOUT ROWID;
CREATE INDEX logins_by_account ON logins (account);
CREATE TABLE sessions (
    token      BLOB PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    account    TEXT    NOT NULL REFERENCES accounts (id),
    proof      TEXT    NOT NULL,
    device     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_account ON sessions (account, created_at);
CREATE INDEX sessions_by_end ON sessions (expires_at);
CREATE TABLE attempts (
    key      BLOB PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    open_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX attempts_by_last ON attempts (last_at);
CREATE TABLE known (
    place   BLOB PRIMARY KEY,
    last_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE codes (
    phone      BLOB    NOT NULL,
    asked_from BLOB    NOT NULL,
    code       BLOB    NOT NULL,
    tries      INTEGER NOT NULL,
    elsewhere  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (phone, asked_from)
) WITHOUT ROWID;
CREATE TABLE links (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;
CREATE TABLE errands (
    state      BLOB PRIMARY KEY,
    browser    BLOB    NOT NULL,
    nonce      TEXT    NOT NULL,
    verifier   TEXT    NOT NULL,
    next       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE requests (
    key BLOB    NOT NULL,
    at  INTEGER NOT NULL
);
CREATE INDEX requests_by_key ON requests (key, at);
CREATE INDEX requests_by_time ON requests (at);
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    what    TEXT    NOT NULL,
    who     TEXT,
    subject TEXT,
    route   TEXT,
    status  INTEGER,
    address TEXT,
    request TEXT
);
CREATE INDEX audit_by_time ON audit (at);
CREATE TABLE acts (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    who     TEXT    NOT NULL,
    subject TEXT,
    route   TEXT    NOT NULL,
    address TEXT,
    request TEXT
);
CREATE TABLE kept (audit_from INTEGER NOT NULL);
INSERT INTO kept VALUES (0);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'what happened is not changed'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit WHEN old.at >= (SELECT audit_from FROM kept)
    BEGIN SELECT raise(ABORT, 'what happened is kept'); END;
";

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn other_tables_are_another_version() {
        let hash = Sha256::new().chain_update(TABLES).chain_update(crate::waiting::TABLES).finalize();
        let start = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
        assert_eq!(
            (VERSION, format!("{start:08x}")),
            (2, "dd01baf8".to_owned()),
            "a database that has others is refused by VERSION"
        );
    }
}
