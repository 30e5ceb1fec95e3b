//! Paying through Toss Payments, which answers late, wrongly, twice or not at all.

use std::time::Duration;

use jiff::SignedDuration;
use kernel::Context::{self, Pay};
use kernel::money::Amount;
use pay::adapters::toss::stub::{Options, TossStub};
use platform::shutdown::Shutdown;
use platform::stub::Kind;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{GUKBAP, PANCAKE, TestApp, id};

/// How long pay waits for Toss here.
const DEADLINE: SignedDuration = SignedDuration::from_millis(400);

/// The platform, with a stub of Toss beside it that sends webhooks to pay.
struct Shop {
    app: TestApp,
    toss: TossStub,
    shutdown: Shutdown,
}

impl Shop {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        // The ports are fixed, so that webhooks still arrive after a restart.
        let app = TestApp::start_apart_with(&[&Context::ALL], |settings| {
            settings.payment.provider = platform::config::PaymentProvider::Toss;
            settings.payment.provider_deadline = DEADLINE;
            settings.toss.base = base;
        })
        .await;
        let key = app.secrets.toss_secret_key.clone().unwrap();
        let options = Options {
            webhook: Some(format!("{}/webhooks/toss", app.root())),
            pauses: vec![Duration::from_millis(50); 100],
            clock: app.clock.clone(),
            ..Options::new(key)
        };
        let shutdown = Shutdown::new();
        let toss = TossStub::start(listener, options, &shutdown).unwrap();
        Self { app, toss, shutdown }
    }

    /// An order that waits to be paid.
    async fn order(&self, customer: &str) -> String {
        let basket = self.app.basket(GUKBAP, PANCAKE, 2);
        id(&self.app.post(customer, "/orders", basket).await.expect(202))
    }

    /// The customer authenticates in Toss's window: the key that they come back with.
    async fn window(&self, customer: &str, order: &str) -> String {
        let payment = self.app.look(customer, order).await["payment"].clone();
        let amount = Amount::new(payment["amount"].as_i64().unwrap());
        self.toss.authenticate(payment["reference"].as_str().unwrap(), amount)
    }

    /// Authenticates and pays: how it was answered.
    async fn pay(&self, customer: &str, order: &str) -> crate::support::Answer {
        let key = self.window(customer, order).await;
        self.app.pay(customer, order, &key).await
    }

    async fn placed(&self, customer: &str) -> String {
        let order = self.order(customer).await;
        assert_eq!(self.pay(customer, &order).await.expect(200)["status"], "PLACED");
        self.app.rest().await;
        order
    }

    /// What Toss charged and gave back for an order, attempt by attempt.
    fn sums(&self, order: &str) -> Vec<(i64, i64)> {
        (1..5).flat_map(|attempt| self.toss.sums(&format!("{order}-{attempt}"))).collect()
    }

    /// Time passes by the second until `right`.
    async fn until(&self, what: &str, right: impl AsyncFn() -> bool) {
        for _ in 0..100 {
            self.app.rest().await;
            if right().await {
                return;
            }
            self.app.pass(SignedDuration::from_secs(1)).await;
        }
        panic!("waited in vain until {what}");
    }

    async fn until_status(&self, customer: &str, order: &str, status: &str) {
        self.until(status, async || self.app.status(customer, order).await == status).await;
    }

    async fn until_refunded(&self, customer: &str, order: &str) {
        self.until("it is refunded", async || self.app.look(customer, order).await["refund"] == "DONE").await;
    }

    /// All promises hold, and Toss has what our ledger has.
    async fn close(self) {
        self.app.rest().await;
        let found = self.app.get("operator/1", "/operations/pay/reconciliation?date=2026-11-22").await.expect(200);
        assert_eq!(found["provider"], found["ledger"]);
        self.end().await;
    }

    /// So many minutes pass, at whose end it is after four, and the day before is compared.
    async fn night(&self, minutes: i64) {
        self.app.pass_minutes(minutes).await;
        assert_eq!(&self.app.now().to_string()[..13], "2026-11-22T19");
    }

    /// All promises hold, also where the ledger and Toss have other dates.
    async fn end(self) {
        self.app.rest().await;
        self.app.check();
        let found = self.app.get("operator/1", "/operations/pay/reconciliation?date=2026-11-22").await.expect(200);
        assert_eq!(found["differences"], json!([]));
        self.shutdown.begin();
        assert!(self.shutdown.drained(Duration::from_secs(5)).await);
    }

    /// Whether an attempt to pay for the order is still being asked after.
    async fn is_in_doubt(&self, order: &str) -> bool {
        let path = format!("/payments/{order}");
        let found = self.app.at(Pay, reqwest::Method::GET, "service/app", &path).send().await.unwrap();
        let payment: Value = found.json().await.unwrap();
        payment["attempts"].as_array().into_iter().flatten().any(|attempt| attempt["outcome"] == "IN_DOUBT")
    }
}

fn code(code: &str) -> Kind {
    Kind::Code { code: code.to_owned() }
}

/// Every fault after which nobody knows what became of a call, and whether it was done.
fn faults() -> Vec<(Kind, bool)> {
    vec![
        (Kind::Slow { ms: 700, jitter_ms: 0 }, true),
        (Kind::Status { status: 500 }, false),
        (Kind::Reset, false),
        (Kind::Lost, true),
        (code("PROVIDER_ERROR"), false),
        (code("IDEMPOTENT_REQUEST_PROCESSING"), false),
    ]
}

/// How often a call has to meet a fault to come to nothing: one whose connection broke is sent once more.
fn times(fault: &Kind) -> u32 {
    if matches!(fault, Kind::Reset | Kind::Lost) { 2 } else { 1 }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_paid_through_toss_and_its_money_goes_back_in_parts_and_in_whole() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    let order = shop.placed(&customer).await;
    assert_eq!(shop.sums(&order), [(22_000, 0)]);
    shop.app.cancel(&customer, &order).await.expect(202);
    shop.until_refunded(&customer, &order).await;
    assert_eq!(shop.sums(&order), [(22_000, 22_000)]);

    let other = shop.placed(&customer).await;
    shop.app.accept(&other).await;
    let line = shop.app.look(&customer, &other).await["items"][0]["lineId"].clone();
    let adjust = json!({ "lines": [{ "lineId": line, "quantity": 1 }], "reason": "missing", "borneBy": "STORE" });
    shop.app.operate(&format!("app/orders/{other}/adjust"), adjust).await.expect(200);
    shop.until_refunded(&customer, &other).await;
    assert_eq!(shop.sums(&other), [(22_000, 10_000)]);
    assert_eq!(shop.toss.calls("confirm"), 2);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_why_and_the_next_card_pays() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    let order = shop.order(&customer).await;
    let cases = [
        ("REJECT_CARD_PAYMENT", "LIMIT"),
        ("REJECT_ACCOUNT_PAYMENT", "BALANCE"),
        ("INVALID_STOPPED_CARD", "CARD"),
        ("NOT_FOUND_PAYMENT_SESSION", "ABORTED"),
        ("BELOW_MINIMUM_AMOUNT", "OTHER"),
    ];
    for (asked, reason) in cases {
        shop.toss.faults().on("confirm", code(asked), 1);
        let problem = shop.pay(&customer, &order).await.problem(402, "payment-declined");
        assert_eq!(problem["fields"][0]["reason"], reason, "{asked}");
        shop.app.rest().await;
    }
    let stolen = shop.app.pay(&customer, &order, "somebody-elses-key").await.problem(402, "payment-declined");
    assert_eq!(stolen["fields"][0]["reason"], "OTHER");
    assert_eq!(shop.sums(&order), []);
    assert_eq!(shop.pay(&customer, &order).await.expect(200)["status"], "PLACED");
    assert_eq!(shop.toss.sums(&format!("{order}-7")), [(22_000, 0)]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_a_confirm_the_order_is_charged_once_or_can_be_paid_again() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    for (fault, is_done) in faults() {
        let order = shop.order(&customer).await;
        shop.toss.faults().on("confirm", fault.clone(), times(&fault));
        let answer = shop.pay(&customer, &order).await;
        // What is done and lost twice may be told by the webhook before anybody has given up.
        if !(fault == Kind::Lost && answer.status == 200) {
            assert_eq!(answer.expect(202)["status"], "PAYMENT_CHECKING", "{fault:?}");
        }
        if is_done {
            platform::testing::until("Toss has charged", || shop.sums(&order).len() == 1).await;
            shop.until_status(&customer, &order, "PLACED").await;
        } else {
            shop.app.pass_minutes(2).await;
            shop.until_status(&customer, &order, "AWAITING_PAYMENT").await;
            assert_eq!(shop.sums(&order), [], "{fault:?}");
            assert_eq!(shop.pay(&customer, &order).await.expect(200)["status"], "PLACED", "{fault:?}");
        }
        assert_eq!(shop.sums(&order), [(22_000, 0)], "{fault:?}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_once_is_not_noticed_and_nothing_is_charged_twice() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    for (number, fault) in [Kind::Reset, Kind::Lost].into_iter().enumerate() {
        let order = shop.order(&customer).await;
        shop.toss.faults().on("confirm", fault.clone(), 1);
        assert_eq!(shop.pay(&customer, &order).await.expect(200)["status"], "PLACED", "{fault:?}");
        assert_eq!(shop.sums(&order), [(22_000, 0)], "{fault:?}");
        assert_eq!(shop.toss.calls("confirm"), 2 * (number as u64 + 1));
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_a_refund_it_is_given_once() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    for call in ["cancel", "look-up"] {
        for (fault, _) in faults() {
            let order = shop.placed(&customer).await;
            shop.toss.faults().on(call, fault.clone(), 2 * times(&fault));
            shop.app.cancel(&customer, &order).await.expect(202);
            shop.until_refunded(&customer, &order).await;
            assert_eq!(shop.sums(&order), [(22_000, 22_000)], "{call} {fault:?}");
            shop.toss.faults().clear();
        }
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_that_toss_does_not_accept_nothing_is_charged_and_the_customer_pays_later() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    let order = shop.order(&customer).await;
    shop.toss.faults().on("confirm", code("UNAUTHORIZED_KEY"), 1);
    assert_eq!(shop.pay(&customer, &order).await.expect(202)["status"], "AWAITING_PAYMENT");
    assert_eq!(shop.pay(&customer, &order).await.expect(200)["status"], "PLACED");
    assert_eq!(shop.sums(&order), [(22_000, 0)]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_toss_refuses_for_good_is_shown_tried_again_or_settled_by_hand() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    for way in ["retry", "settle"] {
        let order = shop.placed(&customer).await;
        shop.toss.faults().on("cancel", code("EXCEED_MAX_REFUND_DUE"), 1);
        shop.app.cancel(&customer, &order).await.expect(202);
        shop.app.rest().await;
        assert_eq!(shop.app.look(&customer, &order).await["refund"], "FAILED");
        let open = shop.app.get("operator/1", "/operations/pay/refunds?standing=FAILED").await.expect(200);
        assert_eq!(open["items"].as_array().unwrap().len(), 1);
        let refund = &open["items"][0];
        assert_eq!((&refund["code"], &refund["needsOperator"]), (&json!("EXCEED_MAX_REFUND_DUE"), &json!(true)));
        shop.app.check();
        let path = format!("pay/refunds/{}/{way}", refund["refundId"].as_str().unwrap());
        shop.app.operate(&path, json!({})).await.expect(200);
        shop.until_refunded(&customer, &order).await;
        assert_eq!(shop.sums(&order), [(22_000, if way == "retry" { 22_000 } else { 0 })]);
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_tells_of_a_charge_before_we_ask_and_comes_again_until_it_is_heard() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    let order = shop.order(&customer).await;
    shop.toss.faults().always("look-up", Kind::Status { status: 503 });
    shop.toss.faults().on("confirm", Kind::Lost, 2);
    assert_eq!(shop.pay(&customer, &order).await.expect(202)["status"], "PAYMENT_CHECKING");
    shop.app.rest().await;
    let asked = shop.toss.calls("look-up");
    platform::testing::until("a webhook came again", || shop.toss.calls("look-up") > asked + 2).await;
    assert_eq!(shop.app.status(&customer, &order).await, "PAYMENT_CHECKING");
    shop.toss.faults().clear();
    // The clock stands, so that nobody but a webhook can bring this about.
    let path = format!("/orders/{order}");
    shop.app.until(&customer, &path, |order| order["status"] == "PLACED").await;
    assert_eq!(shop.sums(&order), [(22_000, 0)]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_come_late_again_or_in_another_order_change_nothing() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    let ways =
        [Kind::Repeat { more: 4 }, Kind::Reorder, Kind::Slow { ms: 300, jitter_ms: 50 }, Kind::Lost, Kind::Reorder];
    for fault in ways {
        shop.toss.faults().on("webhook", fault.clone(), 1);
        let order = shop.placed(&customer).await;
        shop.app.cancel(&customer, &order).await.expect(202);
        shop.until_refunded(&customer, &order).await;
        assert_eq!(shop.sums(&order), [(22_000, 22_000)], "{fault:?}");
        assert_eq!(shop.app.status(&customer, &order).await, "CANCELLED", "{fault:?}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_toss_takes_on_an_attempt_that_was_given_up_goes_back_by_webhook() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    let order = shop.order(&customer).await;
    shop.toss.faults().on("confirm", code("INVALID_API_KEY"), 1);
    let key = shop.window(&customer, &order).await;
    assert_eq!(shop.app.pay(&customer, &order, &key).await.expect(202)["status"], "AWAITING_PAYMENT");
    shop.toss.confirm(&key);
    shop.until("the stray charge is back", async || shop.sums(&order) == [(22_000, 22_000)]).await;
    assert_eq!(shop.pay(&customer, &order).await.expect(200)["status"], "PLACED");
    assert_eq!(shop.sums(&order), [(22_000, 22_000), (22_000, 0)]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_support_gives_back_in_toss_s_console_while_it_is_in_doubt_is_not_cooked() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    let order = shop.order(&customer).await;
    shop.toss.faults().always("webhook", Kind::Lost);
    shop.toss.faults().always("look-up", Kind::Reset);
    shop.toss.faults().on("confirm", Kind::Lost, 2);
    let key = shop.window(&customer, &order).await;
    assert_eq!(shop.app.pay(&customer, &order, &key).await.expect(202)["status"], "PAYMENT_CHECKING");
    shop.toss.cancel(&key, Amount::new(22_000), "the customer called");
    shop.toss.faults().clear();
    shop.until_status(&customer, &order, "PAYMENT_FAILED").await;
    assert_eq!(shop.pay(&customer, &order).await.expect(200)["status"], "PLACED");
    assert_eq!(shop.sums(&order), [(22_000, 22_000), (22_000, 0)]);
    shop.app.rest().await;
    shop.app.check();
    let day = "/operations/pay/reconciliation?date=2026-11-22";
    let found = shop.app.get("operator/1", day).await.expect(200);
    let kinds = [&found["differences"][0]["kind"], &found["differences"][1]["kind"]];
    assert_eq!(kinds, ["charge-unknown-here", "refund-unknown-here"], "an operator sees what moved without us");
    shop.shutdown.begin();
    assert!(shop.shutdown.drained(Duration::from_secs(5)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_nobody_told_of_is_found_in_the_night_and_goes_back() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    let order = shop.order(&customer).await;
    shop.toss.faults().always("webhook", Kind::Lost);
    shop.toss.faults().on("confirm", code("INVALID_API_KEY"), 1);
    let key = shop.window(&customer, &order).await;
    shop.app.pay(&customer, &order, &key).await.expect(202);
    shop.toss.confirm(&key);
    let day = "/operations/pay/reconciliation?date=2026-11-22";
    let found = shop.app.get("operator/1", day).await.expect(200);
    let expected = json!([{ "kind": "charge-unknown-here", "orderId": order, "reference": format!("{order}-1"),
        "providerAmount": 22_000 }]);
    assert_eq!(found["differences"], expected);
    shop.app.pass_minutes(11).await;
    assert_eq!(shop.app.status(&customer, &order).await, "EXPIRED");
    assert_eq!(shop.sums(&order), [(22_000, 0)]);
    shop.night(8 * 60 + 50).await;
    platform::testing::until("it is back", || shop.sums(&order) == [(22_000, 22_000)]).await;
    shop.app.rest().await;
    assert_eq!(shop.app.look(&customer, &order).await["refund"], "DONE");
    let found = shop.app.get("operator/1", day).await.expect(200);
    assert_eq!(found["provider"]["refunds"], 0, "it went back today");
    shop.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_that_are_paid_at_once_are_one_charge() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    for _ in 0..5 {
        let order = shop.order(&customer).await;
        let (one, other) = (shop.window(&customer, &order).await, shop.window(&customer, &order).await);
        let (one, other) = tokio::join!(shop.app.pay(&customer, &order, &one), shop.app.pay(&customer, &order, &other));
        let answers = [one.status.as_u16(), other.status.as_u16()];
        assert!(answers.contains(&200), "{answers:?}");
        shop.app.rest().await;
        assert_eq!(shop.app.status(&customer, &order).await, "PLACED");
        assert_eq!(shop.sums(&order), [(22_000, 0)]);
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_charge_and_answer_loses_nothing() {
    let mut shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    let order = shop.order(&customer).await;
    shop.toss.faults().always("look-up", Kind::Reset);
    shop.toss.faults().always("webhook", Kind::Lost);
    shop.toss.faults().on("confirm", Kind::Lost, 2);
    assert_eq!(shop.pay(&customer, &order).await.expect(202)["status"], "PAYMENT_CHECKING");
    shop.app.restart().await;
    assert_eq!(shop.app.status(&customer, &order).await, "PAYMENT_CHECKING");
    shop.toss.faults().clear();
    shop.until_status(&customer, &order, "PLACED").await;
    shop.app.cancel(&customer, &order).await.expect(202);
    shop.toss.faults().always("cancel", Kind::Lost);
    shop.until("Toss has given it back", async || shop.sums(&order) == [(22_000, 22_000)]).await;
    shop.app.restart().await;
    shop.toss.faults().clear();
    shop.until_refunded(&customer, &order).await;
    assert_eq!(shop.sums(&order), [(22_000, 22_000)]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_storm_of_faults_every_order_ends_as_it_should_and_all_money_is_where_it_belongs() {
    let shop = Shop::open().await;
    let kinds = faults().into_iter().map(|(fault, _)| fault).chain([code("REJECT_CARD_PAYMENT"), code("NEW_CODE")]);
    let kinds: Vec<Kind> = kinds.collect();
    for (round, call) in ["confirm", "look-up", "cancel", "webhook"].into_iter().cycle().take(60).enumerate() {
        shop.toss.faults().on(call, kinds[(round * 5 + round / 7) % kinds.len()].clone(), 1);
    }
    let customers: Vec<String> = (0..16).map(|_| shop.app.someone("customer")).collect();
    let orders = customers.iter().map(async |customer| {
        let order = shop.order(customer).await;
        let key = shop.window(customer, &order).await;
        for _ in 0..2 {
            // Declined, deferred, or in doubt: an impatient customer sends the same again.
            let answer = shop.app.pay(customer, &order, &key).await;
            assert!(answer.status.as_u16() < 500, "{}", answer.body);
        }
        order
    });
    let orders = futures_util::future::join_all(orders).await;
    for (number, (customer, order)) in customers.iter().zip(&orders).enumerate() {
        if number % 3 == 0 {
            assert!(shop.app.cancel(customer, order).await.status.is_success());
        }
    }
    for _ in 0..40 {
        shop.app.pass(SignedDuration::from_secs(7)).await;
    }
    shop.toss.faults().clear();
    for (number, (customer, order)) in customers.iter().zip(&orders).enumerate() {
        shop.until("it is known what became of it", async || !shop.is_in_doubt(order).await).await;
        let status = shop.app.status(customer, order).await;
        assert!(number % 3 != 0 || ["CANCEL_REQUESTED", "CANCELLED"].contains(&status.as_str()), "{status}");
        assert!(status != "PLACED" || shop.sums(order) == [(22_000, 0)], "{:?}", shop.sums(order));
    }
    // Nobody accepts, so that all of it goes back; what was charged too late, and not told of, in the night.
    shop.night(9 * 60).await;
    for order in &orders {
        platform::testing::until("all of it is back", || shop.sums(order).iter().all(|(all, back)| all == back)).await;
        assert!(shop.sums(order).len() <= 1, "{:?}", shop.sums(order));
    }
    shop.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_says_that_toss_s_books_are_elsewhere() {
    let shop = Shop::open().await;
    let customer = shop.app.someone("customer");
    shop.placed(&customer).await;
    let report = baedal::check::examine(&shop.app.settings.data_dir, None).unwrap();
    assert!(report.is_clean(), "{report}");
    assert!(report.remarks.iter().any(|remark| remark.contains("toss")), "{:?}", report.remarks);
    let strange: Value = json!({ "eventType": "PAYMENT_STATUS_CHANGED", "data": { "orderId": "another-shops" } });
    let url = format!("{}/webhooks/toss", shop.app.root());
    assert_eq!(shop.app.http.post(url).json(&strange).send().await.unwrap().status(), 200);
    shop.close().await;
}
