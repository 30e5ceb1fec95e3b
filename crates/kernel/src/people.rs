//! Who acts.

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

/// Who gives a command.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "role", content = "id")]
pub enum Actor {
    /// A customer.
    Customer(PersonId),
    /// The owner of this store.
    Owner(StoreId),
    /// A rider.
    Rider(PersonId),
    /// Someone of the platform's own staff.
    Operator(PersonId),
    /// Another service of ours.
    Service(PersonId),
}

/// The text does not name an actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an actor: customer/<id>, owner/<storeId>, rider/<id>, operator/<id> or service/<name>")]
pub struct NotAnActor;

impl Actor {
    /// Reads `role/id`, as the `Baedal-Actor` header has it.
    pub fn parse(text: &str) -> Result<Self, NotAnActor> {
        let (role, id) = text.split_once('/').ok_or(NotAnActor)?;
        let person = || PersonId::parse(id).map_err(|_| NotAnActor);
        match role {
            "customer" => Ok(Self::Customer(person()?)),
            "owner" => StoreId::parse(id).map(Self::Owner).map_err(|_| NotAnActor),
            "rider" => Ok(Self::Rider(person()?)),
            "operator" => Ok(Self::Operator(person()?)),
            "service" => Ok(Self::Service(person()?)),
            _ => Err(NotAnActor),
        }
    }

    /// The role alone.
    pub const fn role(&self) -> &'static str {
        match self {
            Self::Customer(_) => "customer",
            Self::Owner(_) => "owner",
            Self::Rider(_) => "rider",
            Self::Operator(_) => "operator",
            Self::Service(_) => "service",
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Owner(store) => write!(f, "owner/{store}"),
            Self::Customer(id) | Self::Rider(id) | Self::Operator(id) | Self::Service(id) => {
                write!(f, "{}/{id}", self.role())
            }
        }
    }
}
