use futures_util::future::join_all;
use gateway::accounts::Demo;

use crate::support::*;

/// How the next wrong password is answered, and for how long one has to wait then.
async fn wrong(desk: &Desk) -> (u16, String) {
    let answer = desk.sign_in(PHONE, OTHER).await;
    (answer.status, answer.header("retry-after").to_owned())
}

#[tokio::test]
async fn each_failure_makes_the_next_try_wait_longer_and_success_ends_that() {
    let desk = Desk::open().await;
    desk.sign_up(PHONE, GOOD).await.expect(201);
    for _ in 0..5 {
        assert_eq!(wrong(&desk).await.0, 401);
    }
    for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        assert_eq!(wrong(&desk).await, (429, wait.to_string()));
        desk.sign_in(PHONE, GOOD).await.expect(429);
        desk.pass_seconds(wait);
        assert_eq!(wrong(&desk).await.0, 401);
    }
    desk.pass_seconds(900);
    desk.sign_in(PHONE, GOOD).await.expect(201);
    assert_eq!(wrong(&desk).await.0, 401, "it begins anew");
    assert_eq!(wrong(&desk).await.0, 401);
}

#[tokio::test]
async fn a_page_too_says_when_to_try_again() {
    let desk = Desk::open().await;
    let form = format!("login={PHONE}&password=guessed");
    for _ in 0..5 {
        desk.form("/sign-in", "", &form).await.expect(401);
    }
    let page = desk.form("/sign-in", "", &form).await.expect(429);
    assert_eq!(page.header("retry-after"), "1");
}

#[tokio::test]
async fn what_was_counted_outlives_a_restart_and_is_forgotten_after_a_day() {
    let desk = Desk::open().await;
    for _ in 0..5 {
        assert_eq!(wrong(&desk).await.0, 401);
    }
    let desk = desk.restarted(Demo::People(vec![store()])).await;
    assert_eq!(wrong(&desk).await, (429, "1".to_owned()));
    desk.pass(25);
    for _ in 0..5 {
        assert_eq!(wrong(&desk).await.0, 401);
    }
    assert_eq!(wrong(&desk).await.0, 429);
}

#[tokio::test]
async fn a_stranger_who_fails_on_purpose_locks_out_strangers_only() {
    let desk = Desk::open().await;
    desk.sign_up(PHONE, GOOD).await.expect(201);
    desk.sign_in(PHONE, GOOD).await.expect(201);
    let mut refused = 0;
    for n in 0..60 {
        desk.from(&format!("198.51.100.{n}"));
        refused += u32::from(wrong(&desk).await.0 == 429);
    }
    assert!(refused >= 39, "only twenty of sixty strangers were heard: {refused}");
    desk.from("192.0.2.1");
    desk.sign_in(PHONE, GOOD).await.expect(429);
    desk.from(HOME);
    desk.sign_in(PHONE, GOOD).await.expect(201);
    desk.from("192.0.2.1");
    desk.pass_seconds(900);
    desk.sign_in(PHONE, GOOD).await.expect(201);
}

#[tokio::test]
async fn whoever_tries_many_logins_from_one_address_has_to_wait_and_who_is_known_there_has_not() {
    let desk = Desk::open().await;
    desk.sign_up(PHONE, GOOD).await.expect(201);
    desk.sign_in(PHONE, GOOD).await.expect(201);
    for n in 0..50 {
        assert_eq!(desk.sign_in(&format!("somebody{n}"), OTHER).await.status, 401);
    }
    desk.sign_in("somebody-else", OTHER).await.expect(429);
    desk.sign_in(PHONE, GOOD).await.expect(201);
}

#[tokio::test]
async fn many_tries_at_once_are_no_way_around_the_count() {
    let desk = Desk::open().await;
    let tries = join_all((0..40).map(|_| desk.sign_in(PHONE, OTHER))).await;
    let heard = tries.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(heard, 5, "{:?}", tries.iter().map(|answer| answer.status).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_try_whose_caller_goes_away_counts() {
    let desk = Desk::open().await;
    for _ in 0..5 {
        let mut trying = Box::pin(desk.sign_in(PHONE, OTHER));
        let patience = std::time::Duration::from_millis(5);
        if tokio::time::timeout(patience, &mut trying).await.is_err() {
            drop(trying);
        }
    }
    assert_eq!(wrong(&desk).await.0, 429);
}

#[tokio::test]
async fn what_was_counted_while_the_clock_was_ahead_keeps_nobody_out_when_it_is_put_right() {
    let desk = Desk::open().await;
    desk.sign_up(PHONE, GOOD).await.expect(201);
    desk.pass(24 * 365);
    let ahead = desk.code(PHONE).await;
    for _ in 0..5 {
        desk.sign_in(PHONE, OTHER).await.expect(401);
    }
    desk.sign_in(PHONE, GOOD).await.expect(429);
    desk.pass(-24 * 365);
    desk.pass_seconds(60);
    desk.by_code(PHONE, &ahead).await.expect(401);
    desk.code(PHONE).await;
    desk.sign_in(PHONE, GOOD).await.expect(201);
}
