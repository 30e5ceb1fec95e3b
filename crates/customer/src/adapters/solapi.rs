//! AlimTalk through Solapi.
//!
//! Solapi knows a message by our own fields, `orderId` and `noticeId`, by which it is found among those of its number.
//! It takes the same message twice, so nothing is sent again before its list was asked. A template has an id there that
//! Solapi makes; our code is the template's name.

mod codes;
mod sign;
pub mod stub;
mod text;
mod wire;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use kernel::Time;
use kernel::ids::{NoticeId, OrderId};
use parking_lot::Mutex;
use platform::clock::Clock;
use platform::config::Secret;
use platform::ids::Ids;
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};

use self::codes::{became, judged};
use self::wire::{Agent, Answered, Kakao, Listed, Marks, Replacement, Send, SendOne, Sent, Templates, TemplatesListed};
use super::answers::{self, Unanswered};
use super::registration::Registrar;
use super::short::{Short, deliverable, number, short};
use super::together::together;
use crate::domain::templates::Rendered;
use crate::domain::templates::listing::Copy;
use crate::ports::{Answer, Code, Found, HandOver, HookError, Message, Outlet, Provider, Report};

pub use super::nhn::Unusable;

/// How much earlier than we think a message may be listed: clocks differ.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);
/// The most messages on a page.
const PAGE_SIZE: &str = "500";
/// The most pages that are read.
const MOST_PAGES: usize = 20;
/// The most messages that one webhook may name.
const MOST_HOOKS: usize = 50;

/// What Solapi knows us by.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where its interface answers.
    pub base: String,
    /// The id of the KakaoTalk channel that sends.
    pub pf_id: String,
    /// The key of the account.
    pub api_key: Secret,
    /// The secret that goes with it.
    pub api_secret: Secret,
    /// The registered number that short messages come from; without one there are none.
    pub sms_sender: Option<String>,
}

/// The way out through Solapi. Cheap to clone.
#[derive(Clone)]
pub struct Solapi {
    client: Client,
    base: Url,
    options: Options,
    clock: Clock,
    ids: Ids,
    /// Solapi's own ids of our templates.
    template_ids: std::sync::Arc<Mutex<BTreeMap<String, String>>>,
}

impl Solapi {
    /// The way out with `options`, by `clock`; `ids` draws what makes each signature another.
    pub fn new(options: Options, clock: Clock, ids: Ids) -> Result<Self, Unusable> {
        let unusable = || Unusable::Base(options.base.clone());
        let base = Url::parse(&options.base).map_err(|_| unusable())?;
        if base.cannot_be_a_base() {
            return Err(unusable());
        }
        Ok(Self { client: answers::client()?, base, options, clock, ids, template_ids: std::sync::Arc::default() })
    }

    async fn send(&self, message: &Message) -> HandOver {
        let (phone, whole) = match deliverable(message) {
            Ok(deliverable) => deliverable,
            Err(code) => return HandOver::Refused { code: Code::Borrowed(code), permanent: true },
        };
        let template_id = match self.template_id(&whole.code).await {
            Ok(Some(id)) => id,
            Ok(None) => return HandOver::Refused { code: Code::Borrowed("TEMPLATE_NOT_THERE"), permanent: true },
            // Nothing was sent yet, so whatever this call came to, the message is not there.
            Err(Unanswered::Refused(code)) => return HandOver::Refused { code, permanent: true },
            Err(Unanswered::Busy(code)) => return HandOver::Refused { code, permanent: false },
            Err(Unanswered::Unknown) => {
                return HandOver::Refused { code: Code::Borrowed("TEMPLATES_UNREAD"), permanent: false };
            }
        };
        let body = self.body(message, phone, whole, template_id);
        let request = self.request(Method::POST, "messages/v4/send-many/detail").json(&body);
        match answers::read::<Answered<Sent>>(request.send().await).await {
            Ok((status, answered)) => {
                let judged = judged(status, &answered);
                if matches!(judged, HandOver::Refused { permanent: true, .. }) {
                    // It may have been registered anew, with another id.
                    self.template_ids.lock().remove(&whole.code);
                }
                judged
            }
            Err(Unanswered::Busy(code)) => HandOver::Refused { code, permanent: false },
            Err(Unanswered::Refused(code)) => HandOver::Refused { code, permanent: true },
            Err(Unanswered::Unknown) => HandOver::Unknown,
        }
    }

    fn body<'a>(&'a self, message: &Message, phone: String, whole: &'a Rendered, template_id: String) -> Send<'a> {
        let sender = self.options.sms_sender.as_deref();
        let replacement = |from| {
            let Short { size, title, text } = short(whole);
            Replacement { to: phone.clone(), from, size, subject: title, text }
        };
        let replacements = sender.map(replacement).into_iter().collect();
        let one = SendOne {
            kind: "ATA",
            from: sender,
            kakao_options: Kakao {
                pf_id: &self.options.pf_id,
                template_id,
                variables: whole.variables.iter().map(|(name, value)| (format!("#{{{name}}}"), &**value)).collect(),
                disable_sms: sender.is_none(),
            },
            replacements,
            custom_fields: Marks { order_id: message.order_id.to_string(), notice_id: message.notice_id.to_string() },
            to: phone,
        };
        Send { messages: [one], allow_duplicates: false, show_message_list: true, agent: Agent::ours() }
    }

    /// Solapi's id of our template `code`; `None` where it has no approved one.
    async fn template_id(&self, code: &str) -> Result<Option<String>, Unanswered> {
        if let Some(id) = self.template_ids.lock().get(code) {
            return Ok(Some(id.clone()));
        }
        let ids = self.templates().await?.sendable();
        let id = ids.get(code).cloned();
        *self.template_ids.lock() = ids;
        Ok(id)
    }

    async fn templates(&self) -> Result<Templates, Unanswered> {
        let mut all = Templates::default();
        let mut start: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = vec![("limit", PAGE_SIZE.to_owned())];
            query.extend(start.map(|key| ("startKey", key)));
            let request = self.request(Method::GET, "kakao/v2/templates").query(&query);
            let listed = answered(answers::read::<Answered<TemplatesListed>>(request.send().await).await?)?;
            start = all.add(listed, &self.options.pf_id);
            if start.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// What became of every message of the notice to `phone`, short ones that replace others included.
    async fn ask(&self, phone: &str, order: OrderId, notice: NoticeId) -> Result<Found, Unanswered> {
        let from = super::nhn::made_at(notice).min(self.clock.now()).saturating_sub(MARGIN).unwrap_or(Time::MIN);
        let query = [("to", phone.to_owned()), ("startDate", from.to_string())];
        let marks = Marks { order_id: order.to_string(), notice_id: notice.to_string() };
        let messages = self.list(&query).await?;
        let ours = messages.into_iter().filter(|message| message.custom_fields.as_ref() == Some(&marks));
        let falls_back = self.options.sms_sender.is_some();
        let ours: Vec<_> = ours.collect();
        let now = self.clock.now();
        let has_replacement = ours.iter().any(wire::Message::is_short);
        Ok(together(ours.iter().map(|message| became(message, falls_back && !has_replacement, now))))
    }

    async fn list(&self, query: &[(&str, String)]) -> Result<Vec<wire::Message>, Unanswered> {
        let mut all = Vec::new();
        let mut start: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = query.to_vec();
            query.push(("limit", PAGE_SIZE.to_owned()));
            query.extend(start.map(|key| ("startKey", key)));
            let request = self.request(Method::GET, "messages/v4/list").query(&query);
            let listed = answered(answers::read::<Answered<Listed>>(request.send().await).await?)?;
            all.extend(listed.message_list);
            start = listed.next_key.filter(|key| !key.is_empty());
            if start.is_none() {
                break;
            }
        }
        Ok(all)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        let Options { api_key, api_secret, .. } = &self.options;
        let (date, salt) = (self.clock.now().to_string(), self.ids.token());
        self.client.request(method, url).header("authorization", sign::header(api_key, api_secret, &date, &salt))
    }

    async fn hooked(&self, body: &str) -> Result<Vec<Report>, HookError> {
        let hooks = wire::hooked(body).ok_or(HookError::Unreadable)?;
        if hooks.len() > MOST_HOOKS {
            return Err(HookError::Unreadable);
        }
        let mut reports = Vec::new();
        for id in hooks {
            let messages = self.list(&[("messageId", id.clone())]).await.map_err(|_| HookError::Down)?;
            // Whoever makes up an id is not looked into any further.
            let Some(message) = messages.into_iter().find(|message| message.message_id == id) else { break };
            let Some((order_id, notice_id)) = message.custom_fields.as_ref().and_then(Marks::ids) else { continue };
            // Asked for as a whole: a short message may have replaced this one.
            let found = self.ask(&message.to, order_id, notice_id).await.map_err(|_| HookError::Down)?;
            reports.push(Report { order_id, notice_id, found });
        }
        Ok(reports)
    }
}

impl Outlet for Solapi {
    fn hand_over<'a>(&'a self, message: &'a Message) -> Answer<'a, HandOver> {
        Box::pin(self.send(message))
    }

    fn look_up<'a>(&'a self, message: &'a Message) -> Answer<'a, Found> {
        Box::pin(async {
            match number(message) {
                Ok(phone) => self.ask(&phone, message.order_id, message.notice_id).await.unwrap_or(Found::Unknown),
                // Without a number there is nothing to find it by, and nothing will come of it any more.
                Err(code) => Found::Failed { code: Code::Borrowed(code), permanent: true, times: 0 },
            }
        })
    }

    fn reported<'a>(&'a self, provider: Provider, body: &'a str) -> Answer<'a, Result<Vec<Report>, HookError>> {
        Box::pin(async move {
            match provider {
                Provider::Solapi => self.hooked(body).await,
                Provider::Nhn => Err(HookError::NotOurs),
            }
        })
    }
}

impl Registrar for Solapi {
    async fn copies(&self) -> Option<Vec<Copy>> {
        self.templates().await.ok().map(Templates::copies)
    }
}

/// The answer to a question, unless it is an error.
fn answered<T>((status, answered): (StatusCode, Answered<T>)) -> Result<T, Unanswered> {
    match answered {
        Answered::Body(body) if status.is_success() => Ok(body),
        Answered::Error(error) if codes::is_for_good(&error.error_code) => {
            Err(Unanswered::Refused(answers::code(&error.error_code)))
        }
        Answered::Body(_) | Answered::Error(_) => Err(Unanswered::Unknown),
    }
}
