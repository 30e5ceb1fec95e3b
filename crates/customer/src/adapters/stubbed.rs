//! What the stubs of both providers share: the templates that are registered there, the messages that they took, and
//! what becomes of each.
//!
//! The last four digits of a number say what becomes of a message to it:
//! - `3018` does not use KakaoTalk: it gets a short message where one was asked for, and nothing otherwise;
//! - `9999` is reached in no way;
//! - `1001` is busy at the first message of a notice and gets the next;
//! - `3005` gets the message, but nobody ever learns that;
//! - every other number gets it by KakaoTalk.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use kernel::Time;
use kernel::events::customer::Channel;
use parking_lot::Mutex;
use platform::clock::Clock;
use platform::shutdown::Shutdown;
use platform::stub::{Faults, Hooks, Naming, Stub};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::domain::templates::listing::Registered;

/// Pauses before a refused webhook comes again.
const PAUSES: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(200), Duration::from_secs(1)];

/// How a stub behaves.
#[derive(Clone)]
pub struct Behaviour {
    /// The templates that are registered and approved.
    pub templates: Vec<Registered>,
    /// The numbers that short messages may come from.
    pub senders: Vec<String>,
    /// From accepted to the phone, and from each step of a short message to the next.
    pub delay: Duration,
    /// By which messages are dated.
    pub clock: Clock,
    /// Where it is told what became of messages.
    pub webhook: Option<String>,
}

/// A stub that runs until its shutdown. Cheap to clone.
#[derive(Clone)]
pub struct Running {
    frame: Stub,
    address: SocketAddr,
    book: Book,
}

impl Running {
    /// Starts the stub whose calls are named by `naming` and answered by the router that `answering` makes.
    pub(super) fn start(
        naming: Naming,
        listener: TcpListener,
        behaviour: &Behaviour,
        shutdown: &Shutdown,
        answering: impl FnOnce(Book, Hooks) -> Router,
    ) -> std::io::Result<Self> {
        let frame = Stub::new(naming);
        let webhook = behaviour.webhook.clone();
        let hooks = Hooks::new(webhook, frame.faults(), &PAUSES, shutdown).map_err(std::io::Error::other)?;
        let book = Book::new(behaviour, shutdown);
        let address = frame.serve(listener, answering(book.clone(), hooks), shutdown)?;
        Ok(Self { frame, address, book })
    }

    /// Where it answers.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its faults.
    pub fn faults(&self) -> &Faults {
        self.frame.faults()
    }

    /// How often the call `name` arrived.
    pub fn calls(&self, name: &str) -> u64 {
        self.frame.calls(name)
    }

    /// Every message that reached a phone, in order.
    pub fn reached(&self) -> Vec<Reached> {
        self.book.reached()
    }

    /// How many messages it took of the notice `notice`.
    pub fn taken(&self, notice: &str) -> usize {
        self.book.messages(|taken| taken.notice == notice).len()
    }

    /// Every short message that was no notice: to which number, and what it says.
    pub fn texts(&self) -> Vec<(String, String)> {
        self.book.texts()
    }

    /// Orders of which two messages were on their way at once.
    pub fn crossed(&self) -> Vec<String> {
        self.book.crossed()
    }

    /// From now on the template `code` is not registered.
    pub fn unregister(&self, code: &str) {
        self.book.unregister(code);
    }

    /// From now on the review of the template `code` has come this far.
    pub fn review(&self, code: &str, approval: Approval) {
        self.book.review(code, approval);
    }
}

/// What a stub knows. Cheap to clone.
#[derive(Clone)]
pub(super) struct Book {
    inner: Arc<Mutex<Inner>>,
    pub(super) senders: Arc<[String]>,
    pub(super) clock: Clock,
    delay: Duration,
    shutdown: Shutdown,
}

struct Inner {
    templates: BTreeMap<String, (Registered, Approval)>,
    messages: Vec<Taken>,
    reached: Vec<Reached>,
    /// Orders of which two messages were on their way at once.
    crossed: Vec<String>,
    /// Short messages that are no notices: to which number, and what they say.
    texts: Vec<(String, String)>,
}

/// Whether a template may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// It may.
    Approved,
    /// Its review is still open.
    InReview,
}

/// A message that was taken.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) number: usize,
    pub(super) order: String,
    pub(super) notice: String,
    pub(super) phone: String,
    pub(super) template: String,
    pub(super) text: String,
    pub(super) short: Option<String>,
    pub(super) at: Time,
    /// When it came as far as it has.
    pub(super) changed: Time,
    pub(super) stage: Stage,
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// On its way.
    Taken,
    /// The messenger did not reach the phone; a short message comes next.
    Away,
    /// The short message is on its way.
    Resending,
    /// It reached the phone.
    Arrived(Channel),
    /// It did not reach the phone by the messenger, and nothing else was asked for.
    Failed(u16),
    /// The short message failed, too.
    Lost,
    /// Sent, and nobody knows more.
    Unsure,
}

impl Stage {
    const fn is_over(self) -> bool {
        match self {
            Self::Taken | Self::Away | Self::Resending => false,
            Self::Arrived(_) | Self::Failed(_) | Self::Lost | Self::Unsure => true,
        }
    }
}

/// A message that reached a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// The order it is about.
    pub order: String,
    /// Our id of it.
    pub notice: String,
    /// The template it is made of.
    pub template: String,
    /// What the phone shows.
    pub text: String,
    /// By which way.
    pub by: Channel,
}

impl Book {
    pub(super) fn new(behaviour: &Behaviour, shutdown: &Shutdown) -> Self {
        let approved = |it: &Registered| (it.code.clone(), (it.clone(), Approval::Approved));
        let templates = behaviour.templates.iter().map(approved).collect();
        let inner =
            Inner { templates, messages: Vec::new(), reached: Vec::new(), crossed: Vec::new(), texts: Vec::new() };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            senders: behaviour.senders.clone().into(),
            clock: behaviour.clock.clone(),
            delay: behaviour.delay,
            shutdown: shutdown.clone(),
        }
    }

    pub(super) fn template(&self, code: &str) -> Option<(Registered, Approval)> {
        self.inner.lock().templates.get(code).cloned()
    }

    pub(super) fn templates(&self) -> Vec<(Registered, Approval)> {
        self.inner.lock().templates.values().cloned().collect()
    }

    /// From now on `code` is not registered.
    pub(super) fn unregister(&self, code: &str) {
        self.inner.lock().templates.remove(code);
    }

    /// From now on the review of `code` has come this far.
    pub(super) fn review(&self, code: &str, approval: Approval) {
        if let Some(template) = self.inner.lock().templates.get_mut(code) {
            template.1 = approval;
        }
    }

    /// Every message that `is_asked_for`.
    pub(super) fn messages(&self, is_asked_for: impl Fn(&Taken) -> bool) -> Vec<Taken> {
        self.inner.lock().messages.iter().filter(|taken| is_asked_for(taken)).cloned().collect()
    }

    /// Takes a message; `tell` hears of every step that it comes further. Gives its number.
    pub(super) fn take(&self, mut taken: Taken, tell: impl Fn(&Taken) + Send + 'static) -> usize {
        let mut inner = self.inner.lock();
        if inner.messages.iter().any(|known| known.order == taken.order && !known.stage.is_over()) {
            inner.crossed.push(taken.order.clone());
        }
        let before = inner.messages.iter().filter(|known| known.notice == taken.notice).count();
        taken.number = inner.messages.len();
        let number = taken.number;
        let path = path(&taken, before);
        inner.messages.push(taken);
        drop(inner);
        let book = self.clone();
        self.shutdown.spawn("stub message", async move {
            for stage in path {
                tokio::select! {
                    () = book.shutdown.begun() => return,
                    () = tokio::time::sleep(book.delay) => tell(&book.step(number, stage)),
                }
            }
        });
        number
    }

    fn step(&self, number: usize, stage: Stage) -> Taken {
        let mut inner = self.inner.lock();
        inner.messages[number].stage = stage;
        inner.messages[number].changed = self.clock.now();
        let taken = inner.messages[number].clone();
        if let Stage::Arrived(by) = stage {
            let shown = if by == Channel::Sms { taken.short.clone() } else { None };
            inner.reached.push(Reached {
                order: taken.order.clone(),
                notice: taken.notice.clone(),
                template: taken.template.clone(),
                text: shown.unwrap_or_else(|| taken.text.clone()),
                by,
            });
        }
        taken
    }

    /// Takes a short message that is no notice; it is with the phone at once.
    pub(super) fn take_text(&self, phone: &str, text: &str) -> usize {
        let mut inner = self.inner.lock();
        inner.texts.push((phone.to_owned(), text.to_owned()));
        let nothing = String::new();
        inner.reached.push(Reached {
            order: nothing.clone(),
            notice: nothing.clone(),
            template: nothing,
            text: text.to_owned(),
            by: Channel::Sms,
        });
        1_000_000 + inner.texts.len()
    }

    pub(super) fn texts(&self) -> Vec<(String, String)> {
        self.inner.lock().texts.clone()
    }

    pub(super) fn reached(&self) -> Vec<Reached> {
        self.inner.lock().reached.clone()
    }

    pub(super) fn crossed(&self) -> Vec<String> {
        self.inner.lock().crossed.clone()
    }
}

/// What becomes of a message, step by step, where `before` of its notice were taken already.
fn path(taken: &Taken, before: usize) -> Vec<Stage> {
    use Stage::{Arrived, Away, Failed, Lost, Resending, Unsure};
    let last_four = taken.phone.get(taken.phone.len().saturating_sub(4)..).unwrap_or_default();
    match (last_four, &taken.short) {
        ("3018", Some(_)) => vec![Away, Resending, Arrived(Channel::Sms)],
        ("9999", Some(_)) => vec![Away, Resending, Lost],
        ("3018" | "9999", None) => vec![Failed(3018)],
        ("1001", _) if before == 0 => vec![Failed(1001)],
        ("3005", _) => vec![Unsure],
        _ => vec![Arrived(Channel::AlimTalk)],
    }
}

/// The text of `template` with `values` in its places, or the first place that lacks its value.
pub(super) fn filled(template: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((fixed, after)) = rest.split_once("#{") {
        let (name, after) = after.split_once('}').ok_or_else(|| after.to_owned())?;
        text.push_str(fixed);
        text.push_str(values.get(name).ok_or_else(|| name.to_owned())?);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// Whether every place of `template` has its value; its text if so.
pub(super) fn complete(template: &Registered, values: &BTreeMap<String, String>) -> Result<String, String> {
    for part in [&template.title, &template.subtitle, &template.button_url] {
        filled(part, values)?;
    }
    filled(&template.text, values)
}

/// Whether a provider takes this number: digits, as they are dialled in Korea.
pub(super) fn is_a_number(phone: &str) -> bool {
    phone.starts_with('0') && (9..=12).contains(&phone.len()) && phone.bytes().all(|byte| byte.is_ascii_digit())
}
