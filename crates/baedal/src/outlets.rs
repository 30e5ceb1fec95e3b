//! The way by which messages leave, as it is set.

use std::sync::Arc;

use anyhow::Context as _;
use customer::adapters::inbox::Inbox;
use customer::adapters::nhn::{self, Nhn};
use customer::adapters::registration::{Registrar, compare};
use customer::adapters::solapi::{self, Solapi};
use customer::domain::templates::listing::{self, Registered};
use customer::domain::templates::rules::fit;
use customer::domain::templates::{SOURCE, registry};
use customer::ports::Outlet;
use platform::config::{self, MessageOutlet, Messages, PaymentProvider, Settings, needed};

use crate::compose::Parts;

/// The way out that `settings` choose.
///
/// # Errors
/// A sentence that says which setting or template is wrong.
pub fn open(settings: &Settings, parts: &Parts) -> anyhow::Result<Arc<dyn Outlet>> {
    match settings.messages.outlet {
        MessageOutlet::Inbox => Ok(Arc::new(Inbox)),
        MessageOutlet::Nhn => {
            let ours = templates(settings)?;
            let nhn = self::nhn(settings, parts)?;
            compare_with(nhn.clone(), ours, parts);
            Ok(Arc::new(nhn))
        }
        MessageOutlet::Solapi => {
            let ours = templates(settings)?;
            let solapi = self::solapi(settings, parts)?;
            compare_with(solapi.clone(), ours, parts);
            Ok(Arc::new(solapi))
        }
    }
}

/// Whether all people are made up: only then may anybody look at everybody's messages, and sign in as a demo person. The
/// demo data alone does not say that: whoever goes live, with real phones or real money, may have left it on.
pub fn is_a_demo(settings: &Settings) -> bool {
    let Settings { messages, nhn, solapi, toss, demo_data, .. } = settings;
    let leaves_for_real = match messages.outlet {
        MessageOutlet::Inbox => false,
        MessageOutlet::Nhn => nhn.base == config::Nhn::default().base,
        MessageOutlet::Solapi => solapi.base == config::Solapi::default().base,
    };
    let takes_real_money = match settings.payment.provider {
        PaymentProvider::Simulated => false,
        PaymentProvider::Toss => toss.base == config::Toss::default().base && !toss.client_key.starts_with("test_"),
    };
    *demo_data && !leaves_for_real && !takes_real_money
}

/// The templates as a provider is to have them, if they are fit to be sent.
///
/// # Errors
/// A sentence that names the template, or the setting that its button is made of.
pub fn templates(settings: &Settings) -> anyhow::Result<Vec<Registered>> {
    fit(SOURCE)?;
    let page = settings.page();
    let is_an_address = page.starts_with("https://") || page.starts_with("http://");
    anyhow::ensure!(
        is_an_address && !page.ends_with('/') && !page.contains(['#', '?', ' ', '{', '}']),
        "messages.page is \"{page}\", which is not an address like https://order.example without a slash at its end"
    );
    Ok(listing::of(registry(), page))
}

fn nhn(settings: &Settings, parts: &Parts) -> anyhow::Result<Nhn> {
    let set = &settings.nhn;
    let options = nhn::Options {
        base: set.base.clone(),
        appkey: given(&set.appkey, "nhn.appkey")?,
        sender_key: given(&set.sender_key, "nhn.sender_key")?,
        secret: needed(parts.secrets.nhn_secret_key.as_ref(), "BAEDAL_NHN_SECRET_KEY")?,
        sms_sender: sms_sender(&settings.messages)?,
    };
    Nhn::new(options, parts.clock.clone()).context("messages cannot leave by NHN Cloud")
}

/// The way out through Solapi, as it is set.
///
/// # Errors
/// A sentence that says what lacks.
pub fn solapi(settings: &Settings, parts: &Parts) -> anyhow::Result<Solapi> {
    let set = &settings.solapi;
    let options = solapi::Options {
        base: set.base.clone(),
        pf_id: given(&set.pf_id, "solapi.pf_id")?,
        api_key: needed(parts.secrets.solapi_api_key.as_ref(), "BAEDAL_SOLAPI_API_KEY")?,
        api_secret: needed(parts.secrets.solapi_api_secret.as_ref(), "BAEDAL_SOLAPI_API_SECRET")?,
        sms_sender: sms_sender(&settings.messages)?,
    };
    Solapi::new(options, parts.clock.clone(), parts.ids.clone()).context("messages cannot leave by Solapi")
}

/// The registered number that short messages come from, or none.
///
/// # Errors
/// A sentence, where it is no number.
pub fn sms_sender(messages: &Messages) -> anyhow::Result<Option<String>> {
    let digits: String = messages.sms_sender.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if digits.is_empty() {
        return Ok(None);
    }
    anyhow::ensure!(
        (8..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()),
        "messages.sms_sender is \"{}\", which is not a phone number",
        messages.sms_sender
    );
    Ok(Some(digits))
}

/// A setting that has to be set.
///
/// # Errors
/// A sentence, where it is not.
pub fn given(value: &str, key: &str) -> anyhow::Result<String> {
    anyhow::ensure!(!value.is_empty(), "{key} has to be set for the way that messages.outlet chooses");
    Ok(value.to_owned())
}

fn compare_with(registrar: impl Registrar, ours: Vec<Registered>, parts: &Parts) {
    let comparing = compare(registrar, ours, parts.clock.clone(), parts.shutdown.clone());
    parts.shutdown.spawn("message templates are compared", comparing);
}

#[cfg(test)]
mod tests {
    use platform::clock::Clock;
    use platform::config::{Secret, Secrets};
    use platform::ids::Ids;
    use platform::shutdown::Shutdown;
    use platform::telemetry::Metrics;

    use super::*;

    fn settings(outlet: MessageOutlet) -> Settings {
        let mut settings = Settings::default();
        settings.messages.outlet = outlet;
        settings.nhn.base = "http://127.0.0.1:1".to_owned();
        settings.nhn.appkey = "app".to_owned();
        settings.nhn.sender_key = "channel".to_owned();
        settings.solapi.base = "http://127.0.0.1:1".to_owned();
        settings.solapi.pf_id = "channel".to_owned();
        settings
    }

    fn parts() -> Parts {
        let secret = || Some(Secret::new("secret"));
        Parts {
            clock: Clock::system(),
            ids: Ids::seeded(1),
            shutdown: Shutdown::new(),
            metrics: Metrics::unused(),
            secrets: Secrets {
                nhn_secret_key: secret(),
                solapi_api_key: secret(),
                solapi_api_secret: secret(),
                ..Secrets::default()
            },
        }
    }

    fn told(settings: &Settings, parts: &Parts) -> String {
        match open(settings, parts) {
            Ok(_) => String::new(),
            Err(error) => format!("{error:#}"),
        }
    }

    #[tokio::test]
    async fn every_way_opens_though_no_provider_answers() {
        let parts = parts();
        for outlet in [MessageOutlet::Inbox, MessageOutlet::Nhn, MessageOutlet::Solapi] {
            assert_eq!(told(&settings(outlet), &parts), "");
        }
        parts.shutdown.begin();
        assert!(parts.shutdown.drained(std::time::Duration::from_secs(5)).await);
    }

    #[test]
    fn it_is_a_demo_with_demo_data_and_with_a_stub_and_never_where_messages_leave_for_real() {
        for outlet in [MessageOutlet::Inbox, MessageOutlet::Nhn, MessageOutlet::Solapi] {
            let stubbed = settings(outlet);
            assert!(is_a_demo(&stubbed));
            assert!(!is_a_demo(&Settings { demo_data: false, ..stubbed.clone() }));
            let live = Settings { nhn: config::Nhn::default(), solapi: config::Solapi::default(), ..stubbed };
            assert_eq!(is_a_demo(&live), outlet == MessageOutlet::Inbox);
        }
    }

    #[test]
    fn nobody_is_made_up_where_money_is_real() {
        let mut settings = settings(MessageOutlet::Inbox);
        settings.payment.provider = PaymentProvider::Toss;
        for (base, key, demo) in [
            (config::Toss::default().base, "live_gck_x", false),
            (config::Toss::default().base, "", false),
            (config::Toss::default().base, "test_gck_x", true),
            ("http://127.0.0.1:1".to_owned(), "live_gck_x", true),
        ] {
            settings.toss = config::Toss { base, client_key: key.to_owned(), ..config::Toss::default() };
            assert_eq!(is_a_demo(&settings), demo, "{key}");
        }
    }

    #[tokio::test]
    async fn what_lacks_is_named() {
        let lacking = |outlet, change: fn(&mut Settings, &mut Parts)| {
            let (mut settings, mut parts) = (settings(outlet), parts());
            change(&mut settings, &mut parts);
            let told = told(&settings, &parts);
            parts.shutdown.begin();
            told
        };
        let (nhn, solapi) = (MessageOutlet::Nhn, MessageOutlet::Solapi);
        assert!(lacking(nhn, |_, parts| parts.secrets.nhn_secret_key = None).contains("BAEDAL_NHN_SECRET_KEY"));
        assert!(lacking(nhn, |settings, _| settings.nhn.appkey.clear()).contains("nhn.appkey"));
        assert!(lacking(nhn, |settings, _| settings.nhn.sender_key.clear()).contains("nhn.sender_key"));
        assert!(lacking(nhn, |settings, _| settings.nhn.base = "nowhere".to_owned()).contains("nowhere"));
        assert!(lacking(solapi, |_, parts| parts.secrets.solapi_api_key = None).contains("BAEDAL_SOLAPI_API_KEY"));
        assert!(
            lacking(solapi, |_, parts| parts.secrets.solapi_api_secret = None).contains("BAEDAL_SOLAPI_API_SECRET")
        );
        assert!(lacking(solapi, |settings, _| settings.solapi.pf_id.clear()).contains("solapi.pf_id"));
        let sender = |settings: &mut Settings, _: &mut Parts| settings.messages.sms_sender = "배달".to_owned();
        assert!(lacking(solapi, sender).contains("messages.sms_sender"));
        let page = |settings: &mut Settings, _: &mut Parts| settings.messages.page.push('/');
        assert!(lacking(nhn, page).contains("messages.page"));
    }
}
