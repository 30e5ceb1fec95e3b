//! The bodies of Solapi's interface, version 4, as far as they are needed.

#![expect(clippy::struct_field_names, reason = "the fields are named as the provider names them")]

use std::collections::BTreeMap;

use kernel::Time;
use kernel::ids::{NoticeId, OrderId};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::adapters::answers::{text_or_null, text_or_number};
use crate::adapters::short::Size;
use crate::domain::templates::listing::{Copy, Review};

/// A request to send.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Send<'a> {
    pub(super) messages: [SendOne<'a>; 1],
    pub(super) allow_duplicates: bool,
    pub(super) show_message_list: bool,
    pub(super) agent: Agent,
}

/// One message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendOne<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<&'a str>,
    pub(super) kakao_options: Kakao<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) replacements: Vec<Replacement<'a>>,
    pub(super) custom_fields: Marks,
}

/// What the messenger needs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kakao<'a> {
    pub(super) pf_id: &'a str,
    pub(super) template_id: String,
    pub(super) variables: BTreeMap<String, &'a str>,
    pub(super) disable_sms: bool,
}

/// What goes as a short message where the messenger does not reach.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Replacement<'a> {
    pub(super) to: String,
    pub(super) from: &'a str,
    #[serde(rename = "type")]
    pub(super) size: Size,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
    pub(super) text: String,
}

/// Who asks.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agent {
    sdk_version: &'static str,
    os_platform: &'static str,
}

impl Agent {
    /// This program.
    pub(super) const fn ours() -> Self {
        Self { sdk_version: concat!("baedal/", env!("CARGO_PKG_VERSION")), os_platform: std::env::consts::OS }
    }
}

/// Our own fields of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Marks {
    pub(super) order_id: String,
    pub(super) notice_id: String,
}

impl Marks {
    /// The order and the notice that they name, if they are ours.
    pub(super) fn ids(&self) -> Option<(OrderId, NoticeId)> {
        Some((Uuid::try_parse(&self.order_id).ok()?.into(), Uuid::try_parse(&self.notice_id).ok()?.into()))
    }
}

/// An answer, or an error in its place.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Answered<T> {
    /// An error.
    Error(Failure),
    /// The answer.
    Body(T),
}

/// An error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    pub(super) error_code: String,
}

/// The answer to a request to send.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    #[serde(default)]
    pub(super) failed_message_list: Vec<FailedMessage>,
    group_info: Group,
}

/// A message that was not accepted.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FailedMessage {
    #[serde(deserialize_with = "text_or_number")]
    pub(super) status_code: String,
}

#[derive(Deserialize)]
struct Group {
    count: Count,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    total: u32,
    registered_failed: u32,
}

impl Sent {
    /// Whether all that was to be sent was refused.
    pub(super) const fn nothing_accepted(&self) -> bool {
        self.group_info.count.total == self.group_info.count.registered_failed
    }
}

/// A list of messages.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    #[serde(deserialize_with = "map_or_list")]
    pub(super) message_list: Vec<Message>,
    #[serde(default)]
    pub(super) next_key: Option<String>,
}

/// A message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Message {
    pub(super) message_id: String,
    #[serde(rename = "type", deserialize_with = "text_or_null")]
    pub(super) kind: String,
    #[serde(deserialize_with = "text_or_null")]
    pub(super) to: String,
    #[serde(deserialize_with = "text_or_number")]
    pub(super) status_code: String,
    /// Whether it is a short message in place of another.
    pub(super) replacement: Option<bool>,
    #[serde(deserialize_with = "text_or_null")]
    pub(super) date_updated: String,
    pub(super) custom_fields: Option<Marks>,
}

impl Message {
    /// Whether it goes to phones without the messenger.
    pub(super) fn is_short(&self) -> bool {
        self.replacement == Some(true) || matches!(self.kind.as_str(), "SMS" | "LMS" | "MMS")
    }

    /// When it changed last.
    pub(super) fn changed_at(&self) -> Option<Time> {
        self.date_updated.parse().ok()
    }
}

/// Messages by their ids, or one after the other.
fn map_or_list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Message>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Map(BTreeMap<String, Lenient>),
        List(Vec<Lenient>),
    }
    // A message that others have sent may look otherwise; it is passed over, not the whole list. One with our marks is
    // there however it looks, or it would be sent again: until it can be read, it is on its way.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Lenient {
        Known(Box<Message>),
        #[serde(rename_all = "camelCase")]
        Marked {
            custom_fields: Marks,
        },
        Foreign(serde::de::IgnoredAny),
    }
    let known = |lenient| match lenient {
        Lenient::Known(message) => Some(*message),
        Lenient::Marked { custom_fields } => Some(Message { custom_fields: Some(custom_fields), ..Message::default() }),
        Lenient::Foreign(_) => None,
    };
    Ok(match Option::<Either>::deserialize(from)? {
        Some(Either::Map(map)) => map.into_values().filter_map(known).collect(),
        Some(Either::List(list)) => list.into_iter().filter_map(known).collect(),
        None => Vec::new(),
    })
}

/// The ids of the messages that a webhook names: one, a list, or a list in `data`.
pub(super) fn hooked(body: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Hook {
        message_id: String,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Shape {
        One(Hook),
        Many(Vec<Hook>),
        Within { data: Vec<Hook> },
    }
    let hooks = match serde_json::from_str(body).ok()? {
        Shape::One(hook) => vec![hook],
        Shape::Many(hooks) | Shape::Within { data: hooks } => hooks,
    };
    let is_an_id = |id: &String| (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut ids: Vec<String> = hooks.into_iter().map(|hook| hook.message_id).filter(is_an_id).collect();
    ids.dedup();
    Some(ids)
}

/// A page of templates.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplatesListed {
    template_list: Vec<Template>,
    #[serde(default)]
    next_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Template {
    template_id: String,
    #[serde(default, deserialize_with = "text_or_null")]
    name: String,
    #[serde(default, deserialize_with = "text_or_null")]
    channel_id: String,
    #[serde(default, deserialize_with = "text_or_null")]
    content: String,
    #[serde(default, deserialize_with = "text_or_null")]
    emphasize_title: String,
    #[serde(default, deserialize_with = "text_or_null")]
    emphasize_subtitle: String,
    #[serde(default, deserialize_with = "text_or_null")]
    status: String,
    buttons: Option<Vec<Button>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Button {
    #[serde(default, deserialize_with = "text_or_null")]
    link_mo: String,
}

/// The templates of our channel.
#[derive(Default)]
pub(super) struct Templates(Vec<Template>);

impl Templates {
    /// Adds a page; gives where the next one starts. Templates of other channels are not ours.
    pub(super) fn add(&mut self, page: TemplatesListed, channel: &str) -> Option<String> {
        let is_ours = |template: &Template| template.channel_id.is_empty() || template.channel_id == channel;
        self.0.extend(page.template_list.into_iter().filter(is_ours));
        page.next_key.filter(|key| !key.is_empty())
    }

    /// The ids of those that may be sent, by their names.
    pub(super) fn sendable(self) -> BTreeMap<String, String> {
        let approved = self.0.into_iter().filter(|template| template.status == "APPROVED");
        approved.map(|template| (template.name, template.template_id)).collect()
    }

    /// All of them, to be compared.
    pub(super) fn copies(self) -> Vec<Copy> {
        let copy = |template: Template| Copy {
            review: if template.status == "APPROVED" { Review::Approved } else { Review::Open },
            button_url: template.buttons.iter().flatten().next().map(|it| it.link_mo.clone()).unwrap_or_default(),
            code: template.name,
            title: template.emphasize_title,
            subtitle: template.emphasize_subtitle,
            text: template.content,
        };
        self.0.into_iter().map(copy).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_names_one_message_or_several_and_rubbish_names_none() {
        assert_eq!(hooked(r#"{"messageId":"M1","statusCode":"4000"}"#), Some(vec!["M1".to_owned()]));
        assert_eq!(
            hooked(r#"[{"messageId":"M1"},{"messageId":"M1"},{"messageId":"../x"}]"#),
            Some(vec!["M1".to_owned()])
        );
        assert_eq!(hooked(r#"{"data":[{"messageId":"M2"}]}"#), Some(vec!["M2".to_owned()]));
        for rubbish in ["", "{}", "[1]", "null", r#"{"messageId":7}"#] {
            assert_eq!(hooked(rubbish), None, "{rubbish}");
        }
    }

    #[test]
    fn a_list_is_read_whatever_others_have_sent() {
        let ours = r#"{"messageId":"M1","statusCode":4000,"customFields":{"orderId":"o","noticeId":"n"}}"#;
        for list in [format!(r#"{{"M1":{ours},"M2":7}}"#), format!("[{ours}]")] {
            let listed: Listed = serde_json::from_str(&format!(r#"{{"messageList":{list},"nextKey":null}}"#)).unwrap();
            assert_eq!((listed.message_list.len(), listed.message_list[0].status_code.as_str()), (1, "4000"));
        }
    }

    #[test]
    fn a_message_of_ours_is_there_however_it_looks() {
        for odd in [r#""replacement":null"#, r#""statusCode":{}"#, r#""messageId":7"#, r#""dateUpdated":1"#] {
            let list = format!(r#"{{"messageList":[{{{odd},"customFields":{{"orderId":"o","noticeId":"n"}}}}]}}"#);
            let listed: Listed = serde_json::from_str(&list).unwrap();
            assert_eq!((listed.message_list.len(), listed.message_list[0].status_code.as_str()), (1, ""), "{odd}");
        }
    }

    #[test]
    fn an_answer_that_lists_nothing_is_no_list() {
        for rubbish in ["{}", "[]", r#"{"message":"maintenance"}"#] {
            assert!(serde_json::from_str::<Listed>(rubbish).is_err(), "{rubbish}");
            assert!(serde_json::from_str::<TemplatesListed>(rubbish).is_err(), "{rubbish}");
        }
    }
}
