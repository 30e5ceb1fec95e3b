//! Codes that come to a phone: six digits for five minutes, of which a hash is kept.

use std::pin::Pin;
use std::sync::Arc;

use kernel::phone::Mobile;
use platform::problem::Problem;
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{self, Entry, Visitor, What};
use super::guessing::{self, keyed};
use super::{Accounts, seconds};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
/// How long a code is good.
const GOOD: i64 = 300 * SECOND;
/// How often one may be tried.
const MOST_TRIES: i64 = 5;
/// How many codes go to one phone: one in half a minute, five in an hour, ten in a day.
const OF_PHONE: [(i64, i64); 3] = [(1, 30 * SECOND), (5, HOUR), (10, 24 * HOUR)];
/// How many codes one address may ask for in an hour.
const OF_ADDRESS: [(i64, i64); 1] = [(20, HOUR)];

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
        let (kept, to) = (code.clone(), phone.clone());
        let limited_at = (self.settings().codes_an_hour.into(), self.now());
        let noted = self.run(move |connection| note(connection, &to, &kept, &visitor, limited_at));
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
                self.run(move |connection| forget(connection, &phone)).await?;
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
    (most_in_all, now): (i64, i64),
) -> rusqlite::Result<Result<(), i64>> {
    let entry =
        |what, connection| Ok::<_, rusqlite::Error>(Entry::new(what).by(audit::somebody(connection, phone.as_str())?));
    let from = keyed(connection, &["codes from", &guessing::counted(visitor.address)])?;
    let to = keyed(connection, &["codes to", phone.as_str()])?;
    let of_address: &[_] = if visitor.address.is_loopback() { &[] } else { &OF_ADDRESS };
    let of_all = [(most_in_all, HOUR)];
    let all = [(from, of_address), (to, &OF_PHONE), (keyed(connection, &["codes in all"])?, &of_all)];
    let allowed = guessing::once_more(connection, &all, now)?;
    if allowed.is_err() && !guessing::is_worth_telling(connection, visitor.address, now)? {
        return Ok(allowed);
    }
    if allowed.is_err() {
        audit::write(connection, &entry(What::CodeLocked, connection)?, visitor, now)?;
        return Ok(allowed);
    }
    let sql = "INSERT INTO codes (phone, code, tries, expires_at) VALUES (?1, ?2, 0, ?3) \
               ON CONFLICT DO UPDATE SET code = ?2, tries = 0, expires_at = ?3";
    let key = keyed(connection, &["code of", phone.as_str()])?;
    let hash = keyed(connection, &["code", phone.as_str(), code])?;
    connection.prepare_cached(sql)?.execute(params![key, hash, now + GOOD])?;
    audit::write(connection, &entry(What::CodeSent, connection)?, visitor, now)?;
    Ok(allowed)
}

/// What was not sent is no code.
fn forget(connection: &Connection, phone: &Mobile) -> rusqlite::Result<()> {
    let key = keyed(connection, &["code of", phone.as_str()])?;
    connection.prepare_cached("DELETE FROM codes WHERE phone = ?1")?.execute([key])?;
    Ok(())
}

/// Whether `code` is the one that came to `phone`; one that fits is used up by that.
pub(super) fn check(connection: &Connection, phone: &Mobile, code: &str, now: i64) -> rusqlite::Result<Checked> {
    let key = keyed(connection, &["code of", phone.as_str()])?;
    let sql = "UPDATE codes SET tries = tries + 1 WHERE phone = ?1 AND expires_at > ?2 AND tries < ?3 RETURNING code";
    let mut statement = connection.prepare_cached(sql)?;
    let kept: Option<Vec<u8>> = statement.query_row(params![key, now, MOST_TRIES], |row| row.get(0)).optional()?;
    let shown = keyed(connection, &["code", phone.as_str(), code.trim()])?;
    if kept.is_none_or(|kept| kept != shown) {
        return Ok(Checked::Wrong);
    }
    forget(connection, phone)?;
    Ok(Checked::Fits)
}
