//! As much harm as fits, while honest people order.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::guessing;
use crate::honest::{Rounds, hardly_notices};
use crate::oversized;
use crate::raw::said_to;
use crate::server::{Server, TIMES};

/// Files that this test needs for itself beside the connections it opens.
const SPARE_FILES: usize = 500;

/// Heads and bodies that drip in, and as many connections as are granted that say nothing at all.
#[tokio::test(flavor = "multi_thread")]
async fn honest_customers_hardly_notice_who_holds_connections() {
    let mut server = Server::start_alone().await;
    let address = server.address();
    let wanted = 10_000.min(open_files() - SPARE_FILES);
    println!("{wanted} idle connections; this process may open {} files", open_files());
    // All of them are held at once, so there is one round only.
    let rounds = Rounds { count: 1, calm: Duration::from_secs(4) };
    hardly_notices(&server, "idle and slow connections", rounds, async || {
        let slow = (0..200).flat_map(|_| [Slow::Head, Slow::Body]).map(|slow| drip(&address, slow));
        let idle = async {
            let mut idle = Vec::new();
            while idle.len() < wanted {
                let some = (0..50).map(|_| TcpStream::connect(&address));
                idle.extend(join_all(some).await.into_iter().filter_map(Result::ok));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            idle
        };
        let (_, idle) = futures_util::future::join(join_all(slow), idle).await;
        assert_eq!(idle.len(), wanted);
    })
    .await;
    server.still_runs().await;
}

#[derive(Clone, Copy)]
enum Slow {
    Head,
    Body,
}

/// Sends a byte now and then; the server hangs up on half a head before long.
async fn drip(address: &str, slow: Slow) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let begin = match slow {
        Slow::Head => format!("GET /api/stores HTTP/1.1\r\nHost: {address}\r\nX: "),
        Slow::Body => format!(
            "POST /api/quotes HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n"
        ),
    };
    stream.write_all(begin.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let dripping = async {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    let hung_up = async {
        let mut heard = Vec::new();
        let _ = reading.read_to_end(&mut heard).await;
        String::from_utf8_lossy(&heard).into_owned()
    };
    // A head takes no longer than 15 s, nor does a body.
    let heard = tokio::select! {
        () = dripping => String::new(),
        heard = hung_up => heard,
        () = tokio::time::sleep(Duration::from_secs(40)) => panic!("a request that never ends is never cut off"),
    };
    assert!(!heard.contains("HTTP/1.1 2"), "{heard}");
}

/// How many files this process may have open.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok()).unwrap_or(1_024)
}

/// Too much of everything, and what has to be looked up before it is known to be nothing.
#[tokio::test(flavor = "multi_thread")]
async fn honest_customers_hardly_notice_rubbish_and_guesses() {
    let mut server = Server::start_alone().await;
    let (address, token) = (server.address(), server.sign_in("customer").await);
    let rounds = Rounds { count: 5 * *TIMES, calm: Duration::from_secs(1) };
    hardly_notices(&server, "oversized requests and guessed tokens", rounds, async || {
        let rubbish = async {
            for (_, bytes) in oversized::shapes(&address, &token) {
                said_to(&address, &bytes).await;
            }
        };
        let guesses = async {
            for _ in 0..10 {
                let found = guessing::tokens(&server, 20, 2).await;
                assert!(found.iter().all(|status| [401, 404, 429].contains(status)), "{found:?}");
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
        };
        futures_util::future::join(rubbish, guesses).await;
    })
    .await;
    server.still_runs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn honest_customers_hardly_notice_a_thousand_wrong_passwords() {
    let mut server = Server::start_alone().await;
    // Whoever guesses is refused for a while from where they guess, and whoever knows is let in from where they are.
    let elsewhere = async || server.sign_in_from([127, 0, 0, 2], "customer", "baedal").await;
    assert_eq!(elsewhere().await, 201);
    let rounds = Rounds { count: 10 * *TIMES, calm: Duration::from_millis(700) };
    hardly_notices(&server, "a hundred wrong passwords each round", rounds, async || {
        // At a pace that leaves the machine, which whoever guesses shares with the server, something to do for others.
        for _ in 0..5 {
            let found = guessing::wrong_passwords(&server, 20, 8).await;
            assert!(found.len() == 20 && found.iter().all(|status| [401, 429, 503].contains(status)), "{found:?}");
            tokio::time::sleep(Duration::from_millis(80)).await;
        }
    })
    .await;
    assert_eq!(elsewhere().await, 201);
    server.still_runs().await;
}
