//! Loads of the return page that meet each other, or anything else that happens to the order.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use super::{Unpaid, address, asked, open};
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_loads_at_once_are_one_attempt_and_one_charge() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    for key in ["ok", "lost"] {
        let unpaid = Unpaid::made(&app, &customer).await;
        let mut loading = JoinSet::new();
        for _ in 0..16 {
            let request = app.http.get(address(&app, &unpaid.back(1, key)));
            loading.spawn(async move {
                let response = request.send().await.unwrap();
                (response.status().as_u16(), response.url().path().to_owned())
            });
        }
        for shown in loading.join_all().await {
            assert_eq!(shown, (200, unpaid.link().to_owned()));
        }
        app.rest().await;
        open(&app, &unpaid.back(1, key)).await.says(200, &["가게 확인 중"]);
        let story = app.story(&customer, &unpaid.order).await;
        assert_eq!(story.iter().filter(|event| *event == "PaymentStarted").count(), 1, "{story:?}");
        assert_eq!(app.provider(&unpaid.order), [(22_000, 0)]);
    }
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_of_one_attempt_with_keys_of_their_own_are_charged_once() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    for _ in 0..8 {
        let unpaid = Unpaid::made(&app, &customer).await;
        let (paid, declined) = (unpaid.back(1, "ok"), unpaid.back(1, "declined"));
        tokio::join!(open(&app, &paid), open(&app, &declined));
        app.rest().await;
        let charged = app.provider(&unpaid.order);
        match app.status(&customer, &unpaid.order).await.as_str() {
            "PLACED" => assert_eq!(charged, [(22_000, 0)]),
            status => assert_eq!((status, charged.as_slice()), ("PAYMENT_FAILED", &[][..])),
        }
    }
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_and_paying_by_the_interface_at_once_is_one_charge() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    for milliseconds in 0..10 {
        let unpaid = Unpaid::made(&app, &customer).await;
        let back = unpaid.back(1, "ok");
        let (shown, paid) = tokio::join!(open(&app, &back), async {
            tokio::time::sleep(Duration::from_millis(milliseconds % 5)).await;
            app.pay(&customer, &unpaid.order, if milliseconds < 5 { "ok" } else { "declined" }).await
        });
        assert_eq!(shown.status, 200);
        assert!([200, 402, 409].contains(&paid.status.as_u16()), "{}", paid.body);
        app.rest().await;
        let charged = app.provider(&unpaid.order);
        match app.status(&customer, &unpaid.order).await.as_str() {
            "PLACED" => assert_eq!(charged, [(22_000, 0)]),
            // The other attempt came first: the window's key is for one that is over.
            status => assert_eq!((status, charged.as_slice()), ("PAYMENT_FAILED", &[][..])),
        }
        let story = app.story(&customer, &unpaid.order).await;
        let has = |event: &str| story.iter().any(|known| known == event);
        assert!(!has("PaymentUnconfirmed"), "{story:?}");
        assert!(!(has("PaymentFailed") && has("OrderPlaced")), "a key paid for another attempt: {story:?}");
    }
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_while_an_attempt_of_the_interface_is_open_charges_nothing_more() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    let (paid, ()) = tokio::join!(app.pay(&customer, &unpaid.order, "lost"), async {
        app.until(&customer, &format!("/orders/{}", unpaid.order), |order| order["payment"].is_null()).await;
        for attempt in [1, 2] {
            open(&app, &unpaid.back(attempt, "ok")).await.says(200, &["결제 확인 중"]);
        }
        open(&app, &unpaid.pay).await.says(200, &["결제 확인 중"]);
    });
    assert_eq!(paid.status.as_u16(), 202);
    app.rest().await;
    assert_eq!(app.provider(&unpaid.order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_and_cancelling_at_once_leaves_nobody_s_money_behind() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    for milliseconds in 0..10 {
        let unpaid = Unpaid::made(&app, &customer).await;
        let back = unpaid.back(1, "ok");
        let (shown, cancelled) = tokio::join!(open(&app, &back), async {
            tokio::time::sleep(Duration::from_millis(milliseconds % 5)).await;
            app.cancel(&customer, &unpaid.order).await
        });
        assert_eq!(shown.status, 200);
        assert!([200, 202].contains(&cancelled.status.as_u16()), "{}", cancelled.body);
        app.rest().await;
        assert_eq!(app.status(&customer, &unpaid.order).await, "CANCELLED");
        let kept: Vec<_> = app.provider(&unpaid.order).into_iter().filter(|(charged, back)| charged != back).collect();
        assert_eq!(kept, []);
        open(&app, &back).await.says(200, &["주문 취소"]);
    }
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_closes_the_window_in_the_middle_and_a_restart_after_it_still_pay_once() {
    let mut app = TestApp::start().await;
    let customer = app.someone("customer");
    for key in ["lost", "slow"] {
        let unpaid = Unpaid::made(&app, &customer).await;
        let request = app.http.get(address(&app, &unpaid.back(1, key))).send();
        let order = format!("/orders/{}", unpaid.order);
        tokio::select! {
            _ = request => panic!("it was answered before the browser went away"),
            _ = app.until(&customer, &order, |order| order["payment"].is_null()) => {}
        }
        open(&app, &unpaid.back(1, key)).await.says(200, &["결제 확인 중"]);
        app.restart().await;
        open(&app, &unpaid.back(1, key)).await;
        app.pass(jiff::SignedDuration::from_secs(30)).await;
        app.pass_minutes(3).await;
        let charged = app.provider(&unpaid.order);
        match app.status(&customer, &unpaid.order).await.as_str() {
            "PLACED" => assert_eq!(charged, [(22_000, 0)]),
            status => assert_eq!((status, charged.as_slice()), ("AWAITING_PAYMENT", &[][..])),
        }
        assert_eq!(app.look(&customer, &unpaid.order).await["refund"], json!("NONE"));
    }
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn loading_ahead_and_looking_at_the_head_pay_nothing() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    app.rest().await;
    let (back, before) = (unpaid.back(1, "ok"), app.logged());
    for (name, value) in [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Moz", "prefetch"),
    ] {
        assert_eq!(asked(&app, Method::GET, &back, &[(name, value)]).await, (425, String::new()));
    }
    assert_eq!(asked(&app, Method::HEAD, &back, &[]).await, (303, unpaid.link().to_owned()));
    for method in [Method::POST, Method::PUT, Method::OPTIONS, Method::DELETE] {
        assert_eq!(asked(&app, method, &back, &[]).await.0, 405);
    }
    app.rest().await;
    assert_eq!(app.logged(), before);
    open(&app, &back).await.says(200, &["가게 확인 중"]);
    assert_eq!(asked(&app, Method::GET, &back, &[("Sec-Purpose", "prefetch")]).await.0, 303);
    app.rest().await;
    assert_eq!(app.provider(&unpaid.order), [(22_000, 0)]);
    app.check();
}
