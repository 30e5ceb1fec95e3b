//! Owners, riders and operators. What they do with an order is decided by its fate, which is the same in every round.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::dice::fate;
use crate::people::{GUKBAP, Town};

const PAUSE: Duration = Duration::from_millis(30);
const OPERATOR: &str = "operator/1";

/// What somebody has done; a thing that was answered well is not asked for again.
struct Hand<'a> {
    town: &'a Town,
    who: String,
    /// Which of the orders, where several share the work.
    share: fn(u64, &str) -> u64,
    number: u64,
    done: BTreeSet<String>,
}

/// Owners who share the tickets of the store.
pub const OWNERS: u64 = 3;

impl<'a> Hand<'a> {
    fn new(town: &'a Town, who: String) -> Self {
        Self { town, who, share: |_, _| 0, number: 0, done: BTreeSet::new() }
    }

    /// One of the owners.
    fn owner(town: &'a Town, number: u64) -> Self {
        let share = |seed, order: &str| fate(seed, &format!("owner of {order}")) % OWNERS;
        Self { share, number, ..Self::new(town, format!("owner/{GUKBAP}")) }
    }

    /// Does it; others may have been faster (404, 409).
    async fn act(&mut self, path: String, body: Value) {
        if self.done.contains(&path) {
            return;
        }
        let (status, answer) = self.town.ask(&self.who, &path, &body).await;
        match status {
            200 => drop(self.done.insert(path)),
            404 | 409 => {}
            _ => self.town.book().wrong(format!("{} gets {status} for {path}: {answer}", self.who)),
        }
    }

    /// The items in `path`, oldest first, each with its order and that one's fate.
    async fn list(&self, path: &str) -> Vec<(Value, String, u64)> {
        let items = self.town.list(&self.who, path).await;
        let with_fate = items.into_iter().map(|item| {
            let order = item["orderId"].as_str().unwrap_or_default().to_owned();
            let fate = fate(self.town.seed, &order);
            (item, order, fate)
        });
        with_fate.filter(|(_, order, _)| (self.share)(self.town.seed, order) == self.number).collect()
    }
}

/// Accepts most, rejects some, and leaves some lying.
pub async fn answer_tickets(town: Arc<Town>, number: u64) {
    let mut owner = Hand::owner(&town, number);
    while town.is_at_work() {
        for (_, order, fate) in owner.list("/tickets?status=OPEN&limit=200").await {
            match fate {
                0..6 => owner.act(format!("/tickets/{order}/reject"), json!({ "reason": "too-busy" })).await,
                6..10 => {}
                _ => owner.act(format!("/tickets/{order}/accept"), json!({ "prepMinutes": 3 + fate % 4 })).await,
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Starts some (others start by themselves), finishes all, and takes back or adjusts a few.
pub async fn cook(town: Arc<Town>, number: u64) {
    let mut owner = Hand::owner(&town, number);
    while town.is_at_work() {
        for (_, order, fate) in owner.list("/tickets?status=ACCEPTED&limit=200").await {
            match fate {
                10..14 => owner.act(format!("/tickets/{order}/withdraw"), json!({ "reason": "store-reasons" })).await,
                14..20 => owner.act(format!("/tickets/{order}/delay"), json!({ "minutes": 5 })).await,
                20..60 => owner.act(format!("/tickets/{order}/start-cooking"), json!({})).await,
                _ => {}
            }
        }
        for (ticket, order, fate) in owner.list("/tickets?status=COOKING&limit=200").await {
            if (30..38).contains(&fate) {
                let line = &ticket["items"][0]["lineId"];
                let body = json!({ "lines": [{ "lineId": line, "quantity": 1 }], "reason": "missing" });
                owner.act(format!("/tickets/{order}/adjust"), body).await;
            }
            if !(38..44).contains(&fate) || owner.done.contains(&format!("/tickets/{order}/start-cooking")) {
                owner.act(format!("/tickets/{order}/finish-cooking"), json!({})).await;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Hands over what is picked up.
pub async fn hand_out(town: Arc<Town>, number: u64) {
    let mut owner = Hand::owner(&town, number);
    while town.is_at_work() {
        for (ticket, order, fate) in owner.list("/tickets?status=COOKED&limit=200").await {
            if ticket["deliveryBy"] == "PICKUP" {
                owner.act(format!("/tickets/{order}/hand-over"), json!({})).await;
            } else if fate == 44 {
                owner.act(format!("/tickets/{order}/withdraw"), json!({ "reason": "undeliverable" })).await;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Takes what waits, brings it, and sometimes falls.
pub async fn ride(town: Arc<Town>, number: u64) {
    let mut rider = Hand::new(&town, format!("rider/{number}"));
    let me = format!("rider-{number}");
    while town.is_at_work() {
        for (_, order, _) in rider.list("/deliveries?status=WAITING&limit=50").await {
            rider.act(format!("/deliveries/{order}/claim"), json!({})).await;
        }
        for (_, order, fate) in own(&rider, "ASSIGNED", &me).await {
            // Another one takes it.
            if fate == 50 && number == 0 {
                rider.act(format!("/deliveries/{order}/release"), json!({ "reason": "vehicle" })).await;
            }
            rider.act(format!("/deliveries/{order}/pick-up"), json!({})).await;
        }
        for (_, order, fate) in own(&rider, "DELIVERING", &me).await {
            match fate {
                51..54 if !rider.done.contains(&format!("/deliveries/{order}/interrupt")) => {
                    rider.act(format!("/deliveries/{order}/interrupt"), json!({ "reason": "weather" })).await;
                }
                54..57 => rider.act(format!("/deliveries/{order}/fail"), json!({ "reason": "accident" })).await,
                // The operator ends these.
                57..60 => {}
                _ => rider.act(format!("/deliveries/{order}/complete"), json!({})).await,
            }
        }
        for (_, order, _) in own(&rider, "INTERRUPTED", &me).await {
            rider.act(format!("/deliveries/{order}/resume"), json!({})).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn own(rider: &Hand<'_>, status: &str, me: &str) -> Vec<(Value, String, u64)> {
    let mut all = rider.list(&format!("/deliveries?status={status}&limit=200")).await;
    all.retain(|(delivery, ..)| delivery["riderId"] == me && (status != "ASSIGNED" || delivery["ready"] == true));
    all
}

/// Cancels a few, closes what cannot be delivered, and settles refunds that the provider refuses.
pub async fn operate(town: Arc<Town>) {
    let mut operator = Hand::new(&town, OPERATOR.to_owned());
    while town.is_at_work() {
        for (_, order, fate) in operator.list("/operations/app/orders?status=COOKING&limit=200").await {
            if (38..44).contains(&fate) {
                let refund = if fate.is_multiple_of(2) { json!(5_000) } else { Value::Null };
                let body = json!({ "reason": "support", "borneBy": "PLATFORM", "refundAmount": refund });
                operator.act(format!("/operations/app/orders/{order}/cancel"), body).await;
            }
        }
        let undelivered = json!({ "reason": "undeliverable", "borneBy": "RIDER" });
        for (_, order, fate) in operator.list("/operations/app/orders?status=DELIVERING&limit=200").await {
            if (57..60).contains(&fate) {
                let path = format!("/operations/app/orders/{order}/close-undelivered");
                operator.act(path, undelivered.clone()).await;
            }
        }
        for (_, order, _) in operator.list("/operations/delivery/orders?status=FAILED&limit=200").await {
            operator.act(format!("/operations/app/orders/{order}/close-undelivered"), undelivered.clone()).await;
        }
        for (refund, ..) in operator.list("/operations/pay/refunds?standing=FAILED&limit=200").await {
            let id = refund["refundId"].as_str().unwrap_or_default();
            operator.act(format!("/operations/pay/refunds/{id}/settle"), json!({})).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
