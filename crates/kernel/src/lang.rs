//! Names are held in Korean and English; an answer gives one of them.

use serde::{Deserialize, Serialize};

/// A language that Baedal speaks.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Korean, the first choice.
    #[default]
    Ko,
    /// English.
    En,
}

impl Language {
    /// The code used in JSON and headers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// The language an `Accept-Language` header asks for: the first that we speak, by weight; Korean otherwise.
    pub fn accepted(header: &str) -> Self {
        let mut best = (Self::Ko, 0.0_f32);
        for part in header.split(',') {
            let mut pieces = part.trim().split(';');
            let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = pieces.find_map(|piece| piece.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            let language = match tag.split('-').next() {
                Some("ko" | "*") => Self::Ko,
                Some("en") => Self::En,
                Some(_) | None => continue,
            };
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }
}

/// A name or text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(expecting = "an object with the texts ko and en")]
pub struct Localized {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

impl Localized {
    /// A name in both languages.
    pub fn new(ko: &str, en: &str) -> Self {
        Self { ko: ko.to_owned(), en: en.to_owned() }
    }

    /// The text in `language`.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Ko => &self.ko,
            Language::En => &self.en,
        }
    }
}
