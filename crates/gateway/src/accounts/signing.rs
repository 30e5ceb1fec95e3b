//! Signing up, and signing in with a password or a code.

use std::sync::Arc;

use jiff::SignedDuration;
use kernel::people::Role;
use kernel::phone::Mobile;
use platform::problem::Problem;
use rusqlite::Connection;

use super::audit::{self, Entry, Visitor, What};
use super::codes::{self, Checked};
use super::guessing::{self, Try, keyed};
use super::logins::Login;
use super::rows::{self, Known, New};
use super::sessions::{self, Opening, Proof, Session, SignedIn, Which};
use super::{Account, Accounts, seconds};

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;
/// So long after signing in with a code one may choose a password without knowing the old one.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// What somebody signs up with.
pub(crate) enum SignUp {
    /// A phone number, and the code that came to it.
    Phone { phone: Mobile, code: String },
    /// An e-mail address.
    Email(Login),
}

/// How an attempt to write down a new account ended.
enum Made {
    Opened(SignedIn),
    Taken,
    OnlyByPassword,
    Refused(Checked),
}

impl Accounts {
    /// Signs in who knows `password`. A password that can be used once needs another, `new`, that is to be theirs.
    ///
    /// # Errors
    /// 401 where login and password do not belong together, 429 after too many such tries, 403 where another password is
    /// needed.
    pub(crate) async fn sign_in(
        &self,
        login: &str,
        password: String,
        new: Option<String>,
        visitor: Visitor,
    ) -> Result<SignedIn, Problem> {
        let login = key_of(login);
        let (this, known) = self.begin(&login, visitor.clone()).await?;
        let hash = known.as_ref().and_then(|known| known.password.clone());
        let fits = self.tried(&this, self.0.passwords.fits(password.clone(), hash).await).await?;
        let now = self.now();
        let is_open = |known: &Known| known.disabled_at.is_none() && known.once_until.is_none_or(|until| now < until);
        let Some(known) = known.filter(|known| fits && is_open(known)) else {
            self.failed(login, visitor).await?;
            return Err(wrong());
        };
        let changed = match (known.once_until, new) {
            (None, _) => None,
            (Some(_), None) => return Err(self.needs_another(&this).await),
            (Some(_), Some(new)) => {
                self.let_differ(&password, &new)?;
                Some(self.hash_for(&known.account, new).await?)
            }
        };
        let opening = self.0.opener.opening(known.account.clone(), Proof::Password, visitor.device.clone());
        let live = Arc::clone(&self.0.live);
        let opened = self.run(move |connection| {
            // Meanwhile the account may have been closed, or its password changed.
            let id = known.account.id.as_str();
            let again = rows::by_id(connection, id)?;
            if again.is_none_or(|again| again.disabled_at.is_some() || again.password != known.password) {
                return Ok(None);
            }
            guessing::went_well(connection, &this, now)?;
            if let Some(hash) = changed {
                rows::set_password(connection, id, &hash, None)?;
                audit::write(connection, &Entry::new(What::PasswordChanged).by(known.account.actor()), &visitor, now)?;
            }
            open(connection, &live, &opening, &visitor, now)?;
            Ok(Some(opening.signed))
        });
        opened.await?.ok_or_else(wrong)
    }

    /// Signs in who knows the code that came to `phone`. Whoever is new becomes a customer by that.
    ///
    /// # Errors
    /// 401 where phone and code do not belong together, 403 where the phone is somebody's who can do more than order.
    pub(crate) async fn sign_in_by_code(
        &self,
        phone: &Mobile,
        code: String,
        visitor: Visitor,
    ) -> Result<SignedIn, Problem> {
        let (phone, now, live) = (phone.clone(), self.now(), Arc::clone(&self.0.live));
        let (opener, id) = (self.0.opener.clone(), self.new_id()?);
        let made = self.run(move |connection| {
            let checked = codes::check(connection, &phone, &code, &visitor, now)?;
            if checked != Checked::Fits {
                return Ok(Made::Refused(checked));
            }
            codes::forget(connection, &phone)?;
            let account = match rows::by_login(connection, phone.as_str())? {
                Some(known) if known.disabled_at.is_some() => {
                    codes::failed(connection, &phone, &visitor, now)?;
                    return Ok(Made::Refused(Checked::Fits));
                }
                // Those who can do more than order are not let in by a telephone alone.
                Some(known) if known.account.role != Role::Customer => {
                    codes::failed(connection, &phone, &visitor, now)?;
                    return Ok(Made::OnlyByPassword);
                }
                Some(known) => known.account,
                None => {
                    let account = Account { id, role: Role::Customer, stores: Vec::new() };
                    insert(connection, &account, phone.as_str(), None, now)?;
                    account
                }
            };
            let place = guessing::place(connection, phone.as_str(), visitor.address)?;
            guessing::is_known_from_now(connection, &place, now)?;
            let opening = opener.opening(account, Proof::Code, visitor.device.clone());
            open(connection, &live, &opening, &visitor, now)?;
            Ok(Made::Opened(opening.signed))
        });
        made.await?.signed()
    }

    /// Makes a customer's account that signs in with a password, and signs in. A phone number that has ordered before
    /// without a password gets one.
    ///
    /// # Errors
    /// 409 where somebody signs in with that already, 401 where phone and code do not belong together, 422 for a password
    /// that is none.
    pub(crate) async fn sign_up(&self, asked: SignUp, password: String, visitor: Visitor) -> Result<SignedIn, Problem> {
        let login = match &asked {
            SignUp::Phone { phone, .. } => phone.as_str().to_owned(),
            SignUp::Email(login) => login.as_str().to_owned(),
        };
        self.count_sign_up(visitor.clone()).await?;
        let hash = self.0.passwords.hash("password", password, vec![login.clone()]).await?;
        let (now, live, opener, id) = (self.now(), Arc::clone(&self.0.live), self.0.opener.clone(), self.new_id()?);
        let made = self.run(move |connection| {
            if let SignUp::Phone { phone, code } = &asked {
                let checked = codes::check(connection, phone, code, &visitor, now)?;
                if checked != Checked::Fits {
                    return Ok(Made::Refused(checked));
                }
            }
            let account = match rows::by_login(connection, &login)? {
                Some(known) if is_a_guest(&known) => {
                    let id = known.account.id.as_str();
                    rows::set_password(connection, id, &hash, None)?;
                    // Whoever had the number before is not to stay.
                    sessions::end(connection, &live, id, Which::All)?;
                    known.account
                }
                Some(_) => return Ok(Made::Taken),
                None => {
                    let account = Account { id, role: Role::Customer, stores: Vec::new() };
                    insert(connection, &account, &login, Some(&hash), now)?;
                    account
                }
            };
            // One that has opened nothing can still be signed in with.
            if let SignUp::Phone { phone, .. } = &asked {
                codes::forget(connection, phone)?;
            }
            audit::write(connection, &Entry::new(What::SignedUp).by(account.actor()), &visitor, now)?;
            let opening = opener.opening(account, Proof::Password, visitor.device.clone());
            open(connection, &live, &opening, &visitor, now)?;
            Ok(Made::Opened(opening.signed))
        });
        made.await?.signed()
    }

    /// Counted before the work on the password, which is what many of them would cost.
    async fn count_sign_up(&self, visitor: Visitor) -> Result<(), Problem> {
        let (now, most) = (self.now(), self.settings().sign_ups_an_hour_each.into());
        let counted = self.run(move |connection| {
            let from = keyed(connection, &["sign-up", &guessing::counted(visitor.address)])?;
            let limits: &[(i64, i64)] = if visitor.address.is_loopback() { &[] } else { &[(most, HOUR)] };
            guessing::once_more(connection, &[(from, limits)], now)
        });
        counted.await?.map_err(|wait| Problem::too_many_requests(seconds(wait)))
    }

    /// Gives the account of `by` another password and ends all its other sessions. The old one has to be known, unless
    /// there is none, or the phone has just shown who it is.
    ///
    /// # Errors
    /// 403 where the old one is not right, 422 where the new one is none, 401 where the session ended meanwhile.
    pub(crate) async fn change_password(
        &self,
        by: &Session,
        old: Option<String>,
        new: String,
        visitor: Visitor,
    ) -> Result<(), Problem> {
        let id = by.account.id.as_str().to_owned();
        let known = self.run(move |connection| rows::by_id(connection, &id)).await?.ok_or_else(wrong)?;
        if known.is_demo {
            return Err(Problem::forbidden("Everybody knows the demo people's password, and it stays as it is."));
        }
        let is_fresh = by.proof == Proof::Code && self.0.clock.now().duration_since(by.opened_at) <= FRESH;
        let this = if known.password.is_none() || is_fresh {
            None
        } else {
            let old = old.ok_or_else(|| Problem::invalid_field("password", "is missing"))?;
            Some(self.knows_the_old(&known, old, visitor.clone()).await?)
        };
        let hash = self.hash_for(&known.account, new).await?;
        let (now, live, this_session) = (self.now(), Arc::clone(&self.0.live), by.id);
        let changed = self.run(move |connection| {
            let id = known.account.id.as_str();
            // Meanwhile somebody may have been shut out, who must not let themselves in again by this.
            let again = rows::by_id(connection, id)?;
            let is_same = again.is_some_and(|again| again.disabled_at.is_none() && again.password == known.password);
            if !is_same || !sessions::is_open(connection, this_session)? {
                return Ok(false);
            }
            rows::set_password(connection, id, &hash, None)?;
            sessions::end(connection, &live, id, Which::AllBut(this_session))?;
            if let Some(this) = this {
                guessing::went_well(connection, &this, now)?;
            }
            audit::write(connection, &Entry::new(What::PasswordChanged).by(known.account.actor()), &visitor, now)?;
            Ok(true)
        });
        let over = || Problem::unauthenticated("This session ended, or the password changed, in the meantime.");
        if changed.await? { Ok(()) } else { Err(over()) }
    }

    /// Whoever holds a session might still be a stranger at an unlocked screen, so tries are counted here too.
    async fn knows_the_old(&self, known: &Known, old: String, visitor: Visitor) -> Result<Try, Problem> {
        let id = known.account.id.as_str().to_owned();
        let (this, _) = self.begin(&id, visitor.clone()).await?;
        let fits = self.0.passwords.fits(old, known.password.clone()).await;
        if self.tried(&this, fits).await? {
            return Ok(this);
        }
        self.failed(id, visitor).await?;
        Err(Problem::forbidden("That is not the password of today."))
    }

    /// Counts a try, unless there were too many; with what is known of who signs in so.
    async fn begin(&self, login: &str, visitor: Visitor) -> Result<(Try, Option<Known>), Problem> {
        let (login, now) = (login.to_owned(), self.now());
        let begun = self.run(move |connection| {
            let begun = guessing::begin(connection, &login, visitor.address, now)?;
            if begun.is_err() && guessing::is_worth_telling(connection, visitor.address, now)? {
                let entry = Entry::of_login(What::SignInLocked, connection, &login)?;
                audit::write(connection, &entry, &visitor, now)?;
            }
            Ok((begun, rows::by_login(connection, &login)?))
        });
        match begun.await? {
            (Ok(this), known) => Ok((this, known)),
            (Err(wait), _) => Err(Problem::too_many_requests(seconds(wait))),
        }
    }

    /// What came of a try; one that could not be made is taken back.
    async fn tried(&self, this: &Try, outcome: Result<bool, Problem>) -> Result<bool, Problem> {
        if outcome.is_err() {
            let this = this.clone();
            self.run(move |connection| guessing::was_not_tried(connection, &this)).await?;
        }
        outcome
    }

    async fn failed(&self, login: String, visitor: Visitor) -> Result<(), Problem> {
        let now = self.now();
        self.run(move |connection| {
            let entry = Entry::of_login(What::SignInFailed, connection, &login)?;
            audit::write(connection, &entry, &visitor, now)
        })
        .await
    }

    async fn needs_another(&self, this: &Try) -> Problem {
        let this = this.clone();
        match self.run(move |connection| guessing::was_not_tried(connection, &this)).await {
            Ok(()) => Problem::new(
                axum::http::StatusCode::FORBIDDEN,
                "password-needed",
                "This password can be used once, to choose another: send newPassword with it.",
            ),
            Err(problem) => problem,
        }
    }

    #[expect(clippy::unused_self, reason = "it stands among the steps of signing in")]
    fn let_differ(&self, old: &str, new: &str) -> Result<(), Problem> {
        if old == new { Err(Problem::invalid_field("newPassword", "has to be another one")) } else { Ok(()) }
    }

    async fn hash_for(&self, account: &Account, password: String) -> Result<String, Problem> {
        let id = account.id.as_str().to_owned();
        let logins = self.run(move |connection| rows::logins(connection, &id)).await?;
        self.0.passwords.hash("newPassword", password, logins).await
    }
}

impl Made {
    fn signed(self) -> Result<SignedIn, Problem> {
        match self {
            Self::Opened(signed) => Ok(signed),
            Self::Taken => Err(Problem::conflict("login-taken", "Somebody signs in with this already.")),
            Self::OnlyByPassword => Err(Problem::forbidden(
                "With this phone signs in somebody who can do more than order; that takes the password.",
            )),
            Self::Refused(Checked::TooMany(wait)) => Err(Problem::too_many_requests(seconds(wait))),
            Self::Refused(Checked::Wrong | Checked::Fits) => Err(Problem::unauthenticated(
                "Phone and code do not belong together, or the code is over. Ask for another: POST /api/phone-codes.",
            )),
        }
    }
}

/// A login as it is looked for. One that nobody can have is looked for too, and takes as long.
fn key_of(login: &str) -> String {
    match Login::parse(login) {
        Ok(login) => login.as_str().to_owned(),
        Err(_) => format!("?{}", login.chars().take(64).collect::<String>()),
    }
}

fn wrong() -> Problem {
    Problem::unauthenticated("Login and password do not belong together.")
}

/// Somebody who has ordered by phone number and never chose a password.
fn is_a_guest(known: &Known) -> bool {
    known.account.role == Role::Customer && known.password.is_none() && known.disabled_at.is_none()
}

fn insert(
    connection: &Connection,
    account: &Account,
    login: &str,
    password: Option<&str>,
    now: i64,
) -> rusqlite::Result<()> {
    rows::insert(connection, &New { account, password, once_until: None, is_demo: false }, now)?;
    rows::give_login(connection, login, &account.id)?;
    Ok(())
}

fn open(
    connection: &Connection,
    live: &super::live::Live,
    opening: &Opening,
    visitor: &Visitor,
    now: i64,
) -> rusqlite::Result<()> {
    sessions::open(connection, live, opening, now)?;
    let actor = opening.signed.session.account.actor();
    audit::write(connection, &Entry::new(What::SignedIn).by(actor), visitor, now)
}
