use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use super::*;
use crate::server::{Limits, serve};
use crate::shutdown::Shutdown;

fn of(count: usize) -> Balancer {
    Balancer::new("app", (0..count).map(|at| format!("http://10.0.0.{at}/")), &Ids::seeded(1))
}

fn fails(balancer: &Balancer, place: usize, outcome: Outcome) {
    balancer.ended(place, outcome);
}

/// How often each is picked in `times` requests that end at once.
fn picked(balancer: &Balancer, times: usize) -> Vec<usize> {
    let mut counts = vec![0; balancer.len()];
    for _ in 0..times {
        counts[balancer.pick(&[]).unwrap().place()] += 1;
    }
    counts
}

#[tokio::test]
async fn what_is_busier_is_taken_less() {
    let balancer = of(3);
    let _held: Vec<_> = std::iter::from_fn(|| balancer.pick(&[1, 2])).take(50).collect();
    let counts = picked(&balancer, 300);
    assert_eq!(counts[0], 0, "each other one is less busy");
    assert!(counts[1] > 50 && counts[2] > 50, "{counts:?}");
    assert_eq!(balancer.seen()[0], ("http://10.0.0.0".to_owned(), 50, true));
}

#[tokio::test]
async fn what_is_under_way_is_spread_evenly() {
    let balancer = of(4);
    let _held: Vec<_> = std::iter::from_fn(|| balancer.pick(&[])).take(400).collect();
    for (base, busy, _) in balancer.seen() {
        assert!((90..=110).contains(&busy), "{base} has {busy} of 400");
    }
}

#[tokio::test(start_paused = true)]
async fn three_failures_in_a_row_leave_an_address_out_for_a_while_and_longer_each_time() {
    let balancer = of(2);
    fails(&balancer, 0, Outcome::Failed);
    fails(&balancer, 0, Outcome::Failed);
    fails(&balancer, 0, Outcome::Answered);
    fails(&balancer, 0, Outcome::Failed);
    fails(&balancer, 0, Outcome::Failed);
    assert!(picked(&balancer, 100)[0] > 0, "never three in a row");
    fails(&balancer, 0, Outcome::Failed);
    assert_eq!(picked(&balancer, 100), [0, 100]);
    tokio::time::advance(Duration::from_millis(6_300)).await;
    assert!(picked(&balancer, 100)[0] > 0, "it is tried again");
    fails(&balancer, 0, Outcome::Failed);
    assert_eq!(picked(&balancer, 100), [0, 100], "and once more is enough");
    tokio::time::advance(Duration::from_millis(9_900)).await;
    assert_eq!(picked(&balancer, 100), [0, 100], "twice as long");
    tokio::time::advance(Duration::from_secs(3)).await;
    fails(&balancer, 0, Outcome::Answered);
    fails(&balancer, 0, Outcome::Failed);
    assert!(picked(&balancer, 100)[0] > 0, "what it did before is forgotten once it answered");
}

#[tokio::test]
async fn where_nobody_was_the_address_is_left_out_at_once_and_the_others_are_tried() {
    let balancer = of(3);
    let first = balancer.pick(&[]).unwrap();
    let gone = first.place();
    first.ended(Outcome::Refused);
    assert_eq!(picked(&balancer, 90)[gone], 0);
    let second = balancer.pick(&[gone]).unwrap().place();
    let third = balancer.pick(&[gone, second]).unwrap().place();
    assert_eq!(gone + second + third, 3);
    assert!(balancer.pick(&[0, 1, 2]).is_none());
    assert!(balancer.seen().iter().all(|(_, busy, _)| *busy == 0), "each lease came back");
}

#[tokio::test]
async fn where_all_are_left_out_all_are_used() {
    let balancer = of(2);
    fails(&balancer, 0, Outcome::Refused);
    fails(&balancer, 1, Outcome::Refused);
    assert!(picked(&balancer, 100).iter().all(|count| *count > 0));
}

#[tokio::test]
async fn an_address_that_is_not_ready_is_not_used_until_it_is() {
    let balancer = of(2);
    balancer.checked(0, false);
    assert!(picked(&balancer, 100)[0] > 0, "once may be chance");
    balancer.checked(0, false);
    assert_eq!(picked(&balancer, 100), [0, 100]);
    fails(&balancer, 0, Outcome::Refused);
    balancer.checked(0, true);
    assert!(picked(&balancer, 100)[0] > 0, "it is back, and not held to its time");
}

#[tokio::test]
async fn addresses_are_asked_whether_they_are_ready() {
    let shutdown = Shutdown::new();
    let ready = Router::new().route("/health/ready", get(async || "ready"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let good = format!("http://{}", listener.local_addr().unwrap());
    let stop = shutdown.clone();
    shutdown.spawn("server", async move { serve(listener, ready, stop, Limits::default()).await });
    let balancer = Balancer::new("app", [good, "http://127.0.0.1:1".to_owned()], &Ids::seeded(1));
    let client = crate::client::inside().build().unwrap();
    balancer.check(&client).await;
    balancer.check(&client).await;
    assert_eq!(picked(&balancer, 50), [50, 0]);
    shutdown.begin();
}
