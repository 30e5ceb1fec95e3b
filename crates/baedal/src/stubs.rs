//! Stubs of the message providers as processes of their own, to try things out without an account.

use std::time::Duration;

use anyhow::Context as _;
use customer::adapters::nhn::stub::{NhnStub, Options as NhnOptions};
use customer::adapters::solapi::stub::{Options as SolapiOptions, SolapiStub};
use customer::adapters::stubbed::Behaviour;
use kernel::Context;
use platform::clock::Clock;
use platform::config::{Secret, Secrets, Settings};
use platform::shutdown::Shutdown;
use platform::telemetry;
use tokio::net::TcpListener;

use crate::cli::{StubOf, StubOptions};
use crate::outlets;
use crate::serve::told_to_stop;

/// From accepted to the phone.
const DELAY: Duration = Duration::from_millis(400);
/// How long background work may take to end.
const DRAIN: Duration = Duration::from_secs(5);

/// Runs a stub until SIGTERM or Ctrl-C. It knows us by the same settings and secrets as we know it.
pub async fn run(settings: Settings, options: StubOptions) -> anyhow::Result<u8> {
    telemetry::log_lines(&settings.log, std::env::var("RUST_LOG").ok().as_deref())?;
    let shutdown = Shutdown::new();
    let listener = TcpListener::bind(&options.listen).await.with_context(|| {
        format!("the stub cannot listen at {}. Choose another address with --listen", options.listen)
    })?;
    let secrets = Secrets::from_variables(std::env::vars());
    let base = start(&settings, &secrets, options.of, listener, &shutdown)?;
    println!("The stub answers at {base}. What reached a phone: {base}/stub/messages, faults: {base}/stub/faults");
    told_to_stop().await;
    shutdown.begin();
    shutdown.drained(DRAIN).await;
    Ok(0)
}

/// Starts the stub `of` a provider; gives where it answers.
fn start(
    settings: &Settings,
    secrets: &Secrets,
    of: StubOf,
    listener: TcpListener,
    shutdown: &Shutdown,
) -> anyhow::Result<String> {
    let behaviour = |path: &str| -> anyhow::Result<Behaviour> {
        Ok(Behaviour {
            templates: outlets::templates(&settings.messages)?,
            senders: outlets::sms_sender(&settings.messages)?.into_iter().collect(),
            delay: DELAY,
            clock: Clock::system(),
            webhook: Some(format!("{}/webhooks/{path}", settings.upstream(Context::Customer))),
        })
    };
    let secret = |known: &Option<Secret>| known.clone().unwrap_or_else(|| Secret::new(""));
    Ok(match of {
        StubOf::Nhn => {
            let options = NhnOptions {
                appkey: settings.nhn.appkey.clone(),
                secret: secret(&secrets.nhn_secret_key),
                sender_key: settings.nhn.sender_key.clone(),
                behaviour: behaviour("nhn")?,
            };
            NhnStub::start(listener, options, shutdown)?.base()
        }
        StubOf::Solapi => {
            let options = SolapiOptions {
                pf_id: settings.solapi.pf_id.clone(),
                api_key: secret(&secrets.solapi_api_key),
                api_secret: secret(&secrets.solapi_api_secret),
                behaviour: behaviour("solapi")?,
            };
            SolapiStub::start(listener, options, shutdown)?.base()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_stub_answers_whom_it_knows() {
        let shutdown = Shutdown::new();
        for of in [StubOf::Nhn, StubOf::Solapi] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base = start(&Settings::default(), &Secrets::default(), of, listener, &shutdown).unwrap();
            let client = platform::client::inside().build().unwrap();
            let reached = client.get(format!("{base}/stub/messages")).send().await.unwrap();
            assert_eq!(reached.text().await.unwrap(), "[]");
        }
        shutdown.begin();
        assert!(shutdown.drained(DRAIN).await);
    }
}
