//! Passwords are kept as argon2 hashes; making one takes a processor for a moment, so only a few are made at a time.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use platform::store::StoreError;
use tokio::sync::Semaphore;

/// How many are worked on at a time: each holds 19 MiB and a processor.
const AT_A_TIME: usize = 2;

pub(super) struct Passwords {
    turns: Semaphore,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self { turns: Semaphore::new(AT_A_TIME) }
    }

    /// What is kept of `password`.
    pub(super) async fn hash(&self, password: String) -> Result<String, StoreError> {
        self.work(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).ok())
            .await?
            .ok_or_else(|| StoreError::Unreadable("a password could not be hashed".to_owned()))
    }

    /// Whether `password` is the one whose hash is kept. Without a hash it takes as long, and is not.
    pub(super) async fn fits(&self, password: String, hash: Option<String>) -> Result<bool, StoreError> {
        self.work(move || {
            let Some(hash) = hash else {
                // Whether somebody is known must not be told by the time it takes.
                drop(Argon2::default().hash_password(password.as_bytes()));
                return false;
            };
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
        let _turn = self.turns.acquire().await.map_err(|_| StoreError::Closed)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)
    }
}
