//! Requests that two readers could take for different ones: none is read as more than one, and none gets in.

use crate::raw::{said_to, statuses};
use crate::server::Server;

/// What would be answered if somebody read a second request out of the first.
const SECOND: &str = "GET /api/stores HTTP/1.1\r\nHost: x\r\n\r\n";

fn shapes(address: &str) -> Vec<(&'static str, String)> {
    let host = format!("Host: {address}\r\n");
    let post = |headers: &str, body: &str| format!("POST /api/quotes HTTP/1.1\r\n{host}{headers}\r\n{body}");
    let get = |headers: &str| format!("GET /api/operations/app/lag HTTP/1.1\r\n{headers}\r\n");
    let length = SECOND.len();
    vec![
        (
            "a length and chunks",
            post(&format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"), &format!("0\r\n\r\n{SECOND}")),
        ),
        (
            "chunks and a length",
            post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", &format!("0\r\n\r\n{SECOND}")),
        ),
        ("two lengths", post(&format!("Content-Length: 0\r\nContent-Length: {length}\r\n"), SECOND)),
        ("two lengths in one", post(&format!("Content-Length: 0, {length}\r\n"), SECOND)),
        ("a length with a sign", post("Content-Length: +0\r\n", SECOND)),
        ("a length below nothing", post("Content-Length: -1\r\n", SECOND)),
        ("a length in hexadecimal", post("Content-Length: 0x10\r\n", SECOND)),
        ("a length without end", post("Content-Length: 99999999999999999999999\r\n", SECOND)),
        (
            "chunks twice",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", &format!("0\r\n\r\n{SECOND}")),
        ),
        ("chunks that are not last", post("Transfer-Encoding: chunked, identity\r\n", &format!("0\r\n\r\n{SECOND}"))),
        ("chunks by another name", post("Transfer-Encoding: xchunked\r\n", &format!("0\r\n\r\n{SECOND}"))),
        ("chunks after a tab", post("Transfer-Encoding:\x0bchunked\r\n", &format!("0\r\n\r\n{SECOND}"))),
        ("a chunk of a size that is none", post("Transfer-Encoding: chunked\r\n", &format!("zz\r\n\r\n{SECOND}"))),
        ("a chunk without end", post("Transfer-Encoding: chunked\r\n", &format!("fffffffffffffffff\r\n{SECOND}"))),
        ("a space before the colon", post("Content-Length : 0\r\n", "")),
        ("a folded header", get(&format!("{host}X: a\r\n Baedal-Identity: b\r\n"))),
        ("a header without a name", get(&format!("{host}: x\r\n"))),
        ("a header without a colon", get(&format!("{host}nothing\r\n"))),
        ("a null in a header", get(&format!("{host}X: a\0b\r\n"))),
        ("a bare return in a header", get(&format!("{host}X: a\rBaedal-Identity: b\r\n"))),
        ("a space in the path", format!("GET /api/stores /x HTTP/1.1\r\n{host}\r\n")),
        ("a line break in the path", format!("GET /api/stores\r\n/x HTTP/1.1\r\n{host}\r\n")),
        ("no version", format!("GET /api/operations/app/lag\r\n{host}\r\n")),
        ("a version to come", format!("GET /api/operations/app/lag HTTP/3.7\r\n{host}\r\n")),
        ("no method", format!(" /api/operations/app/lag HTTP/1.1\r\n{host}\r\n")),
        ("another protocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}".to_owned()),
        ("a tunnel", format!("CONNECT {address} HTTP/1.1\r\n{host}\r\n")),
        ("an echo", format!("TRACE /api/stores HTTP/1.1\r\n{host}X: secret\r\n\r\n")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_read_in_two_ways_is_refused_and_never_two_requests() {
    let mut server = Server::start(&[]).await;
    let address = server.address();
    for (what, request) in shapes(&address) {
        let heard = said_to(&address, request.as_bytes()).await;
        let statuses = statuses(&heard);
        assert!(statuses.len() <= 1, "{what}: read as several: {statuses:?}");
        assert!(statuses.iter().all(|status| (400..500).contains(status) || *status == 501), "{what}: {heard}");
        assert!(!heard.contains("X: secret"), "{what}: {heard}");
    }
    server.still_runs().await;
}

/// Whatever a request says of its host and of who sent it, a route stays what it is.
#[tokio::test(flavor = "multi_thread")]
async fn no_header_leads_around_the_table() {
    let mut server = Server::start(&[]).await;
    let customer = server.sign_in("customer").await;
    for (name, value) in [
        ("X-HTTP-Method-Override", "GET"),
        ("X-Original-URL", "/api/stores"),
        ("X-Rewrite-URL", "/api/stores"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-User", "operator"),
        ("X-Forwarded-Prefix", "/api/stores"),
        ("Forwarded", "for=127.0.0.1;proto=https"),
        ("X-Real-IP", "127.0.0.1"),
        ("X-Remote-User", "operator/1"),
        ("Baedal-Actor", "operator/1"),
        ("Baedal-Identity", "operator/1"),
        ("Connection", "authorization"),
        ("Connection", "baedal-identity, x-request-id"),
    ] {
        for (token, status) in [("", 401), (customer.as_str(), 403)] {
            let request = server.request(reqwest::Method::GET, token, "/api/operations/app/lag").header(name, value);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{name}: {value}");
        }
    }
    server.still_runs().await;
}
