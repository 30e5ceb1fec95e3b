//! Promise 3: every accepted request survives kill -9 at any moment, and every order reaches an end.
//!
//! One process on one data directory is killed again and again under load. `BAEDAL_TEST_KILLS` says how often,
//! `BAEDAL_TEST_SEED` repeats the choices of an earlier run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

#[path = "crash/book.rs"]
mod book;
#[path = "crash/dice.rs"]
mod dice;
#[path = "crash/people.rs"]
mod people;
#[path = "crash/rest.rs"]
mod rest;
#[path = "crash/server.rs"]
mod server;
#[path = "crash/staff.rs"]
mod staff;

use std::sync::Arc;
use std::time::{Duration, Instant};

use dice::Dice;
use people::Town;
use server::{Machine, Server};
use tokio::task::JoinSet;

/// Without `BAEDAL_TEST_KILLS`.
const KILLS: u32 = 20;
const CUSTOMERS: u64 = 10;
const RIDERS: u64 = 3;
/// Placed orders that are looked at after each restart; all are at the end.
const LOOKED_AT: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_being_killed_at_any_moment_and_every_order_ends() {
    let (began, seed) = (Instant::now(), dice::seed());
    let kills = std::env::var("BAEDAL_TEST_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    println!("BAEDAL_TEST_SEED={seed} BAEDAL_TEST_KILLS={kills}");
    let mut dice = Dice::new(seed, "kills");
    let machine = Machine::new();
    let town = Arc::new(Town::new(machine.gateway(), seed));
    let mut server = Server::start(&machine);
    town.ready(&mut server).await;
    let (mut customers, mut others) = (customers(&town), others(&town));

    for kill in 1..=kills {
        tokio::time::sleep(Duration::from_millis(dice.between(100, 900))).await;
        server.kill();
        if kill.is_multiple_of(3) {
            machine.check();
        }
        server = Server::start(&machine);
        // Sometimes it is killed again while it is still coming up.
        if dice.one_in(5) {
            tokio::time::sleep(Duration::from_millis(dice.between(0, 300))).await;
        } else {
            town.ready(&mut server).await;
            town.look_at_some(&mut dice, LOOKED_AT).await;
        }
        town.book().judge();
    }

    town.ready(&mut server).await;
    town.close();
    joined(&mut customers).await;
    rest::come_to_rest(&town).await;
    town.go_home();
    joined(&mut others).await;
    rest::compare_with_book(&town).await;
    town.book().judge();
    assert_eq!(server.terminate(), Some(0), "{}", machine.said());
    let report = machine.check();
    assert_eq!(report["atRest"], true, "{}", report["underWay"]);
    let orders = report["orders"].as_object().unwrap();
    let counted: u64 = orders.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(counted, town.book().orders() as u64);
    assert!(!machine.said().contains("panicked"), "{}", machine.said());
    let took = began.elapsed().as_secs();
    println!("{kills} kills in {took} s; {}; {}", town.book().summary(), report["orders"]);
}

fn customers(town: &Arc<Town>) -> JoinSet<()> {
    let mut all = JoinSet::new();
    for number in 0..CUSTOMERS {
        all.spawn(people::order_again_and_again(Arc::clone(town), number));
    }
    all
}

fn others(town: &Arc<Town>) -> JoinSet<()> {
    let mut all = JoinSet::new();
    for number in 0..staff::OWNERS {
        all.spawn(staff::answer_tickets(Arc::clone(town), number));
        all.spawn(staff::cook(Arc::clone(town), number));
        all.spawn(staff::hand_out(Arc::clone(town), number));
    }
    all.spawn(staff::operate(Arc::clone(town)));
    for number in 0..RIDERS {
        all.spawn(staff::ride(Arc::clone(town), number));
    }
    all
}

async fn joined(all: &mut JoinSet<()>) {
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
    }
}
