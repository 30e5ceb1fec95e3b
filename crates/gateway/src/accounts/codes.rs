//! Codes that come to a phone: six digits for five minutes, of which a hash is kept.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use kernel::phone::Mobile;
use platform::config::Sessions;
use platform::problem::Problem;
use rusqlite::{Connection, params};

use super::audit::{self, Entry, Visitor, What};
use super::guessing::{self, Counted, Key, keyed};
use super::{Accounts, seconds};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
/// How long a code is good.
const GOOD: i64 = 300 * SECOND;
/// How often one may be tried where it was asked for, and elsewhere.
const MOST_TRIES: (i64, i64) = (5, 3);
/// How many wrong codes come from one address: whoever tries few for each of many phones is held by this.
const WRONG: [(i64, i64); 2] = [(20, HOUR), (60, 24 * HOUR)];
/// How many codes go to one phone because somebody at one address asks: one in half a minute, five in an hour, ten in a day.
const OF_PLACE: [(i64, i64); 3] = [(1, 30 * SECOND), (5, HOUR), (10, 24 * HOUR)];
/// And whoever asks, from addresses where nobody has signed in with it: a stranger who has all of them sent leaves that
/// person theirs.
const OF_PHONE: [(i64, i64); 3] = [(1, 30 * SECOND), (10, HOUR), (20, 24 * HOUR)];

/// Of the codes that are sent in all, the part that is kept for phones that have signed in where they ask.
const KEPT: i64 = 5;

/// A code under way to a phone.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>>;

/// The code certainly does not reach the phone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the code could not be sent ({0})")]
pub struct NotSent(pub String);

/// Brings codes to phones.
pub trait CodeSender: Send + Sync {
    /// Sends `text` to `phone`, digits from 0 on. What nobody knows the end of counts as sent.
    fn send<'a>(&'a self, phone: &'a str, text: &'a str) -> Sending<'a>;
}

/// How codes reach phones.
#[derive(Clone, Default)]
pub enum Codes {
    /// Not at all.
    #[default]
    Nowhere,
    /// In the answer itself: where all people are made up.
    Shown,
    /// By this.
    Sent(Arc<dyn CodeSender>),
}

/// What a code that somebody shows is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    Fits,
    Wrong,
    /// So many were wrong that the next has to wait, in milliseconds.
    TooMany(i64),
}

impl Accounts {
    /// Sends a code to `phone`. In the demo the code is returned.
    ///
    /// # Errors
    /// 429 when there were too many, 503 when it could not be sent.
    pub(crate) async fn send_code(&self, phone: &Mobile, visitor: Visitor) -> Result<Option<String>, Problem> {
        let codes = self.0.codes.clone();
        if matches!(codes, Codes::Nowhere) {
            return Err(Problem::unavailable("There is no way by which codes could be sent here.", 3_600));
        }
        let code = format!("{:06}", self.0.opener.ids.bits() % 1_000_000);
        let (now, kept, to, address) = (self.now(), code.clone(), phone.clone(), visitor.address);
        let settings = Arc::clone(&self.0.opener.settings);
        let noted = self.run(move |connection| note(connection, &to, &kept, &visitor, (&settings, now)));
        if let Err(wait) = noted.await? {
            return Err(Problem::too_many_requests(seconds(wait)));
        }
        let Codes::Sent(sender) = codes else { return Ok(Some(code)) };
        let text = format!("[배달] 인증번호 {code} (5분 안에 입력해 주세요) / Your code: {code}");
        match sender.send(phone.as_str(), &text).await {
            Ok(()) => Ok(None),
            Err(error) => {
                tracing::warn!(%error, "a code could not be sent");
                let phone = phone.clone();
                self.run(move |connection| was_not_sent(connection, &phone, &code, address)).await?;
                Err(Problem::unavailable("The code could not be sent right now.", 30))
            }
        }
    }
}

/// Keeps a code for `phone`, unless there were too many: then for how long to wait.
fn note(
    connection: &Connection,
    phone: &Mobile,
    code: &str,
    visitor: &Visitor,
    (settings, now): (&Sessions, i64),
) -> rusqlite::Result<Result<(), i64>> {
    let entry = |what| Entry::of_login(what, connection, phone.as_str());
    let place = guessing::place(connection, phone.as_str(), visitor.address)?;
    let allowed = count(connection, phone, &place, visitor, (settings, now))?;
    if allowed.is_err() && !guessing::is_worth_telling(connection, visitor.address, now)? {
        return Ok(allowed);
    }
    if allowed.is_err() {
        audit::write(connection, &entry(What::CodeLocked)?, visitor, now)?;
        return Ok(allowed);
    }
    let sql = "INSERT INTO codes (phone, code, asked_from, tries, elsewhere, expires_at) VALUES (?1, ?2, ?3, 0, 0, ?4) \
               ON CONFLICT DO UPDATE SET code = ?2, tries = 0, elsewhere = 0, expires_at = ?4";
    let (key, hash) = (of_phone(connection, phone)?, hashed(connection, phone, code)?);
    connection.prepare_cached(sql)?.execute(params![key, hash, place, now + GOOD])?;
    audit::write(connection, &entry(What::CodeSent)?, visitor, now)?;
    Ok(allowed)
}

/// Counts a code to `phone` for whoever asks for it at `place`.
fn count(
    connection: &Connection,
    phone: &Mobile,
    place: &Key,
    visitor: &Visitor,
    (settings, now): (&Sessions, i64),
) -> rusqlite::Result<Result<(), i64>> {
    let of_address = [(settings.codes_an_hour_each.into(), HOUR)];
    let is_known = guessing::is_known(connection, place, now)?;
    let in_all = i64::from(settings.codes_an_hour);
    let of_all = [(if is_known { in_all } else { in_all - in_all / KEPT }, HOUR)];
    let from = guessing::counted(visitor.address);
    let all: [Counted<'_>; 4] = [
        (keyed(connection, &["codes from", &from])?, if visitor.address.is_loopback() { &[] } else { &of_address }),
        (keyed(connection, &["codes to", phone.as_str(), &from])?, &OF_PLACE),
        (keyed(connection, &["codes to", phone.as_str()])?, if is_known { &[] } else { &OF_PHONE }),
        (keyed(connection, &["codes in all"])?, &of_all),
    ];
    guessing::once_more(connection, &all, now)
}

/// What the codes of `phone` are kept by.
fn of_phone(connection: &Connection, phone: &Mobile) -> rusqlite::Result<Key> {
    keyed(connection, &["code of", phone.as_str()])
}

/// What is kept of `code`.
fn hashed(connection: &Connection, phone: &Mobile, code: &str) -> rusqlite::Result<Key> {
    keyed(connection, &["code", phone.as_str(), code])
}

/// The codes of `phone` are none any more: one has opened what it opens.
pub(super) fn forget(connection: &Connection, phone: &Mobile) -> rusqlite::Result<()> {
    let key = of_phone(connection, phone)?;
    connection.prepare_cached("DELETE FROM codes WHERE phone = ?1")?.execute([key])?;
    Ok(())
}

/// `code` did not reach `phone`; those that did are still good.
fn was_not_sent(connection: &Connection, phone: &Mobile, code: &str, address: IpAddr) -> rusqlite::Result<()> {
    let (key, hash) = (of_phone(connection, phone)?, hashed(connection, phone, code)?);
    let place = guessing::place(connection, phone.as_str(), address)?;
    let sql = "DELETE FROM codes WHERE phone = ?1 AND asked_from = ?2 AND code = ?3";
    connection.prepare_cached(sql)?.execute(params![key, place, hash])?;
    Ok(())
}

/// Whether `code` is one that came to `phone`. Each place that asked has its own, so nobody's takes the place of another's.
/// Who tries elsewhere than where it was asked for uses up tries of their own. One that does not fit is counted and written
/// down: guessing is to be seen.
pub(super) fn check(
    connection: &Connection,
    phone: &Mobile,
    code: &str,
    visitor: &Visitor,
    now: i64,
) -> rusqlite::Result<Checked> {
    let from = keyed(connection, &["wrong codes from", &guessing::counted(visitor.address)])?;
    let wrong: [Counted<'_>; 1] = [(from, if visitor.address.is_loopback() { &[] } else { &WRONG })];
    if let Err(wait) = guessing::has_to_wait(connection, &wrong, now)? {
        if guessing::is_worth_telling(connection, visitor.address, now)? {
            audit::write(connection, &Entry::new(What::SignInLocked), visitor, now)?;
        }
        return Ok(Checked::TooMany(wait));
    }
    let key = of_phone(connection, phone)?;
    let place = guessing::place(connection, phone.as_str(), visitor.address)?;
    // One that is good for much longer was sent by a clock that was ahead; one that was put back a little keeps it.
    let sql = "UPDATE codes SET tries = tries + (asked_from = ?3), elsewhere = elsewhere + (asked_from != ?3) \
               WHERE phone = ?1 AND expires_at > ?2 AND expires_at <= ?6 \
               AND iif(asked_from = ?3, tries < ?4, elsewhere < ?5) RETURNING code";
    let mut statement = connection.prepare_cached(sql)?;
    let asked = params![key, now, place, MOST_TRIES.0, MOST_TRIES.1, now + GOOD + GOOD];
    let kept: Vec<Key> = statement.query_map(asked, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    if kept.contains(&hashed(connection, phone, code.trim())?) {
        return Ok(Checked::Fits);
    }
    guessing::count(connection, &wrong, now)?;
    failed(connection, phone, visitor, now)?;
    Ok(Checked::Wrong)
}

/// Writes down that a code has opened nothing.
pub(super) fn failed(connection: &Connection, phone: &Mobile, visitor: &Visitor, now: i64) -> rusqlite::Result<()> {
    let entry = Entry::of_login(What::SignInFailed, connection, phone.as_str())?;
    audit::write(connection, &entry, visitor, now)
}
