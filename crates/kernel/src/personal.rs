//! What an event keeps apart in its `private` part, so that it can be erased without touching the event.

use serde::{Deserialize, Serialize};

/// Everything about a person that an event may carry. It never stands in an event's body, in logs,
/// metrics, urls or the public event stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PersonalData {
    /// Phone number of the orderer, as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where the food goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<Requests>,
    /// The random token of the message link (`/o/{token}`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_token: Option<String>,
    /// Why the customer cancels, in their own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// An address as people write it, with its place where known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Address {
    /// The road address.
    pub road: String,
    /// Floor, flat, door.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// Latitude in degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// Longitude in degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lng: Option<f64>,
}

// Coordinates are parsed from JSON, which has no NaN, so equality is total.
impl Eq for Address {}

/// What the customer asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Requests {
    /// To the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub store: Option<String>,
    /// To the rider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub rider: Option<String>,
    /// How to hand over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handover: Option<Handover>,
    /// Whether cutlery is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cutlery: Option<bool>,
}

/// How the food is handed over.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Handover {
    /// Left at the door.
    #[default]
    LeaveAtDoor,
    /// Handed to the customer.
    HandToMe,
    /// Left with the guard.
    Guard,
    /// Met in the lobby.
    Lobby,
}
