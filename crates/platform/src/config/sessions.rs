//! How long people stay signed in, and where they may sign in from elsewhere.

use jiff::SignedDuration;
use kernel::people::Role;
use serde::{Deserialize, Serialize};

use super::{SettingsError, span};

/// Sessions: each role's ends at the latest so long after signing in, and earlier when it is not used for so long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// The longest session of a customer.
    #[serde(with = "span")]
    pub customer: SignedDuration,
    /// How long a customer's session may go unused.
    #[serde(with = "span")]
    pub customer_idle: SignedDuration,
    /// The longest session of an owner.
    #[serde(with = "span")]
    pub owner: SignedDuration,
    /// How long an owner's session may go unused.
    #[serde(with = "span")]
    pub owner_idle: SignedDuration,
    /// The longest session of a rider.
    #[serde(with = "span")]
    pub rider: SignedDuration,
    /// How long a rider's session may go unused.
    #[serde(with = "span")]
    pub rider_idle: SignedDuration,
    /// The longest session of an operator.
    #[serde(with = "span")]
    pub operator: SignedDuration,
    /// How long an operator's session may go unused.
    #[serde(with = "span")]
    pub operator_idle: SignedDuration,
    /// How long it is kept who signed in and what was done with rights that few have.
    #[serde(with = "span")]
    pub audit: SignedDuration,
    /// How many codes may go to phones in an hour in all: each costs money, and strangers can ask for them.
    pub codes_an_hour: u32,
    /// How many of them for people at one address.
    pub codes_an_hour_each: u32,
    /// How many accounts people at one address may make in an hour.
    pub sign_ups_an_hour_each: u32,
    /// Whether browsers may send their session over plain HTTP; for a network that is trusted, and never for the open one.
    pub insecure_cookies: bool,
}

impl Default for Sessions {
    fn default() -> Self {
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        Self {
            customer: days(90),
            customer_idle: days(30),
            owner: days(14),
            owner_idle: days(3),
            rider: days(14),
            rider_idle: days(3),
            operator: SignedDuration::from_hours(12),
            operator_idle: SignedDuration::from_hours(1),
            audit: days(400),
            codes_an_hour: 1_000,
            codes_an_hour_each: 50,
            sign_ups_an_hour_each: 50,
            insecure_cookies: false,
        }
    }
}

impl Sessions {
    /// Refuses what would let nobody in, or keep nothing.
    pub(super) fn refuse_what_lets_nobody_in(&self) -> Result<(), SettingsError> {
        let lengths = Role::OF_PEOPLE.into_iter().flat_map(|role| <[_; 2]>::from(self.of(role)));
        if lengths.chain([self.audit]).any(|length| length < SignedDuration::from_mins(1)) {
            return Err(SettingsError::Incomplete("the lengths of sessions, and sessions.audit, are at least 1m"));
        }
        if [self.codes_an_hour, self.codes_an_hour_each, self.sign_ups_an_hour_each].contains(&0) {
            return Err(SettingsError::Incomplete(
                "sessions.codes_an_hour, codes_an_hour_each and sign_ups_an_hour_each are at least 1",
            ));
        }
        Ok(())
    }

    /// The longest session of `role`, and how long it may go unused.
    pub const fn of(&self, role: Role) -> (SignedDuration, SignedDuration) {
        match role {
            Role::Customer => (self.customer, self.customer_idle),
            Role::Owner => (self.owner, self.owner_idle),
            Role::Rider => (self.rider, self.rider_idle),
            Role::Operator | Role::Service => (self.operator, self.operator_idle),
        }
    }
}

/// Signing in with Kakao.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kakao {
    /// The key of our application; without one there is no such sign-in.
    pub client_id: String,
    /// Who vouches for people: Kakao, or `baedal stub kakao`.
    pub issuer: String,
    /// Where Kakao leads people back to, as it is registered there: `https://<your address>/sign-in/kakao/callback`.
    /// Without one it is that of `public_address`, or this machine's.
    pub redirect: String,
}

impl Default for Kakao {
    fn default() -> Self {
        Self { client_id: String::new(), issuer: "https://kauth.kakao.com".to_owned(), redirect: String::new() }
    }
}
