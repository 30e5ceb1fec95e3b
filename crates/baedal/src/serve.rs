//! Serving until told to stop.

use std::time::Duration;

use anyhow::bail;
use gateway::accounts::DEMO_PASSWORD;
use platform::clock::Clock;
use platform::config::{Secrets, Settings};
use platform::ids::Ids;
use platform::shutdown::Shutdown;
use platform::telemetry::{self, Metrics};

use crate::cli::What;
use crate::compose::{self, Parts, Roles, Running};

/// How long background work may take to end.
const DRAIN: Duration = Duration::from_secs(15);

/// Serves `what` until SIGTERM or Ctrl-C; the exit code says whether it ended well.
pub async fn serve(settings: Settings, what: What) -> anyhow::Result<u8> {
    telemetry::log_lines(&settings.log, std::env::var("RUST_LOG").ok().as_deref())?;
    if settings.faults {
        tracing::warn!(
            "faults can be asked for with `baedal fault`: for demos and tests only, never where people's money is"
        );
    }
    let shutdown = Shutdown::new();
    let metrics = Metrics::install(&shutdown)?;
    let clock = Clock::system();
    let secrets = Secrets::from_variables(std::env::vars());
    let parts = Parts { ids: Ids::system(clock.clone()), clock, shutdown: shutdown.clone(), metrics, secrets };
    let roles = Roles::of(what);
    let running = match compose::start(&settings, roles, parts).await {
        Ok(running) => running,
        Err(error) => {
            shutdown.begin();
            return Err(error);
        }
    };
    tokio::select! {
        () = shutdown.begun() => {}
        () = running.ready() => welcome(&settings, &running),
    }
    tokio::select! {
        () = shutdown.begun() => {}
        signal = told_to_stop() => {
            tracing::info!(signal, "stopping: requests that are under way are answered first");
            shutdown.begin();
        }
    }
    let drained = shutdown.drained(DRAIN).await;
    drop(running);
    if let Some(sentence) = shutdown.fatal_reason() {
        bail!("{sentence}");
    }
    if !drained {
        tracing::warn!(still_running = ?shutdown.running(), "stopped before everything had ended");
    }
    Ok(0)
}

/// Waits for SIGTERM or Ctrl-C, and says which it was.
pub async fn told_to_stop() -> &'static str {
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        // Without a handler the signal ends the process at once, which loses nothing that was confirmed.
        let _ = interrupt.await;
        return "SIGINT";
    };
    tokio::select! {
        _ = interrupt => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}

fn welcome(settings: &Settings, running: &Running) {
    let mut lines = vec![format!("Baedal is ready. Data: {}", settings.data_dir.display())];
    for (name, address) in running.addresses() {
        lines.push(format!("  {name:<9} http://{address}"));
    }
    if let Some(gateway) = running.address("gateway") {
        lines.push(String::new());
        lines.push(format!("Open http://{gateway}/ in a browser, or look at the stores:"));
        lines.push(format!("  curl http://{gateway}/api/stores"));
        if settings.demo_data {
            lines.push(format!(
                "Sign in as customer, owner, rider or operator, each with the password {DEMO_PASSWORD}:"
            ));
            let body = format!("{{\"login\": \"customer\", \"password\": \"{DEMO_PASSWORD}\"}}");
            lines.push(format!("  curl http://{gateway}/api/sessions -H 'Content-Type: application/json' -d '{body}'"));
        }
        lines.push("One order from menu to door, step by step: baedal demo".to_owned());
    }
    if settings.faults {
        lines.push(String::new());
        lines.push("Faults are allowed: whoever operates this server can break it with `baedal fault`.".to_owned());
    }
    println!("{}", lines.join("\n"));
}
