//! One page of all events, in the order of their times.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use http_body_util::{BodyExt, Limited};
use kernel::{Context, Time};
use platform::identity::Identity;
use platform::paging::LARGEST_LIMIT;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::cursor::Cursor;
use crate::Gateway;

/// How long one context may take for its part.
const DEADLINE: Duration = Duration::from_secs(2);

/// The most bytes that one context's part may have.
const LARGEST: usize = 32 * 1024 * 1024;

#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct MergedPage {
    /// In their envelopes.
    #[schemars(with = "Vec<BTreeMap<String, serde_json::Value>>")]
    items: Vec<Box<RawValue>>,
    /// Where to go on; a log has no end, so there is always one.
    next: String,
    /// The contexts that could not be asked; their events come later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Context>,
}

platform::written!(MergedPage);

#[derive(Deserialize)]
struct Part {
    items: Vec<Box<RawValue>>,
}

/// What the order of a merged page depends on, of an event.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    time: Time,
}

struct Item {
    position: u64,
    time: Time,
    raw: Box<RawValue>,
}

/// Up to `limit` events after `cursor`, of all contexts that can be asked.
pub(super) async fn page(gateway: &Gateway, operator: &Identity, cursor: Cursor, limit: usize) -> Response {
    let asked = Context::ALL.map(|context| {
        let after = cursor.of(context);
        async move {
            let part = tokio::time::timeout(DEADLINE, part(gateway, operator, context, after, limit)).await;
            (context, part.ok().flatten())
        }
    });
    let mut missing = Vec::new();
    let mut parts = BTreeMap::new();
    for (context, part) in join_all(asked).await {
        match part {
            Some(items) => drop(parts.insert(context, VecDeque::from(items))),
            None => missing.push(context),
        }
    }
    let (items, next) = merged(parts, cursor, limit);
    let page = MergedPage { items, next: next.to_string(), missing };
    ([(CACHE_CONTROL, "no-store")], Json(page)).into_response()
}

/// Takes the earliest first; the events of one context keep the order of its log, whatever their times say.
fn merged(
    mut parts: BTreeMap<Context, VecDeque<Item>>,
    mut cursor: Cursor,
    limit: usize,
) -> (Vec<Box<RawValue>>, Cursor) {
    let mut items = Vec::with_capacity(limit);
    while items.len() < limit {
        let heads = parts.iter().filter_map(|(context, part)| part.front().map(|item| (item.time, *context)));
        let Some((_, context)) = heads.min() else { break };
        if let Some(item) = parts.get_mut(&context).and_then(VecDeque::pop_front) {
            cursor.read(context, item.position);
            items.push(item.raw);
        }
    }
    (items, cursor)
}

/// Up to `limit` events of one context; `None` when it cannot be asked.
async fn part(gateway: &Gateway, operator: &Identity, context: Context, after: u64, limit: usize) -> Option<Vec<Item>> {
    let target = gateway.targets.get(&context)?;
    // One more, in case the event at the position itself is answered too.
    let request = super::request(operator, "application/json", after, Some((limit + 1).min(LARGEST_LIMIT)));
    let response = target.answer(request).await.ok().filter(|response| response.status() == StatusCode::OK)?;
    let body = Limited::new(response.into_body(), LARGEST).collect().await.ok()?.to_bytes();
    let part: Part = serde_json::from_slice(&body)
        .inspect_err(|error| tracing::warn!(context = context.name(), %error, "a context's events cannot be read"))
        .ok()?;
    // An event that cannot be read is not passed over: the whole part is missing, and is seen to be.
    let items: Option<Vec<Item>> = part.items.into_iter().map(item).collect();
    Some(items?.into_iter().filter(|item| item.position > after).collect())
}

fn item(raw: Box<RawValue>) -> Option<Item> {
    let Envelope { id, time } = serde_json::from_str(raw.get()).ok()?;
    let position = position_in(&id)?;
    Some(Item { position, time, raw })
}

/// An event's id is `<log id>/<position>`.
fn position_in(id: &str) -> Option<u64> {
    id.rsplit_once('/')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(of: &[(u64, &str)]) -> VecDeque<Item> {
        let raw = |(position, time): &(u64, &str)| format!(r#"{{"id":"log/{position}","time":"{time}"}}"#);
        of.iter().map(|one| item(RawValue::from_string(raw(one)).unwrap()).unwrap()).collect()
    }

    #[test]
    fn the_earliest_comes_first_and_each_log_keeps_its_order() {
        let parts = BTreeMap::from([
            (Context::App, items(&[(5, "2026-11-22T03:00:00Z"), (6, "2026-11-22T03:00:02Z")])),
            (Context::Pay, items(&[(9, "2026-11-22T03:00:00.5Z"), (10, "2026-11-22T02:00:00Z")])),
        ]);
        let (taken, cursor) = merged(parts, Cursor::default(), 3);
        let ids: Vec<_> = taken.iter().map(|raw| raw.get().split('"').nth(3).unwrap().to_owned()).collect();
        assert_eq!(ids, ["log/5", "log/9", "log/10"]);
        assert_eq!(cursor.to_string(), "app:5;pay:10");
    }
}
