//! Signing in at a running server, for the commands that act as somebody.

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

/// The token of who signs in at the gateway `base`, like `http://127.0.0.1:8088`.
///
/// # Errors
/// A sentence that says why there is none.
pub async fn sign_in(http: &reqwest::Client, base: &str, login: &str, password: &str) -> anyhow::Result<String> {
    let request = http.post(format!("{base}/api/sessions")).json(&json!({ "login": login, "password": password }));
    let response = request.send().await.with_context(|| format!("no Baedal answers at {base}"))?;
    let (status, told) = (response.status(), response.json::<Value>().await.unwrap_or_default());
    match told["token"].as_str() {
        Some(token) if status.is_success() => Ok(token.to_owned()),
        Some(_) | None => bail!(
            "\"{login}\" cannot sign in at {base}: {}",
            told["detail"].as_str().unwrap_or("the server answered in a way that nobody understands")
        ),
    }
}
