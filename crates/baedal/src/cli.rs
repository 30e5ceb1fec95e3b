//! The command line.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use platform::config::Settings;

use crate::fault::FaultOptions;

/// Baedal, a food-delivery platform: customers order and pay, stores cook, riders deliver.
///
/// Without a command it serves everything in one process on ./baedal-data, with demo stores on first start.
#[derive(Debug, Parser)]
#[command(name = "baedal", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do (serve, when left out).
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Settings (flags win over BAEDAL_* variables, these over the file)")]
struct Flags {
    /// Where the data is; made where it does not exist [default: ./baedal-data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The address to listen at [default: 127.0.0.1]
    #[arg(long, global = true, value_name = "ADDRESS")]
    bind: Option<String>,
    /// A service's port, like app=9081; may be repeated [default: app=8081 pay=8082 store=8083
    /// customer=8084 delivery=8085 gateway=8088]
    #[arg(long = "port", global = true, value_name = "SERVICE=PORT")]
    ports: Vec<String>,
    /// How long something is waited for, like unpaid-hold=5m; may be repeated (`baedal settings` lists all)
    #[arg(long = "wait", global = true, value_name = "NAME=LENGTH")]
    waits: Vec<String>,
    /// Any setting by its key, like log.level=debug; may be repeated (`baedal settings` lists all)
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Make no demo data
    #[arg(long, global = true)]
    no_demo_data: bool,
    /// Let faults be asked for with `baedal fault`; never where people's money is
    #[arg(long, global = true)]
    faults: bool,
    /// The settings file; ./baedal.toml is read where it exists
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve everything, or one service as its own process.
    Serve {
        /// Which service.
        #[arg(value_enum, default_value_t = What::All)]
        what: What,
    },
    /// Take one order from menu to door, showing each step.
    Demo(DemoOptions),
    /// Read all logs and views and prove the promises, or list what breaks them.
    Check(CheckOptions),
    /// Break a running server on purpose, and watch it heal; it has to run with --faults.
    Fault(FaultOptions),
    /// Run a stub of an outside system, to try payments and messages without a contract.
    Stub(StubOptions),
    /// Print all settings as they are in force, as a settings file.
    Settings,
    /// Print the message templates as they have to be registered with the message provider.
    Templates,
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve { what: What::All }
    }
}

/// A service, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is the service of that name")]
pub enum What {
    All,
    App,
    Pay,
    Store,
    Delivery,
    Customer,
    Gateway,
}

/// How the demo runs.
#[derive(Debug, Args)]
pub struct DemoOptions {
    /// A running server's gateway; without one that answers, the demo starts its own in a temporary directory
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
}

/// Which stub runs, and where.
#[derive(Debug, Args)]
pub struct StubOptions {
    /// Of which system
    #[arg(value_enum)]
    pub system: System,
    /// Where it answers [default: 127.0.0.1 and 9101 for toss, 9102 for nhn, 9103 for solapi,
    /// 9104 for kakao]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Where its webhooks go, like `<http://127.0.0.1:8088/webhooks/toss>`; nowhere without it
    #[arg(long, value_name = "URL")]
    pub webhook: Option<String>,
}

/// An outside system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// Toss Payments
    Toss,
    /// NHN Cloud's KakaoTalk Bizmessage
    Nhn,
    /// Solapi
    Solapi,
    /// Kakao's sign-in
    Kakao,
}

impl System {
    /// Where its stub answers, where nothing else is said.
    pub const fn usual_port(self) -> u16 {
        match self {
            Self::Toss => 9101,
            Self::Nhn => 9102,
            Self::Solapi => 9103,
            Self::Kakao => 9104,
        }
    }
}

/// How the check runs.
#[derive(Debug, Args)]
pub struct CheckOptions {
    /// Believe the first look, though a running system may just be in between
    #[arg(long)]
    pub once: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Arguments {
    /// The settings in force.
    ///
    /// # Errors
    /// A sentence that names the setting that is wrong.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        let flags = &self.flags;
        let mut pairs = Vec::new();
        for text in &flags.set {
            pairs.push(pair("--set", text, "")?);
        }
        for text in &flags.ports {
            pairs.push(pair("--port", text, "ports.")?);
        }
        for text in &flags.waits {
            pairs.push(pair("--wait", text, "waits.")?);
        }
        if let Some(dir) = &flags.data_dir {
            let dir = dir.to_str().context("--data-dir is not text")?;
            pairs.push(("data_dir".to_owned(), dir.to_owned()));
        }
        if let Some(bind) = &flags.bind {
            pairs.push(("bind".to_owned(), bind.clone()));
        }
        if flags.no_demo_data {
            pairs.push(("demo_data".to_owned(), "false".to_owned()));
        }
        if flags.faults {
            pairs.push(("faults".to_owned(), "true".to_owned()));
        }
        Ok(Settings::load(&pairs, std::env::vars(), flags.config.as_deref())?)
    }
}

fn pair(flag: &str, text: &str, prefix: &str) -> anyhow::Result<(String, String)> {
    let (key, value) = text.split_once('=').with_context(|| format!("{flag} wants NAME=VALUE, not \"{text}\""))?;
    Ok((format!("{prefix}{key}"), value.to_owned()))
}
