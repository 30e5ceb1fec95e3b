//! The way by which codes reach phones, as it is set.

use std::sync::Arc;

use anyhow::Context as _;
use customer::adapters::nhn::sms::{self, NhnSms};
use customer::adapters::solapi::Solapi;
use customer::ports::HandOver;
use gateway::accounts::{CodeSender, Codes, NotSent, Sending};
use platform::config::{MessageOutlet, Settings, needed};

use crate::compose::Parts;
use crate::outlets::{self, given};

/// How codes reach phones: as short messages by whom messages leave through; and where there are no real phones at all,
/// in the answer itself.
///
/// # Errors
/// A sentence that says which setting is wrong.
pub fn of(settings: &Settings, parts: &Parts) -> anyhow::Result<Codes> {
    let Some(sender) = outlets::sms_sender(&settings.messages)? else {
        return Ok(without_a_sender(settings));
    };
    match settings.messages.outlet {
        MessageOutlet::Inbox => Ok(without_a_sender(settings)),
        MessageOutlet::Nhn if settings.nhn.sms_appkey.is_empty() => {
            tracing::warn!("nobody can confirm a phone number: nhn.sms_appkey is not set");
            Ok(Codes::Nowhere)
        }
        MessageOutlet::Nhn => {
            let options = sms::Options {
                base: settings.nhn.sms_base.clone(),
                appkey: given(&settings.nhn.sms_appkey, "nhn.sms_appkey")?,
                secret: needed(parts.secrets.nhn_sms_secret_key.as_ref(), "BAEDAL_NHN_SMS_SECRET_KEY")?,
                sender,
            };
            let sms = NhnSms::new(options).context("codes cannot leave by NHN Cloud")?;
            Ok(Codes::Sent(Arc::new(ByNhn(sms))))
        }
        MessageOutlet::Solapi => Ok(Codes::Sent(Arc::new(BySolapi(outlets::solapi(settings, parts)?)))),
    }
}

fn without_a_sender(settings: &Settings) -> Codes {
    match settings.messages.outlet {
        MessageOutlet::Inbox if outlets::is_a_demo(settings) => Codes::Shown,
        MessageOutlet::Inbox | MessageOutlet::Nhn | MessageOutlet::Solapi => {
            tracing::warn!(
                "nobody can confirm a phone number: messages.outlet and messages.sms_sender say no way to it"
            );
            Codes::Nowhere
        }
    }
}

struct BySolapi(Solapi);

impl CodeSender for BySolapi {
    fn send<'a>(&'a self, phone: &'a str, text: &'a str) -> Sending<'a> {
        Box::pin(async move { judged(self.0.text(phone, text).await) })
    }
}

struct ByNhn(NhnSms);

impl CodeSender for ByNhn {
    fn send<'a>(&'a self, phone: &'a str, text: &'a str) -> Sending<'a> {
        Box::pin(async move { judged(self.0.text(phone, text).await) })
    }
}

/// What may be on its way counts as sent: whoever got nothing asks for another.
fn judged(handed_over: HandOver) -> Result<(), NotSent> {
    match handed_over {
        HandOver::Accepted | HandOver::Delivered | HandOver::Unknown => Ok(()),
        HandOver::Refused { code, .. } => Err(NotSent(code.into_owned())),
    }
}
