//! All published events of all contexts, merged: a page of them, or a stream that goes on.

mod cursor;
mod frames;
mod live;
mod page;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use kernel::people::Actor;
use platform::actor::{Caller, require_operator};
use platform::describe::Resumable;
use platform::extract::Params;
use platform::identity::Identity;
use platform::paging::{LARGEST_LIMIT, USUAL_LIMIT};
use platform::problem::Problem;
use serde::Deserialize;

use self::cursor::Cursor;
use self::page::MergedPage;
use crate::Gateway;
use crate::proxy::names_a_stream;

/// The path of a context's own events.
const PATH: &str = "/events";

/// What a reader may ask for.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(crate) struct Wanted {
    /// The events after this, like `app:120;customer:7`; without it all from the beginning.
    from: Option<String>,
    /// How many events a page has.
    limit: Option<usize>,
}

platform::asked_in_query!(Wanted);

/// Answers with a stream if that is what is asked for, and otherwise with a page; operators only.
#[utoipa::path(
    get,
    path = "/api/events",
    operation_id = "readEvents",
    tag = "events",
    summary = "All published events, merged: a page of them, or live",
    params(Wanted, Resumable),
    responses(
        (status = 200, description = "A page; a stream for those who accept text/event-stream.", body = MergedPage),
    ),
)]
pub(crate) async fn show(
    State(gateway): State<Arc<Gateway>>,
    Caller(actor): Caller,
    Params(wanted): Params<Wanted>,
    headers: HeaderMap,
) -> Response {
    match shown(gateway, actor, &wanted, &headers).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn shown(gateway: Arc<Gateway>, actor: Actor, wanted: &Wanted, headers: &HeaderMap) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let from = wanted.from.as_deref().map_or(Ok(Cursor::default()), |text| {
        Cursor::parse(text).ok_or_else(|| Problem::invalid_field("from", "positions like app:120;customer:7"))
    })?;
    let limit = wanted.limit.unwrap_or(USUAL_LIMIT);
    if !(1..=LARGEST_LIMIT).contains(&limit) {
        return Err(Problem::invalid_field("limit", format!("a number from 1 to {LARGEST_LIMIT}")));
    }
    let operator = Identity::Somebody(actor);
    if !headers.get(ACCEPT).is_some_and(names_a_stream) {
        return Ok(page::page(&gateway, &operator, from, limit).await);
    }
    // A browser that comes back asks the same address again and says beside it what it has seen meanwhile.
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(Cursor::parse);
    Ok(live::stream(&gateway, &operator, seen.unwrap_or(from)))
}

/// A request for a context's own events after `position`.
fn request(operator: &Identity, accept: &'static str, position: u64, limit: Option<usize>) -> Request {
    let limit = limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
    let mut request = Request::new(Body::empty());
    if let Ok(uri) = format!("{PATH}?from={position}{limit}").parse() {
        *request.uri_mut() = uri;
    }
    request.extensions_mut().insert(operator.clone());
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
    request
}
