//! Behind the ingresses of `deploy/ingress`, as they are deployed. `make ingress-tools` installs what this needs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::Command;

/// Runs `deploy/ingress/test` and shows what it said if it failed.
#[track_caller]
fn tried(what: &str) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/ingress/test");
    let output = Command::new(script).arg(what).env("BAEDAL", env!("CARGO_BIN_EXE_baedal")).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn behind_nginx_people_order_and_nobody_is_taken_for_another() {
    tried("nginx");
}

#[test]
fn behind_caddy_people_order_and_nobody_is_taken_for_another() {
    tried("caddy");
}

#[test]
fn the_manifests_for_kubernetes_are_as_their_schemas_say() {
    tried("kubernetes");
}
