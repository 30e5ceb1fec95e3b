//! The provider's window, in which the customer pays.

use axum::http::Uri;

/// Which window is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Window {
    /// None: the simulated provider takes a token, so a plain button pays.
    Simulated,
    /// Toss Payments' own, which its script opens.
    Toss {
        /// What the shop is known by in a browser; no secret.
        client_key: String,
    },
    /// A page at an address, that takes what it needs in its query.
    Elsewhere {
        /// Its address.
        url: String,
    },
    /// None from here: whoever orders opens it from an app of their own.
    Nowhere,
}

/// What Toss's script needs: itself, its frames and calls, and styles that it writes into the page.
const TOSS: &str = "connect-src https://*.tosspayments.com; frame-src https://*.tosspayments.com; \
    img-src https://*.tosspayments.com data:; form-action https://*.tosspayments.com; \
    style-src-elem 'unsafe-inline'; style-src-attr 'unsafe-inline'";

impl Window {
    /// The window at `url`, where that is an address.
    pub fn elsewhere(url: &str) -> Option<Self> {
        let scheme = origin_of(url)?;
        let known = scheme.starts_with("https://") || scheme.starts_with("http://");
        known.then(|| Self::Elsewhere { url: url.to_owned() })
    }

    /// What a page whose own script has `nonce` may load, send and frame to open it.
    pub(super) fn policy(&self, nonce: &str) -> String {
        match self {
            Self::Simulated => "form-action 'self'".to_owned(),
            Self::Nowhere => "form-action 'none'".to_owned(),
            // After its form the window may lead straight back here, and browsers hold that to the form's rule too.
            Self::Elsewhere { url } => match origin_of(url) {
                Some(origin) => format!("form-action 'self' {origin}"),
                None => "form-action 'none'".to_owned(),
            },
            Self::Toss { .. } => format!("script-src 'nonce-{nonce}' https://js.tosspayments.com; {TOSS}"),
        }
    }
}

/// Scheme, host and port of an address.
fn origin_of(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_send_its_form_to_the_window_and_back_and_nowhere_else() {
        let stub = Window::Elsewhere { url: "http://127.0.0.1:9001/window?shop=1".to_owned() };
        assert_eq!(stub.policy("n"), "form-action 'self' http://127.0.0.1:9001");
        assert_eq!(Window::Elsewhere { url: "window".to_owned() }.policy("n"), "form-action 'none'");
        let toss = Window::Toss { client_key: "test_ck_1".to_owned() }.policy("n");
        assert!(toss.starts_with("script-src 'nonce-n' https://js.tosspayments.com; "), "{toss}");
        assert!(!toss.contains("'self'") && !toss.contains("script-src 'unsafe-inline'"), "{toss}");
    }
}
