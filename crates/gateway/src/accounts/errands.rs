//! Errands of browsers to Kakao: each is ended once, by the browser that began it, and links whoever comes back.

use std::sync::Arc;

use kernel::people::Role;
use platform::problem::Problem;
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{self, Entry, Visitor, What};
use super::guessing::keyed;
use super::rows::{self, New};
use super::sessions::{self, Proof, SignedIn};
use super::{Account, Accounts};
use crate::kakao::{Errand, Failed, Kakao};

/// How long an errand may take.
const LASTS: i64 = 600_000;

/// An errand that has begun.
pub(crate) struct Begun {
    /// Where the browser is led.
    pub(crate) url: String,
    /// By what the browser is known when it comes back.
    pub(crate) browser: String,
}

/// What is known of an errand that is being ended.
struct Known {
    nonce: String,
    verifier: String,
    next: String,
}

/// How an errand ended.
pub(crate) enum Back {
    /// Somebody is signed in, and goes on to an address of ours.
    SignedIn(SignedIn, String),
    /// Nobody began it here, or it is over.
    Unknown,
    /// Kakao does not vouch.
    Failed(Failed),
    /// They may not sign in.
    Disabled,
}

impl Accounts {
    /// Sign-in with Kakao, where there is such.
    pub(crate) fn kakao(&self) -> Option<&Kakao> {
        self.0.kakao.as_ref()
    }

    /// Begins an errand that leads on to `next`.
    pub(crate) async fn begin_errand(&self, kakao: &Kakao, next: String) -> Result<Result<Begun, Failed>, Problem> {
        let Errand { url, state, nonce, verifier } = match kakao.begin().await {
            Ok(errand) => errand,
            Err(failed) => return Ok(Err(failed)),
        };
        let browser = format!("{}{}", self.0.opener.ids.token(), self.0.opener.ids.token());
        let (shown, now) = (browser.clone(), self.now());
        self.run(move |connection| {
            let sql = "INSERT INTO errands (state, browser, nonce, verifier, next, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let (state, browser) = (keyed(connection, &["errand", &state])?, keyed(connection, &["browser", &shown])?);
            connection.prepare_cached(sql)?.execute(params![state, browser, nonce, verifier, next, now + LASTS])
        })
        .await?;
        Ok(Ok(Begun { url, browser }))
    }

    /// Ends the errand `state` of `browser`, which came back with `code`, or without one.
    pub(crate) async fn end_errand(
        &self,
        kakao: &Kakao,
        (state, browser): (String, String),
        code: Option<String>,
        visitor: Visitor,
    ) -> Result<Back, Problem> {
        let now = self.now();
        let known = self.run(move |connection| take(connection, &state, &browser, now)).await?;
        let Some(Known { nonce, verifier, next }) = known else { return Ok(Back::Unknown) };
        let Some(code) = code else { return Ok(Back::Failed(Failed::Refused("they did not agree".to_owned()))) };
        let subject = match kakao.end(code, nonce, verifier).await {
            Ok(subject) => subject,
            Err(failed) => {
                tracing::warn!(%failed, "somebody could not sign in with Kakao");
                let entry = Entry::new(What::SignInFailed).by("kakao");
                self.run(move |connection| audit::write(connection, &entry, &visitor, now)).await?;
                return Ok(Back::Failed(failed));
            }
        };
        let signed = self.sign_in_linked(kakao.issuer().to_owned(), subject, visitor).await?;
        Ok(signed.map_or(Back::Disabled, |signed| Back::SignedIn(signed, next)))
    }

    /// Signs in whom `issuer` knows as `subject`; who is new becomes a customer. Nothing else that the issuer says of them
    /// counts: an e-mail address that looks like somebody's is no proof of being them.
    async fn sign_in_linked(
        &self,
        issuer: String,
        subject: String,
        visitor: Visitor,
    ) -> Result<Option<SignedIn>, Problem> {
        let (opener, live, now, id) = (self.0.opener.clone(), Arc::clone(&self.0.live), self.now(), self.new_id()?);
        self.run(move |connection| {
            let sql = "SELECT account FROM links WHERE issuer = ?1 AND subject = ?2";
            let linked: Option<String> =
                connection.prepare_cached(sql)?.query_row([&issuer, &subject], |row| row.get(0)).optional()?;
            let known = linked.map(|id| rows::by_id(connection, &id)).transpose()?.flatten();
            let account = match known {
                Some(known) if known.disabled_at.is_some() => {
                    let entry = Entry::new(What::SignInFailed).by("kakao").to(known.account.actor());
                    audit::write(connection, &entry, &visitor, now)?;
                    return Ok(None);
                }
                Some(known) => known.account,
                None => {
                    let account = Account { id, role: Role::Customer, stores: Vec::new() };
                    let new = New { account: &account, password: None, once_until: None, is_demo: false };
                    rows::insert(connection, &new, now)?;
                    let sql = "INSERT INTO links (issuer, subject, account) VALUES (?1, ?2, ?3)";
                    connection.prepare_cached(sql)?.execute([&issuer, &subject, account.id.as_str()])?;
                    audit::write(connection, &Entry::new(What::SignedUp).by(account.actor()), &visitor, now)?;
                    account
                }
            };
            let opening = opener.opening(account, Proof::Kakao, visitor.device.clone());
            sessions::open(connection, &live, &opening, now)?;
            let actor = opening.signed.session.account.actor();
            audit::write(connection, &Entry::new(What::SignedIn).by(actor), &visitor, now)?;
            Ok(Some(opening.signed))
        })
        .await
    }
}

/// Takes the errand `state`, if it is of `browser` and not over; it is there no more then.
fn take(connection: &Connection, state: &str, browser: &str, now: i64) -> rusqlite::Result<Option<Known>> {
    let (state, browser) = (keyed(connection, &["errand", state])?, keyed(connection, &["browser", browser])?);
    let sql =
        "DELETE FROM errands WHERE state = ?1 AND browser = ?2 AND expires_at > ?3 RETURNING nonce, verifier, next";
    let mut statement = connection.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| Ok(Known { nonce: row.get(0)?, verifier: row.get(1)?, next: row.get(2)? });
    statement.query_row(params![state, browser, now], read).optional()
}
