//! Load of complete journeys: each worker takes one order after the other from menu to door, over HTTP.
//!
//! `journeys <gateway> <workers> <seconds>` prints one line of JSON.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

const ORDER: &str = r#"{"storeId":"019aa8dc-4883-7518-b416-a51e317821cf","items":[{"menuId":"019aa8dc-4881-71c4-9fa0-56741d0b328d","quantity":2}],"address":"서울특별시 마포구 달보드레로 1","phone":"010-0000-0000","payment":{"method":"CARD","token":"ok"}}"#;
/// How soon a step is tried again that the news has not reached yet.
const SOON: Duration = Duration::from_millis(2);

/// What each of the demo people shows.
struct Tokens {
    customer: String,
    owner: String,
    rider: String,
}

async fn step(http: &reqwest::Client, url: String, token: &str, body: &'static str) -> anyhow::Result<Value> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let request = http.post(&url).bearer_auth(token).header("Content-Type", "application/json");
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

async fn journey(http: &reqwest::Client, base: &str, tokens: &Tokens) -> anyhow::Result<()> {
    let Tokens { customer, owner, rider } = tokens;
    let order = step(http, format!("{base}/orders"), customer, ORDER).await?;
    let id = order["orderId"].as_str().context("no order")?;
    step(http, format!("{base}/tickets/{id}/accept"), owner, r#"{"prepMinutes":10}"#).await?;
    step(http, format!("{base}/tickets/{id}/start-cooking"), owner, "{}").await?;
    step(http, format!("{base}/tickets/{id}/finish-cooking"), owner, "{}").await?;
    step(http, format!("{base}/deliveries/{id}/claim"), rider, "{}").await?;
    step(http, format!("{base}/deliveries/{id}/pick-up"), rider, "{}").await?;
    step(http, format!("{base}/deliveries/{id}/complete"), rider, "{}").await?;
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, gateway, workers, seconds] = arguments.as_slice() else { bail!("journeys <gateway> <workers> <seconds>") };
    let http = platform::client::inside().build()?;
    let sign_in = async |role: &str| baedal::signing_in::sign_in(&http, gateway, role, "baedal").await;
    let tokens =
        Tokens { customer: sign_in("customer").await?, owner: sign_in("owner").await?, rider: sign_in("rider").await? };
    let (tokens, done) = (Arc::new(tokens), Arc::new(AtomicU64::new(0)));
    let length = Duration::from_secs(seconds.parse()?);
    let began = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..workers.parse::<u32>()? {
        let (tokens, done, base) = (Arc::clone(&tokens), Arc::clone(&done), format!("{gateway}/api"));
        all.spawn(async move {
            let http = platform::client::inside().build()?;
            while began.elapsed() < length {
                journey(&http, &base, &tokens).await?;
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
