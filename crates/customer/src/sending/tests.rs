use std::sync::Arc;

use jiff::SignedDuration;
use kernel::decider::Decider;
use kernel::events::customer::Channel;
use kernel::events::customer::NoticeKind::{Accepted, Cooking, OnTheWay, Ready};
use kernel::order::Progress;
use platform::streams::Loaded;
use platform::work::{Due, Outcome, Performer};
use tokio::sync::Notify;
use uuid::Uuid;

use super::Sending;
use crate::domain::commands::What;
use crate::domain::notice::Notice;
use crate::domain::views::NoticeState::{Failed, Queued, Sent, Skipped};
use crate::ports::Found;
use crate::testing::{Does, Stage, Wayward};

const ORDER: Uuid = Uuid::from_u128(7);

#[tokio::test]
async fn each_notice_is_handed_over_once_in_order_and_one_at_a_time() {
    let outlet = Wayward::that([]);
    let mut stage = Stage::open(outlet.clone()).await;
    let orders: Vec<Uuid> = (1..=5).map(Uuid::from_u128).collect();
    for order in &orders {
        stage.create(*order).await;
    }
    for to in [Progress::Accepted, Progress::Cooking, Progress::Ready, Progress::Delivering] {
        for order in &orders {
            stage.progress(*order, to).await;
        }
        stage.hand.advance(SignedDuration::from_millis(5));
    }
    for order in orders {
        stage.until(|| stage.told(order).iter().filter(|told| told.1 == Sent).count() == 4).await;
        assert_eq!(outlet.taken_for(order), [Accepted, Cooking, Ready, OnTheWay]);
    }
    assert!(!outlet.seen().crossed);
}

#[tokio::test]
async fn a_notice_that_fails_is_tried_again_and_goes_before_the_next() {
    let outlet = Wayward::that([Does::Fails, Does::Fails, Does::Takes]);
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| outlet.seen().calls == 1).await;
    stage.hand.advance(SignedDuration::from_millis(1));
    stage.progress(ORDER, Progress::Cooking).await;
    stage.until_told(ORDER, [(Accepted, Sent), (Cooking, Sent)]).await;
    assert_eq!(outlet.taken_for(ORDER), [Accepted, Cooking]);
}

#[tokio::test]
async fn after_five_minutes_of_failing_a_notice_has_failed_and_the_next_goes() {
    let outlet = Wayward::that([Does::Fails]);
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until_told(ORDER, [(Accepted, Failed)]).await;
    assert!(outlet.seen().calls > 3);
    outlet.now(Does::Takes);
    stage.progress(ORDER, Progress::Cooking).await;
    stage.until_told(ORDER, [(Accepted, Failed), (Cooking, Sent)]).await;
    assert_eq!(outlet.taken_for(ORDER), [Cooking]);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_up_and_nothing_is_sent_again() {
    let outlet = Wayward::that([Does::LosesAnswer]);
    let mut stage = Stage::open(outlet.clone()).await;
    outlet.mute(true);
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    while outlet.seen().looked_up < 3 {
        stage.hand.advance(SignedDuration::from_secs(1));
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    outlet.mute(false);
    stage.until_told(ORDER, [(Accepted, Sent)]).await;
    assert_eq!((outlet.taken_for(ORDER), outlet.seen().calls), (vec![Accepted], 1));
}

#[tokio::test]
async fn a_message_that_is_lost_is_looked_up_and_then_sent_again() {
    let outlet = Wayward::that([Does::LosesMessage, Does::Takes]);
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until_told(ORDER, [(Accepted, Sent)]).await;
    // What is not found is believed only once the call has certainly ended.
    let seen = outlet.seen();
    assert_eq!((outlet.taken_for(ORDER), seen.calls), (vec![Accepted], 2));
    assert!(seen.looked_up > 1, "{seen:?}");
}

#[tokio::test]
async fn what_was_accepted_stays_first_until_it_has_reached_the_phone() {
    let outlet = Wayward::that([Does::Accepts]);
    outlet.says(Found::Pending);
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| outlet.seen().calls == 1).await;
    stage.hand.advance(SignedDuration::from_millis(5));
    stage.progress(ORDER, Progress::Cooking).await;
    stage.wait_until(|| outlet.seen().looked_up >= 3).await;
    assert_eq!(stage.told(ORDER), [(Accepted, Queued), (Cooking, Queued)]);
    outlet.says(Found::Delivered { by: Channel::Sms });
    stage.until_told(ORDER, [(Accepted, Sent), (Cooking, Sent)]).await;
    assert_eq!((outlet.taken_for(ORDER), outlet.seen().calls), (vec![Accepted, Cooking], 2));
    assert_eq!(stage.rows(ORDER)[0].channel, Some(Channel::Sms));
}

#[tokio::test]
async fn what_was_accepted_is_never_left_out_though_the_order_moves_on() {
    let outlet = Wayward::that([Does::Accepts]);
    outlet.says(Found::Pending);
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| outlet.seen().calls == 1).await;
    stage.hand.advance(SignedDuration::from_secs(90));
    stage.progress(ORDER, Progress::Cooking).await;
    stage.until(|| stage.told(ORDER).len() == 2).await;
    stage.wait_until(|| outlet.seen().looked_up >= 2).await;
    assert_eq!(stage.told(ORDER), [(Accepted, Queued), (Cooking, Queued)]);
    outlet.says(Found::Delivered { by: Channel::AlimTalk });
    stage.until_told(ORDER, [(Accepted, Sent), (Cooking, Sent)]).await;
}

#[tokio::test]
async fn what_was_accepted_and_is_not_found_is_not_sent_again() {
    let outlet = Wayward::that([Does::Accepts]);
    outlet.says(Found::NotFound);
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until_told(ORDER, [(Accepted, Failed)]).await;
    assert_eq!(outlet.seen().calls, 1);
}

#[tokio::test]
async fn a_message_that_failed_for_good_on_its_way_fails_with_its_code() {
    let outlet = Wayward::that([Does::Accepts]);
    outlet.says(Found::Failed { code: "3018".into(), permanent: true, times: 1 });
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until_told(ORDER, [(Accepted, Failed)]).await;
    assert_eq!((outlet.seen().calls, stage.rows(ORDER)[0].code.as_deref()), (1, Some("3018")));
}

#[tokio::test]
async fn a_message_that_failed_for_now_is_tried_again_and_given_up_with_the_last_code() {
    let outlet = Wayward::that([Does::Accepts]);
    outlet.fails_for_now("1001");
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until_told(ORDER, [(Accepted, Failed)]).await;
    assert!(outlet.seen().calls > 3);
    assert_eq!(stage.rows(ORDER)[0].code.as_deref(), Some("1001"));
}

#[tokio::test]
async fn a_list_that_shows_only_the_failure_before_the_last_try_sends_nothing_again() {
    let outlet = Wayward::that([Does::Accepts]);
    outlet.says(Found::Failed { code: "1001".into(), permanent: false, times: 1 });
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.wait_until(|| outlet.seen().looked_up >= 5).await;
    assert_eq!(outlet.seen().calls, 2);
    outlet.says(Found::Delivered { by: Channel::AlimTalk });
    stage.until_told(ORDER, [(Accepted, Sent)]).await;
    assert_eq!(outlet.seen().calls, 2);
}

#[tokio::test]
async fn a_notice_that_is_refused_for_good_fails_at_once() {
    let outlet = Wayward::that([Does::Refuses]);
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| stage.told(ORDER) == [(Accepted, Failed)]).await;
    assert_eq!(outlet.seen().calls, 1);
}

#[tokio::test]
async fn a_notice_that_was_overtaken_while_it_failed_is_skipped() {
    let outlet = Wayward::that([Does::Fails]);
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.hand.advance(SignedDuration::from_secs(30));
    stage.progress(ORDER, Progress::Cooking).await;
    stage.until(|| stage.told(ORDER).len() == 2).await;
    stage.hand.advance(SignedDuration::from_secs(35));
    stage.until_told(ORDER, [(Accepted, Skipped), (Cooking, Queued)]).await;
    outlet.now(Does::Takes);
    stage.until_told(ORDER, [(Accepted, Skipped), (Cooking, Sent)]).await;
    assert_eq!(outlet.taken_for(ORDER), [Cooking]);
}

#[tokio::test]
async fn the_next_waits_for_the_call_of_a_notice_that_was_given_up_meanwhile() {
    let woken = Arc::new(Notify::new());
    let outlet = Wayward::that([Does::Waits(Arc::clone(&woken)), Does::Takes]);
    let mut stage = Stage::open(outlet.clone()).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| outlet.seen().calls == 1).await;
    stage.hand.advance(SignedDuration::from_mins(5));
    stage.until(|| stage.told(ORDER) == [(Accepted, Failed)]).await;
    stage.progress(ORDER, Progress::Cooking).await;
    stage.until(|| stage.told(ORDER).len() == 2).await;
    for _ in 0..5 {
        stage.hand.advance(SignedDuration::from_secs(2));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(outlet.seen().calls, 1);
    woken.notify_one();
    stage.until_told(ORDER, [(Accepted, Failed), (Cooking, Sent)]).await;
    assert!(!outlet.seen().crossed);
    assert_eq!(outlet.taken_for(ORDER), [Accepted, Cooking]);
}

#[tokio::test]
async fn after_a_lease_that_ran_out_it_is_asked_first() {
    let outlet = Wayward::that([Does::LosesAnswer]);
    let mut stage = Stage::open(outlet.clone()).await;
    outlet.mute(true);
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| outlet.taken_for(ORDER) == [Accepted]).await;
    outlet.mute(false);

    let loaded: Arc<Loaded<Notice>> = stage.customer.notices().load(ORDER).unwrap();
    let task = Notice::work(&loaded.state).unwrap();
    let since = stage.customer.room().clock.now();
    let due = Due { loaded, task, attempts: 0, since, ask_first: true };
    let Outcome::Record(commands) = Sending::new(&stage.customer).perform(&due).await else { panic!("it is known") };
    let notice_id = due.loaded.state.first().unwrap().notice_id;
    assert_eq!(
        commands.into_iter().map(|command| command.what).collect::<Vec<_>>(),
        [What::RecordSent { notice_id, channel: Some(Channel::AlimTalk) }]
    );
    assert_eq!(outlet.seen().calls, 1);
}
