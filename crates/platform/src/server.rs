//! Our own accept loop: half a request is cut off, connections are counted, a panic is one request's, stopping drains.

mod answer;
mod pulse;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use uuid::Uuid;

use self::answer::{Edge, Meters};
use self::pulse::{Late, Pulse, Watched};
use crate::clock::Clock;
use crate::ids::Ids;
use crate::problem::Problem;
use crate::shutdown::Shutdown;

/// The most bytes that one connection buffers, and with it the longest head of a request.
const BUFFER: usize = 64 * 1024;

/// How much of a refused body is still read, so that the sender gets to see the refusal, and for how long.
const LINGER: (usize, Duration) = (16 * 1024 * 1024, Duration::from_secs(2));

/// What one server grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; the next ones wait in the kernel's queue.
    pub connections: usize,
    /// How long the head of a request may take; it is cut off between this and half as much again.
    pub head: Duration,
    /// How long a connection may be silent between requests.
    pub idle: Duration,
    /// How long requests may take to finish after stopping has begun.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            drain: Duration::from_secs(10),
        }
    }
}

/// Serves until `shutdown` begins and the requests that were under way are answered.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown, limits: Limits) {
    let edge = Edge::new(router, Ids::system(Clock::system()), Meters::of(&listener));
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    let mut begun = pin!(shutdown.begun());
    let mut pause = Duration::ZERO;
    loop {
        let next = async {
            // Even a sleep of nothing may wait for the timer's next millisecond.
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        tokio::select! {
            () = &mut begun => break,
            Some(ended) = open.join_next() => note(ended),
            (slot, accepted) = next => match accepted {
                Ok((stream, peer)) => {
                    pause = Duration::ZERO;
                    let serving = connection(stream, edge.clone().for_peer(peer), shutdown.clone(), limits);
                    open.spawn(async move {
                        let _slot = slot;
                        serving.await;
                    });
                }
                Err(error) => pause = back_off(&error, pause),
            },
        }
    }
    drop(listener);
    let all = async {
        while let Some(ended) = open.join_next().await {
            note(ended);
        }
    };
    if tokio::time::timeout(limits.drain, all).await.is_err() {
        tracing::warn!(connections = open.len(), "requests were still running at the end and were cut off");
        open.shutdown().await;
    }
}

/// How long to wait after a failed accept: the client's failures pass at once, our own (no more files) need time.
fn back_off(error: &std::io::Error, pause: Duration) -> Duration {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return Duration::ZERO;
    }
    tracing::error!(%error, "no connection can be accepted");
    (pause * 2).clamp(Duration::from_millis(10), Duration::from_secs(1))
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection ended with a panic, which is a bug");
    }
}

async fn connection(stream: TcpStream, edge: Edge, shutdown: Shutdown, limits: Limits) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it was served");
        return;
    }
    let pulse = Arc::new(Pulse::new(&limits));
    let open = edge.opened();
    let service = edge.with_pulse(Arc::clone(&pulse));
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&pulse)));
    let mut serving = http1::Builder::new().max_buf_size(BUFFER).serve_connection(io, service);
    let mut begun = pin!(shutdown.begun());
    let mut stopping = false;
    let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + pulse.beat(), pulse.beat());
    let late = loop {
        tokio::select! {
            biased;
            ended = &mut serving => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                break None;
            }
            () = &mut begun, if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut serving).graceful_shutdown();
            }
            _ = beat.tick() => if let Some(late) = pulse.beaten() {
                break Some(late);
            },
        }
    };
    let mut stream = serving.into_parts().io.into_inner().into_inner();
    match late {
        Some(Late::HalfHead) => {
            refuse_half_request(&mut stream).await;
            linger(&mut stream).await;
        }
        None if pulse.lingers() => linger(&mut stream).await,
        Some(Late::Silent) | None => {}
    }
    drop(open);
}

/// Writes 408 by hand: hyper has no request that it could answer.
async fn refuse_half_request(stream: &mut TcpStream) {
    let body = Problem::request_timeout().json();
    let head = format!(
        "HTTP/1.1 408 Request Timeout\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        crate::problem::PROBLEM_JSON,
        body.len()
    );
    let message = [head.as_bytes(), &body].concat();
    let written = async {
        stream.write_all(&message).await?;
        stream.shutdown().await
    };
    if !matches!(tokio::time::timeout(LINGER.1, written).await, Ok(Ok(()))) {
        tracing::debug!("a client that sent half a request was gone before it was told");
    }
}

/// Reads on for a moment: closing on unread bytes resets the connection, and the answer would be lost with it.
async fn linger(stream: &mut TcpStream) {
    let drain = async {
        let (mut buffer, mut left) = (vec![0; 16 * 1024], LINGER.0);
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            left = left.saturating_sub(count);
            if left == 0 {
                return;
            }
        }
    };
    // Whether the sender ended or our patience did, the connection closes now.
    drop(tokio::time::timeout(LINGER.1, drain).await);
}

/// The id of a request, sent back as `X-Request-Id`; among the extensions of every request that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

/// Who is at the other end of the connection; among the extensions of every request that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The W3C trace that a request belongs to: the one it came with, or one made of its id; among its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace(pub Arc<str>);

impl Trace {
    fn of(headers: &HeaderMap, id: Uuid) -> Self {
        let given = headers.get("traceparent").and_then(|value| value.to_str().ok());
        let made = || format!("00-{}-{:016x}-00", id.simple(), id.as_u128() as u64).into();
        Self(given.filter(|text| is_traceparent(text)).map_or_else(made, Arc::from))
    }
}

/// Version 00 of <https://www.w3.org/TR/trace-context/>, whose ids are not all zero.
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let lengths = parts.iter().map(|part| part.len()).eq([2, 32, 16, 2]);
    let hex = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let zero = |part: &&str| part.bytes().all(|byte| byte == b'0');
    lengths && parts[0] == "00" && parts.iter().all(hex) && !parts[1..3].iter().any(zero)
}

#[cfg(test)]
mod tests;
