//! The Baedal binary: roles, composition, demo, check, faults.

pub mod check;
pub mod cli;
pub mod compose;
mod demo;
mod fault;
mod faulty;
pub mod outlets;
mod payments;
mod providers;
mod serve;
pub mod signing_in;
mod stub;
mod window;

use anyhow::Context as _;
use cli::{Arguments, Command};
use platform::config::Settings;

/// Does what the command line asks for, and gives the exit code.
///
/// # Errors
/// A sentence that says what is wrong and what to do.
pub fn run(arguments: Arguments) -> anyhow::Result<u8> {
    let settings = arguments.settings()?;
    match arguments.command.unwrap_or_default() {
        Command::Serve { what } => runtime()?.block_on(serve::serve(settings, what)),
        Command::Demo(options) => runtime()?.block_on(demo::run(settings, options)),
        Command::Check(options) => {
            Ok(check::run(&check::Options { data_dir: settings.data_dir, once: options.once, json: options.json }))
        }
        Command::Fault(options) => runtime()?.block_on(fault::run(&settings, options)),
        Command::Stub(options) => runtime()?.block_on(stub::run(settings, options)),
        Command::Settings => Ok(print_settings(&settings)),
        Command::Templates => {
            print!("{}", customer::domain::templates::listing::toml(&outlets::templates(&settings.messages)?)?);
            Ok(0)
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot be started")
}

fn print_settings(settings: &Settings) -> u8 {
    match toml::to_string_pretty(settings) {
        Ok(text) => {
            print!("{text}");
            0
        }
        Err(error) => {
            eprintln!("baedal: the settings cannot be printed: {error}");
            2
        }
    }
}
