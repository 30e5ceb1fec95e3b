//! Serving until told to stop.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::bail;
use gateway::accounts::DEMO_PASSWORD;
use kernel::people::Role;
use platform::clock::Clock;
use platform::config::{Ports, Secrets, Settings};
use platform::ids::Ids;
use platform::server::files;
use platform::shutdown::Shutdown;
use platform::telemetry::{self, Metrics};
use tokio::signal::unix::{SignalKind, signal};

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
    if files::raise().is_none() {
        tracing::warn!("nobody can say how many files this process may open");
    }
    // Before anybody is answered: a signal that comes right then ends nothing that is under way.
    let told_to_stop = told_to_stop();
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
    let greeting = async {
        running.ready().await;
        welcome(&settings, &running, &people(&settings, &running).await);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = shutdown.begun() => {}
        signal = told_to_stop => {
            tracing::info!(signal, "stopping: requests that are under way are answered first");
            shutdown.begin();
        }
        () = greeting => {}
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

/// Listens for SIGTERM and Ctrl-C from now on; what it gives waits for one, and says which it was.
pub fn told_to_stop() -> impl Future<Output = &'static str> {
    let listened = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = listened else {
            // Without a handler a signal ends the process at once, which loses nothing that was confirmed.
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        }
    }
}

/// Who can sign in.
#[derive(Default)]
struct People {
    /// Those of the demo, as whom everybody can.
    demo: Vec<Role>,
    has_operator: bool,
}

/// Who can sign in; a warning where that is everybody, from more than this machine.
async fn people(settings: &Settings, running: &Running) -> People {
    let Some(edge) = running.edge() else { return People::default() };
    let demo = edge.accounts.demo_people().await.unwrap_or_default();
    let is_here =
        settings.bind == "localhost" || settings.bind.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    if !demo.is_empty() && !is_here {
        tracing::warn!(
            bind = settings.bind,
            "whoever reaches this address can sign in as a demo person, an operator among them: --no-demo-data ends that"
        );
    }
    if settings.sessions.insecure_cookies {
        tracing::warn!(
            "sessions.insecure_cookies is on: whoever listens to the network can take over the sessions of browsers"
        );
    }
    // Without an answer nobody is told to make one.
    let has_operator = edge.accounts.has_operator().await.unwrap_or(true);
    People { demo, has_operator }
}

/// Who can sign in, and how; and what to try then.
fn who_signs_in(entrance: &str, people: &People) -> Vec<String> {
    let Some(first) = people.demo.first() else {
        let mut lines = vec![format!("Sign in at {entrance}/sign-in, or by POST /api/sessions.")];
        if !people.has_operator {
            lines.push(
                "Nobody operates this yet: a start with BAEDAL_OPERATOR_PASSWORD makes \"operator\", with that password."
                    .to_owned(),
            );
        }
        return lines;
    };
    let names = people.demo.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
    vec![
        format!("Sign in as {names}, with the password \"{DEMO_PASSWORD}\":"),
        format!(
            "  curl -H 'Content-Type: application/json' -d '{{\"login\": \"{first}\", \"password\": \"{DEMO_PASSWORD}\"}}' {entrance}/api/sessions"
        ),
        format!("One order from menu to door, step by step: {}", demo_of(entrance)),
    ]
}

/// The demo's command for the gateway at `entrance`, which it finds by itself at the usual port only.
fn demo_of(entrance: &str) -> String {
    let usual = format!("http://127.0.0.1:{}", Ports::default().gateway);
    if entrance == usual { "baedal demo".to_owned() } else { format!("baedal demo --server {entrance}") }
}

fn welcome(settings: &Settings, running: &Running, people: &People) {
    let mut lines = vec![format!("Baedal is ready. Data: {}", settings.data_dir.display())];
    for (name, address) in running.addresses() {
        let scheme = if *name == "gateway" && !settings.tls.certificate.is_empty() { "https" } else { "http" };
        lines.push(format!("  {name:<9} {scheme}://{address}"));
    }
    if let Some(entrance) = running.entrance() {
        lines.push(String::new());
        lines.push(format!("Open {entrance}/ in a browser, or look at the stores:"));
        lines.push(format!("  curl {entrance}/api/stores"));
        lines.extend(who_signs_in(entrance, people));
    }
    if settings.faults {
        lines.push(String::new());
        lines.push("Faults are allowed: whoever operates this server can break it with `baedal fault`.".to_owned());
    }
    println!("{}", lines.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_operates_it_is_said_what_makes_the_first_operator() {
        let lines = |people: People| who_signs_in("http://here", &people).join("\n");
        let nobody = lines(People::default());
        assert!(nobody.contains("BAEDAL_OPERATOR_PASSWORD") && !nobody.contains("baedal demo"), "{nobody}");
        let operated = lines(People { demo: Vec::new(), has_operator: true });
        assert!(!operated.contains("BAEDAL_OPERATOR_PASSWORD") && !operated.contains("baedal demo"), "{operated}");
        let demo = lines(People { demo: Role::OF_PEOPLE.to_vec(), has_operator: false });
        assert!(!demo.contains("BAEDAL_OPERATOR_PASSWORD") && demo.contains("baedal demo"), "{demo}");
    }

    #[test]
    fn the_demo_is_told_where_the_gateway_is_unless_it_finds_it_by_itself() {
        assert_eq!(demo_of("http://127.0.0.1:8088"), "baedal demo");
        for elsewhere in ["http://127.0.0.1:9088", "https://localhost:8088", "https://baedal.example"] {
            assert_eq!(demo_of(elsewhere), format!("baedal demo --server {elsewhere}"));
        }
    }
}
