//! A phone to look at: the messages that a customer got, as a chat with the channel. Only where all people are made up.

#[cfg(test)]
mod tests;

use askama::Template;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use kernel::ids::OrderId;
use kernel::people::PersonId;
use platform::commands::outage;
use platform::extract::Params;
use platform::problem::Problem;
use platform::sse::{self, Message};
use platform::store::StoreError;
use platform::topics::Watcher;
use platform::view::{Value, View};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::cards::{Card, Told, cards, people};
use crate::domain::views::OrderFacts;
use crate::service::CustomerService;
use crate::tables::{OrderFactsView, inbox_topic};

mod cards;

const STYLE: &str = include_str!("pages/phone.css");
const SCRIPT: &str = include_str!("pages/phone.js");

/// How many of a customer's latest messages are shown.
const MESSAGES: i64 = 50;
/// How many of the latest messages of all are looked at for whom to list.
const LOOKED_AT: i64 = 400;

/// The paths of the phone.
pub fn routes() -> OpenApiRouter<CustomerService> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(follow))
}

/// One customer's phone. Its block `chat` is what a live update sends.
#[derive(Template)]
#[template(path = "phone.html", blocks = ["chat"])]
struct Phone {
    nonce: String,
    style: &'static str,
    script: &'static str,
    person: String,
    cards: Vec<Card>,
}

/// Whose phones there are.
#[derive(Template)]
#[template(path = "phones.html")]
struct Phones {
    nonce: String,
    style: &'static str,
    people: Vec<Told>,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Whose {
    customer: Option<PersonId>,
}

/// One customer's phone, or whose there are.
#[utoipa::path(
    get,
    path = "/phone",
    operation_id = "showPhone",
    tag = "pages",
    summary = "A phone to look at, where all people are made up",
    security(()),
    params(Whose),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 404, description = "not-found"),
    ),
)]
async fn show(
    State(customer): State<CustomerService>,
    Params(Whose { customer: person }): Params<Whose>,
) -> Result<Response, Problem> {
    only_where_people_are_made_up(&customer)?;
    let nonce = customer.room().ids.token();
    let page = match &person {
        Some(person) => written(&customer.phone(person, &nonce).map_err(|error| outage(&error))?.0)?,
        None => written(&customer.phones(&nonce).map_err(|error| outage(&error))?)?,
    };
    let headers = [
        (CACHE_CONTROL, "no-store".to_owned()),
        (CONTENT_SECURITY_POLICY, policy(&nonce)),
        (REFERRER_POLICY, "no-referrer".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, Html(page)).into_response())
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Of {
    customer: PersonId,
}

platform::asked_in_query!(Whose, Of);

/// The chat anew whenever one of its messages comes or changes.
#[utoipa::path(
    get,
    path = "/phone/stream",
    operation_id = "followPhone",
    tag = "pages",
    summary = "The chat on that phone as it changes",
    security(()),
    params(Of),
    responses(
        (status = 200, description = "The chat, whenever it changes.", body = String, content_type = "text/event-stream"),
        (status = 404, description = "not-found"),
    ),
)]
async fn follow(
    State(customer): State<CustomerService>,
    Params(Of { customer: person }): Params<Of>,
) -> Result<Response, Problem> {
    only_where_people_are_made_up(&customer)?;
    let shutdown = customer.room().shutdown.clone();
    let watcher = customer.room().topics.watch(inbox_topic(person.as_str()));
    let follower = Follower { customer, person, watcher, last: String::new() };
    Ok(sse::respond(stream::unfold(follower, Follower::next), &shutdown))
}

fn only_where_people_are_made_up(customer: &CustomerService) -> Result<(), Problem> {
    if customer.shows_phones() { Ok(()) } else { Err(Problem::not_found()) }
}

/// Nothing is loaded from anywhere; the one style and the one script are in the page.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn written(template: &impl Template) -> Result<String, Problem> {
    template.render().map_err(|error| {
        tracing::error!(%error, "a page could not be written, which is a bug");
        Problem::unavailable("The page cannot be shown right now.", 5)
    })
}

struct Follower {
    customer: CustomerService,
    person: PersonId,
    watcher: Watcher,
    /// What was sent last.
    last: String,
}

impl Follower {
    async fn next(mut self) -> Option<(Message, Self)> {
        loop {
            let changed = self.watcher.changed();
            let (phone, position) = match self.customer.phone(&self.person, "") {
                Ok(phone) => phone,
                Err(error) => {
                    tracing::warn!(%error, "a phone could not be followed; its reader comes back");
                    return None;
                }
            };
            // A carriage return would end a line of the stream.
            let chat = phone.as_chat().render().ok()?.replace('\r', "");
            if chat == self.last {
                changed.await;
                continue;
            }
            drop(changed);
            self.last.clone_from(&chat);
            return Some((Message { id: position, event: "chat".into(), data: chat }, self));
        }
    }
}

impl CustomerService {
    /// The phone of `person`, and the position of what changed last on it.
    fn phone(&self, person: &PersonId, nonce: &str) -> Result<(Phone, i64), StoreError> {
        let parameters = [Value::Text(person.as_str().to_owned()), Value::Integer(MESSAGES)];
        let mut rows = self.inbox("WHERE customer_id = ?1 ORDER BY position DESC, key DESC LIMIT ?2", &parameters)?;
        let position = rows.first().map_or(0, |(_, position)| *position);
        // By when they were queued: a state that changes does not move a message.
        rows.sort_by_key(|(row, _)| row.notification_id);
        let mut shown = Vec::with_capacity(rows.len());
        for (row, _) in rows {
            let token = self.link_token(row.order_id)?;
            shown.push((row, token));
        }
        let (nonce, person) = (nonce.to_owned(), person.as_str().to_owned());
        let phone = Phone { nonce, style: STYLE, script: SCRIPT, person, cards: cards(shown, self.zone()) };
        Ok((phone, position))
    }

    /// Whose phones there are: those who were told something last.
    fn phones(&self, nonce: &str) -> Result<Phones, StoreError> {
        let rows = self.inbox("ORDER BY key DESC LIMIT ?1", &[Value::Integer(LOOKED_AT)])?;
        let people = people(rows.into_iter().map(|(row, _)| row), self.zone());
        Ok(Phones { nonce: nonce.to_owned(), style: STYLE, people })
    }

    /// The token of an order's page, where it is still known.
    fn link_token(&self, order: OrderId) -> Result<Option<String>, StoreError> {
        let table = OrderFactsView::TABLE.name;
        let found = self.room().store.readers().with(|reader| reader.row(table, &order.to_string()))?;
        let Some((doc, personal, _)) = found else { return Ok(None) };
        let facts: OrderFacts = OrderFactsView::read(&doc, personal.as_deref())?;
        Ok(facts.private.and_then(|private| private.link_token))
    }
}
