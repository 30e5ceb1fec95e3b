//! A customer who means no harm, and how long they wait.

use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::task::JoinSet;

use crate::server::{Server, order};

/// An order comes each so often, whatever became of the one before.
const EACH: Duration = Duration::from_millis(30);
/// How long the normal value is measured.
const NORMAL: Duration = Duration::from_secs(3);
/// How often a measurement beside others' work on this machine may be made again.
const TRIES: usize = 3;

/// How long each order took, shortest first.
pub struct Waits(Vec<Duration>);

impl Waits {
    fn p(&self, per_cent: usize) -> Duration {
        let place = (self.0.len() * per_cent).div_ceil(100).max(1) - 1;
        self.0[place]
    }
}

impl std::fmt::Display for Waits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |wait: Duration| wait.as_secs_f64() * 1e3;
        write!(f, "{} orders, p50 {:.1} ms, p99 {:.1} ms", self.0.len(), ms(self.p(50)), ms(self.p(99)))
    }
}

/// Orders come until `until` is over; each has to be placed.
async fn orders(server: &Server, token: &str, until: impl Future<Output = ()>) -> Waits {
    let mut until = std::pin::pin!(until);
    let mut due = tokio::time::interval(EACH);
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut until => break,
            _ = due.tick() => {
                let request = server.request(Method::POST, token, "/api/orders").json(&order());
                let begun = Instant::now();
                under_way.spawn(async move {
                    let answer = request.send().await.expect("an honest customer is answered");
                    let status = answer.status().as_u16();
                    let text = answer.text().await.unwrap();
                    assert_eq!(status, 201, "an honest customer's order: {text}");
                    begun.elapsed()
                });
            }
        }
    }
    let mut waits = under_way.join_all().await;
    waits.sort();
    Waits(waits)
}

/// During `attack`, orders take at the 99th percentile less than twice of what they took just before it.
pub async fn hardly_notices<F: Future<Output = ()>>(server: &Server, what: &str, attack: impl Fn() -> F) {
    let token = server.sign_in("customer").await;
    for again in 1..=TRIES {
        let normal = orders(server, &token, tokio::time::sleep(NORMAL)).await;
        let beside = orders(server, &token, attack()).await;
        println!("{what}: {normal}; meanwhile {beside}");
        if beside.p(99) < normal.p(99) * 2 {
            return;
        }
        assert!(again < TRIES, "{what}: {normal}; meanwhile {beside}, {TRIES} times");
    }
}
