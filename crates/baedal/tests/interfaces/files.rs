//! Files of the repository that are written from the code.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// As it is kept.
pub fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap();
    text.push('\n');
    text
}

/// Fails where the file at `path` is not `value`, or writes it where `UPDATE_INTERFACES` is set.
pub fn hold(path: &str, value: &Value) {
    let (file, text) = (root().join(path), pretty(value));
    if std::env::var_os("UPDATE_INTERFACES").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &text).unwrap();
        return;
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    let differs = text.lines().zip(written.lines().chain(std::iter::repeat(""))).enumerate();
    let first = differs.into_iter().find(|(_, (now, then))| now != then);
    let first =
        first.map(|(index, (now, then))| format!("{path}:{}: says\n  {then}\nand the code says\n  {now}", index + 1));
    let longer = || format!("{path}: is longer than what the code says");
    assert!(text == written, "\n{}\n\n{}\n", first.unwrap_or_else(longer), super::ADVICE);
}
