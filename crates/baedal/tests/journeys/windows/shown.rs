//! How the page opens each kind of window.

use kernel::Context;
use platform::config::PaymentProvider;

use super::{Unpaid, open};
use crate::support::TestApp;

const STUB: &str = "http://127.0.0.1:9090/window";

#[tokio::test(flavor = "multi_thread")]
async fn a_window_elsewhere_gets_the_attempt_and_comes_back_by_the_name_that_the_browser_used() {
    let apart: [&[Context]; 2] = [&[], &Context::ALL];
    let set = |settings: &mut platform::config::Settings| {
        settings.payment.provider = PaymentProvider::Toss;
        STUB.clone_into(&mut settings.toss.window);
    };
    for app in [TestApp::start_with(set).await, TestApp::start_apart_with(&apart, set).await] {
        let customer = app.someone("customer");
        let unpaid = Unpaid::made(&app, &customer).await;
        let (page, gateway) = (open(&app, &unpaid.pay).await, app.gateway());
        let here = gateway.trim_end_matches("/api");
        page.says(
            200,
            &[
                &format!("<form method=\"get\" action=\"{STUB}\">"),
                &format!("name=\"orderId\" value=\"{}-1\"", unpaid.order),
                "name=\"amount\" value=\"22000\"",
                "name=\"orderName\" value=\"김치전\"",
                &format!("name=\"successUrl\" value=\"{here}/pay/return\""),
                &format!("name=\"failUrl\" value=\"{here}/pay/failed/{}-1\"", unpaid.order),
            ],
        );
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.ends_with("form-action 'self' http://127.0.0.1:9090"), "{policy}");
        assert!(!page.text.contains("<script"), "it works without scripts");
        app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_a_public_address_the_window_comes_back_to_it_by_whatever_name_it_was_asked_for() {
    let apart: [&[Context]; 2] = [&[], &Context::ALL];
    let set = |settings: &mut platform::config::Settings| {
        settings.payment.provider = PaymentProvider::Toss;
        STUB.clone_into(&mut settings.toss.window);
        settings.public_address = "https://order.example".into();
    };
    for app in [TestApp::start_with(set).await, TestApp::start_apart_with(&apart, set).await] {
        let customer = app.someone("customer");
        let unpaid = Unpaid::made(&app, &customer).await;
        let page = open(&app, &unpaid.pay).await;
        page.says(200, &["name=\"successUrl\" value=\"https://order.example/pay/return\""]);
        assert_eq!(page.headers["strict-transport-security"], "max-age=31536000");
        app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn toss_s_own_window_is_opened_by_its_script_and_by_nothing_else() {
    let app = TestApp::start_with(|settings| {
        settings.payment.provider = PaymentProvider::Toss;
        "test_ck_\"><script>alert(1)</script>".clone_into(&mut settings.toss.client_key);
    })
    .await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    let (page, other) = (open(&app, &unpaid.pay).await, open(&app, &unpaid.pay).await);
    let reference = format!("data-reference=\"{}-1\"", unpaid.order);
    page.says(200, &["\"https://js.tosspayments.com/v2/standard\"", &reference, "data-amount=\"22000\"", "<noscript>"]);
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    let nonce = policy.split_once("script-src 'nonce-").unwrap().1.split('\'').next().unwrap();
    assert!(policy.contains(&format!("script-src 'nonce-{nonce}' https://js.tosspayments.com;")), "{policy}");
    assert!(page.text.contains(&format!("<script type=\"module\" nonce=\"{nonce}\">")), "{}", page.text);
    assert_eq!(page.headers["cross-origin-opener-policy"], "same-origin-allow-popups");
    assert_ne!(page.headers["content-security-policy"], other.headers["content-security-policy"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_window_of_ours_the_page_says_where_to_pay() {
    let app = TestApp::start_with(|settings| settings.payment.provider = PaymentProvider::Toss).await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    let page = open(&app, &unpaid.pay).await;
    assert!(!page.says(200, &["주문한 앱에서 결제해 주세요."]).text.contains("<button"), "{}", page.text);
    app.check();
}
