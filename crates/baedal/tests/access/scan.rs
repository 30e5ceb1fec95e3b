//! Which routes the sources name: `.route("/path", get(…).post(…))`, and what utoipa is told of a handler.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

/// Method and path, with `{}` for whatever a parameter is called.
pub type Named = (String, String);

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];
/// What answers others than people and services, and what is said elsewhere.
const LEFT_OUT: [&str; 6] = ["/tests/", "/tests.rs", "/testing.rs", "/stub", "/stubbed.rs", "/examples/"];

/// What `source`, a directory under crates/, names.
pub fn routes(source: &str) -> BTreeSet<Named> {
    let mut found = BTreeSet::new();
    for path in rust_files(&root().join("crates").join(source)) {
        let shown = path.display().to_string();
        if LEFT_OUT.iter().any(|part| shown.contains(part)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("{shown}: is not Rust: {error}"));
        read(stream, &mut found);
    }
    found
}

/// A path as routes are compared: whatever a parameter is called.
pub fn plain(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies in crates/").to_path_buf()
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.flat_map(|path| {
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        if path.is_dir() {
            rust_files(&path)
        } else if is_rust {
            vec![path]
        } else {
            Vec::new()
        }
    });
    files.collect()
}

fn read(stream: TokenStream, found: &mut BTreeSet<Named>) {
    let tokens: Vec<_> = stream.into_iter().collect();
    // A test module within a file: `#[cfg(test)] mod tests { … }`.
    let mut skipped = usize::MAX;
    for (at, token) in tokens.iter().enumerate() {
        if is_test_module(&tokens[at..]) {
            skipped = at + 4;
        }
        let TokenTree::Group(group) = token else { continue };
        if at == skipped {
            continue;
        }
        let before = |back: usize| at.checked_sub(back).map(|at| tokens[at].to_string()).unwrap_or_default();
        if before(1) == "route" && before(2) == "." {
            found.extend(of_route(group.stream()));
        }
        if before(1) == "path" && before(4) == "utoipa" {
            found.extend(of_description(group.stream()));
        }
        read(group.stream(), found);
    }
}

fn is_test_module(tokens: &[TokenTree]) -> bool {
    let texts: Vec<_> = tokens.iter().take(5).map(|token| token.to_string().replace(' ', "")).collect();
    texts.len() == 5 && texts[..3] == ["#", "[cfg(test)]", "mod"] && texts[4].starts_with('{')
}

/// The inside of `.route(…)`: a path, a comma, and what answers which method.
fn of_route(stream: TokenStream) -> Vec<Named> {
    let tokens: Vec<_> = stream.into_iter().collect();
    let comma = tokens.iter().position(|token| token.to_string() == ",").unwrap_or(tokens.len());
    let Some(path) = first_text(&tokens[..comma]) else { return Vec::new() };
    // platform's operations are given what follows the context.
    let path = if path.starts_with('/') { path } else { format!("/operations/{{context}}/{path}") };
    let calls = tokens[comma..].windows(2).filter(|pair| matches!(pair[1], TokenTree::Group(_)));
    let methods = calls.map(|pair| pair[0].to_string()).filter(|name| METHODS.contains(&name.as_str()));
    methods.map(|method| (method.to_uppercase(), plain(&path))).collect()
}

/// The inside of `utoipa::path(…)`: a method, and `path = "…"`.
fn of_description(stream: TokenStream) -> Vec<Named> {
    let tokens: Vec<_> = stream.into_iter().collect();
    let place = tokens.windows(2).position(|pair| pair[0].to_string() == "path" && pair[1].to_string() == "=");
    let Some(path) = place.and_then(|at| first_text(&tokens[at + 2..])) else { return Vec::new() };
    let methods = tokens.iter().map(ToString::to_string).filter(|name| METHODS.contains(&name.as_str()));
    methods.take(1).map(|method| (method.to_uppercase(), plain(&path))).collect()
}

/// The first text in `tokens`, however deep.
fn first_text(tokens: &[TokenTree]) -> Option<String> {
    tokens.iter().find_map(|token| match token {
        TokenTree::Literal(literal) => literal.to_string().strip_prefix('"')?.strip_suffix('"').map(str::to_owned),
        TokenTree::Group(group) => first_text(&group.stream().into_iter().collect::<Vec<_>>()),
        TokenTree::Ident(_) | TokenTree::Punct(_) => None,
    })
}
