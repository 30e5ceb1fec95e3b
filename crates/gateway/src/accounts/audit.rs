//! What happened: who signed in and who could not, and what was done with rights that few have. Written once, in the
//! same commit as what it tells of where that is ours; no password, token, code or phone number is in it.

use std::net::IpAddr;

use jiff::SignedDuration;
use kernel::Time;
use platform::problem::Problem;
use rusqlite::{Connection, params};
use serde::Serialize;
use uuid::Uuid;

use super::guessing::{FORGOTTEN, KNOWN, keyed};
use super::{Accounts, outage, rows};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema)]
#[schemars(rename_all = "kebab-case", rename = "Audited")]
pub(super) enum What {
    SignedUp,
    SignedIn,
    SignInFailed,
    SignInLocked,
    SignedOut,
    SignedOutEverywhere,
    CodeSent,
    CodeLocked,
    PasswordChanged,
    AccountMade,
    StoresChanged,
    #[schemars(rename = "account-disabled")]
    Disabled,
    #[schemars(rename = "account-enabled")]
    Enabled,
    PasswordReset,
    /// A command of somebody with rights that few have.
    Act,
}

impl What {
    /// As it is written.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SignedUp => "signed-up",
            Self::SignedIn => "signed-in",
            Self::SignInFailed => "sign-in-failed",
            Self::SignInLocked => "sign-in-locked",
            Self::SignedOut => "signed-out",
            Self::SignedOutEverywhere => "signed-out-everywhere",
            Self::CodeSent => "code-sent",
            Self::CodeLocked => "code-locked",
            Self::PasswordChanged => "password-changed",
            Self::AccountMade => "account-made",
            Self::StoresChanged => "stores-changed",
            Self::Disabled => "account-disabled",
            Self::Enabled => "account-enabled",
            Self::PasswordReset => "password-reset",
            Self::Act => "act",
        }
    }
}

/// Where somebody comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// The address.
    pub address: IpAddr,
    /// What they use, as it calls itself.
    pub device: String,
    /// The request's id.
    pub request: Option<Uuid>,
}

/// One thing that happened; acts have a way of their own.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    what: What,
    /// Who did it, as `role/id`; or a hash of the login that somebody tried.
    who: Option<String>,
    /// Whom or what it was done to.
    subject: Option<String>,
}

impl Entry {
    /// `what`, without more.
    pub(super) const fn new(what: What) -> Self {
        Self { what, who: None, subject: None }
    }

    /// Somebody has tried `login`, and nobody knows who that is: tries for one login can be seen to belong together, and
    /// whose it is.
    pub(super) fn of_login(what: What, connection: &Connection, login: &str) -> rusqlite::Result<Self> {
        let entry = Self::new(what).by(somebody(connection, login)?);
        Ok(match rows::by_login(connection, login)? {
            Some(known) => entry.to(known.account.actor()),
            None => entry,
        })
    }

    pub(super) fn by(mut self, who: impl std::fmt::Display) -> Self {
        self.who = Some(who.to_string());
        self
    }

    pub(super) fn to(mut self, subject: impl std::fmt::Display) -> Self {
        self.subject = Some(subject.to_string());
        self
    }
}

/// An entry as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuditRecord")]
pub(crate) struct Record {
    pub(crate) id: i64,
    at: Time,
    #[schemars(with = "What")]
    what: String,
    /// Who did it, as `role/id`; or a hash of the login that somebody tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<String>,
    /// Whom or what it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The route that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    /// How it was answered; not there where the caller went, or the gateway stopped, before it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 599))]
    status: Option<u16>,
    /// From where it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// The request's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Uuid>")]
    request: Option<String>,
}

/// Which entries are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) who: Option<String>,
    pub(crate) what: Option<String>,
    pub(crate) before: Option<i64>,
    pub(crate) limit: usize,
}

/// Writes `entry` within whatever transaction is under way.
pub(super) fn write(connection: &Connection, entry: &Entry, visitor: &Visitor, now: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO audit (at, what, who, subject, address, request) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let request = visitor.request.map(|id| id.to_string());
    let Entry { what, who, subject } = entry;
    connection.prepare_cached(sql)?.execute(params![now, what.name(), who, subject, address_of(visitor), request])?;
    Ok(())
}

/// The address that `visitor` comes from, where there is one.
pub(super) fn address_of(visitor: &Visitor) -> Option<String> {
    (!visitor.address.is_unspecified()).then(|| visitor.address.to_canonical().to_string())
}

/// What stands for a login that was tried.
fn somebody(connection: &Connection, login: &str) -> rusqlite::Result<String> {
    use std::fmt::Write;
    let key = keyed(connection, &["audit", login])?;
    Ok(key.iter().take(8).fold("login:".to_owned(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Removes what is over.
pub(super) fn clean(connection: &Connection, now: i64, kept: SignedDuration) -> rusqlite::Result<()> {
    let from = now - kept.as_millis() as i64;
    connection.execute("UPDATE kept SET audit_from = max(audit_from, ?1)", [from])?;
    connection.execute("DELETE FROM audit WHERE at < (SELECT audit_from FROM kept)", [])?;
    connection.execute("DELETE FROM sessions WHERE expires_at <= ?1", [now])?;
    connection.execute("DELETE FROM attempts WHERE last_at <= ?1", [now - FORGOTTEN])?;
    connection.execute("DELETE FROM requests WHERE at <= ?1", [now - FORGOTTEN])?;
    connection.execute("DELETE FROM known WHERE last_at <= ?1", [now - KNOWN])?;
    connection.execute("DELETE FROM codes WHERE expires_at <= ?1", [now])?;
    connection.execute("DELETE FROM errands WHERE expires_at <= ?1", [now])?;
    Ok(())
}

impl Accounts {
    /// What happened, newest first; one more than the limit where there is more.
    pub(crate) async fn audit(&self, asked: Asked) -> Result<Vec<Record>, Problem> {
        let sql = "SELECT id, at, what, who, subject, route, status, address, request FROM audit \
                   WHERE id < ?1 AND (?2 IS NULL OR ?2 IN (who, subject)) AND (?3 IS NULL OR what = ?3) ORDER BY id DESC LIMIT ?4";
        let read = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let limit = asked.limit as i64 + 1;
            let before = asked.before.unwrap_or(i64::MAX);
            let rows = statement.query_map(params![before, asked.who, asked.what, limit], |row| {
                Ok(Record {
                    id: row.get(0)?,
                    at: super::rows::time(row.get(1)?),
                    what: row.get(2)?,
                    who: row.get(3)?,
                    subject: row.get(4)?,
                    route: row.get(5)?,
                    status: row.get(6)?,
                    address: row.get(7)?,
                    request: row.get(8)?,
                })
            })?;
            rows.collect()
        };
        self.0.database.run(read).await.map_err(|error| outage(&error))
    }
}
