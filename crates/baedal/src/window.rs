//! Which window customers pay in, by the settings.

use anyhow::Context as _;
use app::Window;
use platform::config::{PaymentProvider, Settings, Toss};

/// The window that `settings` say.
///
/// # Errors
/// When its address is none.
pub fn of(settings: &Settings) -> anyhow::Result<Window> {
    let Toss { client_key, window, .. } = &settings.toss;
    match settings.payment.provider {
        PaymentProvider::Simulated => Ok(Window::Simulated),
        PaymentProvider::Toss if !window.is_empty() => Window::elsewhere(window).with_context(|| {
            format!("toss.window is \"{window}\", which is no address like http://127.0.0.1:9090/window")
        }),
        PaymentProvider::Toss if !client_key.is_empty() => Ok(Window::Toss { client_key: client_key.clone() }),
        PaymentProvider::Toss => {
            tracing::warn!("toss.client_key is not set: orders cannot be paid from our own page");
            Ok(Window::Nowhere)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(client_key: &str, window: &str) -> anyhow::Result<Window> {
        let mut settings = Settings::default();
        settings.payment.provider = PaymentProvider::Toss;
        client_key.clone_into(&mut settings.toss.client_key);
        window.clone_into(&mut settings.toss.window);
        of(&settings)
    }

    #[test]
    fn the_window_is_the_providers_unless_another_one_is_set() {
        assert_eq!(of(&Settings::default()).unwrap(), Window::Simulated);
        assert_eq!(with("", "").unwrap(), Window::Nowhere);
        assert_eq!(with("ck", "").unwrap(), Window::Toss { client_key: "ck".to_owned() });
        let stub = "http://127.0.0.1:9090/window";
        assert_eq!(with("ck", stub).unwrap(), Window::Elsewhere { url: stub.to_owned() });
    }

    #[test]
    fn an_address_that_no_form_can_be_sent_to_is_refused_with_a_sentence() {
        for window in ["window", "/window", "javascript:alert(1)", "127.0.0.1:9090", "ftp://127.0.0.1/", "http://"] {
            let error = with("ck", window).unwrap_err().to_string();
            assert!(error.contains(window) && error.contains("toss.window"), "{error}");
        }
    }
}
