//! Samples for the specifications.

use kernel::Time;
use kernel::events::Recorded;
use kernel::events::store::*;
use kernel::hours::{Hours, Span, Week};
use kernel::ids::{AdjustmentId, LineId, MenuId, OptionId, OrderId, StoreId};
use kernel::lang::Localized;
use kernel::money::{Amount, Currency};
use kernel::order::*;
use kernel::personal::{PersonalData, Requests};
use kernel::place::Place;

use crate::domain::commands::*;
use crate::domain::waits::Waits;

/// Minute `minute` of the story, which begins on Sunday 2026-11-22 at 18:00 in Seoul.
pub fn at(minute: i64) -> Time {
    "2026-11-22T09:00:00Z".parse::<Time>().unwrap() + jiff::SignedDuration::from_mins(minute)
}

pub fn command<What>(minute: i64, what: What) -> Command<What> {
    Command { at: at(minute), waits: Waits::default(), what }
}

fn text(last: u32) -> String {
    format!("019aa8dc-4830-7900-a32a-{last:012}")
}

pub fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

pub fn order_id() -> OrderId {
    OrderId::parse(&text(77)).unwrap()
}

pub fn store_id() -> StoreId {
    StoreId::parse(&text(1)).unwrap()
}

pub fn menu_id(last: u32) -> MenuId {
    MenuId::parse(&text(last)).unwrap()
}

pub fn option_id(last: u32) -> OptionId {
    OptionId::parse(&text(last)).unwrap()
}

pub fn line_id(last: u32) -> LineId {
    LineId::parse(&text(last)).unwrap()
}

pub fn adjustment_id(last: u32) -> AdjustmentId {
    AdjustmentId::parse(&text(last)).unwrap()
}

/// Two chickens and a cola.
pub fn lines() -> Vec<Line> {
    [(1, 2, 20_000), (2, 1, 2_000)]
        .map(|(last, quantity, price)| Line {
            line_id: line_id(last),
            menu_id: menu_id(last),
            menu_version: 1,
            name: Localized::new("메뉴", "Dish"),
            quantity,
            unit_amount: Amount::new(price),
            options: Vec::new(),
        })
        .to_vec()
}

#[expect(clippy::unnecessary_wraps, reason = "as the events hold it")]
pub fn private() -> Option<Box<PersonalData>> {
    let requests = Requests { store: Some("덜 맵게".to_owned()), ..Requests::default() };
    Some(Box::new(PersonalData { requests: Some(requests), ..PersonalData::default() }))
}

pub fn facts(auto_cooking: AutoCooking) -> StoreFacts {
    let name = Localized::new("윤슬골목치킨", "Yunseul Alley Chicken");
    StoreFacts { name, address: "달보드레로 17".to_owned(), place: Place::parse(37.55, 126.92).ok(), auto_cooking }
}

pub fn opened(delivery_by: DeliveryBy) -> StoreEvent {
    TicketOpened {
        order_number: number(),
        store_id: store_id(),
        lines: lines(),
        delivery_by,
        placed_at: at(0),
        answer_by: at(10),
        private: private(),
    }
    .into()
}

/// At minute 1, ready in 20 minutes.
pub fn accepted(delivery_by: DeliveryBy) -> StoreEvent {
    let StoreFacts { name, address, .. } = facts(AutoCooking::Default);
    TicketAccepted {
        order_number: number(),
        store_id: store_id(),
        store_name: name,
        store_address: address,
        store_lat: Some(37.55),
        store_lng: Some(126.92),
        delivery_by,
        prep_minutes: 20,
        ready_by: at(21),
        cook_at: Some(at(2)),
        late_at: at(36),
        private: private(),
    }
    .into()
}

pub fn rejected(reason: RejectReason) -> StoreEvent {
    TicketRejected { order_number: number(), reason }.into()
}

pub fn cooking() -> StoreEvent {
    CookingStarted { order_number: number() }.into()
}

/// At minute 20.
pub fn cooked(delivery_by: DeliveryBy) -> StoreEvent {
    let uncollected_at = (delivery_by == DeliveryBy::Pickup).then(|| at(80));
    CookingFinished { order_number: number(), delivery_by, ready_at: at(20), uncollected_at }.into()
}

/// At minute 22.
pub fn out(delivery_by: DeliveryBy) -> StoreEvent {
    TicketHandedOver { order_number: number(), delivery_by, at: at(22) }.into()
}

pub fn cancelled(request: &str) -> StoreEvent {
    TicketCancelled { order_number: number(), request: request.to_owned() }.into()
}

pub fn refused(request: &str, reason: RefuseReason) -> StoreEvent {
    TicketCancelRefused { order_number: number(), request: request.to_owned(), reason }.into()
}

pub fn withdrawn(reason: WithdrawReason) -> StoreEvent {
    TicketWithdrawn { order_number: number(), reason, borne_by: BorneBy::Store, refund_amount: None }.into()
}

pub fn adjusted(last: u32) -> StoreEvent {
    TicketAdjusted {
        order_number: number(),
        adjustment_id: adjustment_id(last),
        lines: vec![LineLeft { line_id: line_id(1), quantity: 1 }],
        amount: Amount::new(20_000),
        reason: AdjustReason::SoldOut,
        borne_by: BorneBy::Store,
    }
    .into()
}

pub fn voided(stage: Option<TicketStatus>) -> StoreEvent {
    TicketVoided { order_number: number(), stage }.into()
}

pub fn terms() -> StoreTerms {
    let day = || vec![Span { open: "17:00".to_owned(), close: "23:00".to_owned() }];
    let weekly = Week { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), sat: day(), sun: day() };
    StoreTerms {
        name: Localized::new("윤슬골목치킨", "Yunseul Alley Chicken"),
        category: Category { slug: "chicken".to_owned(), name: Localized::new("치킨", "Chicken") },
        phone: "010-0000-1001".to_owned(),
        address: "달보드레로 17".to_owned(),
        lat: 37.5561,
        lng: 126.9068,
        minimum_amount: Amount::new(17_000),
        offers: vec![Offer { delivery_by: DeliveryBy::Rider, fee_amount: Amount::new(3_000) }],
        currency: Currency::Krw,
        prep_minutes: 30,
        hours: Hours { timezone: "Asia/Seoul".to_owned(), weekly, ..Hours::default() },
        auto_cooking: AutoCooking::Default,
    }
}

pub fn item() -> MenuItem {
    let option = |last| MenuOption {
        option_id: option_id(last),
        name: Localized::new("순살", "Boneless"),
        price_amount: Amount::ZERO,
    };
    MenuItem {
        menu_id: menu_id(1),
        name: Localized::new("후라이드", "Fried Chicken"),
        description: Localized::default(),
        price_amount: Amount::new(20_000),
        sold_out: false,
        option_groups: vec![OptionGroup {
            name: Localized::new("부위", "Cut"),
            min: 1,
            max: 2,
            options: vec![option(1), option(2)],
        }],
    }
}

/// Every kind of event, of tickets and of stores.
pub fn every_event() -> Vec<StoreEvent> {
    let rider = DeliveryBy::Rider;
    vec![
        opened(rider),
        accepted(rider),
        rejected(RejectReason::TooBusy),
        TicketDelayed {
            order_number: number(),
            minutes: 10,
            cause: DelayCause::ManyOrders,
            ready_by: at(31),
            late_at: at(46),
        }
        .into(),
        cooking(),
        cooked(rider),
        out(rider),
        cancelled("log/1"),
        refused("log/2", RefuseReason::CookingStarted),
        withdrawn(WithdrawReason::StoreReasons),
        adjusted(1),
        voided(Some(TicketStatus::Cooking)),
        KitchenLate { order_number: number(), ready_by: at(46), late_at: at(46) }.into(),
        StoreRegistered { terms: terms() }.into(),
        StoreTermsChanged { terms: terms() }.into(),
        StoreOpened {}.into(),
        StoreClosed {}.into(),
        StorePaused { until: at(30) }.into(),
        MenuItemChanged { item: item() }.into(),
        MenuItemSoldOut { menu_id: menu_id(1) }.into(),
        MenuItemBack { menu_id: menu_id(1) }.into(),
    ]
}

pub fn recorded<E>(version: u64, event: E) -> Recorded<E> {
    Recorded {
        id: format!("log/{version}"),
        position: version,
        subject: order_id().uuid(),
        version,
        at: at(0),
        causation: "owner".to_owned(),
        trace: None,
        event,
    }
}
