//! The webhooks of a stub: late, repeated and out of order when that is asked for, tried again when they are refused.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::header::HeaderMap;

use super::{Faults, Kind};
use crate::shutdown::Shutdown;

/// The name by which faults are asked for.
const NAME: &str = "webhook";
/// How long whoever is told may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells somebody by webhook. Cheap to clone.
#[derive(Clone)]
pub struct Hooks {
    inner: Arc<Inner>,
}

struct Inner {
    client: reqwest::Client,
    url: Option<String>,
    faults: Faults,
    shutdown: Shutdown,
    /// Pauses before a refused webhook is sent again.
    pauses: Vec<Duration>,
    /// One that waits for the next, and comes after it.
    held: Mutex<Option<Hook>>,
}

#[derive(Clone)]
struct Hook {
    headers: HeaderMap,
    body: String,
}

impl Hooks {
    /// Webhooks to `url`, if there is one; refused ones are sent again after each of `pauses`.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn new(
        url: Option<String>,
        faults: &Faults,
        pauses: &[Duration],
        shutdown: &Shutdown,
    ) -> Result<Self, reqwest::Error> {
        let client = crate::client::inside().timeout(PATIENCE).build()?;
        let (faults, shutdown, pauses) = (faults.clone(), shutdown.clone(), pauses.to_vec());
        Ok(Self { inner: Arc::new(Inner { client, url, faults, shutdown, pauses, held: Mutex::default() }) })
    }

    /// Sends `body` with `headers`, in its own time.
    pub fn send(&self, headers: HeaderMap, body: String) {
        let hook = Hook { headers, body };
        let mut pause = Duration::ZERO;
        let mut copies = 1;
        match self.inner.faults.take(NAME) {
            Some(Kind::Slow { ms, jitter_ms }) => pause = self.inner.faults.late(ms, jitter_ms),
            Some(Kind::Repeat { more }) => copies = more.saturating_add(1),
            Some(Kind::Reorder) => {
                *self.inner.held.lock() = Some(hook);
                return;
            }
            Some(Kind::Lost | Kind::Reset | Kind::Status { .. } | Kind::Code { .. }) => return,
            None => {}
        }
        let held = self.inner.held.lock().take();
        let hooks = self.clone();
        self.inner.shutdown.spawn("stub webhook", async move {
            tokio::time::sleep(pause).await;
            for _ in 0..copies {
                hooks.deliver(&hook).await;
            }
            if let Some(held) = held {
                hooks.deliver(&held).await;
            }
        });
    }

    async fn deliver(&self, hook: &Hook) {
        let Some(url) = &self.inner.url else { return };
        for pause in std::iter::once(Duration::ZERO).chain(self.inner.pauses.iter().copied()) {
            tokio::select! {
                () = self.inner.shutdown.begun() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let request = self.inner.client.post(url).headers(hook.headers.clone());
            let sent = request.header("content-type", "application/json").body(hook.body.clone()).send().await;
            match sent {
                Ok(answer) if answer.status() == 200 => return,
                Ok(answer) => tracing::info!(status = answer.status().as_u16(), "a webhook was refused"),
                Err(error) => tracing::info!(%error, "a webhook did not arrive"),
            }
        }
    }
}
