//! How many listen at a time. A stream does nothing for most of its life, so it takes no place of what runs.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use metrics::Gauge;
use parking_lot::Mutex;

/// The streams that are open. Cheap to clone.
#[derive(Clone)]
pub(super) struct Streams(Arc<Inner>);

struct Inner {
    most: u32,
    each: u32,
    hasher: RandomState,
    open: Mutex<Open>,
    gauge: Gauge,
}

#[derive(Default)]
struct Open {
    all: u32,
    by: HashMap<u64, u32>,
}

/// Why no more are opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// There are as many as there may be.
    All,
    /// One has as many as one may have.
    Each(u32),
}

/// An open stream.
pub(super) struct Slot {
    streams: Streams,
    whose: Option<u64>,
}

impl Streams {
    pub(super) fn new(most: u32, each: u32) -> Self {
        let (most, each) = (most.max(1), each.max(1));
        let gauge = metrics::gauge!("gateway_streams");
        Self(Arc::new(Inner { most, each, hasher: RandomState::new(), open: Mutex::default(), gauge }))
    }

    /// How `whom` is known here.
    pub(super) fn whose(&self, whom: &impl Hash) -> u64 {
        self.0.hasher.hash_one(whom)
    }

    /// One more; without `whose` only all together count.
    pub(super) fn enter(&self, whose: Option<u64>) -> Result<Slot, Full> {
        let mut open = self.0.open.lock();
        if open.all >= self.0.most {
            return Err(Full::All);
        }
        if let Some(whose) = whose {
            let count = open.by.entry(whose).or_default();
            if *count >= self.0.each {
                return Err(Full::Each(self.0.each));
            }
            *count += 1;
        }
        open.all += 1;
        drop(open);
        self.0.gauge.increment(1);
        Ok(Slot { streams: self.clone(), whose })
    }

    /// How many may be open, are open, and of how many.
    pub(super) fn seen(&self) -> (u32, u32, usize) {
        let open = self.0.open.lock();
        (self.0.most, open.all, open.by.len())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let inner = &self.streams.0;
        let mut open = inner.open.lock();
        open.all -= 1;
        if let Some(whose) = self.whose
            && let Some(count) = open.by.get_mut(&whose)
        {
            *count -= 1;
            if *count == 0 {
                open.by.remove(&whose);
            }
        }
        drop(open);
        inner.gauge.decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cannot_take_the_streams_of_all_and_what_ends_is_forgotten() {
        let streams = Streams::new(3, 2);
        let (mina, jun) = (Some(streams.whose(&"mina")), Some(streams.whose(&"jun")));
        let first = streams.enter(mina).unwrap();
        let _second = streams.enter(mina).unwrap();
        assert_eq!(streams.enter(mina).err(), Some(Full::Each(2)));
        let third = streams.enter(jun).unwrap();
        assert_eq!(streams.enter(jun).err(), Some(Full::All));
        drop(first);
        assert!(streams.enter(mina).is_ok());
        drop(third);
        assert_eq!(streams.seen(), (3, 1, 1));
    }
}
