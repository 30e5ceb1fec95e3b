//! Who takes the money and who carries the messages. What is secret comes from the environment alone.

use serde::{Deserialize, Serialize};

use super::SettingsError;

/// Who takes payments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PaymentProvider {
    /// The built-in one, whose tokens say how it behaves.
    #[default]
    Simulated,
    /// Toss Payments.
    Toss,
}

/// Toss Payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Toss {
    /// Where its interface answers.
    pub base: String,
    /// The key that the customer's browser opens the payment window with; it is no secret.
    pub client_key: String,
    /// The address of a window to open instead of Toss's own: that of `baedal stub toss`.
    pub window: String,
}

impl Default for Toss {
    fn default() -> Self {
        let base = "https://api.tosspayments.com".to_owned();
        Self { base, client_key: String::new(), window: String::new() }
    }
}

/// How messages leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageOutlet {
    /// Into our own inbox, and no further.
    #[default]
    Inbox,
    /// As AlimTalk through NHN Cloud.
    Nhn,
    /// As AlimTalk through Solapi.
    Solapi,
}

/// Messages to customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Messages {
    /// How they leave.
    pub outlet: MessageOutlet,
    /// Where the links in messages lead, without a slash at the end; it is part of the approved templates.
    pub page: String,
    /// The registered number that short messages come from; without one there are none.
    pub sms_sender: String,
}

impl Default for Messages {
    fn default() -> Self {
        let page = "https://baedal.example".to_owned();
        Self { outlet: MessageOutlet::default(), page, sms_sender: String::new() }
    }
}

/// NHN Cloud's KakaoTalk Bizmessage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nhn {
    /// Where its interface answers.
    pub base: String,
    /// The key of the project.
    pub appkey: String,
    /// The key of the KakaoTalk channel that sends, 40 characters.
    pub sender_key: String,
}

impl Default for Nhn {
    fn default() -> Self {
        let base = "https://kakaotalk-bizmessage.api.nhncloudservice.com".to_owned();
        Self { base, appkey: String::new(), sender_key: String::new() }
    }
}

/// Solapi.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Solapi {
    /// Where its interface answers.
    pub base: String,
    /// The id of the KakaoTalk channel that sends.
    pub pf_id: String,
}

impl Default for Solapi {
    fn default() -> Self {
        Self { base: "https://api.solapi.com".to_owned(), pf_id: String::new() }
    }
}

/// A text that nobody may see: it is printed as stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// `text`, kept from being shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The variables that hold secrets. They are no settings: no file holds them and nothing prints them.
pub const SECRETS: [&str; 5] = [
    "BAEDAL_TOSS_SECRET_KEY",
    "BAEDAL_NHN_SECRET_KEY",
    "BAEDAL_SOLAPI_API_KEY",
    "BAEDAL_SOLAPI_API_SECRET",
    // Of whoever runs a command; the server has no use for it.
    "BAEDAL_PASSWORD",
];

/// What the environment holds in secret.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// `BAEDAL_TOSS_SECRET_KEY`.
    pub toss_secret_key: Option<Secret>,
    /// `BAEDAL_NHN_SECRET_KEY`.
    pub nhn_secret_key: Option<Secret>,
    /// `BAEDAL_SOLAPI_API_KEY`.
    pub solapi_api_key: Option<Secret>,
    /// `BAEDAL_SOLAPI_API_SECRET`.
    pub solapi_api_secret: Option<Secret>,
}

impl Secrets {
    /// The secrets among `variables`; an empty one is none.
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut secrets = Self::default();
        for (name, value) in variables.into_iter().filter(|(_, value)| !value.is_empty()) {
            let place = match SECRETS.iter().position(|known| *known == name) {
                Some(0) => &mut secrets.toss_secret_key,
                Some(1) => &mut secrets.nhn_secret_key,
                Some(2) => &mut secrets.solapi_api_key,
                Some(3) => &mut secrets.solapi_api_secret,
                Some(_) | None => continue,
            };
            *place = Some(Secret(value));
        }
        secrets
    }
}

/// A secret that is needed, or the name of the variable that lacks.
pub fn needed(secret: Option<&Secret>, variable: &'static str) -> Result<Secret, SettingsError> {
    secret.cloned().ok_or(SettingsError::Lacking(variable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let pairs = [("BAEDAL_TOSS_SECRET_KEY", "test_sk_1"), ("BAEDAL_SOLAPI_API_KEY", ""), ("HOME", "/")];
        let secrets = Secrets::from_variables(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(secrets.toss_secret_key.as_ref().map(Secret::reveal), Some("test_sk_1"));
        assert_eq!(secrets.solapi_api_key, None);
        assert!(!format!("{secrets:?}").contains("test_sk_1"));
        let error = needed(secrets.nhn_secret_key.as_ref(), "BAEDAL_NHN_SECRET_KEY").unwrap_err();
        assert!(error.to_string().contains("BAEDAL_NHN_SECRET_KEY"), "{error}");
    }
}
