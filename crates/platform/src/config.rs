//! Settings from flags, `BAEDAL_*` variables and `baedal.toml`, in that order; a key that nobody knows is an error.

mod edge;
mod layers;
mod limits;
mod outside;
mod resilience;
mod riders;
mod sessions;
mod waits;

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use jiff::tz::{Offset, TimeZone};
use kernel::Context;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use self::layers::{find, known, paths, put, refuse_unknown, underscored, unknown};
pub use edge::{Connections, Tls};
pub use limits::{Limits, Networks, Rate};
pub use outside::{MessageOutlet, Messages, Nhn, PaymentProvider, SECRETS, Secret, Secrets, Solapi, Toss, needed};
pub use resilience::Resilience;
pub use riders::{Riders, Unplaced};
pub use sessions::{Kakao, Sessions};
pub use waits::{Waits, span};

/// The prefix of the variables that are ours.
const PREFIX: &str = "BAEDAL_";

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A key or variable that nobody knows.
    #[error("{from} sets \"{key}\", which is not a setting")]
    Unknown {
        /// The layer: a file, variable or flag.
        from: String,
        /// The key as it was written.
        key: String,
    },
    /// A value of the wrong kind.
    #[error("{from} sets \"{key}\" to \"{value}\", which is not {expected}")]
    Value {
        /// The layer: a file, variable or flag.
        from: String,
        /// The key as it was written.
        key: String,
        /// The value as it was written.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The file is not TOML.
    #[error("{0} is not TOML")]
    Toml(String, #[source] toml::de::Error),
    /// The file is there and cannot be read.
    #[error("{0} cannot be read")]
    File(String, #[source] std::io::Error),
    /// The layers together do not make settings.
    #[error("the settings do not fit")]
    Shape(#[source] toml::de::Error),
    /// A store or a bus that is not built.
    #[error("\"{value}\" cannot be the {key}: there is only \"{only}\" so far")]
    NotBuilt {
        /// `store` or `bus`.
        key: &'static str,
        /// What was asked for.
        value: String,
        /// What there is.
        only: &'static str,
    },
    /// A variable that has to be set.
    #[error("the variable {0} has to be set: what is secret comes from the environment alone")]
    Lacking(&'static str),
    /// A value that means nothing.
    #[error("{key} is \"{value}\", which is not {expected}")]
    Meaning {
        /// The key.
        key: String,
        /// The value as it was written.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Settings that need each other.
    #[error("{0}")]
    Incomplete(&'static str),
    /// The time zone is not in the machine's database.
    #[error("\"{0}\" is not a time zone that this machine knows")]
    TimeZone(String),
}

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the embedded stores are.
    pub data_dir: PathBuf,
    /// Where logs and views are kept: `sqlite`.
    pub store: String,
    /// How events go from one context to another: `embedded`.
    pub bus: String,
    /// The address to listen at.
    pub bind: String,
    /// The address that people reach the gateway by, like `https://baedal.example`; where none is set, each is led by the
    /// name that they asked for.
    pub public_address: String,
    /// The addresses and networks of proxies, which are believed whom they ask for and by which name.
    pub trusted_proxies: Vec<String>,
    /// The origins whose pages may call the gateway from a browser, with bearer tokens and never with cookies.
    pub cors_origins: Vec<String>,
    /// Where hours and days are counted.
    pub timezone: String,
    /// Whether an empty log is filled with demo stores, menus and people.
    pub demo_data: bool,
    /// Whether faults can be asked for (`baedal fault`); never where people's money is.
    pub faults: bool,
    /// The port of each service.
    pub ports: Ports,
    /// Where the others answer, when they are other processes.
    pub upstreams: Upstreams,
    /// TLS at the gateway's port.
    pub tls: Tls,
    /// How many connections there may be at the gateway's port.
    pub connections: Connections,
    /// What the gateway lets through.
    pub limits: Limits,
    /// The log lines.
    pub log: Log,
    /// Who takes payments, and how long one may take.
    pub payment: Payment,
    /// How we stand before payments that are slow or down.
    pub resilience: Resilience,
    /// Toss Payments, where it takes them.
    pub toss: Toss,
    /// Messages to customers.
    pub messages: Messages,
    /// NHN Cloud, where it carries them.
    pub nhn: Nhn,
    /// Solapi, where it carries them.
    pub solapi: Solapi,
    /// How far riders see.
    pub riders: Riders,
    /// How long people stay signed in.
    pub sessions: Sessions,
    /// Signing in with Kakao.
    pub kakao: Kakao,
    /// How long everything else is waited for.
    pub waits: Waits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./baedal-data"),
            store: "sqlite".to_owned(),
            bus: "embedded".to_owned(),
            bind: "127.0.0.1".to_owned(),
            public_address: String::new(),
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            timezone: "Asia/Seoul".to_owned(),
            demo_data: true,
            faults: false,
            ports: Ports::default(),
            upstreams: Upstreams::default(),
            tls: Tls::default(),
            connections: Connections::default(),
            limits: Limits::default(),
            log: Log::default(),
            payment: Payment::default(),
            resilience: Resilience::default(),
            toss: Toss::default(),
            messages: Messages::default(),
            nhn: Nhn::default(),
            solapi: Solapi::default(),
            riders: Riders::default(),
            sessions: Sessions::default(),
            kakao: Kakao::default(),
            waits: Waits::default(),
        }
    }
}

/// The port of each service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each is named after its service")]
pub struct Ports {
    pub app: u16,
    pub pay: u16,
    pub store: u16,
    pub customer: u16,
    pub delivery: u16,
    pub gateway: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self { app: 8081, pay: 8082, store: 8083, customer: 8084, delivery: 8085, gateway: 8088 }
    }
}

impl Ports {
    /// The port of one context.
    pub const fn of(&self, context: Context) -> u16 {
        match context {
            Context::App => self.app,
            Context::Pay => self.pay,
            Context::Store => self.store,
            Context::Delivery => self.delivery,
            Context::Customer => self.customer,
        }
    }
}

/// The base addresses of other processes; an empty one is this machine at the context's port. Several are told apart by
/// commas.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each is named after its service")]
pub struct Upstreams {
    pub app: String,
    pub pay: String,
    pub store: String,
    pub customer: String,
    pub delivery: String,
    /// Where the keys of the gateways are read, that identities are checked with.
    pub gateway: String,
}

/// The log lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// What is logged, in the language of `RUST_LOG`, which wins over this.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".to_owned() }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// JSON.
    Json,
}

/// Who takes payments, and how long one may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Payment {
    /// Who takes them.
    pub provider: PaymentProvider,
    /// How long app waits for pay.
    #[serde(with = "span")]
    pub deadline: SignedDuration,
    /// How long pay waits for the provider; less than the deadline, so that pay can still answer.
    #[serde(with = "span")]
    pub provider_deadline: SignedDuration,
}

impl Default for Payment {
    fn default() -> Self {
        Self {
            provider: PaymentProvider::default(),
            deadline: SignedDuration::from_secs(5),
            provider_deadline: SignedDuration::from_secs(4),
        }
    }
}

impl Settings {
    /// The settings of this process. `flags` are `key=value` pairs with dotted keys, as `waits.unpaid_hold=10m`;
    /// a file that was not asked for by name may be missing.
    pub fn load(
        flags: &[(String, String)],
        variables: impl IntoIterator<Item = (String, String)>,
        file: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let path = file.unwrap_or(Path::new("baedal.toml"));
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(SettingsError::File(name, error)),
        };
        Self::from_layers(flags, variables, (&name, &text))
    }

    /// The settings from layers that have been read; `file` is its name and its text.
    pub fn from_layers(
        flags: &[(String, String)],
        variables: impl IntoIterator<Item = (String, String)>,
        file: (&str, &str),
    ) -> Result<Self, SettingsError> {
        let known = known();
        let all = file.1.parse::<Table>().map_err(|error| SettingsError::Toml(file.0.to_owned(), error))?;
        let mut all = underscored(all, &known);
        refuse_unknown(&all, &known, "", file.0)?;
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix(PREFIX).filter(|_| !SECRETS.contains(&name.as_str())) else { continue };
            let path = paths(&known).into_iter().find(|path| path.join("_").eq_ignore_ascii_case(rest));
            let path = path.ok_or_else(|| unknown("the environment", &name))?;
            put(&mut all, &known, &path, &value, ("the environment", &name))?;
        }
        for (key, value) in flags {
            let wanted = key.replace('-', "_");
            let path = paths(&known).into_iter().find(|path| path.join(".") == wanted);
            let path = path.ok_or_else(|| unknown("a flag", key))?;
            put(&mut all, &known, &path, value, ("a flag", key))?;
        }
        let settings: Self = all.try_into().map_err(SettingsError::Shape)?;
        settings.time_zone()?;
        settings.refuse_what_is_not_built()?;
        settings.refuse_a_broken_edge()?;
        settings.sessions.refuse_what_lets_nobody_in()?;
        settings.limits.refuse_what_answers_nobody()?;
        Ok(settings)
    }

    /// Whoever asks for a database of their own is not to find the data elsewhere later.
    fn refuse_what_is_not_built(&self) -> Result<(), SettingsError> {
        for (key, value, only) in [("store", &self.store, "sqlite"), ("bus", &self.bus, "embedded")] {
            if value != only {
                return Err(SettingsError::NotBuilt { key, value: value.clone(), only });
            }
        }
        Ok(())
    }

    /// Where hours and days are counted.
    pub fn time_zone(&self) -> Result<TimeZone, SettingsError> {
        match (TimeZone::get(&self.timezone), self.timezone.as_str()) {
            (Ok(zone), _) => Ok(zone),
            // Korea has had one offset since 1988, so a machine without a time zone database can still tell its hours.
            (Err(_), "Asia/Seoul") => Ok(TimeZone::fixed(Offset::constant(9))),
            (Err(_), name) => Err(SettingsError::TimeZone(name.to_owned())),
        }
    }

    /// The base addresses at which `context` answers, without a slash at their ends.
    pub fn upstreams(&self, context: Context) -> Vec<String> {
        let set = match context {
            Context::App => &self.upstreams.app,
            Context::Pay => &self.upstreams.pay,
            Context::Store => &self.upstreams.store,
            Context::Delivery => &self.upstreams.delivery,
            Context::Customer => &self.upstreams.customer,
        };
        bases(set, self.ports.of(context))
    }

    /// The base addresses of the gateways.
    pub fn gateways(&self) -> Vec<String> {
        if self.upstreams.gateway.is_empty() { vec![self.gateway_here()] } else { bases(&self.upstreams.gateway, 0) }
    }

    /// Every key that can be set, dotted, with its default, for help texts and documents.
    pub fn keys() -> Vec<(String, String)> {
        let known = known();
        let text = |path: &[String]| match find(&known, path) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        paths(&known).iter().map(|path| (path.join("."), text(path))).collect()
    }
}

/// The addresses that `set` names; where it names none, this machine at `port`.
fn bases(set: &str, port: u16) -> Vec<String> {
    let named = set.split(',').map(|base| base.trim().trim_end_matches('/')).filter(|base| !base.is_empty());
    let named: Vec<_> = named.map(str::to_owned).collect();
    if named.is_empty() { vec![format!("http://127.0.0.1:{port}")] } else { named }
}

#[cfg(test)]
mod tests;
