//! Published events in their envelope: CloudEvents 1.0 in JSON, without personal data.

use kernel::{Context, Time};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::store::{StoreError, StoredEvent};

/// An event as it is published.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CloudEvent<'a> {
    /// The version of CloudEvents.
    #[schemars(extend("const" = "1.0"))]
    specversion: &'static str,
    /// The log's id and the position in it: an event that comes again has the same.
    #[schemars(regex(pattern = "^[^/]+/[1-9][0-9]*$"))]
    id: String,
    /// What happened, and in which version it is told.
    r#type: String,
    /// Whose log it stands in.
    source: String,
    /// The order or store that it is about.
    subject: Uuid,
    /// When it was recorded.
    time: Time,
    /// The number of the event within its subject, from 1.
    #[schemars(regex(pattern = "^[1-9][0-9]*$"))]
    sequence: String,
    /// The order or store that all of this is about.
    correlationid: Uuid,
    /// The id of the event that caused it, or the role and the request that did.
    causationid: &'a str,
    /// The W3C trace that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    /// The media type of the data.
    #[schemars(extend("const" = "application/json"))]
    datacontenttype: &'static str,
    /// The event itself.
    #[schemars(with = "serde_json::Value")]
    data: &'a RawValue,
}

impl<'a> CloudEvent<'a> {
    /// The envelope of `event`, which stands in the log `log` of `context`. The private part stays behind.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when the stored body is not JSON.
    pub fn of(context: Context, log: &str, event: &'a StoredEvent) -> Result<Self, StoreError> {
        let data = serde_json::from_str(&event.body).map_err(|error| {
            StoreError::Unreadable(format!("{context}'s event at {} is not JSON: {error}", event.position))
        })?;
        Ok(Self {
            specversion: "1.0",
            id: format!("{log}/{}", event.position),
            r#type: type_of(context, &event.name),
            source: format!("/{context}"),
            subject: event.subject,
            time: event.at,
            sequence: event.version.to_string(),
            correlationid: event.subject,
            causationid: &event.causation,
            traceparent: event.trace.as_deref(),
            datacontenttype: "application/json",
            data,
        })
    }
}

/// The published type of an event: `baedal.<context>.<Event>.v1`.
pub fn type_of(context: Context, name: &str) -> String {
    format!("baedal.{context}.{name}.v1")
}
