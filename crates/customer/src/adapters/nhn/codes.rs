//! NHN Cloud's codes, sorted by what they mean for a notice.

use kernel::events::customer::Channel;

use super::wire;
use crate::adapters::answers;
use crate::ports::Found;

/// What a code of the interface means for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The same request was made within ten minutes.
    Repeated,
    /// The same again is refused again.
    ForGood,
    /// The same again may be taken.
    ForNow,
}

/// Why a request with this result code came to nothing; `None` for 0, which is success.
pub(super) const fn refusal(code: i64) -> Option<Refusal> {
    match code {
        0 => None,
        -1005 => Some(Refusal::Repeated),
        // The parameters, the keys, the numbers, the sender's profile, the template, what fills it in.
        4
        | -1003..=-1000
        | -1006
        | -1014
        | -1016
        | -1030..=-1018
        | -2005..=-2000
        | -2017
        | -2502
        | -3005..=-3002
        | -3011..=-3010
        | -4003
        | -5000 => Some(Refusal::ForGood),
        // The day's volume, all recipients without a word why, the system, and what is new.
        _ => Some(Refusal::ForNow),
    }
}

/// What became of a message.
pub(super) fn became(message: &wire::Message) -> Found {
    match (message.message_status.as_str(), message.resend_status.as_str()) {
        (_, "RSC04") => Found::Delivered { by: Channel::Sms },
        (_, "RSC02" | "RSC03") => Found::Pending,
        (_, "RSC05") => failed([&message.resend_result_code, &message.result_code], true),
        ("COMPLETED" | "FAILED", _) => received(&message.result_code),
        ("CANCEL", _) => failed(["CANCEL", ""], true),
        _ => Found::Pending,
    }
}

/// What a code of the messenger means, without a short message after it.
fn received(code: &str) -> Found {
    match code {
        "1000" => Found::Delivered { by: Channel::AlimTalk },
        // Sent, and whether it was received is not known.
        "3005" | "" => Found::Unknown,
        // Busy, out of time, the system.
        "1001" | "2000" | "9998" | "9999" => failed([code, ""], false),
        // The number, the template, no user of the messenger, one who blocks the channel.
        _ => failed([code, ""], true),
    }
}

fn failed(codes: [&str; 2], permanent: bool) -> Found {
    let code = codes.into_iter().find(|code| !code.is_empty()).unwrap_or("FAILED");
    Found::Failed { code: answers::code(code), permanent, times: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(status: &str, result: &str, resend: &str, short: &str) -> wire::Message {
        wire::Message {
            message_status: status.to_owned(),
            result_code: result.to_owned(),
            resend_status: resend.to_owned(),
            resend_result_code: short.to_owned(),
            ..wire::Message::default()
        }
    }

    fn for_good(code: &'static str) -> Found {
        Found::Failed { code: code.into(), permanent: true, times: 1 }
    }

    #[test]
    fn every_known_code_of_the_interface_is_sorted() {
        assert_eq!(refusal(0), None);
        assert_eq!(refusal(-1005), Some(Refusal::Repeated));
        for code in [
            4, -1000, -1001, -1002, -1003, -1006, -1027, -1028, -2000, -2005, -2017, -2502, -3002, -3003, -3004, -3005,
            -3010, -3011, -4003, -5000,
        ] {
            assert_eq!(refusal(code), Some(Refusal::ForGood), "{code}");
        }
        for code in [-1017, -2999, -9998, -9999, -7777] {
            assert_eq!(refusal(code), Some(Refusal::ForNow), "{code}");
        }
    }

    #[test]
    fn a_message_is_delivered_by_the_messenger_or_as_a_short_message() {
        assert_eq!(became(&message("COMPLETED", "1000", "RSC01", "")), Found::Delivered { by: Channel::AlimTalk });
        assert_eq!(became(&message("FAILED", "3018", "RSC04", "0")), Found::Delivered { by: Channel::Sms });
    }

    #[test]
    fn a_message_that_is_to_be_resent_is_still_on_its_way() {
        for (status, resend) in [("", ""), ("READY", "RSC01"), ("FAILED", "RSC02"), ("FAILED", "RSC03")] {
            assert_eq!(became(&message(status, "3018", resend, "")), Found::Pending, "{status} {resend}");
        }
    }

    #[test]
    fn what_failed_says_whether_trying_again_is_pointless() {
        for code in ["1002", "1003", "3018", "3024", "3026", "3027", "3032", "3033", "3034", "3050", "4242"] {
            assert_eq!(
                became(&message("FAILED", code, "RSC01", "")),
                Found::Failed { code: code.into(), permanent: true, times: 1 }
            );
        }
        for code in ["1001", "2000", "9998", "9999"] {
            assert_eq!(
                became(&message("FAILED", code, "RSC01", "")),
                Found::Failed { code: code.into(), permanent: false, times: 1 }
            );
        }
        assert_eq!(became(&message("FAILED", "3018", "RSC05", "E901")), for_good("E901"));
        assert_eq!(became(&message("FAILED", "3018", "RSC05", "")), for_good("3018"));
        assert_eq!(became(&message("CANCEL", "", "", "")), for_good("CANCEL"));
        assert_eq!(became(&message("FAILED", "3005", "RSC01", "")), Found::Unknown);
    }
}
