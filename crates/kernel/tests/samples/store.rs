use kernel::events::store::*;
use kernel::hours::{Hours, MonthlyClosed, Span, Week};
use kernel::ids::{AdjustmentId, MenuId, OptionId};
use kernel::lang::Localized;
use kernel::money::Currency;
use kernel::order::{
    AdjustReason, BorneBy, DelayCause, DeliveryBy, LineLeft, RefuseReason, RejectReason, WithdrawReason,
};

use super::{at, id, line_id, lines, number, private, store_id, store_name, won};

pub fn events() -> Vec<StoreEvent> {
    let mut events = ticket();
    events.extend(store());
    events
}

fn ticket() -> Vec<StoreEvent> {
    let order_number = number;
    let request = || "019aa8dc-4830-7900-a32a-00000000000a/17".to_owned();
    vec![
        TicketOpened {
            order_number: order_number(),
            store_id: store_id(),
            lines: lines(),
            delivery_by: DeliveryBy::Rider,
            placed_at: at(0),
            answer_by: at(10),
            private: private(),
        }
        .into(),
        TicketAccepted {
            order_number: order_number(),
            store_id: store_id(),
            store_name: store_name(),
            store_address: "서울특별시 마포구 달보드레로 17, 1층".to_owned(),
            store_lat: None,
            store_lng: None,
            delivery_by: DeliveryBy::Rider,
            prep_minutes: 25,
            ready_by: at(26),
            cook_at: Some(at(2)),
            late_at: at(41),
            private: private(),
        }
        .into(),
        TicketRejected { order_number: order_number(), reason: RejectReason::OutOfArea }.into(),
        TicketDelayed {
            order_number: order_number(),
            minutes: 10,
            cause: DelayCause::ManyOrders,
            ready_by: at(36),
            late_at: at(51),
        }
        .into(),
        CookingStarted { order_number: order_number() }.into(),
        CookingFinished {
            order_number: order_number(),
            delivery_by: DeliveryBy::Pickup,
            ready_at: at(24),
            uncollected_at: Some(at(84)),
        }
        .into(),
        TicketHandedOver { order_number: order_number(), delivery_by: DeliveryBy::Rider, at: at(26) }.into(),
        TicketCancelled { order_number: order_number(), request: request() }.into(),
        TicketCancelRefused { order_number: order_number(), request: request(), reason: RefuseReason::CookingStarted }
            .into(),
        TicketWithdrawn {
            order_number: order_number(),
            reason: WithdrawReason::StoreReasons,
            borne_by: BorneBy::Store,
            refund_amount: None,
        }
        .into(),
        TicketAdjusted {
            order_number: order_number(),
            adjustment_id: id!(AdjustmentId, "000000000006"),
            lines: vec![LineLeft { line_id: line_id(), quantity: 1 }],
            amount: won(23_000),
            reason: AdjustReason::SoldOut,
            borne_by: BorneBy::Store,
        }
        .into(),
        TicketVoided { order_number: order_number(), stage: Some(TicketStatus::Cooking) }.into(),
        KitchenLate { order_number: order_number(), ready_by: at(51), late_at: at(51) }.into(),
    ]
}

fn store() -> Vec<StoreEvent> {
    let menu_id = id!(MenuId, "000000000002");
    vec![
        StoreRegistered { terms: terms() }.into(),
        StoreTermsChanged {
            terms: StoreTerms {
                auto_cooking: AutoCooking::After { seconds: 120 },
                minimum_amount: won(19_000),
                ..terms()
            },
        }
        .into(),
        StoreOpened {}.into(),
        StoreClosed {}.into(),
        StorePaused { until: at(30) }.into(),
        MenuItemChanged {
            item: MenuItem {
                menu_id,
                name: Localized::new("옛날 후라이드치킨", "Old-style Fried Chicken"),
                description: Localized::new("두 번 튀긴 국내산 닭", "Chicken fried twice"),
                price_amount: won(21_000),
                sold_out: false,
                option_groups: vec![OptionGroup {
                    name: Localized::new("부위 선택", "Cut"),
                    min: 1,
                    max: 1,
                    options: vec![MenuOption {
                        option_id: id!(OptionId, "000000000003"),
                        name: Localized::new("순살", "Boneless"),
                        price_amount: won(2_000),
                    }],
                }],
            },
        }
        .into(),
        MenuItemSoldOut { menu_id }.into(),
        MenuItemBack { menu_id }.into(),
    ]
}

fn terms() -> StoreTerms {
    let evening = || vec![Span { open: "16:00".to_owned(), close: "01:00".to_owned() }];
    StoreTerms {
        name: store_name(),
        category: Category { slug: "chicken".to_owned(), name: Localized::new("치킨", "Chicken") },
        phone: "010-0000-1001".to_owned(),
        address: "서울특별시 마포구 달보드레로 17, 1층".to_owned(),
        lat: 37.5561,
        lng: 126.9068,
        minimum_amount: won(17_000),
        offers: vec![
            Offer { delivery_by: DeliveryBy::Rider, fee_amount: won(3_000) },
            Offer { delivery_by: DeliveryBy::Pickup, fee_amount: won(0) },
        ],
        currency: Currency::Krw,
        prep_minutes: 30,
        hours: Hours {
            timezone: "Asia/Seoul".to_owned(),
            weekly: Week { fri: evening(), sat: evening(), ..Week::default() },
            last_order_minutes_before_close: 30,
            monthly_closed: vec![MonthlyClosed { day: "fri".to_owned(), weeks: vec![2, 4] }],
            note: Some(Localized::new("둘째·넷째 금요일 휴무", "Closed on the 2nd and 4th Friday")),
        },
        auto_cooking: AutoCooking::Default,
    }
}
