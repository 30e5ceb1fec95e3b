//! What the pages say, in both languages.

use jiff::tz::TimeZone;
use kernel::Time;
use kernel::lang::{Language, Localized};
use kernel::money::Amount;
use kernel::order::{Line, OrderStatus, PaymentCode, RefundStatus};

use crate::domain::pricing::Changed;

/// The longest name of an order that providers take for sure, in characters.
const LONGEST_NAME: usize = 60;

/// A text in Korean and in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words(&'static str, &'static str);

impl Words {
    /// The text in `language`.
    pub(super) const fn get(self, language: Language) -> &'static str {
        match language {
            Language::Ko => self.0,
            Language::En => self.1,
        }
    }
}

pub(super) const PLATFORM: Words = Words("배달", "Baedal");
pub(super) const PAY: Words = Words("결제하기", "Pay");
pub(super) const PAY_AGAIN: Words = Words("다시 결제하기", "Pay again");
pub(super) const LOOK: Words = Words("주문 상태 보기", "See the order");
pub(super) const NOT_CHARGED: Words = Words("청구된 금액은 없어요.", "Nothing was charged.");
pub(super) const NOT_PAID: Words = Words("결제되지 않았어요", "Not paid");
pub(super) const CHECKING: Words = Words("결제 확인 중", "Checking your payment");
pub(super) const CHECKING_WHY: Words = Words(
    "결제 결과를 확인하고 있어요. 화면은 저절로 바뀌니 다시 결제하지 말고 잠시 기다려 주세요.",
    "We are finding out how your payment came out. This page changes by itself: please wait, and do not pay again.",
);
pub(super) const PLACED_WHY: Words = Words(
    "결제를 마쳤어요. 가게에서 주문을 확인하고 있어요.",
    "Your payment is done. The store is looking at your order.",
);
pub(super) const TIME_OVER: Words = Words("결제 시간 만료", "Payment time ran out");
pub(super) const TIME_OVER_WHY: Words = Words(
    "결제 시간이 지나 주문이 만료되었어요. 주문을 새로 해 주세요.",
    "The time to pay for this order is over. Please order again.",
);
pub(super) const REFUND_IF_PAID: Words =
    Words("결제된 것으로 확인되면 전액 돌려드려요.", "Should it turn out to be paid, all of it goes back.");
pub(super) const UNKNOWN: Words = Words("주문을 찾을 수 없어요", "No such order");
pub(super) const UNKNOWN_WHY: Words = Words(
    "주소가 잘못되었거나 볼 수 있는 기간이 지났어요.",
    "The address is wrong, or the time in which it can be looked at is over.",
);
pub(super) const UNREADABLE: Words = Words("결제 정보를 읽을 수 없어요", "This payment cannot be read");
pub(super) const UNREADABLE_WHY: Words = Words(
    "결제창에서 돌아온 주소가 올바르지 않아요. 이 주소로는 아무것도 결제되지 않았어요.",
    "The address does not come from a payment window. Nothing was paid with it.",
);
pub(super) const OUTAGE: Words = Words("잠시 후 다시 시도해 주세요", "Please try again in a moment");
pub(super) const OUTAGE_WHY: Words = Words(
    "지금은 화면을 보여 드릴 수 없어요. 새로 고침해도 두 번 결제되지 않아요.",
    "This page cannot be shown right now. Loading it again never pays twice.",
);
pub(super) const OTHER_AMOUNT: Words = Words("결제 금액이 주문과 달라요", "The amount is not that of the order");
pub(super) const OTHER_AMOUNT_WHY: Words = Words(
    "이 금액으로는 결제하지 않았고, 청구된 금액도 없어요.",
    "It was not paid with this amount, and nothing was charged for it.",
);
pub(super) const CHANGED: Words = Words("가게의 주문 조건이 바뀌었어요", "Something changed at the store");
pub(super) const CHANGED_WHY: Words = Words(
    "그래서 이대로는 결제할 수 없어요. 청구된 금액은 없어요.",
    "The order cannot be paid as it is. Nothing was charged.",
);
pub(super) const TOO_EARLY: Words = Words("결제를 마치려면 이 주소를 여세요", "Open this address to finish paying");
pub(super) const TOO_EARLY_WHY: Words =
    Words("미리 불러오기로는 결제하지 않아요.", "Nothing is paid by loading it ahead.");

/// Why the window came to nothing, by the provider's code.
pub(super) fn failure(code: &str) -> Words {
    match code {
        "PAY_PROCESS_CANCELED" | "USER_CANCEL" => Words("결제를 취소했어요.", "You left the payment."),
        "PAY_PROCESS_ABORTED" => Words("결제 도중에 문제가 생겼어요.", "Something went wrong while paying."),
        "REJECT_CARD_COMPANY" => Words(
            "카드사에서 결제를 거절했어요. 다른 카드로 결제해 주세요.",
            "The card company refused. Please pay with another card.",
        ),
        _ => Words("결제를 마치지 못했어요.", "The payment was not finished."),
    }
}

/// Why a payment was declined.
pub(super) const fn declined(code: PaymentCode) -> Words {
    match code {
        PaymentCode::Limit => Words("카드 한도를 넘었어요.", "The card's limit is exceeded."),
        PaymentCode::Balance => Words("잔액이 부족해요.", "The balance is too low."),
        PaymentCode::Card => Words("카드 결제가 거절되었어요.", "The card was not accepted."),
        PaymentCode::Aborted => Words("결제가 중단되었어요.", "The payment was broken off."),
        PaymentCode::Other => Words("결제가 거절되었어요.", "The payment was declined."),
    }
}

/// What people read for a status; `pickup`: nobody brings it.
pub(super) const fn status(status: OrderStatus, pickup: bool) -> Words {
    match status {
        OrderStatus::AwaitingPayment => Words("결제 대기", "Waiting for payment"),
        OrderStatus::PaymentChecking => CHECKING,
        OrderStatus::PaymentFailed => Words("결제 실패", "Payment failed"),
        OrderStatus::Expired => TIME_OVER,
        OrderStatus::Placed => Words("가게 확인 중", "Waiting for the store"),
        OrderStatus::Accepted => Words("주문 접수", "Accepted"),
        OrderStatus::Cooking => Words("조리 중", "Preparing"),
        OrderStatus::Ready if pickup => Words("포장 완료", "Ready"),
        OrderStatus::Ready => Words("조리 완료", "Ready"),
        OrderStatus::Delivering => Words("배달 중", "On its way"),
        OrderStatus::Delivered if pickup => Words("픽업 완료", "Picked up"),
        OrderStatus::Delivered => Words("배달 완료", "Delivered"),
        OrderStatus::Undelivered => Words("배달 미완료", "Not delivered"),
        OrderStatus::CancelRequested => Words("취소 확인 중", "Cancelling"),
        OrderStatus::Cancelled => Words("주문 취소", "Cancelled"),
    }
}

/// Where the money stands, where some goes back.
pub(super) const fn refund(status: RefundStatus) -> Option<Words> {
    match status {
        RefundStatus::None => None,
        RefundStatus::Pending => Some(Words("환불 진행 중", "Refund on its way")),
        RefundStatus::Done => Some(Words("환불 완료", "Refunded")),
        RefundStatus::Failed => Some(Words("환불 확인 중", "Checking your refund")),
    }
}

/// `오후 7:25`, `7:25 pm`.
pub(super) fn clock(at: Time, zone: &TimeZone, language: Language) -> String {
    let local = at.to_zoned(zone.clone());
    let hour = match local.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let (minute, morning) = (local.minute(), local.hour() < 12);
    match (language, morning) {
        (Language::Ko, true) => format!("오전 {hour}:{minute:02}"),
        (Language::Ko, false) => format!("오후 {hour}:{minute:02}"),
        (Language::En, true) => format!("{hour}:{minute:02} am"),
        (Language::En, false) => format!("{hour}:{minute:02} pm"),
    }
}

/// `31,500원`, `KRW 31,500`.
pub(super) fn won(amount: Amount, language: Language) -> String {
    match language {
        Language::Ko => format!("{amount}원"),
        Language::En => format!("KRW {amount}"),
    }
}

/// Until when an order without a payment is kept.
pub(super) fn kept_until(clock: &str, language: Language) -> String {
    match language {
        Language::Ko => format!("{clock}까지 주문을 보관할게요."),
        Language::En => format!("We keep your order until {clock}."),
    }
}

/// The same where a payment could not be sent.
pub(super) fn deferred_until(clock: &str, language: Language) -> String {
    match language {
        Language::Ko => format!("지금 결제 연결이 원활하지 않아요. {clock}까지 주문을 보관할게요."),
        Language::En => format!("Payments are slow right now. We keep your order until {clock}."),
    }
}

/// When it is expected.
pub(super) fn expected(clock: &str, language: Language) -> String {
    match language {
        Language::Ko => format!("도착 예정: {clock}경"),
        Language::En => format!("Arrives: about {clock}"),
    }
}

/// What an order is called where there is room for one line: its first thing, and how many more there are.
pub(super) fn name_of(lines: &[Line], language: Language) -> String {
    let Some(first) = lines.first() else { return PLATFORM.get(language).to_owned() };
    let more = match (lines.len() - 1, language) {
        (0, _) => String::new(),
        (more, Language::Ko) => format!(" 외 {more}건"),
        (more, Language::En) => format!(" and {more} more"),
    };
    let name: String = first.name.get(language).chars().take(LONGEST_NAME).collect();
    format!("{name}{more}")
}

/// What changed at the store since the order was made.
pub(super) fn changed(change: &Changed, language: Language) -> String {
    let named = |name: &Localized, ko: &str, en: &str| match language {
        Language::Ko => format!("{}: {ko}", name.ko),
        Language::En => format!("{}: {en}", name.en),
    };
    let plain = |words: Words| words.get(language).to_owned();
    match change {
        Changed::StoreClosed(_) => plain(Words("가게가 지금 주문을 받지 않아요.", "The store takes no orders now.")),
        Changed::WayNotOffered => {
            plain(Words("이 배달 방식을 더 이상 고를 수 없어요.", "This way of delivery is no longer offered."))
        }
        Changed::Fee { was, now } => match language {
            Language::Ko => format!("배달비: {was}원 → {now}원"),
            Language::En => format!("Delivery fee: KRW {was} → {now}"),
        },
        Changed::ItemGone { name, .. } => named(name, "메뉴에서 빠졌어요.", "no longer on the menu."),
        Changed::SoldOut { name, .. } => named(name, "품절되었어요.", "sold out."),
        Changed::Options { name, .. } => named(name, "고른 옵션이 바뀌었어요.", "its options changed."),
        Changed::Price { name, was, now, .. } => {
            named(name, &format!("{was}원 → {now}원"), &format!("KRW {was} → {now}"))
        }
        Changed::BelowMinimum { minimum } => match language {
            Language::Ko => format!("최소주문금액: {minimum}원"),
            Language::En => format!("Minimum order: KRW {minimum}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_amounts_read_as_people_write_them() {
        let zone = TimeZone::fixed(jiff::tz::Offset::constant(9));
        let at = |text: &str| text.parse::<Time>().unwrap();
        assert_eq!(clock(at("2026-11-22T10:05:00Z"), &zone, Language::Ko), "오후 7:05");
        assert_eq!(clock(at("2026-11-22T03:00:00Z"), &zone, Language::En), "12:00 pm");
        assert_eq!(clock(at("2026-11-22T15:30:00Z"), &zone, Language::Ko), "오전 12:30");
        assert_eq!(won(Amount::new(31_500), Language::Ko), "31,500원");
        assert_eq!(won(Amount::new(31_500), Language::En), "KRW 31,500");
    }
}
