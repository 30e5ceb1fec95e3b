//! Reads and writes accounts within whatever transaction is under way.

use std::error::Error;

use kernel::Time;
use kernel::people::PersonId;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Account;

/// What is known of who can sign in.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) account: Account,
    pub(super) password: Option<String>,
    /// Until when the password may be used once, to choose another.
    pub(super) once_until: Option<i64>,
    pub(super) is_demo: bool,
    pub(super) disabled_at: Option<i64>,
}

/// The columns that [`known`] reads.
const COLUMNS: &str = "id, role, stores, password, once_until, demo, disabled_at";

/// Who signs in with `login`.
pub(super) fn by_login(connection: &Connection, login: &str) -> rusqlite::Result<Option<Known>> {
    let sql = format!("SELECT {COLUMNS} FROM logins JOIN accounts ON id = account WHERE login = ?1");
    connection.prepare_cached(&sql)?.query_row([login], known).optional()
}

/// The account `id`.
pub(super) fn by_id(connection: &Connection, id: &str) -> rusqlite::Result<Option<Known>> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], known).optional()
}

fn known(row: &Row<'_>) -> rusqlite::Result<Known> {
    Ok(Known {
        account: account(row)?,
        password: row.get(3)?,
        once_until: row.get(4)?,
        is_demo: row.get(5)?,
        disabled_at: row.get(6)?,
    })
}

/// Reads `id, role, stores`, the first three columns of a row.
pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let (id, role, stores): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Account {
        id: PersonId::parse(&id).map_err(|error| unreadable(0, error.into()))?,
        role: serde_json::from_value(role.into()).map_err(|error| unreadable(1, error.into()))?,
        stores: serde_json::from_str(&stores).map_err(|error| unreadable(2, error.into()))?,
    })
}

/// A column that nobody of us has written so.
pub(super) fn unreadable(column: usize, error: Box<dyn Error + Send + Sync>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error)
}

/// What is new.
pub(super) struct New<'a> {
    pub(super) account: &'a Account,
    pub(super) password: Option<&'a str>,
    pub(super) once_until: Option<i64>,
    pub(super) is_demo: bool,
}

/// Writes a new account; false where there is one of that id.
pub(super) fn insert(connection: &Connection, new: &New<'_>, now: i64) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO accounts (id, role, stores, password, once_until, demo, created_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
    let Account { id, role, stores } = new.account;
    let stores = stores_text(stores);
    let row = params![id.as_str(), role.name(), stores, new.password, new.once_until, new.is_demo, now];
    Ok(connection.prepare_cached(sql)?.execute(row)? == 1)
}

pub(super) fn stores_text(stores: &[kernel::ids::StoreId]) -> String {
    serde_json::to_string(stores).unwrap_or_default()
}

/// Lets `account` sign in with `login`; false where somebody does so already.
pub(super) fn give_login(connection: &Connection, login: &str, account: &PersonId) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO logins (login, account) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    Ok(connection.prepare_cached(sql)?.execute(params![login, account.as_str()])? == 1)
}

/// What `account` signs in with.
pub(super) fn logins(connection: &Connection, account: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached("SELECT login FROM logins WHERE account = ?1 ORDER BY login")?;
    let logins = statement.query_map([account], |row| row.get(0))?;
    logins.collect()
}

/// Gives `account` another password.
pub(super) fn set_password(
    connection: &Connection,
    account: &str,
    hash: &str,
    once_until: Option<i64>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE accounts SET password = ?2, once_until = ?3 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![account, hash, once_until])?;
    Ok(())
}

/// A moment in milliseconds.
pub(super) fn time(millis: i64) -> Time {
    Time::from_millisecond(millis).unwrap_or(Time::UNIX_EPOCH)
}
