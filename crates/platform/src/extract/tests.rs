use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::{get, post};
use kernel::ids::{MenuId, OrderId, StoreId};
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meal {
    store_id: StoreId,
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    quantity: u32,
}

#[derive(Debug, Deserialize)]
struct Filter {
    status: Option<u8>,
}

fn router() -> Router {
    Router::new()
        .route(
            "/orders",
            post(async |meal: Json<Meal>| {
                let count: u32 = meal.value.items.iter().map(|item| item.quantity).sum();
                format!("{count} from {} in {} bytes", meal.value.store_id, meal.raw.len())
            }),
        )
        .route("/maybe", post(async |meal: Option<Json<Meal>>| if meal.is_some() { "some" } else { "none" }))
        .route("/orders/{id}", get(async |PathId(id): PathId<OrderId>| id.to_string()))
        .route("/parked/{id}", get(async |PathNumber(id): PathNumber| id.to_string()))
        .route(
            "/stores/{id}/menu/{menu}",
            get(async |PathIds(store, menu): PathIds<StoreId, MenuId>| format!("{store} {menu}")),
        )
        .route("/tickets", get(async |Params(filter): Params<Filter>| format!("{:?}", filter.status)))
}

async fn answer(request: Request) -> (StatusCode, String) {
    let response = router().oneshot(request).await.unwrap();
    let status = response.status();
    (status, String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
}

async fn posted(kind: &str, body: impl Into<Body>) -> (StatusCode, Value) {
    let (status, text) = answer(Request::post("/orders").header(CONTENT_TYPE, kind).body(body.into()).unwrap()).await;
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn got(path: &str) -> (StatusCode, String) {
    answer(Request::get(path).body(Body::empty()).unwrap()).await
}

const MEAL: &str = r#"{"storeId":"00000000-0000-0000-0000-000000000001","items":[{"quantity":2}]}"#;

#[tokio::test]
async fn a_body_that_fits_is_taken_with_its_bytes() {
    for kind in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
        let (status, text) = posted(kind, MEAL).await;
        assert_eq!(
            (status, text.as_str().unwrap()),
            (StatusCode::OK, "2 from 00000000-0000-0000-0000-000000000001 in 75 bytes")
        );
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_415() {
    for kind in
        ["text/plain", "application/jsonp", "application/json; charset=euc-kr", "application/x-www-form-urlencoded"]
    {
        let (status, problem) = posted(kind, MEAL).await;
        assert_eq!((status.as_u16(), &problem["type"]), (415, &"/problems/unsupported-media-type".into()));
    }
}

#[tokio::test]
async fn broken_json_is_400_even_when_its_beginning_has_the_wrong_shape() {
    for body in ["", "{", "nonsense", r#"{"storeId":5,"items":[}"#, "{\"storeId\":\"\u{0}\"}", &format!("{MEAL} x")] {
        let (status, problem) = posted("application/json", body.to_owned()).await;
        assert_eq!((status.as_u16(), &problem["type"]), (400, &"/problems/malformed-json".into()), "{body}");
    }
    assert_eq!(posted("application/json", b"{\"storeId\":\"\xff\"}".to_vec()).await.0, 400);
    assert_eq!(posted("application/json", b"{\"nobodyReadsThis\":\"\xff\"}".to_vec()).await.0, 400);
}

#[tokio::test]
async fn deep_nesting_is_400() {
    for body in ["[".repeat(100_000), format!("{{\"extra\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000))] {
        assert_eq!(posted("application/json", body).await.0, 400);
    }
    let brackets_in_text = format!("{{\"note\":\"\\\"{}\",{}", "[".repeat(500), &MEAL[1..]);
    assert_eq!(posted("application/json", brackets_in_text).await.0, 200);
}

#[tokio::test]
async fn another_shape_is_422_and_names_the_field() {
    let body = r#"{"storeId":"00000000-0000-0000-0000-000000000001","items":[{"quantity":1},{"quantity":-1}]}"#;
    let (status, problem) = posted("application/json", body).await;
    assert_eq!(status, 422);
    assert_eq!(problem["type"], "/problems/invalid-field");
    assert_eq!(problem["fields"][0]["field"], "items[1].quantity");
    assert_eq!(problem["fields"][0]["reason"], "invalid value: integer `-1`, expected u32");
}

#[tokio::test]
async fn a_list_is_no_object_even_when_it_gives_the_fields_in_turn() {
    for body in [r#" ["00000000-0000-0000-0000-000000000001",[{"quantity":2}]]"#, "[]", "null", "7"] {
        let (status, problem) = posted("application/json", body).await;
        assert_eq!((status.as_u16(), &problem["fields"][0]["field"]), (422, &".".into()), "{body}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_one_at_the_limit_is_not() {
    let blank = |size: usize| format!("{MEAL}{}", " ".repeat(size - MEAL.len()));
    assert_eq!(posted("application/json", blank(BODY_LIMIT)).await.0, 200);
    assert_eq!(posted("application/json", blank(BODY_LIMIT + 1)).await.0, 413);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_408_and_closes() {
    let (sender, body) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    sender.send(Ok(Bytes::from_static(b"{"))).await.unwrap();
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(body));
    let request = Request::post("/orders").header(CONTENT_TYPE, "application/json").body(body).unwrap();
    let response = router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 408);
    assert_eq!(response.headers()["connection"], "close");
    drop(sender);
}

#[tokio::test]
async fn an_optional_body_may_be_left_out() {
    let ask = async |body: &'static str, kind: &str| {
        answer(Request::post("/maybe").header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap()).await
    };
    assert_eq!(ask("", "text/plain").await.1, "none");
    assert_eq!(ask(MEAL, "application/json").await.1, "some");
    assert_eq!(ask(MEAL, "text/plain").await.0, 415);
    assert_eq!(ask("{}", "application/json").await.0, 422);
}

#[tokio::test]
async fn a_path_that_holds_no_id_is_404() {
    let id = "00000000-0000-0000-0000-000000000001";
    assert_eq!(got(&format!("/orders/{id}")).await, (StatusCode::OK, id.to_owned()));
    assert_eq!(got(&format!("/stores/{id}/menu/{id}")).await.0, 200);
    assert_eq!(got("/parked/17").await.1, "17");
    for path in [
        "/orders/17",
        "/orders/%00",
        "/orders/00000000000000000000000000000001",
        "/stores/x/menu/y",
        "/parked/x",
        "/orders/%ff",
    ] {
        assert_eq!(got(path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_parameter_that_does_not_fit_is_422() {
    assert_eq!(got("/tickets?status=3").await.1, "Some(3)");
    assert_eq!(got("/tickets").await.1, "None");
    assert_eq!(got("/tickets?status=many").await.0, 422);
}

#[tokio::test]
async fn what_is_missing_or_does_not_fit_is_named_by_itself() {
    let store = r#""storeId":"00000000-0000-0000-0000-000000000001""#;
    for (body, field) in
        [(r#"{"items":[]}"#.to_owned(), "storeId"), (format!(r#"{{{store},"items":[{{}}]}}"#), "items[0].quantity")]
    {
        let (status, problem) = posted("application/json", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(problem["fields"][0]["field"], field);
        assert_eq!(problem["fields"][0]["reason"], "is missing");
    }
    let (status, text) = got("/tickets?status=open").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["fields"][0]["field"], "status");
    assert!(!text.contains("deserialize"), "{text}");
}
