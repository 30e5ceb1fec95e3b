//! The published events of all five contexts, and the envelope they travel in.
//!
//! A payload changes only by addition; anything else is a new version beside the old.

pub mod app;
pub mod customer;
pub mod delivery;
pub mod pay;
pub mod store;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use uuid::Uuid;

use crate::personal::PersonalData;
use crate::{Context, Time};

/// An event that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableEvent {
    /// A type that this version does not know.
    #[error("unknown event type {0}")]
    UnknownType(String),
    /// A body that does not fit its type.
    #[error("the body of {name} does not fit its type")]
    Body {
        /// The event's type.
        name: String,
        /// What serde says.
        source: serde_json::Error,
    },
}

/// The events of one context.
pub trait DomainEvent: Clone + std::fmt::Debug + PartialEq + Send + Sync + 'static {
    /// Whose events these are.
    const CONTEXT: Context;
    /// Every type's name, in the order of the wall.
    const NAMES: &'static [&'static str];

    /// The shape of each type's body as it is published, in the order of [`DomainEvent::NAMES`].
    fn shapes(settings: &SchemaSettings) -> Vec<Schema>;

    /// The type's name, without context and version.
    fn name(&self) -> &'static str;

    /// The body as JSON, without personal data.
    fn body(&self) -> Result<String, serde_json::Error>;

    /// The private part, where the type has one and it was not erased.
    fn personal(&self) -> Option<&PersonalData>;

    /// Reads an event back.
    fn read(name: &str, body: &str, personal: Option<PersonalData>) -> Result<Self, UnreadableEvent>;
}

/// An event as its log holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    /// `<log id>/<position>`, unique everywhere.
    pub id: String,
    /// The position in its context's log.
    pub position: u64,
    /// The order (or store) it is about.
    pub subject: Uuid,
    /// The number of the event within its stream, from 1.
    pub version: u64,
    /// When it was recorded.
    pub at: Time,
    /// What caused it: an event's id, or who acted.
    pub causation: String,
    /// The W3C trace it belongs to.
    pub trace: Option<String>,
    /// What happened.
    pub event: E,
}

/// Defines a context's events: one struct each, gathered in an enum that can be stored and read back.
macro_rules! events {
    (
        $(#[$enum_doc:meta])* $Enum:ident of $context:expr;
        $( $(#[$doc:meta])* $Name:ident { $( $(#[$field_doc:meta])* $field:ident : $Type:ty ),* $(,)? } $(+ $private:ident)? )+
    ) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
            #[serde(rename_all = "camelCase")]
            pub struct $Name {
                $( $(#[$field_doc])* pub $field: $Type, )*
                $(
                    /// What can be erased; never part of the body.
                    #[serde(skip)]
                    pub $private: Option<Box<crate::personal::PersonalData>>,
                )?
            }

            impl From<$Name> for $Enum {
                fn from(event: $Name) -> Self {
                    Self::$Name(event)
                }
            }
        )+

        $(#[$enum_doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at its struct")]
        pub enum $Enum {
            $( $Name($Name), )+
        }

        impl crate::events::DomainEvent for $Enum {
            const CONTEXT: crate::Context = $context;
            const NAMES: &'static [&'static str] = &[$( stringify!($Name), )+];

            fn shapes(settings: &schemars::generate::SchemaSettings) -> Vec<schemars::Schema> {
                vec![$( settings.clone().into_generator().into_root_schema_for::<$Name>(), )+]
            }

            fn name(&self) -> &'static str {
                match self {
                    $( Self::$Name(_) => stringify!($Name), )+
                }
            }

            fn body(&self) -> Result<String, serde_json::Error> {
                match self {
                    $( Self::$Name(event) => serde_json::to_string(event), )+
                }
            }

            fn personal(&self) -> Option<&crate::personal::PersonalData> {
                match self {
                    $( Self::$Name(_event) => crate::events::events!(@personal _event $($private)?), )+
                }
            }

            fn read(
                name: &str,
                body: &str,
                personal: Option<crate::personal::PersonalData>,
            ) -> Result<Self, crate::events::UnreadableEvent> {
                let _ = &personal;
                match name {
                    $( stringify!($Name) => {
                        let event: $Name = serde_json::from_str(body).map_err(|source| {
                            crate::events::UnreadableEvent::Body { name: name.to_owned(), source }
                        })?;
                        $( let event = $Name { $private: personal.map(Box::new), ..event }; )?
                        Ok(Self::$Name(event))
                    } )+
                    _ => Err(crate::events::UnreadableEvent::UnknownType(name.to_owned())),
                }
            }
        }
    };
    (@personal $event:ident) => { None };
    (@personal $event:ident $private:ident) => { $event.$private.as_deref() };
}
pub(crate) use events;
