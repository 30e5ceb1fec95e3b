use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use kernel::events::app::AppEvent;
use kernel::events::customer::NoticeKind::Accepted;
use kernel::lang::Language;
use kernel::order::{DeliveryBy, Progress};
use tower::ServiceExt;
use uuid::Uuid;

use crate::adapters::inbox::Inbox;
use crate::domain::samples::{created, private};
use crate::domain::views::NoticeState::{Failed, Sent};
use crate::http::router;
use crate::testing::{Does, Stage, Wayward};

const ORDER: Uuid = Uuid::from_u128(7);

async fn answer(stage: &Stage, path: &str) -> axum::response::Response {
    router(stage.customer.clone()).oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
}

async fn page(stage: &Stage, path: &str) -> String {
    let response = answer(stage, path).await;
    assert_eq!(response.status(), 200, "{path}");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

/// An order that was accepted.
async fn told() -> Stage {
    let mut stage = Stage::open(Arc::new(Inbox)).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| stage.told(ORDER) == [(Accepted, Sent)]).await;
    stage
}

#[tokio::test]
async fn a_phone_shows_each_message_in_its_language_with_its_button() {
    let stage = told().await;
    let shown = page(&stage, "/phone?customer=minji").await;
    for part in [
        "<h2>Order accepted</h2>",
        "Arrives about 7:25 pm",
        "- Order no.: 1122-K7Q3\n- Store: Yunseul Alley Chicken",
        "Sun 22 Nov 2026",
        "href=\"/o/Zk3vQ9tXb1\"",
        ">6:42 pm</time>",
        "lang=\"en\"",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    assert!(!shown.contains("010-1234"));
    let list = page(&stage, "/phone").await;
    assert!(list.contains("href=\"phone?customer=minji\"") && list.contains("Order accepted"), "{list}");
    assert!(page(&stage, "/phone?customer=somebody").await.contains("No messages yet."));
}

#[tokio::test]
async fn nothing_of_a_message_is_taken_for_html() {
    let mut stage = Stage::open(Arc::new(Inbox)).await;
    let AppEvent::OrderCreated(mut event) = created(Language::En, DeliveryBy::Rider) else { panic!("it is that") };
    event.details.store_name = kernel::lang::Localized::new("<b>&", "<script>1</script>\"'&");
    stage.say(ORDER, event).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| stage.told(ORDER) == [(Accepted, Sent)]).await;
    let shown = page(&stage, "/phone?customer=minji").await;
    assert!(!shown.contains("<script>1") && shown.contains("&#60;script&#62;1"), "{shown}");
}

#[tokio::test]
async fn the_page_loads_nothing_and_runs_only_its_own_script() {
    let stage = told().await;
    let response = answer(&stage, "/phone?customer=minji").await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'nonce-") && !policy.contains("unsafe"), "{policy}");
    let nonce = policy.split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let shown = std::str::from_utf8(&body).unwrap();
    assert!(shown.contains(&format!("<script type=\"module\" nonce=\"{nonce}\">")));
    assert_eq!(shown.matches("<script").count(), 1);
    assert!(!answer(&stage, "/phone").await.headers()["content-security-policy"].to_str().unwrap().contains(nonce));
}

#[tokio::test]
async fn where_people_are_real_there_is_no_phone_to_look_at() {
    let stage = Stage::open_with(Arc::new(Inbox), |options| options.shows_phones = false).await;
    for path in ["/phone", "/phone?customer=minji", "/phone/stream?customer=minji"] {
        assert_eq!(answer(&stage, path).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn whose_phone_has_to_be_a_person() {
    let stage = told().await;
    for path in ["/phone?customer=%3Cscript%3E", "/phone?customer=", "/phone/stream", "/phone/stream?customer=a%20b"] {
        assert_eq!(answer(&stage, path).await.status(), 422, "{path}");
    }
}

#[tokio::test]
async fn what_did_not_reach_the_phone_says_so() {
    let mut stage = Stage::open(Wayward::that([Does::Refuses])).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| stage.told(ORDER) == [(Accepted, Failed)]).await;
    let shown = page(&stage, "/phone?customer=minji").await;
    assert!(shown.contains("notice failed") && shown.contains("Not delivered (no)"), "{shown}");
}

#[tokio::test]
async fn the_stream_sends_the_chat_whenever_it_changes() {
    let mut stage = told().await;
    let mut body = answer(&stage, "/phone/stream?customer=minji").await.into_body();
    let mut seen = String::new();
    let mut until = async |text: &str| {
        while !seen.contains(text) {
            let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await;
            let frame = frame.unwrap_or_else(|_| panic!("{text} does not come after\n{seen}"));
            seen.push_str(std::str::from_utf8(&frame.unwrap().unwrap().into_data().unwrap()).unwrap());
        }
    };
    until("Order accepted").await;
    stage.hand.advance(SignedDuration::from_secs(5));
    stage.progress(ORDER, Progress::Cooking).await;
    until("Cooking started").await;
    assert!(private().phone.is_some_and(|phone| !seen.contains(&phone)));
    assert!(seen.contains("event: chat\n"));
}
