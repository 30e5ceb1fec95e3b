//! The files of this repository, and what is written in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::tokens::{self, Token};

/// A source file.
pub struct Source {
    /// Its path from the root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// All of its tokens.
    pub tokens: Vec<Token>,
}

impl Source {
    /// `path:line`, as editors open it.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }

    /// How many lines it has.
    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }
}

/// Every Rust file.
pub static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let texts = TEXTS.iter().filter(|(path, _)| has_extension(path, "rs"));
    texts
        .map(|(path, text)| Source { path: path.clone(), text: text.clone(), tokens: tokens::read(path, text) })
        .collect()
});

/// Every file that is text, with its path from the root.
pub static TEXTS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let mut paths = Vec::new();
    collect(&root(), &ignored(), &mut paths);
    paths.sort();
    let texts = paths.iter().filter_map(|path| Some((from_root(path), fs::read_to_string(path).ok()?)));
    texts.collect()
});

/// The root of the repository.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).expect("the crate lies in crates/").to_path_buf()
}

/// The text of a file that has to be there.
pub fn text(path: &str) -> &'static str {
    let found = TEXTS.iter().find(|(known, _)| known == path);
    &found.unwrap_or_else(|| panic!("{path}: is not there, or not text")).1
}

/// The names of the crates, which are those of their directories.
pub fn crates() -> Vec<String> {
    let manifests = TEXTS.iter().filter_map(|(path, _)| path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"));
    manifests.map(str::to_owned).collect()
}

/// Whether a path ends in `.extension`.
pub fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn collect(directory: &Path, ignored: &[PathBuf], paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if ignored.contains(&path) {
            continue;
        }
        if path.is_dir() {
            collect(&path, ignored, paths);
        } else {
            paths.push(path);
        }
    }
}

/// What version control does not keep: the plain paths in .gitignore.
fn ignored() -> Vec<PathBuf> {
    let listed = fs::read_to_string(root().join(".gitignore")).unwrap_or_default();
    let plain = listed.lines().map(|line| line.trim().trim_matches('/')).filter(|line| !line.is_empty());
    plain.chain([".git"]).map(|path| root().join(path)).collect()
}

fn from_root(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
