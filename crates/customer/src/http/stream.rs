//! A customer's inbox as it changes.

use std::collections::VecDeque;

use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use kernel::people::PersonId;
use platform::actor::{Caller, require_customer};
use platform::commands::outage;
use platform::describe::Resumable;
use platform::problem::Problem;
use platform::sse::{self, LastEventId, Message};
use platform::store::StoreError;
use platform::topics::Watcher;
use platform::view::Value;

use super::{Notification, Placed};
use crate::service::CustomerService;
use crate::tables::inbox_topic;

/// How many of the latest notices a reader gets who has seen nothing yet.
const LATEST: i64 = 50;
/// How many are read at a time.
const AT_A_TIME: i64 = 200;

/// `event: notification` whenever one of the customer's notices comes or changes.
#[utoipa::path(
    get,
    path = "/notifications/stream",
    operation_id = "followNotifications",
    tag = "notifications",
    summary = "What I am told, as it comes",
    params(Resumable),
    responses(
        (status = 200, description = "`event: notification` with the notice, whenever one comes or changes.", body = String, content_type = "text/event-stream"),
    ),
)]
pub async fn follow(
    State(customer): State<CustomerService>,
    Caller(actor): Caller,
    seen: LastEventId,
) -> Result<Response, Problem> {
    let person = require_customer(&actor)?.clone();
    let shutdown = customer.room().shutdown.clone();
    let seen = seen.within(customer.room().store.tail().head());
    let follower = Follower::new(customer, person, seen).map_err(|error| outage(&error))?;
    Ok(sse::respond(stream::unfold(follower, Follower::next), &shutdown))
}

struct Follower {
    customer: CustomerService,
    person: PersonId,
    watcher: Watcher,
    /// Position and key of the last row that was read.
    last: (i64, String),
    ready: VecDeque<Message>,
}

impl Follower {
    fn new(customer: CustomerService, person: PersonId, seen: Option<i64>) -> Result<Self, StoreError> {
        let watcher = customer.room().topics.watch(inbox_topic(person.as_str()));
        // Behind every key of that position.
        let last = (seen.unwrap_or(0), "~".to_owned());
        let mut follower = Self { customer, person, watcher, last, ready: VecDeque::new() };
        if seen.is_none() {
            let latest = follower.read("ORDER BY position DESC, key DESC", LATEST)?;
            follower.show(latest.into_iter().rev());
        }
        Ok(follower)
    }

    async fn next(mut self) -> Option<(Message, Self)> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some((message, self));
            }
            let changed = self.watcher.changed();
            match self.read("ORDER BY position, key", AT_A_TIME) {
                Ok(rows) if rows.is_empty() => changed.await,
                Ok(rows) => {
                    drop(changed);
                    self.show(rows);
                }
                Err(error) => {
                    tracing::warn!(%error, "an inbox could not be followed; its reader comes back");
                    return None;
                }
            }
        }
    }

    /// The person's rows after the last one that was read.
    fn read(&self, order: &str, limit: i64) -> Result<Vec<Placed>, StoreError> {
        let (position, key) = self.last.clone();
        let person = Value::Text(self.person.as_str().to_owned());
        self.customer.inbox(
            &format!("WHERE customer_id = ?1 AND (position, key) > (?2, ?3) {order} LIMIT ?4"),
            &[person, Value::Integer(position), Value::Text(key), Value::Integer(limit)],
        )
    }

    fn show(&mut self, rows: impl IntoIterator<Item = Placed>) {
        for (row, position) in rows {
            self.last = (position, row.notification_id.to_string());
            self.ready.extend(Message::new(position, "notification", &Notification::from(row)));
        }
    }
}
