//! Asks each address now and then whether it is ready.

use std::time::Duration;

use futures_util::future::join_all;

use super::Balancer;
use crate::resilience::retry::chance;
use crate::shutdown::Shutdown;

/// Between two checks; up to half as much longer, by chance, so that not all who ask do so in step.
const EVERY: Duration = Duration::from_secs(2);
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many in a row that were not passed, and the address is not used until one is.
pub(super) const FAILED: u32 = 2;

impl Balancer {
    /// Asks each address for `/health/ready` until `shutdown`. A single one is not asked: it is used whatever it says.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn watch(&self, shutdown: &Shutdown) -> Result<(), reqwest::Error> {
        if self.len() < 2 {
            return Ok(());
        }
        let client = crate::client::inside().timeout(PATIENCE).build()?;
        let (balancer, stop) = (self.clone(), shutdown.clone());
        shutdown.spawn(format!("{} is watched", self.0.service), async move {
            loop {
                balancer.check(&client).await;
                let pause = EVERY + EVERY.mul_f64(chance(&balancer.0.ids) / 2.0);
                if tokio::time::timeout(pause, stop.begun()).await.is_ok() {
                    return;
                }
            }
        });
        Ok(())
    }

    pub(super) async fn check(&self, client: &reqwest::Client) {
        let asked = self.0.replicas.iter().map(|replica| async {
            let answer = client.get(format!("{}/health/ready", replica.base)).send().await;
            answer.is_ok_and(|response| response.status().is_success())
        });
        for (place, ready) in join_all(asked).await.into_iter().enumerate() {
            self.checked(place, ready);
        }
        self.measure();
    }

    pub(super) fn checked(&self, place: usize, ready: bool) {
        let replica = &self.0.replicas[place];
        let mut health = replica.health.lock();
        let before = health.unready;
        if ready {
            // One that was gone and is back need not wait for the end of its time.
            if before > 0 {
                health.until = None;
            }
            health.unready = 0;
        } else {
            health.unready = before.saturating_add(1);
        }
        let after = health.unready;
        drop(health);
        let (service, address) = (self.0.service, &replica.base);
        if before < FAILED && after >= FAILED {
            tracing::warn!(service, address, "an address is not ready and is not used");
        } else if before >= FAILED && after == 0 {
            tracing::info!(service, address, "an address is ready again");
        }
    }
}
