//! What runs: each service, asked now.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use http_body_util::{BodyExt, Limited};
use kernel::Context;
use kernel::access::Importance;
use serde::Serialize;

use crate::proxy::Outage;
use crate::{Document, Gateway};

/// The longest explanation of a service that is read.
const LONGEST: usize = 16 * 1024;

/// Answers with the status as JSON.
#[utoipa::path(
    get,
    path = "/api/status",
    operation_id = "showStatus",
    tag = "machines",
    summary = "What runs: each service, asked now",
    security(()),
    responses(
        (status = 200, description = "How each is.", body = Status),
    ),
)]
pub(crate) async fn show(State(gateway): State<Arc<Gateway>>, extensions: Extensions) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(Status::of(&gateway, &extensions).await)).into_response()
}

/// What the start page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(crate) struct Status {
    /// The gateway's own address.
    pub address: String,
    /// In the order of an order's way.
    pub services: Vec<Service>,
    /// Those that are not ready, or do not answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Context>,
    /// What to read.
    pub documents: Vec<Document>,
}

platform::written!(Status);

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(crate) struct Service {
    /// Its name.
    #[serde(rename = "service")]
    pub name: Context,
    /// How it is.
    pub state: Health,
    /// What it waits for, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// How a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "ServiceState")]
pub(crate) enum Health {
    /// It does its work.
    Ready,
    /// It answers, but waits for something.
    NotReady,
    /// It does not answer in time, or not at all.
    NotReachable,
}

impl Status {
    /// Asks all services at the same time. That one works is no secret; where it is and what it waits for is for those
    /// inside.
    pub(crate) async fn of(gateway: &Gateway, extensions: &Extensions) -> Self {
        let order = [Context::App, Context::Pay, Context::Store, Context::Delivery, Context::Customer];
        let mut services = join_all(order.map(|context| service(gateway, context))).await;
        if !gateway.traffic.shows_inside(extensions) {
            for service in &mut services {
                (service.detail, service.address) = (None, None);
            }
        }
        let gone = services.iter().filter(|service| service.state != Health::Ready);
        Self {
            address: gateway.options.address.clone(),
            missing: gone.map(|service| service.name).collect(),
            services,
            documents: gateway.options.documents.clone(),
        }
    }
}

async fn service(gateway: &Gateway, context: Context) -> Service {
    let asked = tokio::time::timeout(gateway.options.patience.health, health(gateway, context)).await;
    let (state, detail) = asked.unwrap_or(Err(Outage::Late)).unwrap_or((Health::NotReachable, None));
    Service { name: context, state, detail, address: gateway.options.addresses.get(&context).cloned() }
}

async fn health(gateway: &Gateway, context: Context) -> Result<(Health, Option<String>), Outage> {
    let target = gateway.targets.get(&context).ok_or(Outage::Absent)?;
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = axum::http::Uri::from_static("/health/ready");
    // Anybody may look at it, and is not to take the places of those who order.
    request.extensions_mut().insert(Importance::Browsing);
    let response = target.answer(request).await?;
    if response.status() == StatusCode::OK {
        return Ok((Health::Ready, None));
    }
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    let problem = body.ok().and_then(|body| serde_json::from_slice::<serde_json::Value>(&body.to_bytes()).ok());
    let detail = problem.and_then(|problem| Some(problem.get("detail")?.as_str()?.to_owned()));
    Ok((Health::NotReady, detail))
}
