//! Live screens: each change arrives, a reader who comes back misses nothing, and a shutdown ends them.

use std::time::Duration;

use kernel::Context;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{GUKBAP, TestApp};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_each_change_of_an_order_and_goes_on_after_what_was_seen() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    let path = format!("/orders/{order}/stream");
    let mut screen = Screen::open(&app, &customer, &path, None).await;
    assert_eq!(screen.next_status("order").await, "PLACED");
    app.accept(&order).await;
    assert_eq!(screen.next_status("order").await, "ACCEPTED");
    let seen = screen.last.clone();
    app.start_cooking(&order).await;
    assert_eq!(screen.next_status("order").await, "COOKING");
    drop(screen);
    app.finish_cooking(&order).await;
    let mut again = Screen::open(&app, &customer, &path, seen.as_deref()).await;
    assert_eq!(again.next_status("order").await, "READY", "one who comes back is told how it stands");
    assert!(again.last.as_deref().unwrap().parse::<u64>().unwrap() > seen.unwrap().parse::<u64>().unwrap());
    let seen = again.last.clone();
    let mut idle = Screen::open(&app, &customer, &path, seen.as_deref()).await;
    app.bring(&order).await;
    assert_eq!(idle.until_status("order", "DELIVERED").await, ["DELIVERING", "DELIVERED"]);
    app.get(&app.someone("customer"), &path).await.expect(404);
    drop((again, idle));
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_all_of_their_orders_and_nobody_elses() {
    let app = TestApp::start().await;
    let (customer, other) = (app.someone("customer"), app.someone("customer"));
    let first = app.placed(&customer).await;
    let mut screen = Screen::open(&app, &customer, "/orders/stream", None).await;
    assert_eq!(screen.next("order").await["orderId"], first.as_str());
    app.placed(&other).await;
    let second = app.placed(&customer).await;
    while screen.next_of("order", &second).await["status"] != "PLACED" {}
    let seen = screen.last.clone();
    app.accept(&first).await;
    assert_eq!(screen.next_of("order", &first).await["status"], "ACCEPTED");
    drop(screen);
    app.accept(&second).await;
    let mut again = Screen::open(&app, &customer, "/orders/stream", seen.as_deref()).await;
    let missed = [again.next("order").await, again.next("order").await];
    let missed = missed.map(|order| (order["orderId"].as_str().unwrap().to_owned(), order["status"].clone()));
    assert_eq!(missed, [(first, json!("ACCEPTED")), (second, json!("ACCEPTED"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_and_a_rider_see_their_boards_change() {
    let app = TestApp::start().await;
    let (customer, owner, rider) = (app.someone("customer"), format!("owner/{GUKBAP}"), app.someone("rider"));
    let mut kitchen = Screen::open(&app, &owner, "/tickets/stream", None).await;
    let mut board = Screen::open(&app, &rider, "/deliveries/stream", None).await;
    let order = app.placed(&customer).await;
    assert_eq!(kitchen.next_status("ticket").await, "OPEN");
    app.accept(&order).await;
    assert_eq!(kitchen.next_status("ticket").await, "ACCEPTED");
    assert_eq!(board.next_status("delivery").await, "WAITING");
    let (tickets, deliveries) = (kitchen.last.clone(), board.last.clone());
    app.start_cooking(&order).await;
    app.rider(&rider, &order, "claim", json!({})).await.expect(200);
    assert_eq!(kitchen.next_status("ticket").await, "COOKING");
    let claimed = board.next("delivery").await;
    assert_eq!((&claimed["status"], &claimed["phone"]), (&json!("ASSIGNED"), &json!("010-0000-0000")));
    drop((kitchen, board));
    let mut kitchen = Screen::open(&app, &owner, "/tickets/stream", tickets.as_deref()).await;
    let mut board = Screen::open(&app, &rider, "/deliveries/stream", deliveries.as_deref()).await;
    assert_eq!(kitchen.next_status("ticket").await, "COOKING");
    assert_eq!(board.next_status("delivery").await, "ASSIGNED");
    app.finish_cooking(&order).await;
    assert_eq!(kitchen.next_status("ticket").await, "COOKED");
    assert_eq!(board.next("delivery").await["ready"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_every_event_once_without_anything_personal_and_goes_on_after_what_was_seen() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let mut screen = Screen::open(&app, "operator/1", "/events", None).await;
    let order = app.placed(&customer).await;
    let placed = screen.until_type("baedal.app.OrderPlaced.v1").await;
    assert_eq!(placed["subject"], order.as_str());
    assert_eq!(placed["correlationid"], order.as_str());
    assert!(!placed.to_string().contains("010-0000-0000"));
    screen.until_type("baedal.store.TicketOpened.v1").await;
    let seen = screen.last.clone();
    drop(screen);
    app.accept(&order).await;
    let mut again = Screen::open(&app, "operator/1", "/events", seen.as_deref()).await;
    let mut ids = std::collections::BTreeSet::new();
    loop {
        let event = again.any().await;
        assert!(ids.insert(event["id"].as_str().unwrap().to_owned()), "{event} came twice");
        assert_ne!(event["type"], "baedal.app.OrderPlaced.v1", "seen before");
        if event["type"] == "baedal.app.OrderProgressed.v1" {
            break;
        }
    }
    app.get(&customer, "/events").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_ends_every_stream() {
    let mut app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    let (owner, rider) = (format!("owner/{GUKBAP}"), app.someone("rider"));
    let one = format!("/orders/{order}/stream");
    let mut screens = Vec::new();
    for (who, path) in [
        (customer.as_str(), one.as_str()),
        (&customer, "/orders/stream"),
        (&customer, "/notifications/stream"),
        (&owner, "/tickets/stream"),
        (&rider, "/deliveries/stream"),
        ("operator/1", "/events"),
    ] {
        screens.push(Screen::open(&app, who, path, None).await);
    }
    app.stop(Context::App).await;
    for screen in screens {
        screen.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_through_the_gateway_ends_with_the_service_behind_it() {
    let mut app = TestApp::start_with_store_apart().await;
    let owner = format!("owner/{GUKBAP}");
    let screen = Screen::open(&app, &owner, "/tickets/stream", None).await;
    let store = app.stop(Context::Store).await;
    screen.ends().await;
    app.add(store).await;
    let mut again = Screen::open(&app, &owner, "/tickets/stream", None).await;
    app.placed(&app.someone("customer")).await;
    assert_eq!(again.next_status("ticket").await, "OPEN");
}

/// An open stream.
pub struct Screen {
    response: Response,
    buffer: Vec<u8>,
    /// The id of the last message.
    last: Option<String>,
}

impl Screen {
    pub async fn open(app: &TestApp, who: &str, path: &str, last: Option<&str>) -> Self {
        let mut request = app.http.get(format!("{}{path}", app.gateway()));
        request = request.bearer_auth(app.token(who).await).header("Accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: Vec::new(), last: last.map(str::to_owned) }
    }

    /// The next message: its event and its data; `None` at the end.
    async fn message(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
                let frame = String::from_utf8(self.buffer.drain(..end + 2).collect()).unwrap();
                let field = |name: &str| {
                    let line = frame.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                    line.map(|text| text.trim_start().to_owned())
                };
                let Some(data) = field("data") else { continue };
                self.last = field("id").or(self.last.take());
                return Some((field("event").unwrap_or_default(), serde_json::from_str(&data).unwrap()));
            }
            let chunk = tokio::time::timeout(SOON, self.response.chunk()).await.expect("nothing came");
            self.buffer.extend_from_slice(&chunk.ok()??);
        }
    }

    async fn any(&mut self) -> Value {
        self.message().await.expect("the stream ended").1
    }

    pub async fn next(&mut self, event: &str) -> Value {
        let (found, data) = self.message().await.expect("the stream ended");
        assert_eq!(found, event);
        data
    }

    async fn next_status(&mut self, event: &str) -> String {
        self.next(event).await["status"].as_str().unwrap().to_owned()
    }

    /// The next status that differs, and so on until `last`.
    async fn until_status(&mut self, event: &str, last: &str) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        while seen.last().is_none_or(|status| status != last) {
            let status = self.next_status(event).await;
            if seen.last() != Some(&status) {
                seen.push(status);
            }
        }
        seen
    }

    /// The next message that is about `order`.
    async fn next_of(&mut self, event: &str, order: &str) -> Value {
        let mut latest = self.next(event).await;
        while latest["orderId"] != order {
            latest = self.next(event).await;
        }
        latest
    }

    async fn until_type(&mut self, kind: &str) -> Value {
        loop {
            let event = self.any().await;
            if event["type"] == kind {
                return event;
            }
        }
    }

    async fn ends(mut self) {
        while self.message().await.is_some() {}
    }
}
