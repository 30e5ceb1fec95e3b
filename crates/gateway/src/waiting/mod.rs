//! The waiting room: in a rush, new orders are let in one after the other, in the order in which people came.
//!
//! A place is its person's: there is no ticket that could be shown by somebody else, handed on or guessed. Only making an
//! order waits here. What is under way is never held: paying, cancelling, asking, cooking and bringing go on.

mod http;
mod kept;
mod line;
mod page;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{Method, StatusCode};
use kernel::Time;
use kernel::access::Route;
use kernel::ids::StoreId;
use kernel::people::{Actor, PersonId};
use parking_lot::Mutex;
use platform::commands::outage;
use platform::extract::RawBody;
use platform::identity::Identity;
use platform::problem::Problem;
use platform::store::StoreError;
use serde::Deserialize;
use tokio::sync::OnceCell;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::kept::TABLES;
use self::line::{Line, Rules, Standing};
use crate::Gateway;
use crate::traffic::is_order;

/// The routes of whoever waits, and of whoever operates the rooms.
pub(crate) fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new()
        .routes(routes!(http::places))
        .routes(routes!(http::rooms, http::operate))
        .routes(routes!(page::show))
}

/// For what a room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// For every store that has none of its own.
    All,
    /// For one store.
    Store(StoreId),
}

impl Scope {
    const fn of(store: Option<StoreId>) -> Self {
        match store {
            Some(store) => Self::Store(store),
            None => Self::All,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "all" { Some(Self::All) } else { StoreId::parse(text).ok().map(Self::Store) }
    }

    const fn store(self) -> Option<StoreId> {
        match self {
            Self::All => None,
            Self::Store(store) => Some(store),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Store(store) => store.fmt(f),
        }
    }
}

/// All waiting rooms. They are read when they are first asked for.
#[derive(Default)]
pub(crate) struct Waiting {
    rooms: OnceCell<Mutex<Rooms>>,
    /// So that nobody pays for rooms that are off.
    any: AtomicBool,
}

/// The rooms that are on.
#[derive(Default)]
struct Rooms(BTreeMap<Scope, Line>);

impl Rooms {
    fn open(&mut self, scope: Scope, rules: Rules, now: Time) {
        match self.0.get_mut(&scope) {
            Some(line) => line.set_rules(rules),
            None => drop(self.0.insert(scope, Line::new(rules, now))),
        }
    }

    fn put_back(&mut self, scope: Scope, seq: u64, person: PersonId, inside: Option<(Time, line::Ordered)>, now: Time) {
        if let Some(line) = self.0.get_mut(&scope) {
            line.put_back(seq, person, inside, now);
        }
    }

    /// The room that an order at `store` waits in: the store's own before the one for all.
    fn of(&mut self, store: Option<StoreId>) -> Option<(Scope, &mut Line)> {
        let own = store.map(Scope::Store).filter(|own| self.0.contains_key(own));
        let scope = own.unwrap_or(Scope::All);
        self.0.get_mut(&scope).map(|line| (scope, line))
    }

    fn has_one_of_a_store(&self) -> bool {
        self.0.keys().any(|scope| *scope != Scope::All)
    }
}

/// Somebody who was let in, and orders.
pub(crate) struct Entered {
    scope: Scope,
    person: PersonId,
}

impl Waiting {
    async fn rooms(&self, gateway: &Gateway) -> Result<&Mutex<Rooms>, StoreError> {
        let accounts = &gateway.options.accounts;
        let load = async || {
            let rooms = kept::load(accounts.database(), accounts.clock().now()).await?;
            self.any.store(!rooms.0.is_empty(), Ordering::Release);
            Ok(Mutex::new(rooms))
        };
        self.rooms.get_or_try_init(load).await
    }

    /// Lets a request through, if it need not wait; the other half is told when an order was made.
    ///
    /// # Errors
    /// 503 with the position, where it has to.
    pub(crate) async fn admit(
        &self,
        gateway: &Gateway,
        route: &Route,
        identity: &Identity,
        request: Request,
    ) -> Result<(Request, Option<Entered>), Problem> {
        if *request.method() != Method::POST || !is_order(route) {
            return Ok((request, None));
        }
        let rooms = self.rooms(gateway).await.map_err(|error| outage(&error))?;
        let Some(person) = customer(identity).filter(|_| self.any.load(Ordering::Acquire)) else {
            return Ok((request, None));
        };
        let asks_which = rooms.lock().has_one_of_a_store();
        let (store, request) = if asks_which { store_of(request).await? } else { (None, request) };
        match self.ask(gateway, store, person).await? {
            None => Ok((request, None)),
            Some((scope, Standing::Admitted { .. })) => Ok((request, Some(Entered { scope, person: person.clone() }))),
            Some((scope, Standing::Waiting { position, seconds })) => Err(waiting(scope, position, seconds)),
            Some((_, Standing::Full)) => Err(full()),
        }
    }

    /// An order was made by somebody who was let in.
    pub(crate) async fn ordered(&self, gateway: &Gateway, entered: Entered) {
        let Entered { scope, person } = entered;
        let Some(rooms) = self.rooms.get() else { return };
        let change = rooms.lock().0.get_mut(&scope).and_then(|line| line.ordered(&person));
        let written = kept::write(gateway.options.accounts.database(), scope, change.into_iter().collect()).await;
        if let Err(error) = written {
            // The order is made. After a restart somebody would count as choosing a little longer, and that is all.
            tracing::warn!(%error, "that somebody in a waiting room has ordered could not be written down");
        }
    }

    /// How `person` stands in the room that an order at `store` waits in; `None` where there is none.
    async fn ask(
        &self,
        gateway: &Gateway,
        store: Option<StoreId>,
        person: &PersonId,
    ) -> Result<Option<(Scope, Standing)>, Problem> {
        let accounts = &gateway.options.accounts;
        let rooms = self.rooms(gateway).await.map_err(|error| outage(&error))?;
        let asked = rooms.lock().of(store).map(|(scope, line)| (scope, line.ask(person, accounts.clock().now())));
        let Some((scope, (standing, changes))) = asked else { return Ok(None) };
        // A place that is told is kept: whoever was told of one has it after a restart too.
        kept::write(accounts.database(), scope, changes).await.map_err(|error| outage(&error))?;
        Ok(Some((scope, standing)))
    }

    /// Switches a room on, changes how it moves, or switches it off.
    async fn switch(&self, gateway: &Gateway, scope: Scope, rules: Option<Rules>) -> Result<(), StoreError> {
        let accounts = &gateway.options.accounts;
        let rooms = self.rooms(gateway).await?;
        if let Some(rules) = rules {
            kept::open(accounts.database(), scope, rules).await?;
            rooms.lock().open(scope, rules, accounts.clock().now());
        } else {
            kept::close(accounts.database(), scope).await?;
            rooms.lock().0.remove(&scope);
        }
        self.any.store(!rooms.lock().0.is_empty(), Ordering::Release);
        tracing::info!(%scope, ?rules, "a waiting room was switched");
        Ok(())
    }
}

/// Who orders. Only customers do; whoever else may not is told so further in.
const fn customer(identity: &Identity) -> Option<&PersonId> {
    match identity.actor() {
        Some(Actor::Customer(id)) => Some(id),
        Some(Actor::Owner(_) | Actor::Rider(_) | Actor::Operator(_) | Actor::Service(_)) | None => None,
    }
}

/// The store that an order is for, which its body says. A body that cannot be read is refused by whoever takes orders.
async fn store_of(request: Request) -> Result<(Option<StoreId>, Request), Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Order {
        store_id: StoreId,
    }
    let (parts, body) = request.into_parts();
    let RawBody(bytes) = RawBody::from_request(Request::new(body), &()).await?;
    let store = serde_json::from_slice::<Order>(&bytes).ok().map(|order| order.store_id);
    Ok((store, Request::from_parts(parts, Body::from(bytes))))
}

/// How soon somebody who waits asks again (s): in good time, and not so late that their place lapses.
const fn asks_again(seconds: u64) -> u64 {
    match seconds / 2 {
        0..2 => 2,
        half @ 2..20 => half,
        _ => 20,
    }
}

fn waiting(scope: Scope, position: u64, seconds: u64) -> Problem {
    let detail = format!(
        "Many want to order right now. You are number {position} in the line, about {seconds} s from your turn; \
         ask GET /api/waiting-room until then to keep your place."
    );
    let page = scope.store().map_or_else(|| "/waiting".to_owned(), |store| format!("/waiting?storeId={store}"));
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "waiting", detail)
        .with_place(position, seconds)
        .with_location(&page)
        .retry_after(asks_again(seconds))
}

fn full() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "More people wait than there is room for.")
        .retry_after(30)
}
