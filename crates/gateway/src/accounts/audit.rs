//! What happened: who signed in and who could not, and what was done with rights that few have. Written once, in the
//! same commit as what it tells of where that is ours; no password, token, code or phone number is in it.

use std::net::IpAddr;

use jiff::SignedDuration;
use kernel::Time;
use platform::problem::Problem;
use rusqlite::{Connection, params};
use serde::Serialize;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::guessing::{FORGOTTEN, KNOWN, keyed};
use super::{Accounts, outage};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema)]
#[schemars(rename_all = "kebab-case", rename = "Audited")]
pub(crate) enum What {
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

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) what: What,
    /// Who did it, as `role/id`; or a hash of the login that somebody tried.
    pub(crate) who: Option<String>,
    /// Whom or what it was done to.
    pub(crate) subject: Option<String>,
    /// The route that was called.
    pub(crate) route: Option<String>,
    /// How it was answered; nothing where the caller went before it was.
    pub(crate) status: Option<u16>,
}

impl Entry {
    /// `what`, without more.
    pub(crate) const fn new(what: What) -> Self {
        Self { what, who: None, subject: None, route: None, status: None }
    }

    pub(crate) fn by(mut self, who: impl std::fmt::Display) -> Self {
        self.who = Some(who.to_string());
        self
    }

    pub(crate) fn to(mut self, subject: impl std::fmt::Display) -> Self {
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
    /// How it was answered; not there where the caller went before it was.
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
    let sql = "INSERT INTO audit (at, what, who, subject, route, status, address, request) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let address = (!visitor.address.is_unspecified()).then(|| visitor.address.to_canonical().to_string());
    let request = visitor.request.map(|id| id.to_string());
    let Entry { what, who, subject, route, status } = entry;
    connection.prepare_cached(sql)?.execute(params![
        now,
        what.name(),
        who,
        subject,
        route,
        status,
        address,
        request
    ])?;
    Ok(())
}

/// Who tried to sign in, where nobody knows who that is: tries for one login can be seen to belong together.
pub(super) fn somebody(connection: &Connection, login: &str) -> rusqlite::Result<String> {
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
    /// Writes down what was done, and waits until that is kept. It is kept also where nobody waits any more.
    pub(crate) async fn tell(&self, entry: Entry, visitor: Visitor) {
        let (done, written) = oneshot::channel();
        self.write_later(entry, visitor, done);
        // The other half goes away only when it is written, or cannot be.
        drop(written.await);
    }

    /// As [`Accounts::tell`], for somebody who does not wait.
    pub(crate) fn tell_later(&self, entry: Entry, visitor: Visitor) {
        self.write_later(entry, visitor, oneshot::channel().0);
    }

    fn write_later(&self, entry: Entry, visitor: Visitor, done: oneshot::Sender<()>) {
        let (accounts, now) = (self.clone(), self.now());
        self.0.shutdown.spawn("what was done is written down", async move {
            let written = accounts.0.database.run(move |connection| write(connection, &entry, &visitor, now)).await;
            if let Err(error) = written {
                tracing::error!(%error, "what was done could not be written down");
            }
            drop(done);
        });
    }

    /// What happened, newest first; one more than the limit where there is more.
    pub(crate) async fn audit(&self, asked: Asked) -> Result<Vec<Record>, Problem> {
        let sql = "SELECT id, at, what, who, subject, route, status, address, request FROM audit \
                   WHERE id < ?1 AND (?2 IS NULL OR who = ?2) AND (?3 IS NULL OR what = ?3) ORDER BY id DESC LIMIT ?4";
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
