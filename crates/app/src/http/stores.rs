//! Choosing a store: from app's own copy, so that it goes on while store is down.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::ids::StoreId;
use platform::actor::Speaks;
use platform::extract::{Params, PathId};
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use serde::Deserialize;

use super::shapes::{self, Menu, StoreJson, StorePage};
use crate::domain::storefront::StoreFrontRow;
use crate::service::AppService;

/// What is looked for.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Search {
    q: Option<String>,
    category: Option<String>,
}

platform::asked_in_query!(Search);

/// `GET /stores?q=&category=`.
#[utoipa::path(
    get,
    path = "/stores",
    operation_id = "listStores",
    tag = "stores",
    summary = "Stores to choose from",
    security(()),
    params(Search, Paging),
    responses(
        (status = 200, description = "The stores, by their ids.", body = StorePage),
    ),
)]
pub async fn list(
    State(app): State<AppService>,
    Speaks(language): Speaks,
    Params(search): Params<Search>,
    paging: Paging,
) -> Response {
    let after = match paging.after::<StoreId>() {
        Ok(after) => after,
        Err(problem) => return problem.into_response(),
    };
    let now = app.room().clock.now();
    let words = search.q.as_deref().map(str::to_lowercase);
    let found = app
        .fronts()
        .all()
        .into_iter()
        .filter(|front| after.is_none_or(|after| front.store_id > after))
        .filter(|front| search.category.as_deref().is_none_or(|slug| front.terms.category.slug == slug))
        .filter(|front| words.as_deref().is_none_or(|words| mentions(front, words)))
        .take(paging.limit() + 1)
        .collect();
    let page = Page::of(found, &paging, |front| front.store_id);
    let items = page.items.iter().map(|front| shapes::store(front, language, now, Menu::Without)).collect();
    axum::Json(Page { items, next: page.next }).into_response()
}

/// Whether the store or something on its menu is called so, in either language.
fn mentions(front: &StoreFrontRow, words: &str) -> bool {
    let names = std::iter::once(&front.terms.name).chain(front.menu.iter().map(|entry| &entry.item.name));
    names.into_iter().any(|name| name.ko.to_lowercase().contains(words) || name.en.to_lowercase().contains(words))
}

/// `GET /stores/{storeId}`: with its menu.
#[utoipa::path(
    get,
    path = "/stores/{storeId}",
    operation_id = "showStore",
    tag = "stores",
    summary = "A store with its menu",
    security(()),
    responses(
        (status = 200, description = "The store.", body = StoreJson),
    ),
)]
pub async fn show(State(app): State<AppService>, PathId(id): PathId<StoreId>, Speaks(language): Speaks) -> Response {
    match app.fronts().get(id) {
        Some(front) => axum::Json(shapes::store(&front, language, app.room().clock.now(), Menu::With)).into_response(),
        None => Problem::not_found().into_response(),
    }
}
