//! The town: who asks the server for what, again and again, until it is answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::book::{Book, NEVER_PLACED};
use crate::dice::Dice;
use crate::server::Server;

/// Always open; offers riders and pick-up.
pub const GUKBAP: &str = "019aa8dc-4883-7518-b416-a51e317821cf";
/// 10,000, no options.
const PANCAKE: &str = "019aa8dc-4881-71c4-9fa0-56741d0b328d";
const PATIENCE: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_millis(20);

/// Everybody, and what they were told.
pub struct Town {
    http: reqwest::Client,
    gateway: String,
    /// What everybody shows.
    tokens: BTreeMap<String, String>,
    pub seed: u64,
    book: Mutex<Book>,
    closed: AtomicBool,
    home: AtomicBool,
}

impl Town {
    pub fn new(gateway: String, seed: u64, tokens: BTreeMap<String, String>) -> Self {
        let http = platform::client::inside().timeout(Duration::from_secs(15)).build().unwrap();
        Self {
            http,
            gateway,
            tokens,
            seed,
            book: Mutex::default(),
            closed: AtomicBool::new(false),
            home: AtomicBool::new(false),
        }
    }

    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// Nobody orders any more.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Owners, riders and operators stop too.
    pub fn go_home(&self) {
        self.home.store(true, Ordering::Relaxed);
    }

    pub fn is_at_work(&self) -> bool {
        !self.home.load(Ordering::Relaxed)
    }

    /// Waits until all `servers` are ready.
    pub async fn ready(&self, servers: impl IntoIterator<Item = &mut Server>) {
        let deadline = Instant::now() + PATIENCE;
        for server in servers {
            let address = format!("{}/health/ready", server.address);
            while !self.http.get(&address).send().await.is_ok_and(|answer| answer.status().is_success()) {
                server.still_runs();
                assert!(Instant::now() < deadline, "the server does not become ready");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// Waits until customers can read the menu.
    pub async fn opened(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.look("", &format!("/stores/{GUKBAP}")).await.1.to_string().contains(PANCAKE) {
            assert!(Instant::now() < deadline, "there is no menu");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// What is there, as soon as somebody answers.
    pub async fn look(&self, who: &str, path: &str) -> (u16, Value) {
        self.answered(|| {
            let request = self.http.get(format!("{}/api{path}", self.gateway));
            if who.is_empty() { request } else { request.bearer_auth(self.token(who)) }
        })
        .await
    }

    /// The items of a list.
    pub async fn list(&self, who: &str, path: &str) -> Vec<Value> {
        let (status, mut found) = self.look(who, path).await;
        match found["items"].take() {
            Value::Array(items) if status == 200 => items,
            _ => panic!("{path}: {status} {found}"),
        }
    }

    /// Asks with a key of its own for this path, until there is an answer.
    pub async fn ask(&self, who: &str, path: &str, body: &Value) -> (u16, Value) {
        let key = format!("{who}{path}");
        self.answered(|| {
            let request = self.http.post(format!("{}/api{path}", self.gateway)).bearer_auth(self.token(who));
            request.header("Idempotency-Key", &key).json(body)
        })
        .await
    }

    /// The token of `who`; the names of one customer's orders have a number of their own.
    fn token(&self, who: &str) -> &str {
        let person = if who.starts_with("customer/") { who.split('-').next().unwrap() } else { who };
        &self.tokens[person]
    }

    async fn answered(&self, request: impl Fn() -> reqwest::RequestBuilder) -> (u16, Value) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok(response) = request().send().await {
                let status = response.status().as_u16();
                let replayed = response.headers().contains_key("idempotency-replayed");
                if let Ok(text) = response.text().await
                    && !matches!(status, 429 | 503)
                {
                    self.book().replayed += u64::from(replayed);
                    return (status, serde_json::from_str(&text).unwrap_or(Value::String(text)));
                }
            }
            self.book().cut_off += 1;
            assert!(Instant::now() < deadline, "{:?} is never answered", request().build());
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// What was placed is still placed: the newest, and some of the others.
    pub async fn look_at_some(&self, dice: &mut Dice, count: usize) {
        let mut orders: Vec<String> = {
            let book = self.book();
            let all = book.all_placed();
            let (older, newest) = all.split_at(all.len().saturating_sub(count));
            let mut some = |_| older[dice.between(0, older.len() as u64 - 1) as usize].clone();
            let older: Vec<_> = if older.is_empty() { Vec::new() } else { (0..count / 2).map(&mut some).collect() };
            newest.iter().cloned().chain(older).collect()
        };
        orders.sort();
        orders.dedup();
        for order in orders {
            let whose = self.book().whose(&order).unwrap();
            let (status, found) = self.look(&whose, &format!("/orders/{order}")).await;
            let standing = found["status"].as_str().unwrap_or("nowhere");
            if status != 200 || NEVER_PLACED.contains(&standing) {
                self.book().wrong(format!("order {order} was placed, and is {standing} ({status})"));
            }
        }
    }
}

/// One customer after the other, until the town is closed.
pub async fn order_again_and_again(town: Arc<Town>, number: u64) {
    let mut dice = Dice::new(town.seed, &format!("customer {number}"));
    for turn in 0.. {
        if town.closed.load(Ordering::Relaxed) {
            return;
        }
        let who = format!("customer/{number}-{turn}");
        order(&town, &who, &mut dice).await;
        tokio::time::sleep(Duration::from_millis(dice.between(0, 20))).await;
    }
}

/// Orders once, pays (again), and perhaps thinks better of it.
async fn order(town: &Town, who: &str, dice: &mut Dice) {
    let (status, answer) = town.ask(who, "/orders", &basket(dice)).await;
    let Some(order) = answer["orderId"].as_str().filter(|_| matches!(status, 201 | 202 | 402 | 409)) else {
        town.book().wrong(format!("{who} gets {status} for an order: {answer}"));
        return;
    };
    town.book().ordered(order, who);
    if status == 201 {
        town.book().placed(order, answer["status"].as_str().unwrap_or_default());
    } else if matches!(status, 202 | 402) && !dice.one_in(3) {
        pay(town, who, order).await;
    }
    if dice.one_in(8) {
        tokio::time::sleep(Duration::from_millis(dice.between(0, 300))).await;
        cancel(town, who, order).await;
    }
}

async fn pay(town: &Town, who: &str, order: &str) {
    let payment = json!({ "method": "EASY_PAY", "token": "ok" });
    let (status, answer) = town.ask(who, &format!("/orders/{order}/payment"), &payment).await;
    match status {
        200 => town.book().placed(order, answer["status"].as_str().unwrap_or_default()),
        // In doubt, declined, in progress, over.
        202 | 402 | 409 => {}
        _ => town.book().wrong(format!("{who} gets {status} for a payment: {answer}")),
    }
}

async fn cancel(town: &Town, who: &str, order: &str) {
    let (status, answer) = town.ask(who, &format!("/orders/{order}/cancel"), &json!({})).await;
    if !matches!(status, 200 | 202 | 409) {
        town.book().wrong(format!("{who} gets {status} for a cancel: {answer}"));
    }
}

fn basket(dice: &mut Dice) -> Value {
    let mut body = json!({
        "storeId": GUKBAP,
        "items": [{ "menuId": PANCAKE, "quantity": dice.between(2, 3) }],
        "address": "서울특별시 마포구 달보드레로 1",
        "phone": "010-0000-0000",
        "deliveryBy": if dice.one_in(5) { "PICKUP" } else { "RIDER" },
    });
    let token = match dice.between(0, 99) {
        0..62 => "ok",
        62..72 => "declined",
        72..80 => "lost",
        80..86 => "down",
        86..88 => "slow",
        88..93 => "refund-later",
        93..95 => "refund-refused",
        _ => return body,
    };
    body["payment"] = json!({ "method": "CARD", "token": token });
    body
}
