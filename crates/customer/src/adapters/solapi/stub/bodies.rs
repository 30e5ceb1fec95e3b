//! What Solapi's stub reads and shows.

use std::collections::BTreeMap;

use kernel::events::customer::Channel;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::adapters::stubbed::{Approval, Stage, Taken};
use crate::domain::templates::listing::Registered;

#[derive(Deserialize)]
pub(super) struct Send {
    pub(super) messages: Vec<SendOne>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendOne {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) to: String,
    pub(super) from: Option<String>,
    pub(super) text: Option<String>,
    pub(super) kakao_options: Option<Kakao>,
    #[serde(default)]
    pub(super) replacements: Vec<Replacement>,
    #[serde(default)]
    pub(super) custom_fields: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kakao {
    pub(super) pf_id: String,
    pub(super) template_id: String,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) disable_sms: bool,
}

#[derive(Deserialize)]
pub(super) struct Replacement {
    pub(super) from: String,
    pub(super) text: String,
}

/// A template of the channel `pf_id` as lists show it.
pub(super) fn template((template, approval): &(Registered, Approval), pf_id: &str) -> Value {
    json!({
        "templateId": template_id(&template.code),
        "name": template.code,
        "channelId": pf_id,
        "content": template.text,
        "emphasizeType": "TEXT",
        "emphasizeTitle": template.title,
        "emphasizeSubtitle": template.subtitle,
        "buttons": [{ "buttonType": "WL", "buttonName": template.button, "linkMo": template.button_url }],
        "status": if *approval == Approval::Approved { "APPROVED" } else { "INSPECTING" },
    })
}

/// A message as lists show it, and the short one in its place.
pub(super) fn shown(taken: &Taken) -> Vec<Value> {
    let (code, short) = match taken.stage {
        Stage::Taken => ("2000".to_owned(), None),
        Stage::Resending => ("3104".to_owned(), Some("3000")),
        Stage::Arrived(Channel::Sms) => ("3104".to_owned(), Some("4000")),
        Stage::Arrived(Channel::AlimTalk) => ("4000".to_owned(), None),
        Stage::Away | Stage::Failed(3018) => ("3104".to_owned(), None),
        Stage::Failed(code) => (code.to_string(), None),
        Stage::Lost => ("3104".to_owned(), Some("3015")),
        Stage::Unsure => ("3005".to_owned(), None),
    };
    let record = |id: String, kind: &str, code: &str| {
        json!({
            "messageId": id,
            "groupId": group_id(taken.number),
            "type": kind,
            "to": taken.phone,
            "statusCode": code,
            "replacement": kind == "SMS",
            "dateCreated": taken.at.to_string(),
            "dateUpdated": taken.changed.to_string(),
            "customFields": { "orderId": taken.order, "noticeId": taken.notice },
        })
    };
    let first = record(message_id(taken.number), "ATA", &code);
    let short = short.map(|code| record(format!("R{}", message_id(taken.number)), "SMS", code));
    std::iter::once(first).chain(short).collect()
}

pub(super) fn message_id(number: usize) -> String {
    format!("M4Vstub{number:012}")
}

pub(super) fn group_id(number: usize) -> String {
    format!("G4Vstub{number:012}")
}

pub(super) fn template_id(code: &str) -> String {
    format!("KA01TP{code}")
}
