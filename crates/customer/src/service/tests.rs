use std::sync::Arc;

use kernel::events::DomainEvent;
use kernel::events::app::{AppEvent, OrderPlaced, OrderReceived, PersonalDataErased};
use kernel::events::customer::NoticeKind::{Accepted, Cooking, Placed};
use kernel::lang::Language;
use kernel::order::{DeliveryBy, PaymentMethod, Progress};
use platform::runner::Handler;
use platform::view::View;
use uuid::Uuid;

use crate::adapters::inbox::Inbox;
use crate::domain::samples::{at, details, number, private};
use crate::domain::views::{InboxRow, NoticeState::Sent, OrderFacts};
use crate::subscriptions::HeardOfApp;
use crate::tables::{InboxView, OrderFactsView};
use crate::testing::{Stage, Wayward};

const ORDER: Uuid = Uuid::from_u128(7);

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

fn facts(stage: &Stage) -> Option<OrderFacts> {
    let key = ORDER.to_string();
    let row =
        stage.customer.room().store.readers().with(|reader| reader.row(OrderFactsView::TABLE.name, &key)).unwrap();
    row.map(|(doc, personal, _)| OrderFactsView::read(&doc, personal.as_deref()).unwrap())
}

#[tokio::test]
async fn what_only_has_to_be_recorded_is_sent_as_it_is_queued() {
    let mut stage = Stage::open(Arc::new(Inbox)).await;
    stage.create(ORDER).await;
    stage.say(ORDER, placed()).await;
    stage.hand.advance(jiff::SignedDuration::from_millis(5));
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| stage.told(ORDER) == [(Placed, Sent), (Accepted, Sent)]).await;
    let history = stage.customer.notices().history(ORDER).unwrap();
    let names: Vec<_> = history.iter().map(|event| event.event.name()).collect();
    assert_eq!(names, ["NoticeQueued", "NoticeSent", "NoticeQueued", "NoticeSent"]);
    assert_eq!((stage.count("work"), stage.count("timers"), stage.count("notes"), stage.count("parked")), (0, 0, 0, 0));
}

#[tokio::test]
async fn what_app_says_without_news_for_the_customer_is_passed_over() {
    let passed_over = ["PaymentStarted", "OrderReceived", "DeliveredAfterCancel"];
    let stage = Stage::open(Arc::new(Inbox)).await;
    let ears = HeardOfApp::new(&stage.customer);
    for name in AppEvent::NAMES {
        assert_eq!(ears.wants(name), !passed_over.contains(name), "{name}");
    }
}

#[tokio::test]
async fn an_order_has_one_small_row_without_address() {
    let mut stage = Stage::open(Arc::new(Inbox)).await;
    stage.create(ORDER).await;
    stage.say(ORDER, placed()).await;
    stage.say(ORDER, OrderReceived { order_number: number(), answer_by: at("18:52:00") }).await;
    stage.until(|| stage.told(ORDER) == [(Placed, Sent)]).await;
    let facts = facts(&stage).unwrap();
    assert_eq!(facts.private.as_ref().unwrap().phone, private().phone);
    assert_eq!(facts.private.unwrap().address, None);
    assert_eq!(stage.count("order_facts"), 1);
}

#[tokio::test]
async fn erased_personal_data_is_gone_from_log_views_and_memory() {
    let mut stage = Stage::open(Wayward::that([crate::testing::Does::Fails])).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| stage.told(ORDER).len() == 1).await;
    stage.say(ORDER, PersonalDataErased { order_number: number() }).await;
    stage.until(|| facts(&stage).is_some_and(|facts| facts.private.is_none())).await;
    let history = stage.customer.notices().history(ORDER).unwrap();
    assert!(history.iter().all(|event| event.event.personal().is_none()));
    let loaded = stage.customer.notices().load(ORDER).unwrap();
    assert_eq!(loaded.state.first().unwrap().private, None);
}

#[tokio::test]
async fn views_made_anew_equal_the_live_ones() {
    let mut stage = Stage::open(Arc::new(Inbox)).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.hand.advance(jiff::SignedDuration::from_millis(5));
    stage.progress(ORDER, Progress::Cooking).await;
    stage.until(|| stage.told(ORDER) == [(Accepted, Sent), (Cooking, Sent)]).await;
    let inbox = |stage: &Stage| -> Vec<(InboxRow, i64)> { stage.customer.inbox("ORDER BY key", &[]).unwrap() };
    let (told, known) = (inbox(&stage), facts(&stage));
    let own = &stage.customer.room().store;
    let mut source = platform::bus::Source::local(own);
    platform::rebuild::rebuild::<InboxView>(own, &mut source, |_, _| {}).await.unwrap();
    platform::rebuild::rebuild::<OrderFactsView>(own, &mut stage.app(), |_, _| {}).await.unwrap();
    assert_eq!((inbox(&stage), facts(&stage)), (told, known));
}

#[tokio::test]
async fn an_order_that_nobody_knows_is_set_aside_for_a_person() {
    let mut stage = Stage::open(Arc::new(Inbox)).await;
    stage.progress(ORDER, Progress::Accepted).await;
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while stage.count("parked") == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(stage.told(ORDER), []);
}
