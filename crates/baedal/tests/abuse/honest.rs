//! A customer who means no harm, and how long they wait.

use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::task::JoinSet;

use crate::server::{Server, order};

/// An order comes each so often, whatever became of the one before.
const EACH: Duration = Duration::from_millis(25);
/// How often a measurement beside others' work on this machine may be made again.
const TRIES: usize = 3;

/// How long each order took, shortest first.
#[derive(Default)]
struct Waits(Vec<Duration>);

impl Waits {
    fn p(&self, per_cent: usize) -> Duration {
        let place = (self.0.len() * per_cent).div_ceil(100).max(1) - 1;
        self.0[place]
    }

    fn add(&mut self, more: Vec<Duration>) {
        self.0.extend(more);
        self.0.sort();
    }
}

impl std::fmt::Display for Waits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |wait: Duration| wait.as_secs_f64() * 1e3;
        write!(f, "{} orders, p50 {:.1} ms, p99 {:.1} ms", self.0.len(), ms(self.p(50)), ms(self.p(99)))
    }
}

/// Orders come until `until` is over; each has to be placed.
async fn orders(server: &Server, token: &str, until: impl Future<Output = ()>) -> Vec<Duration> {
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
    under_way.join_all().await
}

/// How an attack goes on: in so many rounds, each after so long a calm. The shorter the rounds, the less it matters what
/// else this machine does: it falls on the calm and on the attack alike.
pub struct Rounds {
    pub count: usize,
    pub calm: Duration,
}

/// During `attack`, orders take at the 99th percentile less than twice of what they take just before it.
pub async fn hardly_notices(server: &Server, what: &str, rounds: Rounds, attack: impl AsyncFn()) {
    let token = server.sign_in("customer").await;
    // What is done for the first time takes longer, and would make the normal value look worse than it is.
    orders(server, &token, tokio::time::sleep(Duration::from_millis(500))).await;
    for again in 1..=TRIES {
        let (mut normal, mut beside) = (Waits::default(), Waits::default());
        for _ in 0..rounds.count {
            normal.add(orders(server, &token, tokio::time::sleep(rounds.calm)).await);
            beside.add(orders(server, &token, attack()).await);
        }
        let ratio = beside.p(99).as_secs_f64() / normal.p(99).as_secs_f64();
        println!("{what}: {normal}; meanwhile {beside}: {ratio:.2} times");
        if ratio < 2.0 {
            return;
        }
        assert!(again < TRIES, "{what}: {normal}; meanwhile {beside}, {TRIES} times");
    }
}
