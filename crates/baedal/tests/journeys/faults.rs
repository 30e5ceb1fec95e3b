//! Faults that an operator asks for: nobody loses an order, a charge or a message by them, and all heals when they end.

use clap::Parser;
use jiff::SignedDuration;
use kernel::Context;
use platform::config::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, GUKBAP, PANCAKE, TestApp, id};

const ALL_KINDS: [&str; 6] = ["PLACED", "ACCEPTED", "COOKING", "READY", "ON_THE_WAY", "DELIVERED"];

#[tokio::test(flavor = "multi_thread")]
async fn orders_placed_while_the_store_is_paused_have_their_tickets_once_when_it_goes_on() {
    let app = TestApp::start_with(faulty).await;
    let customer = app.someone("customer");
    ask(&app, json!({ "store": { "paused": true } })).await;
    let mut orders = Vec::new();
    for _ in 0..20 {
        orders.push(id(&app.order_with(&customer, "ok").await.expect(201)));
    }
    app.rest().await;
    let refused = app.get(&format!("owner/{GUKBAP}"), "/tickets").await;
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(refused.problem(503, "paused")["missing"], json!(["store"]));
    let page = app.call(Method::GET, &format!("owner/{GUKBAP}"), "/tickets", None, &[("accept", "text/html")]).await;
    assert!(page.expect(503).as_str().unwrap().contains("<strong>store</strong>"), "the page names what is paused");
    assert_eq!(health(&app, "store").await, "NOT_READY");
    assert_eq!(app.get("", "/status").await.expect(200)["missing"], json!(["store"]));
    assert_eq!(health(&app, "app").await, "READY");
    for order in &orders {
        assert_eq!(app.told(&customer, order).await, ["PLACED"], "nobody else waits for it");
    }
    assert_eq!(app.story(&customer, &orders[0]).await.last().unwrap(), "OrderPlaced");

    clear(&app).await;
    app.rest().await;
    assert_eq!(health(&app, "store").await, "READY");
    let tickets = app.get(&format!("owner/{GUKBAP}"), "/tickets?limit=200").await.expect(200);
    let mut found: Vec<_> = tickets["items"].as_array().unwrap().iter().map(id).collect();
    found.sort();
    orders.sort();
    assert_eq!(found, orders);
    to_the_door(&app, &orders[0]).await;
    assert_eq!(app.told(&customer, &orders[0]).await, ALL_KINDS);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_customer_and_delivery_are_paused_is_told_and_brought_afterwards_and_once() {
    let app = TestApp::start_with(faulty).await;
    let customer = app.someone("customer");
    ask(&app, json!({ "customer": { "paused": true }, "delivery": { "paused": true } })).await;
    let orders = [app.placed(&customer).await, app.placed(&customer).await];
    for order in &orders {
        app.accept(order).await;
        app.start_cooking(order).await;
        app.finish_cooking(order).await;
        assert_eq!(app.status(&customer, order).await, "READY");
        let rider = app.someone("rider");
        app.rider(&rider, order, "claim", json!({})).await.problem(503, "paused");
        app.get(&customer, "/notifications").await.problem(503, "paused");
    }
    ask(&app, json!({ "customer": {} })).await;
    app.rest().await;
    assert_eq!(app.told(&customer, &orders[0]).await, ALL_KINDS[..4]);
    clear(&app).await;
    app.rest().await;
    for order in &orders {
        app.bring(order).await;
        assert_eq!(app.told(&customer, order).await, ALL_KINDS);
    }
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_stopped_while_it_is_paused_goes_on_without_the_fault_when_it_is_back() {
    let mut app = TestApp::start_apart_with(&[&[Context::App, Context::Pay], &[Context::Store]], faulty).await;
    app.rest().await;
    let customer = app.someone("customer");
    ask(&app, json!({ "store": { "paused": true, "events": { "delayMs": 600_000 } } })).await;
    let order = app.placed(&customer).await;
    let store = app.stop(Context::Store).await;
    app.add(store).await;
    app.rest().await;
    assert_eq!(app.ticket(&order).await["status"], "OPEN");
    let shown = app.get("operator/1", "/operations/faults").await.expect(200);
    assert_eq!(shown["faults"]["store"]["paused"], false);
    assert_eq!(shown["missing"], json!(["delivery", "customer"]), "those do not run here");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_pay_is_paused_nothing_is_sent_and_the_order_is_paid_when_it_goes_on() {
    let together = TestApp::start_with(faulty).await;
    let rest = [Context::App, Context::Store, Context::Delivery, Context::Customer];
    let apart = TestApp::start_apart_with(&[&rest, &[Context::Pay]], faulty).await;
    apart.rest().await;
    for app in [together, apart] {
        let customer = app.someone("customer");
        ask(&app, json!({ "pay": { "paused": true } })).await;
        let answer = app.order_with(&customer, "ok").await;
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
        let order = answer.expect(202);
        assert_eq!(order["status"], "AWAITING_PAYMENT");
        let order = id(&order);
        clear(&app).await;
        assert_eq!(app.pay(&customer, &order, "ok").await.expect(200)["status"], "PLACED");
        app.rest().await;
        assert_eq!(app.provider(&order), [(22_000, 0)]);
        app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_provider_suffers_from_an_order_is_charged_once_or_not_at_all() {
    for (fault, charged_at_once) in [
        (json!({ "mode": "down" }), false),
        (json!({ "failingPercent": 100 }), false),
        (json!({ "mode": "hanging" }), false),
        (json!({ "mode": "losing" }), true),
        (json!({ "delayMs": 600_000, "jitterMs": 1000 }), false),
    ] {
        let app = TestApp::start_with(hasty).await;
        let customer = app.someone("customer");
        ask(&app, json!({ "pay": { "payment": fault } })).await;
        let order = deferred(app.order_with(&customer, "ok").await);
        app.rest().await;
        assert_eq!(app.provider(&order).len(), usize::from(charged_at_once), "{fault}");
        clear(&app).await;
        healed(&app).await;
        if !charged_at_once {
            assert_eq!(app.status(&customer, &order).await, "AWAITING_PAYMENT", "{fault}");
            assert_eq!(app.pay(&customer, &order, "ok").await.expect(200)["status"], "PLACED", "{fault}");
        }
        app.rest().await;
        assert_eq!(app.status(&customer, &order).await, "PLACED", "{fault}");
        assert_eq!(app.provider(&order), [(22_000, 0)], "{fault}");
        app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_that_meet_a_fault_are_made_once_when_it_is_over() {
    for fault in [json!({ "mode": "down" }), json!({ "failingPercent": 100 }), json!({ "mode": "losing" })] {
        let app = TestApp::start_with(hasty).await;
        let customer = app.someone("customer");
        let order = app.placed(&customer).await;
        ask(&app, json!({ "pay": { "payment": fault } })).await;
        let cancelled = app.cancel(&customer, &order).await;
        assert!(cancelled.status.is_success(), "{}", cancelled.body);
        app.rest().await;
        let waiting = app.look(&customer, &order).await;
        assert_eq!((&waiting["status"], &waiting["refund"]), (&json!("CANCELLED"), &json!("PENDING")), "{fault}");
        clear(&app).await;
        healed(&app).await;
        assert_eq!(app.look(&customer, &order).await["refund"], "DONE", "{fault}");
        assert_eq!(app.provider(&order), [(22_000, 22_000)], "{fault}");
        app.check();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_orders_at_once_at_a_provider_that_is_slow_failing_and_losing_get_no_5xx_and_no_second_charge() {
    let app = TestApp::start_with(hasty).await;
    let customer = app.someone("customer");
    for mode in ["none", "losing"] {
        let payment = json!({ "delayMs": 300, "jitterMs": 300, "failingPercent": 40, "mode": mode });
        ask(&app, json!({ "pay": { "payment": payment } })).await;
        let answers = at_once(&app, &customer, 15).await;
        for answer in answers {
            assert!([201, 202].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.body);
        }
    }
    clear(&app).await;
    healed(&app).await;
    let orders = app.get(&customer, "/orders?limit=200").await.expect(200);
    let orders = orders["items"].as_array().unwrap();
    assert_eq!(orders.len(), 30);
    for order in orders {
        let charged: Vec<_> = if order["status"] == "PLACED" { vec![(22_000, 0)] } else { Vec::new() };
        assert!(["PLACED", "AWAITING_PAYMENT"].contains(&order["status"].as_str().unwrap()), "{order}");
        assert_eq!(app.provider(&id(order)), charged, "{order}");
    }
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_late_and_again_during_whole_journeys_have_every_effect_once() {
    let calm = TestApp::start_with(faulty).await;
    journeys(&calm).await;
    let expected = calm.logged();
    let together = TestApp::start_with(faulty).await;
    let mut apart = TestApp::start_apart_with(&[&[Context::Store], &[Context::Pay]], faulty).await;
    for context in [Context::App, Context::Delivery, Context::Customer] {
        apart.add(baedal::compose::Roles::only(&[context], false)).await;
    }
    apart.rest().await;
    for app in [together, apart] {
        let faults = json!({ "events": { "delayMs": 10, "duplicated": true } });
        let everywhere = Context::ALL.map(|context| (context.name().to_owned(), faults.clone()));
        ask(&app, Value::Object(everywhere.into_iter().collect())).await;
        journeys(&app).await;
        let mut logged = app.logged();
        logged.sort_unstable();
        let mut expected = expected.clone();
        expected.sort_unstable();
        assert_eq!(logged, expected, "as many events in each log as without the fault");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_fails_is_sent_when_the_fault_is_over() {
    let app = TestApp::start_with(faulty).await;
    let customer = app.someone("customer");
    ask(&app, json!({ "customer": { "messages": { "failingPercent": 100 } } })).await;
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    assert_eq!(states(&app, &customer, &order).await, [("PLACED", "QUEUED"), ("ACCEPTED", "QUEUED")].map(owned));
    app.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(states(&app, &customer, &order).await[0], owned(("PLACED", "QUEUED")));
    clear(&app).await;
    for _ in 0..20 {
        app.pass(SignedDuration::from_secs(2)).await;
    }
    assert_eq!(states(&app, &customer, &order).await, [("PLACED", "SENT"), ("ACCEPTED", "SENT")].map(owned));
    app.start_cooking(&order).await;
    assert_eq!(states(&app, &customer, &order).await[2], owned(("COOKING", "SENT")), "at once, as before");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_come_and_go_while_people_order_leave_nothing_behind() {
    let app = TestApp::start_with(hasty).await;
    let customer = app.someone("customer");
    let breaking = async {
        for turn in 0..30 {
            let fault = match turn % 6 {
                0 => json!({ "store": { "paused": true }, "app": { "events": { "duplicated": true } } }),
                1 => json!({ "pay": { "payment": { "mode": "losing" } }, "delivery": { "paused": true } }),
                2 => json!({ "pay": { "paused": true }, "store": { "events": { "delayMs": 20, "duplicated": true } } }),
                3 => json!({ "customer": { "messages": { "failingPercent": 50 } }, "pay": {} }),
                4 => json!({ "app": { "events": { "delayMs": 15 } }, "pay": { "payment": { "mode": "down" } } }),
                _ => json!({ "customer": { "paused": true }, "pay": { "payment": { "failingPercent": 50 } } }),
            };
            ask(&app, fault).await;
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        }
        clear(&app).await;
    };
    let ordering = async {
        let mut orders = Vec::new();
        for _ in 0..6 {
            for answer in at_once(&app, &customer, 6).await {
                assert!([201, 202].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.body);
                orders.push(id(&answer.body));
            }
        }
        orders
    };
    let (orders, ()) = tokio::join!(ordering, breaking);
    healed(&app).await;
    for order in &orders {
        let status = app.status(&customer, order).await;
        assert!(["PLACED", "AWAITING_PAYMENT"].contains(&status.as_str()), "{status}");
        assert_eq!(app.provider(order).len(), usize::from(status == "PLACED"));
        let told = app.told(&customer, order).await;
        assert_eq!(told.iter().filter(|kind| *kind == "PLACED").count(), usize::from(status == "PLACED"), "{told:?}");
    }
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_there_are_no_faults_to_ask_for() {
    let app = TestApp::start().await;
    let wanted = json!({ "store": { "paused": true } });
    for path in ["/operations/faults", "/operations/store/faults"] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            for (actor, status) in [("operator/1", 404), ("customer/1", 403), ("", 401)] {
                let answer = app.call(method.clone(), actor, path, Some(&wanted), &[]).await;
                assert_eq!(answer.status, status, "{actor}");
            }
        }
    }
    let direct = app.at(Context::Store, Method::PUT, "operator/1", "/operations/store/faults");
    let answer = direct.json(&json!({ "paused": true })).send().await;
    assert_eq!(answer.unwrap().status(), 404);
    app.placed(&app.someone("customer")).await;
    assert!(command(&app, "show").await.unwrap_err().contains("baedal --faults"));
    assert!(command(&app, "pause store").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_break_things() {
    let app = TestApp::start_with(faulty).await;
    let wanted = json!({ "store": { "paused": true } });
    for (actor, status) in [("", 401), ("customer/1", 403), ("rider/1", 403)] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = app.call(method.clone(), actor, "/operations/faults", Some(&wanted), &[]).await;
            assert_eq!(answer.status, status, "{actor}");
            let answer =
                app.call(method, actor, "/operations/store/faults", Some(&json!({ "paused": true })), &[]).await;
            assert_eq!(answer.status, status, "{actor}");
        }
    }
    assert_eq!(health(&app, "store").await, "READY");
    let rubbish = json!({ "pay": { "payment": { "failingPercent": 101 } } });
    let refused = app.call(Method::PUT, "operator/1", "/operations/faults", Some(&rubbish), &[]).await;
    assert_eq!(refused.problem(422, "invalid-field")["fields"][0]["field"], "pay.payment.failingPercent");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_changes_one_part_and_leaves_the_rest() {
    let app = TestApp::start_with(faulty).await;
    assert_eq!(command(&app, "payment --slow 300 --jitter 50 --failing 20 --losing").await, Ok(0));
    assert_eq!(command(&app, "pause store customer").await, Ok(0));
    assert_eq!(command(&app, "messages --failing 30").await, Ok(0));
    assert_eq!(command(&app, "events pay --delay 40 --duplicated").await, Ok(0));
    assert_eq!(command(&app, "resume customer").await, Ok(0));
    let faults = async || app.get("operator/1", "/operations/faults").await.expect(200)["faults"].clone();
    let now = faults().await;
    let payment = json!({ "delayMs": 300, "jitterMs": 50, "failingPercent": 20, "mode": "losing" });
    assert_eq!((&now["pay"]["payment"], &now["pay"]["events"]["delayMs"]), (&payment, &json!(40)));
    assert_eq!((&now["store"]["paused"], &now["customer"]["paused"]), (&json!(true), &json!(false)));
    assert_eq!(now["customer"]["messages"]["failingPercent"], 30);
    assert!(command(&app, "payment --slow 10 --jitter 20").await.unwrap_err().contains("jitterMs"));
    assert_eq!(faults().await, now, "what is refused changes nothing");
    assert_eq!(command(&app, "show").await, Ok(0));
    assert_eq!(command(&app, "clear").await, Ok(0));
    assert_eq!(faults().await["store"]["paused"], false);
    let nobody = "--server http://127.0.0.1:1 show";
    assert!(command(&app, nobody).await.unwrap_err().contains("no Baedal answers"));
}

/// Faults can be asked for.
fn faulty(settings: &mut Settings) {
    settings.faults = true;
}

/// The same, and what never answers is given up soon.
fn hasty(settings: &mut Settings) {
    faulty(settings);
    settings.payment.deadline = SignedDuration::from_millis(1200);
    settings.payment.provider_deadline = SignedDuration::from_millis(600);
}

async fn ask(app: &TestApp, faults: Value) {
    let answer = app.call(Method::PUT, "operator/1", "/operations/faults", Some(&faults), &[]).await.expect(200);
    assert!(answer["missing"].is_null(), "{answer}");
}

async fn clear(app: &TestApp) {
    app.call(Method::DELETE, "operator/1", "/operations/faults", None, &[]).await.expect(200);
}

/// Every look-up and every retry has had its turn, and what was never sent is known to be so.
async fn healed(app: &TestApp) {
    for _ in 0..10 {
        app.pass(SignedDuration::from_secs(30)).await;
    }
}

/// An order that was taken though it could not be paid.
#[track_caller]
fn deferred(answer: Answer) -> String {
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    let order = answer.expect(202);
    assert!(["AWAITING_PAYMENT", "PAYMENT_CHECKING"].contains(&order["status"].as_str().unwrap()), "{order}");
    id(&order)
}

/// So many orders at the same moment.
async fn at_once(app: &TestApp, customer: &str, count: usize) -> Vec<Answer> {
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["payment"] = json!({ "method": "CARD", "token": "ok" });
    let one = |()| app.post(customer, "/orders", body.clone());
    futures_util::future::join_all(std::iter::repeat_n((), count).map(one)).await
}

async fn health(app: &TestApp, service: &str) -> String {
    let status = app.get("", "/status").await.expect(200);
    let services = status["services"].as_array().unwrap();
    let found = services.iter().find(|found| found["service"] == service).unwrap();
    found["state"].as_str().unwrap().to_owned()
}

/// From the owner's board to the door.
async fn to_the_door(app: &TestApp, order: &str) {
    app.accept(order).await;
    app.start_cooking(order).await;
    app.finish_cooking(order).await;
    app.bring(order).await;
}

/// One order that is delivered, one that is cancelled, one that is rejected, one whose charge was in doubt.
async fn journeys(app: &TestApp) {
    let customer = app.someone("customer");
    let [delivered, cancelled, rejected] =
        [app.placed(&customer).await, app.placed(&customer).await, app.placed(&customer).await];
    to_the_door(app, &delivered).await;
    app.accept(&cancelled).await;
    app.cancel(&customer, &cancelled).await.expect(202);
    app.rest().await;
    app.owner(&rejected, "reject", json!({ "reason": "too-busy" })).await.expect(200);
    let doubtful = id(&app.order_with(&customer, "lost").await.expect(202));
    app.rest().await;
    assert_eq!(app.status(&customer, &doubtful).await, "PLACED");
    assert_eq!(app.told(&customer, &delivered).await, ALL_KINDS);
    let told = app.told(&customer, &cancelled).await;
    assert_eq!(told, ["PLACED", "ACCEPTED", "CANCEL_ASKED", "CANCELLED", "REFUNDED"]);
    assert_eq!(app.told(&customer, &rejected).await, ["PLACED", "REJECTED", "REFUNDED"]);
    let provider = [&delivered, &cancelled, &rejected, &doubtful].map(|order| app.provider(order));
    let (kept, back) = (vec![(22_000, 0)], vec![(22_000, 22_000)]);
    assert_eq!(provider, [kept.clone(), back.clone(), back, kept]);
    app.check();
}

/// The kinds of an order's notices and how far they have come, oldest first.
async fn states(app: &TestApp, customer: &str, order: &str) -> Vec<(String, String)> {
    let found = app.get(customer, &format!("/notifications?orderId={order}")).await.expect(200);
    let notices = found["items"].as_array().unwrap().iter().rev();
    notices.map(|notice| owned((notice["kind"].as_str().unwrap(), notice["state"].as_str().unwrap()))).collect()
}

fn owned((kind, state): (&str, &str)) -> (String, String) {
    (kind.to_owned(), state.to_owned())
}

/// `baedal fault …` against this platform: its exit code, or what it says.
async fn command(app: &TestApp, line: &str) -> Result<u8, String> {
    let server = app.gateway().trim_end_matches("/api").to_owned();
    let mut words: Vec<String> = ["baedal", "fault"].map(str::to_owned).into();
    if !line.contains("--server") {
        words.extend(["--server".to_owned(), server]);
    }
    words.extend(line.split_whitespace().map(str::to_owned));
    let arguments = baedal::cli::Arguments::try_parse_from(words).map_err(|error| error.to_string())?;
    let run = tokio::task::spawn_blocking(move || baedal::run(arguments));
    run.await.unwrap().map_err(|error| format!("{error:#}"))
}
