//! How long people stay signed in, and where they may sign in from elsewhere.

use jiff::SignedDuration;
use kernel::people::Role;
use serde::{Deserialize, Serialize};

use super::span;

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
            insecure_cookies: false,
        }
    }
}

impl Sessions {
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
