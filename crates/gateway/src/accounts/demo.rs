//! The people of the demo, one of each role; and the first operator where the people are real.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kernel::ids::StoreId;
use kernel::people::{PersonId, Role};
use platform::config::Secret;
use platform::problem::Problem;
use rusqlite::{Connection, params};

use super::audit::{self, Entry, Visitor, What};
use super::live::Live;
use super::passwords::hash_of_the_demo;
use super::rows::{self, stores_text};
use super::sessions::{self, Which};
use super::{Account, Accounts};

/// Their password.
pub const DEMO_PASSWORD: &str = "baedal";
/// What the first operator signs in with.
const FIRST_OPERATOR: &str = "operator";

/// Whether there are demo people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demo {
    /// One of each role, who signs in with the role's name; the owner runs these stores.
    People(Vec<StoreId>),
    /// None. Those who were there cannot sign in any more: everybody knows their password.
    Nobody,
}

impl Accounts {
    /// Writes down what was under way when we stopped, and makes whom there has to be at the start: demo people or none, and
    /// the first operator where a password for them is given. One who is there keeps the password that they have.
    ///
    /// # Errors
    /// When the database does not answer, or the operator's password is none.
    pub async fn prepare(&self, demo: Demo, operator: Option<&Secret>) -> Result<(), Problem> {
        self.0.is_demo.store(demo != Demo::Nobody, Ordering::Relaxed);
        self.end_acts_of_before().await?;
        match demo {
            Demo::People(stores) => {
                let roles = Role::OF_PEOPLE.into_iter().filter(|role| *role != Role::Operator || operator.is_none());
                self.make_demo_people(roles.collect(), stores).await?;
            }
            Demo::Nobody => self.send_demo_people_away(Role::OF_PEOPLE.to_vec()).await?,
        }
        if let Some(password) = operator {
            // The demo's operator gives way, with a name and a password that everybody knows.
            self.send_demo_people_away(vec![Role::Operator]).await?;
            self.make_first_operator(password).await?;
        }
        Ok(())
    }

    /// Makes one of each role, who signs in with the role's name; the owner runs `stores`.
    async fn make_demo_people(&self, roles: Vec<Role>, stores: Vec<StoreId>) -> Result<(), Problem> {
        // One hash for all of them: the password is printed on the start page.
        let hash = hash_of_the_demo(DEMO_PASSWORD)?;
        let (now, live) = (self.now(), Arc::clone(&self.0.live));
        self.run(move |connection| {
            for role in roles {
                let Some(id) = id_of(role) else { continue };
                let stores = if role == Role::Owner { stores.clone() } else { Vec::new() };
                let account = Account { id, role, stores };
                let new = rows::New { account: &account, password: Some(&hash), once_until: None, is_demo: true };
                rows::insert(connection, &new, now)?;
                let sql = "UPDATE accounts SET stores = ?2, disabled_at = NULL WHERE id = ?1 AND demo";
                connection.execute(sql, params![account.id.as_str(), stores_text(&account.stores)])?;
                live.refresh(connection, account.id.as_str())?;
                rows::give_login(connection, role.name(), &account.id)?;
            }
            Ok(())
        })
        .await
    }

    async fn send_demo_people_away(&self, roles: Vec<Role>) -> Result<(), Problem> {
        let (now, live) = (self.now(), Arc::clone(&self.0.live));
        self.run(move |connection| {
            for id in roles.into_iter().filter_map(id_of) {
                send_away(connection, &live, id.as_str(), now)?;
            }
            Ok(())
        })
        .await
    }

    async fn make_first_operator(&self, password: &Secret) -> Result<(), Problem> {
        let taken = self.run(|connection| rows::by_login(connection, FIRST_OPERATOR)).await?.is_some();
        if taken {
            return Ok(());
        }
        let logins = vec![FIRST_OPERATOR.to_owned()];
        let hash = self.0.passwords.hash("password", password.reveal().to_owned(), logins).await?;
        let account = Account { id: self.new_id()?, role: Role::Operator, stores: Vec::new() };
        let now = self.now();
        self.run(move |connection| {
            let new = rows::New { account: &account, password: Some(&hash), once_until: None, is_demo: false };
            rows::insert(connection, &new, now)?;
            rows::give_login(connection, FIRST_OPERATOR, &account.id)?;
            let visitor = Visitor { address: [0, 0, 0, 0].into(), device: String::new(), request: None };
            audit::write(connection, &Entry::new(What::AccountMade).to(account.actor()), &visitor, now)
        })
        .await
    }

    /// Who of the demo can sign in now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn demo_people(&self) -> Result<Vec<Role>, Problem> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM logins JOIN accounts ON id = account \
                 WHERE login = ?1 AND demo AND disabled_at IS NULL)",
            )?;
            let mut there = Vec::new();
            for role in Role::OF_PEOPLE {
                if statement.query_row([role.name()], |row| row.get(0))? {
                    there.push(role);
                }
            }
            Ok(there)
        })
        .await
    }

    /// Whether somebody signs in as an operator, the demo's apart.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_operator(&self) -> Result<bool, Problem> {
        let sql = "SELECT 1 FROM logins JOIN accounts ON id = account WHERE role = ?1 AND NOT demo";
        self.run(move |connection| connection.prepare_cached(sql)?.exists([Role::Operator.name()])).await
    }

    /// Whether demo people may sign in here.
    pub(super) fn is_demo(&self) -> bool {
        self.0.is_demo.load(Ordering::Relaxed)
    }
}

/// Without a login nobody signs in, and the name is free for somebody real.
fn send_away(connection: &Connection, live: &Live, id: &str, now: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE accounts SET disabled_at = ?2 WHERE id = ?1 AND demo AND disabled_at IS NULL";
    if connection.execute(sql, params![id, now])? > 0 {
        connection.execute("DELETE FROM logins WHERE account = ?1", [id])?;
        sessions::end(connection, live, id, Which::All)?;
    }
    Ok(())
}

fn id_of(role: Role) -> Option<PersonId> {
    PersonId::parse(&format!("demo-{role}")).ok()
}
