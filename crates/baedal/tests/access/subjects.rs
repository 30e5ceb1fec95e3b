//! What calls are about: orders, tickets, deliveries and refunds, as far on their way as a call needs them.

use kernel::Context;
use serde_json::{Value, json};

use crate::support::{BITES, CAULDRON, FRIES, GUKBAP, PANCAKE, RICE, TestApp, id};

/// An order and whose it is.
pub struct Made {
    pub customer: String,
    pub order: String,
}

/// Placed at GUKBAP; a rider would bring it.
pub async fn placed(app: &TestApp) -> Made {
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    Made { customer, order }
}

/// Placed with `change` at GUKBAP or elsewhere.
async fn placed_with(app: &TestApp, mut body: Value, change: impl FnOnce(&mut Value)) -> Made {
    let customer = app.someone("customer");
    body["payment"] = json!({ "method": "CARD", "token": "ok" });
    change(&mut body);
    let order = id(&app.post(&customer, "/orders", body).await.expect(201));
    app.rest().await;
    Made { customer, order }
}

/// Not paid for.
pub async fn unpaid(app: &TestApp) -> Made {
    let customer = app.someone("customer");
    let order = id(&app.post(&customer, "/orders", app.basket(GUKBAP, PANCAKE, 2)).await.expect(202));
    Made { customer, order }
}

/// With pancakes and two bowls of rice, and the line of the rice.
pub async fn with_rice(app: &TestApp) -> (Made, String) {
    let rice = json!({ "menuId": RICE, "quantity": 2 });
    let more = |body: &mut Value| body["items"].as_array_mut().unwrap().push(rice);
    let made = placed_with(app, app.basket(GUKBAP, PANCAKE, 2), more).await;
    let line = app.look(&made.customer, &made.order).await["items"][1]["lineId"].as_str().unwrap().to_owned();
    (made, line)
}

/// How far a kitchen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kitchen {
    Open,
    Accepted,
    Cooking,
    Cooked,
}

/// At GUKBAP, for a rider.
pub async fn ticket(app: &TestApp, until: Kitchen) -> Made {
    let made = placed(app).await;
    cook(app, GUKBAP, &made.order, until).await;
    made
}

/// At GUKBAP, cooked, for somebody who collects it.
pub async fn collected(app: &TestApp) -> Made {
    let made = placed_with(app, app.basket(GUKBAP, PANCAKE, 2), |body| body["deliveryBy"] = json!("PICKUP")).await;
    cook(app, GUKBAP, &made.order, Kitchen::Cooked).await;
    made
}

/// At CAULDRON, which brings it itself.
pub async fn brought_by_the_store(app: &TestApp, until: Kitchen) -> Made {
    let made = placed_with(app, app.basket(CAULDRON, FRIES, 2), |body| body["deliveryBy"] = json!("STORE")).await;
    cook(app, CAULDRON, &made.order, until).await;
    made
}

async fn cook(app: &TestApp, store: &str, order: &str, until: Kitchen) {
    let steps = [
        (Kitchen::Accepted, "accept", json!({ "prepMinutes": 20 })),
        (Kitchen::Cooking, "start-cooking", json!({})),
        (Kitchen::Cooked, "finish-cooking", json!({})),
    ];
    for (reached, what, body) in steps {
        if reached <= until {
            app.owner_of(store, order, what, body).await.expect(200);
        }
    }
    app.rest().await;
}

/// A delivery of who brings it: a rider, or the owner of CAULDRON.
pub struct Way {
    pub bearer: String,
    pub order: String,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Road {
    Assigned,
    Out,
    Interrupted,
    Failed,
}

/// By a rider from GUKBAP.
pub async fn ridden(app: &TestApp, until: Road) -> Way {
    let Made { order, .. } = ticket(app, Kitchen::Cooked).await;
    let rider = app.someone("rider");
    app.rider(&rider, &order, "claim", json!({})).await.expect(200);
    travel(app, Way { bearer: rider, order }, until).await
}

/// By CAULDRON itself.
pub async fn walked(app: &TestApp, until: Road) -> Way {
    let Made { order, .. } = brought_by_the_store(app, Kitchen::Cooked).await;
    travel(app, Way { bearer: format!("owner/{CAULDRON}"), order }, until).await
}

async fn travel(app: &TestApp, way: Way, until: Road) -> Way {
    let trouble = json!({ "reason": "accident" });
    let steps = [
        (Road::Out, "pick-up", json!({})),
        (Road::Interrupted, "interrupt", trouble.clone()),
        (Road::Failed, "fail", trouble),
    ];
    for (reached, what, body) in steps {
        if reached <= until {
            app.rider(&way.bearer, &way.order, what, body).await.expect(200);
        }
    }
    app.rest().await;
    way
}

/// A refund that the provider refused, by its id.
pub async fn refused_refund(app: &TestApp) -> String {
    let customer = app.someone("customer");
    let order = id(&app.order_with(&customer, "refund-refused").await.expect(201));
    app.rest().await;
    app.cancel(&customer, &order).await.expect(202);
    app.rest().await;
    let open = app.get("operator/1", "/operations/pay/refunds?limit=200").await.expect(200);
    let mine = open["items"].as_array().unwrap().iter().find(|refund| refund["orderId"] == json!(order));
    mine.expect("a refund that was refused")["refundId"].as_str().unwrap().to_owned()
}

/// The message that `context` set aside, from a log that it does not listen to, so that nothing takes it up.
pub fn parked(app: &TestApp, context: Context) -> i64 {
    const NUMBER: i64 = 7_001;
    let database = rusqlite::Connection::open(app.settings.data_dir.join(format!("{context}.db"))).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let insert = "INSERT OR IGNORE INTO parked (id, source, position, subject, type, error, attempts, at, retry) \
                  VALUES (?1, 'gateway', ?1, zeroblob(16), 'Nothing', 'made by a test', 5, 0, 0)";
    database.execute(insert, [NUMBER]).unwrap();
    NUMBER
}

/// The token of the link in an order's messages.
pub fn link(app: &TestApp, order: &str) -> String {
    let database = rusqlite::Connection::open(app.settings.data_dir.join("app.db")).unwrap();
    let find = "SELECT link_token FROM order_status WHERE key = ?1";
    database.query_row(find, [order], |row| row.get(0)).unwrap()
}

/// All of BITES as its owner sees and puts it.
pub async fn terms(app: &TestApp) -> Value {
    app.get("operator/1", &format!("/operations/store/stores/{BITES}")).await.expect(200)
}
