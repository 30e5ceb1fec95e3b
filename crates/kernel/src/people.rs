//! Who acts.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::StoreId;

/// The text cannot be a person's id: 1 to 64 letters, digits, `-`, `_` or `.` are allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a person's id: 1 to 64 letters, digits, '-', '_' or '.'")]
pub struct NotAPersonId;

/// A person as the sign-in knows them; opaque to the contexts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
pub struct PersonId(#[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,64}$"))] String);

impl PersonId {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, NotAPersonId> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAPersonId) }
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PersonId {
    type Error = NotAPersonId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl std::fmt::Display for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Someone who runs stores.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Who it is.
    pub id: PersonId,
    /// The stores that are theirs.
    pub stores: Arc<BTreeSet<StoreId>>,
}

impl Owner {
    /// `id`, who runs `stores`.
    pub fn new(id: PersonId, stores: impl IntoIterator<Item = StoreId>) -> Self {
        Self { id, stores: Arc::new(stores.into_iter().collect()) }
    }

    /// Whether `store` is theirs.
    pub fn owns(&self, store: StoreId) -> bool {
        self.stores.contains(&store)
    }
}

/// Who gives a command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A customer.
    Customer(PersonId),
    /// Someone who runs stores.
    Owner(Owner),
    /// A rider.
    Rider(PersonId),
    /// Someone of the platform's own staff.
    Operator(PersonId),
    /// Another service of ours.
    Service(PersonId),
}

impl Actor {
    /// What this one acts as.
    pub const fn role(&self) -> Role {
        match self {
            Self::Customer(_) => Role::Customer,
            Self::Owner(_) => Role::Owner,
            Self::Rider(_) => Role::Rider,
            Self::Operator(_) => Role::Operator,
            Self::Service(_) => Role::Service,
        }
    }

    /// Who it is.
    pub const fn id(&self) -> &PersonId {
        match self {
            Self::Owner(owner) => &owner.id,
            Self::Customer(id) | Self::Rider(id) | Self::Operator(id) | Self::Service(id) => id,
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.role(), self.id())
    }
}

/// What somebody acts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Orders and pays.
    Customer,
    /// Runs stores.
    Owner,
    /// Brings what was ordered.
    Rider,
    /// Is of the platform's own staff.
    Operator,
    /// Is another service of ours.
    Service,
}

impl Role {
    /// Every role that a person can have.
    pub const OF_PEOPLE: [Self; 4] = [Self::Customer, Self::Owner, Self::Rider, Self::Operator];

    /// The role as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Owner => "owner",
            Self::Rider => "rider",
            Self::Operator => "operator",
            Self::Service => "service",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
