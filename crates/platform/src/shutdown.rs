//! Owns all background work: nothing is started beside it, so that stopping can wait for everything.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

/// Tells everybody to stop, and knows who still runs.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    begun: watch::Sender<bool>,
    count: watch::Sender<usize>,
    names: Mutex<BTreeMap<String, usize>>,
    fatal: OnceLock<String>,
}

impl Shutdown {
    /// Nobody has asked to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to stop; again changes nothing.
    pub fn begin(&self) {
        self.0.begun.send_replace(true);
    }

    /// Asks everybody to stop because the process cannot go on; the first reason is the one that is told.
    pub fn fatal(&self, reason: impl Into<String>) {
        let reason = reason.into();
        tracing::error!(reason, "cannot go on");
        // A later reason is usually a consequence of the first, and is in the log.
        drop(self.0.fatal.set(reason));
        self.begin();
    }

    /// Why the process could not go on, if that is why it stops.
    pub fn fatal_reason(&self) -> Option<String> {
        self.0.fatal.get().cloned()
    }

    /// Whether stopping has begun.
    pub fn is_begun(&self) -> bool {
        *self.0.begun.borrow()
    }

    /// Waits until stopping begins.
    pub async fn begun(&self) {
        // The sender lives as long as `self`, so this ends only when stopping begins.
        drop(self.0.begun.subscribe().wait_for(|begun| *begun).await);
    }

    /// Runs `work` as a task of its own; if it panics, everything stops and says which task it was.
    #[expect(clippy::disallowed_methods, reason = "this is the place that owns background tasks")]
    pub fn spawn(&self, name: impl Into<String>, work: impl Future<Output = ()> + Send + 'static) {
        let running = Running::new(self, name.into());
        tokio::spawn(async move {
            let _running = running;
            work.await;
        });
    }

    /// Runs `work` on a thread of its own; if it panics, everything stops and says which thread it was.
    pub fn spawn_thread(&self, name: impl Into<String>, work: impl FnOnce() + Send + 'static) {
        let running = Running::new(self, name.into());
        let thread = std::thread::Builder::new().name(running.name.clone());
        let name = running.name.clone();
        let started = thread.spawn(move || {
            let _running = running;
            work();
        });
        if let Err(error) = started {
            self.fatal(format!("the thread \"{name}\" could not be started: {error}"));
        }
    }

    /// Waits until all background work has ended, at most `limit`; false when some still runs.
    pub async fn drained(&self, limit: Duration) -> bool {
        let mut count = self.0.count.subscribe();
        let drained = tokio::time::timeout(limit, count.wait_for(|count| *count == 0)).await.is_ok();
        if !drained {
            tracing::warn!(running = ?self.running(), "stopped waiting for background work");
        }
        drained
    }

    /// The names of the background work that still runs.
    pub fn running(&self) -> Vec<String> {
        self.0.names.lock().keys().cloned().collect()
    }
}

/// Counts one piece of background work for as long as it lives.
struct Running {
    shutdown: Shutdown,
    name: String,
}

impl Running {
    fn new(shutdown: &Shutdown, name: String) -> Self {
        *shutdown.0.names.lock().entry(name.clone()).or_default() += 1;
        shutdown.0.count.send_modify(|count| *count += 1);
        Self { shutdown: shutdown.clone(), name }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shutdown.fatal(format!("\"{}\" panicked, which is a bug", self.name));
        }
        let mut names = self.shutdown.0.names.lock();
        if let Some(count) = names.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                names.remove(&self.name);
            }
        }
        drop(names);
        self.shutdown.0.count.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn tasks_and_threads_are_waited_for() {
        let shutdown = Shutdown::new();
        let (task, thread) = (shutdown.clone(), shutdown.clone());
        shutdown.spawn("task", async move { task.begun().await });
        shutdown.spawn_thread("thread", move || {
            while !thread.is_begun() {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        assert_eq!(shutdown.running(), ["task", "thread"]);
        assert!(!shutdown.drained(Duration::from_millis(20)).await);
        shutdown.begin();
        assert!(shutdown.drained(SOON).await);
        assert_eq!(shutdown.fatal_reason(), None);
    }

    #[tokio::test]
    async fn the_first_fatal_reason_is_told_and_stopping_begins() {
        let shutdown = Shutdown::new();
        shutdown.fatal("the disk is full");
        shutdown.fatal("a consequence");
        assert!(shutdown.is_begun());
        assert_eq!(shutdown.fatal_reason().as_deref(), Some("the disk is full"));
    }

    #[tokio::test]
    async fn work_that_panics_stops_everything_and_is_named() {
        let shutdown = Shutdown::new();
        shutdown.spawn("relay", async { panic!("for the test") });
        tokio::time::timeout(SOON, shutdown.begun()).await.unwrap();
        assert_eq!(shutdown.fatal_reason().as_deref(), Some("\"relay\" panicked, which is a bug"));
        assert!(shutdown.drained(SOON).await);
    }
}
