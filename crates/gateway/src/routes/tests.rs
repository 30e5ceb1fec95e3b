use axum::http::Method;
use kernel::Context;
use kernel::access::Place;
use platform::access::Routes;

use super::*;

fn to(method: &Method, path: &str) -> Option<(Context, String)> {
    if !is_plain(path) {
        return None;
    }
    let found = Routes::outside().find(method, path).ok()?;
    let prefix = if found.route.place == Place::Api { PREFIX } else { "" };
    Some((found.context?, path.strip_prefix(prefix)?.to_owned()))
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
}

#[test]
fn pages_and_webhooks_have_no_prefix_and_one_kind_of_method() {
    let (get, head, post) = (Method::GET, Method::HEAD, Method::POST);
    for (path, context) in [
        ("/o/k7q3", Context::App),
        ("/o/k7q3/pay", Context::App),
        ("/pay/return", Context::App),
        ("/pay/failed", Context::App),
        ("/pay/failed/o1-1", Context::App),
        ("/phone", Context::Customer),
        ("/phone/stream", Context::Customer),
    ] {
        for method in [&get, &head] {
            assert_eq!(to(method, path), Some((context, path.to_owned())), "{method} {path}");
        }
    }
    for (path, context) in [
        ("/webhooks/toss", Context::Pay),
        ("/webhooks/nhn", Context::Customer),
        ("/webhooks/solapi", Context::Customer),
    ] {
        assert_eq!(to(&post, path), Some((context, path.to_owned())), "{path}");
    }
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
        for path in ["/webhooks/toss", "/webhooks/nhn", "/webhooks/solapi"] {
            assert_eq!(to(&method, path), None, "{method} {path}");
        }
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        for path in ["/pay/return", "/pay/failed", "/phone", "/phone/stream"] {
            assert_eq!(to(&method, path), None, "{method} {path}");
        }
    }
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
        "/o/k7q3/../../payments",
        "/o/k7q3//pay",
        "/pay",
        "/pay/",
        "/pay/../payments",
        "/pay/%2e%2e/payments",
        "/pay/..%2fpayments",
        "/api/pay/return",
        "/api/payment/return",
        "/phone/",
        "/phone/stream/more",
        "/phone/other",
        "/phones",
        "/api/phone",
        "/webhooks",
        "/webhooks/",
        "/webhooks/toss/",
        "/webhooks/toss/../../payments",
        "/webhooks/Toss",
        "/webhooks/kakao",
        "/api/webhooks/toss",
        "//webhooks/toss",
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
