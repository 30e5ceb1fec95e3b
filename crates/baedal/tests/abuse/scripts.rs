//! A script in every text that a person can enter: it is shown as what it is, a text.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{GUKBAP, PANCAKE, Server, order};

/// Ends an attribute and a tag, and begins a script.
pub const EVIL: &str = "\"'><script>pwned()</script>";

/// Where it would be one.
pub fn is_script(page: &str) -> bool {
    page.contains("<script>pwned") || page.contains("'><") || page.contains("\"><script")
}

/// What an address answers: pages are escaped, and data is no page.
async fn shows(server: &Server, token: &str, path: &str) -> String {
    let request = server.request(Method::GET, token, path).header("Accept", "text/html, application/json");
    let answer = request.send().await.unwrap();
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
    let policy = answer.headers().get("content-security-policy").map(|policy| policy.to_str().unwrap().to_owned());
    let text = answer.text().await.unwrap();
    if kind.starts_with("text/html") {
        assert!(!is_script(&text), "{path}: {text}");
        let policy = policy.unwrap_or_else(|| panic!("{path}: a page without a policy"));
        assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), "{path}: {policy}");
    } else {
        assert!(
            ["application/json", "application/problem+json", "text/plain", "application/vnd."]
                .iter()
                .any(|known| kind.starts_with(known)),
            "{path}: {kind}"
        );
    }
    text
}

/// A store whose every text is a script, and an order of which it is said and that says it.
async fn planted(server: &Server, customer: &str, owner: &str) -> Value {
    let at = format!("/api/operations/store/stores/{GUKBAP}");
    let (_, terms) = server.get(owner, &at).await;
    let mut terms: Value = serde_json::from_str(&terms).unwrap();
    let name = json!({ "ko": EVIL, "en": EVIL });
    (terms["name"], terms["category"]["name"]) = (name.clone(), name.clone());
    terms["address"] = json!(EVIL);
    let (status, put) = server.call(Method::PUT, owner, &format!("/api/stores/{GUKBAP}"), &terms).await;
    assert_eq!(status, 200, "{put}");
    let item = json!({ "name": name, "description": name, "priceAmount": 10_000 });
    let (status, put) = server.call(Method::PUT, owner, &format!("/api/stores/{GUKBAP}/menu/{PANCAKE}"), &item).await;
    assert_eq!(status, 200, "{put}");
    let mut body = order();
    body["address"] = json!(EVIL);
    body["addressDetail"] = json!(EVIL);
    body["requests"] = json!({ "store": EVIL, "rider": EVIL });
    heard_of(server, &format!("/api/stores/{GUKBAP}")).await;
    let request = server.request(Method::POST, customer, "/api/orders").header("Idempotency-Key", EVIL).json(&body);
    let made: Value = request.send().await.unwrap().json().await.unwrap();
    assert!(made["orderId"].is_string(), "{made}");
    made
}

/// What is shown follows what was entered a moment later.
async fn heard_of(server: &Server, path: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !server.get("", path).await.1.contains("pwned") {
        assert!(Instant::now() < deadline, "what was entered is never shown at {path}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_in_a_text_stays_a_text_wherever_it_is_shown() {
    let mut server = Server::start(&[]).await;
    let (customer, owner) = (server.sign_in("customer").await, server.sign_in("owner").await);
    let (rider, operator) = (server.sign_in("rider").await, server.sign_in("operator").await);
    let made = planted(&server, &customer, &owner).await;
    let id = made["orderId"].as_str().unwrap();
    let reason = json!({ "reason": EVIL });
    let (status, cancelled) = server.call(Method::POST, &customer, &format!("/api/orders/{id}/cancel"), &reason).await;
    assert!(status < 300, "{cancelled}");
    heard_of(&server, "/phone?customer=demo-customer").await;
    let mut shown = Vec::new();
    let mut escaped = 0;
    for (token, path) in [
        (&customer, format!("/api/orders/{id}")),
        (&customer, "/api/orders".to_owned()),
        (&customer, format!("/api/orders/{id}/timeline")),
        (&customer, "/api/notifications".to_owned()),
        (&owner, format!("/api/tickets/{id}")),
        (&owner, "/api/tickets".to_owned()),
        (&owner, "/api/deliveries".to_owned()),
        (&rider, "/api/deliveries".to_owned()),
        (&operator, format!("/api/operations/app/orders/{id}")),
        (&operator, "/api/operations/customer/notices".to_owned()),
        (&operator, "/api/events?limit=500".to_owned()),
        (&String::new(), format!("/api/stores/{GUKBAP}")),
        (&String::new(), "/api/stores".to_owned()),
        (&String::new(), "/".to_owned()),
        (&String::new(), "/phone".to_owned()),
        (&String::new(), "/phone?customer=demo-customer".to_owned()),
    ] {
        let text = shows(&server, token, &path).await;
        escaped += usize::from(text.contains("&#60;script") || text.contains("&lt;script"));
        shown.push(text);
    }
    // Told in a message, it is on the phone's page; there it is a text.
    assert!(escaped > 0, "nothing that was entered is on any page");
    assert!(shown[0].contains("pwned") && shown[11].contains("pwned"), "what was entered is not shown at all");
    let encoded = "%22%27%3E%3Cscript%3Epwned()%3C/script%3E";
    for path in [
        format!("/pay/failed?code={encoded}&message={encoded}&orderId={encoded}"),
        format!("/pay/failed/{encoded}"),
        format!("/pay/return?paymentKey={encoded}&orderId={encoded}&amount={encoded}"),
        format!("/o/{encoded}"),
        format!("/o/{encoded}/pay"),
        format!("/phone?customer={encoded}"),
        format!("/api/stores?q={encoded}&category={encoded}"),
        format!("/api/stores/{encoded}"),
        format!("/{encoded}"),
        format!("/sign-in?next={encoded}&login={encoded}"),
    ] {
        shows(&server, "", &path).await;
    }
    server.still_runs().await;
}
