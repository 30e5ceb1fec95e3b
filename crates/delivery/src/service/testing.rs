//! delivery with its neighbours' logs, as its tests use it.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use kernel::events::DomainEvent;
use kernel::events::app::{AppEvent, OrderCancelled, PaidSoFar, PersonalDataErased};
use kernel::events::delivery::DeliveryEvent;
use kernel::events::store::{CookingFinished, StoreEvent, TicketAccepted};
use kernel::ids::{OrderId, StoreId};
use kernel::lang::Localized;
use kernel::order::{BorneBy, CancelCause, CancelReason, DeliveryBy, OrderNumber};
use kernel::personal::{Address, Handover, PersonalData, Requests};
use kernel::{Context, Time};
use platform::bus::Source;
use platform::clock::{Clock, FakeClock};
use platform::config::Settings;
use platform::ids::Ids;
use platform::room::Room;
use platform::shutdown::Shutdown;
use platform::store::{Append, Cause, Changes, NewEvent};
use serde_json::Value;
use tower::ServiceExt;

use super::{DeliveryService, Sources};
use crate::TABLES;

/// A store's id.
pub const STORE: &str = "01890000-0000-7000-8000-00000000000c";
/// The owner of that store.
pub const OWNER: &str = "owner/01890000-0000-7000-8000-00000000000c";
/// Two riders.
pub const KIM: &str = "rider/kim";
/// The other one.
pub const LEE: &str = "rider/lee";
/// Someone of the staff.
pub const CHOI: &str = "operator/choi";

/// delivery, and what it hears.
pub struct TestApp {
    pub service: DeliveryService,
    pub hand: FakeClock,
    store: Room,
    app: Room,
    _dir: tempfile::TempDir,
}

impl TestApp {
    pub fn start() -> Self {
        Self::start_with(&Settings::default())
    }

    pub fn start_with(settings: &Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (clock, hand) = Clock::fake("2026-11-22T12:00:00Z".parse().unwrap());
        let (ids, shutdown) = (Ids::seeded(1), Shutdown::new());
        let open = |context, tables: &[_]| {
            Room::open(dir.path(), context, tables, clock.clone(), ids.clone(), shutdown.clone()).unwrap()
        };
        let (store, app) = (open(Context::Store, &[]), open(Context::App, &[]));
        let service = DeliveryService::open(open(Context::Delivery, TABLES), settings);
        service.start(Sources { store: Source::local(&store.store), app: Source::local(&app.store) });
        Self { service, hand, store, app, _dir: dir }
    }

    pub fn now(&self) -> Time {
        self.service.room().clock.now()
    }

    /// A new order whose ticket is accepted, ready in half an hour.
    pub async fn accepted(&self, delivery_by: DeliveryBy) -> OrderId {
        self.accepted_at(delivery_by, None).await
    }

    /// The same, of a store at this latitude and longitude.
    pub async fn accepted_at(&self, delivery_by: DeliveryBy, place: Option<(f64, f64)>) -> OrderId {
        let order: OrderId = self.service.room().ids.uuid().into();
        let ready_by = self.now() + SignedDuration::from_mins(30);
        let event = TicketAccepted {
            order_number: number(),
            store_id: StoreId::parse(STORE).unwrap(),
            store_name: Localized::new("치킨집", "Chicken"),
            store_address: "Teheran-ro 1".to_owned(),
            store_lat: place.map(|(lat, _)| lat),
            store_lng: place.map(|(_, lng)| lng),
            delivery_by,
            prep_minutes: 30,
            ready_by,
            cook_at: None,
            late_at: ready_by,
            private: Some(Box::new(private())),
        };
        self.says(&self.store, order, StoreEvent::from(event)).await;
        order
    }

    pub async fn cooked(&self, order: OrderId) {
        let (ready_at, delivery_by) = (self.now(), DeliveryBy::Rider);
        let event = CookingFinished { order_number: number(), delivery_by, ready_at, uncollected_at: None };
        self.says(&self.store, order, StoreEvent::from(event)).await;
    }

    pub async fn cancelled(&self, order: OrderId) {
        let event = OrderCancelled {
            order_number: number(),
            cause: CancelCause::OperatorDecided,
            reason: CancelReason::Support,
            borne_by: BorneBy::Platform,
            refund_amount: kernel::money::Amount::ZERO,
            paid: PaidSoFar::Everything,
            method: None,
            erase_at: self.now(),
            private: None,
        };
        self.says(&self.app, order, AppEvent::from(event)).await;
    }

    pub async fn erased(&self, order: OrderId) {
        self.says(&self.app, order, AppEvent::from(PersonalDataErased { order_number: number() })).await;
    }

    /// Puts `event` at the end of a neighbour's log, and waits until delivery has heard it.
    async fn says<E: DomainEvent>(&self, neighbour: &Room, order: OrderId, event: E) {
        let head = neighbour.store.readers().with(|reader| Ok(reader.log_and_head()?.1)).unwrap();
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
            cause: Cause { at: self.now(), by: "test".into(), trace: None },
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

    /// The names of what happened to a delivery.
    pub fn history(&self, order: OrderId) -> Vec<&'static str> {
        let events = self.service.inner.streams.history(order.uuid()).unwrap();
        events.iter().map(|recorded| DeliveryEvent::name(&recorded.event)).collect()
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

    /// `who` says that they are there; nothing: that they are nowhere any more.
    pub async fn moves(&self, who: &str, place: Option<(f64, f64)>) -> (u16, Value) {
        let method = if place.is_some() { "PUT" } else { "DELETE" };
        let request = Request::builder().method(method).uri("/deliveries/place");
        let request = request.extension(platform::testing::acts(who)).header("content-type", "application/json");
        let body = place.map(|(lat, lng)| serde_json::json!({ "lat": lat, "lng": lng }).to_string());
        self.send(request.body(Body::from(body.unwrap_or_default())).unwrap()).await
    }

    /// Does `what` with the delivery of `order` and expects that it is done.
    pub async fn does(&self, who: &str, order: OrderId, what: &str, body: &str) -> Value {
        let (status, answer) = self.post(who, &format!("/deliveries/{order}/{what}"), body).await;
        assert_eq!(status, 200, "{who} {what}: {answer}");
        answer
    }

    pub async fn send(&self, request: Request<Body>) -> (u16, Value) {
        let response = crate::router(self.service.clone()).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// The live board of `who`.
    pub async fn watch(&self, who: &str, last: Option<&str>) -> Live {
        let request = Request::get("/deliveries/stream").extension(platform::testing::acts(who));
        let request = last.into_iter().fold(request, |request, last| request.header("last-event-id", last));
        let response = crate::router(self.service.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
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
    /// The next message: its kind, id and data.
    pub async fn next(&mut self) -> (String, String, Value) {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
                };
                let found = field("event")
                    .map(|event| (event, field("id").unwrap(), serde_json::from_str(&field("data").unwrap()).unwrap()));
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

fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

fn private() -> PersonalData {
    PersonalData {
        phone: Some("010-1234-5678".to_owned()),
        address: Some(Address { road: "Sejong-daero 110".to_owned(), ..Address::default() }),
        requests: Some(Requests {
            rider: Some("do not ring".to_owned()),
            handover: Some(Handover::Guard),
            ..Requests::default()
        }),
        ..PersonalData::default()
    }
}
