//! Shapes in which one request is hidden in another: none may be answered as if it were two.

use super::*;

/// A request that shows itself if anybody takes it for one.
const HIDDEN: &str = "GET /told HTTP/1.1\r\nhost: hidden\r\n\r\n";

/// The status of each answer on one connection, in order.
fn statuses(answers: &str) -> Vec<u16> {
    let starts = answers.match_indices("HTTP/1.").map(|(start, _)| &answers[start..]);
    starts.filter_map(|answer| answer.split(' ').nth(1)?.parse().ok()).collect()
}

#[tokio::test]
async fn a_request_whose_end_could_be_in_two_places_is_400_and_nothing_behind_it_is_read() {
    let server = Running::start(Limits::default()).await;
    for headers in [
        "content-length: 6\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 6",
        "content-length: 5\r\ncontent-length: 5",
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 5, 5",
        "content-length: +5",
        "content-length: 0x5",
        "content-length: 5 5",
        "content-length:",
        "content-length: 99999999999999999999999",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: xchunked",
        "transfer-encoding: \"chunked\"",
        "transfer-encoding:\u{b}chunked",
        "transfer-encoding : chunked",
        "content-length : 5",
        "content-length\t: 5",
        " content-length: 5",
        "x: y\r\n content-length: 5",
        "x: y\r\n\ttransfer-encoding: chunked",
        "x: y\ncontent-length: 5",
        "x: y\rcontent-length: 5",
        "x: y\0z",
        "x y: z",
        "x",
    ] {
        let request = format!("POST /json HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n0\r\n\r\n{HIDDEN}");
        let answers = server.ask(request.as_bytes()).await;
        assert_eq!(statuses(&answers), [400], "{headers:?} {answers}");
    }
    for head in [
        "POST /json HTTP/1.1\nhost: x\r\n\r\n",
        "POST /json HTTP/1.1\r\nhost: x\n\n",
        "\nGET / HTTP/1.1\r\nhost: x\r\n\r\n",
    ] {
        let answers = server.ask(format!("{head}{HIDDEN}").as_bytes()).await;
        assert_eq!(statuses(&answers), [400], "{head:?} {answers}");
    }
}

#[tokio::test]
async fn what_is_refused_by_us_says_why() {
    let server = Running::start(Limits::default()).await;
    let head = "POST /json HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = server.ask(head.as_bytes()).await;
    assert!(answer.contains("/problems/ambiguous-request") && answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn what_is_refused_before_it_is_read_is_told_all_that_other_answers_are() {
    let public = Origin::parse("https://baedal.example");
    let servers = [Running::start(quick()).await, Running::start(Door { public, ..Door::from(quick()) }).await];
    for (secure, server) in [false, true].into_iter().zip(servers) {
        for head in [
            "POST /json HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n".to_owned(),
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(9_000)),
            format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(200)),
            "GET / HTTP/1.1\r\nhost:".to_owned(),
            "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n".to_owned(),
        ] {
            let answer = server.ask(head.as_bytes()).await;
            for (name, value) in TOLD_ALWAYS {
                assert!(answer.contains(&format!("\r\n{name}: {value}\r\n")), "{name} {head:.80?} {answer}");
            }
            let (name, _) = TOLD_OVER_TLS;
            assert_eq!(answer.contains(name), secure, "{head:.80?} {answer}");
            let header = |name| answer.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            assert!(uuid::Uuid::parse_str(header("x-request-id: ")).is_ok(), "{head:.80?} {answer}");
            let date = header("date: ");
            assert!(date.len() == 29 && date.ends_with(" GMT"), "{head:.80?} {answer}");
        }
    }
}

#[tokio::test]
async fn a_body_in_chunks_is_the_last_thing_on_its_connection() {
    let server = Running::start(Limits::default()).await;
    let head = "POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    for chunks in ["2\r\n{}\r\n0\r\n\r\n", "2;a=\"b\"\r\n{}\r\n0;c\r\n\r\n", "2\r\n{}\r\n0\r\ntrailer: x\r\n\r\n"] {
        let answers = server.ask(format!("{head}{chunks}{HIDDEN}").as_bytes()).await;
        assert_eq!(statuses(&answers), [200], "{chunks:?} {answers}");
    }
    for broken in [
        "2\n{}\r\n0\r\n\r\n",
        "2;a\nb\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "2 x\r\n{}\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n",
    ] {
        let answers = server.ask(format!("{head}{broken}{HIDDEN}").as_bytes()).await;
        assert_eq!(statuses(&answers), [400], "{broken:?} {answers}");
    }
}

#[tokio::test]
async fn requests_one_behind_the_other_are_answered_one_behind_the_other() {
    let server = Running::start(Limits::default()).await;
    let body = String::from_utf8(json("application/json", "{\"a\":1}")).unwrap();
    let kept = body.replace("connection: close\r\n", "");
    let answers = server.ask(format!("GET / HTTP/1.1\r\nhost: x\r\n\r\n{kept}{body}").as_bytes()).await;
    assert_eq!(statuses(&answers), [200, 200, 200], "{answers}");
}

#[tokio::test]
async fn an_address_or_head_that_is_too_long_is_told_so_and_long_ones_are_taken() {
    let server = Running::start(Limits::default()).await;
    let asked = async |path: &str, headers: &str| {
        let head = format!("GET /{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        server.ask(head.as_bytes()).await
    };
    assert!(asked(&format!("?{}", "a".repeat(8_000)), "").await.ends_with("hello"));
    for length in [8_200, 100_000, 10_000_000] {
        let answer = asked(&"a".repeat(length), "").await;
        assert!(answer.starts_with("HTTP/1.1 414") && answer.contains("/problems/address-too-long"), "{answer}");
    }
    assert!(asked("", &"a: b\r\n".repeat(98)).await.ends_with("hello"));
    assert!(asked("", &format!("a: {}\r\n", "b".repeat(32_000))).await.ends_with("hello"));
    for headers in [
        "a: b\r\n".repeat(99),
        "a: b\r\n".repeat(100_000),
        format!("a: {}\r\n", "b".repeat(33_000)),
        format!("{}: b\r\n", "a".repeat(70_000)),
    ] {
        let answer = asked("", &headers).await;
        assert!(answer.starts_with("HTTP/1.1 431") && answer.contains("/problems/headers-too-large"), "{answer}");
    }
}
