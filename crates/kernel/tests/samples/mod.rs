//! One sample of every published event.

pub mod app;
pub mod customer;
pub mod delivery;
pub mod pay;
pub mod store;

use kernel::Time;
use kernel::ids::{LineId, MenuId, OptionId, StoreId};
use kernel::lang::Localized;
use kernel::money::Amount;
use kernel::order::{ChosenOption, Line, OrderNumber};
use kernel::people::PersonId;
use kernel::personal::{Address, Handover, PersonalData, Requests};

pub fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

/// The `minute`th minute after 18:40 in Seoul.
pub fn at(minute: i64) -> Time {
    Time::from_second(1_795_340_400 + minute * 60).unwrap()
}

pub const fn won(amount: i64) -> Amount {
    Amount::new(amount)
}

macro_rules! id {
    ($Type:ident, $last:literal) => {
        $Type::parse(concat!("019aa8dc-4830-7900-a32a-", $last)).unwrap()
    };
}
pub(crate) use id;

pub fn store_id() -> StoreId {
    id!(StoreId, "a9defed43229")
}

pub fn store_name() -> Localized {
    Localized::new("윤슬골목치킨", "Yunseul Alley Chicken")
}

pub fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

pub fn line_id() -> LineId {
    id!(LineId, "000000000001")
}

pub fn lines() -> Vec<Line> {
    vec![Line {
        line_id: line_id(),
        menu_id: id!(MenuId, "000000000002"),
        menu_version: 3,
        name: Localized::new("옛날 후라이드치킨", "Old-style Fried Chicken"),
        quantity: 2,
        unit_amount: won(23_000),
        options: vec![ChosenOption {
            option_id: id!(OptionId, "000000000003"),
            group: Localized::new("부위 선택", "Cut"),
            name: Localized::new("순살", "Boneless"),
            price_amount: won(2_000),
        }],
    }]
}

#[expect(clippy::unnecessary_wraps, reason = "as the events hold it")]
pub fn private() -> Option<Box<PersonalData>> {
    Some(Box::new(PersonalData {
        phone: Some("010-0000-2001".to_owned()),
        address: Some(Address {
            road: "서울특별시 마포구 달보드레로 21".to_owned(),
            detail: Some("302호".to_owned()),
            zip: Some("04001".to_owned()),
            lat: Some(37.5562),
            lng: Some(126.9071),
        }),
        requests: Some(Requests {
            store: Some("덜 맵게 해 주세요".to_owned()),
            rider: None,
            handover: Some(Handover::LeaveAtDoor),
            cutlery: Some(false),
        }),
        link_token: Some("f3kq9x".to_owned()),
        words: None,
    }))
}
