//! gateway: the one entry for all services.
//!
//! It knows who there is and who is signed in ([`accounts`]), and lets each call only what the table of routes allows
//! ([`kernel::access`]). A request goes on to the context that its row names, called in this process or over HTTP, with a
//! signed word about who asks. What the gateway answers itself is sign-in, the start page, the status and the merged
//! stream of all events.

pub mod accounts;
mod around;
mod authenticate;
mod bodies;
mod described;
mod documents;
mod events;
mod faults;
mod forward;
pub mod kakao;
mod page;
mod proxy;
mod routes;
mod signin;
mod status;
mod traffic;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::middleware::from_fn_with_state;
use kernel::Context;
use platform::access::Routes;
use platform::config::Limits;
use platform::describe::Description;
use platform::identity::Signer;
use platform::problem::Problem;
use platform::shutdown::Shutdown;
use platform::telemetry::{self, Metrics, Readiness};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::accounts::Accounts;
pub use self::described::add_what_stands_around;
use self::proxy::{Remotes, Target};
use self::traffic::Traffic;
use self::waiting::Waiting;

/// Where one context answers.
pub enum Upstream {
    /// In this process. The router answers the service's own paths, `/health/ready` among them.
    Local(Router),
    /// In other processes, each at a base address like `http://127.0.0.1:8081`.
    Remote(Vec<String>),
}

/// What the gateway needs beside its upstreams.
pub struct Options {
    /// Who there is.
    pub accounts: Accounts,
    /// Signs who a request comes from, for the services.
    pub signer: Signer,
    /// Ends streams.
    pub shutdown: Shutdown,
    /// What the gateway itself waits for.
    pub readiness: Readiness,
    /// The process's metrics.
    pub metrics: Metrics,
    /// The gateway's own address as people reach it, like `http://127.0.0.1:8088`.
    pub address: String,
    /// The services' own addresses, to be shown; one that is not named is not shown.
    pub addresses: BTreeMap<Context, String>,
    /// What the start page links to.
    pub documents: Vec<Document>,
    /// How long another process may take.
    pub patience: Patience,
    /// What is let through.
    pub limits: Limits,
    /// How long a payment may take.
    pub payment: Duration,
    /// Whether faults can be asked for here.
    pub faults: bool,
    /// The origins whose pages may call this gateway from a browser.
    pub callers: Vec<HeaderValue>,
    /// Puts together the OpenAPI document of all that is answered here.
    pub openapi: Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
}

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Document {
    /// What it is called.
    pub title: String,
    /// Where it is.
    pub href: String,
}

/// How long another process may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To accept a connection.
    pub connect: Duration,
    /// To begin its answer, where nothing else says it. Streams are not held to it.
    pub head: Duration,
    /// To say whether it is ready.
    pub health: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(1), head: Duration::from_secs(15), health: Duration::from_millis(300) }
    }
}

impl Patience {
    /// As long as the most patient route has, where a payment may take as long as `payment`.
    pub fn of(limits: &Limits, payment: Duration) -> Self {
        Self { head: traffic::longest(limits, payment), ..Self::default() }
    }
}

/// What all requests share.
struct Gateway {
    accounts: Accounts,
    routes: Routes,
    targets: BTreeMap<Context, Target>,
    traffic: Traffic,
    waiting: Waiting,
    options: Options,
}

/// The gateway's router.
pub fn router(upstreams: BTreeMap<Context, Upstream>, options: Options) -> Router {
    let traffic = Traffic::new(options.limits.clone(), options.payment);
    let remotes = Remotes::new(&options);
    let target = |(context, upstream)| match upstream {
        Upstream::Local(router) => (context, Target::Local(router)),
        Upstream::Remote(bases) => (context, Target::Remote(Arc::new(remotes.at(context, bases)))),
    };
    let targets = upstreams.into_iter().map(target).collect();
    let (readiness, metrics) = (options.readiness.clone(), options.metrics.clone());
    let own = telemetry::routes(readiness, metrics, options.shutdown.clone()).merge(options.signer.router());
    let (accounts, callers) = (options.accounts.clone(), options.callers.clone());
    let router = if options.faults { Router::from(faults::routes()) } else { Router::new() };
    let waiting = Waiting::default();
    let documents = documents::router(Arc::clone(&options.openapi));
    let gateway = Arc::new(Gateway { accounts, routes: Routes::outside(), targets, traffic, waiting, options });
    let router = router
        .merge(Router::from(routes()))
        .merge(own)
        .merge(documents)
        // Not a wildcard route: its path parameters would mix with those of a router in this process.
        .fallback(forward::forward)
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn_with_state(Arc::clone(&gateway), traffic::pass))
        .layer(from_fn_with_state(Arc::clone(&gateway), authenticate::admit))
        .layer(from_fn_with_state(Arc::clone(&gateway), traffic::enter))
        .with_state(gateway);
    around::all(router, callers)
}

/// What it answers itself, faults, documents and health apart.
fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new()
        .routes(routes!(page::show))
        .routes(routes!(status::show))
        .routes(routes!(events::show))
        .routes(routes!(traffic::operations::limits))
        .merge(waiting::routes())
        .merge(signin::routes())
}

/// What the gateway answers itself.
pub fn described() -> Description {
    let own = routes().merge(faults::routes());
    let all = [own.into_openapi(), telemetry::described(), documents::described()];
    all.into_iter().map(Description::of).reduce(Description::and).unwrap_or_default()
}

#[cfg(test)]
mod tests;
