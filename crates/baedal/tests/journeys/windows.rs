//! Paying through the provider's window: what the customer sees there and back, and what is charged.

#[path = "windows/policies.rs"]
mod policies;
#[path = "windows/races.rs"]
mod races;
#[path = "windows/refused.rs"]
mod refused;
#[path = "windows/shown.rs"]
mod shown;

use jiff::SignedDuration;
use kernel::Context;
use reqwest::Method;
use serde_json::json;

use crate::support::{GUKBAP, PANCAKE, TestApp, id};

/// A page as a browser gets it, after the redirects that it follows.
struct Shown {
    status: u16,
    path: String,
    headers: reqwest::header::HeaderMap,
    text: String,
}

impl Shown {
    #[track_caller]
    fn says(&self, status: u16, texts: &[&str]) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        for text in texts {
            assert!(self.text.contains(text), "\"{text}\" is missing in {}", self.text);
        }
        self.keeps_to_itself()
    }

    /// Whatever it shows, it is kept nowhere, told to nobody, and tells nothing of the person.
    #[track_caller]
    fn keeps_to_itself(&self) -> &Self {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(self.headers[name], value, "{name}");
        }
        let policy = self.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains("base-uri 'none'; frame-ancestors 'none'; "), "{policy}");
        for secret in ["달보드레로", "101호", "010-", "0000-0000", "덜 맵게", "customer/"] {
            assert!(!self.text.contains(secret), "{secret} is in {}", self.text);
        }
        self
    }
}

/// An unpaid order of two pancakes.
struct Unpaid {
    order: String,
    /// The path of its pay page.
    pay: String,
}

impl Unpaid {
    async fn made(app: &TestApp, customer: &str) -> Self {
        let order = app.post(customer, "/orders", app.basket(GUKBAP, PANCAKE, 2)).await.expect(202);
        let pay = order["payment"]["url"].as_str().unwrap().to_owned();
        Self { order: id(&order), pay }
    }

    /// The path of its message link.
    fn link(&self) -> &str {
        self.pay.strip_suffix("/pay").unwrap()
    }

    /// Where the window leads back to after attempt `n`.
    fn back(&self, n: u32, key: &str) -> String {
        format!("/pay/return?paymentKey={key}&orderId={}-{n}&amount=22000", self.order)
    }
}

fn address(app: &TestApp, path: &str) -> String {
    format!("{}{path}", app.gateway().trim_end_matches("/api"))
}

async fn open(app: &TestApp, path: &str) -> Shown {
    let response = app.http.get(address(app, path)).header("Accept", "text/html").send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let path = response.url().path().to_owned();
    Shown { status, path, headers, text: response.text().await.unwrap() }
}

/// The status and `Location` of a request whose redirects nobody follows.
async fn asked(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let stays = platform::client::inside().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = stays.request(method, address(app, path));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.unwrap();
    let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), location.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_pays_in_the_window_comes_back_to_a_placed_order_however_often_the_page_is_loaded() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    let reference = format!("value=\"{}-1\"", unpaid.order);
    open(&app, &unpaid.pay).await.says(
        200,
        &["온새미국밥 24시", "22,000원", "오후 7:10", "김치전", &reference, "name=\"amount\" value=\"22000\""],
    );
    open(&app, unpaid.link()).await.says(200, &["결제 대기", "오후 7:10까지", &format!("href=\"{}\"", unpaid.pay)]);
    let before = app.logged();
    open(&app, &unpaid.pay).await;
    assert_eq!(app.logged(), before, "looking changes nothing");

    assert_eq!(asked(&app, Method::GET, &unpaid.back(1, "ok"), &[]).await, (303, unpaid.link().to_owned()));
    app.rest().await;
    let after = app.logged();
    for _ in 0..3 {
        let back = open(&app, &unpaid.back(1, "ok")).await;
        back.says(200, &["가게 확인 중", "결제를 마쳤어요"]);
        assert_eq!(back.path, unpaid.link());
        assert!(!back.text.contains(&unpaid.order), "{}", back.text);
    }
    let paid = open(&app, &unpaid.pay).await;
    assert!(!paid.says(200, &["가게 확인 중"]).text.contains("<form"));
    app.rest().await;
    assert_eq!(app.logged(), after);
    assert_eq!(app.look(&customer, &unpaid.order).await["payment"], json!(null));
    assert_eq!(app.told(&customer, &unpaid.order).await, ["PLACED"]);
    assert_eq!(app.provider(&unpaid.order), [(22_000, 0)]);
    assert_eq!(app.ticket(&unpaid.order).await["status"], "OPEN");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_declined_is_led_to_pay_again_and_the_first_window_stays_over() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    let declined = open(&app, &unpaid.back(1, "insufficient-funds")).await;
    declined.says(200, &["결제 실패", "잔액이 부족해요.", "청구된 금액은 없어요.", "다시 결제하기"]);
    for _ in 0..2 {
        open(&app, &unpaid.back(1, "ok")).await.says(200, &["결제 실패"]);
    }
    assert_eq!(app.provider(&unpaid.order), []);
    open(&app, &unpaid.pay).await.says(200, &[&format!("value=\"{}-2\"", unpaid.order)]);
    open(&app, &unpaid.back(2, "declined")).await.says(200, &["결제 실패", "카드 결제가 거절되었어요."]);
    open(&app, &unpaid.back(3, "ok")).await.says(200, &["가게 확인 중"]);
    for attempt in 1..=3 {
        open(&app, &unpaid.back(attempt, "ok")).await.says(200, &["가게 확인 중"]);
    }
    app.rest().await;
    assert_eq!(app.told(&customer, &unpaid.order).await, ["PAY_FAILED", "PAY_FAILED", "PLACED"]);
    assert_eq!(app.provider(&unpaid.order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_nobody_knows_is_being_checked_until_it_is_known() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    let checking = open(&app, &unpaid.back(1, "lost")).await;
    checking.says(200, &["결제 확인 중", "다시 결제하지 말고", "http-equiv=\"refresh\""]);
    assert!(!checking.text.contains("class=\"act\""), "{}", checking.text);
    app.rest().await;
    for path in [unpaid.back(1, "lost"), unpaid.back(1, "ok"), unpaid.pay.clone()] {
        open(&app, &path).await.says(200, &["가게 확인 중"]);
    }
    assert_eq!(app.told(&customer, &unpaid.order).await, ["PAY_CHECKING", "PLACED"]);
    assert_eq!(app.provider(&unpaid.order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_provider_cannot_be_reached_the_page_says_until_when_the_order_is_kept() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    let slow = "지금 결제 연결이 원활하지 않아요. 오후 7:10까지 주문을 보관할게요.";
    open(&app, &unpaid.back(1, "down")).await.says(200, &["결제 대기", slow, "다시 결제하기"]);
    open(&app, &unpaid.back(1, "ok")).await.says(200, &[slow]);
    assert_eq!(app.provider(&unpaid.order), []);
    open(&app, &unpaid.back(2, "ok")).await.says(200, &["가게 확인 중"]);
    app.rest().await;
    assert_eq!(app.told(&customer, &unpaid.order).await, ["PAY_DEFERRED", "PLACED"]);
    assert_eq!(app.provider(&unpaid.order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_window_is_waited_for_within_the_deadline() {
    let app = TestApp::start_with(|settings| {
        settings.payment.deadline = SignedDuration::from_secs(5);
        settings.payment.provider_deadline = SignedDuration::from_secs(4);
    })
    .await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    open(&app, &unpaid.back(1, "slow")).await.says(200, &["가게 확인 중"]);
    app.rest().await;
    assert_eq!(app.provider(&unpaid.order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_pay_stopped_in_its_own_process_the_window_leads_back_to_pay_a_little_later() {
    let groups: [&[Context]; 2] =
        [&[Context::App, Context::Store, Context::Customer, Context::Delivery], &[Context::Pay]];
    let mut app = TestApp::start_apart(&groups).await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    let pay = app.stop(Context::Pay).await;
    open(&app, &unpaid.back(1, "ok")).await.says(200, &["지금 결제 연결이 원활하지 않아요."]);
    app.add(pay).await;
    open(&app, &unpaid.back(1, "ok")).await.says(200, &["다시 결제하기"]);
    open(&app, &unpaid.back(2, "ok")).await.says(200, &["가게 확인 중"]);
    app.rest().await;
    assert_eq!(app.provider(&unpaid.order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_english_is_paid_in_english_whatever_the_browser_speaks() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["language"] = json!("en");
    let order = app.post(&customer, "/orders", body).await.expect(202);
    let unpaid = Unpaid { pay: order["payment"]["url"].as_str().unwrap().to_owned(), order: id(&order) };
    let page = open(&app, &unpaid.pay).await;
    page.says(200, &["<html lang=\"en\">", "Kimchi Pancake", "KRW 22,000", "7:10 pm", ">Pay<"]);
    open(&app, &unpaid.back(1, "declined")).await.says(200, &["Payment failed", "Pay again"]);
    open(&app, &unpaid.back(2, "ok")).await.says(200, &["Waiting for the store", "Your payment is done."]);
    app.rest().await;
    app.check();
}
