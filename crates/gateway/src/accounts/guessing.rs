//! Against guessing: each failure makes the next try wait longer. Counted before it is known how a try ends, so that many
//! at once are no way around it, and kept in the database, so that a restart is none either.
//!
//! Three things are counted: one login from one address, one login from addresses it never came from, and one address
//! that nobody came from before. Where somebody has signed in before only the first counts: a stranger who fails on
//! purpose locks out strangers.

use std::net::IpAddr;

use hmac::{Hmac, Mac};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::Sha256;

/// What is kept of a login, an address or a phone: nobody who reads it can tell which it was.
pub(super) type Key = [u8; 32];

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
/// The longest wait.
const LONGEST_PAUSE: i64 = 900 * SECOND;
/// After so long without a failure nothing counts any more.
pub(super) const FORGOTTEN: i64 = 24 * HOUR;
/// So long an address is known by who signed in from it.
pub(super) const KNOWN: i64 = 90 * 24 * HOUR;

/// What a try counts for, and how many failures are free.
const OF_PAIR: (&str, i64) = ("pair", 5);
const OF_LOGIN: (&str, i64) = ("login", 20);
const OF_ADDRESS: (&str, i64) = ("address", 50);

/// A try that is under way.
#[derive(Debug, Clone)]
pub(super) struct Try {
    pair: Key,
    /// What counts beside it, from an address that is not known.
    wide: Vec<Key>,
}

/// A hash of `parts` with the key that this database alone has.
pub(super) fn keyed(connection: &Connection, parts: &[&str]) -> rusqlite::Result<Key> {
    let mut statement = connection.prepare_cached("SELECT value FROM secrets WHERE name = 'key'")?;
    let key: Vec<u8> = statement.query_row([], |row| row.get(0))?;
    let mut hash = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| rusqlite::Error::InvalidQuery)?;
    for part in parts {
        hash.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    Ok(hash.finalize().into_bytes().into())
}

/// The address as it is counted: one household has many of the new kind.
pub(super) fn counted(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// `login` at `address`.
pub(super) fn place(connection: &Connection, login: &str, address: IpAddr) -> rusqlite::Result<Key> {
    keyed(connection, &[OF_PAIR.0, login, &counted(address)])
}

/// Whether somebody has signed in at `place` lately.
pub(super) fn is_known(connection: &Connection, place: &Key, now: i64) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM known WHERE place = ?1 AND last_at > ?2")?;
    statement.exists(params![place, now - KNOWN])
}

/// Somebody has signed in at `place`.
pub(super) fn is_known_from_now(connection: &Connection, place: &Key, now: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO known (place, last_at) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET last_at = ?2";
    connection.prepare_cached(sql)?.execute(params![place, now])?;
    Ok(())
}

/// Counts a try to sign in as `login`, unless it has to wait: then for how many milliseconds.
pub(super) fn begin(
    connection: &Connection,
    login: &str,
    address: IpAddr,
    now: i64,
) -> rusqlite::Result<Result<Try, i64>> {
    let from = counted(address);
    let pair = place(connection, login, address)?;
    let is_known = is_known(connection, &pair, now)?;
    let mut counters = vec![(pair, OF_PAIR.1)];
    if !is_known {
        counters.push((keyed(connection, &[OF_LOGIN.0, login])?, OF_LOGIN.1));
        // From this machine come its people and proxies, so the address says nothing of who it is.
        if !address.is_loopback() && !address.is_unspecified() {
            counters.push((keyed(connection, &[OF_ADDRESS.0, &from])?, OF_ADDRESS.1));
        }
    }
    let mut states = Vec::new();
    for (key, free) in counters {
        let (failures, open_at) = state(connection, &key, now)?;
        states.push((key, free, failures, open_at));
    }
    let wait = states.iter().map(|(_, _, _, open_at)| open_at - now).max().unwrap_or(0);
    if wait > 0 {
        return Ok(Err(wait));
    }
    for (key, free, failures, _) in &states {
        let sql = "INSERT INTO attempts (key, failures, last_at, open_at) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT DO UPDATE SET failures = ?2, last_at = ?3, open_at = ?4";
        let open_at = now + pause(failures + 1 - free);
        connection.prepare_cached(sql)?.execute(params![key, failures + 1, now, open_at])?;
    }
    Ok(Ok(Try { pair, wide: states.into_iter().skip(1).map(|(key, ..)| key).collect() }))
}

fn state(connection: &Connection, key: &Key, now: i64) -> rusqlite::Result<(i64, i64)> {
    // What stands further ahead than anybody waits was counted by a clock that went wrong.
    let sql = "SELECT failures, open_at FROM attempts WHERE key = ?1 AND last_at > ?2 AND last_at <= ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let lately = params![key, now - FORGOTTEN, now + LONGEST_PAUSE];
    let found = statement.query_row(lately, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.unwrap_or((0, 0)))
}

/// How long to wait after `over` failures more than are free.
fn pause(over: i64) -> i64 {
    if over < 0 { 0 } else { (SECOND << over.min(20)).min(LONGEST_PAUSE) }
}

/// It went well: its login may come from there again.
pub(super) fn went_well(connection: &Connection, this: &Try, now: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM attempts WHERE key = ?1")?.execute([this.pair])?;
    take_back(connection, &this.wide)?;
    is_known_from_now(connection, &this.pair, now)
}

/// It was not tried after all.
pub(super) fn was_not_tried(connection: &Connection, this: &Try) -> rusqlite::Result<()> {
    take_back(connection, &[this.pair])?;
    take_back(connection, &this.wide)
}

fn take_back(connection: &Connection, keys: &[Key]) -> rusqlite::Result<()> {
    let sql = "UPDATE attempts SET failures = failures - 1, open_at = 0 WHERE key = ?1 AND failures > 0";
    for key in keys {
        connection.prepare_cached(sql)?.execute([key])?;
    }
    Ok(())
}

/// Whether it is worth writing down that somebody at `address` has to wait: not each time, or they fill the disk.
pub(super) fn is_worth_telling(connection: &Connection, address: IpAddr, now: i64) -> rusqlite::Result<bool> {
    let key = keyed(connection, &["told", &counted(address)])?;
    Ok(once_more(connection, &[(key, &[(1, 60 * SECOND)])], now)?.is_ok())
}

/// What is counted, and how often that may be: each limit so many in so many milliseconds.
pub(super) type Counted<'a> = (Key, &'a [(i64, i64)]);

/// Counts one more of each of `all`, if none has to wait; or tells for how many milliseconds the longest has to.
pub(super) fn once_more(connection: &Connection, all: &[Counted<'_>], now: i64) -> rusqlite::Result<Result<(), i64>> {
    let allowed = has_to_wait(connection, all, now)?;
    if allowed.is_ok() {
        count(connection, all, now)?;
    }
    Ok(allowed)
}

/// For how many milliseconds the longest of `all` has to wait, if any has to.
pub(super) fn has_to_wait(connection: &Connection, all: &[Counted<'_>], now: i64) -> rusqlite::Result<Result<(), i64>> {
    let mut wait = 0;
    for (key, limits) in all {
        for (most, span) in *limits {
            let sql = "SELECT at FROM requests WHERE key = ?1 AND at > ?2 AND at <= ?3 ORDER BY at DESC \
                       LIMIT 1 OFFSET ?4";
            let mut statement = connection.prepare_cached(sql)?;
            let lately = params![key, now - span, now + span, most - 1];
            let oldest: Option<i64> = statement.query_row(lately, |row| row.get(0)).optional()?;
            wait = wait.max(oldest.map_or(0, |oldest| oldest + span - now));
        }
    }
    Ok(if wait > 0 { Err(wait) } else { Ok(()) })
}

/// Counts one more of each of `all`.
pub(super) fn count(connection: &Connection, all: &[Counted<'_>], now: i64) -> rusqlite::Result<()> {
    for (key, _) in all {
        connection.prepare_cached("INSERT INTO requests (key, at) VALUES (?1, ?2)")?.execute(params![key, now])?;
    }
    Ok(())
}
