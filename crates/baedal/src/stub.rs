//! `baedal stub`: an outside system to try everything with, which behaves as its documents say, and fails on demand.

use std::time::Duration;

use anyhow::Context as _;
use customer::adapters::nhn::stub::{self as nhn, NhnStub};
use customer::adapters::solapi::stub::{self as solapi, SolapiStub};
use customer::adapters::stubbed::Behaviour;
use gateway::kakao::stub::{self as kakao, KakaoStub};
use pay::adapters::toss::stub::{self as toss, TossStub};
use platform::clock::Clock;
use platform::config::{Secret, Secrets, Settings};
use platform::shutdown::Shutdown;
use platform::telemetry;
use tokio::net::TcpListener;

use crate::cli::{StubOptions, System};
use crate::{outlets, serve};

/// How long after it was accepted a message reaches the phone.
const DELAY: Duration = Duration::from_secs(1);
/// How long webhooks that are under way may take at the end.
const DRAIN: Duration = Duration::from_secs(5);
/// What a stub knows us by, where the environment and the settings do not say.
const STUB: &str = "stub";
/// The secret key of Toss, in the same case.
const TOSS_KEY: &str = "test_sk_stub";
/// The number that short messages come from, in the same case.
const SENDER: &str = "0212345678";

/// Runs the stub until it is told to stop.
///
/// # Errors
/// A sentence that says what is in its way.
pub async fn run(settings: Settings, options: StubOptions) -> anyhow::Result<u8> {
    telemetry::log_lines(&settings.log, std::env::var("RUST_LOG").ok().as_deref())?;
    let secrets = Secrets::from_variables(std::env::vars());
    let address = options.listen.unwrap_or_else(|| format!("127.0.0.1:{}", options.system.usual_port()));
    let listener = TcpListener::bind(&address)
        .await
        .with_context(|| format!("the stub cannot listen at {address}; choose another address with --listen"))?;
    let shutdown = Shutdown::new();
    let scene = Scene { settings, secrets, webhook: options.webhook };
    let lines = match options.system {
        System::Toss => scene.toss(listener, &shutdown)?,
        System::Nhn => scene.nhn(listener, &shutdown)?,
        System::Solapi => scene.solapi(listener, &shutdown)?,
        System::Kakao => scene.kakao(listener, &shutdown)?,
    };
    println!("{}", lines.join("\n"));
    serve::told_to_stop().await;
    shutdown.begin();
    shutdown.drained(DRAIN).await;
    Ok(0)
}

/// What a stub is started with.
struct Scene {
    settings: Settings,
    secrets: Secrets,
    webhook: Option<String>,
}

impl Scene {
    fn toss(&self, listener: TcpListener, shutdown: &Shutdown) -> anyhow::Result<Vec<String>> {
        let key = self.secrets.toss_secret_key.clone();
        let env = key.is_none().then(|| format!("BAEDAL_TOSS_SECRET_KEY={TOSS_KEY} "));
        let mut options = toss::Options::new(key.unwrap_or_else(|| Secret::new(TOSS_KEY)));
        options.webhook.clone_from(&self.webhook);
        let base = TossStub::start(listener, options, shutdown)?.base();
        let start = format!(
            "{}baedal --set payment.provider=toss --set toss.base={base} --set toss.window={base}/window",
            env.unwrap_or_default()
        );
        Ok(self.lines("Toss Payments", &base, &start, "confirm"))
    }

    fn nhn(&self, listener: TcpListener, shutdown: &Shutdown) -> anyhow::Result<Vec<String>> {
        let secret = self.secrets.nhn_secret_key.clone();
        let env = [("BAEDAL_NHN_SECRET_KEY", &secret), ("BAEDAL_NHN_SMS_SECRET_KEY", &self.secrets.nhn_sms_secret_key)];
        let env = env.map(|(name, known)| if known.is_none() { format!("{name}={STUB} ") } else { String::new() });
        let options = nhn::Options {
            appkey: or_stub(&self.settings.nhn.appkey),
            secret: secret.unwrap_or_else(|| Secret::new(STUB)),
            sender_key: or_stub(&self.settings.nhn.sender_key),
            sms_secret: self.secrets.nhn_sms_secret_key.clone().unwrap_or_else(|| Secret::new(STUB)),
            behaviour: self.behaviour()?,
        };
        let known = format!(
            "nhn.appkey={key} --set nhn.sms_appkey={key} --set nhn.sender_key={}",
            options.sender_key,
            key = options.appkey
        );
        let sender = self.sender()?;
        let base = NhnStub::start(listener, options, shutdown)?.base();
        let start = format!(
            "{}baedal --set messages.outlet=nhn --set nhn.base={base} --set nhn.sms_base={base} --set {known} --set messages.sms_sender={sender}",
            env.concat()
        );
        let mut lines = self.lines("NHN Cloud's KakaoTalk Bizmessage", &base, &start, "send");
        lines.push(reached(&base));
        Ok(lines)
    }

    fn solapi(&self, listener: TcpListener, shutdown: &Shutdown) -> anyhow::Result<Vec<String>> {
        let Secrets { solapi_api_key: key, solapi_api_secret: secret, .. } = self.secrets.clone();
        let env = [("BAEDAL_SOLAPI_API_KEY", &key), ("BAEDAL_SOLAPI_API_SECRET", &secret)];
        let env = env.map(|(name, known)| if known.is_none() { format!("{name}={STUB} ") } else { String::new() });
        let options = solapi::Options {
            pf_id: or_stub(&self.settings.solapi.pf_id),
            api_key: key.unwrap_or_else(|| Secret::new(STUB)),
            api_secret: secret.unwrap_or_else(|| Secret::new(STUB)),
            behaviour: self.behaviour()?,
        };
        let (pf_id, sender) = (options.pf_id.clone(), self.sender()?);
        let base = SolapiStub::start(listener, options, shutdown)?.base();
        let start = format!(
            "{}baedal --set messages.outlet=solapi --set solapi.base={base} --set solapi.pf_id={pf_id} --set messages.sms_sender={sender}",
            env.concat()
        );
        let mut lines = self.lines("Solapi", &base, &start, "send");
        lines.push(reached(&base));
        Ok(lines)
    }

    fn kakao(&self, listener: TcpListener, shutdown: &Shutdown) -> anyhow::Result<Vec<String>> {
        let secret = self.secrets.kakao_client_secret.clone();
        let env = secret.is_none().then(|| format!("BAEDAL_KAKAO_CLIENT_SECRET={STUB} "));
        let options = kakao::Options {
            client_id: or_stub(&self.settings.kakao.client_id),
            secret: secret.unwrap_or_else(|| Secret::new(STUB)),
            clock: Clock::system(),
        };
        let client_id = options.client_id.clone();
        let base = KakaoStub::start(listener, options, shutdown)?.base();
        let start =
            format!("{}baedal --set kakao.issuer={base} --set kakao.client_id={client_id}", env.unwrap_or_default());
        Ok(lines("Kakao's sign-in", &base, &start, "token"))
    }

    fn behaviour(&self) -> anyhow::Result<Behaviour> {
        Ok(Behaviour {
            templates: outlets::templates(&self.settings)?,
            senders: vec![self.sender()?],
            delay: DELAY,
            clock: Clock::system(),
            webhook: self.webhook.clone(),
        })
    }

    /// As the provider is told it, however it is written in the settings.
    fn sender(&self) -> anyhow::Result<String> {
        Ok(outlets::sms_sender(&self.settings.messages)?.unwrap_or_else(|| SENDER.to_owned()))
    }

    /// The lines of a system that has webhooks.
    fn lines(&self, name: &str, base: &str, start: &str, call: &str) -> Vec<String> {
        let webhook = self.webhook.as_deref().unwrap_or("nowhere; --webhook URL sends them");
        let mut lines = lines(name, base, start, call);
        lines.insert(1, format!("  webhooks go to {webhook}"));
        lines
    }
}

fn lines(name: &str, base: &str, start: &str, call: &str) -> Vec<String> {
    vec![
        format!("A stub of {name} answers at {base}. It remembers nothing once it ends."),
        "Start Baedal with it:".to_owned(),
        format!("  {start}"),
        "Have the next call fail, see what was called, and end all faults:".to_owned(),
        format!(
            "  curl -X POST {base}/stub/faults -H 'Content-Type: application/json' -d '{{\"on\": \"{call}\", \"do\": \"lost\", \"times\": 1}}'"
        ),
        format!("  curl {base}/stub/calls"),
        format!("  curl -X DELETE {base}/stub/faults"),
    ]
}

fn reached(base: &str) -> String {
    format!("What reached a phone:\n  curl {base}/stub/messages")
}

fn or_stub(set: &str) -> String {
    if set.is_empty() { STUB.to_owned() } else { set.to_owned() }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, ValueEnum};

    use super::*;
    use crate::cli::Arguments;

    /// A stub on a free port, known by what it says of itself.
    async fn lines(system: System) -> (Vec<String>, Shutdown) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shutdown = Shutdown::new();
        let scene = Scene { settings: Settings::default(), secrets: Secrets::default(), webhook: None };
        let lines = match system {
            System::Toss => scene.toss(listener, &shutdown),
            System::Nhn => scene.nhn(listener, &shutdown),
            System::Solapi => scene.solapi(listener, &shutdown),
            System::Kakao => scene.kakao(listener, &shutdown),
        };
        (lines.unwrap(), shutdown)
    }

    #[test]
    fn a_number_that_is_written_with_dashes_is_the_one_that_messages_come_from() {
        let mut settings = Settings::default();
        settings.messages.sms_sender = "02-1234 5678".to_owned();
        let scene = Scene { settings, secrets: Secrets::default(), webhook: None };
        assert_eq!(scene.behaviour().unwrap().senders, ["0212345678"]);
    }

    #[tokio::test]
    async fn a_stub_speaks_of_webhooks_where_it_has_them() {
        for (system, has) in [(System::Toss, true), (System::Nhn, true), (System::Solapi, true), (System::Kakao, false)]
        {
            let (lines, shutdown) = lines(system).await;
            assert_eq!(lines.join("\n").contains("webhook"), has, "{system:?}");
            shutdown.begin();
        }
    }

    #[test]
    fn the_help_names_the_port_of_each_stub() {
        let mut command = Arguments::command();
        let help = command.find_subcommand_mut("stub").unwrap().render_long_help().to_string();
        for system in System::value_variants() {
            assert!(help.contains(&system.usual_port().to_string()), "{system:?}: {help}");
        }
    }

    #[tokio::test]
    async fn each_stub_answers_where_it_says_and_starts_us_with_settings_that_there_are() {
        for system in [System::Toss, System::Nhn, System::Solapi, System::Kakao] {
            let (lines, shutdown) = lines(system).await;
            let text = lines.join("\n");
            let calls = text.split_whitespace().find(|word| word.ends_with("/stub/calls")).unwrap();
            let client = platform::client::inside().build().unwrap();
            assert_eq!(client.get(calls).send().await.unwrap().text().await.unwrap(), "{}");
            let known = Settings::keys();
            let set = text.split_whitespace().filter_map(|word| word.split_once('=')).map(|(key, _)| key);
            for key in set.filter(|key| key.contains('.')) {
                assert!(known.iter().any(|(known, _)| known == key), "{key}");
            }
            shutdown.begin();
            assert!(shutdown.drained(DRAIN).await);
        }
    }
}
