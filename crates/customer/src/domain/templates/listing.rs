//! The templates as a provider is to have them: with their places open, to be registered and compared.

use kernel::lang::Language;
use serde::Serialize;

use super::pattern::Pattern;
use super::registry::{Registry, Template};
use super::{Variable, at_page};

/// A template as a provider is to have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// Its code.
    pub code: String,
    /// In which language.
    pub language: Language,
    /// The title, with `#{…}` places like all texts here.
    pub title: String,
    /// The line under the title.
    pub subtitle: String,
    /// The message itself.
    pub text: String,
    /// What the button says.
    pub button: String,
    /// Where the button leads.
    pub button_url: String,
    /// The same in short; providers do not register it, operators want to see it.
    pub sms: String,
}

/// Every template of `registry`, whose buttons lead to `page`.
pub fn of(registry: &Registry, page: &str) -> Vec<Registered> {
    registry.templates().map(|template| registered(template, page)).collect()
}

/// The templates as a TOML file that an operator can read and paste from.
pub fn toml(templates: &[Registered]) -> Result<String, toml::ser::Error> {
    #[derive(Serialize)]
    struct Listing<'a> {
        template: &'a [Registered],
    }
    toml::to_string_pretty(&Listing { template: templates })
}

fn registered(template: &Template, page: &str) -> Registered {
    let name =
        |variable: Variable| template.names.iter().find(|(known, _)| *known == variable).map(|(_, name)| name.as_str());
    let open = |pattern: &Pattern| pattern.open(name);
    Registered {
        code: template.code.clone(),
        language: template.language,
        title: open(&template.title),
        subtitle: open(&template.subtitle),
        text: open(&template.body),
        button: template.button_name.clone(),
        button_url: at_page(&open(&template.button_url), page),
        sms: open(&template.sms),
    }
}

/// What is wrong with a provider's copy of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// There is none.
    #[error("is not registered")]
    Missing,
    /// Its reviewers have not agreed.
    #[error("is not approved")]
    NotApproved,
    /// Its words are others.
    #[error("has another text there")]
    OtherText,
    /// Its title or the line under it are others.
    #[error("has another title there")]
    OtherTitle,
    /// Its button is another.
    #[error("has another button there")]
    OtherButton,
}

/// A provider's copy of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copy {
    /// The code that it is known by.
    pub code: String,
    /// How far its review has come.
    pub review: Review,
    /// The title.
    pub title: String,
    /// The line under the title.
    pub subtitle: String,
    /// The message itself.
    pub text: String,
    /// Where the button leads.
    pub button_url: String,
}

/// How far a template's review has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Review {
    /// Agreed.
    Approved,
    /// Not yet, or not at all.
    #[default]
    Open,
}

/// What of `ours` a provider that has `theirs` would not send as it is written, by its code.
pub fn differences(ours: &[Registered], theirs: &[Copy]) -> Vec<(String, Difference)> {
    ours.iter().filter_map(|ours| Some((ours.code.clone(), difference(ours, theirs)?))).collect()
}

fn difference(ours: &Registered, theirs: &[Copy]) -> Option<Difference> {
    let Some(copy) = theirs.iter().find(|copy| copy.code == ours.code) else { return Some(Difference::Missing) };
    // Windows and Unix end their lines differently, and forms cut spaces off the end.
    let plain = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    let checks = [
        (Difference::NotApproved, copy.review == Review::Approved),
        (Difference::OtherText, plain(&copy.text) == plain(&ours.text)),
        (Difference::OtherTitle, copy.title == ours.title && copy.subtitle == ours.subtitle),
        (Difference::OtherButton, copy.button_url == ours.button_url),
    ];
    checks.into_iter().find_map(|(difference, is_right)| (!is_right).then_some(difference))
}

impl From<&Registered> for Copy {
    fn from(ours: &Registered) -> Self {
        Self {
            code: ours.code.clone(),
            review: Review::Approved,
            title: ours.title.clone(),
            subtitle: ours.subtitle.clone(),
            text: ours.text.clone(),
            button_url: ours.button_url.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PAGE, registry};
    use super::*;

    #[test]
    fn a_copy_that_lacks_or_differs_is_named() {
        let ours = of(registry(), PAGE);
        let theirs: Vec<Copy> = ours.iter().map(Copy::from).collect();
        assert_eq!(differences(&ours, &theirs), []);
        let with = |change: fn(&mut Copy)| {
            let mut theirs = theirs.clone();
            change(&mut theirs[1]);
            differences(&ours, &theirs).into_iter().map(|(_, difference)| difference).collect::<Vec<_>>()
        };
        assert_eq!(with(|copy| copy.code.push('X')), [Difference::Missing]);
        assert_eq!(with(|copy| copy.review = Review::Open), [Difference::NotApproved]);
        assert_eq!(with(|copy| copy.text.push('.')), [Difference::OtherText]);
        assert_eq!(with(|copy| copy.subtitle.push('.')), [Difference::OtherTitle]);
        assert_eq!(with(|copy| copy.button_url.push('x')), [Difference::OtherButton]);
        assert_eq!(with(|copy| copy.text = copy.text.replace('\n', "\r\n")), []);
    }
}
