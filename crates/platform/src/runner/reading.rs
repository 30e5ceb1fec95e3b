//! Reading what comes next, and nothing twice, whatever the way it comes does to it.

use std::sync::Arc;

use super::{BATCH, Handler, Interrupted, Runner};
use crate::store::StoredEvent;

impl<H: Handler> Runner<H> {
    /// The next events, and none that has been dealt with: they may be brought again, together or one by one.
    pub(super) fn news(&mut self) -> Result<Vec<Arc<StoredEvent>>, Interrupted> {
        let mut events = self.source.events_after(self.position, BATCH).map_err(Interrupted::Source)?;
        if self.room.faults.events_repeat() {
            events = self.repeated(events);
        } else {
            self.brought.clear();
        }
        let mut position = self.position;
        events.retain(|event| {
            let is_new = event.position > position;
            position = position.max(event.position);
            is_new
        });
        Ok(events)
    }

    /// What was brought last comes once more, and then each of `events` twice.
    fn repeated(&mut self, events: Vec<Arc<StoredEvent>>) -> Vec<Arc<StoredEvent>> {
        let mut all = self.brought.clone();
        all.extend(events.iter().flat_map(|event| [Arc::clone(event), Arc::clone(event)]));
        if !events.is_empty() {
            self.brought = events;
        }
        all
    }
}
