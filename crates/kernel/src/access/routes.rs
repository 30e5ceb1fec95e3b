//! The table itself.

use super::Importance::{Browsing, Ordering, Paying, Serving};
use super::May::{All, No, Own};
use super::Method::{Delete, Get, Post, Put};
use super::Place::{Api, Inside, Root};
use super::Server::{Each, Gateway, One};
use super::{Importance, May, Method, Place, Route, Server};
use crate::Context::{App, Customer, Delivery, Pay, Store};

/// Anybody, signed in or not.
const ANYBODY: [May; 5] = [All, All, All, All, All];
/// Whoever is signed in, for what is their own.
const EACH_THEIR_OWN: [May; 5] = [No, Own, Own, Own, Own];
const CUSTOMERS: [May; 5] = [No, Own, No, No, No];
const CUSTOMERS_AND_STAFF: [May; 5] = [No, Own, No, No, All];
const OWNERS: [May; 5] = [No, No, Own, No, No];
const OWNERS_AND_STAFF: [May; 5] = [No, No, Own, No, All];
const RIDERS: [May; 5] = [No, No, No, Own, No];
/// A rider, or the owner of a store that delivers by itself.
const BEARERS_AND_STAFF: [May; 5] = [No, No, Own, Own, All];
const STAFF: [May; 5] = [No, No, No, No, All];
const NOBODY: [May; 5] = [No, No, No, No, No];

/// Every route there is, but for each service's health, metrics, keys and documents.
pub const ROUTES: [Route; 129] = [
    // Looking around.
    api(Get, "/stores", One(App), Browsing, ANYBODY),
    api(Get, "/stores/{storeId}", One(App), Browsing, ANYBODY),
    api(Post, "/quotes", One(App), Browsing, ANYBODY),
    // Orders.
    api(Post, "/orders", One(App), Ordering, CUSTOMERS),
    api(Get, "/orders", One(App), Serving, CUSTOMERS),
    api(Get, "/orders/stream", One(App), Serving, CUSTOMERS),
    api(Get, "/orders/{orderId}", One(App), Serving, CUSTOMERS_AND_STAFF),
    api(Get, "/orders/{orderId}/timeline", One(App), Serving, CUSTOMERS_AND_STAFF),
    api(Get, "/orders/{orderId}/stream", One(App), Serving, CUSTOMERS_AND_STAFF),
    api(Post, "/orders/{orderId}/payment", One(App), Paying, CUSTOMERS),
    api(Post, "/orders/{orderId}/cancel", One(App), Serving, CUSTOMERS),
    // What a link in a message leads to, and where payment windows come back to.
    root(Get, "/o/{token}", One(App), Serving),
    root(Get, "/o/{token}/pay", One(App), Paying),
    root(Get, "/pay/return", One(App), Paying),
    root(Get, "/pay/failed", One(App), Paying),
    root(Get, "/pay/failed/{reference}", One(App), Paying),
    // Payments.
    inside(Post, "/payments", Pay),
    inside(Get, "/payments/{orderId}", Pay),
    root(Post, "/webhooks/toss", One(Pay), Paying),
    // Stores and their tickets.
    api(Put, "/stores/{storeId}", One(Store), Serving, OWNERS_AND_STAFF),
    api(Post, "/stores/{storeId}/open", One(Store), Serving, OWNERS_AND_STAFF),
    api(Post, "/stores/{storeId}/close", One(Store), Serving, OWNERS_AND_STAFF),
    api(Post, "/stores/{storeId}/pause", One(Store), Serving, OWNERS_AND_STAFF),
    api(Put, "/stores/{storeId}/menu/{menuId}", One(Store), Serving, OWNERS_AND_STAFF),
    api(Post, "/stores/{storeId}/menu/{menuId}/sold-out", One(Store), Serving, OWNERS_AND_STAFF),
    api(Post, "/stores/{storeId}/menu/{menuId}/back-in-stock", One(Store), Serving, OWNERS_AND_STAFF),
    api(Get, "/tickets", One(Store), Serving, OWNERS_AND_STAFF),
    api(Get, "/tickets/stream", One(Store), Serving, OWNERS),
    api(Get, "/tickets/{orderId}", One(Store), Serving, OWNERS_AND_STAFF),
    api(Post, "/tickets/{orderId}/accept", One(Store), Serving, OWNERS),
    api(Post, "/tickets/{orderId}/reject", One(Store), Serving, OWNERS),
    api(Post, "/tickets/{orderId}/delay", One(Store), Serving, OWNERS),
    api(Post, "/tickets/{orderId}/start-cooking", One(Store), Serving, OWNERS),
    api(Post, "/tickets/{orderId}/finish-cooking", One(Store), Serving, OWNERS),
    api(Post, "/tickets/{orderId}/hand-over", One(Store), Serving, OWNERS),
    api(Post, "/tickets/{orderId}/withdraw", One(Store), Serving, OWNERS),
    api(Post, "/tickets/{orderId}/adjust", One(Store), Serving, OWNERS),
    // Deliveries.
    api(Get, "/deliveries", One(Delivery), Serving, BEARERS_AND_STAFF),
    api(Get, "/deliveries/stream", One(Delivery), Serving, BEARERS_AND_STAFF),
    api(Put, "/deliveries/place", One(Delivery), Serving, RIDERS),
    api(Delete, "/deliveries/place", One(Delivery), Serving, RIDERS),
    api(Get, "/deliveries/{orderId}", One(Delivery), Serving, BEARERS_AND_STAFF),
    api(Post, "/deliveries/{orderId}/claim", One(Delivery), Serving, RIDERS),
    api(Post, "/deliveries/{orderId}/release", One(Delivery), Serving, BEARERS_AND_STAFF),
    api(Post, "/deliveries/{orderId}/pick-up", One(Delivery), Serving, BEARERS_AND_STAFF),
    api(Post, "/deliveries/{orderId}/interrupt", One(Delivery), Serving, BEARERS_AND_STAFF),
    api(Post, "/deliveries/{orderId}/resume", One(Delivery), Serving, BEARERS_AND_STAFF),
    api(Post, "/deliveries/{orderId}/fail", One(Delivery), Serving, BEARERS_AND_STAFF),
    api(Post, "/deliveries/{orderId}/complete", One(Delivery), Serving, BEARERS_AND_STAFF),
    // Messages.
    api(Get, "/notifications", One(Customer), Serving, CUSTOMERS_AND_STAFF),
    api(Get, "/notifications/stream", One(Customer), Serving, CUSTOMERS),
    root(Get, "/phone", One(Customer), Browsing),
    root(Get, "/phone/stream", One(Customer), Browsing),
    root(Post, "/webhooks/nhn", One(Customer), Paying),
    root(Post, "/webhooks/solapi", One(Customer), Paying),
    // Who somebody is.
    api(Post, "/phone-codes", Gateway, Ordering, ANYBODY),
    api(Post, "/accounts", Gateway, Ordering, ANYBODY),
    api(Put, "/accounts/current/password", Gateway, Serving, EACH_THEIR_OWN),
    api(Post, "/sessions", Gateway, Ordering, ANYBODY),
    api(Get, "/sessions", Gateway, Serving, EACH_THEIR_OWN),
    api(Delete, "/sessions", Gateway, Serving, EACH_THEIR_OWN),
    api(Get, "/sessions/current", Gateway, Serving, EACH_THEIR_OWN),
    api(Delete, "/sessions/current", Gateway, Serving, EACH_THEIR_OWN),
    api(Delete, "/sessions/{sessionId}", Gateway, Serving, EACH_THEIR_OWN),
    // The same for people with a browser. Whoever is not signed in is led to where that is done.
    root(Get, "/sign-in", Gateway, Ordering),
    root(Post, "/sign-in", Gateway, Ordering),
    root(Get, "/sign-in/kakao", Gateway, Ordering),
    root(Get, "/sign-in/kakao/callback", Gateway, Ordering),
    root(Get, "/sign-up", Gateway, Ordering),
    root(Post, "/sign-up", Gateway, Ordering),
    root(Post, "/sign-out", Gateway, Serving),
    root(Get, "/account", Gateway, Serving),
    root(Get, "/account/password", Gateway, Serving),
    root(Post, "/account/password", Gateway, Serving),
    root(Post, "/account/sign-out", Gateway, Serving),
    // Operating each context.
    staff(Get, "/operations/{context}/lag", Each),
    staff(Get, "/operations/{context}/waits", Each),
    staff(Get, "/operations/{context}/parked", Each),
    staff(Post, "/operations/{context}/parked/{id}/retry", Each),
    staff(Post, "/operations/{context}/parked/{id}/skip", Each),
    staff(Get, "/operations/{context}/work", Each),
    staff(Get, "/operations/{context}/notes/{subject}", Each),
    staff(Get, "/operations/{context}/faults", Each),
    staff(Put, "/operations/{context}/faults", Each),
    staff(Delete, "/operations/{context}/faults", Each),
    Route { place: Inside, ..staff(Get, "/events", Each) },
    staff(Get, "/operations/app/breaker", One(App)),
    staff(Post, "/operations/app/breaker", One(App)),
    staff(Get, "/operations/pay/breaker", One(Pay)),
    staff(Post, "/operations/pay/breaker", One(Pay)),
    // Operating app.
    staff(Get, "/operations/app/orders", One(App)),
    staff(Get, "/operations/app/orders/{orderId}", One(App)),
    staff(Post, "/operations/app/orders/{orderId}/cancel", One(App)),
    staff(Post, "/operations/app/orders/{orderId}/close-undelivered", One(App)),
    staff(Post, "/operations/app/orders/{orderId}/adjust", One(App)),
    staff(Post, "/operations/app/orders/{orderId}/erase", One(App)),
    // Operating pay.
    staff(Post, "/operations/pay/payments/{orderId}/look-up", One(Pay)),
    staff(Get, "/operations/pay/ledger", One(Pay)),
    staff(Get, "/operations/pay/balances", One(Pay)),
    staff(Get, "/operations/pay/refunds", One(Pay)),
    staff(Post, "/operations/pay/refunds/{refundId}/settle", One(Pay)),
    staff(Post, "/operations/pay/refunds/{refundId}/retry", One(Pay)),
    staff(Get, "/operations/pay/reconciliation", One(Pay)),
    // Operating store; its owner sees all of a store there too, in both languages.
    staff(Get, "/operations/store/tickets", One(Store)),
    api(Get, "/operations/store/stores/{storeId}", One(Store), Serving, OWNERS_AND_STAFF),
    // Operating delivery.
    staff(Get, "/operations/delivery/orders", One(Delivery)),
    staff(Post, "/operations/delivery/{orderId}/assign", One(Delivery)),
    staff(Post, "/operations/delivery/{orderId}/release", One(Delivery)),
    staff(Post, "/operations/delivery/{orderId}/hand-to-store", One(Delivery)),
    // Operating customer.
    staff(Get, "/operations/customer/notices", One(Customer)),
    // Operating the gateway: who there is, and what they did.
    staff(Get, "/operations/gateway/accounts", Gateway),
    staff(Post, "/operations/gateway/accounts", Gateway),
    staff(Get, "/operations/gateway/accounts/{accountId}", Gateway),
    staff(Put, "/operations/gateway/accounts/{accountId}/stores", Gateway),
    staff(Post, "/operations/gateway/accounts/{accountId}/disable", Gateway),
    staff(Post, "/operations/gateway/accounts/{accountId}/enable", Gateway),
    staff(Post, "/operations/gateway/accounts/{accountId}/reset-password", Gateway),
    staff(Get, "/operations/gateway/audit", Gateway),
    // The system as a whole.
    root(Get, "/", Gateway, Browsing),
    api(Get, "/status", Gateway, Browsing, ANYBODY),
    staff(Get, "/events", Gateway),
    api(Get, "/waiting-room", Gateway, Serving, CUSTOMERS),
    root(Get, "/waiting", Gateway, Serving),
    staff(Get, "/operations/gateway/limits", Gateway),
    staff(Get, "/operations/gateway/waiting-room", Gateway),
    staff(Put, "/operations/gateway/waiting-room", Gateway),
    staff(Get, "/operations/faults", Gateway),
    staff(Put, "/operations/faults", Gateway),
    staff(Delete, "/operations/faults", Gateway),
];

const fn api(method: Method, path: &'static str, by: Server, importance: Importance, people: [May; 5]) -> Route {
    Route { method, path, by, place: Api, importance, people, services: No }
}

/// Whoever comes here shows by something else who they are: by the link itself, or by what the provider confirms.
const fn root(method: Method, path: &'static str, by: Server, importance: Importance) -> Route {
    Route { method, path, by, place: Root, importance, people: ANYBODY, services: No }
}

const fn staff(method: Method, path: &'static str, by: Server) -> Route {
    api(method, path, by, Paying, STAFF)
}

const fn inside(method: Method, path: &'static str, context: crate::Context) -> Route {
    let place: Place = Inside;
    Route { method, path, by: One(context), place, importance: Paying, people: NOBODY, services: All }
}
