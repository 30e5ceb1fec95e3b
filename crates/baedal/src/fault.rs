//! `baedal fault`: breaks a running server on purpose, and has it heal.

mod calls;
mod words;

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use gateway::accounts::DEMO_PASSWORD;
use kernel::Context;
use platform::config::Settings;
use platform::faults::{AskedFaults, EventFaults, MessageFaults, PaymentFaults, PaymentMode};

use calls::{Overview, Server};

/// What is to break.
#[derive(Debug, Args)]
pub struct FaultOptions {
    /// A running server's gateway [default: this machine, at the gateway's port]
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// The operator who asks for it
    #[arg(long, global = true, default_value = "operator")]
    pub login: String,
    /// Their password; that of the demo's operator without it
    #[arg(long, global = true, env = "BAEDAL_PASSWORD", hide_env_values = true, default_value = DEMO_PASSWORD)]
    pub password: String,
    /// What is to happen.
    #[command(subcommand)]
    pub what: What,
}

/// What is to happen; each changes its own part and leaves the rest as it is.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Show what is in force.
    Show,
    /// End all faults.
    Clear,
    /// Break the payment provider; without options it works again.
    Payment(PaymentOptions),
    /// Have messages to customers fail; 0 ends it.
    Messages {
        /// So many of a hundred.
        #[arg(long, value_name = "PERCENT")]
        failing: u32,
    },
    /// Have services take up nothing, and answer 503.
    Pause {
        /// Which.
        #[arg(value_enum, required = true)]
        services: Vec<Pausable>,
    },
    /// Have paused services go on.
    Resume {
        /// Which.
        #[arg(value_enum, required = true)]
        services: Vec<Pausable>,
    },
    /// Have events reach a service late or more than once; without options they come as they should.
    Events {
        /// Which service hears them so.
        #[arg(value_enum)]
        service: Service,
        /// So many milliseconds late.
        #[arg(long, value_name = "MS", default_value_t = 0)]
        delay: u64,
        /// Each twice, and once more with the next.
        #[arg(long)]
        duplicated: bool,
    },
}

/// How the payment provider is to break.
#[derive(Debug, Clone, Copy, Args)]
pub struct PaymentOptions {
    /// Each call begins so many milliseconds late.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    slow: u64,
    /// Give or take up to so many; at most as many as --slow.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    jitter: u64,
    /// So many calls of a hundred fail without a usable answer.
    #[arg(long, value_name = "PERCENT", default_value_t = 0)]
    failing: u32,
    /// It cannot be reached.
    #[arg(long, group = "mode")]
    down: bool,
    /// It never answers, and does nothing.
    #[arg(long, group = "mode")]
    hanging: bool,
    /// It does what it is asked to, and its answer never arrives.
    #[arg(long, group = "mode")]
    losing: bool,
}

impl PaymentOptions {
    fn faults(self) -> PaymentFaults {
        let mode = match self {
            Self { down: true, .. } => PaymentMode::Down,
            Self { hanging: true, .. } => PaymentMode::Hanging,
            Self { losing: true, .. } => PaymentMode::Losing,
            Self { .. } => PaymentMode::None,
        };
        PaymentFaults { delay_ms: self.slow, jitter_ms: self.jitter, failing_percent: self.failing, mode }
    }
}

/// A service that can be paused from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pausable {
    Store,
    Delivery,
    Customer,
    Pay,
}

impl Pausable {
    const fn context(self) -> Context {
        match self {
            Self::Store => Context::Store,
            Self::Delivery => Context::Delivery,
            Self::Customer => Context::Customer,
            Self::Pay => Context::Pay,
        }
    }
}

/// A service that hears events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Service {
    App,
    Pay,
    Store,
    Delivery,
    Customer,
}

impl Service {
    const fn context(self) -> Context {
        match self {
            Self::App => Context::App,
            Self::Pay => Context::Pay,
            Self::Store => Context::Store,
            Self::Delivery => Context::Delivery,
            Self::Customer => Context::Customer,
        }
    }
}

/// Does what `options` say and tells what is in force then; 1 where a service did not take part.
///
/// # Errors
/// A sentence that says what to do.
pub async fn run(settings: &Settings, options: FaultOptions) -> anyhow::Result<u8> {
    let usual = format!("http://127.0.0.1:{}", settings.ports.gateway);
    let server = Server::new(options.server.as_deref().unwrap_or(&usual), &options.login, &options.password).await?;
    let (done, now) = match options.what {
        What::Show => {
            let now = server.show().await?;
            (Overview::default(), now)
        }
        What::Clear => {
            let now = server.clear().await?;
            (now.clone(), now)
        }
        what @ (What::Payment(_)
        | What::Messages { .. }
        | What::Pause { .. }
        | What::Resume { .. }
        | What::Events { .. }) => {
            let wanted = changed(&server.show().await?, &what)?;
            let done = server.ask(&wanted).await?;
            (done, server.show().await?)
        }
    };
    println!("{}", words::told(&now).join("\n"));
    Ok(u8::from(!done.missing.is_empty()))
}

/// What `what` changes, as it is to be then.
fn changed(now: &Overview, what: &What) -> anyhow::Result<BTreeMap<Context, AskedFaults>> {
    let contexts: Vec<Context> = match what {
        What::Show | What::Clear => Vec::new(),
        What::Payment(_) => vec![Context::Pay],
        What::Messages { .. } => vec![Context::Customer],
        What::Pause { services } | What::Resume { services } => services.iter().map(|one| one.context()).collect(),
        What::Events { service, .. } => vec![service.context()],
    };
    let changed = contexts.into_iter().map(|context| {
        if now.off.contains(&context) {
            bail!("{context} runs without faults. Start its process again with --faults; nothing was changed");
        }
        let faults = now.faults.get(&context);
        let faults = *faults.with_context(|| format!("{context} does not answer right now; nothing was changed"))?;
        Ok((context, with(faults, what)))
    });
    changed.collect()
}

/// `faults` with the part that `what` is about.
fn with(faults: AskedFaults, what: &What) -> AskedFaults {
    match *what {
        What::Show | What::Clear => faults,
        What::Payment(payment) => AskedFaults { payment: payment.faults(), ..faults },
        What::Messages { failing } => AskedFaults { messages: MessageFaults { failing_percent: failing }, ..faults },
        What::Pause { .. } => AskedFaults { paused: true, ..faults },
        What::Resume { .. } => AskedFaults { paused: false, ..faults },
        What::Events { delay, duplicated, .. } => {
            AskedFaults { events: EventFaults { delay_ms: delay, duplicated }, ..faults }
        }
    }
}

#[cfg(test)]
mod tests;
