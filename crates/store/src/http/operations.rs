//! What operators look at: pick-ups that nobody collects, and late kitchens.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::ids::OrderId;
use kernel::lang::Language;
use kernel::people::Actor;
use platform::actor::{Caller, Speaks, require_operator};
use platform::commands::outage;
use platform::extract::Params;
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use serde::Deserialize;

use super::shapes::{self, TicketPage};
use crate::board::Overdue;
use crate::service::StoreService;

/// Which tickets; a parameter counts by being there, whatever it says.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Which {
    uncollected: Option<String>,
    late: Option<String>,
}

platform::asked_in_query!(Which);

impl Which {
    fn overdue(&self) -> Overdue {
        match (&self.uncollected, &self.late) {
            (Some(_), None) => Overdue::Uncollected,
            (None, Some(_)) => Overdue::Late,
            (None, None) | (Some(_), Some(_)) => Overdue::Any,
        }
    }
}

/// `GET /operations/store/tickets?uncollected&late`: both unless one is named, longest overdue first.
#[utoipa::path(
    get,
    path = "/operations/store/tickets",
    operation_id = "operateTickets",
    tag = "operations",
    summary = "Pick-ups that nobody collects, and late kitchens",
    params(Which, Paging),
    responses(
        (status = 200, description = "The tickets, longest overdue first.", body = TicketPage),
    ),
)]
pub async fn list(
    State(store): State<StoreService>,
    Caller(actor): Caller,
    Speaks(language): Speaks,
    Params(which): Params<Which>,
    paging: Paging,
) -> Response {
    page(&store, &actor, language, &which, &paging).unwrap_or_else(IntoResponse::into_response)
}

fn page(
    store: &StoreService,
    actor: &Actor,
    language: Language,
    which: &Which,
    paging: &Paging,
) -> Result<Response, Problem> {
    require_operator(actor)?;
    let after = paging.after::<(i64, OrderId)>()?;
    let after = after.map_or((i64::MIN, String::new()), |(since, id)| (since, id.to_string()));
    let rows = store
        .overdue(which.overdue(), store.room().clock.now(), (after.0, &after.1), paging.limit() + 1)
        .map_err(|error| outage(&error))?;
    let page = Page::of(rows, paging, |(row, _)| {
        (row.overdue_at().map_or(i64::MIN, kernel::Time::as_millisecond), row.order_id)
    });
    let items = page.items.iter().map(|(row, _)| shapes::ticket(row, language)).collect();
    Ok(axum::Json(Page { items, next: page.next }).into_response())
}
