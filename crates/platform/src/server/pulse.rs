//! Notices a connection that stands still, without reading a clock or setting a timer for each request.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

use super::Limits;
use super::strict::{Heads, Refused};
use super::wire::Wire;

/// Nothing has arrived yet.
const FRESH: u8 = 0;
/// Part of a request's head has arrived.
const HEAD: u8 = 1;
/// A handler is at work; its own deadlines hold.
const BUSY: u8 = 2;
/// Between requests, or sending an answer.
const IDLE: u8 = 3;

/// Tells which of two connections has rested longer: counted on whenever one begins to.
static RESTS: AtomicU64 = AtomicU64::new(0);

/// Time in beats: a beat is half of what the head of a request may take.
#[derive(Debug)]
pub(super) struct Pulse {
    beat: Duration,
    idle_beats: u32,
    beats: AtomicU32,
    since: AtomicU32,
    phase: AtomicU8,
    lingers: AtomicBool,
    awaits_body: AtomicBool,
    rests_since: AtomicU64,
    leaving: AtomicBool,
    leave: Notify,
}

/// Why a connection is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    /// Half a request arrived, and no more.
    HalfHead,
    /// Nothing came or went for too long.
    Silent,
    /// Others need its place.
    Crowded,
}

/// How a connection rests; the smallest is the first to go where there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rest {
    /// Between requests, since then.
    Between(u64),
    /// About the head of one, since then.
    HalfHead(u64),
    /// About its body, since then.
    HalfBody(u64),
}

impl Pulse {
    pub(super) fn new(limits: &Limits) -> Self {
        let beat = (limits.head / 2).max(Duration::from_millis(1));
        let idle_beats = u32::try_from(limits.idle.as_millis() / beat.as_millis()).unwrap_or(u32::MAX);
        Self {
            beat,
            idle_beats,
            beats: AtomicU32::new(0),
            since: AtomicU32::new(0),
            phase: AtomicU8::new(FRESH),
            lingers: AtomicBool::new(false),
            awaits_body: AtomicBool::new(false),
            rests_since: AtomicU64::new(RESTS.fetch_add(1, Relaxed)),
            leaving: AtomicBool::new(false),
            leave: Notify::new(),
        }
    }

    pub(super) const fn beat(&self) -> Duration {
        self.beat
    }

    /// One beat later: whether the connection has stood still for too long.
    pub(super) fn beaten(&self) -> Option<Late> {
        let now = self.beats.fetch_add(1, Relaxed) + 1;
        let waited = now.saturating_sub(self.since.load(Relaxed));
        match self.phase.load(Relaxed) {
            HEAD if waited > 2 => Some(Late::HalfHead),
            FRESH if waited > 2 => Some(Late::Silent),
            IDLE if waited > self.idle_beats => Some(Late::Silent),
            _ => None,
        }
    }

    /// A whole head has arrived and is being answered.
    pub(super) fn busy(&self) {
        self.phase.store(BUSY, Relaxed);
    }

    /// The answer has begun; `lingers` when some of the request may have been left unread.
    pub(super) fn answered(&self, lingers: bool) {
        self.lingers.store(lingers, Relaxed);
        self.rests_since.store(RESTS.fetch_add(1, Relaxed), Relaxed);
        self.mark(IDLE);
    }

    pub(super) fn lingers(&self) -> bool {
        self.lingers.load(Relaxed)
    }

    /// How it rests, if it does and was not asked to leave already.
    pub(super) fn resting(&self) -> Option<Rest> {
        let since = self.rests_since.load(Relaxed);
        match self.phase.load(Relaxed) {
            _ if self.is_leaving() => None,
            FRESH | IDLE => Some(Rest::Between(since)),
            HEAD => Some(Rest::HalfHead(since)),
            BUSY if self.awaits_body.load(Relaxed) => Some(Rest::HalfBody(since)),
            _ => None,
        }
    }

    /// Asks the connection to end after the answer that it is sending, if it is.
    pub(super) fn leave(&self) {
        self.leaving.store(true, Relaxed);
        self.leave.notify_one();
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.load(Relaxed)
    }

    /// Waits until the connection is asked to leave, and says whether it is to do so with half a request.
    pub(super) async fn asked_to_leave(&self) -> bool {
        self.leave.notified().await;
        match self.phase.load(Relaxed) {
            HEAD => true,
            BUSY => self.awaits_body.load(Relaxed),
            _ => false,
        }
    }

    /// Something has come, with more of a body to come or not.
    pub(super) fn arrived(&self, awaits_body: bool) {
        self.awaits_body.store(awaits_body, Relaxed);
        if matches!(self.phase.load(Relaxed), FRESH | IDLE) {
            self.rests_since.store(RESTS.fetch_add(1, Relaxed), Relaxed);
            self.mark(HEAD);
        }
    }

    fn sent(&self) {
        self.since.store(self.beats.load(Relaxed), Relaxed);
    }

    fn mark(&self, phase: u8) {
        self.phase.store(phase, Relaxed);
        self.sent();
    }
}

/// A connection that tells its pulse what comes and goes, and whose heads are looked at.
#[derive(Debug)]
pub(super) struct Watched {
    stream: Wire,
    pulse: Arc<Pulse>,
    heads: Heads,
    refused: Option<Refused>,
}

impl Watched {
    pub(super) const fn new(stream: Wire, pulse: Arc<Pulse>, limits: &Limits) -> Self {
        Self { stream, pulse, heads: Heads::new(limits), refused: None }
    }

    /// The stream, and why what came on it was refused.
    pub(super) fn into_inner(self) -> (Wire, Option<Refused>) {
        (self.stream, self.refused)
    }

    fn tell(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.pulse.sent();
        }
        written
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let this = self.get_mut();
        let arrived = &buffer.filled()[before..];
        if arrived.is_empty() {
            return read;
        }
        let looked = this.heads.look(arrived);
        this.pulse.arrived(this.heads.awaits_body());
        if let Err(refused) = looked {
            this.refused = Some(refused);
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.tell(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.tell(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What was refused is still to be answered.
        if self.refused.is_some() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
