//! An order to tell stories about.

use jiff::tz::TimeZone;
use kernel::Time;
use kernel::events::app::{AppEvent, OrderCreated, OrderDetails};
use kernel::events::{DomainEvent, Recorded};
use kernel::ids::{AdjustmentId, LineId, MenuId, StoreId};
use kernel::lang::{Language, Localized};
use kernel::money::{Amount, Currency};
use kernel::order::{DeliveryBy, Line, OrderNumber};
use kernel::people::PersonId;
use kernel::personal::{Address, Handover, PersonalData, Requests};
use uuid::Uuid;

use crate::domain::views::OrderFacts;

pub fn seoul() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(9))
}

/// `clock` (`18:42:00`) of Sunday 22 November 2026 in Seoul.
pub fn at(clock: &str) -> Time {
    format!("2026-11-22T{clock}+09:00").parse().unwrap()
}

pub fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

pub fn customer() -> PersonId {
    PersonId::parse("minji").unwrap()
}

pub fn order_id() -> Uuid {
    Uuid::from_u128(7)
}

pub fn line_id(number: u128) -> LineId {
    Uuid::from_u128(number).into()
}

pub fn adjustment_id() -> AdjustmentId {
    Uuid::from_u128(90).into()
}

fn line(number: u128, ko: &str, en: &str, unit: i64) -> Line {
    Line {
        line_id: line_id(number),
        menu_id: MenuId::from(Uuid::from_u128(number + 100)),
        menu_version: 1,
        name: Localized::new(ko, en),
        quantity: 1,
        unit_amount: Amount::new(unit),
        options: Vec::new(),
    }
}

pub fn details(language: Language, delivery_by: DeliveryBy) -> OrderDetails {
    OrderDetails {
        order_number: number(),
        customer_id: customer(),
        store_id: StoreId::from(Uuid::from_u128(8)),
        store_name: Localized::new("윤슬골목치킨", "Yunseul Alley Chicken"),
        lines: vec![
            line(1, "반반치킨", "Half & Half Chicken", 21_000),
            line(2, "치즈볼 (5개)", "Cheese Balls (5)", 5_500),
            line(3, "콜라", "Cola", 2_000),
        ],
        charges: Vec::new(),
        items_amount: Amount::new(28_500),
        total_amount: Amount::new(31_500),
        vat_amount: Amount::new(2_864),
        currency: Currency::Krw,
        delivery_by,
        language,
        prep_minutes: 20,
    }
}

pub fn private() -> PersonalData {
    PersonalData {
        phone: Some("010-1234-5678".to_owned()),
        address: Some(Address { road: "서울 마포구 어울마당로 1".to_owned(), ..Address::default() }),
        requests: Some(Requests {
            rider: Some("벨 누르지 마세요".to_owned()),
            handover: Some(Handover::HandToMe),
            ..Requests::default()
        }),
        link_token: Some("Zk3vQ9tXb1".to_owned()),
        words: None,
    }
}

pub fn created(language: Language, delivery_by: DeliveryBy) -> AppEvent {
    OrderCreated {
        details: details(language, delivery_by),
        hold_ends_at: at("18:52:00"),
        created_at: at("18:42:00"),
        private: Some(Box::new(private())),
    }
    .into()
}

pub fn facts(language: Language, delivery_by: DeliveryBy) -> OrderFacts {
    OrderFacts::apply(None, &recorded(created(language, delivery_by))).unwrap()
}

pub fn recorded<E: DomainEvent>(event: E) -> Recorded<E> {
    Recorded {
        id: "log/5".to_owned(),
        position: 5,
        subject: order_id(),
        version: 2,
        at: at("19:22:00"),
        causation: "customer/minji".to_owned(),
        trace: None,
        event,
    }
}
