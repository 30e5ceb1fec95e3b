use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::routing::get;
use jiff::SignedDuration;
use kernel::Context;
use tower::ServiceExt;

use super::token::call;
use super::*;
use crate::clock::{Clock, FakeClock};
use crate::ids::Ids;

struct World {
    clock: Clock,
    hand: FakeClock,
    gateway: Signer,
    app: Signer,
    gate: Gate,
}

impl World {
    fn new() -> Self {
        let (clock, hand) = Clock::fake("2026-11-22T12:00:00Z".parse().unwrap());
        let (gateway, app) =
            (Signer::new("gateway", &clock, &Ids::seeded(1)), Signer::new("app", &clock, &Ids::seeded(2)));
        let issuers = vec![Keys::here(gateway.clone()), Keys::here(app.clone())];
        let gate = Gate::new(Context::Pay, issuers, &clock);
        Self { clock, hand, gateway, app, gate }
    }

    async fn check(&self, token: HeaderValue, call: &str) -> Result<Identity, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(IDENTITY_HEADER, token);
        self.gate.check(&headers, call).await
    }
}

fn signed(signer: &Signer, who: &str) -> HeaderValue {
    signer.sign(&crate::testing::acts(who), Context::Pay, &Method::GET, &"/x?y=1".parse().unwrap()).unwrap()
}

const CALL: &str = "GET /x?y=1";
const STORE: &str = "owner/01890000-0000-7000-8000-00000000000c";

#[tokio::test]
async fn who_was_signed_is_who_acts_and_only_once() {
    let world = World::new();
    for who in ["", "customer/mina", STORE, "rider/kim", "operator/choi"] {
        let token = signed(&world.gateway, who);
        assert_eq!(world.check(token.clone(), CALL).await, Ok(crate::testing::acts(who)), "{who}");
        assert_eq!(world.check(token, CALL).await, Err(Refusal::Replayed), "{who}");
    }
}

#[tokio::test]
async fn an_identity_is_for_one_request_to_one_context_and_for_seconds() {
    let world = World::new();
    for other in ["POST /x?y=1", "GET /x", "GET /x?y=2"] {
        assert_eq!(world.check(signed(&world.gateway, "customer/mina"), other).await, Err(Refusal::Misused), "{other}");
    }
    let elsewhere = world.gateway.sign(&Identity::Nobody, Context::App, &Method::GET, &"/x?y=1".parse().unwrap());
    assert_eq!(world.check(elsewhere.unwrap(), CALL).await, Err(Refusal::Misused));
    let token = signed(&world.gateway, "customer/mina");
    world.hand.advance(SignedDuration::from_secs(10));
    assert_eq!(world.check(token, CALL).await, Err(Refusal::Expired));
    let early = signed(&world.gateway, "customer/mina");
    world.hand.advance(SignedDuration::from_secs(-6));
    assert_eq!(world.check(early, CALL).await, Err(Refusal::Expired));
}

#[tokio::test]
async fn a_replay_is_known_for_as_long_as_the_identity_is_good() {
    let world = World::new();
    let token = signed(&world.gateway, "customer/mina");
    world.check(token.clone(), CALL).await.unwrap();
    for _ in 0..9 {
        world.hand.advance(SignedDuration::from_secs(1));
        world.check(signed(&world.gateway, "rider/kim"), CALL).await.unwrap();
        assert_eq!(world.check(token.clone(), CALL).await, Err(Refusal::Replayed));
    }
}

#[tokio::test]
async fn what_may_have_been_used_before_a_restart_is_refused_after_it() {
    let mut world = World::new();
    let token = signed(&world.gateway, "customer/mina");
    world.check(token.clone(), CALL).await.unwrap();
    world.hand.advance(SignedDuration::from_secs(2));
    let issuers = vec![Keys::here(world.gateway.clone())];
    world.gate = Gate::new(Context::Pay, issuers, &world.clock);
    assert_eq!(world.check(token, CALL).await, Err(Refusal::Older));
    world.check(signed(&world.gateway, "customer/mina"), CALL).await.unwrap();
    world.hand.advance(SignedDuration::from_hours(-1));
    world.check(signed(&world.gateway, "customer/mina"), CALL).await.unwrap();
}

#[tokio::test]
async fn what_is_not_ours_is_refused() {
    let world = World::new();
    let stranger = Signer::new("gateway", &world.clock, &Ids::seeded(9));
    assert_eq!(world.check(signed(&stranger, "operator/mallory"), CALL).await, Err(Refusal::Forged));
    let good = signed(&world.gateway, "customer/mina").to_str().unwrap().to_owned();
    let mut parts: Vec<&str> = good.split('.').collect();
    let other = signed(&world.gateway, "operator/choi").to_str().unwrap().to_owned();
    parts[1] = other.split('.').nth(1).unwrap();
    for rubbish in ["", "x", "a.b.c", &parts.join("."), &good[..good.len() - 4], &format!("{good}x")] {
        let refused = world.check(HeaderValue::from_str(rubbish).unwrap(), CALL).await;
        assert_eq!(refused, Err(Refusal::Forged), "{rubbish}");
    }
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
    assert_eq!(world.check(HeaderValue::try_from(unsigned).unwrap(), CALL).await, Err(Refusal::Forged));
    let mut doubled = HeaderMap::new();
    doubled.append(IDENTITY_HEADER, signed(&world.gateway, "customer/mina"));
    doubled.append(IDENTITY_HEADER, signed(&world.gateway, "operator/choi"));
    assert_eq!(world.gate.check(&doubled, CALL).await, Err(Refusal::Missing));
    assert_eq!(world.gate.check(&HeaderMap::new(), CALL).await, Err(Refusal::Missing));
}

#[tokio::test]
async fn app_speaks_for_itself_alone_and_the_gateway_for_people_alone() {
    let world = World::new();
    assert_eq!(world.check(signed(&world.app, "service/app"), CALL).await, Ok(crate::testing::acts("service/app")));
    for who in ["", "customer/mina", "operator/choi", "service/store"] {
        assert_eq!(world.check(signed(&world.app, who), CALL).await, Err(Refusal::Forged), "{who}");
    }
    for who in ["service/app", "service/gateway"] {
        assert_eq!(world.check(signed(&world.gateway, who), CALL).await, Err(Refusal::Forged), "{who}");
    }
}

#[tokio::test]
async fn a_new_key_signs_after_a_day_and_the_last_identities_of_the_old_one_still_arrive() {
    let world = World::new();
    let first = world.gateway.public();
    world.hand.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(2));
    let last = signed(&world.gateway, "customer/mina");
    world.hand.advance(SignedDuration::from_secs(3));
    let next = signed(&world.gateway, "customer/mina");
    let now = world.gateway.public();
    assert_eq!((now.keys.len(), &now.keys[1]), (2, &first.keys[0]));
    assert!(world.check(next, CALL).await.is_ok());
    assert!(world.check(last, CALL).await.is_ok());
    world.hand.advance(SignedDuration::from_mins(1));
    assert_eq!(world.gateway.public().keys.len(), 1);
}

#[tokio::test]
async fn only_health_metrics_keys_and_documents_are_open() {
    let world = World::new();
    let who = async |identity: Option<axum::Extension<Identity>>| format!("{:?}", identity.map(|who| who.0));
    let router = Router::new().route("/x", get(who)).route("/health/live", get(who)).fallback(who);
    let router = world.gate.clone().around(router);
    let asked = async |path: &str, token: Option<HeaderValue>| {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        request.headers_mut().extend(token.map(|token| (axum::http::HeaderName::from_static(IDENTITY_HEADER), token)));
        router.clone().oneshot(request).await.unwrap().status()
    };
    for open in ["/health/live", "/health/ready", "/metrics", "/openapi.json", "/asyncapi.json", KEYS_PATH] {
        assert_eq!(asked(open, None).await, StatusCode::OK, "{open}");
    }
    for closed in ["/x", "/", "/nowhere", "/metrics/", "/health/live/x", "//metrics", "/%6detrics"] {
        assert_eq!(asked(closed, None).await, StatusCode::UNAUTHORIZED, "{closed}");
    }
    let uri = "/x".parse().unwrap();
    let token = world.gateway.sign(&Identity::Nobody, Context::Pay, &Method::GET, &uri).unwrap();
    assert_eq!(asked("/x", Some(token)).await, StatusCode::OK);
    assert_eq!(call(&Method::GET, &uri), "GET /x");
}

#[tokio::test]
async fn keys_of_another_process_are_read_when_one_is_new_and_not_with_every_forgery() {
    let world = World::new();
    let shutdown = crate::shutdown::Shutdown::new();
    let served = async |signer: &Signer, at: &str| {
        let listener = tokio::net::TcpListener::bind(at).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = crate::shutdown::Shutdown::new();
        let serving = crate::server::serve(listener, signer.router(), stop.clone(), crate::server::Limits::default());
        shutdown.spawn("keys", serving);
        (address, stop)
    };
    let (address, stop) = served(&world.gateway, "127.0.0.1:0").await;
    let keys = Keys::there("gateway", std::slice::from_ref(&address), &world.clock).unwrap();
    let gate = Gate::new(Context::Pay, vec![keys], &world.clock);
    let check = async |token: HeaderValue| {
        let mut headers = HeaderMap::new();
        headers.insert(IDENTITY_HEADER, token);
        gate.check(&headers, CALL).await
    };
    assert!(check(signed(&world.gateway, "customer/mina")).await.is_ok());
    let stranger = Signer::new("gateway", &world.clock, &Ids::seeded(9));
    assert_eq!(check(signed(&stranger, "customer/mina")).await, Err(Refusal::Unknowable));
    world.hand.advance(SignedDuration::from_secs(2));
    assert_eq!(check(signed(&stranger, "customer/mina")).await, Err(Refusal::Forged));
    assert!(check(signed(&world.gateway, "rider/kim")).await.is_ok());
    // The gateway is started again, with a new key; before it answers, nothing can be said of it.
    stop.begin();
    world.hand.advance(SignedDuration::from_secs(2));
    let again = Signer::new("gateway", &world.clock, &Ids::seeded(3));
    assert_eq!(check(signed(&again, "customer/mina")).await, Err(Refusal::Unknowable));
    let (_, stop) = served(&again, address.trim_start_matches("http://")).await;
    assert!(check(signed(&again, "customer/mina")).await.is_ok());
    stop.begin();
}
