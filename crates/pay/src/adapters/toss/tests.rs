use kernel::money::{Amount, Currency};
use kernel::order::{PaymentCode, PaymentMethod};
use platform::clock::{Clock, FakeClock};
use platform::ids::Ids;
use platform::shutdown::Shutdown;
use platform::stub::Kind;
use reqwest::StatusCode;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::stub::{Options, TossStub};
use super::*;
use crate::domain::payment::reference;
use crate::testing::{PRICE, noon, order};

/// How long a test waits for an answer that does not come.
const DEADLINE: Duration = Duration::from_millis(300);

struct World {
    toss: TossProvider,
    stub: TossStub,
    hand: FakeClock,
    shutdown: Shutdown,
}

/// What a request meets is met once, and told.
fn no_retries() -> Budget {
    Budget::none(&Ids::seeded(1))
}

async fn world() -> World {
    let shutdown = Shutdown::new();
    let (clock, hand) = Clock::fake(noon());
    let options = Options { clock, ..Options::new(key()) };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stub = TossStub::start(listener, options, &shutdown).unwrap();
    let toss = TossProvider::new(&stub.base(), key(), no_retries()).unwrap();
    World { toss, stub, hand, shutdown }
}

fn key() -> Secret {
    Secret::new("test_sk_pay")
}

fn refund(n: u128, amount: i64) -> Refund {
    Refund {
        refund_id: RefundId::from(Uuid::from_u128(n)),
        reference: reference(order(), 1),
        amount: Amount::new(amount),
    }
}

impl World {
    fn charge(&self, attempt: u32) -> Charge {
        let reference = reference(order(), attempt);
        let token = self.stub.authenticate(&reference, PRICE);
        Charge { reference, amount: PRICE, currency: Currency::Krw, method: PaymentMethod::Card, token }
    }

    async fn pay(&self, charge: Charge) -> ChargeAnswer {
        tokio::time::timeout(DEADLINE, self.toss.charge(charge)).await.unwrap_or(ChargeAnswer::Unknown)
    }

    async fn look_up(&self) -> LookUp {
        let reference = reference(order(), 1);
        tokio::time::timeout(DEADLINE, self.toss.look_up(&reference)).await.unwrap_or(LookUp::Unknown)
    }

    async fn back(&self, n: u128, amount: i64) -> RefundAnswer {
        let given = self.toss.refund(refund(n, amount));
        tokio::time::timeout(DEADLINE, given).await.unwrap_or(RefundAnswer::Unknown)
    }

    async fn back_again(&self, n: u128) -> RefundLookUp {
        let asked = refund(n, 1);
        self.toss.look_up_refund(asked.refund_id, &asked.reference).await
    }

    fn sums(&self) -> Vec<(i64, i64)> {
        self.stub.sums(&reference(order(), 1))
    }

    async fn end(self) {
        self.shutdown.begin();
        assert!(self.shutdown.drained(Duration::from_secs(5)).await);
    }
}

fn code(code: &str) -> Kind {
    Kind::Code { code: code.to_owned() }
}

/// Every way in which a call can go wrong without anybody knowing whether it was done, and whether it was.
fn outages() -> Vec<(Kind, bool)> {
    vec![
        (Kind::Slow { ms: 450, jitter_ms: 0 }, true),
        (Kind::Status { status: 500 }, false),
        (Kind::Status { status: 429 }, false),
        (Kind::Status { status: 200 }, false),
        (Kind::Reset, false),
        (Kind::Lost, true),
        (code("PROVIDER_ERROR"), false),
        (code("IDEMPOTENT_REQUEST_PROCESSING"), false),
        (code("FAILED_INTERNAL_SYSTEM_PROCESSING"), false),
        (code("SOMETHING_NEW"), false),
    ]
}

#[tokio::test]
async fn a_payment_is_charged_once_and_found_again() {
    let world = world().await;
    assert_eq!(world.look_up().await, LookUp::NotFound);
    let charge = world.charge(1);
    assert_eq!(world.look_up().await, LookUp::NotFound, "the customer has authenticated and nothing is charged");
    assert_eq!(world.pay(charge.clone()).await, ChargeAnswer::Approved { approved_at: noon() });
    world.hand.advance(jiff::SignedDuration::from_mins(1));
    assert_eq!(world.pay(charge).await, ChargeAnswer::Approved { approved_at: noon() });
    assert_eq!(world.look_up().await, LookUp::Charged { amount: PRICE, approved_at: noon() });
    assert_eq!(world.sums(), [(31_500, 0)]);
    world.end().await;
}

#[tokio::test]
async fn a_definite_refusal_is_a_decline_with_its_reason() {
    let world = world().await;
    let cases = [
        ("REJECT_CARD_PAYMENT", PaymentCode::Limit),
        ("REJECT_ACCOUNT_PAYMENT", PaymentCode::Balance),
        ("INVALID_STOPPED_CARD", PaymentCode::Card),
        ("NOT_FOUND_PAYMENT_SESSION", PaymentCode::Aborted),
        ("FDS_ERROR", PaymentCode::Other),
    ];
    for (attempt, (asked, expected)) in (1..).zip(cases) {
        world.stub.faults().on("confirm", code(asked), 1);
        assert_eq!(world.pay(world.charge(attempt)).await, ChargeAnswer::Declined { code: expected }, "{asked}");
    }
    assert_eq!(world.stub.payments(), []);
    world.end().await;
}

#[tokio::test]
async fn a_token_that_is_not_of_this_payment_charges_nothing() {
    let world = world().await;
    let charge = world.charge(1);
    let other = world.charge(2);
    let strange = ["x", "../orders", "테스트", &other.token].map(str::to_owned);
    for token in strange {
        let answer = world.pay(Charge { token, ..charge.clone() }).await;
        assert_eq!(answer, ChargeAnswer::Declined { code: PaymentCode::Other });
        // Each is an attempt of its own, so that the next is not answered as this one was.
        world.stub.forget_keys();
    }
    let less = Charge { amount: Amount::new(1_000), ..charge };
    assert_eq!(world.pay(less).await, ChargeAnswer::Declined { code: PaymentCode::Other });
    assert_eq!(world.stub.payments(), []);
    world.end().await;
}

#[tokio::test]
async fn whatever_goes_wrong_a_charge_is_unknown_and_a_look_up_finds_out() {
    for (fault, is_done) in outages() {
        let world = world().await;
        world.stub.faults().on("confirm", fault.clone(), 1);
        assert_eq!(world.pay(world.charge(1)).await, ChargeAnswer::Unknown, "{fault:?}");
        let charged = LookUp::Charged { amount: PRICE, approved_at: noon() };
        let expected = if is_done { charged } else { LookUp::NotFound };
        while world.look_up().await != expected {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.sums().len(), usize::from(is_done), "{fault:?}");
        world.end().await;
    }
}

#[tokio::test]
async fn whatever_goes_wrong_a_look_up_says_that_it_does_not_know() {
    for (fault, _) in outages() {
        let world = world().await;
        world.pay(world.charge(1)).await;
        world.stub.faults().on("look-up", fault.clone(), 1);
        assert_eq!(world.look_up().await, LookUp::Unknown, "{fault:?}");
        assert!(matches!(world.look_up().await, LookUp::Charged { .. }), "{fault:?}");
        world.end().await;
    }
}

#[tokio::test]
async fn whatever_goes_wrong_a_refund_is_given_once() {
    for (fault, _) in outages() {
        for call in ["cancel", "look-up"] {
            let world = world().await;
            world.pay(world.charge(1)).await;
            world.stub.faults().on(call, fault.clone(), 1);
            assert_eq!(world.back(1, 20_000).await, RefundAnswer::Unknown, "{call} {fault:?}");
            let mut tries = 0;
            while world.back(1, 20_000).await == RefundAnswer::Unknown {
                tries += 1;
                assert!(tries < 100, "{call} {fault:?}");
            }
            assert_eq!(world.back(1, 20_000).await, RefundAnswer::Done { at: noon() }, "{call} {fault:?}");
            assert_eq!(world.back_again(1).await, RefundLookUp::Done { at: noon() });
            assert_eq!(world.sums(), [(31_500, 20_000)], "{call} {fault:?}");
            world.end().await;
        }
    }
}

#[tokio::test]
async fn parts_go_back_one_after_the_other_and_never_more_than_there_is() {
    let world = world().await;
    world.pay(world.charge(1)).await;
    assert_eq!(world.back(1, 1_500).await, RefundAnswer::Done { at: noon() });
    assert_eq!(world.back(2, 10_000).await, RefundAnswer::Done { at: noon() });
    assert_eq!(world.back_again(3).await, RefundLookUp::NotFound);
    let refused = RefundAnswer::RefusedForGood { code: "NOT_CANCELABLE_AMOUNT".to_owned() };
    assert_eq!(world.back(3, 20_001).await, refused);
    assert_eq!(world.back(4, 20_000).await, RefundAnswer::Done { at: noon() });
    let refused = RefundAnswer::RefusedForGood { code: "ALREADY_CANCELED_PAYMENT".to_owned() };
    assert_eq!(world.back(3, 1).await, refused, "all is back, and not by this refund");
    assert_eq!(world.back(4, 20_000).await, RefundAnswer::Done { at: noon() });
    assert_eq!(world.sums(), [(31_500, 31_500)]);
    world.end().await;
}

#[tokio::test]
async fn two_refunds_that_cross_are_each_given_once() {
    let world = world().await;
    world.pay(world.charge(1)).await;
    for _ in 0..20 {
        tokio::join!(world.back(1, 1_000), world.back(2, 2_000), world.back(1, 1_000), world.back(2, 2_000));
    }
    assert_eq!(world.back(1, 1_000).await, RefundAnswer::Done { at: noon() });
    assert_eq!(world.back(2, 2_000).await, RefundAnswer::Done { at: noon() });
    assert_eq!(world.sums(), [(31_500, 3_000)]);
    world.end().await;
}

#[tokio::test]
async fn a_refund_that_was_refused_can_be_given_later_although_toss_repeats_its_answers() {
    let world = world().await;
    world.pay(world.charge(1)).await;
    world.stub.faults().on("cancel", code("REFUND_REJECTED"), 1);
    assert_eq!(world.back(1, 500).await, RefundAnswer::RefusedForGood { code: "REFUND_REJECTED".to_owned() });
    world.stub.faults().on("cancel", code("FORBIDDEN_CONSECUTIVE_REQUEST"), 1);
    assert_eq!(world.back(1, 500).await, RefundAnswer::Unknown);
    // After a restart the old answers are met again, and passed.
    let again = TossProvider::new(&world.stub.base(), key(), no_retries()).unwrap();
    assert!(matches!(again.refund(refund(1, 500)).await, RefundAnswer::RefusedForGood { .. }));
    assert_eq!(again.refund(refund(1, 500)).await, RefundAnswer::Unknown);
    assert_eq!(again.refund(refund(1, 500)).await, RefundAnswer::Done { at: noon() });
    assert_eq!(world.sums(), [(31_500, 500)]);
    world.end().await;
}

#[tokio::test]
async fn a_refund_of_what_toss_does_not_know_is_refused_for_good() {
    let world = world().await;
    assert_eq!(world.back(1, 500).await, RefundAnswer::RefusedForGood { code: "NOT_FOUND_PAYMENT".to_owned() });
    world.end().await;
}

#[tokio::test]
async fn with_a_wrong_key_nothing_is_sent_and_with_nobody_there_neither() {
    let world = world().await;
    let wrong = TossProvider::new(&world.stub.base(), Secret::new("test_sk_other"), no_retries()).unwrap();
    assert_eq!(wrong.charge(world.charge(1)).await, ChargeAnswer::NotSent);
    assert_eq!(wrong.look_up(&reference(order(), 1)).await, LookUp::Unknown);
    assert_eq!(wrong.refund(refund(1, 500)).await, RefundAnswer::Unknown);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = TossProvider::new(&format!("http://{closed}"), key(), no_retries()).unwrap();
    assert_eq!(nobody.charge(world.charge(2)).await, ChargeAnswer::NotSent);
    assert_eq!(nobody.look_up(&reference(order(), 2)).await, LookUp::Unknown);
    assert_eq!(world.stub.payments(), []);
    world.end().await;
}

#[tokio::test]
async fn what_ends_at_toss_without_a_charge_is_a_decline() {
    let world = world().await;
    let charge = world.charge(1);
    world.stub.abort(&charge.token);
    assert_eq!(world.look_up().await, LookUp::Declined { code: PaymentCode::Aborted });
    assert_eq!(world.pay(charge).await, ChargeAnswer::Declined { code: PaymentCode::Aborted });
    world.end().await;
}

#[tokio::test]
async fn what_went_back_whole_without_us_pays_for_nothing() {
    let world = world().await;
    let charge = world.charge(1);
    world.stub.faults().on("confirm", Kind::Lost, 1);
    assert_eq!(world.pay(charge.clone()).await, ChargeAnswer::Unknown);
    world.stub.cancel(&charge.token, PRICE, "the customer called");
    assert_eq!(world.look_up().await, LookUp::Declined { code: PaymentCode::Aborted });
    let other = world.charge(2);
    world.pay(other.clone()).await;
    world.stub.cancel(&other.token, Amount::new(500), "the customer called");
    let found = world.toss.look_up(&other.reference).await;
    assert_eq!(found, LookUp::Charged { amount: PRICE, approved_at: noon() }, "a part only");
    world.end().await;
}

#[tokio::test]
async fn a_days_movements_carry_the_refunds_names() {
    let world = world().await;
    world.pay(world.charge(1)).await;
    world.back(7, 1_500).await;
    let other = world.charge(2);
    world.stub.confirm(&other.token);
    world.stub.cancel(&other.token, Amount::new(500), "by hand");
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(9));
    let day = Day::of("2026-11-22".parse().unwrap(), &zone).unwrap();
    let Transactions::Known(moved) = world.toss.transactions(&day).await else { panic!("no answer") };
    let moved: Vec<_> = moved.into_iter().map(|movement| (movement.kind, movement.amount.minor())).collect();
    let ours = Moved::Refund { refund_id: Some(refund(7, 0).refund_id) };
    let by_hand = Moved::Refund { refund_id: None };
    assert_eq!(moved, [(Moved::Charge, 31_500), (ours, 1_500), (Moved::Charge, 31_500), (by_hand, 500)]);
    let before = Day::of("2026-11-21".parse().unwrap(), &zone).unwrap();
    assert_eq!(world.toss.transactions(&before).await, Transactions::Known(Vec::new()));
    for call in ["transactions", "look-up"] {
        world.stub.faults().on(call, Kind::Status { status: 503 }, 1);
        assert_eq!(world.toss.transactions(&day).await, Transactions::Unknown, "{call}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_day_of_many_refunds_is_listed_in_time() {
    let world = world().await;
    for attempt in 1..=40 {
        let token = world.charge(attempt).token;
        world.stub.confirm(&token);
        world.stub.cancel(&token, PRICE, "by hand");
    }
    world.stub.faults().always("look-up", Kind::Slow { ms: 100, jitter_ms: 0 });
    let day = Day::of("2026-11-22".parse().unwrap(), &jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).unwrap();
    // One after the other they take 4 s.
    let listed = tokio::time::timeout(Duration::from_secs(2), world.toss.transactions(&day)).await.unwrap();
    let Transactions::Known(moved) = listed else { panic!("no answer") };
    assert_eq!((moved.len(), world.stub.calls("look-up")), (80, 40));
    world.end().await;
}

/// Toss at an address where everything is answered like this.
async fn rubbish(answer: axum::response::Response, shutdown: &Shutdown) -> TossProvider {
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let answer =
        async move || axum::response::Response::from_parts(parts.clone(), axum::body::Body::from(body.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let router = axum::Router::new().fallback(answer);
    let address = platform::stub::Stub::new(|_, _| None).serve(listener, router, shutdown).unwrap();
    TossProvider::new(&format!("http://{address}"), key(), no_retries()).unwrap()
}

#[tokio::test]
async fn from_rubbish_nothing_is_concluded() {
    use axum::response::IntoResponse;
    let deep = "[".repeat(100_000);
    let bodies = [
        "",
        "null",
        "{}",
        "[]x",
        "\"DONE\"",
        "<html>502</html>",
        r#"{"code":7}"#,
        r#"{"code":""}"#,
        r#"{"status":"DONE"}"#,
        r#"{"orderId":"x","paymentKey":"k","totalAmount":"31500","balanceAmount":0,"status":"DONE"}"#,
        &deep,
    ];
    let shutdown = Shutdown::new();
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(9));
    let day = Day::of("2026-11-22".parse().unwrap(), &zone).unwrap();
    for status in [200, 204, 302, 400, 401, 404, 418, 500, 503] {
        for body in bodies {
            let status = StatusCode::from_u16(status).unwrap();
            let location = [("location", "http://127.0.0.1:1/")];
            let toss = rubbish((status, location, body.to_owned()).into_response(), &shutdown).await;
            let charge = Charge {
                reference: reference(order(), 1),
                amount: PRICE,
                currency: Currency::Krw,
                method: PaymentMethod::Card,
                token: "k".to_owned(),
            };
            assert_eq!(toss.charge(charge).await, ChargeAnswer::Unknown, "{status} {body:.40}");
            assert_eq!(toss.look_up(&reference(order(), 1)).await, LookUp::Unknown, "{status} {body:.40}");
            assert_eq!(toss.refund(refund(1, 1)).await, RefundAnswer::Unknown, "{status} {body:.40}");
            assert_eq!(toss.transactions(&day).await, Transactions::Unknown, "{status} {body:.40}");
        }
    }
    shutdown.begin();
    assert!(shutdown.drained(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    use axum::response::IntoResponse;
    let shutdown = Shutdown::new();
    let body = |spaces| {
        let done = json!({
            "paymentKey": "k", "orderId": reference(order(), 1), "totalAmount": PRICE, "balanceAmount": PRICE,
            "status": "DONE", "approvedAt": noon(), "cancels": null,
        });
        format!("{}{done}", " ".repeat(spaces)).into_response()
    };
    let toss = rubbish(body(1_000_000), &shutdown).await;
    assert_eq!(toss.look_up(&reference(order(), 1)).await, LookUp::Charged { amount: PRICE, approved_at: noon() });
    let toss = rubbish(body(10_000_000), &shutdown).await;
    assert_eq!(toss.look_up(&reference(order(), 1)).await, LookUp::Unknown);
    shutdown.begin();
    assert!(shutdown.drained(Duration::from_secs(5)).await);
}

#[test]
fn an_answer_about_something_else_says_nothing() {
    let answer = |change: serde_json::Value| {
        let mut body = json!({
            "paymentKey": "k", "orderId": reference(order(), 1), "totalAmount": PRICE, "balanceAmount": PRICE,
            "status": "DONE", "approvedAt": "2026-11-22T13:00:00+09:00", "cancels": null,
        });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let payment: Payment = serde_json::from_value(body).unwrap();
        payment.answer_to(&Charge {
            reference: reference(order(), 1),
            amount: PRICE,
            currency: Currency::Krw,
            method: PaymentMethod::Card,
            token: String::new(),
        })
    };
    let approved = ChargeAnswer::Approved { approved_at: "2026-11-22T04:00:00Z".parse().unwrap() };
    let ours = reason(refund(1, 0).refund_id);
    let declined = ChargeAnswer::Declined { code: PaymentCode::Aborted };
    let cases = [
        (json!({}), approved),
        (json!({ "status": "PARTIAL_CANCELED" }), approved),
        (json!({ "status": "CANCELED" }), declined),
        (json!({ "status": "CANCELED", "cancels": [{ "cancelAmount": 1, "cancelReason": "by hand" }] }), declined),
        (json!({ "status": "CANCELED", "cancels": [{ "cancelAmount": 1, "cancelReason": ours }] }), approved),
        (json!({ "status": "ABORTED", "approvedAt": null }), declined),
        (json!({ "status": "EXPIRED", "approvedAt": null }), declined),
        (json!({ "status": "READY" }), ChargeAnswer::Unknown),
        (json!({ "status": "IN_PROGRESS" }), ChargeAnswer::Unknown),
        (json!({ "status": "WAITING_FOR_DEPOSIT" }), ChargeAnswer::Unknown),
        (json!({ "status": "ON_THE_MOON" }), ChargeAnswer::Unknown),
        (json!({ "approvedAt": null }), ChargeAnswer::Unknown),
        (json!({ "orderId": reference(order(), 2) }), ChargeAnswer::Unknown),
        (json!({ "totalAmount": 1 }), ChargeAnswer::Unknown),
    ];
    for (change, expected) in cases {
        assert_eq!(answer(change.clone()), expected, "{change}");
    }
}

#[test]
fn a_refund_is_done_when_its_cancel_is() {
    let id = refund(1, 0).refund_id;
    let asked = |cancel: serde_json::Value| {
        let body = json!({
            "paymentKey": "k", "orderId": "o", "totalAmount": 5, "balanceAmount": 5, "status": "DONE",
            "cancels": [{ "cancelAmount": 1, "cancelReason": "by hand", "canceledAt": null }, cancel],
        });
        serde_json::from_value::<Payment>(body).unwrap().refund(id)
    };
    let cancel = |status: &str, at: Option<&str>| json!({ "cancelAmount": 1, "cancelReason": reason(id), "cancelStatus": status, "canceledAt": at });
    let at = "2026-11-22T13:00:00+09:00";
    assert_eq!(asked(cancel("DONE", Some(at))), RefundLookUp::Done { at: at.parse().unwrap() });
    assert_eq!(asked(cancel("DONE", None)), RefundLookUp::Unknown);
    assert_eq!(asked(cancel("IN_PROGRESS", None)), RefundLookUp::Unknown);
    assert_eq!(asked(cancel("ABORTED", Some(at))), RefundLookUp::NotFound);
    assert_eq!(asked(json!({ "cancelAmount": 1, "cancelReason": "refund me" })), RefundLookUp::NotFound);
    assert_eq!(asked(json!({ "cancelAmount": 1, "cancelReason": null })), RefundLookUp::NotFound);
}

#[test]
fn the_list_of_another_shop_s_transactions_can_be_read() {
    let line = json!({ "transactionKey": "t", "orderId": "their-order-1", "status": "DONE", "amount": 10.5,
        "transactionAt": "2026-11-22T13:00:00+09:00", "currency": "USD" });
    let read: Transaction = serde_json::from_value(line).unwrap();
    assert!(!read.is_ours());
    assert_eq!(read.way(), Way::In);
}

#[test]
fn only_addresses_that_keep_the_key_are_taken() {
    for wrong in ["", "api.tosspayments.com", "ftp://api.tosspayments.com", "https://"] {
        assert!(matches!(TossProvider::new(wrong, key(), no_retries()), Err(TossError::NotAnAddress(_))), "{wrong}");
    }
    let live = || Secret::new("live_sk_1");
    assert!(matches!(TossProvider::new("http://127.0.0.1:1", live(), no_retries()), Err(TossError::LiveKeyInClear)));
    let toss = TossProvider::new("https://api.tosspayments.com", live(), no_retries()).unwrap();
    let request = toss.request(Method::POST, &["payments", "a/../b?c", "cancel"]).build().unwrap();
    assert_eq!(request.url().as_str(), "https://api.tosspayments.com/v1/payments/a%2F..%2Fb%3Fc/cancel");
    assert_eq!(request.headers()["authorization"], "Basic bGl2ZV9za18xOg==");
}
