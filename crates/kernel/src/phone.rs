//! Korean phone numbers, as people write them and as they are kept.

use serde::{Deserialize, Serialize};

/// The text is not the number of a Korean mobile phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Korean mobile number like 010-1234-5678")]
pub struct NotAMobile;

/// The number of a Korean mobile phone: digits from 0 on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Mobile(String);

impl Mobile {
    /// Reads a number, however it is written.
    ///
    /// # Errors
    /// When no mobile phone can have it: they begin with 010, and older ones with 011 and 016 to 019.
    pub fn parse(text: &str) -> Result<Self, NotAMobile> {
        let digits = digits(text).ok_or(NotAMobile)?;
        let new = digits.starts_with("010") && digits.len() == 11;
        let old = ["011", "016", "017", "018", "019"].iter().any(|begin| digits.starts_with(begin))
            && (10..=11).contains(&digits.len());
        if new || old { Ok(Self(digits)) } else { Err(NotAMobile) }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Mobile {
    type Error = NotAMobile;

    fn try_from(text: String) -> Result<Self, NotAMobile> {
        Self::parse(&text)
    }
}

/// A Korean phone number as digits from 0 on, or nothing where it is none.
pub fn digits(phone: &str) -> Option<String> {
    if phone.chars().any(|c| !c.is_ascii_digit() && !" -().+".contains(c)) {
        return None;
    }
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let digits = match digits.strip_prefix("82").filter(|_| phone.trim_start().starts_with('+')) {
        Some(rest) => format!("0{}", rest.trim_start_matches('0')),
        None => digits,
    };
    (digits.starts_with('0') && (9..=12).contains(&digits.len())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for text in ["010-1234-5678", "01012345678", "+82 10 1234 5678", " (010) 1234.5678 ", "+82-010-1234-5678"] {
            assert_eq!(Mobile::parse(text).map(|phone| phone.0), Ok("01012345678".to_owned()), "{text}");
        }
    }

    #[test]
    fn what_no_mobile_phone_has_is_none() {
        for text in
            ["", "02-123-4567", "010-123-4567", "0101234567890", "mina", "010-1234-567a", "１０", "82 10 1234 5678"]
        {
            assert_eq!(Mobile::parse(text), Err(NotAMobile), "{text}");
        }
        assert!(Mobile::parse("011-123-4567").is_ok(), "old numbers live on");
    }
}
