//! The page behind a message's link.

use reqwest::StatusCode;

use crate::support::{GUKBAP, TestApp};

async fn open(app: &TestApp, token: &str, accept: &str) -> (StatusCode, String) {
    let gateway = app.gateway();
    let url = format!("{}/o/{token}", gateway.trim_end_matches("/api"));
    let response = app.http.get(url).header("Accept", accept).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

fn token_of(app: &TestApp, order: &str) -> Option<String> {
    let database = rusqlite::Connection::open(app.settings.data_dir.join("app.db")).unwrap();
    let find = "SELECT link_token FROM order_status WHERE key = ?1";
    database.query_row(find, [order], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_messages_link_shows_the_status_without_sign_in_and_without_an_address_until_it_dies() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    let token = token_of(&app, &order).unwrap();
    let (status, page) = open(&app, &token, "text/html").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("가게 확인 중"), "{page}");
    let (status, json) = open(&app, &token, "application/json").await;
    assert_eq!(status, StatusCode::OK);
    assert!(json.contains("\"status\":\"PLACED\""), "{json}");
    for text in [page, json] {
        assert!(!text.contains("달보드레로") && !text.contains("010-") && !text.contains(&order), "{text}");
    }
    assert_eq!(open(&app, "not-a-token", "text/html").await.0, StatusCode::NOT_FOUND);

    let reject = serde_json::json!({ "reason": "too-busy" });
    app.owner_of(GUKBAP, &order, "reject", reject).await.expect(200);
    app.rest().await;
    assert!(open(&app, &token, "text/html").await.1.contains("주문 취소"));
    app.pass_minutes(8 * 24 * 60).await;
    assert_eq!(open(&app, &token, "text/html").await.0, StatusCode::NOT_FOUND);
    app.check();
}
