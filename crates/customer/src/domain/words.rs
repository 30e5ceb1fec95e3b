//! The closed lists behind a message's reasons and ways: a reason is never anybody's free text.

use kernel::lang::Language;
use kernel::order::{
    AdjustReason, CancelReason, DelayCause, DeliveryBy, PaymentCode, PaymentMethod, RefuseReason, RejectReason,
};
use kernel::personal::Handover;

/// A phrase in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Korean.
    pub ko: &'static str,
    /// English.
    pub en: &'static str,
}

impl Words {
    const fn new(ko: &'static str, en: &'static str) -> Self {
        Self { ko, en }
    }

    /// The phrase in `language`.
    pub const fn get(self, language: Language) -> &'static str {
        match language {
            Language::Ko => self.ko,
            Language::En => self.en,
        }
    }
}

/// Why a store rejected.
pub const fn reject_reason(reason: RejectReason) -> Words {
    match reason {
        RejectReason::SoldOut => Words::new("재료 소진", "Ran out of ingredients"),
        RejectReason::TooBusy => Words::new("주문 집중", "Too many orders"),
        RejectReason::Closing => Words::new("영업 종료", "Store is closing"),
        RejectReason::OutOfArea => Words::new("배달 불가 지역", "Address out of range"),
        RejectReason::StoreReasons => Words::new("가게 사정", "Store's own reasons"),
        RejectReason::Silent => Words::new("가게 미응답", "Store did not answer"),
    }
}

/// Why an order was cancelled.
pub const fn cancel_reason(reason: CancelReason) -> Words {
    match reason {
        CancelReason::Customer => Words::new("고객 요청", "You asked to cancel"),
        CancelReason::LatePayment => Words::new("결제 확인 지연", "Payment came too late"),
        CancelReason::SoldOut => reject_reason(RejectReason::SoldOut),
        CancelReason::TooBusy => reject_reason(RejectReason::TooBusy),
        CancelReason::Closing => reject_reason(RejectReason::Closing),
        CancelReason::OutOfArea => reject_reason(RejectReason::OutOfArea),
        CancelReason::StoreReasons => reject_reason(RejectReason::StoreReasons),
        CancelReason::Silent | CancelReason::Unreachable => reject_reason(RejectReason::Silent),
        CancelReason::Undeliverable => Words::new("배달 불가", "Could not be delivered"),
        CancelReason::NoContact => Words::new("연락 두절", "Could not reach you"),
        CancelReason::Support => Words::new("고객센터 처리", "Cancelled by support"),
    }
}

/// Why an order that could not be delivered was closed.
pub const fn undelivered_reason(reason: CancelReason) -> Words {
    match reason {
        CancelReason::Support => adjust_reason(AdjustReason::Support),
        CancelReason::Customer
        | CancelReason::Unreachable
        | CancelReason::LatePayment
        | CancelReason::SoldOut
        | CancelReason::TooBusy
        | CancelReason::Closing
        | CancelReason::OutOfArea
        | CancelReason::StoreReasons
        | CancelReason::Silent
        | CancelReason::Undeliverable
        | CancelReason::NoContact => cancel_reason(reason),
    }
}

/// Why the food comes later.
pub const fn delay_reason(cause: DelayCause) -> Words {
    match cause {
        DelayCause::ManyOrders => Words::new("주문 집중", "Many orders at once"),
        DelayCause::Kitchen => Words::new("조리 지연", "Kitchen is behind"),
        DelayCause::NoRider => Words::new("라이더 배정 지연", "No rider yet"),
        DelayCause::Traffic => Words::new("교통·기상 상황", "Traffic or weather"),
        DelayCause::Trouble => Words::new("배달 중 문제 발생", "Problem on the way"),
    }
}

/// Why a cancel was refused.
pub const fn refuse_reason(reason: RefuseReason) -> Words {
    match reason {
        RefuseReason::Accepted => Words::new("접수 완료 후", "Already accepted"),
        RefuseReason::CookingStarted => Words::new("조리 시작 후", "Cooking has started"),
        RefuseReason::OnItsWay => Words::new("배달 출발 후", "Already on its way"),
    }
}

/// Why a part of an order was refunded.
pub const fn adjust_reason(reason: AdjustReason) -> Words {
    match reason {
        AdjustReason::Missing => Words::new("메뉴 누락", "Missing item"),
        AdjustReason::WrongItem => Words::new("다른 메뉴 배달", "Wrong item"),
        AdjustReason::Damaged => Words::new("음식 파손", "Damaged"),
        AdjustReason::SoldOut => Words::new("품절", "Sold out"),
        AdjustReason::Late => Words::new("배달 지연", "Arrived late"),
        AdjustReason::Support => Words::new("고객센터 처리", "Decided by support"),
    }
}

/// Why a payment was declined.
pub const fn payment_code(code: PaymentCode) -> Words {
    match code {
        PaymentCode::Limit => Words::new("한도 초과", "Limit exceeded"),
        PaymentCode::Balance => Words::new("잔액 부족", "Not enough balance"),
        PaymentCode::Card => Words::new("카드 확인 필요", "Card needs checking"),
        PaymentCode::Aborted => Words::new("결제 중단", "Payment was stopped"),
        PaymentCode::Other => Words::new("결제사 사정", "Payment provider issue"),
    }
}

/// How it was paid.
pub const fn payment_method(method: PaymentMethod) -> Words {
    match method {
        PaymentMethod::Card => Words::new("카드", "Card"),
        PaymentMethod::EasyPay => Words::new("간편결제", "Easy pay"),
        PaymentMethod::Transfer => Words::new("계좌이체", "Bank transfer"),
        PaymentMethod::Phone => Words::new("휴대폰", "Phone"),
    }
}

/// How the food is handed over.
pub const fn handover(handover: Handover) -> Words {
    match handover {
        Handover::LeaveAtDoor => Words::new("문 앞에 두기", "Leave at the door"),
        Handover::HandToMe => Words::new("직접 전달", "Hand to me"),
        Handover::Guard => Words::new("경비실 보관", "Leave with the guard"),
        Handover::Lobby => Words::new("로비에서 전달", "Meet in the lobby"),
    }
}

/// Who brings the food.
pub const fn delivery_by(delivery_by: DeliveryBy) -> Words {
    match delivery_by {
        DeliveryBy::Rider => Words::new("라이더 배달", "Rider"),
        DeliveryBy::Store => Words::new("가게배달", "The store itself"),
        DeliveryBy::Pickup => Words::new("픽업", "Pick-up"),
    }
}
