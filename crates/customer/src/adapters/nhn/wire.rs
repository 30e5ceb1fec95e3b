//! The bodies of NHN Cloud's interface, version 2.3, as far as they are needed.

#![expect(clippy::struct_field_names, reason = "the fields are named as the provider names them")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::adapters::answers::{text_or_null, text_or_number};
use crate::adapters::short::Size;
use crate::domain::templates::listing::{Copy, Review};

/// A request to send.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Send<'a> {
    pub(super) sender_key: &'a str,
    pub(super) template_code: &'a str,
    pub(super) sender_grouping_key: String,
    pub(super) recipient_list: [Recipient<'a>; 1],
}

/// To whom.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recipient<'a> {
    pub(super) recipient_no: String,
    pub(super) template_parameter: BTreeMap<&'a str, &'a str>,
    pub(super) resend_parameter: Resend<'a>,
    pub(super) recipient_grouping_key: String,
}

/// What goes as a short message where the messenger does not reach.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resend<'a> {
    pub(super) is_resend: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resend_type: Option<Size>,
    #[serde(rename = "resendTitle", skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(rename = "resendContent", skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(rename = "resendSendNo", skip_serializing_if = "Option::is_none")]
    pub(super) sender: Option<&'a str>,
}

impl Resend<'_> {
    /// No short message, whatever is set at NHN.
    pub(super) const fn none() -> Self {
        Self { is_resend: false, resend_type: None, title: None, text: None, sender: None }
    }
}

/// The head of every answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    pub(super) result_code: i64,
    pub(super) is_successful: bool,
}

/// The answer to a request to send.
#[derive(Deserialize)]
pub(super) struct Sent {
    pub(super) header: Header,
    message: Option<SentMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentMessage {
    #[serde(default)]
    send_results: Vec<SendResult>,
}

/// What came of one recipient.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendResult {
    pub(super) result_code: i64,
}

impl Sent {
    /// What came of each recipient.
    pub(super) fn results(&self) -> impl Iterator<Item = &SendResult> {
        self.message.iter().flat_map(|message| &message.send_results)
    }
}

/// A list of messages.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    pub(super) header: Header,
    message_search_result_response: Option<Found>,
}

#[derive(Deserialize)]
struct Found {
    messages: Option<Vec<Message>>,
}

impl Listed {
    /// The messages.
    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.message_search_result_response.iter().flat_map(|found| &found.messages).flatten()
    }
}

/// One message in detail.
#[derive(Deserialize)]
pub(super) struct Details {
    pub(super) header: Header,
    pub(super) message: Option<Message>,
}

/// A message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Message {
    pub(super) request_id: String,
    pub(super) recipient_seq: i64,
    #[serde(deserialize_with = "text_or_null")]
    pub(super) message_status: String,
    #[serde(deserialize_with = "text_or_number")]
    pub(super) result_code: String,
    #[serde(deserialize_with = "text_or_null")]
    pub(super) resend_status: String,
    #[serde(deserialize_with = "text_or_number")]
    pub(super) resend_result_code: String,
    #[serde(deserialize_with = "text_or_null")]
    pub(super) recipient_grouping_key: String,
}

/// A webhook: only what names the messages is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hooks {
    pub(super) app_key: String,
    pub(super) hooks: Vec<Hook>,
}

/// One message of a webhook.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hook {
    pub(super) request_id: String,
    pub(super) recipient_seq: i64,
}

/// A list of templates.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Templates {
    pub(super) header: Header,
    template_list_response: Option<TemplateList>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TemplateList {
    #[serde(default)]
    templates: Vec<Template>,
    #[serde(default)]
    total_count: usize,
}

impl Templates {
    /// The templates on this page.
    pub(super) fn templates(&self) -> Vec<&Template> {
        self.template_list_response.iter().flat_map(|list| &list.templates).collect()
    }

    /// How many there are on all pages.
    pub(super) fn total(&self) -> usize {
        self.template_list_response.as_ref().map_or(0, |list| list.total_count)
    }
}

/// A template.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Template {
    template_code: String,
    #[serde(default, deserialize_with = "text_or_null")]
    template_content: String,
    #[serde(default, deserialize_with = "text_or_null")]
    template_title: String,
    #[serde(default, deserialize_with = "text_or_null")]
    template_subtitle: String,
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

impl From<&Template> for Copy {
    fn from(there: &Template) -> Self {
        let button = there.buttons.iter().flatten().next();
        Self {
            code: there.template_code.clone(),
            review: if there.status == "TSC03" { Review::Approved } else { Review::Open },
            title: there.template_title.clone(),
            subtitle: there.template_subtitle.clone(),
            text: there.template_content.clone(),
            button_url: button.map(|button| button.link_mo.clone()).unwrap_or_default(),
        }
    }
}
