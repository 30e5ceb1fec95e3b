//! Who there is, and who is signed in: the gateway's own database.

mod demo;
mod passwords;
mod schema;
mod sessions;

use std::path::Path;
use std::sync::Arc;

use kernel::ids::StoreId;
use kernel::people::{Actor, Owner, PersonId, Role};
use platform::clock::Clock;
use platform::database::Database;
use platform::ids::Ids;
use platform::shutdown::Shutdown;
use platform::store::StoreError;
use quick_cache::sync::Cache;
use rusqlite::{Connection, OptionalExtension, params};

pub use demo::DEMO_PASSWORD;
use passwords::Passwords;
use sessions::{MOST_CACHED, TokenHash};
pub use sessions::{Session, SignedIn};

/// The accounts and their sessions. Cheap to clone.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    database: Database,
    clock: Clock,
    ids: Ids,
    passwords: Passwords,
    /// What the database says of tokens that were shown lately.
    sessions: Cache<TokenHash, Arc<Session>>,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who it is.
    pub id: PersonId,
    /// As what.
    pub role: Role,
    /// The stores that are theirs.
    pub stores: Vec<StoreId>,
}

impl Account {
    /// The account of `actor`, whose id is nobody else's.
    pub fn of(actor: &Actor) -> Self {
        let stores = match actor {
            Actor::Owner(owner) => owner.stores.iter().copied().collect(),
            Actor::Customer(_) | Actor::Rider(_) | Actor::Operator(_) | Actor::Service(_) => Vec::new(),
        };
        Self { id: actor.id().clone(), role: actor.role(), stores }
    }

    /// The account as the services know it.
    pub fn actor(&self) -> Actor {
        let id = self.id.clone();
        match self.role {
            Role::Customer => Actor::Customer(id),
            Role::Owner => Actor::Owner(Owner::new(id, self.stores.iter().copied())),
            Role::Rider => Actor::Rider(id),
            Role::Operator => Actor::Operator(id),
            Role::Service => Actor::Service(id),
        }
    }
}

impl Accounts {
    /// Opens the accounts in the data directory `dir`.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn open(dir: &Path, clock: &Clock, ids: &Ids, shutdown: &Shutdown) -> Result<Self, StoreError> {
        let database = Database::open(dir, "gateway", schema::TABLES, schema::VERSION, shutdown)?;
        Ok(Self(Arc::new(Inner {
            database,
            clock: clock.clone(),
            ids: ids.clone(),
            passwords: Passwords::new(),
            sessions: Cache::new(MOST_CACHED),
        })))
    }

    /// Signs in somebody who has shown by other means than a password who they are; the account is made where it is new.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_in_as(&self, account: Account) -> Result<SignedIn, StoreError> {
        let (new, now) = (account.clone(), self.0.clock.now().as_millisecond());
        let insert = move |connection: &Connection| {
            let stores = serde_json::to_string(&new.stores).unwrap_or_default();
            connection.execute(
                "INSERT INTO accounts (id, role, stores, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                params![new.id.as_str(), new.role.name(), stores, now],
            )
        };
        let id = account.id.as_str().to_owned();
        self.0.database.run(insert).await?;
        let sql = "SELECT id, role, stores FROM accounts WHERE id = ?1";
        let known = self.0.database.run(move |connection| connection.query_row(sql, [id], self::account)).await?;
        self.open_session(known).await
    }

    /// Makes an account that signs in with `login` and `password`, unless there is one of that name.
    async fn add(&self, account: Account, login: &'static str, password: &'static str) -> Result<(), StoreError> {
        let taken = self.0.database.run(move |connection| by_login(connection, login)).await?.is_some();
        if taken {
            return Ok(());
        }
        let hash = self.0.passwords.hash(password.to_owned()).await?;
        let now = self.0.clock.now().as_millisecond();
        self.0.database.run(move |connection| insert(connection, &account, login, &hash, now)).await
    }
}

fn insert(connection: &Connection, account: &Account, login: &str, hash: &str, now: i64) -> rusqlite::Result<()> {
    let stores = serde_json::to_string(&account.stores).unwrap_or_default();
    let (id, role) = (account.id.as_str(), account.role.name());
    connection.execute(
        "INSERT INTO accounts (id, role, stores, password, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, role, stores, hash, now],
    )?;
    connection.execute("INSERT INTO logins (login, account) VALUES (?1, ?2)", params![login, id])?;
    Ok(())
}

/// The account that signs in with `login`, and the hash of its password.
fn by_login(connection: &Connection, login: &str) -> rusqlite::Result<Option<(Account, Option<String>)>> {
    let sql = "SELECT id, role, stores, password FROM logins JOIN accounts ON id = account WHERE login = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row([login], |row| Ok((account(row)?, row.get(3)?))).optional()
}

/// Reads `id, role, stores`, the first three columns of a row.
fn account(row: &rusqlite::Row<'_>) -> rusqlite::Result<Account> {
    let unreadable = |column: usize, error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error)
    };
    let (id, role, stores): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Account {
        id: PersonId::parse(&id).map_err(|error| unreadable(0, error.into()))?,
        role: serde_json::from_value(role.into()).map_err(|error| unreadable(1, error.into()))?,
        stores: serde_json::from_str(&stores).map_err(|error| unreadable(2, error.into()))?,
    })
}
