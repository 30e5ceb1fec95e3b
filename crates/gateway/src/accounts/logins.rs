//! What somebody signs in with: a phone number, an e-mail address, or a name that was given to them.

use kernel::people::PersonId;
use kernel::phone::Mobile;
use platform::problem::Problem;

use super::{Accounts, rows};

/// The longest e-mail address there is.
const LONGEST_EMAIL: usize = 254;
/// The longest part of one before its `@`.
const LONGEST_MAILBOX: usize = 64;
/// The longest name.
const LONGEST_NAME: usize = 32;

/// The text cannot be signed in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "neither a Korean mobile number, nor an e-mail address, nor a name of 3 to 32 letters, digits, '-', '_' or '.'"
)]
pub struct NotALogin;

/// What somebody signs in with, written in the one way in which it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// A phone number.
    Phone(Mobile),
    /// An e-mail address, in small letters.
    Email(String),
    /// A name, in small letters: for people whose accounts are made for them.
    Name(String),
}

impl Login {
    /// Reads what somebody typed.
    ///
    /// # Errors
    /// When nobody can sign in with it.
    pub fn parse(text: &str) -> Result<Self, NotALogin> {
        let text = text.trim();
        if text.contains('@') {
            return email(text).map(Self::Email).ok_or(NotALogin);
        }
        if let Ok(phone) = Mobile::parse(text) {
            return Ok(Self::Phone(phone));
        }
        let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        // A mistyped number is no name.
        let fits = (3..=LONGEST_NAME).contains(&text.len())
            && text.bytes().all(is_of_a_name)
            && text.bytes().any(|byte| byte.is_ascii_alphabetic());
        if fits { Ok(Self::Name(text.to_ascii_lowercase())) } else { Err(NotALogin) }
    }

    /// The text that is kept.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_str(),
            Self::Email(text) | Self::Name(text) => text,
        }
    }
}

impl Accounts {
    /// What the account `id` signs in with; nothing where somebody else vouches for them.
    pub(crate) async fn logins(&self, id: &PersonId) -> Result<Vec<String>, Problem> {
        let id = id.clone();
        self.run(move |connection| rows::logins(connection, id.as_str())).await
    }
}

/// An address that mail could have. Whether anybody reads it only a letter would tell.
fn email(text: &str) -> Option<String> {
    let (mailbox, host) = text.rsplit_once('@')?;
    let is_plain =
        |text: &str| !text.chars().any(|c| c.is_whitespace() || c.is_control() || "@<>()[],;:\\\"".contains(c));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let dots = !mailbox.starts_with('.') && !mailbox.ends_with('.') && !mailbox.contains("..");
    let fits = text.len() <= LONGEST_EMAIL
        && (1..=LONGEST_MAILBOX).contains(&mailbox.len())
        && is_plain(mailbox)
        && dots
        && host.contains('.')
        && host.split('.').all(is_label);
    fits.then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_is_one_login_however_it_is_typed() {
        for (typed, kept) in [
            ("010-1234-5678", "01012345678"),
            ("+82 10 1234 5678", "01012345678"),
            (" Mina@Example.com ", "mina@example.com"),
            ("Operator", "operator"),
        ] {
            assert_eq!(Login::parse(typed).unwrap().as_str(), kept, "{typed}");
        }
    }

    #[test]
    fn what_nobody_can_sign_in_with_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for typed in [
            "",
            "ab",
            "010-1234-567",
            "@example.com",
            "a@b",
            "a b@example.com",
            "a@@example.com",
            "민아",
            "<script>",
            "a@-example.com",
            ".a@example.com",
            "a\n@example.com",
            &long,
            &"x".repeat(33),
        ] {
            assert_eq!(Login::parse(typed), Err(NotALogin), "{typed}");
        }
    }
}
