//! What a message looks like as a short message, and to which number it goes.

use encoding_rs::EUC_KR;
use kernel::phone::digits;
use serde::Serialize;

use crate::domain::templates::Rendered;
use crate::ports::{Message, codes};

/// The most bytes of a short message; what is longer goes as a long one.
const SHORT: usize = 90;

/// A message for phones without the messenger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Short {
    /// Short or long.
    pub(super) size: Size,
    /// The title, which only a long one has.
    pub(super) title: Option<String>,
    /// The text, in signs that every phone can show.
    pub(super) text: String,
}

/// How much fits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Size {
    /// 90 bytes.
    Sms,
    /// 2,000 bytes and a title.
    Lms,
}

/// The short form of `whole`. It is never cut: with long values it goes as a long message.
pub(super) fn short(whole: &Rendered) -> Short {
    let text = showable(&whole.sms);
    let size = if EUC_KR.encode(&text).0.len() <= SHORT { Size::Sms } else { Size::Lms };
    let title = (size == Size::Lms).then(|| showable(&whole.title));
    Short { size, title, text }
}

/// Short messages are written in EUC-KR; one sign outside it and a provider refuses the whole.
fn showable(text: &str) -> String {
    let is_showable = |c: char| !EUC_KR.encode(c.encode_utf8(&mut [0; 4])).2;
    text.chars().map(|c| if is_showable(c) { c } else { '?' }).collect()
}

/// The number and the words of `message`, or the code of ours for why no provider can be asked to bring it.
pub(super) fn deliverable(message: &Message) -> Result<(String, &Rendered), &'static str> {
    let phone = number(message)?;
    let whole = message.whole.as_ref().ok_or(codes::NO_TEMPLATE)?;
    Ok((phone, whole))
}

/// The number that `message` goes to, or the code of ours for why it goes to none.
pub(super) fn number(message: &Message) -> Result<String, &'static str> {
    let phone = message.phone.as_deref().ok_or(codes::NO_PHONE)?;
    digits(phone).ok_or(codes::BAD_PHONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(sms: &str) -> Rendered {
        Rendered {
            code: "BD_PLACED_KO".to_owned(),
            title: "주문 완료".to_owned(),
            subtitle: String::new(),
            text: String::new(),
            sms: sms.to_owned(),
            button: None,
            variables: Vec::new(),
        }
    }

    #[test]
    fn up_to_ninety_bytes_go_short_and_more_goes_long_and_whole() {
        let fits = format!("{}{}", "가".repeat(44), "ab");
        let sms = Short { size: Size::Sms, title: None, text: fits.clone() };
        assert_eq!(short(&whole(&fits)), sms);
        let long = short(&whole(&format!("{fits}c")));
        assert_eq!((long.size, long.text.len(), long.title.as_deref()), (Size::Lms, fits.len() + 1, Some("주문 완료")));
    }

    #[test]
    fn signs_that_no_phone_shows_do_not_fail_the_rest() {
        assert_eq!(short(&whole("[배달] 🍗₩ 접수")).text, "[배달] ?? 접수");
    }

    #[test]
    fn numbers_are_written_as_providers_take_them() {
        for written in ["010-1234-5678", "010 1234 5678", "+82 10-1234-5678", "+82 (0)10.1234.5678", "01012345678"] {
            assert_eq!(digits(written).as_deref(), Some("01012345678"), "{written}");
        }
        assert_eq!(digits("02-123-4567").as_deref(), Some("021234567"));
        for rubbish in ["", "12345", "+1 555 0100", "010-12", "전화", "010-1234-5678 내선 3", "1234567890123"] {
            assert_eq!(digits(rubbish), None, "{rubbish}");
        }
    }
}
