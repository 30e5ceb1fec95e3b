//! Another site's page can have a browser send our cookie; it cannot keep the browser from saying that it did.

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, Method};

/// Whether a request that a cookie or a form of ours vouches for comes from another site, and changes something.
///
/// Browsers say where a request comes from by `Sec-Fetch-Site`, and older ones by `Origin`; what says neither is no
/// browser, and has no cookie but its own.
/// `own` is the name that we are reached by.
pub(crate) fn is_refused(method: &Method, headers: &HeaderMap, own: Option<&str>) -> bool {
    if method.is_safe() {
        return false;
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN.as_str()) else { return false };
    let named = origin.split_once("://").map(|(_, host)| host);
    !named.zip(own).is_some_and(|(origin, own)| origin.eq_ignore_ascii_case(own))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn refused(headers: &[(&'static str, &'static str)]) -> bool {
        let pairs =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let pairs: HeaderMap = pairs.collect();
        let own = pairs.get("host").and_then(|host| host.to_str().ok());
        is_refused(&Method::POST, &pairs, own)
    }

    #[test]
    fn only_our_own_pages_and_what_is_no_browser_may_change_something() {
        let host = ("host", "baedal.example:8088");
        assert!(!refused(&[host]));
        assert!(!refused(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(!refused(&[host, ("sec-fetch-site", "none")]), "somebody typed the address");
        assert!(!refused(&[host, ("origin", "https://Baedal.example:8088")]));
        assert!(refused(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(refused(&[host, ("sec-fetch-site", "same-site")]), "a neighbour is not us");
        assert!(refused(&[host, ("sec-fetch-site", "cross-site"), ("origin", "https://baedal.example:8088")]));
        for origin in
            ["https://elsewhere.example", "null", "https://baedal.example", "https://baedal.example:8088.evil"]
        {
            assert!(refused(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(refused(&[("origin", "https://baedal.example:8088")]), "without a host nobody can tell");
        let elsewhere = [("sec-fetch-site", "cross-site")];
        let pairs = elsewhere.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        assert!(!is_refused(&Method::GET, &pairs.into_iter().collect(), None), "a link changes nothing");
    }
}
