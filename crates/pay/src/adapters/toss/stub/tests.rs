use axum::http::HeaderMap;
use reqwest::{Client, RequestBuilder, Url};
use serde_json::{Value, json};

use super::*;
use platform::stub::Kind;

const KEY: &str = "test_sk_stub";
const ORDER: &str = "order-000001";

struct World {
    stub: TossStub,
    client: Client,
    hand: platform::clock::FakeClock,
    shutdown: Shutdown,
}

async fn world(takes: u64) -> World {
    let shutdown = Shutdown::new();
    let (clock, hand) = Clock::fake("2026-11-22T10:00:00Z".parse().unwrap());
    let options = Options { clock, takes: Duration::from_millis(takes), ..Options::new(Secret::new(KEY)) };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stub = TossStub::start(listener, options, &shutdown).unwrap();
    let client = platform::client::inside().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    World { stub, client, hand, shutdown }
}

impl World {
    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.stub.base())).basic_auth(KEY, None::<&str>).json(body)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.stub.base())).basic_auth(KEY, None::<&str>)
    }

    /// Authenticated: its key, and the body that confirms it.
    fn authenticated(&self, order_id: &str) -> (String, Value) {
        let key = self.stub.authenticate(order_id, Amount::new(15_000));
        (key.clone(), json!({ "paymentKey": key, "orderId": order_id, "amount": 15_000 }))
    }

    /// Confirmed: its key.
    async fn done(&self, order_id: &str) -> String {
        let (key, body) = self.authenticated(order_id);
        assert_eq!(said(self.post("/v1/payments/confirm", &body)).await.0, 200);
        key
    }

    async fn end(self) {
        self.shutdown.begin();
        assert!(self.shutdown.drained(Duration::from_secs(5)).await);
    }
}

async fn said(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[track_caller]
fn refused((status, body): (u16, Value), expected: (u16, &str)) {
    assert_eq!((status, body["code"].as_str().unwrap_or_default()), expected, "{body}");
}

#[tokio::test]
async fn only_who_has_the_key_comes_in() {
    let world = world(0).await;
    let url = format!("{}/v1/payments/orders/{ORDER}", world.stub.base());
    refused(said(world.client.get(&url)).await, (403, "INCORRECT_BASIC_AUTH_FORMAT"));
    for wrong in ["Bearer abc", "Basic", "Basic !!!", "Basic dGVzdA=="] {
        let asked = world.client.get(&url).header("Authorization", wrong);
        refused(said(asked).await, (403, "INCORRECT_BASIC_AUTH_FORMAT"));
    }
    refused(said(world.client.get(&url).basic_auth("other", None::<&str>)).await, (401, "UNAUTHORIZED_KEY"));
    refused(said(world.client.get(&url).basic_auth(KEY, Some("word"))).await, (401, "UNAUTHORIZED_KEY"));
    refused(said(world.client.get(&url).basic_auth(KEY, None::<&str>)).await, (404, "NOT_FOUND_PAYMENT"));
    world.end().await;
}

#[tokio::test]
async fn a_payment_is_confirmed_as_it_was_authenticated_and_once() {
    let world = world(0).await;
    let (key, body) = world.authenticated(ORDER);
    let confirm = async |change: Value| {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        said(world.post("/v1/payments/confirm", &body)).await
    };
    refused(confirm(json!({ "amount": 14_999 })).await, (400, "INVALID_REQUEST"));
    refused(confirm(json!({ "orderId": "order-000002" })).await, (400, "INVALID_REQUEST"));
    refused(confirm(json!({ "orderId": "short" })).await, (400, "INVALID_REQUEST"));
    refused(confirm(json!({ "orderId": "한글 주문번호" })).await, (400, "INVALID_REQUEST"));
    refused(confirm(json!({ "paymentKey": "nobody's" })).await, (404, "NOT_FOUND_PAYMENT"));
    refused(confirm(json!({ "amount": "many" })).await, (400, "INVALID_REQUEST"));
    let (status, payment) = confirm(json!({})).await;
    assert_eq!((status, &payment["status"], &payment["balanceAmount"]), (200, &json!("DONE"), &json!(15_000)));
    assert_eq!(payment["approvedAt"], "2026-11-22T19:00:00+09:00");
    assert_eq!((&payment["vat"], &payment["suppliedAmount"]), (&json!(1_364), &json!(13_636)));
    refused(confirm(json!({})).await, (400, "ALREADY_PROCESSED_PAYMENT"));
    let (_, again) = world.authenticated(ORDER);
    refused(said(world.post("/v1/payments/confirm", &again)).await, (400, "DUPLICATED_ORDER_ID"));
    let found = said(world.get(&format!("/v1/payments/orders/{ORDER}"))).await;
    assert_eq!(found, said(world.get(&format!("/v1/payments/{key}"))).await);
    assert_eq!((found.1["status"].as_str(), world.stub.sums(ORDER)), (Some("DONE"), vec![(15_000, 0)]));
    world.end().await;
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_409_while_the_first_runs() {
    let world = world(60).await;
    let (_, body) = world.authenticated(ORDER);
    let keyed = || world.post("/v1/payments/confirm", &body).header("Idempotency-Key", "k");
    let (one, other) = tokio::join!(said(keyed()), said(keyed()));
    let (first, second) = if one.0 == 200 { (one, other) } else { (other, one) };
    refused(second, (409, "IDEMPOTENT_REQUEST_PROCESSING"));
    assert_eq!(said(keyed()).await, first);
    let other = json!({ "paymentKey": "x", "orderId": "y", "amount": 1 });
    let replayed = world.post("/v1/payments/confirm", &other).header("Idempotency-Key", "k");
    assert_eq!(said(replayed).await, first, "the body is not compared");
    let long = world.post("/v1/payments/confirm", &body).header("Idempotency-Key", "x".repeat(301));
    refused(said(long).await, (400, "INVALID_IDEMPOTENCY_KEY"));
    world.end().await;
}

#[tokio::test]
async fn parts_go_back_until_nothing_is_left() {
    let world = world(0).await;
    let key = world.done(ORDER).await;
    let cancel = async |body: Value| said(world.post(&format!("/v1/payments/{key}/cancel"), &body)).await;
    refused(cancel(json!({ "cancelReason": "" })).await, (400, "INVALID_REQUEST"));
    refused(cancel(json!({ "cancelReason": "r", "cancelAmount": 15_001 })).await, (403, "NOT_CANCELABLE_AMOUNT"));
    refused(cancel(json!({ "cancelReason": "r", "cancelAmount": 0 })).await, (403, "NOT_CANCELABLE_AMOUNT"));
    let (status, payment) = cancel(json!({ "cancelReason": "part", "cancelAmount": 5_000 })).await;
    assert_eq!((status, &payment["status"]), (200, &json!("PARTIAL_CANCELED")));
    assert_eq!((&payment["balanceAmount"], &payment["totalAmount"]), (&json!(10_000), &json!(15_000)));
    let stale = json!({ "cancelReason": "r", "cancelAmount": 1_000, "refundableAmount": 15_000 });
    refused(cancel(stale).await, (400, "NOT_MATCHES_REFUNDABLE_AMOUNT"));
    let (_, payment) = cancel(json!({ "cancelReason": "rest" })).await;
    assert_eq!((&payment["status"], &payment["balanceAmount"]), (&json!("CANCELED"), &json!(0)));
    assert_eq!(payment["cancels"][1]["cancelReason"], "rest");
    refused(cancel(json!({ "cancelReason": "r" })).await, (400, "ALREADY_CANCELED_PAYMENT"));
    let unpaid = world.authenticated("order-000003").0;
    let asked = world.post(&format!("/v1/payments/{unpaid}/cancel"), &json!({ "cancelReason": "r" }));
    refused(said(asked).await, (403, "NOT_CANCELABLE_PAYMENT"));
    world.end().await;
}

#[tokio::test]
async fn after_ten_minutes_it_is_too_late_to_confirm() {
    let world = world(0).await;
    let (key, body) = world.authenticated(ORDER);
    world.hand.advance(SignedDuration::from_secs(601));
    refused(said(world.post("/v1/payments/confirm", &body)).await, (404, "NOT_FOUND_PAYMENT_SESSION"));
    while said(world.get(&format!("/v1/payments/{key}"))).await.1["status"] != "EXPIRED" {
        tokio::task::yield_now().await;
    }
    world.end().await;
}

#[tokio::test]
async fn an_error_that_is_asked_for_comes_with_its_status_and_nothing_is_done() {
    let world = world(0).await;
    let (_, body) = world.authenticated(ORDER);
    let cases = [("REJECT_CARD_PAYMENT", 403), ("PROVIDER_ERROR", 400), ("FAILED_INTERNAL_SYSTEM_PROCESSING", 500)];
    for (code, status) in cases {
        let by_header = world.post("/v1/payments/confirm", &body).header("TossPayments-Test-Code", code);
        refused(said(by_header).await, (status, code));
        world.stub.faults().on("confirm", Kind::Code { code: code.to_owned() }, 1);
        refused(said(world.post("/v1/payments/confirm", &body)).await, (status, code));
    }
    assert_eq!(world.stub.payments(), []);
    world.end().await;
}

#[tokio::test]
async fn transactions_are_listed_by_time_and_in_pages() {
    let world = world(0).await;
    for n in 0..5 {
        let key = world.done(&format!("order-00000{n}")).await;
        world.hand.advance(SignedDuration::from_hours(1));
        if n == 0 {
            world.stub.cancel(&key, Amount::new(15_000), "by hand");
        }
    }
    let dates = "startDate=2026-11-22T19:00:00&endDate=2026-11-22T22:30:00";
    let (_, all) = said(world.get(&format!("/v1/transactions?{dates}"))).await;
    let statuses: Vec<_> = all.as_array().unwrap().iter().map(|item| item["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["DONE", "CANCELED", "DONE", "DONE", "DONE"]);
    let mut after = String::new();
    for item in all.as_array().unwrap() {
        let (_, page) = said(world.get(&format!("/v1/transactions?{dates}&limit=1{after}"))).await;
        assert_eq!(page, json!([item]));
        after = format!("&startingAfter={}", item["transactionKey"].as_str().unwrap());
    }
    assert_eq!(said(world.get(&format!("/v1/transactions?{dates}&limit=1{after}"))).await.1, json!([]));
    refused(said(world.get("/v1/transactions?startDate=today")).await, (400, "INVALID_REQUEST"));
    world.end().await;
}

#[tokio::test]
async fn every_change_of_a_payment_is_told_by_webhook() {
    let shutdown = Shutdown::new();
    let told = Arc::new(Mutex::new(Vec::<(HeaderMap, Value)>::new()));
    let ear = {
        let told = Arc::clone(&told);
        axum::routing::post(async move |headers: HeaderMap, axum::Json(body): axum::Json<Value>| {
            told.lock().push((headers, body));
        })
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shop = Stub::new(|_, _| None);
    let shop = shop.serve(listener, axum::Router::new().route("/hook", ear), &shutdown).unwrap();
    let (clock, hand) = Clock::fake("2026-11-22T10:00:00Z".parse().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook = Some(format!("http://{shop}/hook"));
    let options = Options { webhook, clock, ..Options::new(Secret::new(KEY)) };
    let stub = TossStub::start(listener, options, &shutdown).unwrap();
    let heard = async |count: usize, status: &str| {
        platform::testing::until(status, || told.lock().len() == count).await;
        let (headers, body) = told.lock().last().unwrap().clone();
        assert_eq!((&body["eventType"], &body["data"]["status"]), (&json!("PAYMENT_STATUS_CHANGED"), &json!(status)));
        assert_eq!(headers["tosspayments-webhook-transmission-retried-count"], "0");
        assert!(headers.contains_key("tosspayments-webhook-transmission-time"));
        assert!(!headers["tosspayments-webhook-transmission-id"].is_empty());
        assert_eq!(headers.get("tosspayments-webhook-signature"), None, "webhooks of payments are not signed");
    };
    let key = stub.authenticate(ORDER, Amount::new(15_000));
    stub.confirm(&key);
    heard(1, "DONE").await;
    stub.cancel(&key, Amount::new(5_000), "a part");
    heard(2, "PARTIAL_CANCELED").await;
    stub.cancel(&key, Amount::new(10_000), "the rest");
    heard(3, "CANCELED").await;
    let key = stub.authenticate("order-000002", Amount::new(15_000));
    stub.abort(&key);
    heard(4, "ABORTED").await;
    stub.authenticate("order-000003", Amount::new(15_000));
    hand.advance(SignedDuration::from_mins(10));
    heard(5, "EXPIRED").await;
    assert_eq!(told.lock()[4].1["createdAt"], "2026-11-22T19:10:00.000000");
    shutdown.begin();
    assert!(shutdown.drained(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn the_window_leads_back_with_a_key_that_can_be_confirmed_or_with_a_code() {
    let world = world(0).await;
    let base = world.stub.base();
    let opened = [
        ("orderId", ORDER),
        ("amount", "15000"),
        ("orderName", "<b>국밥</b> \"둘\""),
        ("successUrl", "http://shop.example/done?lang=ko"),
        ("failUrl", "http://shop.example/failed"),
    ];
    let page = world.client.get(format!("{base}/window")).query(&opened).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("&lt;b&gt;국밥&lt;/b&gt; &quot;둘&quot;") && !page.contains("<b>"), "{page}");
    assert!(page.contains("http://shop.example/failed?code=PAY_PROCESS_CANCELED&amp;message="), "{page}");
    let paid = world.client.post(format!("{base}/window/pay")).form(&opened).send().await.unwrap();
    assert_eq!(paid.status(), 303);
    let to = Url::parse(paid.headers()["location"].to_str().unwrap()).unwrap();
    let told: BTreeMap<_, _> = to.query_pairs().into_owned().collect();
    assert_eq!((told["lang"].as_str(), told["orderId"].as_str(), told["amount"].as_str()), ("ko", ORDER, "15000"));
    let body = json!({ "paymentKey": told["paymentKey"], "orderId": ORDER, "amount": 15_000 });
    assert_eq!(said(world.post("/v1/payments/confirm", &body)).await.0, 200);
    for wrong in [("successUrl", "javascript:alert(1)"), ("amount", "0"), ("orderId", "x"), ("amount", "-5")] {
        let changed = opened.map(|(name, value)| (name, if name == wrong.0 { wrong.1 } else { value }));
        let page = world.client.get(format!("{base}/window")).query(&changed).send().await.unwrap();
        assert_eq!(page.status(), 400, "{wrong:?}");
        let paid = world.client.post(format!("{base}/window/pay")).form(&changed).send().await.unwrap();
        assert_eq!(paid.status(), 400, "{wrong:?}");
    }
    world.end().await;
}
