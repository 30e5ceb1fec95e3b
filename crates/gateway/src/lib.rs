//! gateway: the one entry for all services.
//!
//! It knows who there is and who is signed in ([`accounts`]), and lets each call only what the table of routes allows
//! ([`kernel::access`]). A request goes on to the context that its row names, called in this process or over HTTP, with a
//! signed word about who asks. What the gateway answers itself is sign-in, the start page, the status and the merged
//! stream of all events.

pub mod accounts;
mod authenticate;
mod events;
mod faults;
mod forward;
mod page;
mod proxy;
mod routes;
mod sessions;
mod status;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use kernel::Context;
use platform::access::Routes;
use platform::identity::Signer;
use platform::problem::Problem;
use platform::shutdown::Shutdown;
use platform::telemetry::{self, Metrics, Readiness};

use self::accounts::Accounts;
use self::proxy::{Remotes, Target};

/// Where one context answers.
pub enum Upstream {
    /// In this process. The router answers the service's own paths, `/health/ready` among them.
    Local(Router),
    /// In another process, at a base address like `http://127.0.0.1:8081`.
    Remote(String),
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
    /// Whether faults can be asked for here.
    pub faults: bool,
}

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
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
    /// To begin its answer. Streams are not held to it.
    pub head: Duration,
    /// To say whether it is ready.
    pub health: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(1), head: Duration::from_secs(15), health: Duration::from_millis(300) }
    }
}

/// What all requests share.
struct Gateway {
    accounts: Accounts,
    routes: Routes,
    targets: BTreeMap<Context, Target>,
    options: Options,
}

/// The gateway's router.
pub fn router(upstreams: BTreeMap<Context, Upstream>, options: Options) -> Router {
    let remotes = Remotes::new(&options, &options.signer);
    let target = |(context, upstream)| match upstream {
        Upstream::Local(router) => (context, Target::Local(router)),
        Upstream::Remote(base) => (context, Target::Remote(Box::new(remotes.at(context, &base)))),
    };
    let targets = upstreams.into_iter().map(target).collect();
    let (readiness, metrics) = (options.readiness.clone(), options.metrics.clone());
    let own = telemetry::routes(readiness, metrics, options.shutdown.clone()).merge(options.signer.router());
    let accounts = options.accounts.clone();
    let mut router = Router::new();
    if options.faults {
        let path = "/api/operations/faults";
        router = router.route(path, get(faults::show).put(faults::ask).delete(faults::clear));
    }
    let gateway = Arc::new(Gateway { accounts, routes: Routes::outside(), targets, options });
    router
        .route("/", get(page::show))
        .route("/api/status", get(status::show))
        .route("/api/events", get(events::show))
        .route("/api/sessions", post(sessions::open))
        .route("/api/sessions/current", get(sessions::show).delete(sessions::close))
        .merge(own)
        // Not a wildcard route: its path parameters would mix with those of a router in this process.
        .fallback(forward::forward)
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn_with_state(Arc::clone(&gateway), authenticate::admit))
        .with_state(gateway)
}

#[cfg(test)]
mod tests;
