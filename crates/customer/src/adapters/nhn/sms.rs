//! Short messages through NHN Cloud's SMS, version 3.0 of its interface: a product of its own, with a key of its own.
//!
//! What confirms somebody goes by the way for authentication, which refuses a text without a word like "인증".

use platform::config::Secret;
use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};

use super::Unusable;
use super::wire::Header;
use crate::adapters::answers::{self, Unanswered};
use crate::ports::HandOver;

/// What NHN Cloud's SMS knows us by.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where its interface answers.
    pub base: String,
    /// The key of the project.
    pub appkey: String,
    /// The secret that goes with it.
    pub secret: Secret,
    /// The registered number that short messages come from.
    pub sender: String,
}

/// The way out for short messages. Cheap to clone.
#[derive(Clone)]
pub struct NhnSms {
    client: Client,
    base: Url,
    options: Options,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Send<'a> {
    body: &'a str,
    #[serde(rename = "sendNo")]
    sender: &'a str,
    recipient_list: [Recipient<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recipient<'a> {
    recipient_no: &'a str,
}

#[derive(Deserialize)]
struct Sent {
    header: Header,
}

impl NhnSms {
    /// The way out with `options`.
    ///
    /// # Errors
    /// When its address is none.
    pub fn new(options: Options) -> Result<Self, Unusable> {
        let unusable = || Unusable::Base(options.base.clone());
        let base = Url::parse(&options.base).map_err(|_| unusable())?;
        if base.cannot_be_a_base() {
            return Err(unusable());
        }
        Ok(Self { client: answers::client()?, base, options })
    }

    /// Sends `text` to `phone`, digits from 0 on.
    pub async fn text(&self, phone: &str, text: &str) -> HandOver {
        let Options { appkey, secret, sender, .. } = &self.options;
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["sms", "v3.0", "appKeys", appkey, "sender", "auth", "sms"]);
        }
        let body = Send { body: text, sender, recipient_list: [Recipient { recipient_no: phone }] };
        let request = self.client.post(url).header("x-secret-key", secret.reveal()).json(&body);
        match answers::read::<Sent>(request.send().await).await {
            Ok((_, sent)) if sent.header.is_successful => HandOver::Accepted,
            Ok((_, sent)) => HandOver::Refused { code: sent.header.result_code.to_string().into(), permanent: false },
            Err(Unanswered::Busy(code)) => HandOver::Refused { code, permanent: false },
            Err(Unanswered::Refused(code)) => HandOver::Refused { code, permanent: true },
            Err(Unanswered::Unknown) => HandOver::Unknown,
        }
    }
}
