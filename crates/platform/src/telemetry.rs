//! What an operator sees of a process: log lines, metrics, and whether it lives and is ready.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use parking_lot::Mutex;
use tracing_subscriber::EnvFilter;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config::{Log, LogFormat};
use crate::problem::Problem;
use crate::shutdown::Shutdown;

/// The bounds of all histograms, in seconds: from a read in memory to a payment that is given up.
const BUCKETS: [f64; 14] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// Why nobody can see what goes on.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter for log lines cannot be read.
    #[error("\"{0}\" does not say what is to be logged")]
    Level(String, #[source] tracing_subscriber::filter::ParseError),
    /// Log lines go somewhere else already.
    #[error("the log has been set up before")]
    Log(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Metrics go somewhere else already, or cannot be kept.
    #[error("the metrics cannot be set up")]
    Metrics(#[source] BuildError),
}

/// Sends log lines to standard error, once per process; `filter`, the value of `RUST_LOG`, wins over the setting.
pub fn log_lines(log: &Log, filter: Option<&str>) -> Result<(), TelemetryError> {
    let level = filter.unwrap_or(&log.level);
    let filter = EnvFilter::try_new(level).map_err(|error| TelemetryError::Level(level.to_owned(), error))?;
    let terminal = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal);
    let text = match log.format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    if text { lines.try_init() } else { lines.json().flatten_event(true).try_init() }.map_err(TelemetryError::Log)
}

/// The process's metrics. Labels are of closed sets: never an order's id.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Keeps what `metrics::counter!` and its like count, once per process, until `shutdown` begins.
    pub fn install(shutdown: &Shutdown) -> Result<Self, TelemetryError> {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).map_err(TelemetryError::Metrics)?;
        let handle = builder.install_recorder().map_err(TelemetryError::Metrics)?;
        let (upkeep, stop) = (handle.clone(), shutdown.clone());
        shutdown.spawn("metrics upkeep", async move {
            // Histograms collect their samples until somebody sorts them in.
            while tokio::time::timeout(Duration::from_secs(5), stop.begun()).await.is_err() {
                upkeep.run_upkeep();
            }
        });
        Ok(Self(handle))
    }

    /// Metrics that count nothing, for a test that needs the routes.
    pub fn unused() -> Self {
        Self(PrometheusBuilder::new().build_recorder().handle())
    }

    /// All metrics in Prometheus's text format.
    pub fn text(&self) -> String {
        self.0.render()
    }
}

/// What a process waits for before it is ready.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<BTreeMap<String, Met>>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    Yes,
    NotYet,
}

impl Readiness {
    /// Ready, until there is something to wait for.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on `name` has to be met, like "events of store up to 4711".
    pub fn needs(&self, name: impl Into<String>) -> Condition {
        let name = name.into();
        self.0.lock().insert(name.clone(), Met::NotYet);
        Condition { readiness: self.clone(), name }
    }

    /// The names of what is not met yet.
    pub fn waits_for(&self) -> Vec<String> {
        let all = self.0.lock();
        all.iter().filter(|(_, met)| **met == Met::NotYet).map(|(name, _)| name.clone()).collect()
    }

    /// Whether everything is met.
    pub fn is_ready(&self) -> bool {
        self.waits_for().is_empty()
    }
}

/// One thing that has to be met.
#[derive(Debug, Clone)]
pub struct Condition {
    readiness: Readiness,
    name: String,
}

impl Condition {
    /// It is met.
    pub fn met(&self) {
        self.set(Met::Yes);
    }

    /// It is not met any more.
    pub fn unmet(&self) {
        self.set(Met::NotYet);
    }

    fn set(&self, met: Met) {
        self.readiness.0.lock().insert(self.name.clone(), met);
    }
}

/// `GET /health/live`, `GET /health/ready` and `GET /metrics`.
pub fn routes<S: Clone + Send + Sync + 'static>(
    readiness: Readiness,
    metrics: Metrics,
    shutdown: Shutdown,
) -> Router<S> {
    described_routes().with_state(Process { readiness, metrics, shutdown }).into()
}

/// What they answer.
pub fn described() -> OpenApi {
    described_routes().into_openapi()
}

fn described_routes() -> OpenApiRouter<Process> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready)).routes(routes!(shown))
}

/// What machines ask a process about.
#[derive(Clone)]
struct Process {
    readiness: Readiness,
    metrics: Metrics,
    shutdown: Shutdown,
}

#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "isLive",
    tag = "machines",
    summary = "Whether the process runs",
    security(()),
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain; charset=utf-8")),
)]
async fn live() -> Response {
    fresh("live\n")
}

#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "showMetrics",
    tag = "machines",
    summary = "What was counted and measured",
    security(()),
    responses((
        status = 200,
        description = "In the format of Prometheus.",
        body = String,
        content_type = "text/plain; version=0.0.4; charset=utf-8",
    )),
)]
async fn shown(State(Process { metrics, .. }): State<Process>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.text())
}

#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "isReady",
    tag = "machines",
    summary = "Whether all that was there at the start has been heard",
    security(()),
    responses((status = 200, description = "It has.", body = String, content_type = "text/plain; charset=utf-8")),
)]
async fn ready(State(Process { readiness, shutdown, .. }): State<Process>) -> Response {
    let missing = readiness.waits_for();
    if shutdown.is_begun() {
        Problem::unavailable("This process is stopping.", 1).into_response()
    } else if missing.is_empty() {
        fresh("ready\n")
    } else {
        Problem::unavailable(format!("Not ready; waiting for: {}.", missing.join(", ")), 1).into_response()
    }
}

/// An answer that is true only now.
fn fresh(text: &'static str) -> Response {
    ([(CACHE_CONTROL, "no-store")], text).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn got(router: &Router, path: &str) -> (u16, String) {
        let response = router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        (status, String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn readiness_names_what_it_waits_for() {
        let (readiness, shutdown) = (Readiness::new(), Shutdown::new());
        let (store, events) = (readiness.needs("own store"), readiness.needs("events of pay"));
        let router: Router = routes(readiness, Metrics::unused(), shutdown.clone());
        assert_eq!(got(&router, "/health/live").await.0, 200);
        let (status, body) = got(&router, "/health/ready").await;
        assert_eq!(status, 503);
        assert!(body.contains("waiting for: events of pay, own store."));
        store.met();
        assert!(got(&router, "/health/ready").await.1.contains("waiting for: events of pay."));
        events.met();
        assert_eq!(got(&router, "/health/ready").await, (200, "ready\n".to_owned()));
        store.unmet();
        assert_eq!(got(&router, "/health/ready").await.0, 503);
        store.met();
        shutdown.begin();
        assert_eq!(got(&router, "/health/ready").await.0, 503);
    }

    #[tokio::test]
    async fn metrics_are_shown_as_text() {
        let shutdown = Shutdown::new();
        let metrics = Metrics::install(&shutdown).unwrap();
        metrics::counter!("orders_total", "status" => "PLACED").increment(3);
        metrics::histogram!("append_seconds").record(0.002);
        let router: Router = routes(Readiness::new(), metrics, shutdown.clone());
        let (_, text) = got(&router, "/metrics").await;
        assert!(text.contains("orders_total{status=\"PLACED\"} 3"), "{text}");
        assert!(text.contains("append_seconds_bucket{le=\"0.0025\"} 1"), "{text}");
        assert!(Metrics::install(&shutdown).is_err());
    }

    #[test]
    fn a_level_that_cannot_be_read_is_refused() {
        let error = log_lines(&Log::default(), Some("info,=x=")).unwrap_err();
        assert_eq!(error.to_string(), "\"info,=x=\" does not say what is to be logged");
    }
}
