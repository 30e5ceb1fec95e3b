//! `baedal demo`: one order from menu to door, step by step, over HTTP.

mod client;

use std::time::Duration;

use anyhow::{Context as _, bail};
use platform::clock::Clock;
use platform::config::{MessageOutlet, PaymentProvider, Ports, Secrets, Settings, Tls};
use platform::ids::Ids;
use platform::shutdown::Shutdown;
use platform::telemetry::Metrics;
use serde_json::{Value, json};

use crate::cli::DemoOptions;
use crate::compose::{self, Parts, Roles};
use client::Client;

/// How long a running server may take to say that it is there.
const KNOCK: Duration = Duration::from_millis(500);
/// How long a change may take to reach the next service.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the demo against a running server, or against its own.
///
/// # Errors
/// When a step does not come out as it should.
pub async fn run(settings: Settings, options: DemoOptions) -> anyhow::Result<u8> {
    let usual = format!("http://127.0.0.1:{}", settings.ports.gateway);
    let asked = options.server.clone().unwrap_or(usual);
    let client = Client::new(&asked)?;
    if client.is_there(KNOCK).await {
        println!("The server at {asked} is used.\n");
        story(&client).await?;
        return Ok(0);
    }
    if let Some(server) = options.server {
        bail!("no Baedal answers at {server}. Start one with `baedal`, or leave --server out to use the demo's own");
    }
    own_server(settings).await
}

async fn own_server(mut settings: Settings) -> anyhow::Result<u8> {
    let shutdown = Shutdown::new();
    let dir = temporary_directory()?;
    settings.data_dir.clone_from(&dir);
    settings.payment.provider = PaymentProvider::Simulated;
    settings.messages.outlet = MessageOutlet::Inbox;
    settings.demo_data = true;
    "127.0.0.1".clone_into(&mut settings.bind);
    settings.tls = Tls::default();
    settings.public_address.clear();
    settings.ports = Ports { app: 0, pay: 0, store: 0, customer: 0, delivery: 0, gateway: 0 };
    let clock = Clock::system();
    let parts = Parts {
        ids: Ids::system(clock.clone()),
        clock,
        shutdown: shutdown.clone(),
        metrics: Metrics::unused(),
        secrets: Secrets::default(),
    };
    let running = compose::start(&settings, Roles::all(), parts).await?;
    running.ready().await;
    let gateway = running.address("gateway").context("the demo's own server has no gateway")?;
    println!("No server is running, so the demo starts its own in {}.\n", dir.display());
    let outcome = story(&Client::new(&format!("http://{gateway}"))?).await;
    shutdown.begin();
    shutdown.drained(PATIENCE).await;
    drop(running);
    std::fs::remove_dir_all(&dir).with_context(|| format!("{} could not be removed", dir.display()))?;
    outcome.map(|()| 0)
}

fn temporary_directory() -> anyhow::Result<std::path::PathBuf> {
    let dir = std::env::temp_dir().join(format!("baedal-demo-{}", std::process::id()));
    std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    Ok(dir)
}

async fn story(client: &Client) -> anyhow::Result<()> {
    let ids = Ids::system(Clock::system());
    say("A customer, an owner and a rider sign in", "POST /sessions");
    let customer = client.sign_in("customer").await?;
    let owner = client.sign_in("owner").await?;
    let rider = client.sign_in("rider").await?;
    let store = open_store(client).await?;
    let basket = basket(&store)?;

    let order = place(client, &customer, &store, basket, &ids).await?;
    let id = text(&order, "orderId").to_owned();
    let see = async |status: &str| client.order_reaches(&customer, &id, status, PATIENCE).await;

    client.until_found(&owner, &format!("/tickets/{id}"), PATIENCE).await?;
    say("The owner accepts, ready in 10 minutes", &format!("POST /tickets/{id}/accept"));
    client.post(&owner, &format!("/tickets/{id}/accept"), &json!({ "prepMinutes": 10 })).await?;
    see("ACCEPTED").await?;
    say("The owner starts cooking", &format!("POST /tickets/{id}/start-cooking"));
    client.post(&owner, &format!("/tickets/{id}/start-cooking"), &json!({})).await?;
    see("COOKING").await?;
    say("A rider says where they are", "PUT /deliveries/place");
    client.put(&rider, "/deliveries/place", &json!({ "lat": store["lat"], "lng": store["lng"] })).await?;
    client.until_found(&rider, &format!("/deliveries/{id}"), PATIENCE).await?;
    say("A rider takes the delivery", &format!("POST /deliveries/{id}/claim"));
    client.post(&rider, &format!("/deliveries/{id}/claim"), &json!({})).await?;
    say("The food is cooked", &format!("POST /tickets/{id}/finish-cooking"));
    client.post(&owner, &format!("/tickets/{id}/finish-cooking"), &json!({})).await?;
    see("READY").await?;
    client.until(&rider, &format!("/deliveries/{id}"), PATIENCE, |found| found["ready"] == true).await?;
    say("The rider picks it up", &format!("POST /deliveries/{id}/pick-up"));
    client.post(&rider, &format!("/deliveries/{id}/pick-up"), &json!({})).await?;
    see("DELIVERING").await?;
    say("The rider leaves it at the door", &format!("POST /deliveries/{id}/complete"));
    client.post(&rider, &format!("/deliveries/{id}/complete"), &json!({ "handover": "leave-at-door" })).await?;
    see("DELIVERED").await?;
    tell(client, &customer, &id).await
}

async fn open_store(client: &Client) -> anyhow::Result<Value> {
    say("The customer looks for a store that is open", "GET /stores");
    let stores = client.get("", "/stores?limit=200").await?;
    let open = items(&stores)
        .iter()
        .find(|store| store["open"] == true)
        .context("no store is open; without demo data there is none")?;
    let store = client.get("", &format!("/stores/{}", text(open, "storeId"))).await?;
    println!("    {} ({})", text(&store, "name"), text(&store["category"], "name"));
    Ok(store)
}

/// Enough of the first item that is not sold out, with the options it must have.
fn basket(store: &Value) -> anyhow::Result<Value> {
    let menu = store["menu"].as_array().context("a store without a menu")?;
    let item = menu.iter().find(|item| item["soldOut"] == false).context("everything is sold out")?;
    let groups = item["optionGroups"].as_array().cloned().unwrap_or_default();
    let options: Vec<Value> = groups
        .iter()
        .flat_map(|group| {
            let least = group["min"].as_u64().unwrap_or(0) as usize;
            let choices = group["options"].as_array().cloned().unwrap_or_default();
            choices.into_iter().take(least).map(|option| option["optionId"].clone())
        })
        .collect();
    let price = item["priceAmount"].as_i64().unwrap_or(1).max(1);
    let minimum = store["minimumAmount"].as_i64().unwrap_or(0);
    let quantity = (minimum + price - 1) / price;
    Ok(json!([{ "menuId": item["menuId"], "quantity": quantity.max(1), "options": options }]))
}

async fn place(client: &Client, customer: &str, store: &Value, items: Value, ids: &Ids) -> anyhow::Result<Value> {
    let mut body = json!({
        "storeId": store["storeId"],
        "items": items,
        "address": "서울특별시 마포구 달보드레로 1",
        "addressDetail": "101호",
        "phone": "010-0000-0000",
        "requests": { "store": "맛있게 부탁드려요", "handover": "leave-at-door", "cutlery": false },
    });
    let quote = client.post("", "/quotes", &body).await?;
    body["expectedTotal"] = quote["totalAmount"].clone();
    body["payment"] = json!({ "method": "CARD", "token": "ok" });
    say("The customer orders and pays", "POST /orders");
    let order = client.post_once(customer, "/orders", &body, &ids.token()).await?;
    println!("    {}: {} {}", text(&order, "orderNumber"), order["totalAmount"], text(&order, "currency"));
    client::show_status(text(&order, "status"));
    Ok(order)
}

async fn tell(client: &Client, customer: &str, id: &str) -> anyhow::Result<()> {
    println!("\nThe order's story (GET /orders/{id}/timeline):");
    let timeline = client.get(customer, &format!("/orders/{id}/timeline")).await?;
    for item in items(&timeline) {
        let status = item["status"].as_str().unwrap_or("");
        println!("    {}  {:<18} {:<9} {status}", text(item, "at"), text(item, "event"), text(item, "context"));
    }
    let path = format!("/notifications?orderId={id}");
    let sent = |found: &Value| items(found).iter().any(|notice| notice["kind"] == "DELIVERED");
    let notices = client.until(customer, &path, PATIENCE, sent).await?;
    println!("\nWhat the customer was told (GET {path}):");
    for notice in items(&notices).iter().rev() {
        let first = text(notice, "text").lines().next().unwrap_or_default();
        println!("    {:<10} {:<7} {first}", text(notice, "kind"), text(notice, "state"));
    }
    Ok(())
}

fn say(what: &str, call: &str) {
    println!("{what:<45} {call}");
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or("?")
}

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().map_or(&[], Vec::as_slice)
}
