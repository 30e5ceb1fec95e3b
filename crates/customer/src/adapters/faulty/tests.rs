use jiff::SignedDuration;
use kernel::events::customer::NoticeKind::{self, Accepted, Cooking, OnTheWay, Ready};
use kernel::order::Progress;
use platform::faults::{AskedFaults, MessageFaults};
use platform::ids::Ids;
use platform::testing::at_rest;
use uuid::Uuid;

use super::*;
use crate::adapters::inbox::Inbox;
use crate::domain::views::NoticeState::{self, Queued, Sent};
use crate::testing::Stage;

const ORDER: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

fn failing(percent: u32) -> AskedFaults {
    AskedFaults { messages: MessageFaults { failing_percent: percent }, ..AskedFaults::default() }
}

#[tokio::test]
async fn while_messages_may_fail_they_wait_their_turn_and_afterwards_are_there_at_once_again() {
    let faults = Faults::new(&Ids::seeded(7));
    let mut stage = Stage::open(Arc::new(Faulty::new(Arc::new(Inbox), faults.clone()))).await;
    stage.create(ORDER).await;
    stage.progress(ORDER, Progress::Accepted).await;
    stage.until(|| stage.told(ORDER) == [(Accepted, Sent)]).await;

    faults.ask(failing(100));
    stage.progress(ORDER, Progress::Cooking).await;
    stage.until(|| stage.told(ORDER) == [(Accepted, Sent), (Cooking, Queued)]).await;

    // It is over, but what is before the next has not gone out yet: nothing overtakes it.
    faults.ask(AskedFaults::default());
    stage.progress(ORDER, Progress::Ready).await;
    stage.until(|| stage.told(ORDER).len() == 3).await;
    assert_eq!(settled(&stage).await, [(Accepted, Sent), (Cooking, Sent), (Ready, Sent)]);
    stage.progress(ORDER, Progress::Delivering).await;
    stage.until(|| stage.told(ORDER).last() == Some(&(OnTheWay, Sent))).await;
    assert_eq!(stage.count("work"), 0);
}

#[tokio::test]
async fn messages_that_fail_half_the_time_all_arrive_in_order() {
    let faults = Faults::new(&Ids::seeded(7));
    let mut stage = Stage::open(Arc::new(Faulty::new(Arc::new(Inbox), faults.clone()))).await;
    faults.ask(failing(50));
    stage.create(ORDER).await;
    for progress in [Progress::Accepted, Progress::Cooking, Progress::Ready, Progress::Delivering] {
        stage.progress(ORDER, progress).await;
        stage.hand.advance(SignedDuration::from_millis(1));
    }
    stage.until(|| stage.told(ORDER).len() == 4).await;
    assert_eq!(settled(&stage).await, [(Accepted, Sent), (Cooking, Sent), (Ready, Sent), (OnTheWay, Sent)]);
}

/// How far each notice has come when none is waiting any more, each second having had its tries.
async fn settled(stage: &Stage) -> Vec<(NoticeKind, NoticeState)> {
    for _ in 0..50 {
        at_rest(std::slice::from_ref(stage.customer.room())).await;
        if stage.told(ORDER).iter().all(|(_, state)| *state != Queued) {
            break;
        }
        stage.hand.advance(SignedDuration::from_secs(1));
    }
    stage.told(ORDER)
}
