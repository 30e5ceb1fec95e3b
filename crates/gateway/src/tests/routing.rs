use axum::http::header::LOCATION;
use axum::routing::{get, post};

use super::*;

#[tokio::test]
async fn a_request_reaches_its_service_without_the_prefix() {
    let gateway = all_local();
    for (method, path, answer) in [
        ("GET", "/api/stores?q=%EB%91%90&category=", "app GET /stores?q=%EB%91%90&category="),
        ("POST", "/api/stores/s1/open", "store POST /stores/s1/open"),
        ("POST", "/api/orders", "app POST /orders"),
        ("GET", "/api/notifications?orderId=o1", "customer GET /notifications?orderId=o1"),
        ("GET", "/api/deliveries/stream", "delivery GET /deliveries/stream"),
        ("POST", "/api/operations/pay/parked/1/retry", "pay POST /operations/pay/parked/1/retry"),
        ("GET", "/o/k7q3", "app GET /o/k7q3"),
        ("GET", "/o/k7q3/pay", "app GET /o/k7q3/pay"),
        ("GET", "/pay/return?paymentKey=k&orderId=o1-1", "app GET /pay/return?paymentKey=k&orderId=o1-1"),
        ("GET", "/phone/stream", "customer GET /phone/stream"),
        ("POST", "/webhooks/toss", "pay POST /webhooks/toss"),
        ("POST", "/webhooks/solapi", "customer POST /webhooks/solapi"),
        ("GET", "http://elsewhere.example/api/orders", "app GET /orders"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        assert_eq!(asked(&gateway, by_whoever_may(request).await).await.text, answer);
    }
}

#[tokio::test]
async fn the_parameters_of_a_router_in_this_process_are_its_own() {
    use axum::extract::Path;
    let app = Router::new()
        .route("/orders/{id}/payment", post(async |Path(id): Path<String>, body: String| format!("{id} {body}")));
    let gateway = router(BTreeMap::from([(Context::App, Upstream::Local(app))]), options(&Shutdown::new()));
    let request = Request::post("/api/orders/o1/payment").body(Body::from("paid")).unwrap();
    assert_eq!(asked(&gateway, by_whoever_may(request).await).await.text, "o1 paid");
}

#[tokio::test]
async fn what_nobody_owns_is_404_and_payments_stay_inside() {
    let gateway = all_local();
    for path in [
        "/nowhere",
        "/api",
        "/api/payments",
        "/payments",
        "/api/../payments",
        "/api/operations/pay/../../payments",
        "/api/operations/pay/%2e%2e%2f%2e%2e%2fpayments",
        "/api//payments",
        "/api/orders//..//payments",
        "/api/events/",
    ] {
        let answer = got(&gateway, path).await;
        assert_eq!((answer.status, answer.json()["type"].as_str().unwrap()), (404, "/problems/not-found"), "{path}");
    }
    let wrong = asked(&gateway, Request::post("/api/status").body(Body::empty()).unwrap()).await;
    assert_eq!((wrong.status, wrong.json()["type"].as_str().unwrap()), (405, "/problems/method-not-allowed"));
    assert_eq!(wrong.headers["allow"], "GET, HEAD");
}

#[tokio::test]
async fn nobody_becomes_somebody_by_saying_so() {
    let gateway = all_local();
    let own = Signer::new("gateway", &Clock::system(), &Ids::seeded(7));
    let operator = platform::testing::acts("operator/mallory");
    let forged = own.sign(&operator, Context::App, &axum::http::Method::GET, &"/orders".parse().unwrap()).unwrap();
    for (name, value) in [
        ("baedal-actor", "customer/mina"),
        ("baedal-identity", forged.to_str().unwrap()),
        ("authorization", "Bearer guessed"),
        ("authorization", "Bearer "),
        ("authorization", "Basic bWluYTpiYWVkYWw="),
        ("authorization", "customer/mina"),
        ("cookie", "baedal=guessed"),
    ] {
        let request = Request::get("/api/orders").header(name, value).body(Body::empty()).unwrap();
        let answer = asked(&gateway, request).await;
        assert_eq!((answer.status, answer.json()["type"].as_str().unwrap()), (401, "/problems/unauthenticated"));
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    let request = async || by("customer/mina", Request::get("/api/orders").body(Body::empty()).unwrap()).await;
    assert_eq!(asked(&gateway, request().await).await.status, 200);
    let mut twice = request().await;
    twice.headers_mut().append("authorization", shown("operator/o1").await.unwrap().parse().unwrap());
    assert_eq!(asked(&gateway, twice).await.status, 401);
}

#[tokio::test]
async fn a_role_that_may_not_is_403_and_told_who_may() {
    let request = Request::post("/api/orders").body(Body::empty()).unwrap();
    let answer = asked(&all_local(), by("rider/kim", request).await).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["detail"], "You are signed in as rider; this is for: customer.");
}

#[tokio::test]
async fn a_location_is_where_the_caller_finds_it() {
    for (given, told) in [
        ("/orders/o1", "/api/orders/o1"),
        ("//elsewhere.example/", "//elsewhere.example/"),
        ("https://pay.example/window", "https://pay.example/window"),
    ] {
        let app = Router::new().route("/orders", get(async move || [(LOCATION, given)]));
        let gateway = router(BTreeMap::from([(Context::App, Upstream::Local(app))]), options(&Shutdown::new()));
        assert_eq!(got(&gateway, "/api/orders").await.headers[LOCATION], told);
    }
}

#[tokio::test]
async fn a_service_that_is_not_here_is_named() {
    let gateway = router(BTreeMap::new(), options(&Shutdown::new()));
    let answer = got(&gateway, "/api/tickets").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(answer.json()["type"], "/problems/service-unavailable");
    assert!(answer.json()["detail"].as_str().unwrap().contains("\"store\""));
}
