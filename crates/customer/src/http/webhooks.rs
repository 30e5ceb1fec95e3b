//! What message providers tell by webhook. Nobody signs in here, so what a webhook says is not believed: it only names
//! messages, and their provider is asked what became of them. Whoever repeats, reorders or makes up a webhook changes
//! nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use platform::commands::{commit_problem, outage};
use platform::extract::RawBody;
use platform::problem::Problem;
use platform::store::Cause;
use platform::streams::HandleError;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::commands::What;
use crate::domain::notice::Rejection;
use crate::ports::{Found, HookError, Provider, Report};
use crate::service::CustomerService;

/// Webhooks that are looked into at a time: each may ask the provider, and anybody may send one.
const AT_A_TIME: usize = 8;
/// How long one may take, all of its questions together.
const PATIENCE: Duration = Duration::from_secs(9);
/// When a webhook that could not be looked into had better come again, in seconds.
const LATER: u64 = 5;
/// What NHN Cloud tells of a message, as far as it is read.
const NHN_TELLS: &str =
    r#"{"appKey": "appkey", "hooks": [{"requestId": "20261127143000A1b2C3d4E50", "recipientSeq": 1}]}"#;
/// What Solapi tells of one.
const SOLAPI_TELLS: &str = r#"[{"messageId": "M4V20261127143000A1B2C3D4E5F6G7"}]"#;

#[derive(Clone)]
pub(super) struct Ears {
    customer: CustomerService,
    places: Arc<Semaphore>,
}

impl Ears {
    /// Those of `customer`.
    pub(super) fn of(customer: &CustomerService) -> Self {
        Self { customer: customer.clone(), places: Arc::new(Semaphore::new(AT_A_TIME)) }
    }
}

/// The paths of webhooks.
pub(super) fn routes() -> OpenApiRouter<Ears> {
    OpenApiRouter::new().routes(routes!(nhn)).routes(routes!(solapi))
}

/// Whatever a provider sends: what it says is not believed, so that its shape is not held to anything.
#[utoipa::path(
    post,
    path = "/webhooks/nhn",
    operation_id = "hearNhn",
    tag = "webhooks",
    summary = "What NHN Cloud tells unasked",
    security(()),
    request_body(content = String, example = json!(NHN_TELLS)),
    responses(
        (status = 200, description = "Heard."),
        (status = 404, description = "not-found"),
        (status = 409, description = "busy"),
        (status = 429, description = "too-many-requests"),
    ),
)]
async fn nhn(State(ears): State<Ears>, RawBody(body): RawBody) -> Result<StatusCode, Problem> {
    hear(ears, Provider::Nhn, &body).await
}

/// Whatever a provider sends: what it says is not believed, so that its shape is not held to anything.
#[utoipa::path(
    post,
    path = "/webhooks/solapi",
    operation_id = "hearSolapi",
    tag = "webhooks",
    summary = "What Solapi tells unasked",
    security(()),
    request_body(content = String, example = json!(SOLAPI_TELLS)),
    responses(
        (status = 200, description = "Heard."),
        (status = 404, description = "not-found"),
        (status = 409, description = "busy"),
        (status = 429, description = "too-many-requests"),
    ),
)]
async fn solapi(State(ears): State<Ears>, RawBody(body): RawBody) -> Result<StatusCode, Problem> {
    hear(ears, Provider::Solapi, &body).await
}

async fn hear(ears: Ears, provider: Provider, body: &[u8]) -> Result<StatusCode, Problem> {
    let Ok(_place) = ears.places.try_acquire() else { return Err(Problem::too_many_requests(LATER)) };
    let body = std::str::from_utf8(body).map_err(|_| unreadable())?;
    let asked = tokio::time::timeout(PATIENCE, ears.customer.outlet().reported(provider, body)).await;
    match asked.unwrap_or(Err(HookError::Down)) {
        Ok(reports) => {
            for report in reports {
                ears.customer.record(report).await?;
            }
            Ok(StatusCode::OK)
        }
        Err(HookError::NotOurs) => Err(Problem::not_found()),
        Err(HookError::Unreadable) => Err(unreadable()),
        Err(HookError::Down) => Err(Problem::unavailable("The message provider does not answer.", LATER)),
    }
}

fn unreadable() -> Problem {
    Problem::malformed_json("The webhook names no messages in the way that is agreed.")
}

impl CustomerService {
    /// Records what became of a message, if it is the one that its order waits for. A failure for now is not recorded:
    /// whoever sends tries again.
    async fn record(&self, Report { order_id, notice_id, found }: Report) -> Result<(), Problem> {
        let what = match found {
            Found::Delivered { by } => What::RecordSent { notice_id, channel: Some(by) },
            Found::Failed { code, permanent: true, .. } => {
                What::RecordFailed { notice_id, code: Some(code.into_owned()) }
            }
            Found::Failed { permanent: false, .. } | Found::Pending | Found::NotFound | Found::Unknown => return Ok(()),
        };
        let loaded = self.notices().load(order_id.uuid()).map_err(|error| outage(&error))?;
        let Some(first) = loaded.state.first().filter(|first| first.notice_id == notice_id) else { return Ok(()) };
        let at = self.room().clock.now();
        let cause = Cause { at, by: format!("webhook/{notice_id}").into(), trace: None };
        let failure = if let What::RecordFailed { code, .. } = &what { code.clone() } else { None };
        match self.notices().handle(order_id.uuid(), &cause, self.command(at, what)).await {
            Ok(handled) => {
                self.handed().forget(notice_id);
                match failure {
                    _ if handled.events.is_empty() => {}
                    None => self.log_sent(&first.order_number, first.kind, first.language),
                    Some(code) => self.log_failed(&first.order_number, first.kind, &code),
                }
                Ok(())
            }
            Err(HandleError::Rejected(Rejection::NoSuchNotice)) => Ok(()),
            Err(HandleError::Commit(error)) => Err(commit_problem(&error)),
        }
    }
}
