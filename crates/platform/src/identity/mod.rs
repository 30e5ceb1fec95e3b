//! Who a request comes from, as our services tell each other: signed, short-lived, and for one request only.
//!
//! The gateway turns a session into an identity. Within a process it hands it over as an extension of the request, which
//! nothing from outside can set. To another process it is signed ([`Signer`]); what listens at a port takes nothing else
//! ([`Gate`]). So whoever reaches a service's port without one is nobody at all, and is refused.

mod gate;
mod keys;
mod signer;
mod token;

use kernel::people::{Actor, Role};

pub use gate::Gate;
pub use keys::{Keys, PATH as KEYS_PATH};
pub use signer::Signer;
pub use token::{IDENTITY_HEADER, Refusal};

/// Who a request comes from; among the extensions of every request that has passed an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Somebody who is not signed in.
    Nobody,
    /// This one.
    Somebody(Actor),
}

impl Identity {
    /// The role, where somebody is signed in.
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::Nobody => None,
            Self::Somebody(actor) => Some(actor.role()),
        }
    }

    /// Who it is, where somebody is signed in.
    pub const fn actor(&self) -> Option<&Actor> {
        match self {
            Self::Nobody => None,
            Self::Somebody(actor) => Some(actor),
        }
    }
}

#[cfg(test)]
mod tests;
