//! Which context owns a path. Nothing is routed that is not named here; pay's `/payments` is not.

use axum::http::Method;
use kernel::Context;

/// Under this the gateway serves the services' paths.
pub const PREFIX: &str = "/api";

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    /// Who answers it.
    pub context: Context,
    /// The path at that service.
    pub path: &'a str,
}

/// The paths as people read them, and who answers.
pub const SERVED: [(&str, &str); 8] = [
    ("GET /api/stores", "app"),
    ("PUT, POST /api/stores/…", "store"),
    ("POST /api/quotes", "app"),
    ("/api/orders", "app"),
    ("/api/notifications", "customer"),
    ("/api/tickets", "store"),
    ("/api/deliveries", "delivery"),
    ("/api/operations/<context>/…", "<context>"),
];

/// Where a request for `path` goes, if anywhere.
pub fn route<'a>(method: &Method, path: &'a str) -> Option<Route<'a>> {
    // The link in a message is short and has no prefix.
    let inner = if path.starts_with("/o/") { path } else { path.strip_prefix(PREFIX)? };
    let rest = inner.strip_prefix('/')?;
    if !rest.split('/').all(is_plain) {
        return None;
    }
    let mut segments = rest.split('/');
    let context = match (segments.next()?, segments.next()) {
        ("stores", _) if method == Method::GET || method == Method::HEAD => Context::App,
        ("stores" | "tickets", _) => Context::Store,
        ("orders", _) | ("quotes", None) | ("o", Some(_)) => Context::App,
        ("notifications", _) => Context::Customer,
        ("deliveries", _) => Context::Delivery,
        ("operations", Some(name)) => Context::ALL.into_iter().find(|context| context.name() == name)?,
        _ => return None,
    };
    Some(Route { context, path: inner })
}

/// Whether everybody on the way reads a segment as the same one name: no empty one, no dots that climb, no hidden slash.
fn is_plain(segment: &str) -> bool {
    let hidden = ["%2e", "%2f", "%5c", "%25"];
    let lower = segment.to_ascii_lowercase();
    let control = |at: usize| matches!(lower.as_bytes().get(at + 1), Some(b'0' | b'1'));
    !lower.is_empty()
        && !lower.starts_with('.')
        && !lower.contains('\\')
        && !hidden.iter().any(|code| lower.contains(code))
        && !lower.match_indices('%').any(|(at, _)| control(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(method: &Method, path: &str) -> Option<(Context, String)> {
        route(method, path).map(|route| (route.context, route.path.to_owned()))
    }

    #[test]
    fn every_path_of_the_agreement_goes_to_its_owner() {
        let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
        for (method, path, context) in [
            (&get, "/stores", Context::App),
            (&Method::HEAD, "/stores", Context::App),
            (&get, "/stores/s1", Context::App),
            (&put, "/stores/s1", Context::Store),
            (&post, "/stores/s1/open", Context::Store),
            (&post, "/stores/s1/close", Context::Store),
            (&post, "/stores/s1/pause", Context::Store),
            (&put, "/stores/s1/menu/m1", Context::Store),
            (&post, "/stores/s1/menu/m1/sold-out", Context::Store),
            (&post, "/stores/s1/menu/m1/back-in-stock", Context::Store),
            (&post, "/quotes", Context::App),
            (&get, "/orders", Context::App),
            (&post, "/orders", Context::App),
            (&get, "/orders/o1", Context::App),
            (&post, "/orders/o1/payment", Context::App),
            (&post, "/orders/o1/cancel", Context::App),
            (&get, "/orders/o1/timeline", Context::App),
            (&get, "/orders/o1/stream", Context::App),
            (&get, "/orders/stream", Context::App),
            (&get, "/notifications", Context::Customer),
            (&get, "/tickets", Context::Store),
            (&get, "/tickets/stream", Context::Store),
            (&post, "/tickets/o1/accept", Context::Store),
            (&get, "/deliveries", Context::Delivery),
            (&get, "/deliveries/stream", Context::Delivery),
            (&post, "/deliveries/o1/pick-up", Context::Delivery),
            (&get, "/operations/app/orders", Context::App),
            (&post, "/operations/app/breaker", Context::App),
            (&post, "/operations/pay/refunds/r1/settle", Context::Pay),
            (&get, "/operations/store/waits", Context::Store),
            (&post, "/operations/delivery/o1/assign", Context::Delivery),
            (&get, "/operations/customer/parked", Context::Customer),
        ] {
            let found = to(method, &format!("/api{path}"));
            assert_eq!(found, Some((context, path.to_owned())), "{method} {path}");
        }
        assert_eq!(to(&get, "/o/k7q3"), Some((Context::App, "/o/k7q3".to_owned())));
    }

    #[test]
    fn payments_and_tricks_go_nowhere() {
        for path in [
            "/payments",
            "/api/payments",
            "/api/payments/o1",
            "/api/../payments",
            "/api/orders/../payments",
            "/api/operations/pay/../../payments",
            "/api/operations/pay/%2e%2e/%2E%2e/payments",
            "/api/operations/pay/..%2f..%2fpayments",
            "/api/operations/pay/.%2e/payments",
            "/api/operations/pay/%252e%252e/payments",
            "/api/operations/pay/..;/payments",
            "/api/operations/pay/..\\..\\payments",
            "/api/operations/pay%2f..%2fpayments",
            "/api//payments",
            "//payments",
            "/api/orders//payments",
            "/api/orders/",
            "/api/orders/a%00b",
            "/api/orders/a%0d%0ab",
            "/apipayments",
            "/api",
            "/api/",
            "/api/o",
            "/o",
            "/o/../payments",
            "/orders",
            "/api/operations",
            "/api/operations/gateway/waits",
            "/api/health/ready",
            "/api/metrics",
            "/api/openapi.json",
            "*",
            "",
        ] {
            for method in [Method::GET, Method::POST, Method::OPTIONS] {
                assert_eq!(to(&method, path), None, "{method} {path}");
            }
        }
    }
}
