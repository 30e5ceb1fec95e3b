//! Wakes the watchers of a row when it changes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use futures_util::Stream;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::sse::Message;

/// Names under which watchers wait. Cheap to clone.
#[derive(Clone, Default)]
pub struct Topics {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    watchers: Mutex<HashMap<String, (Arc<Notify>, usize)>>,
    count: AtomicUsize,
}

impl Topics {
    /// Watches `topic` until the watcher is dropped.
    pub fn watch(&self, topic: String) -> Watcher {
        let notify = {
            let mut watchers = self.inner.watchers.lock();
            let entry = watchers.entry(topic.clone()).or_default();
            entry.1 += 1;
            Arc::clone(&entry.0)
        };
        // Counted before looking, and seen after writing: either the watcher finds the change or is woken by it.
        self.inner.count.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        Watcher { topics: self.clone(), topic, notify }
    }

    /// Whether anyone watches at all.
    pub(crate) fn anyone(&self) -> bool {
        fence(Ordering::SeqCst);
        self.inner.count.load(Ordering::SeqCst) > 0
    }

    /// Wakes the watchers of `topics`.
    pub fn publish(&self, topics: &[String]) {
        let watchers = self.inner.watchers.lock();
        for topic in topics {
            if let Some((notify, _)) = watchers.get(topic) {
                notify.notify_waiters();
            }
        }
    }
}

/// Waits for changes of one topic.
pub struct Watcher {
    topics: Topics,
    topic: String,
    notify: Arc<Notify>,
}

impl Watcher {
    /// The next change; take it before looking, so that none is missed.
    pub fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.notify.notified()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut watchers = self.topics.inner.watchers.lock();
        if let Some(entry) = watchers.get_mut(&self.topic) {
            entry.1 -= 1;
            if entry.1 == 0 {
                watchers.remove(&self.topic);
            }
        }
        drop(watchers);
        self.topics.inner.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is new about a topic: `look` is asked for what came after the last message, at once and after every change.
pub fn follow<L>(watcher: Watcher, last: i64, look: L) -> impl Stream<Item = Message> + Send
where
    L: FnMut(i64) -> Vec<Message> + Send,
{
    let state = (watcher, last, look, VecDeque::new());
    futures_util::stream::unfold(state, async |(watcher, mut last, mut look, mut queue)| {
        loop {
            if let Some(message) = queue.pop_front() {
                return Some((message, (watcher, last, look, queue)));
            }
            // Taken before looking: a change in between is not missed.
            let changed = Arc::clone(&watcher.notify).notified_owned();
            queue.extend(look(last));
            match queue.back() {
                Some(Message { id, .. }) => last = last.max(*id),
                None => changed.await,
            }
        }
    })
}
