//! What operators do with accounts: people who cannot sign up by themselves are made here.

use std::sync::Arc;

use jiff::SignedDuration;
use kernel::Time;
use kernel::ids::StoreId;
use kernel::people::{PersonId, Role};
use platform::problem::Problem;
use rusqlite::{Connection, params};
use serde::Serialize;

use super::audit::{self, Entry, Visitor, What};
use super::logins::Login;
use super::rows::{self, Known, stores_text, time};
use super::sessions::{self, Session, Which};
use super::{Account, Accounts};

/// How long a password that was drawn for somebody is good.
const ONCE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Somebody new.
pub(crate) struct New {
    pub(crate) login: Login,
    pub(crate) role: Role,
    pub(crate) stores: Vec<StoreId>,
}

/// An account as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SignInAccount")]
pub(crate) struct Listed {
    #[schemars(with = "PersonId")]
    pub(crate) id: String,
    role: Role,
    /// What they sign in with.
    logins: Vec<String>,
    /// What stores an owner has.
    stores: Vec<StoreId>,
    has_password: bool,
    /// Whether it is one of the demo people.
    demo: bool,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Time>,
}

platform::written!(Listed);

impl Accounts {
    /// Makes an account whose password can be used once, to choose another; both are returned.
    ///
    /// # Errors
    /// 409 where somebody signs in with that already.
    pub(crate) async fn make(&self, new: New, by: &Session, visitor: Visitor) -> Result<(Listed, String), Problem> {
        let account = Account { id: self.new_id()?, role: new.role, stores: new.stores };
        let (password, hash) = self.drawn().await?;
        let (now, by) = (self.now(), by.account.actor());
        let made = self.run(move |connection| {
            if rows::by_login(connection, new.login.as_str())?.is_some() {
                return Ok(None);
            }
            let once_until = Some(now + ONCE.as_millis() as i64);
            let new_row = rows::New { account: &account, password: Some(&hash), once_until, is_demo: false };
            rows::insert(connection, &new_row, now)?;
            rows::give_login(connection, new.login.as_str(), &account.id)?;
            audit::write(connection, &Entry::new(What::AccountMade).by(by).to(account.actor()), &visitor, now)?;
            listed(connection, account.id.as_str())
        });
        let made = made.await?;
        let made = made.ok_or_else(|| Problem::conflict("login-taken", "Somebody signs in with this already."))?;
        Ok((made, password))
    }

    /// The accounts after `after` by their ids, one more than `limit` where there are more.
    pub(crate) async fn list(
        &self,
        after: Option<String>,
        (role, login): (Option<Role>, Option<Login>),
        limit: usize,
    ) -> Result<Vec<Listed>, Problem> {
        self.run(move |connection| {
            let sql = "SELECT id FROM accounts WHERE id > ?1 AND (?2 IS NULL OR role = ?2) \
                       AND (?3 IS NULL OR id IN (SELECT account FROM logins WHERE login = ?3)) ORDER BY id LIMIT ?4";
            let mut statement = connection.prepare_cached(sql)?;
            let after = after.unwrap_or_default();
            let login = login.as_ref().map(Login::as_str);
            let asked = params![after, role.map(Role::name), login, limit as i64 + 1];
            let ids = statement.query_map(asked, |row| row.get(0))?;
            let ids: Vec<String> = ids.collect::<rusqlite::Result<_>>()?;
            ids.iter().filter_map(|id| listed(connection, id).transpose()).collect()
        })
        .await
    }

    /// The account `id`.
    ///
    /// # Errors
    /// 404 where there is none.
    pub(crate) async fn get(&self, id: String) -> Result<Listed, Problem> {
        self.run(move |connection| listed(connection, &id)).await?.ok_or_else(Problem::not_found)
    }

    /// Changes which stores an owner has; their sessions know it with their next request.
    ///
    /// # Errors
    /// 409 where it is no owner.
    pub(crate) async fn set_stores(
        &self,
        id: String,
        stores: Vec<StoreId>,
        by: &Session,
        visitor: Visitor,
    ) -> Result<Listed, Problem> {
        self.change(id, What::StoresChanged, by, visitor, move |connection, live, known| {
            if known.account.role != Role::Owner {
                return Ok(Err(Problem::conflict("not-an-owner", "Only owners have stores.")));
            }
            let id = known.account.id.as_str();
            let sql = "UPDATE accounts SET stores = ?2 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id, stores_text(&stores)])?;
            live.refresh(connection, id).map(Ok)
        })
        .await
    }

    /// Keeps somebody from signing in and ends their sessions.
    ///
    /// # Errors
    /// 409 where they would shut themselves out.
    pub(crate) async fn disable(&self, id: String, by: &Session, visitor: Visitor) -> Result<Listed, Problem> {
        let (now, own) = (self.now(), by.account.id.clone());
        self.change(id, What::Disabled, by, visitor, move |connection, live, known| {
            if known.account.id == own {
                return Ok(Err(Problem::conflict("own-account", "Nobody can disable the account they act with.")));
            }
            let id = known.account.id.as_str();
            let sql = "UPDATE accounts SET disabled_at = coalesce(disabled_at, ?2) WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id, now])?;
            sessions::end(connection, live, id, Which::All)?;
            Ok(Ok(()))
        })
        .await
    }

    /// Lets somebody sign in again.
    ///
    /// # Errors
    /// 404 where there is nobody.
    pub(crate) async fn enable(&self, id: String, by: &Session, visitor: Visitor) -> Result<Listed, Problem> {
        let is_demo = self.is_demo();
        self.change(id, What::Enabled, by, visitor, move |connection, _, known| {
            if known.is_demo && !is_demo {
                let detail =
                    "Everybody knows the demo people's password: they sign in only where the data are a demo's.";
                return Ok(Err(Problem::conflict("demo-account", detail)));
            }
            let sql = "UPDATE accounts SET disabled_at = NULL WHERE id = ?1";
            connection.prepare_cached(sql)?.execute([known.account.id.as_str()])?;
            Ok(Ok(()))
        })
        .await
    }

    /// Draws another password for somebody, which can be used once, and ends their sessions.
    ///
    /// # Errors
    /// 404 where there is nobody.
    pub(crate) async fn reset_password(
        &self,
        id: String,
        by: &Session,
        visitor: Visitor,
    ) -> Result<(Listed, String), Problem> {
        let (password, hash) = self.drawn().await?;
        let until = self.now() + ONCE.as_millis() as i64;
        let changed = self.change(id, What::PasswordReset, by, visitor, move |connection, live, known| {
            let id = known.account.id.as_str();
            if known.is_demo {
                let detail = "Everybody knows the demo people's password, and it stays as it is.";
                return Ok(Err(Problem::conflict("demo-account", detail)));
            }
            rows::set_password(connection, id, &hash, Some(until))?;
            sessions::end(connection, live, id, Which::All)?;
            Ok(Ok(()))
        });
        Ok((changed.await?, password))
    }

    /// Does `work` with the account `id`, and writes down that `by` did.
    async fn change(
        &self,
        id: String,
        what: What,
        by: &Session,
        visitor: Visitor,
        work: impl FnOnce(&Connection, &super::live::Live, &Known) -> rusqlite::Result<Result<(), Problem>> + Send + 'static,
    ) -> Result<Listed, Problem> {
        let (now, by, live) = (self.now(), by.account.actor(), Arc::clone(&self.0.live));
        self.run(move |connection| {
            let Some(known) = rows::by_id(connection, &id)? else { return Ok(Err(Problem::not_found())) };
            if let Err(problem) = work(connection, &live, &known)? {
                return Ok(Err(problem));
            }
            audit::write(connection, &Entry::new(what).by(by).to(known.account.actor()), &visitor, now)?;
            Ok(listed(connection, &id)?.ok_or_else(Problem::not_found))
        })
        .await?
    }

    /// A password that nobody would guess, and what is kept of it.
    async fn drawn(&self) -> Result<(String, String), Problem> {
        let password: String = self.0.opener.ids.token().chars().take(16).collect();
        let hash = self.0.passwords.hash_drawn(password.clone()).await?;
        Ok((password, hash))
    }
}

fn listed(connection: &Connection, id: &str) -> rusqlite::Result<Option<Listed>> {
    let Some(Known { account, password, is_demo, disabled_at, .. }) = rows::by_id(connection, id)? else {
        return Ok(None);
    };
    let sql = "SELECT created_at FROM accounts WHERE id = ?1";
    let created_at = connection.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
    Ok(Some(Listed {
        id: id.to_owned(),
        role: account.role,
        logins: rows::logins(connection, id)?,
        stores: account.stores,
        has_password: password.is_some(),
        demo: is_demo,
        created_at: time(created_at),
        disabled_at: disabled_at.map(time),
    }))
}
