//! The waits of an order's life, and how a length of time is written.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

macro_rules! waits {
    ($($(#[$doc:meta])+ $name:ident = $seconds:expr),+ $(,)?) => {
        /// Every wait that has a timer, each written like `10m`, `60s`, `500ms` or `90d`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Waits {
            $($(#[$doc])+ #[serde(with = "span")] pub $name: SignedDuration,)+
        }

        impl Default for Waits {
            fn default() -> Self {
                Self { $($name: SignedDuration::from_secs($seconds),)+ }
            }
        }
    };
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

waits! {
    /// How long an order is held unpaid, from its creation.
    unpaid_hold = 10 * MINUTE,
    /// How long the hold lasts at least after an attempt to pay was resolved.
    hold_after_attempt = 2 * MINUTE,
    /// How long after the call's deadline an outcome is doubted.
    payment_outcome_margin = 5,
    /// An approval later than this after the attempt is refunded at once.
    late_approval = 10 * MINUTE,
    /// An attempt unresolved for this long is told to the operator.
    payment_unresolved = HOUR,
    /// An attempt that the provider does not know after this was not charged.
    not_found_at_provider = 2 * MINUTE,
    /// A ticket that nobody answers for this long is rejected.
    owner_silent = 10 * MINUTE,
    /// An order whose store was not heard of for this long is cancelled.
    store_unreachable = HOUR,
    /// A cancel that the store does not answer for this long is decided for the customer.
    cancel_unanswered = 3 * MINUTE,
    /// How much longer that takes while the store's log cannot be read.
    cancel_unreadable_grace = 10 * MINUTE,
    /// Cooking starts by itself this long after acceptance, where a store does not set it otherwise.
    cooking_not_pressed = MINUTE,
    /// The kitchen is late this long after the food should have been ready.
    kitchen_late = 15 * MINUTE,
    /// Said again after this.
    kitchen_late_again = 10 * MINUTE,
    /// No rider is missed until this long before the food is ready.
    no_rider = 10 * MINUTE,
    /// Said again after this.
    no_rider_again = 10 * MINUTE,
    /// The rider is late this long after the food was ready.
    rider_late_after_ready = 15 * MINUTE,
    /// The rider is late this long after the delivery started.
    rider_late_after_start = HOUR,
    /// A pick-up that nobody collects for this long is told to the operator, repeatedly.
    pickup_uncollected = HOUR,
    /// A failed delivery left open for this long is told to the operator, repeatedly.
    failed_open = 30 * MINUTE,
    /// A notice older than this is skipped when a later status is queued.
    notice_overtaken = MINUTE,
    /// A notice that fails for this long is given up, and the next goes.
    notice_failing = 5 * MINUTE,
    /// Personal data is erased this long after an order's end.
    personal_data = 90 * DAY,
    /// A refund pending for this long is told to the operator.
    refund_pending = HOUR,
    /// How long the way to the customer is thought to take.
    way = 15 * MINUTE,
}

/// How a length of time is written in settings: `10m`, `1h 30m`, `500ms`, `90d`; a day has 24 hours.
pub mod span {
    use jiff::SignedDuration;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Reads a length of time that is not negative.
    pub fn parse(text: &str) -> Option<SignedDuration> {
        let length = match text.trim().strip_suffix('d').map(str::trim).map(str::parse::<u32>) {
            Some(Ok(days)) => SignedDuration::from_hours(i64::from(days) * 24),
            Some(Err(_)) | None => text.trim().parse().ok()?,
        };
        Some(length).filter(|length| !length.is_negative())
    }

    /// Writes it as it can be read.
    pub fn serialize<S: Serializer>(length: &SignedDuration, to: S) -> Result<S::Ok, S::Error> {
        let days = length.as_hours() / 24;
        if days > 0 && *length == SignedDuration::from_hours(days * 24) {
            return to.serialize_str(&format!("{days}d"));
        }
        to.serialize_str(&format!("{length:#}").replace(' ', ""))
    }

    /// Reads it, or says how it is written.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SignedDuration, D::Error> {
        let text = String::deserialize(from)?;
        parse(&text)
            .ok_or_else(|| D::Error::custom(format!("\"{text}\" is not a length of time like 10m, 60s, 500ms or 90d")))
    }
}
