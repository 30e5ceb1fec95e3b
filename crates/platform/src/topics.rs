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
        self.watch_all([topic])
    }

    /// Watches each of `topics` until the watcher is dropped.
    pub fn watch_all(&self, topics: impl IntoIterator<Item = String>) -> Watcher {
        let mut watchers = self.inner.watchers.lock();
        let watched = topics.into_iter().map(|topic| {
            let entry = watchers.entry(topic.clone()).or_default();
            entry.1 += 1;
            (topic, Arc::clone(&entry.0))
        });
        let watched = watched.collect();
        drop(watchers);
        // Counted before looking, and seen after writing: either the watcher finds the change or is woken by it.
        self.inner.count.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        Watcher { topics: self.clone(), watched }
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

/// Waits for changes of its topics.
pub struct Watcher {
    topics: Topics,
    watched: Vec<(String, Arc<Notify>)>,
}

impl Watcher {
    /// The next change of any of them; take it before looking, so that none is missed. Without topics there is none.
    pub fn changed(&self) -> impl Future<Output = ()> + Send + use<> {
        let each = self.watched.iter().map(|(_, notify)| Box::pin(Arc::clone(notify).notified_owned()));
        let each: Vec<_> = each.collect();
        async move {
            if each.is_empty() {
                std::future::pending::<()>().await;
            }
            futures_util::future::select_all(each).await;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut watchers = self.topics.inner.watchers.lock();
        for (topic, _) in &self.watched {
            if let Some(entry) = watchers.get_mut(topic) {
                entry.1 -= 1;
                if entry.1 == 0 {
                    watchers.remove(topic);
                }
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
            let changed = watcher.changed();
            queue.extend(look(last));
            match queue.back() {
                Some(Message { id, .. }) => last = last.max(*id),
                None => changed.await,
            }
        }
    })
}
