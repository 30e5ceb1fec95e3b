//! A plain short message, for what is no notice of an order.

use reqwest::Method;
use serde::Serialize;

use super::Solapi;
use super::codes::judged;
use super::wire::{Agent, Answered, Sent};
use crate::adapters::answers::{self, Unanswered};
use crate::ports::{Code, HandOver};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Send<'a> {
    messages: [Plain<'a>; 1],
    allow_duplicates: bool,
    show_message_list: bool,
    agent: Agent,
}

#[derive(Serialize)]
struct Plain<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    to: &'a str,
    from: &'a str,
    text: &'a str,
}

impl Solapi {
    /// Sends `text` to `phone`, digits from 0 on, as a short message.
    pub async fn text(&self, phone: &str, text: &str) -> HandOver {
        let Some(from) = self.options.sms_sender.as_deref() else {
            return HandOver::Refused { code: Code::Borrowed("NO_SENDER"), permanent: true };
        };
        let body = Send {
            messages: [Plain { kind: "SMS", to: phone, from, text }],
            allow_duplicates: false,
            show_message_list: true,
            agent: Agent::ours(),
        };
        let request = self.request(Method::POST, "messages/v4/send-many/detail").json(&body);
        match answers::read::<Answered<Sent>>(request.send().await).await {
            Ok((status, answered)) => judged(status, &answered),
            Err(Unanswered::Busy(code)) => HandOver::Refused { code, permanent: false },
            Err(Unanswered::Refused(code)) => HandOver::Refused { code, permanent: true },
            Err(Unanswered::Unknown) => HandOver::Unknown,
        }
    }
}
