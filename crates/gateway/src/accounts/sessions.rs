//! Sessions: opaque tokens, of which only hashes are kept.

use std::sync::Arc;

use jiff::SignedDuration;
use kernel::Time;
use kernel::people::Role;
use platform::commands::outage;
use platform::identity::Identity;
use platform::problem::Problem;
use platform::store::StoreError;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{Account, Accounts, account, by_login};

/// How many sessions are kept at hand; the others are looked up.
pub(super) const MOST_CACHED: usize = 100_000;

/// What is kept of a token.
pub(super) type TokenHash = [u8; 32];

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who it is.
    pub account: Account,
    /// Until when.
    pub expires_at: Time,
    /// Who it is, as the services are told.
    pub identity: Identity,
}

/// What somebody gets who signs in.
#[derive(Debug)]
pub struct SignedIn {
    /// To be shown with each request; it is not kept here.
    pub token: String,
    /// What it stands for.
    pub session: Arc<Session>,
}

impl Accounts {
    /// Signs in who knows `password`.
    ///
    /// # Errors
    /// 401 where login and password do not belong together.
    pub async fn sign_in(&self, login: String, password: String) -> Result<SignedIn, Problem> {
        let found = self
            .0
            .database
            .run(move |connection| by_login(connection, &login))
            .await
            .map_err(|error| outage(&error))?;
        let (account, hash) = found.map_or((None, None), |(account, hash)| (Some(account), hash));
        let fits = self.0.passwords.fits(password, hash).await.map_err(|error| outage(&error))?;
        match account.filter(|_| fits) {
            Some(account) => self.open_session(account).await.map_err(|error| outage(&error)),
            None => Err(Problem::unauthenticated("Login and password do not belong together.")),
        }
    }

    /// Opens a session for `account`, which has shown who it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_session(&self, account: Account) -> Result<SignedIn, StoreError> {
        // 256 random bits, as two tokens of 128.
        let token = format!("{}{}", self.0.ids.token(), self.0.ids.token());
        let hash = hash(&token);
        let now = self.0.clock.now();
        let session = Arc::new(Session::new(account, now + lifetime(Role::Customer)));
        let (id, expires_at) = (session.account.id.as_str().to_owned(), session.expires_at.as_millisecond());
        self.0
            .database
            .run(move |connection| {
                connection.execute(
                    "INSERT INTO sessions (token, account, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
                    params![hash, id, now.as_millisecond(), expires_at],
                )
            })
            .await?;
        self.0.sessions.insert(hash, Arc::clone(&session));
        Ok(SignedIn { token, session })
    }

    /// The session that `token` stands for, if it is one and not over.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session(&self, token: &str) -> Result<Option<Arc<Session>>, StoreError> {
        let hash = hash(token);
        let now = self.0.clock.now();
        if let Some(session) = self.0.sessions.get(&hash) {
            return Ok((now < session.expires_at).then_some(session));
        }
        let sql = "SELECT id, role, stores, expires_at FROM sessions JOIN accounts ON id = account WHERE token = ?1";
        let found = self.0.database.run(move |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row([hash], |row| Ok((account(row)?, row.get::<_, i64>(3)?))).optional()
        });
        let Some((account, expires_at)) = found.await? else { return Ok(None) };
        let expires_at = Time::from_millisecond(expires_at).unwrap_or(Time::UNIX_EPOCH);
        let session = Arc::new(Session::new(account, expires_at));
        self.0.sessions.insert(hash, Arc::clone(&session));
        Ok((now < expires_at).then_some(session))
    }

    /// Ends the session that `token` stands for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_out(&self, token: &str) -> Result<(), StoreError> {
        let hash = hash(token);
        self.0
            .database
            .run(move |connection| connection.execute("DELETE FROM sessions WHERE token = ?1", [hash]))
            .await?;
        self.0.sessions.remove(&hash);
        Ok(())
    }
}

impl Session {
    fn new(account: Account, expires_at: Time) -> Self {
        let identity = Identity::Somebody(account.actor());
        Self { account, expires_at, identity }
    }
}

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// How long a session of `role` lasts.
fn lifetime(_role: Role) -> SignedDuration {
    SignedDuration::from_hours(24 * 14)
}
