//! What owners and operators do with stores.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::events::store::{MenuItem, OptionGroup, StoreTerms};
use kernel::ids::{MenuId, StoreId};
use kernel::lang::{Language, Localized};
use kernel::money::Amount;
use kernel::people::Actor;
use platform::actor::{Caller, Speaks, require_operator};
use platform::commands::{self, Asked, once, outage};
use platform::describe::Idempotent;
use platform::extract::{PathId, PathIds};
use platform::problem::Problem;
use platform::reply::Reply;
use platform::store::StoreError;
use platform::streams::Loaded;
use serde::Deserialize;

use super::shapes::{OwnStoreJson, StoreJson};
use super::{problems, shapes};
use crate::domain::commands::StoreWhat;
use crate::domain::store::{Registered, Store};
use crate::service::StoreService;

/// `GET /operations/store/stores/{storeId}`: all of a store in both languages, for those who may change it.
#[utoipa::path(
    get,
    path = "/operations/store/stores/{storeId}",
    operation_id = "keepStore",
    tag = "stores",
    summary = "All of a store in both languages",
    responses(
        (status = 200, description = "The store.", body = OwnStoreJson),
    ),
)]
pub async fn show(State(store): State<StoreService>, Caller(actor): Caller, PathId(id): PathId<StoreId>) -> Response {
    let found = keeper(&actor, id).and_then(|()| store.store(id).map_err(|error| outage(&error)));
    match found {
        Ok(found) => match shapes::own_store(id, &found, store.room().clock.now()) {
            Some(shape) => axum::Json(shape).into_response(),
            None => Problem::not_found().into_response(),
        },
        Err(problem) => problem.into_response(),
    }
}

/// What a store offers, as a PUT says it.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct TermsBody(Box<StoreTerms>);

platform::taken!(TermsBody, PauseBody, ItemBody);

/// `PUT /stores/{storeId}`: other terms; under a new id, from an operator, a new store.
#[utoipa::path(
    put,
    path = "/stores/{storeId}",
    operation_id = "putStore",
    tag = "stores",
    summary = "Change the terms of a store",
    request_body(content = TermsBody, example = json!({"name": {"ko": "온새미국밥 24시", "en": "Onsaemi Gukbap 24h"}, "category": {"slug": "korean", "name": {"ko": "한식", "en": "Korean"}}, "phone": "010-0000-1004", "address": "서울특별시 마포구 라온길 3", "lat": 37.5549, "lng": 126.9151, "minimumAmount": 10000, "offers": [{"deliveryBy": "RIDER", "feeAmount": 2000}, {"deliveryBy": "PICKUP", "feeAmount": 0}], "currency": "KRW", "prepMinutes": 12, "hours": {"timezone": "Asia/Seoul", "weekly": {"mon": [{"open": "00:00", "close": "24:00"}], "tue": [{"open": "00:00", "close": "24:00"}], "wed": [{"open": "00:00", "close": "24:00"}], "thu": [{"open": "00:00", "close": "24:00"}], "fri": [{"open": "00:00", "close": "24:00"}], "sat": [{"open": "00:00", "close": "24:00"}], "sun": [{"open": "00:00", "close": "24:00"}]}}, "autoCooking": {"mode": "DEFAULT"}})),
    responses(
        (status = 200, description = "The store.", body = StoreJson),
        (status = 201, description = "A new store.", body = StoreJson, headers(("Location" = String, description = "The store."))),
        (status = 409, description = "busy, store-already-registered"),
        (status = 422, description = "invalid-terms"),
    ),
)]
pub async fn put(
    State(store): State<StoreService>,
    PathId(id): PathId<StoreId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let outcome = async {
        keeper(&asked.actor, id)?;
        let TermsBody(terms) = asked.json()?;
        let known = store.store(id).map_err(|error| outage(&error))?;
        let (what, status) = if known.state.registered().is_some() {
            (StoreWhat::ChangeStoreTerms { terms }, StatusCode::OK)
        } else {
            require_operator(&asked.actor)?;
            (StoreWhat::RegisterStore { terms }, StatusCode::CREATED)
        };
        change(&store, id, language, &keyless(&asked), what, status).await
    };
    outcome.await.map_or_else(IntoResponse::into_response, IntoResponse::into_response)
}

/// `POST /stores/{storeId}/open`.
#[utoipa::path(
    post,
    path = "/stores/{storeId}/open",
    operation_id = "openStore",
    tag = "stores",
    summary = "Open a store",
    params(Idempotent),
    responses(
        (status = 200, description = "The store.", body = StoreJson),
        (status = 409, description = "store-switched-off"),
    ),
)]
pub async fn open(
    State(store): State<StoreService>,
    PathId(id): PathId<StoreId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&store, id, language, &asked, || Ok(StoreWhat::OpenStore)).await
}

/// `POST /stores/{storeId}/close`.
#[utoipa::path(
    post,
    path = "/stores/{storeId}/close",
    operation_id = "closeStore",
    tag = "stores",
    summary = "Close a store",
    params(Idempotent),
    responses(
        (status = 200, description = "The store.", body = StoreJson),
        (status = 409, description = "store-switched-off"),
    ),
)]
pub async fn close(
    State(store): State<StoreService>,
    PathId(id): PathId<StoreId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&store, id, language, &asked, || Ok(StoreWhat::CloseStore)).await
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct PauseBody {
    #[schemars(range(min = 1, max = 1_440))]
    minutes: u32,
}

/// `POST /stores/{storeId}/pause {minutes}`.
#[utoipa::path(
    post,
    path = "/stores/{storeId}/pause",
    operation_id = "pauseStore",
    tag = "stores",
    summary = "Close a store for a while",
    params(Idempotent),
    request_body(content = PauseBody, example = json!({"minutes": 15})),
    responses(
        (status = 200, description = "The store.", body = StoreJson),
        (status = 409, description = "store-switched-off"),
        (status = 422, description = "pause-out-of-range"),
    ),
)]
pub async fn pause(
    State(store): State<StoreService>,
    PathId(id): PathId<StoreId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let what = || -> Result<StoreWhat, Problem> {
        let PauseBody { minutes } = asked.json()?;
        Ok(StoreWhat::PauseStore { minutes })
    };
    act(&store, id, language, &asked, what).await
}

/// A menu item without its id, which is in the path; what is not said of its stock stays.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MenuItemBody")]
struct ItemBody {
    name: Localized,
    #[serde(default)]
    description: Localized,
    price_amount: Amount,
    #[serde(default)]
    sold_out: Option<bool>,
    #[serde(default)]
    option_groups: Vec<OptionGroup>,
}

/// `PUT /stores/{storeId}/menu/{menuId}`: a new item, or a known one otherwise.
#[utoipa::path(
    put,
    path = "/stores/{storeId}/menu/{menuId}",
    operation_id = "putMenuItem",
    tag = "stores",
    summary = "Put an item on the menu, or change it",
    request_body(content = ItemBody, example = json!({"name": {"ko": "김치전", "en": "Kimchi Pancake"}, "description": {"ko": "신김치로 바삭하게 부친 전", "en": "Crisp pancake of well-aged kimchi"}, "priceAmount": 10000, "optionGroups": []})),
    responses(
        (status = 200, description = "The store.", body = StoreJson),
        (status = 201, description = "A new item.", body = StoreJson, headers(("Location" = String, description = "The store."))),
        (status = 409, description = "busy"),
        (status = 422, description = "invalid-item"),
    ),
)]
pub async fn put_item(
    State(store): State<StoreService>,
    PathIds(id, menu_id): PathIds<StoreId, MenuId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    let outcome = async {
        keeper(&asked.actor, id)?;
        let body: ItemBody = asked.json()?;
        let known = store.store(id).map_err(|error| outage(&error))?;
        let menu = known.state.registered().map(|known| known.menu.as_slice()).unwrap_or_default();
        let item = menu.iter().find(|item| item.menu_id == menu_id);
        let what = StoreWhat::ChangeMenuItem {
            item: Box::new(MenuItem {
                menu_id,
                name: body.name,
                description: body.description,
                price_amount: body.price_amount,
                sold_out: body.sold_out.or(item.map(|item| item.sold_out)).unwrap_or(false),
                option_groups: body.option_groups,
            }),
        };
        let status = if item.is_some() { StatusCode::OK } else { StatusCode::CREATED };
        change(&store, id, language, &keyless(&asked), what, status).await
    };
    outcome.await.map_or_else(IntoResponse::into_response, IntoResponse::into_response)
}

/// `POST /stores/{storeId}/menu/{menuId}/sold-out`.
#[utoipa::path(
    post,
    path = "/stores/{storeId}/menu/{menuId}/sold-out",
    operation_id = "sellOut",
    tag = "stores",
    summary = "Say that an item is sold out",
    params(Idempotent),
    responses(
        (status = 200, description = "The store.", body = StoreJson),
        (status = 409, description = "store-switched-off"),
    ),
)]
pub async fn sold_out(
    State(store): State<StoreService>,
    PathIds(id, menu_id): PathIds<StoreId, MenuId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&store, id, language, &asked, || Ok(StoreWhat::MarkSoldOut { menu_id })).await
}

/// `POST /stores/{storeId}/menu/{menuId}/back-in-stock`.
#[utoipa::path(
    post,
    path = "/stores/{storeId}/menu/{menuId}/back-in-stock",
    operation_id = "restock",
    tag = "stores",
    summary = "Say that an item is back",
    params(Idempotent),
    responses(
        (status = 200, description = "The store.", body = StoreJson),
        (status = 409, description = "store-switched-off"),
    ),
)]
pub async fn back_in_stock(
    State(store): State<StoreService>,
    PathIds(id, menu_id): PathIds<StoreId, MenuId>,
    Speaks(language): Speaks,
    asked: Asked,
) -> Response {
    act(&store, id, language, &asked, || Ok(StoreWhat::MarkBackInStock { menu_id })).await
}

/// A store is kept by its owner and by operators; to other owners it is not there.
fn keeper(actor: &Actor, id: StoreId) -> Result<(), Problem> {
    match actor {
        Actor::Owner(owner) if owner.owns(id) => Ok(()),
        Actor::Owner(_) => Err(Problem::not_found()),
        Actor::Operator(_) => Ok(()),
        Actor::Customer(_) | Actor::Rider(_) | Actor::Service(_) => {
            Err(Problem::forbidden("A store is kept by its owner and by operators."))
        }
    }
}

/// A PUT is the same however often it comes, so that it needs no key.
fn keyless(asked: &Asked) -> Asked {
    let mut asked = asked.clone();
    asked.keyed = None;
    asked
}

/// Does `what` with a store, once per idempotency key, and answers with the store.
async fn act(
    store: &StoreService,
    id: StoreId,
    language: Language,
    asked: &Asked,
    what: impl FnOnce() -> Result<StoreWhat, Problem>,
) -> Response {
    let again = |_| {
        keeper(&asked.actor, id)?;
        let found = store.store(id).map_err(|error| outage(&error))?;
        reply(store, id, &found, language, StatusCode::OK).map_err(|error| outage(&error))
    };
    let work = async || -> Result<Reply, Problem> {
        keeper(&asked.actor, id)?;
        change(store, id, language, asked, what()?, StatusCode::OK).await
    };
    once(store.room(), store.running(), asked, work, again).await
}

async fn change(
    store: &StoreService,
    id: StoreId,
    language: Language,
    asked: &Asked,
    what: StoreWhat,
    status: StatusCode,
) -> Result<Reply, Problem> {
    let command = store.command(store.room().clock.now(), what);
    let answer = |found: &Loaded<Store>| reply(store, id, found, language, status);
    commands::decide(store.room(), store.stores(), id.uuid(), asked, command, answer, |no| problems::of_store(&no))
        .await
}

fn reply(
    store: &StoreService,
    id: StoreId,
    found: &Loaded<Store>,
    language: Language,
    status: StatusCode,
) -> Result<Reply, StoreError> {
    let known: Option<&Registered> = found.state.registered();
    let known = known.ok_or_else(|| StoreError::Unreadable("a store that was never registered".to_owned()))?;
    let shape = shapes::store(id, known, found.version, language, store.room().clock.now());
    let answer = Reply::json(status, &shape)?;
    Ok(if status == StatusCode::CREATED { answer.at(format!("/stores/{id}")) } else { answer })
}
