//! A template's text, split once into what is fixed and what is filled in.

use super::values::{Values, Variable};

/// A text with places for values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Fixed(String),
    Value(Variable),
}

impl Pattern {
    /// Splits `text` at its `#{…}` places, whose names `known` explains. Returns the first unknown name otherwise.
    pub fn parse(text: &str, known: impl Fn(&str) -> Option<Variable>) -> Result<Self, String> {
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some((fixed, after)) = rest.split_once("#{") {
            let (name, after) = after.split_once('}').ok_or_else(|| after.to_owned())?;
            let variable = known(name).ok_or_else(|| name.to_owned())?;
            if !fixed.is_empty() {
                segments.push(Segment::Fixed(fixed.to_owned()));
            }
            segments.push(Segment::Value(variable));
            rest = after;
        }
        if !rest.is_empty() {
            segments.push(Segment::Fixed(rest.to_owned()));
        }
        Ok(Self { segments })
    }

    /// The text with `values` in its places.
    pub fn fill(&self, values: &Values) -> String {
        let parts = || {
            self.segments.iter().map(|segment| match segment {
                Segment::Fixed(text) => text.as_str(),
                Segment::Value(variable) => values.get(*variable).unwrap_or_default(),
            })
        };
        let mut text = String::with_capacity(parts().map(str::len).sum());
        text.extend(parts());
        text
    }

    /// The text with its places still open, as `#{name}`: what a provider's reviewers are given.
    pub fn open<'a>(&self, name: impl Fn(Variable) -> Option<&'a str>) -> String {
        let mut text = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Fixed(fixed) => text.push_str(fixed),
                Segment::Value(variable) => {
                    text.extend(["#{", name(*variable).unwrap_or_default(), "}"]);
                }
            }
        }
        text
    }

    /// The values that make this pattern the filled-in `text`, if any do. No value runs over a line's end.
    pub fn read(&self, text: &str) -> Option<Values> {
        let mut values = Values::default();
        let mut rest = text;
        let mut open = None;
        for segment in &self.segments {
            match segment {
                Segment::Fixed(fixed) => {
                    let at =
                        if open.is_some() { rest.find(fixed.as_str()) } else { rest.starts_with(fixed).then_some(0) }?;
                    close(&mut values, open.take(), &rest[..at])?;
                    rest = &rest[at + fixed.len()..];
                }
                Segment::Value(variable) => open = Some(*variable),
            }
        }
        let is_over = open.is_some() || rest.is_empty();
        close(&mut values, open, rest)?;
        is_over.then_some(values)
    }

    /// The places, in their order.
    pub fn variables(&self) -> impl Iterator<Item = Variable> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Fixed(_) => None,
            Segment::Value(variable) => Some(*variable),
        })
    }

    /// The fixed parts, each with whether a value stands right before it.
    pub(super) fn fixed_parts(&self) -> impl Iterator<Item = (&str, bool)> {
        self.segments.iter().enumerate().filter_map(|(index, segment)| match segment {
            Segment::Fixed(text) => Some((text.as_str(), index > 0)),
            Segment::Value(_) => None,
        })
    }
}

fn close(values: &mut Values, open: Option<Variable>, value: &str) -> Option<()> {
    if let Some(variable) = open {
        if value.contains('\n') {
            return None;
        }
        values.put(variable, value.to_owned());
    }
    Some(())
}
