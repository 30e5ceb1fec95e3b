use kernel::events::app::{
    AppEvent, OrderAdjusted, OrderDelayed, OrderExpired, OrderPlaced, OrderProgressed, PersonalDataErased,
};
use kernel::events::customer::{CustomerEvent, NoticeFailed, NoticeKind, NoticeQueued, NoticeSent, NoticeSkipped};
use kernel::lang::{Language, Localized};
use kernel::money::Amount;
use kernel::order::{AdjustReason, BorneBy, DelayCause, DeliveryBy, LineLeft, PaymentMethod, Progress};
use kernel::personal::Handover;
use uuid::Uuid;

use super::{InboxRow, NoticeState, OrderFacts};
use crate::domain::samples::{
    adjustment_id, at, created, customer, details, facts, line_id, number, order_id, private, recorded,
};
use crate::domain::templates::{Form, registry, text};

fn after(events: impl IntoIterator<Item = AppEvent>) -> OrderFacts {
    let first = facts(Language::En, DeliveryBy::Rider);
    events.into_iter().fold(first, |facts, event| OrderFacts::apply(Some(facts), &recorded(event)).unwrap())
}

fn placed() -> OrderPlaced {
    OrderPlaced {
        details: details(Language::En, DeliveryBy::Rider),
        attempt: 1,
        method: PaymentMethod::EasyPay,
        placed_at: at("18:42:01"),
        unreachable_at: at("19:42:01"),
        private: Some(Box::new(private())),
    }
}

#[test]
fn a_created_order_gives_the_facts_in_the_customers_language() {
    let facts = OrderFacts::apply(None, &recorded(created(Language::En, DeliveryBy::Rider))).unwrap();
    assert_eq!(facts.store_name, "Yunseul Alley Chicken");
    assert_eq!(facts.summary(), "Half & Half Chicken and 2 more");
    assert_eq!((facts.total_amount, facts.created_at, facts.eta), (Amount::new(31_500), at("18:42:00"), None));
}

#[test]
fn the_facts_keep_no_address_and_no_words_of_the_customer() {
    let kept = facts(Language::En, DeliveryBy::Rider).private.unwrap();
    assert_eq!((kept.phone, kept.link_token), (private().phone, private().link_token));
    assert_eq!(kept.address, None);
    assert_eq!(kept.requests.unwrap().rider, None);
}

#[test]
fn the_facts_personal_part_is_not_in_the_row() {
    let facts = facts(Language::En, DeliveryBy::Rider);
    assert_eq!(facts.handover(), Handover::HandToMe);
    let row = serde_json::to_string(&facts).unwrap();
    assert!(!row.contains("010-1234") && !row.contains("Zk3vQ9tXb1"));
    let read: OrderFacts = serde_json::from_str(&row).unwrap();
    assert_eq!(read, OrderFacts { private: None, ..facts });
}

#[test]
fn placing_a_known_order_adds_nothing_and_places_an_unknown_one() {
    assert_eq!(after([placed().into()]), after([]));
    let alone = OrderFacts::apply(None, &recorded(placed().into())).unwrap();
    assert_eq!((alone.summary(), alone.created_at), (after([]).summary(), at("18:42:01")));
}

#[test]
fn an_order_that_nobody_knows_has_no_facts() {
    let event = OrderExpired { order_number: number(), erase_at: at("23:00:00") };
    assert_eq!(OrderFacts::apply(None, &recorded(event.into())), None);
}

#[test]
fn the_expected_time_follows_progress_and_delays() {
    let eta = Some(at("19:25:00"));
    let progressed = |to, eta| AppEvent::from(OrderProgressed { order_number: number(), to, eta });
    let accepted = progressed(Progress::Accepted, eta);
    assert_eq!(after([accepted.clone()]).eta, eta);
    assert_eq!(after([accepted.clone(), progressed(Progress::Cooking, None)]).eta, eta);
    let delayed = OrderDelayed {
        order_number: number(),
        cause: DelayCause::Kitchen,
        old_eta: at("19:25:00"),
        new_eta: at("19:45:00"),
    };
    assert_eq!(after([accepted, delayed.into()]).eta, Some(at("19:45:00")));
}

#[test]
fn an_adjustment_takes_its_part_out_of_the_facts() {
    let adjusted = OrderAdjusted {
        order_number: number(),
        adjustment_id: adjustment_id(),
        lines: vec![LineLeft { line_id: line_id(2), quantity: 0 }],
        amount: Amount::new(5_500),
        reason: AdjustReason::SoldOut,
        borne_by: BorneBy::Store,
        summary: Localized::new("치즈볼 (5개) 1개", "Cheese Balls (5) x 1"),
    };
    let facts = after([adjusted.into()]);
    assert_eq!(facts.total_amount, Amount::new(26_000));
    assert_eq!(facts.summary(), "Half & Half Chicken and 1 more");
    assert_eq!(facts.adjustments[0].items, "Cheese Balls (5) x 1");
    assert_eq!(facts.adjustments[0].reason, AdjustReason::SoldOut);
}

#[test]
fn erased_data_is_gone_from_the_facts() {
    let facts = after([PersonalDataErased { order_number: number() }.into()]);
    assert_eq!(facts.private, None);
    assert_eq!(facts.handover(), Handover::LeaveAtDoor);
}

fn queued() -> CustomerEvent {
    NoticeQueued {
        order_number: number(),
        notice_id: Uuid::from_u128(1).into(),
        customer_id: customer(),
        kind: NoticeKind::Delayed,
        language: Language::En,
        text: text(NoticeKind::Delayed, Form::NoArrival, Language::En, &registry().examples(Language::En)),
        queued_at: at("19:22:00"),
        give_up_at: at("19:27:00"),
        private: None,
    }
    .into()
}

#[test]
fn a_queued_notice_is_in_the_inbox_under_its_own_title() {
    let row = InboxRow::apply(None, &recorded(queued())).unwrap();
    assert_eq!(row.notification_id, InboxRow::key(&queued()));
    assert_eq!((row.order_id.uuid(), &row.customer_id), (order_id(), &customer()));
    assert_eq!((row.kind, row.state, row.at), (NoticeKind::Delayed, NoticeState::Queued, at("19:22:00")));
    assert_eq!(row.title(), "New time");
    let json = serde_json::to_value(&row).unwrap();
    assert_eq!((&json["kind"], &json["state"], &json["language"]), (&"DELAYED".into(), &"QUEUED".into(), &"en".into()));
}

#[test]
fn a_notice_in_the_inbox_says_how_far_it_has_come() {
    let (notice_id, moment) = (Uuid::from_u128(1).into(), at("19:23:00"));
    let outcomes: [(CustomerEvent, NoticeState); 3] = [
        (NoticeSent { notice_id, sent_at: moment, channel: None }.into(), NoticeState::Sent),
        (NoticeFailed { notice_id, failed_at: moment, code: None }.into(), NoticeState::Failed),
        (NoticeSkipped { notice_id, skipped_at: moment }.into(), NoticeState::Skipped),
    ];
    for (event, state) in outcomes {
        assert_eq!(InboxRow::key(&event), notice_id);
        let row = InboxRow::apply(None, &recorded(queued()));
        let row = InboxRow::apply(row, &recorded(event.clone())).unwrap();
        assert_eq!((row.state, row.at, row.queued_at), (state, moment, at("19:22:00")));
        assert_eq!(InboxRow::apply(None, &recorded(event)), None);
    }
}

#[test]
fn a_text_of_an_older_template_keeps_its_kinds_title() {
    let CustomerEvent::NoticeQueued(notice) = queued() else { unreachable!() };
    let older = NoticeQueued { text: "[Baedal] Your order is late.".to_owned(), ..notice };
    assert_eq!(InboxRow::apply(None, &recorded(older.into())).unwrap().title(), "New arrival time");
}
