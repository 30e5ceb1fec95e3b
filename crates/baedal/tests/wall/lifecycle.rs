//! The lifecycle of an order, status by status.

use kernel::order::OrderStatus;

/// What each command makes of an order in each status; app's tests keep it true.
const OUTCOMES: &str = include_str!("../../../app/src/domain/order/tests/lifecycle.txt");

/// Every status, in the order of the table.
pub const ALL: [OrderStatus; 13] = [
    OrderStatus::AwaitingPayment,
    OrderStatus::PaymentChecking,
    OrderStatus::PaymentFailed,
    OrderStatus::Expired,
    OrderStatus::Placed,
    OrderStatus::Accepted,
    OrderStatus::Cooking,
    OrderStatus::Ready,
    OrderStatus::Delivering,
    OrderStatus::Delivered,
    OrderStatus::Undelivered,
    OrderStatus::CancelRequested,
    OrderStatus::Cancelled,
];

/// What a status is called in Korean, what it means, and what it goes to.
pub const fn about(status: OrderStatus) -> (&'static str, &'static str, &'static str) {
    match status {
        OrderStatus::AwaitingPayment => (
            "결제 대기",
            "nothing is paid yet",
            "approved → PLACED · declined → PAYMENT_FAILED · unknown → PAYMENT_CHECKING · not sent → stays · hold over → EXPIRED",
        ),
        OrderStatus::PaymentChecking => (
            "결제 확인 중",
            "nobody knows yet whether it is paid",
            "approved in time → PLACED, later → CANCELLED and refunded · declined → PAYMENT_FAILED · never reached the provider → AWAITING_PAYMENT",
        ),
        OrderStatus::PaymentFailed => {
            ("결제 실패", "the payment was declined", "pays again → as AWAITING_PAYMENT · hold over → EXPIRED")
        }
        OrderStatus::Expired => ("결제 시간 만료", "the time to pay ran out", ""),
        OrderStatus::Placed => (
            "가게 확인 중",
            "paid, and the store is asked",
            "accepted → ACCEPTED · rejected → CANCELLED · cancel asked for → CANCEL_REQUESTED",
        ),
        OrderStatus::Accepted => (
            "주문 접수",
            "the store takes it",
            "cooking starts → COOKING · cancel asked for → CANCEL_REQUESTED · withdrawn → CANCELLED",
        ),
        OrderStatus::Cooking => {
            ("조리 중", "it is in the pan", "cooked → READY · withdrawn or cancelled by the operator → CANCELLED")
        }
        OrderStatus::Ready => (
            "조리 완료",
            "it is cooked; a pick-up can be collected",
            "on its way → DELIVERING · collected → DELIVERED · withdrawn or cancelled by the operator → CANCELLED",
        ),
        OrderStatus::Delivering => (
            "배달 중",
            "it is on its way",
            "at the door → DELIVERED · closed by the operator → UNDELIVERED · withdrawn or cancelled by the operator → CANCELLED",
        ),
        OrderStatus::Delivered => ("배달 완료 (픽업 완료)", "the customer has it", ""),
        OrderStatus::Undelivered => ("배달 미완료", "it could not be delivered; refunded as decided", ""),
        OrderStatus::CancelRequested => (
            "취소 확인 중",
            "the store is asked whether it is too late",
            "confirmed, rejected or unanswered → CANCELLED · refused → the furthest progress heard meanwhile · delivered → DELIVERED",
        ),
        OrderStatus::Cancelled => ("주문 취소", "it is cancelled, and what was paid goes back as decided", ""),
    }
}

/// What comes of the customer's wish to cancel.
pub fn cancel(status: OrderStatus) -> String {
    let name = name(status);
    let outcomes = OUTCOMES.lines().skip_while(|line| *line != "RequestCancel(customer)").skip(1);
    let mut outcomes =
        outcomes.take_while(|line| line.starts_with(' ')).filter_map(|line| line.trim().split_once(": "));
    let outcome = outcomes.find(|(_, statuses)| statuses.split(' ').any(|status| status == name));
    match outcome.map(|(outcome, _)| outcome) {
        Some("OrderCancelled") => "yes, at once".to_owned(),
        Some("CancelRequested") => "yes, the store confirms".to_owned(),
        Some("-") => "nothing changes".to_owned(),
        Some(slug) => format!("no: `{slug}`"),
        None => panic!("app's lifecycle.txt does not say what a cancel makes of {name}"),
    }
}

/// A status as answers name it.
pub fn name(status: OrderStatus) -> String {
    let name = serde_json::to_value(status).expect("a status is a word");
    name.as_str().unwrap_or_default().to_owned()
}
