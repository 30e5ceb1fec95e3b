//! When the last order has ended: nothing is left to do, and everything is as people were told.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::book::NEVER_PLACED;
use crate::people::Town;

const CONTEXTS: [&str; 5] = ["app", "pay", "store", "delivery", "customer"];
const UNDER_WAY: [&str; 9] = [
    "AWAITING_PAYMENT",
    "PAYMENT_CHECKING",
    "PAYMENT_FAILED",
    "PLACED",
    "ACCEPTED",
    "COOKING",
    "READY",
    "DELIVERING",
    "CANCEL_REQUESTED",
];
const OPERATOR: &str = "operator/1";
const PATIENCE: Duration = Duration::from_secs(90);
const AGAIN: Duration = Duration::from_millis(200);

/// Waits until every order has ended, everybody has heard everything, and nothing is to be done or waited for but
/// the erasing of personal data.
pub async fn come_to_rest(town: &Town) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = left(town).await;
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "it does not come to rest: {left:#?}");
        tokio::time::sleep(AGAIN).await;
    }
}

async fn left(town: &Town) -> Vec<String> {
    let mut left = Vec::new();
    for status in UNDER_WAY {
        let orders = town.list(OPERATOR, &format!("/operations/app/orders?status={status}&limit=3")).await;
        left.extend(orders.iter().map(|order| format!("{status}: {order}")));
    }
    for context in CONTEXTS {
        let list = async |what: &str| town.list(OPERATOR, &format!("/operations/{context}/{what}")).await;
        assert_eq!(list("parked").await, Vec::<Value>::new(), "{context} has parked messages");
        let behind = |lag: &Value| lag["behind"] != 0 || lag["ready"] != true;
        left.extend(list("lag").await.iter().filter(|lag| behind(lag)).map(|lag| format!("{context}: {lag}")));
        left.extend(list("work").await.iter().take(3).map(|work| format!("{context}: {work}")));
        let waits = list("waits").await;
        let short = waits.iter().filter(|wait| wait["waitsFor"][0]["what"] != "personal-data");
        left.extend(short.take(3).map(|wait| format!("{context}: {wait}")));
    }
    left
}

/// Each request to order made one order, and what was answered as placed was placed.
pub async fn compare_with_book(town: &Town) {
    let mut orders = std::collections::BTreeMap::new();
    let mut path = "/operations/app/orders?limit=200".to_owned();
    loop {
        let (_, page) = town.look(OPERATOR, &path).await;
        for order in page["items"].as_array().unwrap() {
            let text = |name: &str| order[name].as_str().unwrap().to_owned();
            orders.insert(text("orderId"), text("status"));
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/operations/app/orders?limit=200&cursor={next}");
    }
    let book = town.book();
    for order in orders.keys() {
        assert!(book.whose(order).is_some(), "nobody was told of order {order}: its request made two");
    }
    assert_eq!(orders.len(), book.orders());
    for order in book.all_placed() {
        let status = orders[order].as_str();
        assert!(!NEVER_PLACED.contains(&status), "order {order} was placed, and is {status}");
    }
}
