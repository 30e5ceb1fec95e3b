//! The whole platform in a temporary directory, with a clock that only the test moves, and one method
//! for each thing that a person does.

#[path = "support/signing_in.rs"]
mod signing_in;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use baedal::compose::{self, Parts, Roles, Running};
use jiff::SignedDuration;
use kernel::{Context, Time};
use platform::clock::{Clock, FakeClock};
use platform::config::{Ports, SECRETS, Secrets, Settings};
use platform::identity::Signer;
use platform::ids::Ids;
use platform::shutdown::Shutdown;
use platform::telemetry::Metrics;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A Sunday evening in Seoul: 19:00.
pub const EVENING: &str = "2026-11-22T10:00:00Z";
/// Always open; original bites 17,900 with two groups of which one each must be chosen.
pub const BITES: &str = "019aa8dc-4866-7569-bce1-0609e9f94ec3";
/// Always open; offers riders and pick-up.
pub const GUKBAP: &str = "019aa8dc-4883-7518-b416-a51e317821cf";
/// Offers riders, its own delivery and pick-up; open in the evening.
pub const CAULDRON: &str = "019aa8dc-484e-7076-a8b7-9ab6eebb6992";
/// Chunky fries at CAULDRON need nothing; 6,500.
pub const FRIES: &str = "019aa8dc-4846-7049-b408-a2b53e44bc05";
/// Kimchi pancake at GUKBAP: 10,000, no options.
pub const PANCAKE: &str = "019aa8dc-4881-71c4-9fa0-56741d0b328d";
/// A bowl of rice at GUKBAP: 1,500, no options.
pub const RICE: &str = "019aa8dc-4882-70fd-998d-9ec43fb8c1b2";

/// How long something may take that needs no passing of the clock.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process's worth of contexts.
pub struct Part {
    pub running: Running,
    pub shutdown: Shutdown,
    roles: Roles,
}

/// The platform under test.
pub struct TestApp {
    _dir: TempDir,
    pub clock: Clock,
    pub hand: FakeClock,
    pub settings: Settings,
    pub secrets: Secrets,
    pub parts: Vec<Part>,
    pub http: reqwest::Client,
    ids: Ids,
    tokens: Mutex<HashMap<String, String>>,
    /// Who signs identities, also while they are away.
    gateway: Option<Signer>,
    app: Option<Signer>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The last part of a problem's type.
    #[track_caller]
    pub fn problem(self, status: u16, slug: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.body["type"], format!("/problems/{slug}"), "{}", self.body);
        self.body
    }
}

impl TestApp {
    /// Everything in one process.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Everything in one process, with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut app = Self::prepare(change);
        app.add(Roles::all()).await;
        app
    }

    /// Each group of contexts as if it were its own process; the gateway is with the first.
    pub async fn start_apart(groups: &[&[Context]]) -> Self {
        Self::start_apart_with(groups, |_| {}).await
    }

    /// Each group of contexts as if it were its own process, with other settings.
    pub async fn start_apart_with(groups: &[&[Context]], change: impl FnOnce(&mut Settings)) -> Self {
        let mut app = Self::prepare(|settings| {
            settings.ports = free_ports();
            change(settings);
        });
        for (number, group) in groups.iter().enumerate() {
            app.add(Roles::only(group, number == 0)).await;
        }
        app
    }

    fn prepare(change: impl FnOnce(&mut Settings)) -> Self {
        let dir = TempDir::new().unwrap();
        let (clock, hand) = Clock::fake(EVENING.parse().unwrap());
        let mut settings = Settings {
            data_dir: dir.path().join("data"),
            ports: Ports { app: 0, pay: 0, store: 0, customer: 0, delivery: 0, gateway: 0 },
            ..Settings::default()
        };
        settings.payment.deadline = SignedDuration::from_secs(4);
        settings.payment.provider_deadline = SignedDuration::from_secs(2);
        change(&mut settings);
        let http = platform::client::inside().timeout(PATIENCE).build().unwrap();
        let ids = Ids::system(Clock::system());
        Self {
            _dir: dir,
            clock,
            hand,
            settings,
            secrets: test_secrets(),
            parts: Vec::new(),
            http,
            ids,
            tokens: Mutex::default(),
            gateway: None,
            app: None,
        }
    }

    /// Starts one more process's worth.
    pub async fn add(&mut self, roles: Roles) {
        let shutdown = Shutdown::new();
        let parts = Parts {
            clock: self.clock.clone(),
            ids: Ids::system(self.clock.clone()),
            shutdown: shutdown.clone(),
            metrics: Metrics::unused(),
            secrets: self.secrets.clone(),
        };
        let running = compose::start(&self.settings, roles.clone(), parts).await.unwrap();
        running.ready().await;
        self.gateway = running.edge().map(|edge| edge.signer.clone()).or(self.gateway.take());
        self.app = running.app_signer().cloned().or(self.app.take());
        self.parts.push(Part { running, shutdown, roles });
    }

    /// Stops the process's worth that runs `context`.
    pub async fn stop(&mut self, context: Context) -> Roles {
        let place = self.parts.iter().position(|part| part.running.rooms().contains_key(&context)).unwrap();
        let part = self.parts.remove(place);
        let roles = part.roles.clone();
        end(part).await;
        roles
    }

    /// Stops a gateway that runs by itself.
    pub async fn stop_gateway(&mut self) {
        let place = self.parts.iter().position(|part| part.running.rooms().is_empty()).unwrap();
        end(self.parts.remove(place)).await;
    }

    /// Stops everything and starts it again on the same data.
    pub async fn restart(&mut self) {
        let mut all = Vec::new();
        for part in self.parts.drain(..) {
            all.push(part.roles.clone());
            end(part).await;
        }
        for roles in all {
            self.add(roles).await;
        }
    }

    /// Waits until everybody has heard everything, nothing is due and no call is open.
    pub async fn rest(&self) {
        let rooms: Vec<_> = self.parts.iter().flat_map(|part| part.running.rooms().values().cloned()).collect();
        platform::testing::at_rest(&rooms).await;
    }

    /// Time passes; afterwards everything has come to rest.
    pub async fn pass(&self, length: SignedDuration) {
        self.hand.advance(length);
        self.rest().await;
    }

    /// Minutes pass; afterwards everything has come to rest.
    pub async fn pass_minutes(&self, minutes: i64) {
        self.pass(SignedDuration::from_mins(minutes)).await;
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// All promises hold on what is stored.
    #[track_caller]
    pub fn check(&self) {
        let code = baedal::check::run(&baedal::check::Options {
            data_dir: self.settings.data_dir.clone(),
            once: true,
            json: false,
        });
        assert_eq!(code, 0, "baedal check found something");
        for (context, room) in self.parts.iter().flat_map(|part| part.running.rooms()) {
            crate::described::look_at_the_log(*context, room);
        }
    }

    pub fn gateway(&self) -> String {
        let gateway = self.parts.iter().find_map(|part| part.running.address("gateway")).unwrap();
        format!("http://{gateway}/api")
    }

    /// Where what has no prefix is reached: pages and webhooks.
    pub fn root(&self) -> String {
        self.gateway().trim_end_matches("/api").to_owned()
    }

    /// The port of one service.
    pub fn service(&self, context: Context) -> String {
        let address = self.parts.iter().find_map(|part| part.running.address(context.name())).unwrap();
        format!("http://{address}")
    }

    pub fn someone(&self, role: &str) -> String {
        format!("{role}/{}", self.ids.uuid())
    }

    pub fn key(&self) -> String {
        self.ids.token()
    }

    pub async fn call(
        &self,
        method: Method,
        actor: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.gateway()));
        if !actor.is_empty() {
            request = request.bearer_auth(self.token(actor).await);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let answer = Answer { status, headers, body };
        crate::described::look(&method, &format!("/api{path}"), &answer);
        answer
    }

    pub async fn get(&self, actor: &str, path: &str) -> Answer {
        self.call(Method::GET, actor, path, None, &[]).await
    }

    pub async fn post(&self, actor: &str, path: &str, body: Value) -> Answer {
        self.call(Method::POST, actor, path, Some(&body), &[]).await
    }

    /// Looks again and again until what is there is right.
    pub async fn until(&self, actor: &str, path: &str, right: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.get(actor, path).await;
            if found.status.is_success() && right(&found.body) {
                return found.body;
            }
            assert!(Instant::now() < deadline, "{path} did not become right: {} {}", found.status, found.body);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    // What customers do.

    /// A body that orders `quantity` of `menu` at `store`, without payment.
    #[expect(clippy::unused_self, reason = "it stands among the things that customers do")]
    pub fn basket(&self, store: &str, menu: &str, quantity: u32) -> Value {
        json!({
            "storeId": store,
            "items": [{ "menuId": menu, "quantity": quantity }],
            "address": "서울특별시 마포구 달보드레로 1",
            "addressDetail": "101호",
            "phone": "010-0000-0000",
            "requests": { "store": "덜 맵게", "rider": "벨 누르지 마세요", "handover": "leave-at-door", "cutlery": false },
        })
    }

    /// Orders and pays with `token`.
    pub async fn order_with(&self, customer: &str, token: &str) -> Answer {
        let mut body = self.basket(GUKBAP, PANCAKE, 2);
        body["payment"] = json!({ "method": "CARD", "token": token });
        self.post(customer, "/orders", body).await
    }

    /// Orders two pancakes and pays; the ticket lies in front of the owner.
    pub async fn placed(&self, customer: &str) -> String {
        let order = self.order_with(customer, "ok").await.expect(201);
        assert_eq!(order["status"], "PLACED");
        self.rest().await;
        id(&order)
    }

    pub async fn pay(&self, customer: &str, order: &str, token: &str) -> Answer {
        self.post(customer, &format!("/orders/{order}/payment"), json!({ "method": "CARD", "token": token })).await
    }

    pub async fn cancel(&self, customer: &str, order: &str) -> Answer {
        self.post(customer, &format!("/orders/{order}/cancel"), json!({ "reason": "마음이 바뀌었어요" })).await
    }

    pub async fn look(&self, customer: &str, order: &str) -> Value {
        self.get(customer, &format!("/orders/{order}")).await.expect(200)
    }

    pub async fn status(&self, customer: &str, order: &str) -> String {
        self.look(customer, order).await["status"].as_str().unwrap().to_owned()
    }

    /// The kinds of what the customer was told, oldest first.
    pub async fn told(&self, customer: &str, order: &str) -> Vec<String> {
        let found = self.get(customer, &format!("/notifications?orderId={order}&limit=200")).await.expect(200);
        let kinds = found["items"].as_array().unwrap().iter().rev();
        kinds.map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// The names of the timeline's events, oldest first.
    pub async fn story(&self, customer: &str, order: &str) -> Vec<String> {
        let found = self.get(customer, &format!("/orders/{order}/timeline")).await.expect(200);
        let items = found["items"].as_array().unwrap().iter();
        items.map(|item| item["event"].as_str().unwrap().to_owned()).collect()
    }

    /// The newest order of somebody whose request to make it is not answered yet.
    pub async fn order_under_way(&self, customer: &str) -> String {
        let orders = self.until(customer, "/orders", |orders| orders["items"][0].is_object()).await;
        id(&orders["items"][0])
    }

    // What owners do, at the store of `placed`.

    pub async fn owner(&self, order: &str, what: &str, body: Value) -> Answer {
        self.owner_of(GUKBAP, order, what, body).await
    }

    pub async fn owner_of(&self, store: &str, order: &str, what: &str, body: Value) -> Answer {
        self.post(&format!("owner/{store}"), &format!("/tickets/{order}/{what}"), body).await
    }

    pub async fn accept(&self, order: &str) -> Value {
        let ticket = self.owner(order, "accept", json!({ "prepMinutes": 20 })).await.expect(200);
        self.rest().await;
        ticket
    }

    pub async fn start_cooking(&self, order: &str) -> Value {
        let ticket = self.owner(order, "start-cooking", json!({})).await.expect(200);
        self.rest().await;
        ticket
    }

    pub async fn finish_cooking(&self, order: &str) -> Value {
        let ticket = self.owner(order, "finish-cooking", json!({})).await.expect(200);
        self.rest().await;
        ticket
    }

    pub async fn ticket(&self, order: &str) -> Value {
        self.get(&format!("owner/{GUKBAP}"), &format!("/tickets/{order}")).await.expect(200)
    }

    // What riders do.

    pub async fn rider(&self, rider: &str, order: &str, what: &str, body: Value) -> Answer {
        self.post(rider, &format!("/deliveries/{order}/{what}"), body).await
    }

    /// From accepted to the door.
    pub async fn bring(&self, order: &str) {
        let rider = self.someone("rider");
        self.rider(&rider, order, "claim", json!({})).await.expect(200);
        self.rider(&rider, order, "pick-up", json!({})).await.expect(200);
        self.rest().await;
        self.rider(&rider, order, "complete", json!({})).await.expect(200);
        self.rest().await;
    }

    /// What an owner does with a thing on the menu, heard by everyone.
    pub async fn menu(&self, store: &str, menu: &str, what: &str) {
        let path = format!("/stores/{store}/menu/{menu}/{what}");
        self.post(&format!("owner/{store}"), &path, json!({})).await.expect(200);
        self.rest().await;
    }

    /// Another price for a pancake, heard by everyone.
    pub async fn price_of_pancakes(&self, amount: i64) {
        let item = json!({ "name": { "ko": "김치전", "en": "Kimchi Pancake" }, "priceAmount": amount });
        let path = format!("/stores/{GUKBAP}/menu/{PANCAKE}");
        self.call(Method::PUT, &format!("owner/{GUKBAP}"), &path, Some(&item), &[]).await.expect(200);
        self.rest().await;
    }

    // What operators do.

    pub async fn operate(&self, path: &str, body: Value) -> Answer {
        self.post("operator/1", &format!("/operations/{path}"), body).await
    }

    /// How many events each log holds.
    pub fn logged(&self) -> Vec<(Context, u64)> {
        let rooms = self.parts.iter().flat_map(|part| part.running.rooms());
        rooms.map(|(context, room)| (*context, room.store.tail().head())).collect()
    }

    /// What the provider holds for an order: charged and given back.
    pub fn provider(&self, order: &str) -> Vec<(i64, i64)> {
        let books = pay::adapters::simulated::read_charges(&self.settings.data_dir.join("provider.db")).unwrap();
        books
            .into_iter()
            .filter(|charge| charge.order_id == order)
            .map(|charge| (charge.amount.minor(), charge.refunded.minor()))
            .collect()
    }
}

/// What the stubs of the outside systems know us by.
fn test_secrets() -> Secrets {
    // With a first operator's password the demo's operator would give way.
    let ours = SECRETS.into_iter().filter(|name| *name != "BAEDAL_OPERATOR_PASSWORD");
    Secrets::from_variables(ours.map(|name| (name.to_owned(), format!("test-{name}"))))
}

/// An order's id.
#[track_caller]
pub fn id(order: &Value) -> String {
    order["orderId"].as_str().expect("an answer without an order's id").to_owned()
}

async fn end(part: Part) {
    part.shutdown.begin();
    assert!(part.shutdown.drained(PATIENCE).await, "still running: {:?}", part.shutdown.running());
    assert_eq!(part.shutdown.fatal_reason(), None);
    drop(part.running);
}

/// Ports that stay free for this test, also while nobody listens there: below those that systems hand out by themselves.
pub fn free_ports() -> Ports {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = 10_000 + u16::try_from(std::process::id() % 200).unwrap() * 100;
    let port = || loop {
        let port = begin + NEXT.fetch_add(1, Ordering::Relaxed);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    };
    Ports { app: port(), pay: port(), store: port(), customer: port(), delivery: port(), gateway: port() }
}
