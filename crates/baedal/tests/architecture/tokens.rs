//! Source code as a flat row of tokens: comments and strings cannot be mistaken for code.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// A word, a sign, a bracket or a literal.
#[derive(Debug, Clone)]
pub struct Token {
    /// As it is written; a literal keeps its quotes.
    pub text: String,
    /// Where, from 1.
    pub line: usize,
}

/// A function with a body.
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its `fn`.
    pub line: usize,
    /// From there to its closing brace.
    pub lines: usize,
}

/// The tokens of `text`.
pub fn read(path: &str, text: &str) -> Vec<Token> {
    let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: is not Rust: {error}"));
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    tokens
}

/// The lines on which `words` follow each other.
pub fn find(tokens: &[Token], words: &[&str]) -> Vec<usize> {
    tokens.windows(words.len()).filter(|window| reads(window, words)).map(|window| window[0].line).collect()
}

/// The tokens without the items that are compiled for tests only.
pub fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        if reads(&tokens[index..], CFG_TEST) {
            index = end_of_item(tokens, index + CFG_TEST.len());
        } else {
            kept.push(tokens[index].clone());
            index += 1;
        }
    }
    kept
}

/// The modules declared for tests only, which lie in files of their own.
pub fn test_modules(tokens: &[Token]) -> Vec<String> {
    let starts = (0..tokens.len()).filter(|&index| reads(&tokens[index..], CFG_TEST));
    let items = starts.map(|index| &tokens[index + CFG_TEST.len()..end_of_item(tokens, index + CFG_TEST.len())]);
    let modules = items.filter_map(|item| match item {
        [.., module, name, end] if module.text == "mod" && end.text == ";" => Some(name.text.clone()),
        _ => None,
    });
    modules.collect()
}

/// What follows `words`: the word itself, or each first word of a `{group, of, words}`.
pub fn named_after<'a>(tokens: &'a [Token], words: &[&str]) -> Vec<&'a Token> {
    let starts = (0..tokens.len()).filter(|&index| reads(&tokens[index..], words));
    starts.flat_map(|index| first_words(&tokens[index + words.len()..])).collect()
}

/// The functions that have a body, nested ones too.
pub fn functions(tokens: &[Token]) -> Vec<Function> {
    let starts = (0..tokens.len()).filter(|&index| tokens[index].text == "fn");
    let functions = starts.filter_map(|index| {
        let name =
            tokens.get(index + 1).filter(|name| name.text.starts_with(|c: char| c.is_alphabetic() || c == '_'))?;
        let end = tokens.get(end_of_item(tokens, index).checked_sub(1)?)?;
        let lines = end.line + 1 - tokens[index].line;
        (end.text == "}").then(|| Function { name: name.text.clone(), line: tokens[index].line, lines })
    });
    functions.collect()
}

const CFG_TEST: &[&str] = &["#", "[", "cfg", "(", "test", ")", "]"];

fn reads(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.text == *word)
}

/// Behind the item that begins at `start`: behind its semicolon or its closing brace.
fn end_of_item(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(token.text.as_str(), ";" | "}") {
            return index + 1;
        }
    }
    tokens.len()
}

fn first_words(tokens: &[Token]) -> Vec<&Token> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if first.text != "{" {
        return vec![first];
    }
    let group = &tokens[..end_of_item(tokens, 0)];
    let mut depth = 0_usize;
    let mut words = Vec::new();
    for (before, token) in group.iter().zip(&group[1..]) {
        match before.text.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 1 && matches!(before.text.as_str(), "{" | ",") {
            words.push(token);
        }
    }
    words
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                tokens.push(token(open, group.span_open()));
                flatten(group.stream(), tokens);
                tokens.push(token(close, group.span_close()));
            }
            TokenTree::Ident(word) => tokens.push(token(&word.to_string(), word.span())),
            TokenTree::Punct(sign) => tokens.push(token(&sign.as_char().to_string(), sign.span())),
            TokenTree::Literal(literal) => tokens.push(token(&literal.to_string(), literal.span())),
        }
    }
}

fn token(text: &str, span: Span) -> Token {
    Token { text: text.to_owned(), line: span.start().line }
}
