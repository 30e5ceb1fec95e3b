//! The words of every notice: templates from a registry, filled with values.

pub mod format;
pub mod listing;
pub mod pattern;
pub mod registry;
pub mod rules;
pub mod values;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use kernel::events::customer::NoticeKind;
use kernel::lang::Language;

pub use registry::{Form, Registry, Template};
pub use values::{Values, Variable};

/// A message with all its words, as a provider takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The template's code at the provider.
    pub code: String,
    /// The title.
    pub title: String,
    /// The line under the title.
    pub subtitle: String,
    /// The message itself; it is what a notice keeps as its text.
    pub text: String,
    /// The same in short, for phones without the messenger.
    pub sms: String,
    /// The button, where the order's link token is still known.
    pub button: Option<Button>,
    /// What stands in the places of the provider's copy, by their names there (without `#{}`).
    pub variables: Vec<(String, String)>,
}

impl Rendered {
    /// The same message, whose button leads to `page` instead of the address in the registry.
    #[must_use]
    pub fn leading_to(mut self, page: &str) -> Self {
        if let Some(button) = &mut self.button {
            button.url = at_page(&button.url, page);
        }
        self
    }
}

/// The one button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub name: String,
    /// Where it leads: the order's page by its token, without sign-in.
    pub url: String,
}

/// The registry as it is written.
pub const SOURCE: &str = include_str!("../templates.toml");

/// Where the buttons of the registry lead; what is really told the customer is set (`messages.page`).
pub const PAGE: &str = "https://baedal.example";

/// The registry of this program.
pub fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> =
        LazyLock::new(|| Registry::parse(SOURCE).expect("the registry is part of the program and tested"));
    &REGISTRY
}

/// The address `url` of the registry, at `page` instead.
pub fn at_page(url: &str, page: &str) -> String {
    url.strip_prefix(PAGE).map_or_else(|| url.to_owned(), |path| format!("{page}{path}"))
}

/// The text of a notice.
pub fn text(kind: NoticeKind, form: Form, language: Language, values: &Values) -> String {
    registry().template(kind, form, language).body.fill(values)
}

/// A whole message.
pub fn render(kind: NoticeKind, form: Form, language: Language, values: &Values) -> Rendered {
    registry().template(kind, form, language).fill(values)
}

/// The whole message behind the text of a queued notice. The text holds every value that title, short text and
/// the rest need, so a notice keeps nothing else; `None` when the text is not of today's templates.
pub fn read_back(kind: NoticeKind, language: Language, text: &str, link_token: Option<&str>) -> Option<Rendered> {
    let (template, mut values) = template_of(kind, language, text)?;
    if let Some(token) = link_token {
        values.set(Variable::Link, token);
    }
    Some(template.fill(&values))
}

/// The title over the text of a queued notice; the kind's usual one where the text is not of today's templates.
pub fn title(kind: NoticeKind, language: Language, text: &str) -> String {
    let usual = || (registry().template(kind, Form::Usual, language), Values::default());
    let (template, values) = template_of(kind, language, text).unwrap_or_else(usual);
    template.title.fill(&values)
}

fn template_of(kind: NoticeKind, language: Language, text: &str) -> Option<(&'static Template, Values)> {
    registry().forms(kind, language).find_map(|template| Some((template, template.body.read(text)?)))
}
