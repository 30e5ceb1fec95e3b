//! What NHN Cloud's stub reads and shows.

#![expect(clippy::struct_field_names, reason = "the fields are named as the provider names them")]

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use kernel::Time;
use kernel::events::customer::Channel;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::adapters::stubbed::{Approval, Stage, Taken};
use crate::domain::templates::listing::Registered;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Send {
    pub(super) sender_key: String,
    pub(super) template_code: String,
    pub(super) recipient_list: Vec<Recipient>,
}

/// A short message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sms {
    pub(super) body: String,
    pub(super) send_no: String,
    pub(super) recipient_list: Vec<SmsTo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SmsTo {
    pub(super) recipient_no: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recipient {
    pub(super) recipient_no: String,
    #[serde(default)]
    pub(super) template_parameter: BTreeMap<String, String>,
    pub(super) resend_parameter: Option<Resend>,
    #[serde(default)]
    pub(super) recipient_grouping_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resend {
    pub(super) is_resend: bool,
    #[serde(default)]
    pub(super) resend_content: String,
    #[serde(default)]
    pub(super) resend_send_no: String,
}

/// A template as lists show it.
pub(super) fn template((template, approval): &(Registered, Approval)) -> Value {
    json!({
        "templateCode": template.code,
        "templateContent": template.text,
        "templateTitle": template.title,
        "templateSubtitle": template.subtitle,
        "buttons": [{ "ordering": 1, "type": "WL", "name": template.button, "linkMo": template.button_url }],
        "status": if *approval == Approval::Approved { "TSC03" } else { "TSC02" },
    })
}

/// A message as lists and details show it.
pub(super) fn shown(taken: &Taken) -> Value {
    let (status, result, resend) = match taken.stage {
        Stage::Taken => ("READY", Value::Null, "RSC01"),
        Stage::Away => ("FAILED", "3018".into(), "RSC02"),
        Stage::Resending => ("FAILED", "3018".into(), "RSC03"),
        Stage::Arrived(Channel::Sms) => ("FAILED", "3018".into(), "RSC04"),
        Stage::Arrived(Channel::AlimTalk) => ("COMPLETED", "1000".into(), "RSC01"),
        Stage::Failed(code) => ("FAILED", code.to_string().into(), "RSC01"),
        Stage::Lost => ("FAILED", "3018".into(), "RSC05"),
        Stage::Unsure => ("COMPLETED", "3005".into(), "RSC01"),
    };
    json!({
        "requestId": request_id(taken.number),
        "recipientSeq": 1,
        "recipientNo": taken.phone,
        "templateCode": taken.template,
        "content": taken.text,
        "requestDate": date(taken.at),
        "messageStatus": status,
        "resultCode": result,
        "resendStatus": resend,
        "resendResultCode": if taken.stage == Stage::Lost { "E915".into() } else { Value::Null },
        "recipientGroupingKey": format!("{}/{}", taken.order, taken.notice),
    })
}

pub(super) fn request_id(number: usize) -> String {
    format!("stub{number:016}")
}

fn korea() -> TimeZone {
    TimeZone::fixed(Offset::constant(9))
}

pub(super) fn date(at: Time) -> String {
    at.to_zoned(korea()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub(super) fn moment(text: &str) -> Option<Time> {
    let date = DateTime::strptime("%Y-%m-%d %H:%M", text).ok()?;
    date.to_zoned(korea()).ok().map(|zoned| zoned.timestamp())
}
