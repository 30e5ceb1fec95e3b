//! Passwords, tokens, links and ids that somebody guesses.

use futures_util::StreamExt;
use reqwest::Method;

use crate::server::Server;

/// Tries wrong passwords, so many at a time; says how many were answered how.
pub async fn wrong_passwords(server: &Server, tries: usize, at_a_time: usize) -> Vec<u16> {
    let attempts = (0..tries).map(async |number| {
        let login = ["customer", "owner", "rider", "operator", "nobody"][number % 5];
        server.try_sign_in(login, &format!("guess-{number}")).await.status().as_u16()
    });
    futures_util::stream::iter(attempts).buffer_unordered(at_a_time).collect().await
}

/// Tries tokens, links and orders, so many at a time.
pub async fn tokens(server: &Server, tries: usize, at_a_time: usize) -> Vec<u16> {
    let seed = 0x9E37_79B9_7F4A_7C15_u64;
    let attempts = (0..tries).map(async |number| {
        let guess = format!("{:032x}{:032x}", seed.wrapping_mul(number as u64 + 1), number);
        let id = format!("01890000-0000-7000-8000-{number:012x}");
        let (token, path) = match number % 4 {
            0 => (guess, "/api/orders".to_owned()),
            1 => (guess, "/api/operations/app/orders".to_owned()),
            2 => (String::new(), format!("/o/{guess}")),
            _ => (String::new(), format!("/api/orders/{id}")),
        };
        server.request(Method::GET, &token, &path).send().await.unwrap().status().as_u16()
    });
    futures_util::stream::iter(attempts).buffer_unordered(at_a_time).collect().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_guessed_is_right_and_who_knows_gets_in_all_the_same() {
    let mut server = Server::start(&[]).await;
    let found = tokens(&server, 2_000, 16).await;
    assert!(found.iter().all(|status| [401, 404, 429].contains(status)), "{found:?}");
    let found = wrong_passwords(&server, 40, 4).await;
    assert!(found.iter().all(|status| [401, 429, 503].contains(status)), "{found:?}");
    server.still_runs().await;
}

/// Somebody's order is not there for others, whichever id they try.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_seen_over_a_shoulder_is_not_there_for_others() {
    let server = Server::start(&[]).await;
    let customer = server.sign_in("customer").await;
    let (status, made) = server.call(Method::POST, &customer, "/api/orders", &crate::server::order()).await;
    assert_eq!(status, 201, "{made}");
    let id = made["orderId"].as_str().unwrap();
    for (role, status) in [("owner", 403), ("rider", 403)] {
        let token = server.sign_in(role).await;
        for path in [format!("/api/orders/{id}"), format!("/api/orders/{id}/timeline")] {
            assert_eq!(server.get(&token, &path).await.0, status, "{role} {path}");
        }
    }
    assert_eq!(server.get("", &format!("/api/orders/{id}")).await.0, 401);
    assert_eq!(server.get("", &format!("/o/{id}")).await.0, 404, "an order's id is no link's token");
}
