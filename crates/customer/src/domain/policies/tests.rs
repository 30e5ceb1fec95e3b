use kernel::Time;
use kernel::events::app::{
    AppEvent, CancelRefused, CancelRequested, DeliveredAfterCancel, DeliveryTroubled, OrderAdjusted, OrderCancelled,
    OrderCompleted, OrderDelayed, OrderExpired, OrderPlaced, OrderProgressed, OrderReceived, OrderUndelivered,
    PaidSoFar, PaymentDeferred, PaymentFailed, PaymentStarted, PaymentUnconfirmed, PersonalDataErased, RefundOutcome,
    RefundRecorded, Trouble,
};
use kernel::events::customer::NoticeKind;
use kernel::ids::RefundId;
use kernel::lang::{Language, Localized};
use kernel::money::Amount;
use kernel::order::{
    AdjustReason, BorneBy, CancelCause, CancelReason, DelayCause, DeliveryBy, LineLeft, PaymentCode, PaymentMethod,
    Progress, RefuseReason, TroubleReason,
};
use kernel::personal::{Handover, PersonalData};
use uuid::Uuid;

use super::when_app;
use crate::domain::commands::{QueueNotice, What};
use crate::domain::notice::notice_id_for;
use crate::domain::samples::{
    adjustment_id, at, created, customer, details, facts, line_id, number, private, recorded, seoul,
};
use crate::domain::templates::{Rendered, read_back};
use crate::domain::views::OrderFacts;

const LANGUAGES: [Language; 2] = [Language::Ko, Language::En];

/// What is queued when `event` happens to an order that `facts` describe.
fn told(event: AppEvent, facts: OrderFacts) -> Option<QueueNotice> {
    let event = recorded(event);
    let facts = OrderFacts::apply(Some(facts), &event).unwrap();
    when_app(&event, &facts, &seoul()).map(|what| match what {
        What::QueueNotice(notice) => notice,
        other @ (What::SkipNotice { .. } | What::RecordSent { .. } | What::RecordFailed { .. }) => {
            panic!("a policy queues and nothing else: {other:?}")
        }
    })
}

fn whole(notice: &QueueNotice) -> Rendered {
    read_back(notice.kind, notice.language, &notice.text, None).expect("the text is of a template")
}

/// `event` of an order brought by `delivery_by` tells the customer this, in full, in both languages.
#[track_caller]
fn tells_by(delivery_by: DeliveryBy, event: impl Into<AppEvent>, kind: NoticeKind, code: &str, says: [&str; 2]) {
    let event = event.into();
    for (language, says) in LANGUAGES.into_iter().zip(says) {
        let notice = told(event.clone(), facts(language, delivery_by)).expect("something is told");
        let rendered = whole(&notice);
        assert_eq!(notice.kind, kind);
        assert_eq!(rendered.code, format!("{code}_{}", language.code().to_uppercase()));
        assert!(notice.text.contains(says), "{says} is not in: {}", notice.text);
        assert!(!notice.text.contains(": \n") && !notice.text.contains("()"), "a value is missing in: {}", notice.text);
        assert!(notice.text.contains("1122-K7Q3"));
    }
}

#[track_caller]
fn tells(event: impl Into<AppEvent>, kind: NoticeKind, code: &str, says: [&str; 2]) {
    tells_by(DeliveryBy::Rider, event, kind, code, says);
}

#[track_caller]
fn tells_nothing(event: impl Into<AppEvent>) {
    assert_eq!(told(event.into(), facts(Language::Ko, DeliveryBy::Rider)), None);
}

fn progressed(to: Progress, eta: Option<Time>) -> OrderProgressed {
    OrderProgressed { order_number: number(), to, eta }
}

fn cancelled(cause: CancelCause, reason: CancelReason, paid: PaidSoFar, refund: i64) -> OrderCancelled {
    OrderCancelled {
        order_number: number(),
        cause,
        reason,
        borne_by: BorneBy::Platform,
        refund_amount: Amount::new(refund),
        paid,
        method: Some(PaymentMethod::EasyPay),
        erase_at: at("23:00:00"),
        private: None,
    }
}

fn undelivered(refund: i64) -> OrderUndelivered {
    OrderUndelivered {
        order_number: number(),
        reason: CancelReason::NoContact,
        borne_by: BorneBy::Customer,
        refund_amount: Amount::new(refund),
        method: PaymentMethod::Card,
        erase_at: at("23:00:00"),
    }
}

fn requested(cause: CancelCause) -> CancelRequested {
    CancelRequested {
        order_number: number(),
        cause,
        reason: CancelReason::Customer,
        answer_by: at("18:52:00"),
        private: None,
    }
}

fn refused(cause: CancelCause, reason: RefuseReason, eta: Option<Time>) -> CancelRefused {
    CancelRefused { order_number: number(), cause, reason, eta }
}

fn adjusted() -> OrderAdjusted {
    OrderAdjusted {
        order_number: number(),
        adjustment_id: adjustment_id(),
        lines: vec![LineLeft { line_id: line_id(2), quantity: 0 }],
        amount: Amount::new(5_500),
        reason: AdjustReason::Missing,
        borne_by: BorneBy::Store,
        summary: Localized::new("치즈볼 (5개) 1개", "Cheese Balls (5) x 1"),
    }
}

fn refund(outcome: RefundOutcome, is_of_adjustment: bool) -> RefundRecorded {
    RefundRecorded {
        order_number: number(),
        refund_id: RefundId::from(Uuid::from_u128(90)),
        amount: Amount::new(5_500),
        outcome,
        method: PaymentMethod::Transfer,
        adjustment: is_of_adjustment.then(adjustment_id),
        at: at("18:50:00"),
    }
}

fn completed(delivery_by: DeliveryBy, handover: Option<Handover>) -> OrderCompleted {
    OrderCompleted { order_number: number(), delivery_by, handover, done_at: at("19:22:00"), erase_at: at("23:00:00") }
}

fn placed(delivery_by: DeliveryBy) -> OrderPlaced {
    OrderPlaced {
        details: details(Language::Ko, delivery_by),
        attempt: 1,
        method: PaymentMethod::EasyPay,
        placed_at: at("18:42:01"),
        unreachable_at: at("19:42:01"),
        private: None,
    }
}

fn troubled(trouble: Trouble) -> DeliveryTroubled {
    DeliveryTroubled { order_number: number(), trouble }
}

#[test]
fn a_created_order_is_not_told_before_it_is_paid() {
    tells_nothing(created(Language::Ko, DeliveryBy::Rider));
}

#[test]
fn an_attempt_to_pay_is_not_told_before_its_outcome() {
    tells_nothing(PaymentStarted {
        order_number: number(),
        attempt: 1,
        amount: Amount::new(31_500),
        method: PaymentMethod::Card,
        started_at: at("18:42:00"),
        doubt_at: at("18:42:10"),
    });
}

#[test]
fn a_deferred_payment_is_told_with_when_to_pay() {
    let event = PaymentDeferred {
        order_number: number(),
        attempt: 1,
        retry_at: at("18:45:00"),
        hold_ends_at: at("18:52:00"),
        amount: Amount::new(31_500),
    };
    let says =
        ["▶ 결제 가능: 오후 6:45부터\n▶ 주문 보관: 오후 6:52까지", "- Pay from: 6:45 pm\n- Order kept until: 6:52 pm"];
    tells(event, NoticeKind::PayDeferred, "BD_PAY_DEFERRED", says);
}

#[test]
fn a_payment_in_doubt_is_told() {
    let event = PaymentUnconfirmed {
        order_number: number(),
        attempt: 1,
        amount: Amount::new(31_500),
        operator_at: at("19:42:00"),
    };
    tells(event, NoticeKind::PayChecking, "BD_PAY_CHECKING", ["결제금액: 31,500원", "Amount: KRW 31,500"]);
}

#[test]
fn a_declined_payment_is_told_with_the_reason() {
    let event = PaymentFailed {
        order_number: number(),
        attempt: 1,
        code: PaymentCode::Limit,
        hold_ends_at: at("18:52:00"),
        amount: Amount::new(31_500),
    };
    tells(event, NoticeKind::PayFailed, "BD_PAY_FAILED", ["▶ 사유: 한도 초과", "- Reason: Limit exceeded"]);
}

#[test]
fn a_placed_order_is_told_with_what_was_paid() {
    let says = [
        "▶ 결제금액: 31,500원 (간편결제)\n▶ 주문일시: 11월 22일(일) 오후 6:42",
        "- Paid: KRW 31,500 (Easy pay)\n- Ordered: Sun 22 Nov, 6:42 pm",
    ];
    tells(placed(DeliveryBy::Rider), NoticeKind::Placed, "BD_PLACED", says);
    tells_by(DeliveryBy::Pickup, placed(DeliveryBy::Pickup), NoticeKind::Placed, "BD_PLACED_PU", says);
}

#[test]
fn an_expired_order_is_told() {
    let event = OrderExpired { order_number: number(), erase_at: at("23:00:00") };
    tells(event, NoticeKind::Expired, "BD_EXPIRED", ["반반치킨 외 2건", "Half & Half Chicken and 2 more"]);
}

#[test]
fn an_order_in_front_of_the_store_is_no_news() {
    tells_nothing(OrderReceived { order_number: number(), answer_by: at("18:52:00") });
}

#[test]
fn progress_is_told_with_the_arrival() {
    let eta = Some(at("19:25:00"));
    let says = ["도착 예정: 오후 7:25경", "Arrives: about 7:25 pm"];
    tells(progressed(Progress::Accepted, eta), NoticeKind::Accepted, "BD_ACCEPTED", says);
    tells(progressed(Progress::Cooking, eta), NoticeKind::Cooking, "BD_COOKING", says);
    tells(progressed(Progress::Ready, eta), NoticeKind::Ready, "BD_READY", ["라이더 배달", says[1]]);
    tells(
        progressed(Progress::Delivering, eta),
        NoticeKind::OnTheWay,
        "BD_ON_THE_WAY",
        ["▶ 전달 방법: 직접 전달\n▶ 도착 예정: 오후 7:25경", "- Hand-over: Hand to me\n- Arrives: about 7:25 pm"],
    );
}

#[test]
fn progress_whose_event_names_no_time_is_told_with_the_last_one_known() {
    let known = OrderFacts { eta: Some(at("19:31:00")), ..facts(Language::Ko, DeliveryBy::Store) };
    let notice = told(progressed(Progress::Delivering, None).into(), known).unwrap();
    assert!(notice.text.contains("▶ 배달 방식: 가게배달") && notice.text.contains("도착 예정: 오후 7:31경"));
}

#[test]
fn progress_of_which_no_time_is_known_is_told_without_one() {
    let deliveries = [
        (Progress::Accepted, NoticeKind::Accepted, "BD_ACCEPTED_PU"),
        (Progress::Cooking, NoticeKind::Cooking, "BD_COOKING_PU"),
        (Progress::Ready, NoticeKind::Ready, "BD_READY_SOON"),
        (Progress::Delivering, NoticeKind::OnTheWay, "BD_ON_WAY_SOON"),
    ];
    for (to, kind, code) in deliveries {
        tells(progressed(to, None), kind, code, ["▶ 가게: 윤슬골목치킨", "- Store: Yunseul Alley Chicken"]);
    }
}

#[test]
fn a_pickup_is_told_without_arrival_and_when_it_is_ready() {
    let eta = Some(at("19:10:00"));
    let store = ["▶ 가게: 윤슬골목치킨", "- Store: Yunseul Alley Chicken"];
    let tells = |to, kind, code, says| tells_by(DeliveryBy::Pickup, progressed(to, eta), kind, code, says);
    tells(Progress::Accepted, NoticeKind::Accepted, "BD_ACCEPTED_PU", store);
    tells(Progress::Cooking, NoticeKind::Cooking, "BD_COOKING_PU", store);
    let ready = ["▶ 준비 완료: 오후 7:22", "- Ready since: 7:22 pm"];
    tells(Progress::Ready, NoticeKind::PickupReady, "BD_PICKUP_READY", ready);
    let on_the_way = progressed(Progress::Delivering, eta).into();
    assert_eq!(told(on_the_way, facts(Language::Ko, DeliveryBy::Pickup)), None);
}

#[test]
fn a_delay_is_told_with_both_times() {
    let event = OrderDelayed {
        order_number: number(),
        cause: DelayCause::NoRider,
        old_eta: at("19:25:00"),
        new_eta: at("19:45:00"),
    };
    let says = [
        "▶ 사유: 라이더 배정 지연\n▶ 처음 안내: 오후 7:25경\n▶ 변경 안내: 오후 7:45경",
        "- Reason: No rider yet\n- We said: about 7:25 pm\n- New time: about 7:45 pm",
    ];
    tells(event.clone(), NoticeKind::Delayed, "BD_DELAYED", says);
    tells_by(DeliveryBy::Pickup, event, NoticeKind::Delayed, "BD_DELAYED_PU", says);
}

#[test]
fn trouble_on_the_way_is_told_but_not_that_it_is_over() {
    let says = ["배달 중 문제가 발생해 확인하고 있습니다", "There is a problem on the way and we are looking into it"];
    for trouble in [Trouble::Interrupted(TroubleReason::Vehicle), Trouble::Failed(TroubleReason::NoContact)] {
        tells(troubled(trouble), NoticeKind::Trouble, "BD_TROUBLE", says);
    }
    tells_nothing(troubled(Trouble::Resumed));
}

#[test]
fn a_cancel_that_is_asked_for_is_told_with_when_the_answer_comes() {
    let says = ["▶ 결과 안내: 오후 6:52까지", "- Answer by: 6:52 pm"];
    tells(requested(CancelCause::CustomerAsked), NoticeKind::CancelAsked, "BD_CANCEL_ASKED", says);
}

#[test]
fn a_cancel_of_an_unreachable_store_is_neither_told_when_asked_nor_when_refused() {
    tells_nothing(requested(CancelCause::StoreUnreachable));
    tells_nothing(refused(CancelCause::StoreUnreachable, RefuseReason::Accepted, None));
}

#[test]
fn a_refused_cancel_is_told_with_the_reason() {
    let reason = RefuseReason::CookingStarted;
    let event = refused(CancelCause::CustomerAsked, reason, Some(at("19:25:00")));
    let says =
        ["▶ 사유: 조리 시작 후\n▶ 도착 예정: 오후 7:25경", "- Reason: Cooking has started\n- Arrives: about 7:25 pm"];
    tells(event, NoticeKind::CancelRefused, "BD_CANCEL_REFUSED", says);
    let untimed = refused(CancelCause::CustomerAsked, reason, None);
    let says = ["▶ 사유: 조리 시작 후", "- Reason: Cooking has started"];
    tells(untimed, NoticeKind::CancelRefused, "BD_CANCEL_REF_PU", says);
}

#[test]
fn a_cancelled_order_is_told_with_reason_and_refund() {
    let reasons = [
        (CancelCause::CustomerAsked, CancelReason::Customer, ["고객 요청", "You asked to cancel"]),
        (CancelCause::StoreWithdrew, CancelReason::Undeliverable, ["배달 불가", "Could not be delivered"]),
        (CancelCause::OperatorDecided, CancelReason::Support, ["고객센터 처리", "Cancelled by support"]),
        (CancelCause::PaidTooLate, CancelReason::LatePayment, ["결제 확인 지연", "Payment came too late"]),
    ];
    for (cause, reason, words) in reasons {
        let event = cancelled(cause, reason, PaidSoFar::Everything, 31_500);
        let ko = format!("▶ 취소 사유: {}\n▶ 환불 예정 금액: 31,500원 (간편결제)", words[0]);
        let en = format!("- Reason: {}\n- To be refunded: KRW 31,500 (Easy pay)", words[1]);
        tells(event, NoticeKind::Cancelled, "BD_CANCELLED", [&ko, &en]);
    }
}

#[test]
fn an_order_cancelled_without_refund_promises_none() {
    let event = cancelled(CancelCause::OperatorDecided, CancelReason::NoContact, PaidSoFar::Everything, 0);
    let says = ["환불되는 금액이 없습니다", "Nothing is refunded"];
    tells(event, NoticeKind::Cancelled, "BD_CANCELLED_NR", says);
}

#[test]
fn an_order_that_the_store_rejected_or_could_not_be_reached_for_is_told_as_not_accepted() {
    let reasons = [
        (CancelCause::StoreRejected, CancelReason::SoldOut, ["재료 소진", "Ran out of ingredients"]),
        (CancelCause::StoreRejected, CancelReason::Silent, ["가게 미응답", "Store did not answer"]),
        (CancelCause::StoreUnreachable, CancelReason::Unreachable, ["가게 미응답", "Store did not answer"]),
    ];
    for (cause, reason, says) in reasons {
        let event = cancelled(cause, reason, PaidSoFar::Everything, 31_500);
        tells(event, NoticeKind::Rejected, "BD_REJECTED", says);
    }
}

#[test]
fn an_order_cancelled_before_it_was_paid_is_told_as_such() {
    let event = cancelled(CancelCause::CustomerAsked, CancelReason::Customer, PaidSoFar::Nothing, 0);
    let says = ["결제된 금액은 없습니다", "You have not been charged"];
    tells(event, NoticeKind::CancelUnpaid, "BD_CANCEL_UNPAID", says);
}

#[test]
fn an_order_cancelled_while_its_payment_is_checked_promises_whatever_was_charged() {
    let event = cancelled(CancelCause::CustomerAsked, CancelReason::Customer, PaidSoFar::Unknown, 31_500);
    let says = ["결제된 금액이 있으면 전액 환불됩니다", "If you were charged, all of it is refunded"];
    tells(event, NoticeKind::CancelChecking, "BD_CANCEL_CHECK", says);
}

#[test]
fn an_adjustment_is_told_when_its_money_is_back() {
    tells_nothing(adjusted());
    for (language, says) in LANGUAGES.into_iter().zip([
        "▶ 환불 항목: 치즈볼 (5개) 1개\n▶ 사유: 메뉴 누락\n▶ 환불 금액: 5,500원 (계좌이체)",
        "- Item: Cheese Balls (5) x 1\n- Reason: Missing item\n- Refunded: KRW 5,500 (Bank transfer)",
    ]) {
        let facts = OrderFacts::apply(Some(facts(language, DeliveryBy::Rider)), &recorded(adjusted().into())).unwrap();
        let notice = told(refund(RefundOutcome::Done, true).into(), facts).unwrap();
        assert_eq!(notice.kind, NoticeKind::PartRefunded);
        assert!(notice.text.contains(says), "{}", notice.text);
    }
}

#[test]
fn a_refund_is_told_when_the_money_is_back() {
    let says = [
        "▶ 환불 금액: 5,500원\n▶ 환불 수단: 계좌이체\n▶ 환불 일시: 11월 22일(일) 오후 6:50",
        "- Refunded: KRW 5,500\n- To: Bank transfer\n- Time: Sun 22 Nov, 6:50 pm",
    ];
    tells(refund(RefundOutcome::Done, false), NoticeKind::Refunded, "BD_REFUNDED", says);
}

#[test]
fn a_refund_that_fails_is_never_told() {
    tells_nothing(refund(RefundOutcome::Failed, false));
    tells_nothing(refund(RefundOutcome::Failed, true));
}

#[test]
fn food_delivered_after_a_cancel_is_no_news() {
    tells_nothing(DeliveredAfterCancel { order_number: number() });
}

#[test]
fn an_order_that_could_not_be_delivered_is_told_with_what_is_refunded() {
    let says = [
        "▶ 사유: 연락 두절\n▶ 환불 예정 금액: 10,000원 (카드)",
        "- Reason: Could not reach you\n- To be refunded: KRW 10,000 (Card)",
    ];
    tells(undelivered(10_000), NoticeKind::Undelivered, "BD_UNDELIVERED", says);
    let says = ["환불되는 금액이 없습니다", "Nothing is refunded"];
    tells(undelivered(0), NoticeKind::Undelivered, "BD_UNDELIVER_NR", says);
}

#[test]
fn a_delivered_order_is_told_with_how_it_was_handed_over() {
    let says = [
        "▶ 완료 시각: 오후 7:22\n▶ 전달 방법: 경비실 보관",
        "- Delivered at: 7:22 pm\n- Hand-over: Leave with the guard",
    ];
    let event = completed(DeliveryBy::Rider, Some(Handover::Guard));
    tells(event, NoticeKind::Delivered, "BD_DELIVERED", says);
    let says = ["전달 방법: 직접 전달", "Hand-over: Hand to me"];
    tells_by(DeliveryBy::Store, completed(DeliveryBy::Store, None), NoticeKind::Delivered, "BD_DELIVERED", says);
}

#[test]
fn an_order_that_was_collected_is_told_as_picked_up() {
    let says = ["▶ 완료 시각: 오후 7:22", "- Picked up at: 7:22 pm"];
    let event = completed(DeliveryBy::Pickup, None);
    tells_by(DeliveryBy::Pickup, event, NoticeKind::PickedUp, "BD_PICKED_UP", says);
}

#[test]
fn erasing_personal_data_is_no_news() {
    tells_nothing(PersonalDataErased { order_number: number() });
}

#[test]
fn a_notice_goes_to_the_orderer_with_phone_and_link_apart() {
    let notice = told(placed(DeliveryBy::Rider).into(), facts(Language::Ko, DeliveryBy::Rider)).unwrap();
    assert_eq!(notice.customer_id, customer());
    assert_eq!(notice.order_number, number());
    assert_eq!(notice.notice_id, notice_id_for("log/5", at("19:22:00")));
    let kept = PersonalData { phone: private().phone, link_token: private().link_token, ..PersonalData::default() };
    assert_eq!(notice.private, Some(Box::new(kept)));
    for secret in ["010", "어울마당로", "Zk3vQ9tXb1"] {
        assert!(!notice.text.contains(secret));
    }
}

#[test]
fn an_order_whose_personal_data_is_gone_is_still_told() {
    let erased = OrderFacts { private: None, ..facts(Language::Ko, DeliveryBy::Rider) };
    let notice = told(completed(DeliveryBy::Rider, None).into(), erased).unwrap();
    assert_eq!(notice.private, None);
    assert!(notice.text.contains("문 앞에 두기"));
}
