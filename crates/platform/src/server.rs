//! Our own accept loop: half a request is cut off, connections are counted, a panic is one request's, stopping drains.

mod answer;
mod client;
mod crowd;
pub mod files;
mod listen;
mod pulse;
mod redirect;
mod refusal;
mod strict;
mod tls;
mod wire;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use uuid::Uuid;

pub use self::client::{ClientAddress, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO, Origin, REQUEST_ID, Trust};
pub use self::listen::listen;
pub use self::redirect::to_https;
pub use self::refusal::{TOLD_ALWAYS, TOLD_OVER_TLS};
pub use self::tls::{Certificates, TlsError};

use self::answer::{Edge, Meters};
use self::crowd::Crowd;
use self::pulse::{Late, Pulse, Watched};
use self::refusal::{linger, refuse};
use self::wire::Wire;
use crate::clock::Clock;
use crate::config::Networks;
use crate::ids::Ids;
use crate::problem::Problem;
use crate::shutdown::Shutdown;

/// The most bytes that one connection buffers.
const BUFFER: usize = 64 * 1024;

/// What one server grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time. Where all are taken, those go that have rested longest; the next ones wait for that.
    pub connections: usize,
    /// Connections at a time of one address that is counted.
    pub connections_per_address: usize,
    /// How long the head of a request may take; it is cut off between this and half as much again.
    pub head: Duration,
    /// How long the head of a request may be, in bytes.
    pub head_bytes: usize,
    /// How long its first line may be, in bytes.
    pub line_bytes: usize,
    /// How many headers it may have; hyper itself takes no more than a hundred.
    pub headers: usize,
    /// How long a connection may be silent between requests.
    pub idle: Duration,
    /// How long requests may take to finish after stopping has begun.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: usize::MAX,
            head: Duration::from_secs(10),
            head_bytes: 32 * 1024,
            line_bytes: 8 * 1024,
            headers: 100,
            idle: Duration::from_secs(75),
            drain: Duration::from_secs(10),
        }
    }
}

/// What stands between a server and those who ask.
#[derive(Clone)]
pub struct Door {
    /// What is granted.
    pub limits: Limits,
    /// Who is believed what they say of those behind them; nor are their connections counted.
    pub trust: Trust,
    /// Whose connections are not counted either.
    pub uncounted: Networks,
    /// With which certificate TLS is spoken; without one it is plain HTTP.
    pub certificates: Option<Certificates>,
    /// Under which address we are to be seen; without one it is the one that is asked for.
    pub public: Option<Origin>,
}

impl From<Limits> for Door {
    /// Plain HTTP, where nobody is believed anything.
    fn from(limits: Limits) -> Self {
        let (trust, uncounted) = (Trust::Networks(Vec::new()), Networks::default());
        Self { limits, trust, uncounted, certificates: None, public: None }
    }
}

impl Door {
    /// A service's own port: whoever gets anywhere there is the gateway, and believed whom it asks for.
    pub fn behind_the_gateway() -> Self {
        Self { trust: Trust::Gateway, ..Limits::default().into() }
    }

    const fn is_secure(&self) -> bool {
        self.certificates.is_some()
    }
}

/// Serves until `shutdown` begins and the requests that were under way are answered.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown, door: impl Into<Door>) {
    let door: Arc<Door> = Arc::new(door.into());
    let limits = door.limits;
    let edge = Edge::new(router, Ids::system(Clock::system()), Meters::of(&listener), Arc::clone(&door));
    let crowd = Crowd::new(&limits);
    let mut open = JoinSet::new();
    let mut begun = pin!(shutdown.begun());
    let mut pause = Duration::ZERO;
    loop {
        tokio::select! {
            () = &mut begun => break,
            Some(ended) = open.join_next() => note(ended),
            accepted = accepted(&listener, pause) => match accepted {
                Ok((stream, peer)) => {
                    pause = Duration::ZERO;
                    let of = Crowd::counted(peer.ip(), &door);
                    if of.is_some_and(|of| !crowd.admits(of)) {
                        edge.turned_away(peer);
                        continue;
                    }
                    let pulse = Arc::new(Pulse::new(&limits));
                    let place = tokio::select! {
                        () = &mut begun => break,
                        place = crowd.place(of, &pulse) => place,
                    };
                    let serving = connection(stream, edge.clone().for_peer(peer), pulse, shutdown.clone());
                    open.spawn(async move {
                        let _place = place;
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

async fn accepted(listener: &TcpListener, pause: Duration) -> std::io::Result<(TcpStream, SocketAddr)> {
    // Even a sleep of nothing may wait for the timer's next millisecond.
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    listener.accept().await
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

async fn connection(stream: TcpStream, edge: Edge, pulse: Arc<Pulse>, shutdown: Shutdown) {
    let limits = edge.limits();
    let open = edge.opened();
    let Some(wire) = prepared(stream, &edge, &pulse, &shutdown).await else { return };
    let (way, ids) = (edge.way(), edge.ids());
    let service = edge.with_pulse(Arc::clone(&pulse));
    let io = TokioIo::new(Watched::new(wire, Arc::clone(&pulse), &limits));
    let mut serving = http1::Builder::new().max_buf_size(BUFFER).serve_connection(io, service);
    let mut begun = pin!(shutdown.begun());
    let mut asked = pin!(pulse.asked_to_leave());
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
            halfway = &mut asked, if !stopping => {
                if halfway {
                    break Some(Late::Crowded);
                }
                stopping = true;
                std::pin::Pin::new(&mut serving).graceful_shutdown();
            }
            _ = beat.tick() => if let Some(late) = pulse.beaten() {
                break Some(late);
            },
        }
    };
    let (mut stream, refused) = serving.into_parts().io.into_inner().into_inner();
    let ending = async {
        match (late, refused) {
            (Some(Late::HalfHead), _) => refuse(&mut stream, &Problem::request_timeout(), ids.uuid(), way).await,
            (_, Some(refused)) => refuse(&mut stream, &refused.problem(&limits), ids.uuid(), way).await,
            (None, None) if pulse.lingers() => linger(&mut stream).await,
            (Some(Late::Silent | Late::Crowded) | None, None) => {}
        }
    };
    // Who only sees a refusal off has to make room too.
    tokio::select! {
        () = ending => {}
        _ = pulse.asked_to_leave() => {}
    }
    drop(open);
}

/// The connection as it is spoken on; none where it was gone, or did not get as far as that.
async fn prepared(stream: TcpStream, edge: &Edge, pulse: &Pulse, shutdown: &Shutdown) -> Option<Wire> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it was served");
        return None;
    }
    let Some(certificates) = edge.certificates() else { return Some(Wire::Plain(stream)) };
    let acceptor = certificates.acceptor();
    let shaking = tokio::time::timeout(edge.limits().head, acceptor.accept(stream));
    let shaken = tokio::select! {
        shaken = shaking => shaken,
        () = shutdown.begun() => return None,
        _ = pulse.asked_to_leave() => return None,
    };
    match shaken {
        Ok(Ok(stream)) => Some(Wire::Secure(Box::new(stream))),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection did not get through its handshake");
            None
        }
        Err(_) => {
            tracing::debug!("a connection took too long for its handshake");
            None
        }
    }
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
