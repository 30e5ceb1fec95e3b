//! AlimTalk through NHN Cloud's KakaoTalk Bizmessage, version 2.3 of its interface.
//!
//! NHN knows a message by `recipientGroupingKey`, `<order>/<notice>`, by which it is looked up, and refuses a second
//! request with the same `X-NC-API-IDEMPOTENCY-KEY`, the notice's id, for ten minutes.

mod codes;
pub mod sms;
pub mod stub;
mod wire;

use jiff::SignedDuration;
use jiff::tz::{Offset, TimeZone};
use kernel::Time;
use kernel::ids::{NoticeId, OrderId};
use platform::clock::Clock;
use platform::config::Secret;
use reqwest::{Client, Method, RequestBuilder, Url};

use self::codes::{Refusal, became, refusal};
use self::wire::{Details, Header, Hooks, Listed, Recipient, Resend, Send, Sent, Templates};
use super::answers::{self, Unanswered};
use super::registration::Registrar;
use super::short::{Short, deliverable, short};
use super::together::together;
use crate::domain::templates::Rendered;
use crate::domain::templates::listing::Copy;
use crate::ports::{Answer, Code, Found, HandOver, HookError, Message, Outlet, Provider, Report};

/// How much earlier and later than we think a message may be listed: clocks differ, and dates there have minutes.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);
/// The longest span that may be asked for.
const LONGEST_SPAN: SignedDuration = SignedDuration::from_hours(29 * 24);
/// The most messages on a page.
const PAGE_SIZE: &str = "1000";
/// The most pages of templates that are read.
const MOST_PAGES: u32 = 20;
/// The most messages that one webhook may name.
const MOST_HOOKS: usize = 50;

/// What NHN Cloud knows us by.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where its interface answers.
    pub base: String,
    /// The key of the project.
    pub appkey: String,
    /// The key of the KakaoTalk channel that sends.
    pub sender_key: String,
    /// The secret that goes with the key of the project.
    pub secret: Secret,
    /// The registered number that short messages come from; without one there are none.
    pub sms_sender: Option<String>,
}

/// The way out through NHN Cloud. Cheap to clone.
#[derive(Clone)]
pub struct Nhn {
    client: Client,
    base: Url,
    options: Options,
    clock: Clock,
}

/// Why NHN Cloud cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Its address is none.
    #[error("\"{0}\" is not the address of a web interface")]
    Base(String),
    /// There is no client.
    #[error("no HTTP client can be made")]
    Client(#[from] reqwest::Error),
}

impl Nhn {
    /// The way out with `options`, by `clock`.
    pub fn new(options: Options, clock: Clock) -> Result<Self, Unusable> {
        let unusable = || Unusable::Base(options.base.clone());
        let base = Url::parse(&options.base).map_err(|_| unusable())?;
        if base.cannot_be_a_base() {
            return Err(unusable());
        }
        Ok(Self { client: answers::client()?, base, options, clock })
    }

    async fn send(&self, message: &Message) -> HandOver {
        let (phone, whole) = match deliverable(message) {
            Ok(deliverable) => deliverable,
            Err(code) => return HandOver::Refused { code: Code::Borrowed(code), permanent: true },
        };
        let body = self.body(message, phone, whole);
        let request = self.request(Method::POST, &["messages"]).header("x-nc-api-idempotency-key", once_key(message));
        match answers::read::<Sent>(request.json(&body).send().await).await {
            Ok((_, sent)) => judged(&sent),
            Err(Unanswered::Busy(code)) => HandOver::Refused { code, permanent: false },
            Err(Unanswered::Refused(code)) => HandOver::Refused { code, permanent: true },
            Err(Unanswered::Unknown) => HandOver::Unknown,
        }
    }

    fn body<'a>(&'a self, message: &Message, phone: String, whole: &'a Rendered) -> Send<'a> {
        let resend = self.options.sms_sender.as_deref().map_or(Resend::none(), |sender| {
            let Short { size, title, text } = short(whole);
            Resend { is_resend: true, resend_type: Some(size), title, text: Some(text), sender: Some(sender) }
        });
        Send {
            sender_key: &self.options.sender_key,
            template_code: &whole.code,
            sender_grouping_key: message.order_id.to_string(),
            recipient_list: [Recipient {
                recipient_no: phone,
                template_parameter: whole.variables.iter().map(|(name, value)| (&**name, &**value)).collect(),
                resend_parameter: resend,
                recipient_grouping_key: grouping_key(message.order_id, message.notice_id),
            }],
        }
    }

    /// What became of every message of the notice: there are several only where the ones before failed for sure.
    async fn ask(&self, order: OrderId, notice: NoticeId) -> Result<Found, Unanswered> {
        let key = grouping_key(order, notice);
        let (from, to) = self.span(notice);
        let query = [
            ("startRequestDate", from.as_str()),
            ("endRequestDate", to.as_str()),
            ("senderGroupingKey", &order.to_string()),
            ("recipientGroupingKey", &key),
            ("pageNum", "1"),
            ("pageSize", PAGE_SIZE),
        ];
        let request = self.request(Method::GET, &["messages"]).query(&query);
        let (_, listed) = answers::read::<Listed>(request.send().await).await?;
        listed.header.judged()?;
        let mut all = Vec::new();
        for message in listed.messages().filter(|message| message.recipient_grouping_key == key) {
            let details = self.details(&message.request_id, message.recipient_seq).await?;
            // What is listed is there, also where its details are not.
            all.push(details.as_ref().map_or(Found::Unknown, became));
        }
        Ok(together(all))
    }

    /// A message by NHN's own ids; `None` where it has no such message.
    async fn details(&self, request_id: &str, seq: i64) -> Result<Option<wire::Message>, Unanswered> {
        let request = self.request(Method::GET, &["messages", request_id, &seq.to_string()]);
        let (_, details) = answers::read::<Details>(request.send().await).await?;
        match details.header.judged() {
            Err(Unanswered::Refused(_)) => Ok(None),
            judged => judged.map(|()| details.message),
        }
    }

    /// When a message of `notice` can have been requested, in the dates that NHN takes.
    fn span(&self, notice: NoticeId) -> (String, String) {
        let now = self.clock.now();
        let made = made_at(notice).min(now);
        let from = made.max(now.saturating_sub(LONGEST_SPAN).unwrap_or(Time::MIN));
        let date = |at: Time| at.to_zoned(TimeZone::fixed(Offset::constant(9))).strftime("%Y-%m-%d %H:%M").to_string();
        let (from, to) = (from.saturating_sub(MARGIN), now.saturating_add(MARGIN));
        (date(from.unwrap_or(Time::MIN)), date(to.unwrap_or(Time::MAX)))
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["alimtalk", "v2.3", "appkeys", &self.options.appkey]).extend(path);
        }
        self.client.request(method, url).header("x-secret-key", self.options.secret.reveal())
    }

    async fn hooked(&self, body: &str) -> Result<Vec<Report>, HookError> {
        let hooks: Hooks = serde_json::from_str(body).map_err(|_| HookError::Unreadable)?;
        if hooks.hooks.len() > MOST_HOOKS || hooks.app_key != self.options.appkey {
            return Err(HookError::Unreadable);
        }
        let mut reports = Vec::new();
        for hook in hooks.hooks.iter().filter(|hook| is_an_id(&hook.request_id)) {
            let details = self.details(&hook.request_id, hook.recipient_seq).await.map_err(|_| HookError::Down)?;
            // Whoever makes up an id is not looked into any further.
            let Some(details) = details else { break };
            let Some((order_id, notice_id)) = names(&details.recipient_grouping_key) else { continue };
            // Asked for as a whole, since an older message of the notice may have failed where a newer one did not.
            let found = self.ask(order_id, notice_id).await.map_err(|_| HookError::Down)?;
            reports.push(Report { order_id, notice_id, found });
        }
        Ok(reports)
    }
}

impl Outlet for Nhn {
    fn hand_over<'a>(&'a self, message: &'a Message) -> Answer<'a, HandOver> {
        Box::pin(self.send(message))
    }

    fn look_up<'a>(&'a self, message: &'a Message) -> Answer<'a, Found> {
        Box::pin(async { self.ask(message.order_id, message.notice_id).await.unwrap_or(Found::Unknown) })
    }

    fn reported<'a>(&'a self, provider: Provider, body: &'a str) -> Answer<'a, Result<Vec<Report>, HookError>> {
        Box::pin(async move {
            match provider {
                Provider::Nhn => self.hooked(body).await,
                Provider::Solapi => Err(HookError::NotOurs),
            }
        })
    }
}

impl Registrar for Nhn {
    async fn copies(&self) -> Option<Vec<Copy>> {
        let path = ["senders", self.options.sender_key.as_str(), "templates"];
        let mut copies = Vec::new();
        for page in 1..=MOST_PAGES {
            let query = [("pageNum", page.to_string()), ("pageSize", PAGE_SIZE.to_owned())];
            let request = self.request(Method::GET, &path).query(&query);
            let (_, listed) = answers::read::<Templates>(request.send().await).await.ok()?;
            listed.header.judged().ok()?;
            let found = listed.templates();
            let (empty, total) = (found.is_empty(), listed.total());
            copies.extend(found.into_iter().map(Copy::from));
            if empty || copies.len() >= total {
                break;
            }
        }
        Some(copies)
    }
}

/// What a request that was answered came to: its header and the one recipient's entry both have to agree.
fn judged(sent: &Sent) -> HandOver {
    let entry = sent.results().next().map(|entry| entry.result_code);
    // "All recipients failed" says less than the recipient's own code.
    let code = entry.filter(|code| *code != 0).unwrap_or(sent.header.result_code);
    match refusal(code) {
        None if sent.header.is_successful && entry.is_some() => HandOver::Accepted,
        None => HandOver::Unknown,
        // They have it already: what became of it is asked for, not sent again.
        Some(Refusal::Repeated) => HandOver::Accepted,
        Some(Refusal::ForGood) => HandOver::Refused { code: code.to_string().into(), permanent: true },
        Some(Refusal::ForNow) => HandOver::Refused { code: code.to_string().into(), permanent: false },
    }
}

impl Header {
    /// Whether a question was answered.
    fn judged(&self) -> Result<(), Unanswered> {
        match refusal(self.result_code) {
            None if self.is_successful => Ok(()),
            None | Some(Refusal::ForNow | Refusal::Repeated) => Err(Unanswered::Unknown),
            Some(Refusal::ForGood) => Err(Unanswered::Refused(self.result_code.to_string().into())),
        }
    }
}

fn grouping_key(order: OrderId, notice: NoticeId) -> String {
    format!("{order}/{notice}")
}

/// The order and the notice that a grouping key names, if it is one of ours.
fn names(key: &str) -> Option<(OrderId, NoticeId)> {
    let (order, notice) = key.split_once('/')?;
    Some((uuid::Uuid::try_parse(order).ok()?.into(), uuid::Uuid::try_parse(notice).ok()?.into()))
}

/// One key for one message: whatever is repeated, it is taken once. A try after a certain failure is another message.
fn once_key(message: &Message) -> String {
    match message.failed {
        0 => message.notice_id.to_string(),
        failed => format!("{}-{failed}", message.notice_id),
    }
}

/// When the notice was made: the first 48 bits of its id are milliseconds.
pub(super) fn made_at(notice: NoticeId) -> Time {
    let millis = i64::try_from(notice.uuid().as_u128() >> 80).unwrap_or_default();
    Time::from_millisecond(millis).unwrap_or(Time::UNIX_EPOCH)
}

fn is_an_id(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
