//! Load of complete journeys: each worker takes one order after the other from menu to door, over HTTP.
//!
//! `journeys <gateway or - for the services' own ports> <workers> <seconds>` prints one line of JSON.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

const STORE: &str = "019aa8dc-4883-7518-b416-a51e317821cf";
const ORDER: &str = r#"{"storeId":"019aa8dc-4883-7518-b416-a51e317821cf","items":[{"menuId":"019aa8dc-4881-71c4-9fa0-56741d0b328d","quantity":2}],"address":"서울특별시 마포구 달보드레로 1","phone":"010-0000-0000","payment":{"method":"CARD","token":"ok"}}"#;
/// How soon a step is tried again that the news has not reached yet.
const SOON: Duration = Duration::from_millis(2);

struct Bases {
    app: String,
    store: String,
    delivery: String,
}

async fn step(http: &reqwest::Client, url: String, actor: &str, body: &'static str) -> anyhow::Result<Value> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let request = http.post(&url).header("Baedal-Actor", actor).header("Content-Type", "application/json");
        let response = request.body(body).send().await?;
        let status = response.status();
        let bytes = response.bytes().await?;
        if status.is_success() {
            return serde_json::from_slice(&bytes).context("no JSON");
        }
        if Instant::now() > deadline {
            bail!("{url}: {status} {}", String::from_utf8_lossy(&bytes));
        }
        tokio::time::sleep(SOON).await;
    }
}

async fn journey(http: &reqwest::Client, bases: &Bases, customer: &str, rider: &str) -> anyhow::Result<()> {
    let owner = format!("owner/{STORE}");
    let order = step(http, format!("{}/orders", bases.app), customer, ORDER).await?;
    let id = order["orderId"].as_str().context("no order")?;
    step(http, format!("{}/tickets/{id}/accept", bases.store), &owner, r#"{"prepMinutes":10}"#).await?;
    step(http, format!("{}/tickets/{id}/start-cooking", bases.store), &owner, "{}").await?;
    step(http, format!("{}/tickets/{id}/finish-cooking", bases.store), &owner, "{}").await?;
    step(http, format!("{}/deliveries/{id}/claim", bases.delivery), rider, "{}").await?;
    step(http, format!("{}/deliveries/{id}/pick-up", bases.delivery), rider, "{}").await?;
    step(http, format!("{}/deliveries/{id}/complete", bases.delivery), rider, "{}").await?;
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, gateway, workers, seconds] = arguments.as_slice() else {
        bail!("journeys <gateway|-> <workers> <seconds>")
    };
    let bases = if gateway == "-" {
        let own = |port: u16| format!("http://127.0.0.1:{port}");
        Bases { app: own(8081), store: own(8083), delivery: own(8085) }
    } else {
        let base = format!("{gateway}/api");
        Bases { app: base.clone(), store: base.clone(), delivery: base }
    };
    let (bases, done) = (Arc::new(bases), Arc::new(AtomicU64::new(0)));
    let length = Duration::from_secs(seconds.parse()?);
    let began = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for worker in 0..workers.parse::<u32>()? {
        let (bases, done) = (Arc::clone(&bases), Arc::clone(&done));
        all.spawn(async move {
            let http = platform::client::inside().build()?;
            let (customer, rider) = (format!("customer/c{worker}"), format!("rider/r{worker}"));
            while began.elapsed() < length {
                journey(&http, &bases, &customer, &rider).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = all.join_next().await {
        ended??;
    }
    let (done, took) = (u32::try_from(done.load(Ordering::Relaxed))?, began.elapsed().as_secs_f64());
    println!("{}", serde_json::json!({ "journeys": done, "seconds": took, "perSecond": f64::from(done) / took }));
    Ok(())
}
