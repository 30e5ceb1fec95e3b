//! What pay relies on of what others publish: the files in contracts/ are what pay's reading gives.

use kernel::Context;
use platform::testing::contracts::hold;

use crate::domain::policies::when_app;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn of_app() {
    hold(Context::Pay, ROOT, |event| when_app(event).map(|what| format!("{what:?}"))).unwrap();
}
