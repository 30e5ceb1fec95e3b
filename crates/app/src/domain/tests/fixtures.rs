//! One order at one store, told in minutes.

use jiff::{SignedDuration, Timestamp};
use kernel::Time;
use kernel::decider::Decider;
use kernel::events::Recorded;
use kernel::events::app::{AppEvent, OrderDetails, RefundOutcome};
use kernel::events::store::{
    AutoCooking, Category, MenuItem, MenuItemChanged, MenuOption, Offer, OptionGroup, StoreEvent, StoreOpened,
    StoreRegistered, StoreTerms,
};
use kernel::hours::{Hours, Span, Week};
use kernel::ids::{AdjustmentId, LineId, MenuId, OptionId, RefundId, StoreId};
use kernel::lang::{Language, Localized};
use kernel::money::{Amount, Currency};
use kernel::order::{
    AdjustReason, BorneBy, CancelCause, CancelReason, Charge, ChargeKind, DeliveryBy, Line, LineLeft, OrderNumber,
    OrderStatus, PaymentCode, PaymentMethod, Progress,
};
use kernel::people::PersonId;
use kernel::personal::{Handover, PersonalData};
use uuid::Uuid;

use crate::domain::commands::{Command, CreateOrder, Outcome, What};
use crate::domain::order::Order;
use crate::domain::storefront::{self, StoreFrontRow};
use crate::domain::waits::Waits;

/// So many minutes after the order was created.
pub fn t(minutes: i64) -> Time {
    let created: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
    created.checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

/// So many seconds after the order was created.
pub fn s(seconds: i64) -> Time {
    t(0).checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

/// An id that is easy to tell apart.
pub fn id<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(n))
}

pub fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

pub fn won(minor: i64) -> Amount {
    Amount::new(minor)
}

pub fn line(n: u128, name: (&str, &str), quantity: u32, unit: i64) -> Line {
    Line {
        line_id: id::<LineId>(n),
        menu_id: id::<MenuId>(100 + n),
        menu_version: 3,
        name: Localized::new(name.0, name.1),
        quantity,
        unit_amount: won(unit),
        options: Vec::new(),
    }
}

/// Two chickens, one portion of cheese balls and the rider: 48,000.
pub fn details() -> OrderDetails {
    OrderDetails {
        order_number: number(),
        customer_id: PersonId::parse("minji").unwrap(),
        store_id: id::<StoreId>(7),
        store_name: Localized::new("윤슬골목치킨", "Yunseul Alley Chicken"),
        lines: vec![line(1, ("후라이드", "Fried Chicken"), 2, 20_000), line(2, ("치즈볼", "Cheese Balls"), 1, 5_000)],
        charges: vec![Charge { kind: ChargeKind::Delivery, amount: won(3_000), owed_to: BorneBy::Rider }],
        items_amount: won(45_000),
        total_amount: won(48_000),
        vat_amount: won(4_364),
        currency: Currency::Krw,
        delivery_by: DeliveryBy::Rider,
        language: Language::Ko,
        prep_minutes: 30,
    }
}

pub fn person() -> PersonalData {
    PersonalData { phone: Some("010-0000-0001".to_owned()), ..PersonalData::default() }
}

pub fn create(pay_with: Option<PaymentMethod>) -> What {
    What::CreateOrder(Box::new(CreateOrder { details: details(), private: person(), pay_with }))
}

pub fn pay() -> What {
    What::StartPayment { method: PaymentMethod::Card, attempt: None }
}

/// The attempt was approved at that moment.
pub fn approved(attempt: u32, approved_at: Time) -> What {
    What::RecordPayment { attempt, outcome: Outcome::Approved { method: PaymentMethod::Card, approved_at } }
}

pub fn declined(attempt: u32) -> What {
    What::RecordPayment { attempt, outcome: Outcome::Declined { code: PaymentCode::Limit } }
}

pub fn not_sent(attempt: u32, retry_at: Time) -> What {
    What::RecordPayment { attempt, outcome: Outcome::NotSent { retry_at } }
}

pub fn abandoned(attempt: u32) -> What {
    What::RecordPayment { attempt, outcome: Outcome::Abandoned }
}

pub fn receive() -> What {
    What::RecordReceipt { answer_by: t(11) }
}

/// News of progress; an acceptance says that the food is ready at minute 30.
pub fn progress(to: Progress) -> What {
    What::RecordProgress { to, ready_by: (to == Progress::Accepted).then(|| t(30)) }
}

pub fn ask_cancel() -> What {
    What::RequestCancel {
        cause: CancelCause::CustomerAsked,
        reason: CancelReason::Customer,
        words: Some("wrong address".to_owned()),
    }
}

pub fn unreachable() -> What {
    What::RequestCancel { cause: CancelCause::StoreUnreachable, reason: CancelReason::Unreachable, words: None }
}

pub fn cancel(cause: CancelCause, refund: Option<i64>) -> What {
    What::CancelOrder {
        cause,
        reason: CancelReason::StoreReasons,
        borne_by: BorneBy::Store,
        refund_amount: refund.map(won),
    }
}

/// Leaves so many of a line.
pub fn adjust(adjustment: u128, line: u128, quantity: u32) -> What {
    What::AdjustOrder {
        adjustment_id: id::<AdjustmentId>(adjustment),
        lines: vec![LineLeft { line_id: id(line), quantity }],
        reason: AdjustReason::Missing,
        borne_by: BorneBy::Store,
    }
}

pub fn refund(n: u128, amount: i64, outcome: RefundOutcome) -> What {
    What::RecordRefund { refund_id: id::<RefundId>(n), amount: won(amount), outcome, method: PaymentMethod::Card }
}

pub fn complete() -> What {
    What::CompleteOrder { handover: Some(Handover::LeaveAtDoor), done_at: t(50) }
}

pub fn close_undelivered(refund: Option<i64>) -> What {
    What::CloseUndelivered {
        reason: CancelReason::NoContact,
        borne_by: BorneBy::Customer,
        refund_amount: refund.map(won),
    }
}

pub fn at(at: Time, what: What) -> Command {
    Command { at, waits: Waits::default(), what }
}

/// The events of a story, each command decided on what came before.
pub fn story(commands: impl IntoIterator<Item = (Time, What)>) -> Vec<AppEvent> {
    let mut events = Vec::new();
    for (time, what) in commands {
        let state = Order::replay(&events);
        let told = format!("{what:?}");
        events.extend(Order::decide(&state, at(time, what)).unwrap_or_else(|no| panic!("{told}: {no}")));
    }
    events
}

/// The shortest usual story that ends in `status`, not later than minute 60.
pub fn story_to(status: OrderStatus) -> Vec<AppEvent> {
    let placed = || vec![(t(0), create(Some(PaymentMethod::Card))), (s(1), approved(1, s(1)))];
    let commands = match status {
        OrderStatus::AwaitingPayment => vec![(t(0), create(None))],
        OrderStatus::PaymentChecking => {
            vec![(t(0), create(Some(PaymentMethod::Card))), (s(10), What::DoubtPayment { attempt: 1 })]
        }
        OrderStatus::PaymentFailed => vec![(t(0), create(Some(PaymentMethod::Card))), (s(1), declined(1))],
        OrderStatus::Expired => vec![(t(0), create(None)), (t(10), What::ExpireOrder)],
        OrderStatus::Placed => placed(),
        OrderStatus::Accepted => [placed(), vec![(t(1), receive()), (t(2), progress(Progress::Accepted))]].concat(),
        OrderStatus::Cooking => return more(OrderStatus::Accepted, t(3), progress(Progress::Cooking)),
        OrderStatus::Ready => return more(OrderStatus::Cooking, t(30), progress(Progress::Ready)),
        OrderStatus::Delivering => return more(OrderStatus::Ready, t(35), progress(Progress::Delivering)),
        OrderStatus::Delivered => return more(OrderStatus::Delivering, t(50), complete()),
        OrderStatus::Undelivered => return more(OrderStatus::Delivering, t(60), close_undelivered(Some(0))),
        OrderStatus::CancelRequested => [placed(), vec![(t(1), ask_cancel())]].concat(),
        OrderStatus::Cancelled => return more(OrderStatus::CancelRequested, t(2), What::ConfirmCancel),
    };
    story(commands)
}

fn more(status: OrderStatus, time: Time, what: What) -> Vec<AppEvent> {
    let mut events = story_to(status);
    let state = Order::replay(&events);
    events.extend(Order::decide(&state, at(time, what)).unwrap());
    events
}

/// Events as a log holds them, a second apart.
pub fn recorded<E>(events: Vec<E>) -> Vec<Recorded<E>> {
    let numbered = events.into_iter().zip(1_u64..);
    numbered
        .map(|(event, n)| Recorded {
            id: format!("log/{n}"),
            position: 10 * n,
            subject: Uuid::from_u128(42),
            version: n,
            at: s(n.cast_signed()),
            causation: format!("cause/{n}"),
            trace: None,
            event,
        })
        .collect()
}

/// Every status, in the order of the lifecycle table.
pub const STATUSES: [OrderStatus; 13] = [
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

/// A store that offers chicken (with a cut to choose and up to two dips) and cheese balls, as its log tells.
pub fn store_events() -> Vec<StoreEvent> {
    let offer = |delivery_by, fee| Offer { delivery_by, fee_amount: won(fee) };
    let terms = StoreTerms {
        name: Localized::new("윤슬골목치킨", "Yunseul Alley Chicken"),
        category: Category { slug: "chicken".to_owned(), name: Localized::new("치킨", "Chicken") },
        phone: "010-0000-1001".to_owned(),
        address: "서울특별시 마포구 달보드레로 17".to_owned(),
        lat: 37.5561,
        lng: 126.9068,
        minimum_amount: won(17_000),
        offers: vec![offer(DeliveryBy::Rider, 3_000), offer(DeliveryBy::Pickup, 0)],
        currency: Currency::Krw,
        prep_minutes: 30,
        hours: always(),
        auto_cooking: AutoCooking::Default,
    };
    vec![
        StoreRegistered { terms }.into(),
        MenuItemChanged { item: chicken(20_000) }.into(),
        MenuItemChanged { item: item(102, ("치즈볼", "Cheese Balls"), 5_000, Vec::new()) }.into(),
        StoreOpened {}.into(),
    ]
}

/// Open round the clock.
fn always() -> Hours {
    let day = || vec![Span { open: "00:00".to_owned(), close: "24:00".to_owned() }];
    let weekly = Week { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), sat: day(), sun: day() };
    Hours { timezone: "Asia/Seoul".to_owned(), weekly, ..Hours::default() }
}

/// Chicken at that price: bone-in (201) or boneless (202, 2,000 more), and up to two of three dips (203 to 205).
pub fn chicken(price: i64) -> MenuItem {
    let option = |n, name: &str, price| MenuOption {
        option_id: id::<OptionId>(n),
        name: Localized::new(name, name),
        price_amount: won(price),
    };
    let cut = OptionGroup {
        name: Localized::new("부위 선택", "Cut"),
        min: 1,
        max: 1,
        options: vec![option(201, "Bone-in", 0), option(202, "Boneless", 2_000)],
    };
    let dips = OptionGroup {
        name: Localized::new("소스 추가", "Extra dips"),
        min: 0,
        max: 2,
        options: vec![option(203, "Chilli", 700), option(204, "Mustard", 700), option(205, "Soy", 700)],
    };
    item(101, ("후라이드", "Fried Chicken"), price, vec![cut, dips])
}

fn item(n: u128, name: (&str, &str), price: i64, option_groups: Vec<OptionGroup>) -> MenuItem {
    MenuItem {
        menu_id: id::<MenuId>(n),
        name: Localized::new(name.0, name.1),
        description: Localized::default(),
        price_amount: won(price),
        sold_out: false,
        option_groups,
    }
}

/// The store as its events leave it, with `more` of them at the end.
pub fn front(more: Vec<StoreEvent>) -> StoreFrontRow {
    let events = [store_events(), more].concat();
    recorded(events).iter().fold(None, storefront::apply).unwrap()
}
