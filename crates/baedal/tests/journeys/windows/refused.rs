//! Coming back with what cannot be paid: it is said, and nothing is charged.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;

use super::{Unpaid, asked, open};
use crate::support::{GUKBAP, PANCAKE, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_or_another_attempt_than_the_next_confirms_nothing() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let (unpaid, other) = (Unpaid::made(&app, &customer).await, Unpaid::made(&app, &customer).await);
    app.rest().await;
    let before = app.logged();
    for amount in ["0", "1", "21999", "22001", "9223372036854775807"] {
        let path = format!("/pay/return?paymentKey=ok&orderId={}-1&amount={amount}", unpaid.order);
        open(&app, &path).await.says(409, &["결제 금액이 주문과 달라요", unpaid.link()]);
    }
    for attempt in [2, 3, u32::MAX] {
        open(&app, &unpaid.back(attempt, "ok")).await.says(404, &["주문을 찾을 수 없어요"]);
    }
    let nobody = "01a00000-0000-7000-8000-000000000000";
    open(&app, &format!("/pay/return?paymentKey=ok&orderId={nobody}-1&amount=22000")).await.says(404, &[]);
    app.rest().await;
    assert_eq!(app.logged(), before);
    open(&app, &unpaid.back(1, "ok")).await.says(200, &["가게 확인 중"]);
    // Whoever was placed is not told of to somebody with another amount.
    let wrong = format!("/pay/return?paymentKey=ok&orderId={}-1&amount=1", unpaid.order);
    assert!(!open(&app, &wrong).await.says(409, &[]).text.contains(unpaid.link()));
    app.rest().await;
    assert_eq!((app.provider(&unpaid.order), app.provider(&other.order)), (vec![(22_000, 0)], vec![]));
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_at_the_store_meanwhile_is_told_and_not_paid() {
    let app = TestApp::start().await;
    let (customer, owner) = (app.someone("customer"), format!("owner/{GUKBAP}"));
    let unpaid = Unpaid::made(&app, &customer).await;
    let refused = async |texts: &[&str]| {
        app.rest().await;
        let before = app.logged();
        open(&app, &unpaid.back(1, "ok")).await.says(409, texts).says(409, &["청구된 금액은 없어요."]);
        let page = open(&app, &unpaid.pay).await;
        assert!(!page.says(200, texts).text.contains("<form"), "{}", page.text);
        app.rest().await;
        assert_eq!(app.logged(), before);
    };
    app.menu(GUKBAP, PANCAKE, "sold-out").await;
    refused(&["김치전: 품절되었어요."]).await;
    app.menu(GUKBAP, PANCAKE, "back-in-stock").await;
    app.post(&owner, &format!("/stores/{GUKBAP}/close"), json!({})).await.expect(200);
    refused(&["가게가 지금 주문을 받지 않아요."]).await;
    app.post(&owner, &format!("/stores/{GUKBAP}/open"), json!({})).await.expect(200);
    app.price_of_pancakes(12_000).await;
    refused(&["김치전: 10,000원 → 12,000원"]).await;
    app.price_of_pancakes(10_000).await;
    open(&app, &unpaid.back(1, "ok")).await.says(200, &["가게 확인 중"]);
    app.rest().await;
    app.menu(GUKBAP, PANCAKE, "sold-out").await;
    open(&app, &unpaid.back(1, "ok")).await.says(200, &["가게 확인 중"]);
    assert_eq!(app.provider(&unpaid.order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_hold_nothing_is_paid_any_more() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    app.hand.advance(SignedDuration::from_mins(10));
    // The timer may not have run yet: the page knows the time all the same.
    open(&app, &unpaid.back(1, "ok")).await.says(200, &["결제 시간 만료", "청구된 금액은 없어요."]);
    app.rest().await;
    for path in [unpaid.back(1, "ok"), unpaid.back(1, "lost"), unpaid.pay.clone(), unpaid.link().to_owned()] {
        let page = open(&app, &path).await;
        assert!(!page.says(200, &["결제 시간 만료", "청구된 금액은 없어요."]).text.contains("class=\"act\""));
    }
    assert_eq!(app.status(&customer, &unpaid.order).await, "EXPIRED");
    app.pass_minutes(8 * 24 * 60).await;
    for path in [unpaid.back(1, "ok"), unpaid.pay.clone(), unpaid.link().to_owned()] {
        open(&app, &path).await.says(404, &["주문을 찾을 수 없어요"]);
    }
    app.pass_minutes(90 * 24 * 60).await;
    open(&app, &unpaid.back(1, "ok")).await.says(404, &[]);
    assert_eq!(app.provider(&unpaid.order), []);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cancelled_meanwhile_is_not_paid() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    app.cancel(&customer, &unpaid.order).await.expect(200);
    for path in [unpaid.back(1, "ok"), unpaid.pay.clone()] {
        open(&app, &path).await.says(200, &["주문 취소", "청구된 금액은 없어요."]);
    }
    app.rest().await;
    assert_eq!(app.provider(&unpaid.order), []);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_in_any_parameter_is_answered_kindly_and_changes_nothing() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    app.rest().await;
    let before = app.logged();
    let long = "x".repeat(5_000);
    let script = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let good =
        [("paymentKey", "ok".to_owned()), ("orderId", format!("{}-1", unpaid.order)), ("amount", "22000".to_owned())];
    for (spoiled, _) in &good {
        for rubbish in
            ["", script, "%00", "%FF%FE", "%", "-1", "'%20OR%201=1--", "%F0%9F%8D%9C", "..%2f..", long.as_str()]
        {
            // A key is the provider's to judge, as long as it is a text at all.
            if *spoiled == "paymentKey" && !["", "%00"].contains(&rubbish) && rubbish != long {
                continue;
            }
            let pairs = good.iter().map(|(name, value)| {
                let value = if name == spoiled { rubbish } else { value };
                format!("{name}={value}")
            });
            let path = format!("/pay/return?{}", pairs.collect::<Vec<_>>().join("&"));
            let page = open(&app, &path).await;
            assert!(!page.says(400, &["결제 정보를 읽을 수 없어요"]).text.contains("alert"), "{}", page.text);
        }
    }
    for path in ["/pay/return", "/pay/return?", "/pay/return?&&&"] {
        open(&app, path).await.says(400, &["결제 정보를 읽을 수 없어요"]);
    }
    for path in ["/o/%3Cscript%3E/pay", "/o/x/pay", "/o/%FF/pay", "/o/%FF", &format!("/o/{long}")] {
        open(&app, path).await.says(404, &["주문을 찾을 수 없어요"]);
    }
    open(&app, "/pay/failed/%FF").await.says(200, &["결제되지 않았어요"]);
    for path in ["/pay", "/pay/", "/pay/other", "/pay/return/", "/o/x/pay/more", "/api/pay/return"] {
        assert_eq!(asked(&app, Method::GET, path, &[]).await.0, 404, "{path}");
    }
    app.rest().await;
    assert_eq!(app.logged(), before);
    // A key that the provider does not know is declined, and shown nowhere.
    let page = open(&app, &unpaid.back(1, script)).await;
    assert!(!page.says(200, &["결제 실패"]).text.contains("alert"));
    app.rest().await;
    assert_eq!(app.provider(&unpaid.order), []);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_window_says_of_its_failure_is_never_shown_only_what_its_code_means() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    app.rest().await;
    let (before, reference) = (app.logged(), format!("{}-1", unpaid.order));
    let again = format!("href=\"{}\"", unpaid.pay);
    for (code, why) in [
        ("PAY_PROCESS_CANCELED", "결제를 취소했어요."),
        ("PAY_PROCESS_ABORTED", "결제 도중에 문제가 생겼어요."),
        ("REJECT_CARD_COMPANY", "카드사에서 결제를 거절했어요."),
        ("%3Cscript%3Ealert(1)", "결제를 마치지 못했어요."),
        ("", "결제를 마치지 못했어요."),
    ] {
        let told = format!("code={code}&message=%3Cscript%3Ealert(1)%3C/script%3E%20pay%20elsewhere");
        for path in [format!("/pay/failed?{told}&orderId={reference}"), format!("/pay/failed/{reference}?{told}")] {
            let page = open(&app, &path).await;
            page.says(200, &["결제되지 않았어요", why, "청구된 금액은 없어요.", &again]);
            assert!(!page.text.contains("alert") && !page.text.contains("elsewhere"), "{}", page.text);
        }
        // An order that is not named, not known, or not to be paid is not told of.
        for other in ["", "&orderId=", "&orderId=%3Cscript%3E", &format!("&orderId={}-2", unpaid.order)] {
            let page = open(&app, &format!("/pay/failed?{told}{other}")).await;
            assert!(!page.says(200, &["결제되지 않았어요", why]).text.contains("href"), "{}", page.text);
        }
    }
    app.rest().await;
    assert_eq!(app.logged(), before);
    open(&app, &unpaid.back(1, "ok")).await.says(200, &["가게 확인 중"]);
    let late = open(&app, &format!("/pay/failed?code=PAY_PROCESS_CANCELED&orderId={reference}")).await;
    assert!(!late.text.contains("청구된 금액은 없어요.") && !late.text.contains("href"), "{}", late.text);
    app.rest().await;
    app.check();
}
