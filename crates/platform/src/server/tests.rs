mod crowded;
mod shapes;
mod tls;
mod told;

use std::time::Instant;

use axum::Extension;
use axum::http::HeaderValue;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use super::*;
use crate::extract::{BODY_LIMIT, Json};
use crate::problem::with_fallbacks;

const SOON: Duration = Duration::from_secs(10);

/// A running server with a few addresses that a test needs.
struct Running {
    address: SocketAddr,
    shutdown: Shutdown,
    go_on: Arc<Notify>,
}

impl Running {
    async fn start(door: impl Into<Door>) -> Self {
        let door = door.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, shutdown, go_on) = (listener.local_addr().unwrap(), Shutdown::new(), Arc::new(Notify::new()));
        let waiting = Arc::clone(&go_on);
        let streams = shutdown.clone();
        let router = Router::new()
            .route("/", get(async || "hello"))
            .route("/panic", get(panics))
            .route("/trace", get(traced))
            .route("/told", get(told::told))
            .route(
                "/slow",
                get(async move || {
                    waiting.notified().await;
                    "at last"
                }),
            )
            .route("/json", post(async |body: Json<serde_json::Value>| body.value.to_string()))
            .route("/stream", get(async move || crate::sse::respond(futures_util::stream::pending(), &streams)));
        shutdown.spawn("server", serve(listener, with_fallbacks(router), shutdown.clone(), door));
        Self { address, shutdown, go_on }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `bytes` and reads until the server closes.
    async fn ask(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        rest(&mut stream).await
    }

    async fn get(&self, path: &str) -> String {
        self.ask(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await
    }
}

async fn panics() -> &'static str {
    panic!("for the test")
}

async fn traced(
    Extension(RequestId(id)): Extension<RequestId>,
    Extension(Peer(peer)): Extension<Peer>,
    Extension(Trace(trace)): Extension<Trace>,
) -> String {
    assert!(peer.ip().is_loopback());
    format!("{id} {trace}")
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

/// Reads until `end` has come, and leaves the connection open.
async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = String::new();
    while !answer.ends_with(end) {
        let mut buffer = [0; 1024];
        let count = tokio::time::timeout(SOON, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(count > 0, "closed after {answer:?}");
        answer.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    answer
}

fn quick() -> Limits {
    Limits { head: Duration::from_millis(200), idle: Duration::from_millis(600), ..Limits::default() }
}

fn json(kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = "POST /json HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type:";
    format!("{head} {kind}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn a_request_is_answered_with_its_id_and_the_connection_stays_open() {
    let server = Running::start(Limits::default()).await;
    let mut stream = server.connect().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let answer = until(&mut stream, "hello").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"));
        ids.push(answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn half_a_request_is_cut_off_with_408_even_when_it_drips() {
    let server = Running::start(quick()).await;
    let began = Instant::now();
    let answer = server.ask(b"GET / HTTP/1.1\r\nhost:").await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("/problems/request-timeout"));
    assert!(began.elapsed() < Duration::from_secs(2));

    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let (mut from, mut to) = stream.split();
    let dripping = async {
        while to.write_all(b"a: b\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answer = [0; 12];
    tokio::select! {
        () = dripping => panic!("closed without an answer"),
        read = from.read_exact(&mut answer) => assert_eq!((read.unwrap(), &answer), (12, b"HTTP/1.1 408")),
    }
}

#[tokio::test]
async fn a_silent_connection_is_closed_and_a_slow_handler_is_not() {
    let server = Running::start(quick()).await;
    assert_eq!(rest(&mut server.connect().await).await, "");
    let mut stream = server.connect().await;
    stream.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    server.go_on.notify_one();
    until(&mut stream, "at last").await;
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_413_and_its_sender_sees_it() {
    let server = Running::start(Limits::default()).await;
    let answer = server.ask(&json("application/json", &" ".repeat(10 * 1024 * 1024))).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains(&BODY_LIMIT.to_string()));
}

#[tokio::test]
async fn broken_deep_and_mistyped_bodies_are_refused_and_good_ones_taken() {
    let server = Running::start(Limits::default()).await;
    assert!(server.ask(&json("application/json", "{\"a\":1}")).await.ends_with("{\"a\":1}"));
    assert!(server.ask(&json("application/json", "{\"a\":")).await.starts_with("HTTP/1.1 400"));
    assert!(server.ask(&json("application/json", &"[".repeat(100_000))).await.starts_with("HTTP/1.1 400"));
    assert!(server.ask(&json("text/plain", "{}")).await.starts_with("HTTP/1.1 415"));
}

#[tokio::test]
async fn a_panic_is_one_requests_500_and_the_server_goes_on() {
    let server = Running::start(Limits::default()).await;
    let answer = server.get("/panic").await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    assert!(answer.contains(&format!("\"id\":\"{id}\"")));
    assert!(!answer.contains("for the test"));
    assert!(server.get("/").await.ends_with("hello"));
    assert!(server.get("/nowhere").await.contains("/problems/not-found"));
}

#[tokio::test]
async fn stopping_answers_what_is_under_way_and_closes_the_rest() {
    let server = Running::start(Limits::default()).await;
    let (mut fresh, mut idle, mut slow, mut streaming) =
        (server.connect().await, server.connect().await, server.connect().await, server.connect().await);
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    until(&mut idle, "hello").await;
    slow.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    streaming.write_all(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    until(&mut streaming, "retry: 2000\n\n\r\n").await;
    server.shutdown.begin();
    assert_eq!(rest(&mut fresh).await, "");
    assert_eq!(rest(&mut idle).await, "");
    assert!(rest(&mut streaming).await.ends_with("0\r\n\r\n"));
    assert!(!server.shutdown.drained(Duration::from_millis(50)).await);
    assert!(TcpStream::connect(server.address).await.is_err());
    server.go_on.notify_one();
    assert!(rest(&mut slow).await.ends_with("at last"));
    assert!(server.shutdown.drained(SOON).await);
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let server = Running::start(Limits { drain: Duration::from_millis(100), ..Limits::default() }).await;
    let mut slow = server.connect().await;
    slow.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.shutdown.begin();
    assert!(server.shutdown.drained(SOON).await);
}

#[tokio::test]
async fn a_trace_is_taken_over_or_made() {
    let server = Running::start(Limits::default()).await;
    let answer = server.get("/trace").await;
    let (id, trace) = answer.lines().last().unwrap().split_once(' ').unwrap();
    assert!(trace.starts_with(&format!("00-{}-", id.replace('-', ""))) && is_traceparent(trace));

    let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (header, taken) in
        [(given, true), ("00-0-0-0", false), ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false)]
    {
        let headers = HeaderMap::from_iter([("traceparent".parse().unwrap(), HeaderValue::from_static(header))]);
        let Trace(trace) = Trace::of(&headers, Uuid::from_u128(1));
        assert_eq!(&*trace == given, taken);
    }
}

#[test]
fn accepting_pauses_longer_while_files_run_out() {
    let no_files = std::io::Error::from_raw_os_error(24);
    let first = back_off(&no_files, Duration::ZERO);
    assert_eq!((first, back_off(&no_files, first)), (Duration::from_millis(10), Duration::from_millis(20)));
    assert_eq!(back_off(&no_files, Duration::from_secs(9)), Duration::from_secs(1));
    assert_eq!(back_off(&std::io::ErrorKind::ConnectionReset.into(), first), Duration::ZERO);
}
