//! Published events in their envelope: CloudEvents 1.0 in JSON, without personal data.

use kernel::{Context, Time};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::store::{StoreError, StoredEvent};

/// An event as it is published.
#[derive(Debug, Serialize)]
pub struct CloudEvent<'a> {
    specversion: &'static str,
    id: String,
    r#type: String,
    source: String,
    subject: Uuid,
    time: Time,
    sequence: String,
    correlationid: Uuid,
    causationid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    datacontenttype: &'static str,
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
