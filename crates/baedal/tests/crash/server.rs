//! The process that is killed, and the machine that it runs on.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Each of which may be its own process.
pub const SERVICES: [&str; 6] = ["app", "pay", "store", "customer", "delivery", "gateway"];
const WAITS: [&str; 14] = [
    "unpaid-hold=3s",
    "hold-after-attempt=1s",
    "payment-outcome-margin=300ms",
    "not-found-at-provider=2s",
    "owner-silent=6s",
    "store-unreachable=8s",
    "cancel-unanswered=2s",
    "cooking-not-pressed=1s",
    "no-rider=4m",
    "no-rider-again=2s",
    "rider-late-after-ready=2s",
    "rider-late-after-start=2s",
    "notice-overtaken=2s",
    "refund-pending=2s",
];
const STOPPING: Duration = Duration::from_secs(30);

/// A directory, and ports that stay the same from start to start.
pub struct Machine {
    dir: TempDir,
    ports: Vec<u16>,
}

impl Machine {
    pub fn new() -> Self {
        let listeners = SERVICES.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        Self { dir: TempDir::new().unwrap(), ports }
    }

    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn gateway(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[5])
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baedal"));
        command.current_dir(self.dir.path()).env_remove("RUST_LOG").args(arguments);
        command.arg("--data-dir").arg(self.data_dir());
        // Those of the test are no settings.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BAEDAL_")) {
            command.env_remove(name);
        }
        command
    }

    /// Nothing is broken in what lies on the disk; gives what was found there.
    #[track_caller]
    pub fn check(&self) -> Value {
        let output = self.command(&["check", "--once", "--json"]).output().unwrap();
        let report = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(0) {
            let report: Value = serde_json::from_str(&report).unwrap_or_default();
            panic!("check: {error} {:#}\n{}\n{}", report["breaks"], report["underWay"], self.kept());
        }
        serde_json::from_str(&report).unwrap()
    }

    /// What the servers wrote.
    pub fn said(&self) -> String {
        read(&self.dir.path().join("said"))
    }

    /// Where the logs of a failure can be looked at, where that is wanted.
    fn kept(&self) -> String {
        let Ok(to) = std::env::var("BAEDAL_TEST_KEEP") else { return String::new() };
        let copied = Command::new("cp").arg("-r").arg(self.dir.path()).arg(&to).status();
        format!("kept in {to}: {copied:?}")
    }
}

/// A running process; killed when it is dropped.
pub struct Server {
    child: Child,
    said: PathBuf,
    /// Where it says whether it is ready.
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

impl Server {
    /// One of the services, or all in one process.
    pub fn start(machine: &Machine, service: &str) -> Self {
        let mut command = machine.command(&["serve", service]);
        for (service, port) in SERVICES.iter().zip(&machine.ports) {
            command.arg("--port").arg(format!("{service}={port}"));
        }
        for wait in WAITS {
            command.arg("--wait").arg(wait);
        }
        for set in ["payment.deadline=800ms", "payment.provider-deadline=500ms", "log.level=warn"] {
            command.arg("--set").arg(set);
        }
        let said = machine.dir.path().join("said");
        let to = File::options().create(true).append(true).open(&said).unwrap();
        let child = command.stdout(Stdio::null()).stderr(to).spawn().unwrap();
        let own = SERVICES.iter().position(|known| *known == service).unwrap_or(SERVICES.len() - 1);
        Self { child, said, address: format!("http://127.0.0.1:{}", machine.ports[own]) }
    }

    /// SIGKILL.
    pub fn kill(self) {
        drop(self);
    }

    /// SIGKILL, to one that will be replaced.
    pub fn end(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Panics where it has ended by itself.
    #[track_caller]
    pub fn still_runs(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "it has ended by itself: {ended:?}: {}", read(&self.said));
    }

    /// SIGTERM, and what it ended with.
    pub fn terminate(mut self) -> Option<i32> {
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        let deadline = Instant::now() + STOPPING;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
