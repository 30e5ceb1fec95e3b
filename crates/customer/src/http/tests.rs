use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use kernel::events::customer::NoticeKind::{Accepted, Cooking};
use kernel::order::Progress;
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

use super::router;
use crate::adapters::inbox::Inbox;
use crate::domain::views::NoticeState::{Failed, Sent};
use crate::testing::{Does, Stage, Wayward};

const ORDER: Uuid = Uuid::from_u128(7);

/// An order that was accepted and is cooking.
async fn told() -> Stage {
    let mut stage = Stage::open(Arc::new(Inbox)).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| stage.told(ORDER).len() == 1).await;
    stage.hand.advance(SignedDuration::from_secs(5));
    stage.progress(ORDER, Progress::Cooking).await;
    stage.until(|| stage.told(ORDER) == [(Accepted, Sent), (Cooking, Sent)]).await;
    stage
}

async fn get(stage: &Stage, path: &str, actor: &str) -> (u16, Value) {
    let request = Request::get(path).extension(platform::testing::acts(actor)).body(Body::empty()).unwrap();
    let response = router(stage.customer.clone()).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn kinds(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_customer_reads_their_own_notices_newest_first() {
    let stage = told().await;
    for path in ["/notifications".to_owned(), format!("/notifications?orderId={ORDER}")] {
        let (status, list) = get(&stage, &path, "customer/minji").await;
        assert_eq!((status, kinds(&list)), (200, vec!["COOKING", "ACCEPTED"]), "{path}");
        let first = &list["items"][0];
        assert_eq!(first["orderId"], ORDER.to_string());
        assert_eq!((&first["orderNumber"], &first["language"]), (&"1122-K7Q3".into(), &"en".into()));
        assert_eq!((&first["state"], &first["at"]), (&"SENT".into(), &"2026-11-22T09:42:05Z".into()));
        assert!(!first["title"].as_str().unwrap().is_empty() && first["text"].as_str().unwrap().contains("1122-K7Q3"));
    }
}

#[tokio::test]
async fn a_list_is_walked_page_by_page() {
    let stage = told().await;
    for (path, actor) in [
        ("/notifications?limit=1".to_owned(), "customer/minji"),
        ("/notifications?limit=1".to_owned(), "operator/op"),
        (format!("/notifications?limit=1&orderId={ORDER}"), "customer/minji"),
    ] {
        let (_, list) = get(&stage, &path, actor).await;
        assert_eq!(kinds(&list), ["COOKING"], "{path} {actor}");
        let (_, list) = get(&stage, &format!("{path}&cursor={}", list["next"].as_str().unwrap()), actor).await;
        assert_eq!((kinds(&list), &list["next"]), (vec!["ACCEPTED"], &Value::Null), "{path} {actor}");
    }
}

#[tokio::test]
async fn nobody_reads_anothers_notices() {
    let stage = told().await;
    for path in ["/notifications".to_owned(), format!("/notifications?orderId={ORDER}")] {
        assert_eq!(get(&stage, &path, "customer/somebody").await.1["items"], serde_json::json!([]));
        assert_eq!(get(&stage, &path, "rider/r").await.0, 403);
        assert_eq!(get(&stage, &path, "").await.0, 401);
        assert_eq!(kinds(&get(&stage, &path, "operator/op").await.1), ["COOKING", "ACCEPTED"]);
    }
    assert_eq!(get(&stage, "/notifications?orderId=rubbish", "customer/minji").await.0, 422);
    assert_eq!(get(&stage, "/notifications/stream", "operator/op").await.0, 403);
}

#[tokio::test]
async fn an_operator_sees_what_could_not_be_sent() {
    let mut stage = Stage::open(Wayward::that([Does::Refuses])).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| stage.told(ORDER) == [(Accepted, Failed)]).await;
    for path in ["/operations/customer/notices", "/operations/customer/notices?state=FAILED"] {
        let (status, list) = get(&stage, path, "operator/op").await;
        assert_eq!((status, kinds(&list), &list["items"][0]["state"]), (200, vec!["ACCEPTED"], &"FAILED".into()));
    }
    assert_eq!(
        get(&stage, "/operations/customer/notices?state=QUEUED", "operator/op").await.1["items"],
        serde_json::json!([])
    );
    assert_eq!(get(&stage, "/operations/customer/notices?state=SENT", "operator/op").await.0, 422);
    assert_eq!(get(&stage, "/operations/customer/notices", "customer/minji").await.0, 403);
}

/// A reader of the stream.
struct Reader(Body, String);

impl Reader {
    async fn open(stage: &Stage, last_seen: Option<&str>) -> Self {
        let mut request = Request::get("/notifications/stream").extension(platform::testing::acts("customer/minji"));
        if let Some(seen) = last_seen {
            request = request.header("last-event-id", seen);
        }
        let request = request.body(Body::empty()).unwrap();
        Self(router(stage.customer.clone()).oneshot(request).await.unwrap().into_body(), String::new())
    }

    /// Reads on until `text` has come; gives the id before it.
    async fn until(&mut self, text: &str) -> String {
        while !self.1.contains(text) {
            let frame = tokio::time::timeout(std::time::Duration::from_secs(5), self.0.frame()).await.unwrap();
            let data = frame.unwrap().unwrap().into_data().unwrap();
            self.1.push_str(std::str::from_utf8(&data).unwrap());
        }
        let before = self.1.split(text).next().unwrap();
        before.rsplit("id: ").next().unwrap().split('\n').next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn the_stream_tells_the_latest_and_then_every_change() {
    let mut stage = told().await;
    let mut reader = Reader::open(&stage, None).await;
    let accepted = reader.until("\"ACCEPTED\"").await;
    reader.until("\"COOKING\"").await;
    assert!(reader.1.contains("event: notification\n"));
    stage.progress(ORDER, Progress::Ready).await;
    let ready = reader.until("\"READY\"").await;
    assert!(accepted.parse::<u64>().unwrap() < ready.parse::<u64>().unwrap());

    let mut again = Reader::open(&stage, Some(&accepted)).await;
    again.until("\"READY\"").await;
    assert!(!again.1.contains("\"ACCEPTED\"") && again.1.contains("\"COOKING\""));
}
