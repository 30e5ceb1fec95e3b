//! What an operator takes away is gone at once: for the next request, and from streams that are open.

use std::time::Duration;

use gateway::accounts::Account;
use kernel::ids::StoreId;
use kernel::people::{PersonId, Role};
use reqwest::{Method, Response};
use serde_json::json;

use crate::calls::{self, answered, every, method, nobodys, outside, send, start};
use crate::cases::OPERATOR;
use crate::subjects;
use crate::support::{CAULDRON, GUKBAP, TestApp};

/// How long a stream may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

async fn signed_in(app: &TestApp, id: &str, role: Role, stores: &[&str]) -> String {
    let stores = stores.iter().map(|store| StoreId::parse(store).unwrap()).collect();
    let account = Account { id: PersonId::parse(id).unwrap(), role, stores };
    app.edge().accounts.sign_in_as(account).await.unwrap().token
}

async fn status(app: &TestApp, token: &str, path: &str) -> u16 {
    let request = app.http.get(format!("{}{path}", app.gateway())).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

async fn opened(app: &TestApp, token: &str, path: &str) -> Response {
    let answer = app.http.get(format!("{}{path}", app.gateway())).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    answer
}

/// Reads on until the stream ends.
async fn ends(mut stream: Response) -> String {
    let mut heard = String::new();
    let all = async {
        while let Ok(Some(chunk)) = stream.chunk().await {
            heard.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("a stream that ends");
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_is_let_in_nowhere_from_then_on() {
    let app = start().await;
    let roles =
        [("customer", Role::Customer), ("owner", Role::Owner), ("rider", Role::Rider), ("operator", Role::Operator)];
    let mut headers = Vec::new();
    for (name, role) in roles {
        let id = format!("disabled-{name}");
        let token = signed_in(&app, &id, role, &[]).await;
        assert_eq!(status(&app, &token, "/sessions/current").await, 200);
        let disable = format!("{}/operations/gateway/accounts/{id}/disable", app.gateway());
        answered(calls::signed_in(&app, Method::POST, OPERATOR, &disable).await, None, 200).await;
        headers.push(format!("Bearer {token}"));
    }
    for (route, context) in every() {
        let Some(url) = outside(&app, route, &nobodys(route, context)) else { continue };
        for header in &headers {
            let request = app.http.request(method(route), &url).header("Authorization", header);
            assert_eq!(send(request, None).await.status().as_u16(), 401, "{} {url}", route.method.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_taken_away_is_gone_at_once_also_from_open_boards() {
    let app = start().await;
    let token = signed_in(&app, "two-stores", Role::Owner, &[GUKBAP, CAULDRON]).await;
    let before = subjects::placed(&app).await.order;
    assert_eq!(status(&app, &token, &format!("/tickets/{before}")).await, 200);
    let tickets = opened(&app, &token, "/tickets/stream").await;
    let deliveries = opened(&app, &token, "/deliveries/stream").await;
    let stores = format!("{}/operations/gateway/accounts/two-stores/stores", app.gateway());
    let put = calls::signed_in(&app, Method::PUT, OPERATOR, &stores).await;
    answered(put, Some(&json!({ "stores": [CAULDRON] })), 200).await;
    let after = subjects::placed(&app).await.order;
    for path in [format!("/tickets/{before}"), format!("/tickets/{after}"), format!("/tickets?storeId={GUKBAP}")] {
        assert_eq!(status(&app, &token, &path).await, 404, "{path}");
    }
    let accept = format!("{}/tickets/{after}/accept", app.gateway());
    let request = app.http.post(accept).bearer_auth(&token).json(&json!({ "prepMinutes": 20 }));
    assert_eq!(request.send().await.unwrap().status().as_u16(), 404);
    // Open boards end, and whoever comes back sees what is still theirs.
    for stream in [tickets, deliveries] {
        let heard = ends(stream).await;
        assert!(!heard.contains(&after), "{heard}");
    }
    assert_eq!(status(&app, &token, &format!("/tickets?storeId={CAULDRON}")).await, 200);
}
