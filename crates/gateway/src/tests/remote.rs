use std::time::Duration;

use axum::Extension;
use axum::body::Bytes;
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use platform::server::{ClientAddress, Origin, RequestId, Trace, Trust};
use platform::sse::{self, Message};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

const SOON: Duration = Duration::from_secs(5);

fn before(context: Context, address: &str, options: Options) -> Router {
    router(BTreeMap::from([(context, Upstream::Remote(vec![address.to_owned()]))]), options)
}

/// A listener that takes one connection after the other and does `what` with each, once something was sent.
async fn raw(shutdown: &Shutdown, what: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    shutdown.spawn("raw", async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            if stream.read(&mut asked).await.is_ok_and(|count| count > 0) {
                stream.write_all(what).await.unwrap();
            }
        }
    });
    address
}

#[tokio::test]
async fn a_request_and_its_answer_pass_through() {
    let shutdown = Shutdown::new();
    let app = Router::new().route(
        "/orders",
        post(async |Extension(RequestId(id)): Extension<RequestId>, headers: HeaderMap, body: String| {
            let told = ["authorization", "cookie", "idempotency-key", "traceparent", "keep-alive", "x-hop"]
                .map(|name| headers.get(name).map(|value| value.to_str().unwrap().to_owned()));
            (axum::http::StatusCode::CREATED, [("location", "/orders/o1")], format!("{id} {told:?} {body}"))
        }),
    );
    let behind = Door { trust: Trust::Gateway, ..Limits::default().into() };
    let gateway = before(Context::App, &served_at(app, behind, &shutdown).await, options(&shutdown));
    let mut request = Request::post("/api/orders")
        .header("cookie", "baedal=forged")
        .header("baedal-identity", "forged")
        .header("idempotency-key", "k1")
        .header("x-request-id", "forged")
        .header("connection", "x-hop, keep-alive")
        .header("x-hop", "1")
        .header("keep-alive", "1")
        .body(Body::from("{}"))
        .unwrap();
    let id = platform::ids::Ids::system(platform::clock::Clock::system()).uuid();
    request.extensions_mut().insert(RequestId(id));
    request.extensions_mut().insert(Trace("00-trace".into()));
    let answer = asked(&gateway, by("customer/mina", request).await).await;
    assert_eq!((answer.status, &answer.headers["location"]), (201, &"/api/orders/o1".parse().unwrap()));
    let told = format!(r#"{id} [None, None, Some("k1"), Some("00-trace"), None, None] {{}}"#);
    assert_eq!(answer.text, told);
    shutdown.begin();
}

#[tokio::test]
async fn a_request_goes_on_when_all_of_it_is_here_and_so_does_its_answer() {
    let shutdown = Shutdown::new();
    let (send, receive) = tokio::sync::mpsc::unbounded_channel::<Result<Bytes, std::convert::Infallible>>();
    let receive = std::sync::Arc::new(tokio::sync::Mutex::new(receive));
    let app = Router::new().route(
        "/orders",
        post(async move |body: String| {
            let rest = stream::unfold(receive, async |receive| {
                let part = receive.lock().await.recv().await?;
                Some((part, receive))
            });
            Body::from_stream(stream::iter([Ok(Bytes::from(body))]).chain(rest))
        }),
    );
    let gateway = before(Context::App, &served(app, &shutdown).await, options(&shutdown));
    let parts = stream::iter(["first ", "half"].map(Ok::<_, std::convert::Infallible>));
    let request = by_whoever_may(Request::post("/api/orders").body(Body::from_stream(parts)).unwrap()).await;
    let mut asking = Box::pin(gateway.oneshot(request));
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut asking).await.is_err(), "half of it is here");
    send.send(Ok(", second".into())).unwrap();
    drop(send);
    let mut answer = asking.await.unwrap().into_body().into_data_stream();
    assert_eq!(answer.next().await.unwrap().unwrap(), "first half, second");
    assert!(answer.next().await.is_none());
    shutdown.begin();
}

#[tokio::test]
async fn events_come_at_once_and_end_when_the_gateway_stops() {
    let (service, gateway_stop) = (Shutdown::new(), Shutdown::new());
    let stop = service.clone();
    let app = Router::new().route(
        "/orders/stream",
        get(async move || {
            let first = Message::new(7, "order", &"PLACED").unwrap();
            sse::respond(stream::iter([first]).chain(stream::pending()), &stop)
        }),
    );
    let gateway = before(Context::App, &served(app, &service).await, options(&gateway_stop));
    let request = by_whoever_may(Request::get("/api/orders/stream").body(Body::empty()).unwrap()).await;
    let response = gateway.oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body().into_data_stream();
    let mut text = String::new();
    while !text.contains("PLACED") {
        let bytes = tokio::time::timeout(SOON, body.next()).await.unwrap().unwrap().unwrap();
        text.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    gateway_stop.begin();
    assert!(tokio::time::timeout(SOON, body.next()).await.unwrap().is_none());
    service.begin();
}

/// Says what a service learns of who asks, and of what it was told of that beside.
async fn learns(
    Extension(ClientAddress(client)): Extension<ClientAddress>,
    origin: Extension<Origin>,
    id: Extension<RequestId>,
    headers: HeaderMap,
) -> String {
    let hearsay = headers.keys().filter(|name| name.as_str().starts_with("x-") || *name == "forwarded").count();
    format!("{client} {} {} {hearsay}", *origin, id.0.0)
}

#[tokio::test]
async fn a_service_learns_who_asks_by_which_name_and_under_which_id_whatever_a_caller_claims() {
    let shutdown = Shutdown::new();
    let app = Router::new().route("/pay/return", get(learns));
    let behind = Door { trust: Trust::Gateway, ..Limits::default().into() };
    let remote = before(Context::App, &served_at(app.clone(), behind, &shutdown).await, options(&shutdown));
    let local = router(BTreeMap::from([(Context::App, Upstream::Local(app))]), options(&shutdown));
    for gateway in [remote, local] {
        for (trusted, client, origin) in
            [("10.0.0.0/8", "127.0.0.1", "http://here.example"), ("127.0.0.0/8", "203.0.113.7", "https://forged")]
        {
            let trust = Trust::Networks(vec![trusted.parse().unwrap()]);
            let door = Door { trust, ..Limits::default().into() };
            let base = served_at(gateway.clone(), door, &shutdown).await;
            let mut stream = TcpStream::connect(base.trim_start_matches("http://")).await.unwrap();
            let head = "GET /pay/return HTTP/1.1\r\nhost: here.example\r\nconnection: close\r\n\
                x-forwarded-for: 1.1.1.1, 203.0.113.7\r\nx-forwarded-proto: https\r\nx-forwarded-host: forged\r\n\
                forwarded: for=1.1.1.1\r\nx-request-id: 019aa8dc-0000-7000-8000-000000000000\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
            assert_ne!(id, "019aa8dc-0000-7000-8000-000000000000");
            assert!(answer.ends_with(&format!("{client} {origin} {id} 0")), "{trusted} {answer}");
        }
    }
    shutdown.begin();
}

#[tokio::test]
async fn a_refused_connection_is_503_and_names_the_service() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for address in [address.as_str(), "not an address", "https://127.0.0.1:1"] {
        let gateway = before(Context::Delivery, address, options(&Shutdown::new()));
        let answer = got(&gateway, "/api/deliveries").await;
        assert_eq!((answer.status, &answer.headers["retry-after"]), (503, &"2".parse().unwrap()), "{address}");
        assert_eq!(answer.json()["type"], "/problems/service-unavailable");
        assert!(answer.json()["detail"].as_str().unwrap().contains("\"delivery\""));
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_503() {
    let shutdown = Shutdown::new();
    let gateway = before(Context::Store, &raw(&shutdown, b"").await, options(&shutdown));
    assert_eq!(got(&gateway, "/api/tickets").await.status, 503);
}

#[tokio::test]
async fn a_service_that_dies_amid_its_answer_has_not_answered() {
    let shutdown = Shutdown::new();
    let half = raw(&shutdown, b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    let gateway = before(Context::Store, &half, options(&shutdown));
    let answer = got(&gateway, "/api/tickets").await;
    assert_eq!((answer.status, &answer.json()["type"]), (503, &"/problems/service-unavailable".into()));
    assert!(answer.json()["detail"].as_str().unwrap().contains("may have happened"));
    shutdown.begin();
}

#[tokio::test]
async fn a_service_that_takes_too_long_is_504() {
    let shutdown = Shutdown::new();
    let app = Router::new().fallback(async || std::future::pending::<()>().await);
    let patience = Patience { head: Duration::from_millis(50), ..Patience::default() };
    let address = served(app, &shutdown).await;
    let gateway = before(Context::App, &address, Options { patience, ..options(&shutdown) });
    let answer = got(&gateway, "/api/orders").await;
    assert_eq!((answer.status, answer.json()["type"].as_str().unwrap()), (504, "/problems/service-timeout"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("\"app\""));
    let stream = tokio::time::timeout(Duration::from_millis(200), got(&gateway, "/api/orders/stream")).await;
    assert!(stream.is_err(), "a stream may be silent");
    shutdown.begin();
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let shutdown = Shutdown::new();
    let app = Router::new()
        .fallback(async |request: Request| request.extensions().get::<platform::server::Peer>().unwrap().0.to_string());
    let gateway = before(Context::App, &served(app, &shutdown).await, options(&shutdown));
    let first = got(&gateway, "/api/orders").await.text;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(got(&gateway, "/api/orders").await.text, first);
    shutdown.begin();
}

#[tokio::test]
async fn tricks_on_the_wire_never_reach_payments() {
    let shutdown = Shutdown::new();
    let pay = Router::new().route("/payments", get(async || "reached"));
    let pay = served(pay, &shutdown).await;
    let upstreams = Context::ALL.map(|context| (context, Upstream::Remote(vec![pay.clone()])));
    let gateway = served(router(upstreams.into(), options(&shutdown)), &shutdown).await;
    for path in [
        "/api/payments",
        "/payments",
        "/api/../payments",
        "//payments",
        "/api//payments",
        "/api/operations/pay/../../payments",
        "/api/operations/pay/%2e%2e/%2e%2e/payments",
        "/api/operations/pay/..%2f..%2fpayments",
        "/api/orders/..%5c..%5cpayments",
        "/api/orders?/../../payments",
        "/o/../payments",
        "http://here/payments",
        "http://here/api/../payments",
    ] {
        let mut stream = tokio::net::TcpStream::connect(gateway.trim_start_matches("http://")).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 4") && !text.contains("reached"), "{path}: {text}");
    }
    shutdown.begin();
}

#[tokio::test]
async fn an_answer_without_a_body_is_whole_and_says_what_it_said() {
    let shutdown = Shutdown::new();
    for (method, said, status, length) in [
        ("HEAD", "200 OK\r\ncontent-length: 500\r\ncontent-encoding: gzip", 200, Some("500")),
        ("GET", "304 Not Modified\r\ncontent-length: 500\r\netag: \"e\"", 304, None),
        ("GET", "204 No Content", 204, None),
        ("GET", "200 OK\r\ncontent-length: 0", 200, Some("0")),
        ("GET", "103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0", 200, Some("0")),
        ("GET", "200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-a\r\n\r\n2\r\nok\r\n0\r\nx-a: b", 200, None),
    ] {
        let what: &'static str = format!("HTTP/1.1 {said}\r\n\r\n").leak();
        let behind = raw(&shutdown, what.as_bytes()).await;
        let gateway = served(before(Context::App, &behind, options(&shutdown)), &shutdown).await;
        let mut stream = TcpStream::connect(gateway.trim_start_matches("http://")).await.unwrap();
        let request = format!("{method} /api/stores HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        tokio::time::timeout(SOON, stream.read_to_string(&mut text)).await.unwrap().unwrap();
        assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{text}");
        let told = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        assert!(length.is_none() || told == length, "{text}");
    }
    shutdown.begin();
}
