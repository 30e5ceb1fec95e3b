//! Messages to customers through a provider that takes them first and brings them later, with all its faults.

mod desk;

use jiff::SignedDuration;
use kernel::Context;
use kernel::events::customer::Channel;
use platform::config::MessageOutlet;
use platform::stub::{Fault, Kind};
use reqwest::StatusCode;
use serde_json::json;

use self::desk::{BOTH, Desk};

/// What is told of an order that goes well.
const STORY: [&str; 6] = ["PLACED", "ACCEPTED", "COOKING", "READY", "ON_THE_WAY", "DELIVERED"];

fn sent<'a>(kinds: impl IntoIterator<Item = &'a str>) -> Vec<(String, String)> {
    kinds.into_iter().map(|kind| (kind.to_owned(), "SENT".to_owned())).collect()
}

/// The templates of `kinds`, as the phone of a Korean customer gets them.
fn templates<'a>(kinds: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    kinds.into_iter().map(|kind| format!("BD_{kind}_KO")).collect()
}

/// Each notice came once, and in the order of the story; nothing was on its way at the same time.
async fn came_once_and_in_order(desk: &Desk, order: &str) {
    assert_eq!(desk.told(order).await, sent(STORY));
    let reached = desk.reached(order);
    let of_phone: Vec<String> = reached.iter().map(|reached| reached.template.clone()).collect();
    assert_eq!(of_phone, templates(STORY));
    for (notice, reached) in desk.notices(order).await.iter().zip(&reached) {
        let notice_id = notice["notificationId"].as_str().unwrap();
        assert_eq!((reached.notice.as_str(), desk.taken(notice_id)), (notice_id, 1));
    }
    desk.never_crossed();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_status_of_an_order_reaches_the_phone_once_in_order_and_one_at_a_time() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        let order = desk.placed("010-2345-6789").await;
        let app = &desk.app;
        app.accept(&order).await;
        app.start_cooking(&order).await;
        app.finish_cooking(&order).await;
        app.bring(&order).await;
        desk.settled(&order).await;
        came_once_and_in_order(&desk, &order).await;
        for (notice, reached) in desk.notices(&order).await.iter().zip(desk.reached(&order)) {
            assert_eq!((&notice["text"], reached.by), (&json!(reached.text), Channel::AlimTalk));
            assert_eq!(notice["channel"], "ALIMTALK");
        }
        app.check();
    }
}

/// Every fault of the provider that its users may meet, each at the calls that it can meet.
fn faults(outlet: MessageOutlet) -> Vec<(&'static str, Kind, u32)> {
    let slow = || Kind::Slow { ms: 60, jitter_ms: 60 };
    let (busy, look) = match outlet {
        MessageOutlet::Nhn => ("-9999", "detail"),
        MessageOutlet::Solapi | MessageOutlet::Inbox => ("NotEnoughBalance", "list"),
    };
    let mut faults = Vec::new();
    for (call, times) in [("send", 3), ("list", 4), (look, 4)] {
        faults.extend([
            (call, slow(), times),
            (call, Kind::Status { status: 500 }, times),
            (call, Kind::Status { status: 503 }, times),
            (call, Kind::Reset, times),
            (call, Kind::Lost, times),
        ]);
    }
    faults.push(("send", Kind::Code { code: busy.to_owned() }, 2));
    faults.extend([
        ("webhook", slow(), 6),
        ("webhook", Kind::Repeat { more: 3 }, 6),
        ("webhook", Kind::Reorder, 6),
        ("webhook", Kind::Lost, 6),
    ]);
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_provider_does_no_notice_reaches_a_phone_twice_and_the_order_is_kept() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        for (call, kind, times) in faults(outlet) {
            desk.faults().clear();
            desk.faults().on(call, kind.clone(), times);
            if ["list", "detail"].contains(&call) {
                // Else the webhook may tell before anybody asks.
                desk.faults().always("webhook", Kind::Lost);
            }
            let order = desk.placed("010-2345-6789").await;
            desk.settled(&order).await;
            let app = &desk.app;
            app.accept(&order).await;
            app.start_cooking(&order).await;
            desk.settled(&order).await;
            app.finish_cooking(&order).await;
            app.bring(&order).await;
            desk.settled(&order).await;
            came_once_and_in_order(&desk, &order).await;
            let unmet = Fault { on: Some(call.to_owned()), kind, times: Some(times) };
            assert!(!desk.faults().all().contains(&unmet), "nothing met {unmet:?}");
        }
        desk.app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_tells_at_once_what_would_be_asked_for_later() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        let order = desk.placed("010-2345-6789").await;
        let actor = desk.customer.clone();
        // The clock stands, so nobody asks by himself.
        let path = format!("/notifications?orderId={order}");
        desk.app.until(&actor, &path, |found| found["items"][0]["state"] == "SENT").await;
        desk.app.rest().await;
        desk.app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_the_messenger_gets_short_messages_and_one_that_nothing_reaches_fails_with_a_code() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        let short = desk.placed("010-2345-3018").await;
        desk.app.accept(&short).await;
        desk.settled(&short).await;
        assert_eq!(desk.told(&short).await, sent(["PLACED", "ACCEPTED"]));
        assert!(desk.reached(&short).iter().all(|reached| reached.by == Channel::Sms));
        assert_eq!(desk.notices(&short).await[0]["channel"], "SMS");

        let lost = desk.placed("010-2345-9999").await;
        let before = desk.app.now();
        desk.settled(&lost).await;
        let notices = desk.notices(&lost).await;
        assert_eq!((&notices[0]["state"], notices[0]["code"].is_string()), (&json!("FAILED"), true), "{notices:?}");
        assert!(desk.app.now().duration_since(before) < SignedDuration::from_mins(2));
        let failed = desk.app.get("operator/1", "/operations/customer/notices").await.expect(200);
        assert_eq!(failed["items"][0]["code"], notices[0]["code"]);
        desk.never_crossed();
        desk.app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_busy_on_its_way_is_tried_again_as_another_and_comes_once() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        let order = desk.placed("010-2345-1001").await;
        // Where a short message may still be made of one that failed, that is waited for first: up to a minute.
        desk.settled_in_steps_of(&order, SignedDuration::from_secs(1)).await;
        assert_eq!(desk.told(&order).await, sent(["PLACED"]));
        assert_eq!(desk.reached(&order).len(), 1);
        let notice = &desk.notices(&order).await[0];
        assert_eq!(desk.taken(notice["notificationId"].as_str().unwrap()), 2);
        desk.never_crossed();
        desk.app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_order_has_overtaken_while_the_provider_was_down_is_skipped_and_money_is_told() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        for call in ["send", "list", "detail", "templates"] {
            desk.faults().always(call, Kind::Status { status: 503 });
        }
        let order = desk.placed("010-2345-6789").await;
        let app = &desk.app;
        app.accept(&order).await;
        app.pass(SignedDuration::from_secs(20)).await;
        app.start_cooking(&order).await;
        app.pass(SignedDuration::from_secs(70)).await;
        app.finish_cooking(&order).await;
        desk.faults().clear();
        desk.settled(&order).await;
        let states: Vec<String> = desk.told(&order).await.into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, ["SENT", "SKIPPED", "SKIPPED", "SENT"]);
        let codes: Vec<String> = desk.reached(&order).into_iter().map(|reached| reached.template).collect();
        assert_eq!(codes, templates(["PLACED", "READY"]));
        app.bring(&order).await;
        desk.settled(&order).await;
        desk.never_crossed();
        app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_minutes_of_failing_a_notice_has_failed_with_the_last_code_and_the_next_goes() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        desk.faults().always("send", Kind::Status { status: 503 });
        let order = desk.placed("010-2345-6789").await;
        let begun = desk.app.now();
        desk.settled_in_steps_of(&order, SignedDuration::from_secs(5)).await;
        let failed = &desk.notices(&order).await[0];
        assert_eq!((&failed["state"], &failed["code"]), (&json!("FAILED"), &json!("HTTP_503")));
        assert!(desk.app.now().duration_since(begun) >= SignedDuration::from_mins(5));
        desk.faults().clear();
        desk.app.accept(&order).await;
        desk.settled(&order).await;
        assert_eq!(desk.told(&order).await[1], ("ACCEPTED".to_owned(), "SENT".to_owned()));
        desk.app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_has_is_not_sent_again_after_a_restart() {
    for outlet in BOTH {
        let mut desk = Desk::start(outlet).await;
        // Taken, and neither the answer nor any webhook comes.
        desk.faults().on("send", Kind::Lost, 1);
        desk.faults().always("webhook", Kind::Lost);
        let order = desk.placed("010-2345-6789").await;
        desk.until("the message reached the phone", |desk| desk.reached(&order).len() == 1).await;
        desk.app.restart().await;
        desk.settled(&order).await;
        assert_eq!(desk.told(&order).await, sent(["PLACED"]));
        assert_eq!((desk.reached(&order).len(), desk.calls("send")), (1, 1));
        desk.app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_were_away_for_is_no_failing_of_a_notice() {
    for outlet in BOTH {
        let mut desk = Desk::start(outlet).await;
        desk.faults().always("send", Kind::Status { status: 503 });
        let order = desk.placed("010-2345-6789").await;
        let roles = desk.app.stop(Context::Customer).await;
        desk.faults().clear();
        desk.app.hand.advance(SignedDuration::from_mins(6));
        desk.app.add(roles).await;
        desk.settled(&order).await;
        assert_eq!(desk.told(&order).await, sent(["PLACED"]));
        assert_eq!(desk.reached(&order).len(), 1);
        desk.app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_is_not_registered_fails_its_notices_and_no_others() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        desk.unregister("BD_ACCEPTED_KO");
        let order = desk.placed("010-2345-6789").await;
        desk.app.accept(&order).await;
        desk.app.start_cooking(&order).await;
        desk.settled(&order).await;
        let states: Vec<String> = desk.told(&order).await.into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, ["SENT", "FAILED", "SENT"]);
        desk.app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_at_the_webhooks_changes_nothing() {
    let desk = Desk::start(MessageOutlet::Nhn).await;
    let base = desk.app.root();
    let post = |path: &'static str, body: String| {
        let request = desk.app.http.post(format!("{base}/webhooks/{path}")).body(body);
        async move { request.send().await.unwrap().status() }
    };
    let before = desk.app.logged();
    for body in
        ["", "{}", "[]", "\u{0}", r#"{"appKey":"other","hooks":[]}"#, r#"{"appKey":"app","hooks":[{"requestId":7}]}"#]
    {
        assert_eq!(post("nhn", body.to_owned()).await, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(post("nhn", "x".repeat(300_000)).await, StatusCode::PAYLOAD_TOO_LARGE);
    let hook = json!({ "requestId": "nobody", "recipientSeq": 1, "resultCode": "1000" });
    assert_eq!(post("nhn", json!({ "appKey": "app", "hooks": [hook] }).to_string()).await, StatusCode::OK);
    let many = vec![hook; 51];
    assert_eq!(post("nhn", json!({ "appKey": "app", "hooks": many }).to_string()).await, StatusCode::BAD_REQUEST);
    assert_eq!(post("solapi", r#"[{"messageId":"M1"}]"#.to_owned()).await, StatusCode::NOT_FOUND);
    assert_eq!(desk.app.logged(), before);
    desk.faults().always("detail", Kind::Reset);
    let hook = json!({ "requestId": "stub0000000000000000", "recipientSeq": 1 });
    assert_eq!(
        post("nhn", json!({ "appKey": "app", "hooks": [hook] }).to_string()).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_webhooks_is_held_off_and_nobody_waits_for_it() {
    let desk = Desk::start(MessageOutlet::Nhn).await;
    desk.faults().always("detail", Kind::Slow { ms: 400, jitter_ms: 0 });
    let url = format!("{}/webhooks/nhn", desk.app.root());
    let hook = json!({ "appKey": "app", "hooks": [{ "requestId": "made-up", "recipientSeq": 1 }] });
    let posts = (0..20).map(|_| desk.app.http.post(&url).body(hook.to_string()).send());
    let answers = futures_util::future::join_all(posts).await;
    let count = |status| answers.iter().filter(|answer| answer.as_ref().unwrap().status() == status).count();
    assert_eq!(count(StatusCode::OK) + count(StatusCode::TOO_MANY_REQUESTS), 20);
    assert!(count(StatusCode::TOO_MANY_REQUESTS) >= 8, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_of_the_same_webhook_at_once_record_one_result() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        desk.faults().always("webhook", Kind::Repeat { more: 30 });
        let order = desk.placed("010-2345-6789").await;
        desk.app.accept(&order).await;
        desk.settled(&order).await;
        assert_eq!(desk.told(&order).await, sent(["PLACED", "ACCEPTED"]));
        desk.app.rest().await;
        desk.app.check();
    }
}
