//! Who there is, and who is signed in: the gateway's own database.

mod acts;
mod audit;
mod codes;
mod demo;
mod errands;
mod guessing;
mod live;
mod logins;
mod passwords;
mod people;
mod rows;
mod schema;
mod sessions;
mod signing;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use jiff::SignedDuration;
use kernel::ids::StoreId;
use kernel::people::{Actor, Owner, PersonId, Role};
use platform::clock::Clock;
use platform::config;
use platform::database::Database;
use platform::ids::Ids;
use platform::problem::Problem;
use platform::shutdown::Shutdown;
use platform::store::StoreError;
use rusqlite::Connection;

use crate::kakao::Kakao;
pub(crate) use acts::{Act, Doing};
pub use audit::Visitor;
pub(crate) use audit::{Asked, Record};
pub use codes::{CodeSender, Codes, NotSent, Sending};
pub use demo::{DEMO_PASSWORD, Demo};
pub(crate) use errands::Back;
use live::Live;
pub use logins::{Login, NotALogin};
use passwords::Passwords;
pub(crate) use people::{Listed, New};
pub(crate) use sessions::Open;
use sessions::Opener;
pub use sessions::{Session, SignedIn};
pub(crate) use signing::SignUp;

/// How often what is over is removed.
const CLEANING: SignedDuration = SignedDuration::from_hours(1);

/// The accounts and their sessions. Cheap to clone.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    database: Database,
    clock: Clock,
    shutdown: Shutdown,
    passwords: Passwords,
    live: Arc<Live>,
    opener: Opener,
    codes: Codes,
    kakao: Option<Kakao>,
    cleaned_at: AtomicI64,
    is_demo: AtomicBool,
}

/// How accounts are kept.
#[derive(Default)]
pub struct Options {
    /// How long sessions last, and how browsers send them.
    pub sessions: config::Sessions,
    /// How codes reach phones.
    pub codes: Codes,
    /// Sign-in with Kakao, where there is such.
    pub kakao: Option<Kakao>,
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
    /// Opens the accounts in the data directory `dir` with the usual options.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn open(dir: &Path, clock: &Clock, ids: &Ids, shutdown: &Shutdown) -> Result<Self, StoreError> {
        Self::open_with(dir, clock, ids, shutdown, Options::default())
    }

    /// Opens the accounts in the data directory `dir`.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn open_with(
        dir: &Path,
        clock: &Clock,
        ids: &Ids,
        shutdown: &Shutdown,
        options: Options,
    ) -> Result<Self, StoreError> {
        let tables = format!("{}{}", schema::TABLES, crate::waiting::TABLES);
        let database = Database::open(dir, "gateway", &tables, schema::VERSION, shutdown)?;
        let settings = Arc::new(options.sessions);
        let opener = Opener { clock: clock.clone(), ids: ids.clone(), settings };
        Ok(Self(Arc::new(Inner {
            database,
            clock: clock.clone(),
            shutdown: shutdown.clone(),
            passwords: Passwords::new(),
            live: Arc::new(Live::new()),
            opener,
            codes: options.codes,
            kakao: options.kakao,
            cleaned_at: AtomicI64::new(0),
            is_demo: AtomicBool::new(false),
        })))
    }

    /// How sessions are kept.
    pub fn settings(&self) -> &config::Sessions {
        &self.0.opener.settings
    }

    /// The gateway's database.
    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    /// What tells the time here.
    pub(crate) fn clock(&self) -> &Clock {
        &self.0.opener.clock
    }

    /// What makes ids here.
    pub(crate) fn ids(&self) -> &Ids {
        &self.0.opener.ids
    }

    /// What a page's own style is known by.
    pub(crate) fn nonce(&self) -> String {
        self.0.opener.ids.token()
    }

    /// Now, in milliseconds.
    fn now(&self) -> i64 {
        self.0.clock.now().as_millisecond()
    }

    /// An id for somebody new.
    fn new_id(&self) -> Result<PersonId, Problem> {
        let id = self.0.opener.ids.uuid().to_string();
        PersonId::parse(&id).map_err(|error| outage(&StoreError::Unreadable(error.to_string())))
    }

    /// Does `work` in one transaction.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        self.clean();
        self.0.database.run(work).await.map_err(|error| outage(&error))
    }

    /// Has what is over removed, once in a while.
    fn clean(&self) {
        let now = self.now();
        if !self.is_cleaning_due(now) {
            return;
        }
        let (accounts, kept) = (self.clone(), self.0.opener.settings.audit);
        self.0.shutdown.spawn("what is over is removed", async move {
            let cleaned = accounts.0.database.run(move |connection| audit::clean(connection, now, kept)).await;
            if let Err(error) = cleaned {
                tracing::warn!(%error, "what is over could not be removed");
            }
        });
    }

    fn is_cleaning_due(&self, now: i64) -> bool {
        let before = self.0.cleaned_at.load(Ordering::Relaxed);
        let due = now - before >= CLEANING.as_millis() as i64 || now < before;
        due && self.0.cleaned_at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

fn outage(error: &StoreError) -> Problem {
    platform::commands::outage(error)
}

/// So many milliseconds are so many whole seconds of waiting.
fn seconds(millis: i64) -> u64 {
    (millis.max(0).unsigned_abs()).div_ceil(1_000).max(1)
}
