//! Faults that were asked for are met, hurt nobody, and are over as soon as they are cleared.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use axum::routing::get;
use common::*;
use http_body_util::BodyExt;
use kernel::Context;
use kernel::events::Recorded;
use kernel::events::delivery::DeliveryEvent;
use kernel::order::DeliveryBy;
use parking_lot::Mutex;
use platform::batch::Batch;
use platform::bus::Source;
use platform::faults::{AskedFaults, EventFaults, around};
use platform::problem::with_fallbacks;
use platform::room::Room;
use platform::runner::{Handler, HandlerError, Runner};
use platform::store::Cause;
use platform::streams::Streams;
use platform::telemetry::{self, Metrics, Readiness};
use platform::testing::{World, at_rest, until};
use platform::timers::Timekeeper;
use platform::work::{Due, Outcome, Performer, Worker};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

/// How long something that must not happen is given to happen.
const A_WHILE: Duration = Duration::from_millis(250);

/// Writes each name it hears on its own parcel of that subject, and keeps the positions it was given.
struct Copy {
    streams: Streams<Parcel>,
    given: Arc<Mutex<Vec<u64>>>,
}

impl Handler for Copy {
    type Event = DeliveryEvent;

    fn handle(
        &mut self,
        event: &Recorded<DeliveryEvent>,
        cause: &Cause,
        batch: &mut Batch,
    ) -> Result<(), HandlerError> {
        self.given.lock().push(event.position);
        let DeliveryEvent::RiderAssigned(assigned) = &event.event else { return Ok(()) };
        let name = assigned.rider_id.to_string();
        assert!(batch.decide(&self.streams, event.subject, cause, Do::Assign(name))?.is_ok());
        Ok(())
    }
}

/// Brings everything at once.
struct Brings;

impl Performer<Parcel> for Brings {
    async fn perform(&self, _due: &Due<Parcel>) -> Outcome<Do> {
        Outcome::Record(vec![Do::Complete])
    }
}

/// A context with all that runs in one: a consumer, a timekeeper and a worker.
struct Stage {
    source: Room,
    written: Streams<Parcel>,
    room: Room,
    streams: Streams<Parcel>,
    given: Arc<Mutex<Vec<u64>>>,
}

impl Stage {
    fn open(world: &World) -> Self {
        let (source, room) = (world.room(Context::Delivery, TABLES), world.room(Context::App, TABLES));
        let (written, streams) = (streams(&source), streams(&room));
        Self { source, written, room, streams, given: Arc::default() }
    }

    fn begin(&self, source: Source) {
        let handler = Copy { streams: self.streams.clone(), given: Arc::clone(&self.given) };
        self.room.shutdown.spawn("consumer", Runner::new(&self.room, source, handler).run());
        let command = |_: &_, _: &_, now: kernel::Time| Some(Do::NoRider(now.saturating_add(seconds(600)).unwrap()));
        self.room.shutdown.spawn("timekeeper", Timekeeper::new(&self.room, &self.streams, Box::new(command)).run());
        self.room.shutdown.spawn("worker", Worker::new(&self.room, &self.streams, Brings).run());
    }

    fn ask(&self, faults: AskedFaults) {
        self.room.faults.ask(faults);
    }

    async fn write(&self, names: std::ops::Range<usize>) {
        for name in names {
            tell(&self.source, &self.written, subject(1), Do::Assign(format!("n{name}"))).await;
        }
    }

    fn names(&self) -> Vec<String> {
        self.streams.load(subject(1)).unwrap().state.riders.clone()
    }

    async fn rest(&self) {
        at_rest(&[self.source.clone(), self.room.clone()]).await;
    }

    #[track_caller]
    fn each_name_is_written_once(&self, count: usize) {
        assert_eq!(self.names(), (0..count).map(|name| format!("n{name}")).collect::<Vec<_>>());
        assert_eq!(*self.given.lock(), (1..=count as u64).collect::<Vec<_>>(), "the policy is given each event once");
    }
}

fn events(delay_ms: u64, duplicated: bool) -> AskedFaults {
    AskedFaults { events: EventFaults { delay_ms, duplicated }, ..AskedFaults::default() }
}

fn paused() -> AskedFaults {
    AskedFaults { paused: true, ..AskedFaults::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_come_again_and_late_have_their_effect_once_and_in_order() {
    for from_file in [false, true] {
        let dir = TempDir::new().unwrap();
        let mut world = World::new(dir.path());
        let mut given = Arc::default();
        for round in 0..3 {
            let mut stage = Stage::open(&world);
            stage.given = Arc::clone(&given);
            stage.ask(events(5 * round, true));
            let source = if from_file {
                Source::file(dir.path(), Context::Delivery)
            } else {
                Source::local(&stage.source.store)
            };
            stage.begin(source);
            let begin = 60 * round as usize;
            stage.write(begin..begin + 50).await;
            // The fault may come and go amid the events.
            stage.ask(AskedFaults::default());
            stage.write(begin + 50..begin + 55).await;
            stage.ask(events(1, true));
            stage.write(begin + 55..begin + 60).await;
            stage.rest().await;
            stage.each_name_is_written_once(begin + 60);
            world.stop().await;
            given = Arc::clone(&stage.given);
            drop(stage);
            world = world.restarted();
        }
    }
}

// The clock runs: one that stands jumps to the end of the delay whenever all wait for the thread that writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_events_come_when_their_time_is_over_and_at_once_when_the_fault_is() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let stage = Stage::open(&world);
    stage.begin(Source::local(&stage.source.store));
    stage.ask(events(500, false));
    let begun = Instant::now();
    stage.write(0..1).await;
    stage.rest().await;
    assert!(begun.elapsed() >= Duration::from_millis(500), "{:?}", begun.elapsed());
    stage.each_name_is_written_once(1);

    // Longer than any test is given to come to rest.
    stage.ask(events(600_000, false));
    stage.write(1..2).await;
    let behind = || stage.room.hearings.of(Context::Delivery).behind();
    until("an operator sees that it is late", || behind() == 1).await;
    // That nothing happens has no sign to wait for.
    tokio::time::sleep(A_WHILE).await;
    assert_eq!((stage.names(), behind()), (vec!["n0".to_owned()], 1));
    stage.ask(AskedFaults::default());
    stage.rest().await;
    stage.each_name_is_written_once(2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paused_takes_up_nothing_and_goes_on_where_it_was() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let stage = Stage::open(&world);
    stage.begin(Source::local(&stage.source.store));
    stage.write(0..3).await;
    stage.rest().await;

    stage.ask(paused());
    stage.write(3..10).await;
    let over = world.clock.now().saturating_add(seconds(60)).unwrap();
    let request = Do::Request { by: DeliveryBy::Rider, no_rider_at: Some(over) };
    tell(&stage.room, &stage.streams, subject(2), request).await;
    tell(&stage.room, &stage.streams, subject(3), Do::Start).await;
    world.hand.advance(seconds(60));
    // That nothing happens has no sign to wait for.
    tokio::time::sleep(A_WHILE).await;
    let parcel = |number| stage.streams.load(subject(number)).unwrap().state.clone();
    assert_eq!((stage.names().len(), parcel(2).nagged, parcel(3).completed), (3, 0, 0));

    // Another fault beside it changes nothing; it is paused still.
    stage.ask(AskedFaults { paused: true, ..events(1, true) });
    tokio::time::sleep(A_WHILE).await;
    assert_eq!((stage.names().len(), parcel(2).nagged, parcel(3).completed), (3, 0, 0));
    stage.ask(AskedFaults::default());
    stage.rest().await;
    stage.each_name_is_written_once(10);
    assert_eq!((parcel(2).nagged, parcel(3).completed), (1, 1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pausing_again_and_again_amid_the_events_loses_and_doubles_nothing() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let stage = Stage::open(&world);
    stage.begin(Source::local(&stage.source.store));
    for turn in 0..40 {
        stage.ask(if turn % 2 == 0 { paused() } else { events(1, true) });
        stage.write(turn * 5..turn * 5 + 5).await;
    }
    stage.ask(AskedFaults::default());
    stage.rest().await;
    stage.each_name_is_written_once(200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paused_or_late_still_stops_when_it_is_told_to() {
    for faults in [paused(), events(600_000, false)] {
        let dir = TempDir::new().unwrap();
        let world = World::new(dir.path());
        let stage = Stage::open(&world);
        stage.begin(Source::local(&stage.source.store));
        stage.ask(faults);
        stage.write(0..3).await;
        tell(&stage.room, &stage.streams, subject(3), Do::Start).await;
        world.stop().await;
        drop(stage);
        // Nothing of it is lost, and the fault is gone with the process.
        let world = world.restarted();
        let stage = Stage::open(&world);
        stage.begin(Source::local(&stage.source.store));
        until("all is heard", || stage.names().len() == 3).await;
        stage.rest().await;
        stage.each_name_is_written_once(3);
        world.stop().await;
    }
}

async fn send(router: &Router, method: Method, path: &str, actor: &str, body: Option<Value>) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).extension(platform::testing::acts(actor));
    let request = request.header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let response = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    assert!(status != 503 || response.headers().contains_key("retry-after"));
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

#[tokio::test]
async fn operators_ask_for_faults_and_what_is_paused_says_so_everywhere_else() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Store, TABLES);
    let health = telemetry::routes(Readiness::new(), Metrics::unused(), world.shutdown.clone());
    let router = Router::new().route("/tickets", get(async || "[]")).merge(health);
    let router = with_fallbacks(around(router, &room));
    let (path, operator) = ("/operations/store/faults", "operator/kim");
    let ask = async |body| send(&router, Method::PUT, path, operator, Some(body)).await;
    let status = async |path| send(&router, Method::GET, path, operator, None).await.0;

    for (method, body) in [(Method::GET, None), (Method::PUT, Some(json!({}))), (Method::DELETE, None)] {
        for (actor, expected) in [("", 401), ("rider/lee", 403), ("customer/kim", 403), (operator, 200)] {
            assert_eq!(send(&router, method.clone(), path, actor, body.clone()).await.0, expected, "{method} {actor}");
        }
    }
    for rubbish in [
        json!({ "payment": { "mode": "down" } }),
        json!({ "events": { "delayMs": 600_001 } }),
        json!({ "events": { "delayMs": -1 } }),
        json!({ "paused": "yes" }),
        json!({ "paused": true, "also": 1 }),
        json!([]),
        json!(null),
    ] {
        assert_eq!(ask(rubbish.clone()).await.0, 422, "{rubbish}");
    }
    assert!(!room.faults.any());

    let (_, shown) = ask(json!({ "paused": true, "events": { "delayMs": 20, "duplicated": true } })).await;
    assert_eq!(shown["events"], json!({ "delayMs": 20, "duplicated": true }));
    assert_eq!(send(&router, Method::GET, path, operator, None).await, (200, shown));
    let (refused, problem) = send(&router, Method::GET, "/tickets", operator, None).await;
    assert_eq!((refused, &problem["type"]), (503, &json!("/problems/paused")));
    assert_eq!(
        [status("/health/ready").await, status("/health/live").await, status("/metrics").await],
        [503, 200, 200]
    );
    // What is asked for replaces what was, all of it.
    assert_eq!(ask(json!({ "events": { "delayMs": 20 } })).await.1["paused"], false);
    assert_eq!([status("/tickets").await, status("/health/ready").await], [200, 200]);
    assert_eq!(send(&router, Method::DELETE, path, operator, None).await.1["events"]["delayMs"], 0);
    assert!(!room.faults.any());
}
