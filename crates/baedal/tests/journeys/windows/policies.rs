//! What each page may run and load: its own, and nothing that is written into it.

use super::{Unpaid, open};
use crate::support::TestApp;

/// What stands inside each opening tag of `html`.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|part| part.split_once('>').map(|(tag, _)| tag))
}

/// Whether a tag does something by an attribute rather than by a style or script that the policy knows.
fn acts_by_attribute(tag: &str) -> bool {
    let mut words = tag.split_ascii_whitespace().skip(1);
    words.any(|word| word.starts_with("style=") || word.starts_with("on") && word.contains('='))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_style_and_script_of_a_page_is_known_to_its_policy() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let unpaid = Unpaid::made(&app, &customer).await;
    let placed = app.placed(&customer).await;
    let phone = format!("/phone?customer={}", customer.trim_start_matches("customer/"));
    let failed = format!("/pay/failed/{}-1?code=PAY_PROCESS_CANCELED&message=x", unpaid.order);
    let nowhere = format!("/pay/return?paymentKey=ok&orderId={placed}-9&amount=1");
    for path in ["/", &unpaid.pay, unpaid.link(), &failed, &nowhere, "/o/unknown", "/phone", &phone] {
        let page = open(&app, path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path} {policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path} {policy}");
        assert_eq!(page.headers["x-frame-options"], "DENY", "{path}");
        let mut styles = 0;
        for tag in tags(&page.text) {
            assert!(!acts_by_attribute(tag), "{path} <{tag}>");
            assert!(!tag.contains("javascript:"), "{path} <{tag}>");
            if tag.starts_with("script") || tag.starts_with("style") {
                let nonce = tag.split_once("nonce=\"").and_then(|(_, rest)| rest.split('"').next());
                let known = nonce.map_or(policy.contains("style-src 'sha256-"), |nonce| policy.contains(nonce));
                assert!(known && !tag.contains("src="), "{path} <{tag}> {policy}");
                styles += 1;
            }
        }
        assert!(styles > 0, "{path} is a page: {}", page.text);
    }
}
