//! What the provider's reviewers, and we, ask of every template.

use std::collections::BTreeSet;

use kernel::lang::Language;

use super::pattern::Pattern;
use super::registry::{BrokenRegistry, Registry, Template};
use super::values::Variable;

/// The page of an order opens here; the domain is part of what the reviewers approved.
const BUTTON_URL: &str = "https://baedal.example/o/";
/// A value before one of these would decide which of two particles is right.
const PARTICLES: [&str; 11] = ["이", "가", "을", "를", "은", "는", "으로", "로", "와", "과", "라고"];
/// Words of advertising, for which informational messages are no place.
const ADVERTISING: [&str; 11] = [
    "쿠폰",
    "이벤트",
    "할인",
    "리뷰",
    "후기",
    "친구 추가",
    "coupon",
    "discount",
    "review",
    "order again",
    "special offer",
];
/// Words that mean something else: parcels, approvals.
const WRONG_WORDS: [&str; 3] = ["배송", "결재", "티켓"];
/// Signs that short messages cannot show.
const NOT_IN_SHORT_MESSAGES: [char; 8] = ['₩', '“', '”', '‘', '’', '–', '—', '…'];

/// A rule that a template breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// A message has at most 1,000 characters, however long its values.
    BodyTooLong,
    /// A code has at most 20 characters.
    CodeTooLong,
    /// A title has at most 50 characters.
    TitleTooLong,
    /// A short message has at most 90 bytes with the example values.
    SmsTooLong,
    /// A short message has only signs that phones without the messenger can show.
    SmsUnshowable,
    /// No particle depends on a value.
    ParticleAfterValue,
    /// A value is never the whole of a text.
    NothingButValue,
    /// The sender's name is fixed and comes first.
    NoSender,
    /// The button's domain is fixed, and only the token varies.
    ForeignButton,
    /// The link's token stands in the button alone.
    LinkInText,
    /// Every value that titles and short text need stands in the message, from which they are made again.
    ValueOutsideBody,
    /// A message informs; it does not advertise.
    Advertising,
    /// Words that mean something else.
    WrongWord,
    /// A provider fills in at most 40 values.
    TooManyVariables,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::BodyTooLong => "its text may have over 1,000 characters",
            Self::CodeTooLong => "its code has over 20 characters",
            Self::TitleTooLong => "a title may have over 50 characters",
            Self::SmsTooLong => "its short text has over 90 bytes",
            Self::SmsUnshowable => "its short text has signs that phones cannot show",
            Self::ParticleAfterValue => "a particle follows a value",
            Self::NothingButValue => "a text is nothing but a value",
            Self::NoSender => "it does not begin with the sender's name",
            Self::ForeignButton => "its button leads elsewhere",
            Self::LinkInText => "the link stands in a text",
            Self::ValueOutsideBody => "a value stands outside the text alone",
            Self::Advertising => "it advertises",
            Self::WrongWord => "it has a word that means something else",
            Self::TooManyVariables => "it has over 40 values",
        })
    }
}

/// Why the registry cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It cannot be read, or a kind lacks its words in a language.
    #[error("the message templates cannot be used: {0}")]
    Registry(#[from] BrokenRegistry),
    /// A template breaks a rule.
    #[error("the message template {code} cannot be sent: {rule}")]
    Template {
        /// Its code.
        code: String,
        /// The first rule that it breaks.
        rule: Broken,
    },
    /// Two templates have one code, so that the provider could not tell them apart.
    #[error("two message templates have the code {code}")]
    SameCode {
        /// The code.
        code: String,
    },
    /// A value would carry what must not reach a wrong number.
    #[error("the message value {0} would tell personal data")]
    Personal(&'static str),
}

/// Reads a registry and refuses one that is not fit to be sent: what the program is started with.
pub fn fit(toml: &str) -> Result<Registry, Unfit> {
    let registry = Registry::parse(toml)?;
    let mut codes = BTreeSet::new();
    for template in registry.templates() {
        let code = template.code.clone();
        if let Some(rule) = broken_rules(&registry, template).first().copied() {
            return Err(Unfit::Template { code, rule });
        }
        if !codes.insert(&template.code) {
            return Err(Unfit::SameCode { code });
        }
    }
    match personal_variables(&registry).first() {
        Some(variable) => Err(Unfit::Personal(variable.name())),
        None => Ok(registry),
    }
}

/// The rules that `template` breaks; none, if it is fit to be sent.
pub fn broken_rules(registry: &Registry, template: &Template) -> Vec<Broken> {
    let checks = [
        (Broken::BodyTooLong, characters(registry, &template.body) > 1_000),
        (Broken::CodeTooLong, template.code.chars().count() > 20),
        (Broken::TitleTooLong, titles(template).iter().any(|title| characters(registry, title) > 50)),
        (Broken::SmsTooLong, bytes_in_short_message(&example_sms(registry, template)) > 90),
        (Broken::SmsUnshowable, example_sms(registry, template).contains(NOT_IN_SHORT_MESSAGES)),
        (Broken::ParticleAfterValue, texts(template).iter().any(|text| has_particle_after_value(text))),
        (Broken::NothingButValue, texts(template).iter().any(|text| is_nothing_but_value(text))),
        (Broken::NoSender, !starts_with_sender(template)),
        (Broken::ForeignButton, !leads_to_our_page(&template.button_url)),
        (Broken::LinkInText, texts(template).iter().any(|text| text.variables().any(|it| it == Variable::Link))),
        (Broken::ValueOutsideBody, has_value_outside_body(template)),
        (Broken::Advertising, says_any(template, &ADVERTISING)),
        (Broken::WrongWord, says_any(template, &WRONG_WORDS)),
        (Broken::TooManyVariables, template.names.len() > 40),
    ];
    checks.into_iter().filter_map(|(rule, is_broken)| is_broken.then_some(rule)).collect()
}

/// The variables that would carry what must not reach a wrong number: there is none.
pub fn personal_variables(registry: &Registry) -> Vec<Variable> {
    const PERSONAL: [&str; 6] = ["전화", "연락처", "주소", "비밀번호", "이름", "요청"];
    let is_personal = |name: &str| PERSONAL.iter().any(|word| name.contains(word));
    registry.variables.iter().filter(|(_, source)| is_personal(&source.ko)).map(|(variable, _)| *variable).collect()
}

/// The length of `text` in EUC-KR, which short messages are charged by: one byte for ASCII, two for the rest.
pub fn bytes_in_short_message(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn titles(template: &Template) -> [&Pattern; 2] {
    [&template.title, &template.subtitle]
}

fn texts(template: &Template) -> [&Pattern; 4] {
    [&template.title, &template.subtitle, &template.body, &template.sms]
}

fn characters(registry: &Registry, pattern: &Pattern) -> usize {
    pattern.fill(&registry.longest()).chars().count()
}

fn example_sms(registry: &Registry, template: &Template) -> String {
    template.sms.fill(&registry.examples(template.language))
}

fn has_particle_after_value(text: &Pattern) -> bool {
    text.fixed_parts()
        .any(|(fixed, is_after_value)| is_after_value && PARTICLES.iter().any(|particle| fixed.starts_with(particle)))
}

fn is_nothing_but_value(text: &Pattern) -> bool {
    !text.fixed_parts().any(|(fixed, _)| fixed.chars().any(char::is_alphanumeric))
}

fn starts_with_sender(template: &Template) -> bool {
    let sender = match template.language {
        Language::Ko => "[배달] ",
        Language::En => "[Baedal] ",
    };
    let starts =
        |text: &Pattern| text.fixed_parts().next().is_some_and(|(fixed, after)| !after && fixed.starts_with(sender));
    starts(&template.body) && starts(&template.sms)
}

fn leads_to_our_page(url: &Pattern) -> bool {
    url.fixed_parts().eq([(BUTTON_URL, false)]) && url.variables().eq([Variable::Link])
}

fn has_value_outside_body(template: &Template) -> bool {
    let outside = titles(template).into_iter().chain([&template.sms]).flat_map(Pattern::variables);
    outside.into_iter().any(|variable| !template.body.variables().any(|known| known == variable))
}

fn says_any(template: &Template, words: &[&str]) -> bool {
    let says = |text: &str| words.iter().any(|word| text.to_lowercase().contains(word));
    says(&template.button_name) || texts(template).iter().any(|text| text.fixed_parts().any(|(fixed, _)| says(fixed)))
}
