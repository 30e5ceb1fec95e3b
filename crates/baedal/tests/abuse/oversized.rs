//! Too much of everything.

use reqwest::Method;
use serde_json::{Value, json};

use crate::raw::{said_to, statuses};
use crate::server::{Server, order};

/// What is too much, as bytes; the answer may be none at all.
pub fn shapes(address: &str, token: &str) -> Vec<(&'static str, Vec<u8>)> {
    let host = format!("Host: {address}\r\n");
    let get = |target: &str, headers: &str| format!("GET {target} HTTP/1.1\r\n{host}{headers}\r\n").into_bytes();
    let post = |headers: &str, body: &str| {
        let length = body.len();
        let signed = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        format!("POST /api/orders HTTP/1.1\r\n{host}{signed}{headers}Content-Length: {length}\r\n\r\n{body}")
            .into_bytes()
    };
    let many = (0..2_000).map(|number| format!("X-{number}: x\r\n")).collect::<Vec<_>>().concat();
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let members = (0..20_000).map(|number| format!("\"k{number}\":1,")).collect::<Vec<_>>().concat();
    vec![
        ("a path", get(&format!("/api/stores/{}", "a".repeat(100_000)), "")),
        ("a query", get(&format!("/api/stores?q={}", "a".repeat(100_000)), "")),
        ("many parameters", get(&format!("/api/stores?{}", "q=a&".repeat(20_000)), "")),
        ("one header", get("/api/stores", &format!("X: {}\r\n", "a".repeat(200_000)))),
        ("a header's name", get("/api/stores", &format!("X{}: a\r\n", "a".repeat(100_000)))),
        ("many headers", get("/api/stores", &many)),
        ("a cookie", get("/api/stores", &format!("Cookie: a={}\r\n", "a".repeat(100_000)))),
        ("a token", get("/api/orders", &format!("Authorization: Bearer {}\r\n", "a".repeat(100_000)))),
        ("a key", post(&format!("Idempotency-Key: {}\r\n", "a".repeat(10_000)), &order().to_string())),
        ("a body", post("", &format!("\"{}\"", "a".repeat(3_000_000)))),
        ("a deep body", post("", &deep(100_000))),
        ("a body a little too deep", post("", &deep(200))),
        ("a body of many members", post("", &format!("{{{}\"x\":1}}", members.repeat(3)))),
        ("a method", format!("{} / HTTP/1.1\r\n{host}\r\n", "A".repeat(100_000)).into_bytes()),
        ("no end of a head", vec![b'a'; 1_000_000]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_of_anything_is_refused() {
    let mut server = Server::start(&[]).await;
    let (address, token) = (server.address(), server.sign_in("customer").await);
    for (what, bytes) in shapes(&address, &token) {
        let heard = said_to(&address, &bytes).await;
        let found = statuses(&heard);
        assert!(found.len() <= 1 && found.iter().all(|status| (400..500).contains(status)), "{what}: {heard:.300}");
    }
    for (what, change) in texts() {
        let mut body = order();
        change(&mut body);
        let (status, answer) = server.call(Method::POST, &token, "/api/orders", &body).await;
        assert!([400, 409, 413, 422].contains(&status), "{what}: {status} {answer}");
    }
    let (status, _) =
        server.call(Method::POST, "", "/api/sessions", &json!({ "login": long(), "password": "x" })).await;
    assert!([401, 413, 422, 429].contains(&status), "{status}");
    let asked = json!({ "login": "customer", "password": long() });
    let (status, _) = server.call(Method::POST, "", "/api/sessions", &asked).await;
    assert!([401, 413, 422, 429].contains(&status), "{status}");
    server.still_runs().await;
}

fn long() -> String {
    "a".repeat(200_000)
}

type Change = fn(&mut Value);

fn texts() -> [(&'static str, Change); 9] {
    [
        ("an address", |body| body["address"] = json!(long())),
        ("a detail", |body| body["addressDetail"] = json!(long())),
        ("a phone number", |body| body["phone"] = json!(long())),
        ("a request", |body| body["requests"] = json!({ "store": long() })),
        ("a request to the rider", |body| body["requests"] = json!({ "rider": long() })),
        ("a payment's token", |body| body["payment"]["token"] = json!(long())),
        ("a number", |body| body["expectedTotal"] = json!(1e300)),
        ("a quantity", |body| body["items"][0]["quantity"] = json!(4_000_000_000_u32)),
        ("items", |body| {
            let item = body["items"][0].clone();
            body["items"] = Value::Array(vec![item; 2_000]);
        }),
    ]
}
