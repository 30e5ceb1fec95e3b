//! A line on the terminal that says how far the check is, once it takes a while.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// Before that nobody wonders.
const QUIET: Duration = Duration::from_secs(1);

pub(super) struct Progress {
    begun: Instant,
    total: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        Self { begun: Instant::now(), total, bar: None }
    }

    pub(super) fn at(&mut self, events: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(events);
        } else if self.begun.elapsed() >= QUIET {
            self.bar = Some(ProgressBar::new(self.total).with_position(events));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
