//! Accounts, as operators make and change them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawPathParams, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use kernel::ids::StoreId;
use kernel::people::Role;
use platform::extract::{self, Params};
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::visitor::From;
use crate::Gateway;
use crate::accounts::{Listed, Login, New};
use crate::authenticate::Shown;

/// The most stores of one owner: each request to a service says them all, in a header.
const MOST_STORES: usize = 200;

/// Which accounts are asked for.
#[derive(Deserialize, schemars::JsonSchema)]
pub(crate) struct Of {
    role: Option<Role>,
    /// What they sign in with.
    login: Option<String>,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "MakeAccountBody")]
pub(crate) struct Making {
    /// A Korean mobile number, an e-mail address, or a name of 3 to 32 letters, digits, `-`, `_` or `.`.
    #[schemars(length(min = 3))]
    login: String,
    #[schemars(schema_with = "of_people")]
    role: Role,
    /// Only owners have stores.
    #[serde(default)]
    stores: Vec<StoreId>,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "OwnedStoresBody")]
pub(crate) struct Stores {
    stores: Vec<StoreId>,
}

/// An account and the password that opens it once.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "DrawnAccount")]
struct Drawn {
    #[serde(flatten)]
    account: Listed,
    /// Good for seven days, and to choose another.
    password: String,
}

type AccountPage = Page<Listed>;

platform::asked_in_query!(Of);
platform::taken!(Making, Stores);
platform::written!(Drawn);

/// The roles that a person can have.
fn of_people(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": Role::OF_PEOPLE.map(Role::name)})
}

/// `GET /operations/gateway/accounts?role=&login=`: who there is.
#[utoipa::path(
    get,
    path = "/api/operations/gateway/accounts",
    operation_id = "listAccounts",
    tag = "operations",
    summary = "Who there is",
    params(Of, Paging),
    responses((status = 200, description = "A page of accounts, by their ids.", body = AccountPage)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    paging: Paging,
    Params(of): Params<Of>,
) -> Result<Response, Problem> {
    let login = of.login.as_deref().map(Login::parse).transpose();
    let login = login.map_err(|error| Problem::invalid_field("login", error))?;
    let rows = gateway.accounts.list(paging.after()?, (of.role, login), paging.limit()).await?;
    Ok(Json(Page::of(rows, &paging, |last| last.id.clone())).into_response())
}

/// `GET /operations/gateway/accounts/{accountId}`: one of them.
#[utoipa::path(
    get,
    path = "/api/operations/gateway/accounts/{accountId}",
    operation_id = "showAccount",
    tag = "operations",
    summary = "One account",
    responses((status = 200, description = "The account.", body = Listed)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, params: RawPathParams) -> Result<Response, Problem> {
    Ok(Json(gateway.accounts.get(id(&params)?).await?).into_response())
}

/// `POST /operations/gateway/accounts {login, role, stores}`: 201 with a password that can be used once.
#[utoipa::path(
    post,
    path = "/api/operations/gateway/accounts",
    operation_id = "makeAccount",
    tag = "operations",
    summary = "Make an account for somebody",
    request_body(
        content = Making,
        example = json!({"login": "new-rider", "role": "rider"}),
    ),
    responses(
        (status = 201, description = "The account, with a password that can be used once.", body = Drawn),
        (status = 409, description = "login-taken"),
    ),
)]
pub(crate) async fn make(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Shown,
    asked: extract::Json<Making>,
) -> Result<Response, Problem> {
    let Making { login, role, stores } = asked.value;
    let login = Login::parse(&login).map_err(|error| Problem::invalid_field("login", error))?;
    few_enough(&stores)?;
    match role {
        Role::Owner => {}
        Role::Customer | Role::Rider | Role::Operator if stores.is_empty() => {}
        Role::Customer | Role::Rider | Role::Operator => {
            return Err(Problem::invalid_field("stores", "only owners have stores"));
        }
        Role::Service => return Err(Problem::invalid_field("role", "customer, owner, rider or operator")),
    }
    let (account, password) = gateway.accounts.make(New { login, role, stores }, &shown.session, visitor).await?;
    Ok(drawn(StatusCode::CREATED, account, password))
}

/// `PUT /operations/gateway/accounts/{accountId}/stores {stores}`: 200 with the account.
#[utoipa::path(
    put,
    path = "/api/operations/gateway/accounts/{accountId}/stores",
    operation_id = "setOwnedStores",
    tag = "operations",
    summary = "Say which stores an owner has",
    request_body(content = Stores, example = json!({"stores": ["019aa8dc-4883-7518-b416-a51e317821cf"]})),
    responses(
        (status = 200, description = "The account.", body = Listed),
        (status = 409, description = "not-an-owner"),
    ),
)]
pub(crate) async fn set_stores(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Shown,
    params: RawPathParams,
    asked: extract::Json<Stores>,
) -> Result<Response, Problem> {
    let stores = asked.value.stores;
    few_enough(&stores)?;
    Ok(Json(gateway.accounts.set_stores(id(&params)?, stores, &shown.session, visitor).await?).into_response())
}

/// `POST /operations/gateway/accounts/{accountId}/disable`: 200, and their sessions are over.
#[utoipa::path(
    post,
    path = "/api/operations/gateway/accounts/{accountId}/disable",
    operation_id = "disableAccount",
    tag = "operations",
    summary = "Keep somebody from signing in",
    responses(
        (status = 200, description = "The account; its sessions are over.", body = Listed),
        (status = 409, description = "own-account"),
    ),
)]
pub(crate) async fn disable(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Shown,
    params: RawPathParams,
) -> Result<Response, Problem> {
    Ok(Json(gateway.accounts.disable(id(&params)?, &shown.session, visitor).await?).into_response())
}

/// `POST /operations/gateway/accounts/{accountId}/enable`: 200, and they can sign in again.
#[utoipa::path(
    post,
    path = "/api/operations/gateway/accounts/{accountId}/enable",
    operation_id = "enableAccount",
    tag = "operations",
    summary = "Let somebody sign in again",
    responses(
        (status = 200, description = "The account.", body = Listed),
        (status = 409, description = "demo-account"),
    ),
)]
pub(crate) async fn enable(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Shown,
    params: RawPathParams,
) -> Result<Response, Problem> {
    Ok(Json(gateway.accounts.enable(id(&params)?, &shown.session, visitor).await?).into_response())
}

/// `POST /operations/gateway/accounts/{accountId}/reset-password`: 200 with a password that can be used once.
#[utoipa::path(
    post,
    path = "/api/operations/gateway/accounts/{accountId}/reset-password",
    operation_id = "resetPassword",
    tag = "operations",
    summary = "Draw another password for somebody",
    responses(
        (status = 200, description = "The account, with a password that can be used once; its sessions are over.", body = Drawn),
        (status = 409, description = "demo-account"),
    ),
)]
pub(crate) async fn reset_password(
    State(gateway): State<Arc<Gateway>>,
    From(visitor): From,
    shown: Shown,
    params: RawPathParams,
) -> Result<Response, Problem> {
    let (account, password) = gateway.accounts.reset_password(id(&params)?, &shown.session, visitor).await?;
    Ok(drawn(StatusCode::OK, account, password))
}

fn drawn(status: StatusCode, account: Listed, password: String) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(Drawn { account, password })).into_response()
}

fn few_enough(stores: &[StoreId]) -> Result<(), Problem> {
    if stores.len() <= MOST_STORES {
        return Ok(());
    }
    Err(Problem::invalid_field("stores", format!("at most {MOST_STORES}; a larger chain has several accounts")))
}

/// The id in the path.
fn id(params: &RawPathParams) -> Result<String, Problem> {
    params.iter().next().map(|(_, id)| id.to_owned()).ok_or_else(Problem::not_found)
}
