//! store with its neighbours' logs, as its tests use it.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use kernel::Context;
use kernel::events::DomainEvent;
use kernel::events::app::{
    AppEvent, CancelRequested, OrderCancelled, OrderDetails, OrderPlaced, PaidSoFar, PersonalDataErased,
};
use kernel::events::delivery::{DeliveryEvent, DeliveryStarted};
use kernel::events::store::StoreEvent;
use kernel::ids::OrderId;
use kernel::lang::{Language, Localized};
use kernel::money::{Amount, Currency};
use kernel::order::{BorneBy, CancelCause, CancelReason, DeliveryBy, PaymentMethod};
use kernel::people::PersonId;
use kernel::personal::{PersonalData, Requests};
use platform::bus::Source;
use platform::clock::{Clock, FakeClock};
use platform::ids::Ids;
use platform::room::Room;
use platform::shutdown::Shutdown;
use platform::store::{Append, Cause, Changes, NewEvent};
use serde_json::Value;
use tower::ServiceExt;

use super::{Options, Sources, StoreService};
use crate::TABLES;
use crate::domain::tests::samples;

/// Someone of the staff.
pub const CHOI: &str = "operator/choi";
/// The owner of another store.
pub const OTHER: &str = "owner/01890000-0000-7000-8000-00000000000c";

/// The owner of the sample store.
pub fn owner() -> String {
    format!("owner/{}", samples::store_id())
}

/// store, and what it hears.
pub struct TestApp {
    pub service: StoreService,
    pub hand: FakeClock,
    app: Room,
    delivery: Room,
    _dir: tempfile::TempDir,
}

impl TestApp {
    /// With an empty log.
    pub async fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (clock, hand) = Clock::fake(samples::at(0));
        let (ids, shutdown) = (Ids::seeded(1), Shutdown::new());
        let open = |context, tables: &[_]| {
            Room::open(dir.path(), context, tables, clock.clone(), ids.clone(), shutdown.clone()).unwrap()
        };
        let (app, delivery) = (open(Context::App, &[]), open(Context::Delivery, &[]));
        let service = StoreService::new(open(Context::Store, &TABLES), Options::default());
        service.prepare().await.unwrap();
        service.start(Sources { app: Source::local(&app.store), delivery: Source::local(&delivery.store) });
        Self { service, hand, app, delivery, _dir: dir }
    }

    /// With the sample store, open, with one item on its menu.
    pub async fn start() -> Self {
        let app = Self::empty().await;
        let store = samples::store_id();
        let terms = serde_json::to_string(&samples::terms()).unwrap();
        assert_eq!(app.put(CHOI, &format!("/stores/{store}"), &terms).await.0, 201);
        assert_eq!(app.post(&owner(), &format!("/stores/{store}/open"), "").await.0, 200);
        app
    }

    /// A new order that was paid.
    pub async fn placed(&self, delivery_by: DeliveryBy) -> OrderId {
        let order: OrderId = self.service.room().ids.uuid().into();
        let event = OrderPlaced {
            details: OrderDetails {
                order_number: samples::number(),
                customer_id: PersonId::parse("hana").unwrap(),
                store_id: samples::store_id(),
                store_name: Localized::default(),
                lines: samples::lines(),
                charges: Vec::new(),
                items_amount: Amount::new(42_000),
                total_amount: Amount::new(42_000),
                vat_amount: Amount::new(3_818),
                currency: Currency::Krw,
                delivery_by,
                language: Language::Ko,
                prep_minutes: 30,
            },
            attempt: 1,
            method: PaymentMethod::Card,
            placed_at: samples::at(0),
            unreachable_at: samples::at(60),
            private: Some(Box::new(PersonalData {
                requests: Some(Requests {
                    store: Some("less spicy".to_owned()),
                    cutlery: Some(false),
                    ..Requests::default()
                }),
                ..PersonalData::default()
            })),
        };
        self.says(&self.app, order, AppEvent::from(event)).await;
        order
    }

    pub async fn cancel_requested(&self, order: OrderId) {
        let event = CancelRequested {
            order_number: samples::number(),
            cause: CancelCause::CustomerAsked,
            reason: CancelReason::Customer,
            answer_by: samples::at(3),
            private: None,
        };
        self.says(&self.app, order, AppEvent::from(event)).await;
    }

    pub async fn cancelled(&self, order: OrderId) {
        let event = OrderCancelled {
            order_number: samples::number(),
            cause: CancelCause::OperatorDecided,
            reason: CancelReason::Support,
            borne_by: BorneBy::Platform,
            refund_amount: Amount::ZERO,
            paid: PaidSoFar::Everything,
            method: None,
            erase_at: samples::at(0),
            private: None,
        };
        self.says(&self.app, order, AppEvent::from(event)).await;
    }

    pub async fn erased(&self, order: OrderId) {
        self.says(&self.app, order, AppEvent::from(PersonalDataErased { order_number: samples::number() })).await;
    }

    pub async fn picked_up(&self, order: OrderId, event: DeliveryStarted) {
        self.says(&self.delivery, order, DeliveryEvent::from(event)).await;
    }

    /// Puts `event` at the end of a neighbour's log, and waits until store has heard it.
    async fn says<E: DomainEvent>(&self, neighbour: &Room, order: OrderId, event: E) {
        let head = neighbour.store.tail().head();
        let append = Append {
            stream: format!("test/{head}"),
            subject: order.uuid(),
            expected: 0,
            events: vec![NewEvent {
                name: event.name(),
                body: event.body().unwrap(),
                personal: event.personal().map(|personal| serde_json::to_string(personal).unwrap()),
                typed: std::sync::Arc::new(event),
            }],
            cause: Cause { at: self.service.room().clock.now(), by: "test".into(), trace: None },
            rows: Vec::new(),
            timer: None,
            work: None,
            publish: None,
        };
        let mut changes = Changes::default();
        changes.appends.push(append);
        neighbour.store.commit(changes).await.unwrap();
        let hearing = self.service.room().hearings.of(E::CONTEXT);
        until("the event is heard", || hearing.position() > head).await;
    }

    /// The names of what happened to a ticket.
    pub fn history(&self, order: OrderId) -> Vec<&'static str> {
        let events = self.service.tickets().history(order.uuid()).unwrap();
        events.iter().map(|recorded| StoreEvent::name(&recorded.event)).collect()
    }

    pub async fn get(&self, who: &str, path: &str) -> (u16, Value) {
        self.send(Request::get(path).extension(platform::testing::acts(who)).body(Body::empty()).unwrap()).await
    }

    /// Posts `body`, `""` for none.
    pub async fn post(&self, who: &str, path: &str, body: &str) -> (u16, Value) {
        let request =
            Request::post(path).extension(platform::testing::acts(who)).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub async fn put(&self, who: &str, path: &str, body: &str) -> (u16, Value) {
        let request =
            Request::put(path).extension(platform::testing::acts(who)).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// The owner does `what` with the ticket of `order`, and it is done.
    pub async fn does(&self, order: OrderId, what: &str, body: &str) -> Value {
        let (status, answer) = self.post(&owner(), &format!("/tickets/{order}/{what}"), body).await;
        assert_eq!(status, 200, "{what}: {answer}");
        answer
    }

    pub async fn send(&self, request: Request<Body>) -> (u16, Value) {
        let response = crate::http::router(self.service.clone()).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// The live board of the sample store's owner.
    pub async fn watch(&self, seen: Option<&str>) -> Live {
        let request = Request::get("/tickets/stream").extension(platform::testing::acts(&owner()));
        let request = seen.into_iter().fold(request, |request, seen| request.header("last-event-id", seen));
        let router = crate::http::router(self.service.clone());
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        Live { body: response.into_body(), text: String::new() }
    }
}

/// An open stream.
pub struct Live {
    body: Body,
    text: String,
}

impl Live {
    /// The next message: its id and data.
    pub async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
                };
                let found = (field("event").as_deref() == Some("ticket"))
                    .then(|| (field("id").unwrap(), serde_json::from_str(&field("data").unwrap()).unwrap()));
                self.text = rest.to_owned();
                match found {
                    Some(found) => return found,
                    None => continue,
                }
            }
            let frame = tokio::time::timeout(Duration::from_secs(5), self.body.frame()).await;
            let bytes = frame.expect("a message in time").unwrap().unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("waited too long until {what}");
}
