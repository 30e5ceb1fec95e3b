use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::*;
use crate::domain::payment::RefundStanding;
use crate::testing::{TestPay, order};

#[tokio::test]
async fn what_the_provider_tells_of_is_asked_for_and_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    assert_eq!(test.pay.told_of(order()).await, LookedUp::NotOurs);
    test.ask(1, "down").await;
    assert_eq!(test.pay.told_of(order()).await, LookedUp::Known);
    assert_eq!(test.charges().len(), 0);
    test.charge_turns_up(1).await;
    test.start();
    for _ in 0..3 {
        assert_eq!(test.pay.told_of(order()).await, LookedUp::Known);
    }
    let done = |pay: &PayService| pay.refunded_orders(Some(RefundStanding::Done), None, 1).unwrap().len() == 1;
    test.until(done).await;
    assert_eq!(test.charges()[0].refunded, crate::testing::PRICE);
    test.deaf.store(true, SeqCst);
    assert_eq!(test.pay.told_of(order()).await, LookedUp::NoAnswer);
    test.close().await;
}

#[tokio::test]
async fn those_who_tell_of_an_order_while_it_is_asked_about_share_one_more_look_up() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open_with(dir.path(), Duration::from_secs(10)).await;
    test.ask(1, "ok").await;
    let shut = test.gate.write().await;
    let all = async { tokio::join!(test.pay.told_of(order()), many(&test), many(&test)) };
    tokio::pin!(all);
    assert!(tokio::time::timeout(Duration::from_millis(20), &mut all).await.is_err());
    assert_eq!(test.look_ups.load(SeqCst), 1);
    drop(shut);
    all.await;
    assert_eq!(test.look_ups.load(SeqCst), 2, "one for the first, and one for all who came while it ran");
    assert!(test.pay.inner.look_ups.turns.lock().is_empty());
}

#[tokio::test]
async fn who_gives_up_half_way_leaves_nothing_to_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open_with(dir.path(), Duration::from_secs(10)).await;
    test.ask(1, "ok").await;
    let shut = test.gate.write().await;
    let short = Duration::from_millis(10);
    assert!(tokio::time::timeout(short, test.pay.told_of(order())).await.is_err());
    assert!(test.pay.inner.look_ups.turns.lock().is_empty());
    drop(shut);
    assert_eq!(test.pay.told_of(order()).await, LookedUp::Known);
    assert_eq!(test.look_ups.load(SeqCst), 2);
}

async fn many(test: &TestPay) {
    let (one, two, three) =
        tokio::join!(test.pay.told_of(order()), test.pay.told_of(order()), test.pay.told_of(order()));
    assert_eq!([one, two, three], [LookedUp::Known; 3]);
}
