//! `baedal check`: reads every log and view and proves the promises, or lists what breaks them.
//!
//! It is written without the code that it checks: it folds the events' JSON by itself, with small folds of its own.

mod delivery;
mod facts;
mod json;
mod lane;
mod logs;
mod machinery;
mod money;
mod notices;
mod order;
mod payment;
mod progress;
mod provider;
mod report;
mod rules;
mod stores;
mod sweep;
mod ticket;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use report::{Break, OpenRefund, ParkedMessage, Report};

use logs::Logs;

/// Between the two reads of a system that may be running.
const BETWEEN_READS: Duration = Duration::from_secs(5);
/// How long consumers may need to note that they have read what concerns them not.
const CATCHING_UP: Duration = Duration::from_secs(1);

/// How the check runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the logs are.
    pub data_dir: PathBuf,
    /// One read only, also where it finds something.
    pub once: bool,
    /// For machines.
    pub json: bool,
}

/// The logs cannot be read, said in a sentence.
#[derive(Debug)]
pub struct Unreadable(String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

/// Checks, prints what came of it, and gives the exit code: 0 clean, 1 broken, 2 unreadable.
pub fn run(options: &Options) -> u8 {
    match examine(&options.data_dir, (!options.once).then_some(BETWEEN_READS)) {
        Ok(report) => {
            let text = if options.json { report.json() } else { report.to_string() };
            // Whoever closed the pipe has the exit code.
            drop(writeln!(std::io::stdout().lock(), "{}", text.trim_end()));
            u8::from(!report.is_clean())
        }
        Err(error) => {
            drop(writeln!(std::io::stderr().lock(), "baedal check: {error}"));
            2
        }
    }
}

/// Reads the logs in `dir`; where that finds something and `again` is given, once more after that time, and keeps
/// only what both reads show.
///
/// # Errors
/// A sentence that says what cannot be read.
pub fn examine(dir: &Path, again: Option<Duration>) -> Result<Report, Unreadable> {
    let first = read(dir)?;
    match again {
        Some(pause) if !first.is_clean() => {
            std::thread::sleep(pause);
            let mut second = read(dir)?;
            second.keep_what_also(&first);
            Ok(second)
        }
        Some(_) | None => Ok(first),
    }
}

fn read(dir: &Path) -> Result<Report, Unreadable> {
    let logs = at_rest_if_soon(dir)?;
    let mut report = Report::default();
    machinery::check(&logs, &mut report)?;
    sweep::sweep(&logs, &mut report)?;
    stores::check(&logs, &mut report)?;
    report.close();
    Ok(report)
}

/// A cursor that is behind only by events that cause nothing is written a moment later.
fn at_rest_if_soon(dir: &Path) -> Result<Logs, Unreadable> {
    let until = Instant::now() + CATCHING_UP;
    loop {
        let logs = Logs::open(dir)?;
        if logs.all_heard() || Instant::now() >= until {
            return Ok(logs);
        }
        drop(logs);
        std::thread::sleep(Duration::from_millis(100));
    }
}
