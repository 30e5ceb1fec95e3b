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
#[path = "people/mod.rs"]
mod signed_in;
#[path = "crash/staff.rs"]
mod staff;

use std::sync::Arc;
use std::time::{Duration, Instant};

use dice::Dice;
use people::Town;
use server::{Machine, SERVICES, Server};
use tokio::task::JoinSet;

/// Without `BAEDAL_TEST_KILLS`.
const KILLS: u32 = 20;
const CUSTOMERS: u64 = 10;
const RIDERS: u64 = 3;
/// Placed orders that are looked at after each restart; all are at the end.
const LOOKED_AT: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_being_killed_at_any_moment_and_every_order_ends() {
    let (began, kills) = (Instant::now(), kills());
    let (machine, town, mut dice) = scene().await;
    // Killed while it makes its files and its demo data.
    for _ in 0..3 {
        let server = Server::start(&machine, "all");
        tokio::time::sleep(Duration::from_millis(dice.between(0, 250))).await;
        server.kill();
    }
    let mut server = Server::start(&machine, "all");
    town.ready([&mut server]).await;
    town.opened().await;
    let people = People::start(&town);

    for kill in 1..=kills {
        tokio::time::sleep(Duration::from_millis(dice.between(100, 900))).await;
        server.kill();
        if kill.is_multiple_of(3) {
            machine.check();
        }
        // Sometimes nobody is there when the waits are over.
        if dice.one_in(5) {
            tokio::time::sleep(Duration::from_millis(dice.between(1000, 5000))).await;
        }
        server = Server::start(&machine, "all");
        // Sometimes it is killed again while it is still coming up.
        if dice.one_in(5) {
            tokio::time::sleep(Duration::from_millis(dice.between(0, 300))).await;
        } else {
            town.ready([&mut server]).await;
            town.look_at_some(&mut dice, LOOKED_AT).await;
        }
        town.book().judge();
    }

    town.ready([&mut server]).await;
    people.end(&town).await;
    println!("{}; {kills} kills in {} s", settle(&machine, &town, vec![server]), began.elapsed().as_secs());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_among_the_others_loses_and_doubles_nothing() {
    let (began, kills) = (Instant::now(), kills().div_ceil(3));
    let (machine, town, mut dice) = scene().await;
    let mut servers = SERVICES.map(|service| Server::start(&machine, service));
    town.ready(&mut servers).await;
    town.opened().await;
    let people = People::start(&town);

    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(dice.between(100, 900))).await;
        let number = dice.between(0, SERVICES.len() as u64 - 1) as usize;
        servers[number].end();
        tokio::time::sleep(Duration::from_millis(dice.between(0, 2000))).await;
        servers[number] = Server::start(&machine, SERVICES[number]);
        town.ready(&mut servers).await;
        town.look_at_some(&mut dice, LOOKED_AT).await;
        town.book().judge();
    }

    people.end(&town).await;
    println!("{}; {kills} kills in {} s", settle(&machine, &town, servers.into()), began.elapsed().as_secs());
}

fn kills() -> u32 {
    std::env::var("BAEDAL_TEST_KILLS").map_or(KILLS, |text| text.parse().unwrap())
}

async fn scene() -> (Machine, Arc<Town>, Dice) {
    let (machine, seed) = (Machine::new(), dice::seed());
    println!("BAEDAL_TEST_SEED={seed}");
    let customers = (0..CUSTOMERS).map(|number| format!("customer/{number}"));
    let riders = (0..RIDERS).map(|number| format!("rider/{number}"));
    let others = [format!("owner/{}", people::GUKBAP), "operator/1".to_owned()];
    let tokens = signed_in::sign_in(&machine.data_dir(), customers.chain(riders).chain(others)).await;
    let town = Arc::new(Town::new(machine.gateway(), seed, tokens));
    (machine, town, Dice::new(seed, "kills"))
}

/// Stops all, and finds nothing wrong in what lies on the disk; gives a summary.
fn settle(machine: &Machine, town: &Town, servers: Vec<Server>) -> String {
    for server in servers {
        assert_eq!(server.terminate(), Some(0), "{}", machine.said());
    }
    let report = machine.check();
    assert_eq!(report["atRest"], true, "{}", report["underWay"]);
    let orders = report["orders"].as_object().unwrap();
    let counted: u64 = orders.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(counted, town.book().orders() as u64);
    assert!(!machine.said().contains("panicked"), "{}", machine.said());
    format!("{}; {}", town.book().summary(), report["orders"])
}

/// All who are at work.
struct People {
    customers: JoinSet<()>,
    others: JoinSet<()>,
}

impl People {
    fn start(town: &Arc<Town>) -> Self {
        Self { customers: customers(town), others: others(town) }
    }

    /// Nobody orders any more, every order comes to its end, and everybody goes home.
    async fn end(mut self, town: &Town) {
        town.close();
        joined(&mut self.customers).await;
        rest::come_to_rest(town).await;
        town.go_home();
        joined(&mut self.others).await;
        rest::compare_with_book(town).await;
        town.book().judge();
    }
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
