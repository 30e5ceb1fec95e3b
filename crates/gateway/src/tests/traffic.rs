use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{get, post};
use futures_util::future::poll_immediate;
use futures_util::stream;
use jiff::SignedDuration;
use kernel::Context;
use platform::config::{Limits, Rate};
use platform::deadline::Deadline;
use platform::shutdown::Shutdown;
use platform::sse::{self, Message};
use serde_json::Value;
use tower::ServiceExt;

use super::world::{HERE, OUTSIDE, World};
use crate::Upstream;

/// app that answers everything at once.
fn quick() -> [(Context, Upstream); 1] {
    [(Context::App, Upstream::Local(Router::new().fallback(async || "answered")))]
}

/// app that never answers whoever looks around, and everybody else at once.
fn stuck() -> [(Context, Upstream); 1] {
    let never = get(async || std::future::pending::<Response>().await);
    [(Context::App, Upstream::Local(Router::new().route("/stores", never).fallback(async || "answered")))]
}

#[tokio::test]
async fn a_customer_who_asks_too_often_is_told_when_to_come_back_and_nobody_else_suffers() {
    let limits = Limits { customer: Rate::of(3, 60), ..Limits::default() };
    let world = World::new(limits, quick());
    let (mina, jun) = (world.token("customer/mina").await, world.token("customer/jun").await);
    for left in ["2", "1", "0"] {
        let got = world.by(&mina, OUTSIDE, "GET", "/api/orders", Value::Null).await;
        assert_eq!(got.status, 200);
        let told: Vec<_> = got.headers.get_all("ratelimit").iter().map(|value| value.to_str().unwrap()).collect();
        assert!(told.iter().any(|line| line.starts_with(&format!("\"customer\";r={left};t="))), "{told:?}");
        assert!(told.iter().any(|line| line.starts_with("\"address\";r=")), "{told:?}");
        let policies = got.headers.get_all("ratelimit-policy").iter().count();
        assert_eq!(policies, 2);
    }
    let again = world.token("customer/mina").await;
    for token in [&mina, &again] {
        let got = world.by(token, "203.0.113.5", "GET", "/api/orders", Value::Null).await;
        assert_eq!(got.problem(), (429, "too-many-requests".to_owned()), "another session or address does not help");
        assert_eq!(got.header("retry-after"), Some("20"));
    }
    assert_eq!(world.by(&jun, OUTSIDE, "GET", "/api/orders", Value::Null).await.status, 200);
    assert_eq!(world.get(OUTSIDE, "/api/stores").await.status, 200, "nor does whoever only looks around there");
}

#[tokio::test]
async fn from_this_machine_nothing_is_counted_and_nothing_said_of_it() {
    let limits = Limits { customer: Rate::of(1, 60), address: Rate::of(1, 60), ..Limits::default() };
    let world = World::new(limits, quick());
    let mina = world.token("customer/mina").await;
    for _ in 0..20 {
        let got = world.by(&mina, HERE, "GET", "/api/orders", Value::Null).await;
        assert_eq!((got.status, got.header("ratelimit")), (200, None));
    }
}

#[tokio::test]
async fn guessing_tokens_and_paths_counts_for_the_address_that_does_it() {
    let limits = Limits { address: Rate::of(5, 60), ..Limits::default() };
    let world = World::new(limits, quick());
    let mut statuses = Vec::new();
    for guess in 0..8 {
        statuses
            .push(world.by(&format!("guess{guess}"), "2001:db8::1", "GET", "/api/orders", Value::Null).await.status);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
    assert_eq!(world.get("2001:db8::ffff:1", "/nowhere").await.status, 429, "the same network");
    assert_eq!(world.get("2001:db8:0:1::1", "/nowhere").await.status, 404, "another one");
}

#[tokio::test]
async fn signing_in_is_counted_more_strictly_than_the_rest() {
    let limits = Limits { sign_in: Rate::of(3, 60), ..Limits::default() };
    let world = World::new(limits, quick());
    let body = r#"{"login": "mina", "password": "wrong"}"#;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let request = World::request(OUTSIDE, "POST", "/api/sessions").header("content-type", "application/json");
        statuses.push(world.send(request.body(Body::from(body)).unwrap()).await.status);
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    assert_eq!(world.get(OUTSIDE, "/api/stores").await.status, 200);
}

#[tokio::test]
async fn orders_are_counted_apart_from_what_else_a_customer_does() {
    let world = World::new(Limits { orders: Rate::of(2, 60), ..Limits::default() }, quick());
    let mina = world.token("customer/mina").await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(world.by(&mina, OUTSIDE, "POST", "/api/orders", serde_json::json!({})).await.status);
    }
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(world.by(&mina, OUTSIDE, "GET", "/api/orders", Value::Null).await.status, 200);
}

#[tokio::test]
async fn when_there_is_too_much_browsing_goes_before_paying() {
    let world = World::new(Limits { running: 10, ..Limits::default() }, stuck());
    let mina = world.token("customer/mina").await;
    let mut held = Vec::new();
    for _ in 0..6 {
        let request = World::request(HERE, "GET", "/api/stores").body(Body::empty()).unwrap();
        let mut asking = Box::pin(world.gateway.clone().oneshot(request));
        assert!(poll_immediate(&mut asking).await.is_none(), "it is under way");
        held.push(asking);
    }
    let turned_away = world.get(HERE, "/api/stores/s1").await;
    assert_eq!(turned_away.problem(), (503, "overloaded".to_owned()));
    assert!((1..=4).contains(&turned_away.header("retry-after").unwrap().parse::<u64>().unwrap()));
    assert_eq!(world.by(&mina, HERE, "GET", "/api/orders", Value::Null).await.status, 200);
    assert_eq!(world.by(&mina, HERE, "POST", "/api/orders/o1/payment", serde_json::json!({})).await.status, 200);
    let operator = world.token("operator/o1").await;
    let limits = world.by(&operator, HERE, "GET", "/api/operations/gateway/limits", Value::Null).await.json();
    assert_eq!((&limits["running"]["most"], &limits["running"]["now"]), (&10.into(), &7.into()));
    assert_eq!(limits["running"]["each"][0]["turnedAway"], 1);
    drop(held);
    assert_eq!(world.get(HERE, "/api/stores/s1").await.status, 200, "whoever goes makes room");
}

#[tokio::test]
async fn whoever_lets_us_wait_for_a_body_takes_no_place() {
    let shutdown = Shutdown::new();
    let reads = Router::new().fallback(async |body: String| body);
    let remote = super::served(reads.clone(), &shutdown).await;
    let upstreams = [(Context::App, Upstream::Remote(vec![remote])), (Context::Pay, Upstream::Local(reads))];
    let world = World::new(Limits { running: 4, ..Limits::default() }, upstreams);
    let mina = world.token("customer/mina").await;
    let mut held = Vec::new();
    for path in ["/webhooks/toss", "/api/quotes"].repeat(4) {
        let body = Body::from_stream(stream::pending::<Result<String, std::convert::Infallible>>());
        let request = World::request(HERE, "POST", path).body(body).unwrap();
        let mut asking = Box::pin(world.gateway.clone().oneshot(request));
        assert!(poll_immediate(&mut asking).await.is_none(), "it is under way");
        held.push(asking);
    }
    let paid = world.by(&mina, HERE, "POST", "/api/orders/o1/payment", serde_json::json!({"method": "CARD"})).await;
    assert_eq!((paid.status, paid.text.as_str()), (200, r#"{"method":"CARD"}"#));
    assert_eq!(world.get(HERE, "/api/stores").await.status, 200);
    drop(held);
    shutdown.begin();
}

#[tokio::test]
async fn a_service_that_hangs_does_not_take_the_places_of_the_others() {
    let shutdown = Shutdown::new();
    let hangs = Router::new().fallback(async || std::future::pending::<Response>().await);
    let hanging = super::served(hangs, &shutdown).await;
    let [app] = quick();
    let world = World::new(
        Limits { running: 10, ..Limits::default() },
        [app, (Context::Store, Upstream::Remote(vec![hanging]))],
    );
    let operator = world.token("operator/o1").await;
    let tickets = || {
        let request = World::request(HERE, "GET", "/api/tickets").header("authorization", format!("Bearer {operator}"));
        Box::pin(world.gateway.clone().oneshot(request.body(Body::empty()).unwrap()))
    };
    let mut held: Vec<_> = (0..4).map(|_| tickets()).collect();
    for asking in &mut held {
        assert!(poll_immediate(asking).await.is_none());
    }
    let more = world.by(&operator, HERE, "GET", "/api/tickets", Value::Null).await;
    assert_eq!(more.problem(), (503, "overloaded".to_owned()));
    assert_eq!(more.json()["missing"], serde_json::json!(["store"]));
    assert_eq!(world.get(HERE, "/api/stores").await.status, 200, "whoever looks around never asks the store");
    drop(held);
    shutdown.begin();
}

#[tokio::test]
async fn a_crowd_that_looks_around_keeps_nobody_from_paying_at_a_service_elsewhere_either() {
    let shutdown = Shutdown::new();
    let never = get(async || std::future::pending::<Response>().await);
    let app = Router::new().route("/stores", never).fallback(async || "answered");
    let upstreams = [(Context::App, Upstream::Remote(vec![super::served(app, &shutdown).await]))];
    let world = World::new(Limits { running: 20, ..Limits::default() }, upstreams);
    let mina = world.token("customer/mina").await;
    let look = || {
        let request = World::request(HERE, "GET", "/api/stores").body(Body::empty()).unwrap();
        Box::pin(world.gateway.clone().oneshot(request))
    };
    let mut held: Vec<_> = (0..6).map(|_| look()).collect();
    for asking in &mut held {
        assert!(poll_immediate(asking).await.is_none());
    }
    let more = world.get(HERE, "/api/stores").await;
    assert_eq!(more.problem(), (503, "overloaded".to_owned()));
    for (method, path) in [("POST", "/api/orders"), ("POST", "/api/orders/o1/payment"), ("GET", "/api/orders")] {
        let got = world.by(&mina, HERE, method, path, serde_json::json!({})).await;
        assert_eq!(got.status, 200, "{method} {path}");
    }
    let operator = world.token("operator/o1").await;
    let limits = world.by(&operator, HERE, "GET", "/api/operations/gateway/limits", Value::Null).await.json();
    assert_eq!(limits["running"]["each"][0]["turnedAway"], 1);
    drop(held);
    shutdown.begin();
}

#[tokio::test]
async fn a_crowd_that_asks_how_all_is_keeps_nobody_from_ordering_at_a_service_elsewhere() {
    let shutdown = Shutdown::new();
    let never = get(async || std::future::pending::<Response>().await);
    let app = Router::new().route("/health/ready", never).fallback(async || "answered");
    let upstreams = [(Context::App, Upstream::Remote(vec![super::served(app, &shutdown).await]))];
    let world = World::new(Limits { running: 20, ..Limits::default() }, upstreams);
    let mina = world.token("customer/mina").await;
    let look = |path: &str| {
        let request = World::request(HERE, "GET", path).body(Body::empty()).unwrap();
        Box::pin(world.gateway.clone().oneshot(request))
    };
    let mut held: Vec<_> = ["/api/status", "/"].repeat(6).into_iter().map(look).collect();
    for asking in &mut held {
        // Whoever finds no place there is told so at once.
        drop(poll_immediate(asking).await);
    }
    assert_eq!(world.by(&mina, HERE, "POST", "/api/orders", serde_json::json!({})).await.status, 200);
    drop(held);
    shutdown.begin();
}

#[tokio::test]
async fn whoever_is_refused_by_one_limit_is_told_what_counted_for_the_other() {
    let limits = Limits { customer: Rate::of(3, 60), orders: Rate::of(2, 60), ..Limits::default() };
    let world = World::new(limits, quick());
    let mina = world.token("customer/mina").await;
    let told = async |method: &str, path: &str| {
        let got = world.by(&mina, OUTSIDE, method, path, serde_json::json!({})).await;
        let lines = got.headers.get_all("ratelimit").iter().map(|value| value.to_str().unwrap().to_owned());
        let left = lines.filter_map(|line| line.split(";t=").next().map(str::to_owned)).collect::<Vec<_>>().join(" ");
        (got.status, left)
    };
    for (status, orders, customer) in [(200, "1", Some("2")), (200, "0", Some("1")), (429, "0", None)] {
        let (got, left) = told("POST", "/api/orders").await;
        assert_eq!(got, status);
        assert!(left.contains(&format!("\"orders\";r={orders}")), "{left}");
        assert_eq!(left.contains("\"customer\""), customer.is_some(), "{left}");
    }
    assert!(told("GET", "/api/orders").await.1.contains("\"customer\";r=0"), "a refused order took none of these");
    let limits = Limits { customer: Rate::of(1, 60), orders: Rate::of(5, 60), ..Limits::default() };
    let world = World::new(limits, quick());
    let mina = world.token("customer/mina").await;
    assert_eq!(world.by(&mina, OUTSIDE, "GET", "/api/orders", Value::Null).await.status, 200);
    let refused = world.by(&mina, OUTSIDE, "POST", "/api/orders", serde_json::json!({})).await;
    let lines: Vec<_> = refused.headers.get_all("ratelimit").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!((refused.status, lines.iter().filter(|line| line.starts_with("\"orders\";r=4")).count()), (429, 1));
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_ended_and_says_who_was_asked() {
    let limits = Limits { browsing_within: SignedDuration::from_secs(3), ..Limits::default() };
    let world = World::new(limits, stuck());
    let began = tokio::time::Instant::now();
    let request = World::request(HERE, "GET", "/api/stores").header("accept", "text/event-stream");
    let late = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(late.problem(), (504, "service-timeout".to_owned()), "whatever it accepts, it is no stream");
    assert_eq!(late.json()["missing"], serde_json::json!(["app"]));
    assert_eq!(began.elapsed().as_secs(), 3);
}

#[tokio::test]
async fn whoever_asks_may_shorten_how_long_a_service_has_and_not_lengthen_it() {
    let left = async |request: Request| {
        let deadline = request.extensions().get::<Deadline>().copied();
        let header = request.headers().contains_key("baedal-deadline");
        let left = deadline.and_then(Deadline::left).unwrap_or_default();
        format!("{} {header}", left.as_secs_f64().ceil())
    };
    let world = World::new(Limits::default(), [(Context::App, Upstream::Local(Router::new().fallback(left)))]);
    let mina = world.token("customer/mina").await;
    for (method, path, granted) in [
        ("GET", "/api/stores", 5),
        ("POST", "/api/orders", 15),
        ("GET", "/api/orders", 10),
        ("POST", "/api/orders/o1/payment", 15),
    ] {
        for (claimed, seconds) in [("", granted), ("999999999", granted), ("2000", 2), ("soon", granted)] {
            let mut request = World::request(HERE, method, path)
                .header("authorization", format!("Bearer {mina}"))
                .header("baedal-deadline", claimed)
                .body(Body::empty())
                .unwrap();
            // As the server does with every request.
            let deadline = Deadline::of(request.headers());
            request.extensions_mut().insert(deadline);
            assert_eq!(world.send(request).await.text, format!("{seconds} false"), "{method} {path} {claimed}");
        }
    }
}

#[tokio::test]
async fn one_cannot_open_streams_without_end_and_whoever_closes_one_may_open_another() {
    let shutdown = Shutdown::new();
    let stop = shutdown.clone();
    let events = get(async move || {
        let first = Message::new(7, "order", &"PLACED").unwrap();
        sse::respond(stream::StreamExt::chain(stream::iter([first]), stream::pending()), &stop)
    });
    let app = Router::new().route("/orders/stream", events).route("/orders", post(async || "made"));
    let limits = Limits { streams_each: 2, running: 4, ..Limits::default() };
    let world = World::new(limits, [(Context::App, Upstream::Local(app))]);
    let (mina, jun) = (world.token("customer/mina").await, world.token("customer/jun").await);
    let open = async |token: &str| {
        let request =
            World::request(OUTSIDE, "GET", "/api/orders/stream").header("authorization", format!("Bearer {token}"));
        world.gateway.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let mut held = vec![open(&mina).await, open(&mina).await];
    assert!(held.iter().all(|response| response.status() == 200));
    assert_eq!(open(&mina).await.status(), 429);
    held.push(open(&jun).await);
    held.push(open(&jun).await);
    assert_eq!(held[3].status(), 200);
    assert_eq!(
        world.by(&mina, OUTSIDE, "POST", "/api/orders", serde_json::json!({})).await.status,
        200,
        "streams take no place"
    );
    held.remove(0);
    assert_eq!(open(&mina).await.status(), 200);
    shutdown.begin();
}

#[tokio::test]
async fn a_browser_gets_a_page_that_names_what_is_missing() {
    let world =
        World::new(Limits::default(), [(Context::App, Upstream::Remote(vec!["http://127.0.0.1:1".to_owned()]))]);
    let plain = world.get(HERE, "/api/stores").await;
    assert_eq!(plain.problem(), (503, "service-unavailable".to_owned()));
    assert_eq!(
        (plain.json()["missing"].to_string(), plain.header("retry-after")),
        (r#"["app"]"#.to_owned(), Some("2"))
    );
    let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
    let page = World::request(HERE, "GET", "/api/stores").header("accept", browser).body(Body::empty()).unwrap();
    let page = world.send(page).await;
    assert_eq!((page.status, page.header("content-type")), (503, Some("text/html; charset=utf-8")));
    assert!(
        page.text.contains("<strong>app</strong>") && page.text.contains("http-equiv=\"refresh\""),
        "{}",
        page.text
    );
    assert!(page.header("content-security-policy").is_some());
}

#[tokio::test]
async fn metrics_and_what_we_wait_for_are_shown_inside_only() {
    let world = World::new(Limits::default(), quick());
    let waits = world.readiness.needs("the secret part");
    assert_eq!(world.get(HERE, "/metrics").await.status, 200);
    assert!(world.get(HERE, "/health/ready").await.text.contains("the secret part"));
    assert_eq!(world.get(OUTSIDE, "/metrics").await.status, 401);
    let (mina, operator) = (world.token("customer/mina").await, world.token("operator/o1").await);
    assert_eq!(world.by(&mina, OUTSIDE, "GET", "/metrics", Value::Null).await.status, 403);
    assert_eq!(world.by(&operator, OUTSIDE, "GET", "/metrics", Value::Null).await.status, 200);
    let ready = world.get(OUTSIDE, "/health/ready").await;
    assert_eq!((ready.status, ready.text.contains("secret")), (503, false));
    assert_eq!(world.get(OUTSIDE, "/health/live").await.status, 200);
    waits.met();
    assert_eq!(world.get(OUTSIDE, "/health/ready").await.status, 200);
}

#[tokio::test]
async fn guessing_tokens_counts_at_what_is_shown_inside_only_too() {
    let world = World::new(Limits { address: Rate::of(3, 60), ..Limits::default() }, quick());
    let mut statuses = Vec::new();
    for guess in 0..4 {
        statuses.push(world.by(&format!("guess{guess}"), OUTSIDE, "GET", "/metrics", Value::Null).await.status);
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
    assert_eq!(world.get(OUTSIDE, "/health/ready").await.status, 429);
    assert_eq!(world.get(HERE, "/metrics").await.status, 200);
}

#[tokio::test]
async fn where_a_service_is_and_what_it_waits_for_is_told_inside_only() {
    let waits = Router::new().route(
        "/health/ready",
        get(async || platform::problem::Problem::unavailable("Not ready; waiting for: the secret part.", 1)),
    );
    let world = World::new(Limits::default(), [(Context::Pay, Upstream::Local(waits))]);
    let (mina, operator) = (world.token("customer/mina").await, world.token("operator/o1").await);
    for path in ["/api/status", "/"] {
        assert!(world.get(HERE, path).await.text.contains("the secret part"), "{path}");
        assert!(!world.get(OUTSIDE, path).await.text.contains("secret"), "{path}");
        assert!(!world.by(&mina, OUTSIDE, "GET", path, Value::Null).await.text.contains("secret"), "{path}");
        assert!(world.by(&operator, OUTSIDE, "GET", path, Value::Null).await.text.contains("secret"), "{path}");
    }
}
