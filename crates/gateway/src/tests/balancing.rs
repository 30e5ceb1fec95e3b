//! Several addresses of one service.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use kernel::Context;
use parking_lot::Mutex;
use platform::config::Limits;
use platform::deadline::Deadline;
use platform::server::{Limits as ServerLimits, serve};
use platform::shutdown::Shutdown;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::world::{Got, HERE, World};
use crate::Upstream;

/// Nobody listens there.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Reads what is sent, answers nothing and closes; counts how often.
async fn broken(shutdown: &Shutdown) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let stop = shutdown.clone();
    shutdown.spawn("broken", async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.begun() => return,
            };
            let (mut stream, _) = accepted.unwrap();
            let mut asked = vec![0; 4096];
            let read = stream.read(&mut asked).await.unwrap_or(0);
            if read > 0 && !asked.starts_with(b"GET /health") {
                counting.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (address, count)
}

/// Says its name, what it was asked with, and keeps each identity that it was shown.
async fn works(name: &'static str, seen: &Arc<Mutex<Vec<String>>>, shutdown: &Shutdown) -> String {
    let seen = Arc::clone(seen);
    let answer = async move |headers: HeaderMap, body: String| {
        seen.lock().push(headers["baedal-identity"].to_str().unwrap().to_owned());
        format!("{name} {body}")
    };
    let router = Router::new().route("/health/ready", axum::routing::get(async || "ready")).fallback(answer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stop = shutdown.clone();
    shutdown.spawn("server", async move { serve(listener, router, stop, ServerLimits::default()).await });
    address
}

fn world(bases: Vec<String>) -> World {
    World::new(Limits::default(), [(Context::App, Upstream::Remote(bases))])
}

async fn post(world: &World, token: &str, key: Option<&str>) -> Got {
    let request = World::request(HERE, "POST", "/api/orders").header("authorization", format!("Bearer {token}"));
    let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
    world.send(request.body(Body::from("an order")).unwrap()).await
}

#[tokio::test]
async fn requests_go_to_all_addresses_and_each_carries_an_identity_of_its_own() {
    let (shutdown, seen) = (Shutdown::new(), Arc::default());
    let bases = vec![works("one", &seen, &shutdown).await, works("two", &seen, &shutdown).await];
    let world = world(bases);
    let mut names = BTreeSet::new();
    for _ in 0..40 {
        names.insert(world.get(HERE, "/api/stores").await.text);
    }
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["one ", "two "]);
    let identities = seen.lock().iter().collect::<BTreeSet<_>>().len();
    assert_eq!(identities, 40);
    world.shutdown.begin();
    shutdown.begin();
}

#[tokio::test]
async fn where_nobody_is_the_request_goes_elsewhere_with_its_whole_body() {
    let (shutdown, seen) = (Shutdown::new(), Arc::default());
    let bases = vec![nobody().await, works("alive", &seen, &shutdown).await, nobody().await];
    let world = world(bases);
    let mina = world.token("customer/mina").await;
    for _ in 0..20 {
        let got = post(&world, &mina, None).await;
        assert_eq!((got.status, got.text.as_str()), (200, "alive an order"));
    }
    let operator = world.token("operator/o1").await;
    let limits = world.by(&operator, HERE, "GET", "/api/operations/gateway/limits", Value::Null).await.json();
    let used: Vec<_> = limits["upstreams"].as_array().unwrap().iter().map(|one| one["used"] == true).collect();
    assert_eq!(used.iter().filter(|used| **used).count(), 1, "{limits}");
    world.shutdown.begin();
    shutdown.begin();
}

#[tokio::test]
async fn what_may_have_arrived_is_repeated_only_where_that_is_harmless() {
    let (shutdown, seen) = (Shutdown::new(), Arc::default());
    for (repeats, key) in [(true, Some("k1")), (false, None)] {
        let (broken, count) = broken(&shutdown).await;
        let world = world(vec![broken, works("alive", &seen, &shutdown).await]);
        let mina = world.token("customer/mina").await;
        let mut answers = Vec::new();
        // Whichever of the two is drawn first, after three failures only the other one is.
        for _ in 0..40 {
            answers.push(post(&world, &mina, key).await.status);
        }
        let failed = answers.iter().filter(|status| **status == 503).count();
        let broke = count.load(Ordering::SeqCst);
        assert!(broke > 0, "both were tried");
        assert_eq!(failed, if repeats { 0 } else { broke }, "{answers:?}");
        world.shutdown.begin();
    }
    shutdown.begin();
}

#[tokio::test]
async fn reading_is_repeated_and_a_repeat_is_signed_anew() {
    let (shutdown, seen) = (Shutdown::new(), Arc::default());
    let (broken, count) = broken(&shutdown).await;
    let world = world(vec![broken, works("alive", &seen, &shutdown).await]);
    for _ in 0..30 {
        assert_eq!(world.get(HERE, "/api/stores").await.status, 200);
    }
    assert!(count.load(Ordering::SeqCst) > 0);
    let shown = seen.lock();
    assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), shown.len());
    world.shutdown.begin();
    shutdown.begin();
}

#[tokio::test]
async fn the_budget_ends_the_repeats_where_everything_is_broken() {
    let shutdown = Shutdown::new();
    let (broken, count) = broken(&shutdown).await;
    let world = world(vec![broken]);
    for _ in 0..60 {
        let request: Request = World::request(HERE, "GET", "/api/stores").body(Body::empty()).unwrap();
        assert_eq!(world.send(request).await.status, 503);
    }
    let repeats = count.load(Ordering::SeqCst) - 60;
    assert!((10..=16).contains(&repeats), "{repeats} of 60 were repeated: ten at first, then one in ten");
    world.shutdown.begin();
    shutdown.begin();
}

#[tokio::test]
async fn whoever_is_in_a_hurry_leaves_no_address_out() {
    let shutdown = Shutdown::new();
    let slow = async || tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let addresses = [super::served(Router::new().fallback(slow), &shutdown).await];
    let world = world(addresses.into());
    for hurry in ["0", "1", "20"].repeat(3) {
        let request = World::request(HERE, "GET", "/api/stores").header("baedal-deadline", hurry);
        let mut request = request.body(Body::empty()).unwrap();
        // As the server does with every request.
        let deadline = Deadline::of(request.headers());
        request.extensions_mut().insert(deadline);
        assert_eq!(world.send(request).await.problem(), (504, "service-timeout".to_owned()));
    }
    let operator = world.token("operator/o1").await;
    let limits = world.by(&operator, HERE, "GET", "/api/operations/gateway/limits", Value::Null).await.json();
    assert_eq!(limits["upstreams"][0]["used"], true, "{limits}");
    shutdown.begin();
}

#[tokio::test]
async fn an_answer_that_stalls_is_ended_by_the_deadline_and_has_its_place_until_then() {
    let shutdown = Shutdown::new();
    let stalls = async || {
        let begun = futures_util::stream::once(async { Ok::<_, std::convert::Infallible>("[1, 2") });
        Body::from_stream(futures_util::StreamExt::chain(begun, futures_util::stream::pending()))
    };
    let address = super::served(Router::new().fallback(stalls), &shutdown).await;
    let limits = Limits { browsing_within: jiff::SignedDuration::from_secs(1), ..Limits::default() };
    let world = World::new(limits, [(Context::App, Upstream::Remote(vec![address]))]);
    let began = std::time::Instant::now();
    assert_eq!(world.get(HERE, "/api/stores").await.problem(), (504, "service-timeout".to_owned()));
    assert!(began.elapsed() >= std::time::Duration::from_secs(1));
    shutdown.begin();
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_asked_for_once_and_leaves_no_address_out() {
    let shutdown = Shutdown::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&asked);
    let long = async move || {
        counting.fetch_add(1, Ordering::SeqCst);
        vec![b' '; 8 * 1024 * 1024 + 1]
    };
    let router = Router::new().route("/stores", axum::routing::get(long)).fallback(async || "answered");
    let world = world(vec![super::served(router, &shutdown).await]);
    for times in 1..=4 {
        assert_eq!(world.get(HERE, "/api/stores").await.problem(), (503, "service-unavailable".to_owned()));
        assert_eq!(asked.load(Ordering::SeqCst), times, "it would be as long again");
    }
    let operator = world.token("operator/o1").await;
    let limits = world.by(&operator, HERE, "GET", "/api/operations/gateway/limits", Value::Null).await.json();
    assert_eq!(limits["upstreams"][0]["used"], true, "{limits}");
    shutdown.begin();
}
