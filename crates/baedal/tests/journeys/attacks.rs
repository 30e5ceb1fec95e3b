//! Everybody does anything at any moment, also what they must not, hangs up in between and asks again; everything is
//! stopped and started in the middle of it. What comes of it is of no interest as long as the promises hold.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::Context;
use platform::config::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{GUKBAP, PANCAKE, RICE, TestApp, id};

const ORDERS: usize = 12;
const ROUNDS: usize = 14;

/// Numbers that come in the same order for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}

/// Who does what, and whether they wait for the answer.
struct Act {
    actor: String,
    path: String,
    body: Value,
    key: Option<String>,
    patience: Option<Duration>,
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_everybody_does_at_once_the_promises_hold() {
    for seed in seeds() {
        storm(seed, TestApp::start_with(impatient).await, Away::Nobody).await;
    }
}

fn seeds() -> Vec<u64> {
    match std::env::var("BAEDAL_ATTACK_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => vec![3, 220],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_away_in_between_the_promises_hold() {
    for seed in seeds() {
        let groups: [&[Context]; 5] =
            [&[Context::App], &[Context::Pay], &[Context::Store], &[Context::Customer], &[Context::Delivery]];
        storm(seed, TestApp::start_apart_with(&groups, impatient).await, Away::SomeOfThem).await;
    }
}

fn impatient(settings: &mut Settings) {
    settings.payment.deadline = SignedDuration::from_millis(400);
    settings.payment.provider_deadline = SignedDuration::from_millis(200);
}

/// Whether some are stopped for a while.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Away {
    Nobody,
    SomeOfThem,
}

async fn storm(seed: u64, mut app: TestApp, away: Away) {
    println!("BAEDAL_ATTACK_SEED={seed}");
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    app.rest().await;
    let customer = app.someone("customer");
    let riders = [app.someone("rider"), app.someone("rider")];
    let baskets = (0..ORDERS).map(|_| basket(&app, &mut dice)).collect::<Vec<_>>();
    let made = join_all(baskets.iter().map(|body| app.post(&customer, "/orders", body.clone()))).await;
    let orders: Vec<(String, Value)> =
        made.into_iter().map(|made| (id(&made.body), made.body["items"].clone())).collect();
    let mut stopped = Vec::new();
    for _ in 0..ROUNDS {
        let acts: Vec<Act> = (0..ORDERS * 3).map(|_| act(&app, &mut dice, &customer, &riders, &orders)).collect();
        let twice = dice.roll(2) == 0;
        join_all(acts.iter().map(|act| perform(&app, act))).await;
        if twice {
            join_all(acts.iter().map(|act| perform(&app, act))).await;
        }
        app.hand.advance(SignedDuration::from_secs(dice.one_of(&[0, 1, 11, 61, 130, 650])));
        match away {
            Away::Nobody if dice.roll(4) == 0 => app.restart().await,
            Away::SomeOfThem if stopped.is_empty() || dice.roll(3) > 0 => {
                let others = [Context::Pay, Context::Store, Context::Customer, Context::Delivery];
                let one = dice.one_of(&others);
                if app.parts.iter().any(|part| part.running.rooms().contains_key(&one)) {
                    stopped.push(app.stop(one).await);
                }
            }
            Away::SomeOfThem => {
                for roles in stopped.drain(..) {
                    app.add(roles).await;
                }
            }
            Away::Nobody => {}
        }
        if stopped.is_empty() && dice.roll(3) == 0 {
            app.rest().await;
            app.check();
        }
    }
    for roles in stopped {
        app.add(roles).await;
    }
    app.rest().await;
    for _ in 0..30 {
        app.pass_minutes(5).await;
    }
    app.check();
    for (order, _) in &orders {
        settled(&app, &customer, order).await;
    }
    nothing_personal_is_left(&app, &customer, &orders).await;
    if away == Away::Nobody {
        rebuilt_equals_live(app).await;
    }
}

/// Of what was erased.
async fn nothing_personal_is_left(app: &TestApp, customer: &str, orders: &[(String, Value)]) {
    for (order, _) in orders {
        if !app.story(customer, order).await.contains(&"PersonalDataErased".to_owned()) {
            continue;
        }
        for context in Context::ALL {
            let log = app.raw(context);
            let left = "SELECT stream || ' ' || type FROM events WHERE private IS NOT NULL AND stream LIKE '%' || ?1";
            let mut found = log.prepare(left).unwrap();
            let found: Vec<String> = found.query_map([order], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            assert!(found.is_empty(), "{context}: {found:?}");
            for (name, _) in app.views(context) {
                let left = format!("SELECT count(*) FROM {name} WHERE private IS NOT NULL AND key = ?1");
                let left: u32 = log.query_row(&left, [order], |row| row.get(0)).unwrap();
                assert_eq!(left, 0, "{context} {name} {order}");
            }
        }
    }
}

fn basket(app: &TestApp, dice: &mut Dice) -> Value {
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["items"].as_array_mut().unwrap().push(json!({ "menuId": RICE, "quantity": 3 }));
    body["deliveryBy"] = json!(dice.one_of(&["RIDER", "RIDER", "PICKUP"]));
    let token = dice.one_of(&["ok", "ok", "ok", "ok", "lost", "down", "declined", "refund-later"]);
    if dice.roll(8) > 0 {
        body["payment"] = json!({ "method": "CARD", "token": token });
    }
    body
}

fn act(app: &TestApp, dice: &mut Dice, customer: &str, riders: &[String; 2], orders: &[(String, Value)]) -> Act {
    let (order, items) = &orders[usize::try_from(dice.roll(orders.len() as u64)).unwrap()];
    let owner = format!("owner/{GUKBAP}");
    let rider = riders[usize::try_from(dice.roll(2)).unwrap()].clone();
    let line = items[usize::try_from(dice.roll(2)).unwrap()]["lineId"].clone();
    let cut =
        json!({ "lines": [{ "lineId": line, "quantity": dice.roll(3) }], "reason": "sold-out", "borneBy": "STORE" });
    let ticket = |what: &str, body: Value| (owner.clone(), format!("/tickets/{order}/{what}"), body);
    let delivery = |what: &str, body: Value| (rider.clone(), format!("/deliveries/{order}/{what}"), body);
    let operator = |path: String, body: Value| ("operator/1".to_owned(), format!("/operations/{path}"), body);
    let mut decision = json!({ "reason": "support", "borneBy": "PLATFORM" });
    if dice.roll(2) == 0 {
        decision["refundAmount"] = json!(dice.one_of(&[0, 1, 5_000, 20_000]));
    }
    let (actor, path, body) = match dice.roll(60) {
        0..=5 => {
            let token = dice.one_of(&["ok", "ok", "lost", "down", "declined"]);
            (customer.to_owned(), format!("/orders/{order}/payment"), json!({ "method": "CARD", "token": token }))
        }
        6..=7 => (customer.to_owned(), format!("/orders/{order}/cancel"), json!({})),
        8..=17 => ticket("accept", json!({ "prepMinutes": 20 })),
        18 => ticket("reject", json!({ "reason": "too-busy" })),
        19..=20 => ticket("delay", json!({ "minutes": 10 })),
        21..=25 => ticket("start-cooking", json!({})),
        26..=32 => ticket("finish-cooking", json!({})),
        33 => ticket("hand-over", json!({})),
        34 => ticket("withdraw", json!({ "reason": "store-reasons" })),
        35..=37 => ticket("adjust", cut),
        38..=42 => delivery("claim", json!({})),
        43..=47 => delivery("pick-up", json!({})),
        48..=49 => delivery("complete", json!({})),
        50..=51 => delivery(dice.one_of(&["interrupt", "fail"]), json!({ "reason": "accident" })),
        52..=53 => delivery(dice.one_of(&["resume", "release"]), json!({})),
        54..=55 => operator(format!("app/orders/{order}/adjust"), cut),
        56 => operator(format!("app/orders/{order}/cancel"), decision),
        57 => operator(format!("app/orders/{order}/close-undelivered"), decision),
        _ => operator(format!("app/orders/{order}/erase"), json!({})),
    };
    let key = (dice.roll(2) == 0).then(|| app.key());
    let patience = (dice.roll(5) == 0).then(|| Duration::from_millis(dice.roll(12)));
    Act { actor, path, body, key, patience }
}

async fn perform(app: &TestApp, act: &Act) {
    let headers: Vec<_> = act.key.iter().map(|key| ("idempotency-key", key.as_str())).collect();
    let asked = app.call(Method::POST, &act.actor, &act.path, Some(&act.body), &headers);
    let answer = match act.patience {
        // Hangs up.
        Some(patience) => tokio::time::timeout(patience, asked).await.ok(),
        None => Some(asked.await),
    };
    if let Some(answer) = answer {
        let away = app.settings.ports.gateway != 0 && [502, 503, 504].contains(&answer.status.as_u16());
        assert!(
            answer.status.as_u16() < 500 || away,
            "{} {} {}: {} {}",
            act.actor,
            act.path,
            act.body,
            answer.status,
            answer.body
        );
    }
}

/// What the order says of its money is what the provider holds.
async fn settled(app: &TestApp, customer: &str, order: &str) {
    let shown = app.look(customer, order).await;
    let held: i64 = app.provider(order).iter().map(|(charged, back)| charged - back).sum();
    assert!(app.provider(order).iter().all(|(charged, back)| (0..=*charged).contains(back)), "{order}");
    let charges = app.provider(order).len();
    let total = shown["totalAmount"].as_i64().unwrap();
    match shown["status"].as_str().unwrap() {
        "EXPIRED" => assert_eq!(held, 0, "{shown}"),
        "CANCELLED" | "UNDELIVERED" => assert!((0..=total).contains(&held), "{shown} {held}"),
        "AWAITING_PAYMENT" | "PAYMENT_FAILED" | "PAYMENT_CHECKING" | "CANCEL_REQUESTED" | "PLACED" => {
            panic!("{order} waits for ever: {shown}")
        }
        _ => assert_eq!(held, total, "{shown} {charges}"),
    }
    assert_ne!(shown["refund"], "PENDING", "{shown}");
}

async fn rebuilt_equals_live(mut app: TestApp) {
    let roles = app.stop(Context::App).await;
    let before: Vec<_> = Context::ALL.map(|context| app.views(context)).into();
    for context in Context::ALL {
        app.drop_views(context);
    }
    app.add(roles).await;
    app.rest().await;
    app.stop(Context::App).await;
    for (context, before) in Context::ALL.into_iter().zip(before) {
        for ((name, before), (_, after)) in before.iter().zip(&app.views(context)) {
            assert_eq!(before.len(), after.len(), "{context} {name}");
            for (before, after) in before.iter().zip(after) {
                assert_eq!(shown(name, before), shown(name, after), "{context} {name}");
            }
        }
    }
}

/// A row without the position that nobody reads: it tells that something was erased from another's log.
fn shown<'a>(name: &str, row: &'a [rusqlite::types::Value]) -> Vec<&'a rusqlite::types::Value> {
    let position = (name == "order_facts").then_some(3);
    row.iter().enumerate().filter(|(column, _)| Some(*column) != position).map(|(_, value)| value).collect()
}
