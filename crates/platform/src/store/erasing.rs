//! What was erased lately: whoever decides on what was loaded before still has the personal data, and must not bring it
//! back.

use std::collections::{HashMap, VecDeque};

use super::changes::{Changes, Erased};

/// Far more than are erased while somebody decides.
const MOST_KEPT: usize = 4096;

/// The streams that were erased last. Once loaded again, they have nothing personal any more.
#[derive(Default)]
pub struct Erasing {
    by_stream: HashMap<String, Erased>,
    oldest_first: VecDeque<String>,
}

impl Erasing {
    /// Has what `changes` append to streams that were erased lately erased as well.
    pub fn extend(&mut self, changes: &mut Changes) {
        if !self.by_stream.is_empty() {
            let again = changes.appends.iter().filter_map(|append| self.by_stream.get(&append.stream)).cloned();
            let again: Vec<Erased> = again.collect();
            changes.erased.extend(again);
        }
        for erased in &changes.erased {
            if self.by_stream.insert(erased.stream.clone(), erased.clone()).is_none() {
                self.oldest_first.push_back(erased.stream.clone());
            }
        }
        while self.oldest_first.len() > MOST_KEPT
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.by_stream.remove(&oldest);
        }
    }
}
