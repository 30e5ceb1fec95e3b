use axum::http::HeaderName;

use super::*;

const PAGE: &str = "GET /told HTTP/1.1\r\nconnection: close\r\n";

pub(super) async fn told(
    Extension(ClientAddress(client)): Extension<ClientAddress>,
    Extension(origin): Extension<Origin>,
    Extension(RequestId(id)): Extension<RequestId>,
    headers: HeaderMap,
) -> String {
    let names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    format!("{client} {origin} {id} {}", names.join(","))
}

fn trusting(trust: Trust) -> Door {
    Door { trust, ..Limits::default().into() }
}

/// What the server made of a request with these headers, word by word.
async fn heard(door: Door, headers: &str) -> Vec<String> {
    let server = Running::start(door).await;
    let answer = server.ask(format!("{PAGE}{headers}\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.lines().last().unwrap().split(' ').map(str::to_owned).collect()
}

const CLAIMS: &str = "host: here:81\r\nx-forwarded-for: 203.0.113.7\r\nx-forwarded-proto: https\r\n\
    x-forwarded-host: baedal.example\r\nx-request-id: 019aa8dc-0000-7000-8000-000000000000\r\n\
    forwarded: for=1.1.1.1\r\nx-real-ip: 1.1.1.1\r\n";

#[tokio::test]
async fn what_a_stranger_says_of_the_way_here_counts_for_nothing() {
    let heard = heard(trusting(Trust::Networks(vec!["10.0.0.0/8".parse().unwrap()])), CLAIMS).await;
    assert_eq!(heard[..2], ["127.0.0.1", "http://here:81"]);
    assert_ne!(heard[2], "019aa8dc-0000-7000-8000-000000000000");
    assert_eq!(heard[3], "connection,host");
}

#[tokio::test]
async fn a_proxy_that_is_believed_says_who_asks_and_by_which_name_and_does_not_choose_the_id() {
    let heard = heard(trusting(Trust::Networks(vec!["127.0.0.0/8".parse().unwrap()])), CLAIMS).await;
    assert_eq!(heard[..2], ["203.0.113.7", "https://baedal.example"]);
    assert_ne!(heard[2], "019aa8dc-0000-7000-8000-000000000000");
    assert_eq!(heard[3], "connection,host");
}

#[tokio::test]
async fn behind_the_gateway_a_request_keeps_its_id() {
    let heard = heard(trusting(Trust::Gateway), CLAIMS).await;
    assert_eq!(heard[..3], ["203.0.113.7", "https://baedal.example", "019aa8dc-0000-7000-8000-000000000000"]);
}

#[tokio::test]
async fn whatever_is_asked_for_the_public_address_is_where_we_are_seen() {
    let door = Door { public: Origin::parse("https://baedal.example"), ..Limits::default().into() };
    assert_eq!(heard(door, CLAIMS).await[..2], ["127.0.0.1", "https://baedal.example"]);
}

#[tokio::test]
async fn a_request_without_one_name_is_400_and_the_connection_ends() {
    let server = Running::start(Limits::default()).await;
    for head in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nhost:\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a, b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: me@a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a:99999\r\n\r\n",
        "GET http://b/ HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET http://a:81/ HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        let answer = server.ask(head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.0 400"), "{head:?} {answer}");
        assert!(answer.contains("/problems/bad-host"), "{head:?} {answer}");
    }
    assert!(server.ask(b"GET http://a/ HTTP/1.1\r\nhost: A\r\nconnection: close\r\n\r\n").await.ends_with("hello"));
    let tunnel = server.ask(b"CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n").await;
    assert!(tunnel.starts_with("HTTP/1.1 405"), "{tunnel}");
}
