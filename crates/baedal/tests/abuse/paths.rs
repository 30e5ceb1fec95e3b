//! Paths that look like others.

use crate::raw::{said_to, statuses};
use crate::server::Server;

/// None of them is anything, and behind each lies something that not everybody may see.
const TRICKS: [&str; 40] = [
    "/payments",
    "/payments/01890000-0000-7000-8000-0000000000aa",
    "/api/payments",
    "/api/../payments",
    "/api/stores/../../payments",
    "/api/stores/..%2f..%2fpayments",
    "/api/%2e%2e/payments",
    "/api/.%2e/payments",
    "/api/stores/%2e%2e/operations/app/lag",
    "/api/stores/../operations/app/lag",
    "/api/stores/..;/operations/app/lag",
    "/api/stores/..\\operations\\app\\lag",
    "/api/stores/%5c..%5coperations/app/lag",
    "//api/operations/app/lag",
    "/api//operations/app/lag",
    "/api/operations//app/lag",
    "/api/operations/app/lag/",
    "/api/operations/app/lag;x=1",
    "/api/operations/app/lag%00",
    "/api/operations/app/lag%0a",
    "/api/operations/app/lag%20",
    "/api/operations/app/%6cag",
    "/api/operations/app/%256cag",
    "/api/operations/app/LAG",
    "/API/operations/app/lag",
    "/api/operations/app/lag.json",
    "/api/operations/app/./lag",
    "/api/operations/app/%2e/lag",
    "/api/operations/App/lag",
    "/api/operations/%61pp/lag",
    "/operations/app/lag",
    "/events",
    "/api/events/",
    "/api/%u002e%u002e/payments",
    "/api/stores/%c0%ae%c0%ae/payments",
    "/.git/config",
    "/baedal-data/app.db",
    "/api/stores/....//....//etc/passwd",
    "/metrics/../api/operations/app/lag",
    "/health/live/../../api/operations/app/lag",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_around_the_table() {
    let mut server = Server::start(&[]).await;
    let address = server.address();
    let customer = server.sign_in("customer").await;
    let operator = server.sign_in("operator").await;
    let host = format!("Host: {address}\r\n");
    let bearer =
        |token: &str| if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    for path in TRICKS {
        // An operator may see what lies behind; but not under another name.
        for token in ["", &customer, &operator] {
            for target in [path.to_owned(), format!("http://{address}{path}"), format!("{path}?/../api/stores")] {
                let request = format!("GET {target} HTTP/1.1\r\n{host}{}Connection: close\r\n\r\n", bearer(token));
                let heard = said_to(&address, request.as_bytes()).await;
                let found = statuses(&heard);
                assert!(found.len() == 1 && (400..500).contains(&found[0]), "{target}: {heard}");
            }
        }
    }
    server.still_runs().await;
}
