//! Clients as the family's load test has them: so many at once, each ordering one thing after another. Whoever is led
//! to pay a little later comes back when they were told to.
//!
//! `clients <gateway> <clients> <seconds>` prints one line of JSON a request: when it began (ms since the epoch), how long
//! it took (ms), which it was (`order` or `payment`), the HTTP status, and the order's status.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

const ORDER: &str = r#"{"storeId":"019aa8dc-4883-7518-b416-a51e317821cf","items":[{"menuId":"019aa8dc-4881-71c4-9fa0-56741d0b328d","quantity":2}],"address":"서울특별시 마포구 달보드레로 1","phone":"010-0000-0000","payment":{"method":"CARD","token":"ok"}}"#;
const PAYMENT: &str = r#"{"method":"CARD","token":"ok"}"#;
/// How often somebody comes back to pay.
const PATIENCE: u32 = 3;

struct Client {
    http: reqwest::Client,
    gateway: Arc<str>,
    /// What all of them show: they are one customer with many hands.
    token: Arc<str>,
    end: Instant,
    lines: UnboundedSender<Value>,
}

struct Answered {
    order: Option<String>,
    status: String,
    retry_after: Duration,
}

impl Client {
    async fn run(self) {
        while Instant::now() < self.end {
            let mut answered = self.ask("order", "/orders".to_owned(), ORDER).await;
            for _ in 0..PATIENCE {
                let Some(order) = answered.order.take().filter(|_| answered.status == "AWAITING_PAYMENT") else {
                    break;
                };
                if Instant::now() + answered.retry_after >= self.end {
                    return;
                }
                tokio::time::sleep(answered.retry_after).await;
                answered = self.ask("payment", format!("/orders/{order}/payment"), PAYMENT).await;
            }
        }
    }

    async fn ask(&self, what: &str, path: String, body: &'static str) -> Answered {
        let (began, at) = (Instant::now(), since_epoch());
        let request = self.http.post(format!("{}/api{path}", self.gateway)).bearer_auth(&self.token);
        let sent = request.header("Content-Type", "application/json").body(body).send().await;
        let (code, retry_after, body) = match sent {
            Ok(response) => {
                let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
                let after = after.and_then(|text| text.parse().ok()).map_or(Duration::ZERO, Duration::from_secs);
                let code = response.status().as_u16();
                (code, after, response.json().await.unwrap_or(Value::Null))
            }
            Err(_) => (0, Duration::ZERO, Value::Null),
        };
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        let text = |field: &str| body[field].as_str().map(str::to_owned);
        let status = text("status").unwrap_or_default();
        // Whoever reads the lines may have had enough.
        drop(self.lines.send(json!([at, took, what, code, status])));
        Answered { order: text("orderId"), status, retry_after }
    }
}

#[expect(clippy::disallowed_methods, reason = "the lines are put beside what another program did at what time")]
fn since_epoch() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "a load generator of its own")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "clients <gateway, like http://127.0.0.1:8088> <clients> <seconds>";
    let gateway: Arc<str> = arguments.next().context(usage)?.into();
    let clients: u32 = arguments.next().context(usage)?.parse()?;
    let seconds: u64 = arguments.next().context(usage)?.parse()?;
    let http = platform::client::inside().timeout(Duration::from_secs(30)).build()?;
    let token: Arc<str> = baedal::signing_in::sign_in(&http, &gateway, "customer", "baedal").await?.into();
    let end = Instant::now() + Duration::from_secs(seconds);
    let (lines, mut read) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..clients {
        let (http, lines) = (http.clone(), lines.clone());
        let (gateway, token) = (Arc::clone(&gateway), Arc::clone(&token));
        tokio::spawn(Client { http, gateway, token, end, lines }.run());
    }
    drop(lines);
    let mut out = std::io::BufWriter::new(std::io::stdout());
    while let Some(line) = read.recv().await {
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}
