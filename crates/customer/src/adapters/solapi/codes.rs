//! Solapi's codes, sorted by what they mean for a notice.
//!
//! 2000 is accepted, 3000 handed on, 4000 received. Of the codes for failures no full table is public: one that is not
//! known counts as a failure for good, so that nobody waits for a message that will not come.

use jiff::SignedDuration;
use kernel::Time;
use kernel::events::customer::Channel;
use reqwest::StatusCode;

use super::wire::{Answered, Message, Sent};
use crate::adapters::answers;
use crate::ports::{Found, HandOver};

/// How long a short message may take to be made of one that failed.
const REPLACED_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// What a request to send came to.
pub(super) fn judged(status: StatusCode, answered: &Answered<Sent>) -> HandOver {
    match answered {
        Answered::Error(error) => refused(&error.error_code, is_for_good(&error.error_code)),
        Answered::Body(_) if !status.is_success() => HandOver::Unknown,
        Answered::Body(sent) => match sent.failed_message_list.first() {
            Some(failed) => refused(&failed.status_code, !is_for_now(&failed.status_code)),
            // A good status with nothing accepted is a refusal all the same.
            None if sent.nothing_accepted() => refused("NOTHING_ACCEPTED", true),
            None => HandOver::Accepted,
        },
    }
}

fn refused(code: &str, permanent: bool) -> HandOver {
    HandOver::Refused { code: answers::code(code), permanent }
}

/// Whether a request refused with this name is refused again.
pub(super) fn is_for_good(error_code: &str) -> bool {
    match error_code {
        // Clocks that differ, a salt that was used, no money, too many at once, their own fault.
        "RequestTimeTooSkewed"
        | "DuplicatedSignature"
        | "NotEnoughBalance"
        | "TooManyRequests"
        | "InternalError"
        | "InternalServerError"
        | "ServiceUnavailable" => false,
        // Keys, signatures, numbers, templates.
        _ => true,
    }
}

/// Whether a message that failed with this code may be taken when it comes again: busy, out of money, the system.
fn is_for_now(code: &str) -> bool {
    matches!(code, "1001" | "1030" | "9998" | "9999" | "K998" | "K999")
}

/// What became of a message. Where a short message is still to be made of one that failed (`is_replaced`), the failure
/// is not the end for a while.
pub(super) fn became(message: &Message, is_replaced: bool, now: Time) -> Found {
    let code = message.status_code.as_str();
    let by = if message.is_short() { Channel::Sms } else { Channel::AlimTalk };
    let is_fresh = || message.changed_at().is_some_and(|at| now.duration_since(at) < REPLACED_WITHIN);
    match code {
        "4000" => Found::Delivered { by },
        "3000" => Found::Pending,
        // Sent, and whether it was received is not known.
        "3005" | "K997" => Found::Unknown,
        code if code.starts_with('2') || code.is_empty() => Found::Pending,
        _ if is_replaced && is_fresh() => Found::Pending,
        code => Found::Failed { code: answers::code(code), permanent: !is_for_now(code), times: 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::at;

    fn message(kind: &str, code: &str) -> Message {
        Message {
            kind: kind.to_owned(),
            status_code: code.to_owned(),
            date_updated: "2026-11-22T18:42:00+09:00".to_owned(),
            ..Message::default()
        }
    }

    #[test]
    fn a_message_is_delivered_by_the_messenger_or_as_a_short_message() {
        let now = at("18:42:01");
        for (kind, by) in [("ATA", Channel::AlimTalk), ("SMS", Channel::Sms), ("LMS", Channel::Sms)] {
            assert_eq!(became(&message(kind, "4000"), false, now), Found::Delivered { by });
        }
        let replacement = Message { replacement: Some(true), ..message("", "4000") };
        assert_eq!(became(&replacement, false, now), Found::Delivered { by: Channel::Sms });
    }

    #[test]
    fn what_is_accepted_or_handed_on_is_on_its_way() {
        for code in ["2000", "2100", "3000", ""] {
            assert_eq!(became(&message("ATA", code), false, at("19:42:00")), Found::Pending, "{code}");
        }
    }

    #[test]
    fn a_failure_is_not_the_end_while_a_short_message_may_still_come() {
        let failed = message("ATA", "3104");
        let for_good = Found::Failed { code: "3104".into(), permanent: true, times: 1 };
        assert_eq!(became(&failed, true, at("18:42:30")), Found::Pending);
        assert_eq!(became(&failed, true, at("18:43:01")), for_good);
        assert_eq!(became(&failed, false, at("18:42:30")), for_good);
    }

    #[test]
    fn what_failed_says_whether_trying_again_is_pointless() {
        let permanent = |code: &str| match became(&message("ATA", code), false, at("18:50:00")) {
            Found::Failed { permanent, .. } => permanent,
            other => panic!("{other:?}"),
        };
        assert!(["3104", "1062", "3107", "5555"].map(permanent).iter().all(|permanent| *permanent));
        assert!(!["1030", "K998", "9999"].map(permanent).iter().any(|permanent| *permanent));
        assert_eq!(became(&message("ATA", "K997"), false, at("18:50:00")), Found::Unknown);
    }

    #[test]
    fn names_of_errors_are_sorted() {
        for name in ["InvalidAPIKey", "SignatureDoesNotMatch", "ValidationError", "Anything"] {
            assert!(is_for_good(name), "{name}");
        }
        for name in ["RequestTimeTooSkewed", "DuplicatedSignature", "NotEnoughBalance"] {
            assert!(!is_for_good(name), "{name}");
        }
    }
}
