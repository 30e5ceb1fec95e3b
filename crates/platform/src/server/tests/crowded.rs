use super::*;

/// A server with so many places.
async fn with_places(connections: usize) -> Running {
    Running::start(Limits { connections, ..Limits::default() }).await
}

/// A connection on which one request was answered, and which stays open.
async fn kept_open(server: &Running) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    until(&mut stream, "hello").await;
    stream
}

#[tokio::test]
async fn where_all_are_at_work_another_connection_waits_until_one_ends() {
    let server = with_places(1).await;
    let mut first = server.connect().await;
    first.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let second = server.get("/");
    tokio::pin!(second);
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut second).await.is_err());
    server.go_on.notify_one();
    assert!(second.await.ends_with("hello"));
    assert!(rest(&mut first).await.ends_with("at last"));
}

#[tokio::test]
async fn the_one_that_has_rested_longest_makes_room_for_another() {
    let server = with_places(2).await;
    let (mut first, mut second) = (kept_open(&server).await, kept_open(&server).await);
    first.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    until(&mut first, "hello").await;
    assert!(server.get("/").await.ends_with("hello"));
    assert_eq!(rest(&mut second).await, "");
    first.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(rest(&mut first).await.ends_with("hello"));
}

#[tokio::test]
async fn whoever_says_nothing_or_half_a_request_does_not_keep_others_out() {
    let server = with_places(8).await;
    let mut silent = Vec::new();
    let head = "POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let body = format!("{head}content-length: 9\r\n\r\n{{");
    let chunks = format!("{head}transfer-encoding: chunked\r\n\r\n1\r\n{{");
    let ambiguous = format!("{head}content-length: 9\r\ncontent-length: 8\r\n\r\n");
    for _ in 0..10 {
        for begun in ["", "GET / HTTP/1.1\r\nhos", &body, &chunks, &ambiguous] {
            let mut stream = server.connect().await;
            stream.write_all(begun.as_bytes()).await.unwrap();
            silent.push(stream);
        }
    }
    let asked = Instant::now();
    for _ in 0..20 {
        assert!(server.get("/").await.ends_with("hello"));
    }
    assert!(asked.elapsed() < Limits::default().head, "nobody had to be cut off for being late");
}

#[tokio::test]
async fn a_stream_is_not_cut_off_to_make_room_and_a_request_under_way_is_answered() {
    let server = with_places(2).await;
    let mut streaming = server.connect().await;
    streaming.write_all(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    until(&mut streaming, "retry: 2000\n\n\r\n").await;
    let mut slow = server.connect().await;
    slow.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let third = server.get("/");
    tokio::pin!(third);
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut third).await.is_err());
    server.go_on.notify_one();
    assert!(rest(&mut slow).await.ends_with("at last"));
    assert!(third.await.ends_with("hello"));
    server.shutdown.begin();
    assert!(rest(&mut streaming).await.ends_with("0\r\n\r\n"));
}

#[tokio::test]
async fn ten_thousand_silent_connections_or_as_many_as_files_allow_keep_nobody_out() {
    let files = files::raise().unwrap();
    // Each is open at both ends, and both ends are ours here.
    let count = usize::try_from(files.saturating_sub(200) / 2).unwrap().min(10_000);
    println!("{count} silent connections, with {files} files allowed");
    let server = with_places(count / 2).await;
    let mut silent = Vec::new();
    for _ in 0..count {
        silent.push(server.connect().await);
    }
    let mut times = Vec::new();
    for _ in 0..50 {
        let asked = Instant::now();
        assert!(server.get("/").await.ends_with("hello"));
        times.push(asked.elapsed());
    }
    times.sort_unstable();
    println!("slowest of {} honest requests: {:?}", times.len(), times[times.len() - 1]);
    assert!(times[times.len() - 1] < Duration::from_secs(2));
}
