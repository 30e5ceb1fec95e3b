//! Sessions at hand: what the database says of tokens that were shown lately, when each was used, and who wants to know
//! when one ends.
//!
//! The cache is changed on the database's own thread alone, within the jobs that read or change its rows. So a session
//! that is being ended cannot come back by somebody who read its row a moment before.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use rusqlite::Connection;
use tokio::sync::watch;
use uuid::Uuid;

use super::sessions::{Session, TokenHash};

/// How many sessions are kept at hand; the others are looked up.
const MOST_CACHED: usize = 100_000;

pub(super) struct Live {
    cache: Cache<TokenHash, Arc<Session>>,
    watched: Mutex<HashMap<Uuid, watch::Sender<()>>>,
    /// The sessions that were used, and when, as far as it is not written yet.
    used: Mutex<Vec<(TokenHash, i64)>>,
}

impl Live {
    pub(super) fn new() -> Self {
        Self { cache: Cache::new(MOST_CACHED), watched: Mutex::default(), used: Mutex::default() }
    }

    pub(super) fn get(&self, hash: &TokenHash) -> Option<Arc<Session>> {
        self.cache.get(hash)
    }

    /// For a job of the database's thread.
    pub(super) fn put(&self, hash: TokenHash, session: &Arc<Session>) {
        self.cache.insert(hash, Arc::clone(session));
    }

    /// For the job that ends the session: it is over, also for whoever waits for its end.
    pub(super) fn end(&self, hash: &TokenHash, id: Uuid) {
        self.cache.remove(hash);
        // Whoever watches hears it by that; who comes later watches anew.
        drop(self.watched.lock().remove(&id));
    }

    /// For the job that changes an account: its sessions are read again, and who follows something with one begins anew.
    pub(super) fn refresh(&self, connection: &Connection, account: &str) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached("SELECT token, id FROM sessions WHERE account = ?1")?;
        let all = statement.query_map([account], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        for found in all {
            let (hash, id) = found?;
            if let Ok(id) = Uuid::try_parse(&id) {
                self.end(&hash, id);
            }
        }
        Ok(())
    }

    /// Notes that a session was used; true where nothing else waits to be written.
    pub(super) fn note(&self, hash: TokenHash, at: i64) -> bool {
        let mut used = self.used.lock();
        used.push((hash, at));
        used.len() == 1
    }

    /// What was noted and is to be written now.
    pub(super) fn noted(&self) -> Vec<(TokenHash, i64)> {
        std::mem::take(&mut self.used.lock())
    }

    /// Watches the session `id` until it is let go.
    pub(super) fn watch(self: &Arc<Self>, id: Uuid) -> Watch {
        let end = self.watched.lock().entry(id).or_default().subscribe();
        Watch { live: Arc::clone(self), id, end }
    }
}

/// Wants to know when a session ends.
pub(super) struct Watch {
    live: Arc<Live>,
    id: Uuid,
    end: watch::Receiver<()>,
}

impl Watch {
    /// Waits until the session was ended.
    pub(super) async fn ended(&mut self) {
        // Nothing is ever sent: the other half goes away.
        while self.end.changed().await.is_ok() {}
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = self.live.watched.lock();
        let is_last =
            |sender: &watch::Sender<()>| sender.subscribe().same_channel(&self.end) && sender.receiver_count() <= 1;
        if watched.get(&self.id).is_some_and(is_last) {
            watched.remove(&self.id);
        }
    }
}
