//! The signature of a request to Solapi.

use hmac::{Hmac, Mac};
use platform::config::Secret;
use sha2::Sha256;

/// The header `Authorization` of a request made at `date` (ISO 8601), with a `salt` that was never used before.
pub(super) fn header(key: &Secret, secret: &Secret, date: &str, salt: &str) -> String {
    let signature = signature(secret, date, salt);
    format!("HMAC-SHA256 apiKey={}, date={date}, salt={salt}, signature={signature}", key.reveal())
}

/// HMAC-SHA256 over date and salt, in hexadecimal.
pub(super) fn signature(secret: &Secret, date: &str, salt: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).expect("this signature takes keys of every length");
    mac.update(date.as_bytes());
    mac.update(salt.as_bytes());
    let digit = |half: u8| char::from_digit(u32::from(half), 16);
    let bytes = mac.finalize().into_bytes();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_rfc_4231() {
        let secret = Secret::new("Jefe");
        assert_eq!(
            signature(&secret, "what do ya want ", "for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn the_header_names_the_key_and_not_the_secret() {
        let header = header(&Secret::new("KEY"), &Secret::new("hidden"), "2026-11-22T10:00:00Z", "abcdefghijkl");
        assert!(header.starts_with("HMAC-SHA256 apiKey=KEY, date=2026-11-22T10:00:00Z, salt=abcdefghijkl, signature="));
        assert!(!header.contains("hidden"));
    }
}
