//! NHN Cloud as its documents describe it, for tests and for trying out: see [`crate::adapters::stubbed`] for which
//! number gets what, and [`platform::stub`] for faults, asked for by `send`, `list`, `detail`,
//! `templates`, `sms`, `webhook`.

mod bodies;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use jiff::SignedDuration;
use kernel::Time;
use kernel::events::customer::Channel;
use parking_lot::Mutex;
use platform::config::Secret;
use platform::shutdown::Shutdown;
use platform::stub::{AskedFor, Hooks};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::bodies::{Send, Sms, date, moment, request_id, shown, template};
use crate::adapters::stubbed::{Approval, Behaviour, Book, Running, Stage, Taken, complete, is_a_number};

/// For how long a key counts as used.
const KEY_LASTS: SignedDuration = SignedDuration::from_mins(10);

/// Who may use the stub, and how it behaves.
#[derive(Clone)]
pub struct Options {
    /// The key of the project.
    pub appkey: String,
    /// The secret that goes with it.
    pub secret: Secret,
    /// The key of the channel.
    pub sender_key: String,
    /// The secret of the same project's SMS.
    pub sms_secret: Secret,
    /// The rest.
    pub behaviour: Behaviour,
}

/// A stub of NHN Cloud that runs until its shutdown.
#[derive(Clone)]
pub struct NhnStub(Running);

impl Deref for NhnStub {
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
    /// When each idempotency key was used.
    keys: Arc<Mutex<BTreeMap<String, Time>>>,
}

impl NhnStub {
    /// Starts at `listener`.
    ///
    /// # Errors
    /// When the listener has no address, or webhooks cannot be sent.
    pub fn start(listener: TcpListener, options: Options, shutdown: &Shutdown) -> std::io::Result<Self> {
        let behaviour = options.behaviour.clone();
        Running::start(name, listener, &behaviour, shutdown, |book, hooks| {
            router(Desk { options: Arc::new(options), book, hooks, keys: Arc::default() })
        })
        .map(Self)
    }
}

fn name(method: &Method, path: &str) -> Option<&'static str> {
    if path.starts_with("/sms/v3.0/appKeys/") && path.ends_with("/sender/auth/sms") {
        return (method == Method::POST).then_some("sms");
    }
    let mut parts = path.strip_prefix("/alimtalk/v2.3/appkeys/")?.split('/').skip(1);
    match (method.as_str(), parts.next()?, parts.count()) {
        ("POST", "messages", 0) => Some("send"),
        ("GET", "messages", 0) => Some("list"),
        ("GET", "messages", _) => Some("detail"),
        ("GET", "senders", _) => Some("templates"),
        _ => None,
    }
}

fn router(desk: Desk) -> Router {
    let base = "/alimtalk/v2.3/appkeys/{appkey}";
    Router::new()
        .route(&format!("{base}/messages"), post(send).get(list))
        .route(&format!("{base}/messages/{{request}}/{{seq}}"), get(detail))
        .route(&format!("{base}/senders/{{sender}}/templates"), get(templates))
        .route("/sms/v3.0/appKeys/{appkey}/sender/auth/sms", post(sms))
        .route("/stub/messages", get(async |State(desk): State<Desk>| Json(desk.book.reached())))
        .with_state(desk)
}

type Asked = Option<Extension<AskedFor>>;

fn header(code: i64, message: &str) -> Value {
    json!({ "resultCode": code, "resultMessage": message, "isSuccessful": code == 0 })
}

fn refused(code: i64) -> Json<Value> {
    Json(json!({ "header": header(code, "refused") }))
}

impl Desk {
    /// The code with which whoever asks is refused, if they are.
    fn refuses(&self, appkey: &str, headers: &HeaderMap, asked: Asked) -> Option<i64> {
        self.refuses_with(&self.options.secret, appkey, headers, asked)
    }

    fn refuses_with(&self, expected: &Secret, appkey: &str, headers: &HeaderMap, asked: Asked) -> Option<i64> {
        if let Some(Extension(AskedFor { code })) = asked {
            return Some(code.parse().unwrap_or(-9999));
        }
        let secret = headers.get("x-secret-key").and_then(|value| value.to_str().ok());
        if appkey != self.options.appkey {
            Some(-1000)
        } else if secret != Some(expected.reveal()) {
            Some(-1001)
        } else {
            None
        }
    }

    fn tell(&self, taken: &Taken) {
        let result = match taken.stage {
            Stage::Taken | Stage::Away | Stage::Resending | Stage::Arrived(Channel::Sms) | Stage::Lost => "3018".into(),
            Stage::Arrived(Channel::AlimTalk) => "1000".into(),
            Stage::Failed(code) => code.to_string(),
            Stage::Unsure => "3005".into(),
        };
        let hook = json!({
            "kakaoMessageType": "ALIMTALK",
            "requestId": request_id(taken.number),
            "recipientSeq": 1,
            "requestDate": date(taken.at),
            "recipientNo": taken.phone,
            "resultCode": result,
        });
        let body = json!({
            "hooksId": request_id(taken.number),
            "webhookConfigId": "stub",
            "productName": "KakaoTalk Bizmessage",
            "appKey": self.options.appkey,
            "event": "MESSAGE_RESULT_UPDATE",
            "hooks": [hook],
        });
        let mut headers = HeaderMap::new();
        headers.insert("x-toast-webhook-signature", HeaderValue::from_static("stub"));
        self.hooks.send(headers, body.to_string());
    }
}

/// A short message that confirms somebody: its text has to say so.
async fn sms(
    State(desk): State<Desk>,
    Path(appkey): Path<String>,
    headers: HeaderMap,
    asked: Asked,
    body: String,
) -> Json<Value> {
    if let Some(code) = desk.refuses_with(&desk.options.sms_secret, &appkey, &headers, asked) {
        return refused(code);
    }
    let Ok(body) = serde_json::from_str::<Sms>(&body) else { return refused(-1002) };
    let [recipient] = body.recipient_list.as_slice() else { return refused(-1002) };
    let says_so =
        ["인증", "비밀번호", "auth", "password", "verif"].iter().any(|word| body.body.to_lowercase().contains(word));
    if !desk.book.senders.contains(&body.send_no) || !is_a_number(&recipient.recipient_no) || !says_so {
        return refused(-1002);
    }
    desk.book.take_text(&recipient.recipient_no, &body.body);
    Json(json!({ "header": header(0, "success"), "body": { "data": { "requestId": "sms", "statusCode": "2" } } }))
}

async fn send(
    State(desk): State<Desk>,
    Path(appkey): Path<String>,
    headers: HeaderMap,
    asked: Asked,
    body: String,
) -> Json<Value> {
    if let Some(code) = desk.refuses(&appkey, &headers, asked) {
        return refused(code);
    }
    let Ok(body) = serde_json::from_str::<Send>(&body) else { return refused(-3002) };
    let key = headers.get("x-nc-api-idempotency-key").and_then(|value| value.to_str().ok());
    let now = desk.book.clock.now();
    // Held until the key is noted, so that of two at once one is the repeat.
    let mut keys = desk.keys.lock();
    if key.and_then(|key| keys.get(key)).is_some_and(|used| now.duration_since(*used) < KEY_LASTS) {
        return refused(-1005);
    }
    match desk.take(&body, now) {
        Ok(number) => {
            if let Some(key) = key {
                keys.insert(key.to_owned(), now);
            }
            Json(json!({
                "header": header(0, "success"),
                "message": { "requestId": request_id(number), "sendResults": [{ "recipientSeq": 1, "resultCode": 0, "resultMessage": "success" }] },
            }))
        }
        Err((-2999, code)) => Json(json!({
            "header": header(-2999, "all recipients failed"),
            "message": { "requestId": "", "sendResults": [{ "recipientSeq": 1, "resultCode": code, "resultMessage": "refused" }] },
        })),
        Err((code, _)) => refused(code),
    }
}

impl Desk {
    /// Takes the one message of `body`; the codes of the request and of the recipient otherwise.
    fn take(&self, body: &Send, at: Time) -> Result<usize, (i64, i64)> {
        if body.sender_key != self.options.sender_key {
            return Err((-1006, 0));
        }
        let (template, approval) = self.book.template(&body.template_code).ok_or((-3003, 0))?;
        if approval != Approval::Approved {
            return Err((-3005, 0));
        }
        let [recipient] = body.recipient_list.as_slice() else { return Err((-2000, 0)) };
        if !is_a_number(&recipient.recipient_no) {
            return Err((-2999, -5000));
        }
        let text = complete(&template, &recipient.template_parameter).map_err(|_| (-2999, -3004))?;
        let resend = recipient.resend_parameter.as_ref().filter(|resend| resend.is_resend);
        if resend.is_some_and(|resend| !self.book.senders.contains(&resend.resend_send_no)) {
            return Err((-1003, 0));
        }
        let (order, notice) = recipient.recipient_grouping_key.split_once('/').unwrap_or_default();
        let taken = Taken {
            number: 0,
            order: order.to_owned(),
            notice: notice.to_owned(),
            phone: recipient.recipient_no.clone(),
            template: template.code,
            text,
            short: resend.map(|resend| resend.resend_content.clone()),
            at,
            changed: at,
            stage: Stage::Taken,
        };
        let desk = self.clone();
        Ok(self.book.take(taken, move |taken| desk.tell(taken)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asking {
    start_request_date: Option<String>,
    end_request_date: Option<String>,
    recipient_grouping_key: Option<String>,
}

async fn list(
    State(desk): State<Desk>,
    Path(appkey): Path<String>,
    Query(asking): Query<Asking>,
    headers: HeaderMap,
    asked: Asked,
) -> Json<Value> {
    if let Some(code) = desk.refuses(&appkey, &headers, asked) {
        return refused(code);
    }
    let dates = asking.start_request_date.as_deref().zip(asking.end_request_date.as_deref());
    let Some((from, to)) = dates.and_then(|(from, to)| Some((moment(from)?, moment(to)?))) else {
        return refused(-2001);
    };
    if to.duration_since(from) > SignedDuration::from_hours(31 * 24) {
        return refused(-4003);
    }
    let is_asked_for = |taken: &Taken| {
        let key = format!("{}/{}", taken.order, taken.notice);
        (from..=to).contains(&taken.at) && asking.recipient_grouping_key.as_ref().is_none_or(|asked| *asked == key)
    };
    let messages: Vec<Value> = desk.book.messages(is_asked_for).iter().map(shown).collect();
    let total = messages.len();
    Json(json!({
        "header": header(0, "success"),
        "messageSearchResultResponse": { "messages": messages, "totalCount": total },
    }))
}

async fn detail(
    State(desk): State<Desk>,
    Path((appkey, request, _seq)): Path<(String, String, u32)>,
    headers: HeaderMap,
    asked: Asked,
) -> Json<Value> {
    if let Some(code) = desk.refuses(&appkey, &headers, asked) {
        return refused(code);
    }
    match desk.book.messages(|taken| request_id(taken.number) == request).first() {
        Some(taken) => Json(json!({ "header": header(0, "success"), "message": shown(taken) })),
        None => refused(-1016),
    }
}

async fn templates(
    State(desk): State<Desk>,
    Path((appkey, _sender)): Path<(String, String)>,
    headers: HeaderMap,
    asked: Asked,
) -> Json<Value> {
    if let Some(code) = desk.refuses(&appkey, &headers, asked) {
        return refused(code);
    }
    let all: Vec<Value> = desk.book.templates().iter().map(template).collect();
    let total = all.len();
    Json(json!({ "header": header(0, "success"), "templateListResponse": { "templates": all, "totalCount": total } }))
}
