use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use axum::http::header::{ACCEPT, AUTHORIZATION};
use http_body_util::BodyExt;
use serde_json::json;

use crate::support::*;

/// A stream that is open: its first bytes have come.
async fn open(desk: &Desk, path: &str, token: &str) -> Body {
    let request =
        Request::get(path).header(AUTHORIZATION, format!("Bearer {token}")).header(ACCEPT, "text/event-stream");
    let response = desk.answer(request, Body::empty()).await;
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    assert!(body.frame().await.unwrap().is_ok());
    body
}

/// It ends, and not because it broke.
async fn ends(body: Body) {
    let ended = async { body.collect().await.map(|_| ()) };
    tokio::time::timeout(platform::testing::PATIENCE, ended).await.expect("the stream goes on").unwrap();
}

/// It goes on for now.
async fn goes_on(body: &mut Body) {
    let next = tokio::time::timeout(Duration::from_millis(30), body.frame()).await;
    assert!(next.is_err(), "the stream has ended, or said something");
}

#[tokio::test]
async fn a_stream_ends_when_its_session_is_signed_out_and_no_other_does() {
    let desk = Desk::open().await;
    let (one, two) = (desk.demo("customer").await, desk.demo("customer").await);
    let (first, mut second) =
        (open(&desk, "/api/orders/stream", &one).await, open(&desk, "/api/orders/stream", &two).await);
    desk.delete("/api/sessions/current", &one).await.expect(204);
    ends(first).await;
    goes_on(&mut second).await;
    desk.delete("/api/sessions", &two).await.expect(204);
    ends(second).await;
}

#[tokio::test]
async fn a_stream_ends_when_its_account_is_disabled_or_its_stores_change() {
    let desk = Desk::open().await;
    let (owner, operator) = (desk.demo("owner").await, desk.demo("operator").await);
    let of_stores = open(&desk, "/api/tickets/stream", &owner).await;
    let stores = json!({ "stores": [] });
    let path = "/api/operations/gateway/accounts/demo-owner";
    desk.call(Method::PUT, &format!("{path}/stores"), &operator, stores).await.expect(200);
    ends(of_stores).await;
    assert_eq!(desk.seen(&owner).await, "owner/demo-owner of 0", "the session goes on with the stores of today");
    let mut again = open(&desk, "/api/tickets/stream", &owner).await;
    goes_on(&mut again).await;
    desk.post(&format!("{path}/disable"), &operator, json!(null)).await.expect(200);
    ends(again).await;
}

#[tokio::test]
async fn a_stream_ends_when_its_session_does_by_time() {
    let desk = Desk::open().await;
    let token = desk.demo("rider").await;
    let mut body = open(&desk, "/api/deliveries/stream", &token).await;
    desk.pass(2 * 24);
    desk.get("/api/deliveries", &token).await.expect(200);
    desk.pass(2 * 24);
    goes_on(&mut body).await;
    desk.pass(24);
    ends(body).await;
}
