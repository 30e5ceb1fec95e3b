//! The registry of templates: every kind of notice in every language, in the forms that it needs.

use std::collections::BTreeMap;

use kernel::events::customer::NoticeKind;
use kernel::lang::Language;
use serde::Deserialize;

use super::pattern::Pattern;
use super::values::{Values, Variable};
use super::{Button, Rendered};

/// Which words of a kind are true of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Form {
    /// The usual ones.
    #[default]
    Usual,
    /// Those without an arrival: it is collected, or no time is known.
    NoArrival,
    /// Those for an order of which nothing goes back.
    NoRefund,
}

/// A message with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its code at the provider.
    pub code: String,
    /// The kind of notice that it says.
    pub kind: NoticeKind,
    /// Of which form.
    pub form: Form,
    /// In which language.
    pub language: Language,
    /// The title.
    pub title: Pattern,
    /// The line under the title.
    pub subtitle: Pattern,
    /// What the button says.
    pub button_name: String,
    /// Where the button leads.
    pub button_url: Pattern,
    /// The message itself.
    pub body: Pattern,
    /// The same in short.
    pub sms: Pattern,
    /// The places that a provider fills in, by their names in the template's language.
    pub names: Vec<(Variable, String)>,
}

/// Every template and variable.
#[derive(Debug, Clone)]
pub struct Registry {
    /// The forms of each kind and language, at the place that [`place`] gives; the usual form first.
    templates: Vec<Vec<Template>>,
    pub(super) variables: BTreeMap<Variable, VariableSource>,
}

/// What is wrong with a registry.
#[derive(Debug, thiserror::Error)]
pub enum BrokenRegistry {
    /// It cannot be read.
    #[error("the registry is not valid TOML of its shape")]
    Unreadable(#[from] toml::de::Error),
    /// A place that no variable explains.
    #[error("{code} has the unknown variable {name}")]
    UnknownVariable {
        /// The template.
        code: String,
        /// What stands between the braces.
        name: String,
    },
    /// A kind that cannot be said in a language.
    #[error("{kind:?} has no usual form in {language:?}")]
    Missing {
        /// The kind.
        kind: NoticeKind,
        /// The language.
        language: Language,
    },
    /// Two templates for the same.
    #[error("{code} says again what another template says")]
    Twice {
        /// The second of them.
        code: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    variable: BTreeMap<Variable, VariableSource>,
    template: Vec<TemplateSource>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VariableSource {
    pub(super) ko: String,
    pub(super) at_most: usize,
    pub(super) example: Example,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Example {
    pub(super) ko: String,
    pub(super) en: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateSource {
    code: String,
    kind: NoticeKind,
    #[serde(default)]
    form: Form,
    language: Language,
    title: String,
    subtitle: String,
    button: ButtonSource,
    body: String,
    sms: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ButtonSource {
    name: String,
    url: String,
}

impl Registry {
    /// Reads a registry.
    pub fn parse(toml: &str) -> Result<Self, BrokenRegistry> {
        let Source { variable: variables, template: sources } = toml::from_str(toml)?;
        let mut templates = vec![Vec::new(); NoticeKind::ALL.len() * 2];
        for template in sources {
            let template = template.split(&variables)?;
            let forms: &mut Vec<Template> = &mut templates[place(template.kind, template.language)];
            if forms.iter().any(|known| known.form == template.form) {
                return Err(BrokenRegistry::Twice { code: template.code });
            }
            forms.push(template);
            forms.sort_by_key(|template| template.form);
        }
        let registry = Self { templates, variables };
        for kind in NoticeKind::ALL {
            for language in [Language::Ko, Language::En] {
                let has_usual = registry.forms(kind, language).any(|template| template.form == Form::Usual);
                if !has_usual {
                    return Err(BrokenRegistry::Missing { kind, language });
                }
            }
        }
        Ok(registry)
    }

    /// The template of `kind` in `form`, or in its usual form where it has no such words.
    pub fn template(&self, kind: NoticeKind, form: Form, language: Language) -> &Template {
        let forms = &self.templates[place(kind, language)];
        forms.iter().find(|template| template.form == form).unwrap_or(&forms[0])
    }

    /// Every form of `kind`, the usual one first.
    pub fn forms(&self, kind: NoticeKind, language: Language) -> impl Iterator<Item = &Template> {
        self.templates[place(kind, language)].iter()
    }

    /// Every template.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.templates.iter().flatten()
    }

    /// How many characters a value of `variable` may have.
    pub fn at_most(&self, variable: Variable) -> Option<usize> {
        self.variables.get(&variable).map(|source| source.at_most)
    }

    /// The example of every variable, as the provider's reviewers are given it.
    pub fn examples(&self, language: Language) -> Values {
        self.each_value(|source| match language {
            Language::Ko => source.example.ko.clone(),
            Language::En => source.example.en.clone(),
        })
    }

    /// A value as long as may be for every variable.
    pub fn longest(&self) -> Values {
        self.each_value(|source| "가".repeat(source.at_most))
    }

    fn each_value(&self, value: impl Fn(&VariableSource) -> String) -> Values {
        let mut values = Values::default();
        for (variable, source) in &self.variables {
            values.put(*variable, value(source));
        }
        values
    }
}

impl Template {
    /// The message with `values` in its places. Without a link's token it has no button.
    pub fn fill(&self, values: &Values) -> Rendered {
        let button = values
            .get(Variable::Link)
            .map(|_| Button { name: self.button_name.clone(), url: self.button_url.fill(values) });
        Rendered {
            code: self.code.clone(),
            title: self.title.fill(values),
            subtitle: self.subtitle.fill(values),
            text: self.body.fill(values),
            sms: self.sms.fill(values),
            button,
            variables: self.variables(values),
        }
    }

    /// The values that a provider fills into its copy of this template. The title and the rest are part of that copy,
    /// the short text is not.
    fn variables(&self, values: &Values) -> Vec<(String, String)> {
        let value = |variable| values.get(variable).map(str::to_owned);
        self.names.iter().filter_map(|(variable, name)| Some((name.clone(), value(*variable)?))).collect()
    }
}

impl TemplateSource {
    fn split(self, variables: &BTreeMap<Variable, VariableSource>) -> Result<Template, BrokenRegistry> {
        let language = self.language;
        let known = |name: &str| variable_called(name, language, variables);
        let split = |text: &str| {
            Pattern::parse(text, known)
                .map_err(|name| BrokenRegistry::UnknownVariable { code: self.code.clone(), name })
        };
        let (title, subtitle, body) = (split(&self.title)?, split(&self.subtitle)?, split(&self.body)?);
        let (button_url, sms) = (split(&self.button.url)?, split(&self.sms)?);
        let mut names: Vec<(Variable, String)> = Vec::new();
        for variable in [&title, &subtitle, &body, &button_url].into_iter().flat_map(Pattern::variables) {
            if !names.iter().any(|(known, _)| *known == variable) {
                names.push((variable, name_of(variable, language, variables)));
            }
        }
        let button_name = self.button.name;
        let (code, kind, form) = (self.code, self.kind, self.form);
        Ok(Template { code, kind, form, language, title, subtitle, button_name, button_url, body, sms, names })
    }
}

/// Korean templates use the Korean names, English ones the others.
fn variable_called(name: &str, language: Language, variables: &BTreeMap<Variable, VariableSource>) -> Option<Variable> {
    match language {
        Language::Ko => variables.iter().find(|(_, source)| source.ko == name).map(|(variable, _)| *variable),
        Language::En => variables.keys().find(|variable| variable.name() == name).copied(),
    }
}

fn name_of(variable: Variable, language: Language, variables: &BTreeMap<Variable, VariableSource>) -> String {
    match language {
        Language::Ko => variables.get(&variable).map(|source| source.ko.clone()).unwrap_or_default(),
        Language::En => variable.name().to_owned(),
    }
}

const fn place(kind: NoticeKind, language: Language) -> usize {
    kind as usize * 2 + language as usize
}
