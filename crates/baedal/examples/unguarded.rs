//! Everything, and beside it app without gateway and sign-in at a port of its own: to measure what those two cost.
//!
//! `unguarded <data directory> <port>` serves until SIGTERM; whoever reaches the port is the demo's customer.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use axum::Extension;
use baedal::compose::{self, Parts, Roles};
use kernel::Context;
use kernel::people::{Actor, PersonId};
use platform::clock::Clock;
use platform::config::{Secrets, Settings};
use platform::identity::Identity;
use platform::ids::Ids;
use platform::server::{Limits, serve};
use platform::shutdown::Shutdown;
use platform::telemetry::Metrics;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let usage = "unguarded <data directory> <port>";
    let mut arguments = std::env::args().skip(1);
    let data_dir = PathBuf::from(arguments.next().context(usage)?);
    let port: u16 = arguments.next().context(usage)?.parse()?;
    let settings = Settings { data_dir, ..Settings::default() };
    let (shutdown, clock) = (Shutdown::new(), Clock::system());
    let parts = Parts {
        ids: Ids::system(clock.clone()),
        clock,
        shutdown: shutdown.clone(),
        metrics: Metrics::install(&shutdown)?,
        secrets: Secrets::default(),
    };
    let running = compose::start(&settings, Roles::all(), parts).await?;
    running.ready().await;
    let customer = Identity::Somebody(Actor::Customer(PersonId::parse("demo-customer")?));
    let app = running.router(Context::App).context("app does not run")?.layer(Extension(customer));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    shutdown.spawn("unguarded", serve(listener, app, shutdown.clone(), Limits::default()));
    signal(SignalKind::terminate())?.recv().await;
    shutdown.begin();
    shutdown.drained(Duration::from_secs(15)).await;
    drop(running);
    Ok(())
}
