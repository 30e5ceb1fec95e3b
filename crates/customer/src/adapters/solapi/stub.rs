//! Solapi as its documents describe it, for tests and for trying out: see [`crate::adapters::stubbed`] for which number
//! gets what, and [`platform::stub`] for faults, asked for by `send`, `list`, `templates`, `webhook`.

mod bodies;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use jiff::SignedDuration;
use kernel::Time;
use parking_lot::Mutex;
use platform::config::Secret;
use platform::shutdown::Shutdown;
use platform::stub::{AskedFor, Hooks};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use self::bodies::{Send, SendOne, group_id, message_id, shown, template, template_id};
use super::sign;
use crate::adapters::stubbed::{Approval, Behaviour, Book, Running, Stage, Taken, complete, is_a_number};

/// How far a request's date may be off.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// Who may use the stub, and how it behaves.
#[derive(Clone)]
pub struct Options {
    /// The id of the channel.
    pub pf_id: String,
    /// The key of the account.
    pub api_key: Secret,
    /// The secret that goes with it.
    pub api_secret: Secret,
    /// The rest.
    pub behaviour: Behaviour,
}

/// A stub of Solapi that runs until its shutdown.
#[derive(Clone)]
pub struct SolapiStub(Running);

impl Deref for SolapiStub {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
    }
}

#[derive(Clone)]
struct Desk {
    options: Arc<Options>,
    book: Book,
    hooks: Hooks,
    /// The salts that were used.
    salts: Arc<Mutex<BTreeSet<String>>>,
}

impl SolapiStub {
    /// Starts at `listener`.
    ///
    /// # Errors
    /// When the listener has no address, or webhooks cannot be sent.
    pub fn start(listener: TcpListener, options: Options, shutdown: &Shutdown) -> std::io::Result<Self> {
        let behaviour = options.behaviour.clone();
        Running::start(name, listener, &behaviour, shutdown, |book, hooks| {
            router(Desk { options: Arc::new(options), book, hooks, salts: Arc::default() })
        })
        .map(Self)
    }
}

fn name(method: &Method, path: &str) -> Option<&'static str> {
    match (method.as_str(), path) {
        ("POST", "/messages/v4/send-many/detail") => Some("send"),
        ("GET", "/messages/v4/list") => Some("list"),
        ("GET", "/kakao/v2/templates") => Some("templates"),
        _ => None,
    }
}

fn router(desk: Desk) -> Router {
    Router::new()
        .route("/messages/v4/send-many/detail", post(send))
        .route("/messages/v4/list", get(list))
        .route("/kakao/v2/templates", get(templates))
        .route("/stub/messages", get(async |State(desk): State<Desk>| Json(desk.book.reached())))
        .with_state(desk)
}

type Asked = Option<Extension<AskedFor>>;

/// An error by its name, in Solapi's words.
fn error(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "errorCode": code, "errorMessage": "refused" }))).into_response()
}

/// A request that is answered well, whose one message is refused.
fn nothing_accepted(code: &str) -> Response {
    Json(json!({
        "failedMessageList": [{ "statusCode": code, "statusMessage": "refused" }],
        "groupInfo": { "count": { "total": 1, "registeredFailed": 1, "registeredSuccess": 0 } },
        "messageList": [],
    }))
    .into_response()
}

impl Desk {
    /// The name of the error with which whoever asks is refused, if they are.
    fn refuses(&self, headers: &HeaderMap) -> Option<&'static str> {
        let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let parts = given.strip_prefix("HMAC-SHA256 ").unwrap_or_default().split(", ");
        let parts: BTreeMap<&str, &str> = parts.filter_map(|part| part.split_once('=')).collect();
        let part = |name| parts.get(name).copied().unwrap_or_default();
        let Options { api_key, api_secret, .. } = &*self.options;
        let (date, salt) = (part("date"), part("salt"));
        if part("apiKey") != api_key.reveal() {
            return Some("InvalidAPIKey");
        }
        if part("signature") != sign::signature(api_secret, date, salt) || !(12..=64).contains(&salt.len()) {
            return Some("SignatureDoesNotMatch");
        }
        let now = self.book.clock.now();
        if !date.parse::<Time>().is_ok_and(|date| now.duration_since(date).abs() <= SKEW) {
            return Some("RequestTimeTooSkewed");
        }
        (!self.salts.lock().insert(salt.to_owned())).then_some("DuplicatedSignature")
    }

    fn tell(&self, taken: &Taken) {
        let reports: Vec<Value> = shown(taken).into_iter().collect();
        self.hooks.send(HeaderMap::new(), Value::Array(reports).to_string());
    }
}

async fn send(State(desk): State<Desk>, headers: HeaderMap, asked: Asked, body: String) -> Response {
    if let Some(Extension(AskedFor { code })) = asked {
        let is_number = code.bytes().all(|byte| byte.is_ascii_digit());
        return if is_number { nothing_accepted(&code) } else { error(StatusCode::BAD_REQUEST, &code) };
    }
    if let Some(code) = desk.refuses(&headers) {
        return error(StatusCode::FORBIDDEN, code);
    }
    let Ok(body) = serde_json::from_str::<Send>(&body) else {
        return error(StatusCode::BAD_REQUEST, "ValidationError");
    };
    let [message] = body.messages.as_slice() else { return error(StatusCode::BAD_REQUEST, "ValidationError") };
    match desk.take(message) {
        Ok(number) => Json(json!({
            "failedMessageList": [],
            "groupInfo": { "groupId": group_id(number), "count": { "total": 1, "registeredFailed": 0, "registeredSuccess": 1 } },
            "messageList": [{ "messageId": message_id(number), "statusCode": "2000", "customFields": message.custom_fields }],
        }))
        .into_response(),
        Err(code) => nothing_accepted(code),
    }
}

impl Desk {
    /// Takes a plain short message; the code of its refusal otherwise.
    fn take_text(&self, message: &SendOne) -> Result<usize, &'static str> {
        let (Some(from), Some(text), "SMS") = (&message.from, &message.text, message.kind.as_str()) else {
            return Err("1020");
        };
        if !is_a_number(&message.to) {
            return Err("1010");
        }
        if !self.book.senders.contains(from) {
            return Err("1062");
        }
        Ok(self.book.take_text(&message.to, text))
    }

    /// Takes a message; the code of its refusal otherwise.
    fn take(&self, message: &SendOne) -> Result<usize, &'static str> {
        let Some(kakao) = &message.kakao_options else { return self.take_text(message) };
        let all = self.book.templates();
        let template = all.into_iter().find(|(template, _)| template_id(&template.code) == kakao.template_id);
        let Some((template, Approval::Approved)) = template else { return Err("3107") };
        if message.kind != "ATA" || kakao.pf_id != self.options.pf_id {
            return Err("3103");
        }
        if !is_a_number(&message.to) {
            return Err("1010");
        }
        let named = kakao
            .variables
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("#{")?.strip_suffix('}')?.to_owned(), value.clone())));
        let text = complete(&template, &named.collect()).map_err(|_| "1020")?;
        let short = message.replacements.first().filter(|_| !kakao.disable_sms);
        if short.is_some_and(|short| !self.book.senders.contains(&short.from)) {
            return Err("1062");
        }
        let mark = |name| message.custom_fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let now = self.book.clock.now();
        let taken = Taken {
            number: 0,
            order: mark("orderId"),
            notice: mark("noticeId"),
            phone: message.to.clone(),
            template: template.code,
            text,
            short: short.map(|short| short.text.clone()),
            at: now,
            changed: now,
            stage: Stage::Taken,
        };
        let desk = self.clone();
        Ok(self.book.take(taken, move |taken| desk.tell(taken)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asking {
    to: Option<String>,
    message_id: Option<String>,
    start_date: Option<Time>,
}

async fn list(State(desk): State<Desk>, Query(asking): Query<Asking>, headers: HeaderMap, asked: Asked) -> Response {
    if let Some(Extension(AskedFor { code })) = asked {
        return error(StatusCode::BAD_REQUEST, &code);
    }
    if let Some(code) = desk.refuses(&headers) {
        return error(StatusCode::FORBIDDEN, code);
    }
    let is_asked_for = |taken: &Taken| {
        asking.to.as_ref().is_none_or(|to| *to == taken.phone) && asking.start_date.is_none_or(|from| from <= taken.at)
    };
    let all = desk.book.messages(is_asked_for).into_iter().flat_map(|taken| shown(&taken));
    let named = all.filter_map(|message| Some((message["messageId"].as_str()?.to_owned(), message)));
    let asked_for = named.filter(|(id, _)| asking.message_id.as_ref().is_none_or(|asked| asked == id));
    Json(json!({ "messageList": asked_for.collect::<Map<_, _>>(), "nextKey": null, "limit": 500 })).into_response()
}

async fn templates(State(desk): State<Desk>, headers: HeaderMap, asked: Asked) -> Response {
    if let Some(Extension(AskedFor { code })) = asked {
        return error(StatusCode::BAD_REQUEST, &code);
    }
    if let Some(code) = desk.refuses(&headers) {
        return error(StatusCode::FORBIDDEN, code);
    }
    let all: Vec<Value> = desk.book.templates().iter().map(|it| template(it, &desk.options.pf_id)).collect();
    Json(json!({ "templateList": all, "nextKey": null, "limit": 500 })).into_response()
}
