//! Sessions: opaque tokens, of which only hashes are kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use kernel::Time;
use kernel::people::Role;
use platform::clock::Clock;
use platform::config::Sessions;
use platform::identity::Identity;
use platform::ids::Ids;
use platform::problem::Problem;
use platform::store::StoreError;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::audit::{self, Entry, Visitor, What};
use super::live::Live;
use super::rows::{self, account, time, unreadable};
use super::{Account, Accounts};

/// What is kept of a token.
pub(super) type TokenHash = [u8; 32];

/// The longest token that is looked at.
const LONGEST_TOKEN: usize = 64;
/// How many sessions one account may have; the oldest ends when there is one more.
const MOST_OF_ONE: i64 = 500;
/// A session's use is noted when this part of its idle time has gone by since it was noted last.
const NOTED_PARTS: i64 = 50;
/// How long what was noted is gathered before it is written.
const GATHERED: Duration = Duration::from_secs(1);

/// How somebody showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Proof {
    /// By a password.
    Password,
    /// By a code that came to their phone.
    Code,
    /// Kakao vouched for them.
    Kakao,
    /// Otherwise.
    Other,
}

impl Proof {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
            Self::Kakao => "kakao",
            Self::Other => "other",
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "password" => Self::Password,
            "code" => Self::Code,
            "kakao" => Self::Kakao,
            _ => Self::Other,
        }
    }
}

/// Somebody who is signed in.
#[derive(Debug)]
pub struct Session {
    /// Which session it is.
    pub id: Uuid,
    /// Who it is.
    pub account: Account,
    /// Until when at the latest.
    pub expires_at: Time,
    /// Who it is, as the services are told.
    pub identity: Identity,
    /// Since when.
    pub(crate) opened_at: Time,
    /// How they showed who they are.
    pub(crate) proof: Proof,
    /// How long it may go unused.
    idle: SignedDuration,
    /// When it was used last, in milliseconds.
    seen_at: AtomicI64,
}

impl Session {
    /// When it ends unless it is used.
    pub(crate) fn ends_at(&self) -> Time {
        let unused = time(self.seen_at.load(Ordering::Relaxed)).saturating_add(self.idle).unwrap_or(Time::MAX);
        unused.min(self.expires_at)
    }
}

/// What somebody gets who signs in.
#[derive(Debug)]
pub struct SignedIn {
    /// To be shown with each request; it is not kept here.
    pub token: String,
    /// What it stands for.
    pub session: Arc<Session>,
}

/// One of somebody's sessions, as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OpenSession")]
pub(crate) struct Open {
    pub(crate) id: Uuid,
    /// What was used, as it calls itself; empty where it does not.
    pub(crate) device: String,
    pub(crate) created_at: Time,
    pub(crate) last_seen_at: Time,
    pub(crate) expires_at: Time,
    pub(crate) signed_in_by: Proof,
    /// Whether it is the one that asks.
    pub(crate) current: bool,
}

/// A session that is about to be opened.
pub(super) struct Opening {
    hash: TokenHash,
    device: String,
    pub(super) signed: SignedIn,
}

/// What it takes to open a session. Jobs of the database's thread hold this and not the accounts: whoever lets go of those
/// last waits for that thread.
#[derive(Clone)]
pub(super) struct Opener {
    pub(super) clock: Clock,
    pub(super) ids: Ids,
    pub(super) settings: Arc<Sessions>,
}

impl Opener {
    /// A session for `account`, which has shown who it is.
    pub(super) fn opening(&self, account: Account, proof: Proof, device: String) -> Opening {
        // 256 random bits, as two tokens of 128.
        let token = format!("{}{}", self.ids.token(), self.ids.token());
        let now = self.clock.now();
        let (longest, idle) = self.settings.of(account.role);
        let session = Arc::new(Session {
            id: self.ids.uuid(),
            identity: Identity::Somebody(account.actor()),
            account,
            expires_at: now.saturating_add(longest).unwrap_or(Time::MAX),
            opened_at: now,
            proof,
            idle,
            seen_at: AtomicI64::new(now.as_millisecond()),
        });
        Opening { hash: hash(&token), device, signed: SignedIn { token, session } }
    }
}

impl Accounts {
    /// Signs in somebody who has shown by other means than a password who they are; the account is made where it is new.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_in_as(&self, account: Account) -> Result<SignedIn, StoreError> {
        let now = self.now();
        let (opener, live) = (self.0.opener.clone(), Arc::clone(&self.0.live));
        let signed = self.0.database.run(move |connection| {
            let new = rows::New { account: &account, password: None, once_until: None, is_demo: false };
            rows::insert(connection, &new, now)?;
            let known = rows::by_id(connection, account.id.as_str())?.map_or(account, |known| known.account);
            let opening = opener.opening(known, Proof::Other, String::new());
            open(connection, &live, &opening, now)?;
            Ok(opening.signed)
        });
        signed.await
    }

    /// The session that `token` stands for, if it is one and not over; it is used by that.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session(&self, token: &str) -> Result<Option<Arc<Session>>, StoreError> {
        let Some(session) = self.look_at(token).await? else { return Ok(None) };
        self.note_use(&session, token);
        Ok(Some(session))
    }

    /// The session that `token` stands for, if it is one and not over; to look at it is not to use it.
    async fn look_at(&self, token: &str) -> Result<Option<Arc<Session>>, StoreError> {
        if token.len() > LONGEST_TOKEN {
            return Ok(None);
        }
        let hash = hash(token);
        let session = match self.0.live.get(&hash) {
            Some(session) => Some(session),
            None => self.read(hash).await?,
        };
        let now = self.0.clock.now();
        Ok(session.filter(|session| now < session.ends_at()))
    }

    async fn read(&self, hash: TokenHash) -> Result<Option<Arc<Session>>, StoreError> {
        let sql = "SELECT accounts.id, role, stores, sessions.id, proof, sessions.created_at, seen_at, expires_at \
                   FROM sessions JOIN accounts ON accounts.id = account WHERE token = ?1 AND disabled_at IS NULL";
        let (live, settings) = (Arc::clone(&self.0.live), Arc::clone(&self.0.opener.settings));
        let found = self.0.database.run(move |connection| {
            let read = |row: &Row<'_>| read(row, |role| settings.of(role).1);
            let session = connection.prepare_cached(sql)?.query_row([hash], read).optional()?.map(Arc::new);
            if let Some(session) = &session {
                live.put(hash, session);
            }
            Ok(session)
        });
        found.await
    }

    /// Notes once in a while that a session is used, and writes it down later, together with others.
    fn note_use(&self, session: &Session, token: &str) {
        let (now, before) = (self.now(), session.seen_at.load(Ordering::Relaxed));
        let often = session.idle.as_millis() as i64 / NOTED_PARTS;
        if now - before < often.max(1)
            || session.seen_at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            return;
        }
        if self.0.live.note(hash(token), now) {
            let accounts = self.clone();
            self.0.shutdown.spawn("the use of sessions is written down", async move {
                tokio::select! {
                    () = tokio::time::sleep(GATHERED) => {}
                    () = accounts.0.shutdown.begun() => {}
                }
                accounts.write_uses().await;
            });
        }
    }

    async fn write_uses(&self) {
        let used = self.0.live.noted();
        let sql = "UPDATE sessions SET seen_at = max(seen_at, ?2) WHERE token = ?1";
        let written = self.0.database.run(move |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            used.iter().try_for_each(|(hash, at)| statement.execute(params![hash, at]).map(drop))
        });
        if let Err(error) = written.await {
            // They end a little earlier for that.
            tracing::warn!(%error, "the use of sessions could not be written down");
        }
    }

    /// Waits until the session of `token` is over, however that comes.
    pub(crate) async fn over(&self, id: Uuid, token: Arc<str>) {
        let mut watch = self.0.live.watch(id);
        // Looked at after the watch began, so that no end is missed.
        while let Ok(Some(session)) = self.look_at(&token).await {
            tokio::select! {
                () = watch.ended() => return,
                () = self.0.clock.sleep_until(session.ends_at()) => {}
            }
        }
    }

    /// The sessions of the account of `current` that are not over, the newest first.
    pub(crate) async fn open_sessions(&self, current: &Session) -> Result<Vec<Open>, Problem> {
        let (id, now, idle) = (current.id, self.now(), current.idle.as_millis() as i64);
        let account = current.account.id.clone();
        let sql = "SELECT id, device, created_at, seen_at, expires_at, proof FROM sessions \
                   WHERE account = ?1 AND expires_at > ?2 AND seen_at > ?3 ORDER BY created_at DESC, id DESC LIMIT 200";
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![account.as_str(), now, now - idle], |row| {
                let session = uuid(row, 0)?;
                Ok(Open {
                    id: session,
                    device: row.get(1)?,
                    created_at: time(row.get(2)?),
                    last_seen_at: time(row.get(3)?),
                    expires_at: time(row.get(4)?),
                    signed_in_by: Proof::parse(&row.get::<_, String>(5)?),
                    current: session == id,
                })
            })?;
            rows.collect()
        })
        .await
    }

    /// Ends the session `id`, which has to be of the account of `by`.
    ///
    /// # Errors
    /// 404 where it is not.
    pub(crate) async fn end_session(&self, by: &Session, id: Uuid, visitor: Visitor) -> Result<(), Problem> {
        let (account, live, now) = (by.account.clone(), Arc::clone(&self.0.live), self.now());
        let ended = self.run(move |connection| {
            let ended = end(connection, &live, account.id.as_str(), Which::This(id))?;
            if ended > 0 {
                audit::write(connection, &Entry::new(What::SignedOut).by(account.actor()), &visitor, now)?;
            }
            Ok(ended)
        });
        if ended.await? == 0 { Err(Problem::not_found()) } else { Ok(()) }
    }

    /// Ends every session of the account of `by`, this one too.
    pub(crate) async fn end_all(&self, by: &Session, visitor: Visitor) -> Result<(), Problem> {
        let (account, live, now) = (by.account.clone(), Arc::clone(&self.0.live), self.now());
        self.run(move |connection| {
            end(connection, &live, account.id.as_str(), Which::All)?;
            audit::write(connection, &Entry::new(What::SignedOutEverywhere).by(account.actor()), &visitor, now)
        })
        .await
    }
}

/// Which sessions of an account.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    All,
    This(Uuid),
    AllBut(Uuid),
}

/// Ends sessions of `account`, and says how many; a job of the database's thread.
pub(super) fn end(connection: &Connection, live: &Live, account: &str, which: Which) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare_cached("SELECT token, id FROM sessions WHERE account = ?1")?;
    let all = statement.query_map([account], |row| Ok((row.get::<_, TokenHash>(0)?, uuid(row, 1)?)))?;
    let mut ended = 0;
    for found in all.collect::<rusqlite::Result<Vec<_>>>()? {
        let (hash, id) = found;
        let is_meant = match which {
            Which::All => true,
            Which::This(this) => id == this,
            Which::AllBut(this) => id != this,
        };
        if is_meant {
            remove(connection, live, &hash, id)?;
            ended += 1;
        }
    }
    Ok(ended)
}

/// Whether nobody has ended the session `id`.
pub(super) fn is_open(connection: &Connection, id: Uuid) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM sessions WHERE id = ?1")?.exists([id.to_string()])
}

fn remove(connection: &Connection, live: &Live, hash: &TokenHash, id: Uuid) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM sessions WHERE token = ?1")?.execute([hash])?;
    live.end(hash, id);
    Ok(())
}

/// Writes a session down; a job of the database's thread.
pub(super) fn open(connection: &Connection, live: &Live, opening: &Opening, now: i64) -> rusqlite::Result<()> {
    let session = &opening.signed.session;
    let account = session.account.id.as_str();
    let sql = "INSERT INTO sessions (token, id, account, proof, device, created_at, seen_at, expires_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)";
    let (id, proof, expires_at) = (session.id.to_string(), session.proof.name(), session.expires_at.as_millisecond());
    let row = params![opening.hash, id, account, proof, opening.device, now, expires_at];
    connection.prepare_cached(sql)?.execute(row)?;
    live.put(opening.hash, session);
    let oldest =
        "SELECT token, id FROM sessions WHERE account = ?1 ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?2";
    let mut statement = connection.prepare_cached(oldest)?;
    let too_many = statement.query_map(params![account, MOST_OF_ONE], |row| Ok((row.get(0)?, uuid(row, 1)?)))?;
    for found in too_many.collect::<rusqlite::Result<Vec<(TokenHash, Uuid)>>>()? {
        remove(connection, live, &found.0, found.1)?;
    }
    Ok(())
}

fn read(row: &Row<'_>, idle: impl FnOnce(Role) -> SignedDuration) -> rusqlite::Result<Session> {
    let account = account(row)?;
    Ok(Session {
        id: uuid(row, 3)?,
        identity: Identity::Somebody(account.actor()),
        proof: Proof::parse(&row.get::<_, String>(4)?),
        opened_at: time(row.get(5)?),
        seen_at: AtomicI64::new(row.get(6)?),
        expires_at: time(row.get(7)?),
        idle: idle(account.role),
        account,
    })
}

fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    let text: String = row.get(column)?;
    Uuid::try_parse(&text).map_err(|error| unreadable(column, error.into()))
}

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}
