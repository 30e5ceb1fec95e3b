//! The faults of all contexts in one place: each call goes to every context that it is about, and the answer says which
//! of them did not take part.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use http_body_util::{BodyExt, Limited};
use kernel::Context;
use platform::actor::{Caller, require_operator};
use platform::extract;
use platform::faults::AskedFaults;
use platform::identity::Identity;
use platform::problem::Problem;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Gateway;

/// How long one context may take.
const DEADLINE: Duration = Duration::from_secs(2);
/// The longest answer of a context that is read.
const LONGEST: usize = 16 * 1024;

/// What each context was asked for, or is.
type ByContext = BTreeMap<Context, AskedFaults>;

#[derive(Default, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AllFaults")]
pub(crate) struct Overview {
    /// What is in force now, in those that answered.
    faults: ByContext,
    /// Those that run without faults and take none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    off: Vec<Context>,
    /// Those that did not answer: nobody knows what is in force there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Context>,
}

/// The same as it is asked for.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
pub(crate) struct ByContextBody(ByContext);

platform::written!(Overview);
platform::taken!(ByContextBody);

/// The routes, where faults can be asked for.
pub(crate) fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new().routes(routes!(show, ask, clear))
}

/// What one context said.
enum Told {
    Has(AskedFaults),
    TakesNone,
    Nothing,
}

/// Answers with the faults of all contexts; operators only.
#[utoipa::path(
    get,
    path = "/api/operations/faults",
    operation_id = "allFaults",
    tag = "faults",
    summary = "What is broken on purpose, in all contexts",
    responses(
        (status = 200, description = "The faults.", body = Overview),
        (status = 404, description = "not-found"),
        (status = 503, description = "service-unavailable"),
    ),
)]
pub(crate) async fn show(State(gateway): State<Arc<Gateway>>, caller: Caller) -> Result<Response, Problem> {
    let operator = operator(caller)?;
    let calls = Context::ALL.map(|context| (context, Method::GET, Body::empty()));
    all(&gateway, &operator, calls).await
}

/// Replaces the faults of those contexts that are named, and leaves the others as they are; operators only.
#[utoipa::path(
    put,
    path = "/api/operations/faults",
    operation_id = "askAllFaults",
    tag = "faults",
    summary = "Break something on purpose",
    request_body(content = ByContextBody, example = json!({"pay": {"payment": {"delayMs": 300}}})),
    responses(
        (status = 200, description = "The faults.", body = Overview),
        (status = 404, description = "not-found"),
        (status = 503, description = "service-unavailable"),
    ),
)]
pub(crate) async fn ask(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    asked: extract::Json<ByContextBody>,
) -> Result<Response, Problem> {
    let operator = operator(caller)?;
    let mut calls = Vec::new();
    for (context, faults) in asked.value.0 {
        faults.refuse_misfits(context, &format!("{context}."))?;
        calls.push((context, Method::PUT, Body::from(serde_json::to_vec(&faults).unwrap_or_default())));
    }
    all(&gateway, &operator, calls).await
}

/// Ends the faults of all contexts; operators only.
#[utoipa::path(
    delete,
    path = "/api/operations/faults",
    operation_id = "clearAllFaults",
    tag = "faults",
    summary = "End all that is broken on purpose",
    responses(
        (status = 200, description = "The faults: none.", body = Overview),
        (status = 404, description = "not-found"),
        (status = 503, description = "service-unavailable"),
    ),
)]
pub(crate) async fn clear(State(gateway): State<Arc<Gateway>>, caller: Caller) -> Result<Response, Problem> {
    let operator = operator(caller)?;
    let calls = Context::ALL.map(|context| (context, Method::DELETE, Body::empty()));
    all(&gateway, &operator, calls).await
}

fn operator(Caller(actor): Caller) -> Result<Identity, Problem> {
    require_operator(&actor)?;
    Ok(Identity::Somebody(actor))
}

/// Makes all these calls at the same time.
async fn all(
    gateway: &Gateway,
    operator: &Identity,
    calls: impl IntoIterator<Item = (Context, Method, Body)>,
) -> Result<Response, Problem> {
    let calls = calls.into_iter().map(async |(context, method, body)| {
        let told = tokio::time::timeout(DEADLINE, one(gateway, operator, context, method, body)).await;
        (context, told.ok().flatten().unwrap_or(Told::Nothing))
    });
    let mut all = Overview::default();
    for (context, told) in join_all(calls).await {
        match told {
            Told::Has(faults) => drop(all.faults.insert(context, faults)),
            Told::TakesNone => all.off.push(context),
            Told::Nothing => all.missing.push(context),
        }
    }
    if all.faults.is_empty() && !all.missing.is_empty() {
        let names: Vec<_> = all.missing.iter().map(|context| context.name()).collect();
        let detail = format!("No answer about faults from: {}.", names.join(", "));
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "service-unavailable", detail).retry_after(2));
    }
    if all.faults.is_empty() && !all.off.is_empty() {
        return Err(Problem::not_found());
    }
    Ok(([(CACHE_CONTROL, "no-store")], Json(all)).into_response())
}

async fn one(gateway: &Gateway, operator: &Identity, context: Context, method: Method, body: Body) -> Option<Told> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = format!("/operations/{context}/faults").parse().ok()?;
    request.extensions_mut().insert(operator.clone());
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let response = gateway.targets.get(&context)?.answer(request).await.ok()?;
    if response.status() == StatusCode::NOT_FOUND {
        return Some(Told::TakesNone);
    }
    let response = Some(response).filter(|response| response.status() == StatusCode::OK)?;
    let body = Limited::new(response.into_body(), LONGEST).collect().await.ok()?.to_bytes();
    serde_json::from_slice(&body)
        .inspect_err(|error| tracing::warn!(context = context.name(), %error, "a context's faults cannot be read"))
        .ok()
        .map(Told::Has)
}
