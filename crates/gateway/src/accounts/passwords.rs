//! Passwords are kept as argon2 hashes; making one takes a processor for a moment, so only a few are made at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use platform::problem::Problem;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use super::outage;

/// How many may wait for their turn; whoever comes then is told to come back.
const WAITING: usize = 64;
/// The fewest and the most characters.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;
/// A password that is found within so many guesses is not one.
const FEWEST_GUESSES: u64 = 10_000;

/// Why a password cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// Too few characters, or too many.
    #[error("has to have 8 to 128 characters")]
    Length,
    /// It is what one signs in with.
    #[error("must not be what you sign in with")]
    Login,
    /// Many others have it.
    #[error(
        "is among the first that anybody would try; take a longer one, like three words that do not belong together"
    )]
    Common,
}

/// What may be worked on at a time.
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Passwords {
    /// Each that is worked on holds 19 MiB and a processor; half of the processors are left to everybody else.
    pub(super) fn new() -> Self {
        let turns = std::thread::available_parallelism().map_or(1, |all| (all.get() / 2).max(1));
        Self { turns: Arc::new(Semaphore::new(turns)), places: Arc::new(Semaphore::new(turns + WAITING)) }
    }

    /// What is kept of `password`, which is new, came in `field` and is somebody's who signs in with `logins`.
    ///
    /// # Errors
    /// 422 for one that is not fit to be one; 503 when too many wait.
    pub(super) async fn hash(
        &self,
        field: &'static str,
        password: String,
        logins: Vec<String>,
    ) -> Result<String, Problem> {
        let made = move || {
            let password = normal(&password);
            refuse(&password, &logins)?;
            Ok::<_, Unfit>(hashed(&password, &Argon2::default()))
        };
        match self.work(made).await? {
            Ok(hash) => hash,
            Err(unfit) => Err(Problem::invalid_field(field, unfit)),
        }
    }

    /// What is kept of a password that was drawn, and so need not be judged.
    pub(super) async fn hash_drawn(&self, password: String) -> Result<String, Problem> {
        self.work(move || hashed(&password, &Argon2::default())).await?
    }

    /// Whether `password` is the one whose hash is kept. Without a hash it takes as long, and is not.
    pub(super) async fn fits(&self, password: String, hash: Option<String>) -> Result<bool, Problem> {
        self.work(move || {
            // What nobody can have is not worked on for long.
            let password = if password.len() <= 4 * LENGTH.end() { normal(&password) } else { String::new() };
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

    /// Works on a thread for it. The turn ends with the work, and not with whoever waits for it.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let Ok(place) = place else {
            return Err(Problem::unavailable("Too many people sign in at this moment.", 2));
        };
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let _held = (turn, place);
            work()
        });
        done.await.map_err(|_| outage(&platform::store::StoreError::Closed))
    }
}

/// What is kept of the demo's password, which everybody knows: guessing it costs nothing, so keeping it need not either.
pub(super) fn hash_of_the_demo(password: &str) -> Result<String, Problem> {
    let params = Params::new(1024, 1, 1, None).unwrap_or_default();
    hashed(password, &Argon2::from(params))
}

fn hashed(password: &str, argon2: &Argon2<'_>) -> Result<String, Problem> {
    let hash = argon2.hash_password(password.as_bytes()).map(|hash| hash.to_string());
    hash.map_err(|error| {
        outage(&platform::store::StoreError::Unreadable(format!("a password could not be hashed: {error}")))
    })
}

/// One text, however a keyboard puts it together.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Length is all that is asked for, and that it is not among those that are tried first.
fn refuse(password: &str, logins: &[String]) -> Result<(), Unfit> {
    if !LENGTH.contains(&password.chars().count()) {
        return Err(Unfit::Length);
    }
    let small = password.to_lowercase();
    let is_a_login = |login: &String| {
        let before_at = login.split('@').next().unwrap_or(login);
        small == *login || small == before_at || kernel::phone::digits(&small).as_ref() == Some(login)
    };
    if logins.iter().any(is_a_login) {
        return Err(Unfit::Login);
    }
    let ours: Vec<&str> = logins.iter().map(String::as_str).chain(["baedal", "배달"]).collect();
    let guesses = zxcvbn::zxcvbn(password, &ours).guesses();
    if guesses < FEWEST_GUESSES { Err(Unfit::Common) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(password: &str) -> Result<(), Unfit> {
        refuse(&normal(password), &["01012345678".to_owned(), "mina@example.com".to_owned()])
    }

    #[test]
    fn length_is_asked_for_and_nothing_else() {
        assert_eq!(judged("짧은암호"), Err(Unfit::Length));
        assert_eq!(judged(&"ab1 ".repeat(33)), Err(Unfit::Length));
        for good in ["무지개 국밥 자전거", "correct horse battery staple", "qmzkrtwpvx"] {
            assert_eq!(judged(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for common in ["password", "12345678", "qwerty123", "iloveyou", "aaaaaaaa", "password1", "11111111"] {
            assert_eq!(judged(common), Err(Unfit::Common), "{common}");
        }
        for login in ["01012345678", "010-1234-5678", "MINA@example.com"] {
            assert_eq!(judged(login), Err(Unfit::Login), "{login}");
        }
    }

    #[test]
    fn a_password_is_one_text_however_the_keyboard_puts_it_together() {
        assert_eq!(normal("\u{1112}\u{1161}\u{11ab}"), normal("한"));
    }

    #[tokio::test]
    async fn whoever_comes_when_too_many_wait_is_told_to_come_back() {
        let passwords = Passwords::new();
        let all = passwords.places.available_permits();
        let _held = Arc::clone(&passwords.places).try_acquire_many_owned(u32::try_from(all).unwrap()).unwrap();
        assert_eq!(passwords.fits("correct horse".to_owned(), None).await.unwrap_err().status(), 503);
    }

    #[tokio::test]
    async fn a_turn_lasts_as_long_as_the_work_though_nobody_waits_any_more() {
        let passwords = Passwords::new();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let all = passwords.places.available_permits();
        let impatient = std::time::Duration::from_millis(50);
        assert!(tokio::time::timeout(impatient, passwords.work(move || held.recv())).await.is_err());
        assert_eq!(passwords.places.available_permits(), all - 1);
        release.send(()).unwrap();
        platform::testing::until("the work is done", || passwords.places.available_permits() == all).await;
    }
}
