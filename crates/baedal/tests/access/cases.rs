//! For each route and role a call that works, and what another of the same role gets for it. A row of the table that
//! nothing here knows fails the test.

use kernel::Context;
use kernel::access::Route;
use kernel::people::Role;
use serde_json::{Value, json};

use crate::gateway_cases::at_the_gateway;
use crate::subjects::{self, Kitchen, Road};
use crate::support::{BITES, GUKBAP, PANCAKE, TestApp};

/// A call that works.
pub struct Case {
    /// By whom; empty: by nobody in particular.
    pub who: String,
    /// The path at the service, with its query.
    pub path: String,
    /// JSON; a text is what a form sends.
    pub body: Option<Value>,
    /// What it is answered with.
    pub works: u16,
    /// What others of the same role get.
    pub others: Others,
}

/// What others of the same role get.
pub enum Others {
    /// The same: it names nothing that is anybody's.
    Same,
    /// It does not exist for them.
    NotThere(String),
    /// Their own list, which has what is `theirs` and not `this`.
    Theirs { who: String, theirs: String, this: String },
    /// A conflict with who has it.
    TooLate(String),
}

impl Case {
    pub fn of(who: &str, path: &str) -> Self {
        Self { who: who.to_owned(), path: path.to_owned(), body: None, works: 200, others: Others::Same }
    }

    pub fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub fn answered(self, works: u16) -> Self {
        Self { works, ..self }
    }

    pub fn hidden_from(self, other: &str) -> Self {
        Self { others: Others::NotThere(other.to_owned()), ..self }
    }

    /// For an operator it is nobody's own.
    pub fn unless_operator(self, role: Option<Role>) -> Self {
        match role {
            Some(Role::Operator) => Self { who: OPERATOR.to_owned(), others: Others::Same, ..self },
            _ => self,
        }
    }
}

/// Somebody of the staff.
pub const OPERATOR: &str = "operator/1";
const OF_GUKBAP: &str = "owner/019aa8dc-4883-7518-b416-a51e317821cf";
const OF_CAULDRON: &str = "owner/019aa8dc-484e-7076-a8b7-9ab6eebb6992";
const OF_BITES: &str = "owner/019aa8dc-4866-7569-bce1-0609e9f94ec3";

/// The case of `route`, which `context` answers, or the gateway, for somebody of `role`.
pub async fn case(app: &TestApp, route: &Route, context: Option<Context>, role: Option<Role>) -> Case {
    let path = context.map_or(route.path.to_owned(), |context| route.path_at(context));
    let found = match (context, route.path.split('/').nth(1).unwrap_or_default()) {
        (Some(_), "operations" | "events") => operating(app, route, context, &path, role).await,
        (None, _) => at_the_gateway(app, route.method.name(), &path, role).await,
        (Some(Context::App), _) => of_app(app, route.method.name(), &path, role).await,
        (Some(Context::Pay), _) => of_pay(app, route.method.name(), &path, role).await,
        (Some(Context::Store), "tickets") => of_a_ticket(app, &path, role).await,
        (Some(Context::Store), _) => of_a_store(app, route.method.name(), &path, role).await,
        (Some(Context::Delivery), _) => of_a_delivery(app, route.method.name(), &path, role).await,
        (Some(Context::Customer), _) => of_messages(app, route.method.name(), &path, role).await,
    };
    found.unwrap_or_else(|| {
        panic!("{} {path}: no case for it: add one to crates/baedal/tests/access/cases.rs", route.method.name())
    })
}

/// Somebody of `role`, whoever it is.
pub fn somebody(app: &TestApp, role: Option<Role>) -> String {
    match role {
        None => String::new(),
        Some(Role::Owner) => OF_BITES.to_owned(),
        Some(Role::Operator) => OPERATOR.to_owned(),
        Some(Role::Service) => "service/app".to_owned(),
        Some(role) => app.someone(role.name()),
    }
}

async fn of_app(app: &TestApp, method: &str, path: &str, role: Option<Role>) -> Option<Case> {
    let (who, other) = (somebody(app, role), app.someone("customer"));
    let pay = json!({ "method": "CARD", "token": "ok" });
    Some(match (method, path) {
        ("GET", "/stores" | "/pay/failed") => Case::of(&who, path),
        ("GET", "/stores/{storeId}") => Case::of(&who, &format!("/stores/{GUKBAP}")),
        ("POST", "/quotes") => Case::of(&who, path).with(app.basket(GUKBAP, PANCAKE, 2)),
        ("POST", "/orders") => {
            let mut body = app.basket(GUKBAP, PANCAKE, 2);
            body["payment"] = pay;
            Case::of(&who, path).with(body).answered(201)
        }
        ("GET", "/orders" | "/orders/stream") => {
            let (made, theirs) = (subjects::placed(app).await, subjects::placed(app).await);
            let others = Others::Theirs { who: theirs.customer, theirs: theirs.order, this: made.order };
            Case { others, ..Case::of(&made.customer, path) }
        }
        ("POST", "/orders/{orderId}/payment") => {
            let made = subjects::unpaid(app).await;
            Case::of(&made.customer, &named(path, &made.order)).with(pay).hidden_from(&other)
        }
        ("POST", "/orders/{orderId}/cancel") => {
            let made = subjects::placed(app).await;
            Case::of(&made.customer, &named(path, &made.order)).with(json!({})).answered(202).hidden_from(&other)
        }
        ("GET", "/orders/{orderId}" | "/orders/{orderId}/timeline" | "/orders/{orderId}/stream") => {
            let made = subjects::placed(app).await;
            Case::of(&made.customer, &named(path, &made.order)).hidden_from(&other).unless_operator(role)
        }
        ("GET", "/o/{token}" | "/o/{token}/pay") => {
            let made = subjects::unpaid(app).await;
            Case::of(&who, &path.replace("{token}", &subjects::link(app, &made.order)))
        }
        ("GET", "/pay/failed/{reference}") => {
            let made = subjects::unpaid(app).await;
            Case::of(&who, &path.replace("{reference}", &format!("{}-1", made.order)))
        }
        ("GET", "/pay/return") => {
            let made = subjects::unpaid(app).await;
            let query = format!("paymentKey=ok&orderId={}-1&amount=22000", made.order);
            // Paid, it leads to how the order stands, and the client goes there.
            Case::of(&who, &format!("{path}?{query}"))
        }
        _ => return None,
    })
}

async fn of_pay(app: &TestApp, method: &str, path: &str, role: Option<Role>) -> Option<Case> {
    let who = somebody(app, role);
    Some(match (method, path) {
        ("POST", "/webhooks/toss") => Case::of(&who, path).with(json!({ "eventType": "PAYMENT_STATUS_CHANGED" })),
        ("POST", "/payments") => {
            let token = json!({ "orderId": subjects::placed(app).await.order, "attempt": 1, "amount": 22_000,
                "method": "CARD", "token": "ok" });
            Case::of(&who, path).with(token)
        }
        ("GET", "/payments/{orderId}") => Case::of(&who, &named(path, &subjects::placed(app).await.order)),
        _ => return None,
    })
}

async fn of_a_ticket(app: &TestApp, path: &str, role: Option<Role>) -> Option<Case> {
    let what = path.strip_prefix("/tickets").unwrap_or(path);
    if let "" | "/stream" = what {
        let made = subjects::placed(app).await;
        let theirs = subjects::brought_by_the_store(app, Kitchen::Open).await;
        let others = Others::Theirs { who: OF_CAULDRON.to_owned(), theirs: theirs.order, this: made.order };
        return Some(Case { others, ..Case::of(OF_GUKBAP, path) }.unless_operator(role));
    }
    let (order, body) = match what {
        "/{orderId}" => (subjects::placed(app).await.order, None),
        "/{orderId}/accept" => (subjects::placed(app).await.order, Some(json!({ "prepMinutes": 20 }))),
        "/{orderId}/reject" => (subjects::placed(app).await.order, Some(json!({ "reason": "too-busy" }))),
        "/{orderId}/delay" => (subjects::ticket(app, Kitchen::Accepted).await.order, Some(json!({ "minutes": 5 }))),
        "/{orderId}/start-cooking" => (subjects::ticket(app, Kitchen::Accepted).await.order, None),
        "/{orderId}/finish-cooking" => (subjects::ticket(app, Kitchen::Cooking).await.order, None),
        "/{orderId}/hand-over" => (subjects::collected(app).await.order, None),
        "/{orderId}/withdraw" => {
            (subjects::ticket(app, Kitchen::Accepted).await.order, Some(json!({ "reason": "store-reasons" })))
        }
        "/{orderId}/adjust" => {
            let (made, rice) = subjects::with_rice(app).await;
            app.accept(&made.order).await;
            let lines = json!([{ "lineId": rice, "quantity": 1 }]);
            (made.order, Some(json!({ "lines": lines, "reason": "sold-out" })))
        }
        _ => return None,
    };
    let case = Case { body, ..Case::of(OF_GUKBAP, &named(path, &order)) };
    Some(case.hidden_from(OF_BITES).unless_operator(role))
}

async fn of_a_store(app: &TestApp, method: &str, path: &str, role: Option<Role>) -> Option<Case> {
    let terms = subjects::terms(app).await;
    let item = terms["menu"][0].clone();
    app.post(OPERATOR, &format!("/stores/{BITES}/open"), json!({})).await.expect(200);
    let at = path.replace("{storeId}", BITES).replace("{menuId}", item["menuId"].as_str().unwrap());
    let case = Case::of(OF_BITES, &at);
    let case = match (method, path) {
        ("PUT", "/stores/{storeId}") => case.with(terms),
        ("PUT", "/stores/{storeId}/menu/{menuId}") => case.with(item),
        ("POST", "/stores/{storeId}/pause") => case.with(json!({ "minutes": 5 })),
        (
            "POST",
            "/stores/{storeId}/open"
            | "/stores/{storeId}/close"
            | "/stores/{storeId}/menu/{menuId}/sold-out"
            | "/stores/{storeId}/menu/{menuId}/back-in-stock",
        ) => case,
        _ => return None,
    };
    Some(case.hidden_from(OF_GUKBAP).unless_operator(role))
}

async fn of_a_delivery(app: &TestApp, method: &str, path: &str, role: Option<Role>) -> Option<Case> {
    let (what, is_owner) = (path.strip_prefix("/deliveries").unwrap_or(path), role == Some(Role::Owner));
    let way = async |until: Road| {
        if is_owner { subjects::walked(app, until).await } else { subjects::ridden(app, until).await }
    };
    if let "" | "/stream" = what {
        let (made, theirs) = (way(Road::Out).await, subjects::ridden(app, Road::Out).await);
        let who = if is_owner { OF_GUKBAP.to_owned() } else { theirs.bearer };
        let others = Others::Theirs { who, theirs: theirs.order, this: made.order };
        return Some(Case { others, ..Case::of(&made.bearer, path) }.unless_operator(role));
    }
    if what == "/place" {
        // Somewhere else than where others ride.
        return Some(match method {
            "PUT" => Case::of("rider/elsewhere", path).with(json!({ "lat": 33.5, "lng": 126.5 })),
            _ => Case::of("rider/elsewhere", path).answered(204),
        });
    }
    if what == "/{orderId}/claim" {
        let made = subjects::ticket(app, Kitchen::Accepted).await;
        let case = Case::of(&app.someone("rider"), &named(path, &made.order));
        return Some(Case { others: Others::TooLate(app.someone("rider")), ..case });
    }
    let trouble = || Some(json!({ "reason": "accident" }));
    let (way, body) = match what {
        "/{orderId}" | "/{orderId}/pick-up" | "/{orderId}/release" if is_owner => {
            let made = subjects::brought_by_the_store(app, Kitchen::Cooked).await;
            (subjects::Way { bearer: OF_CAULDRON.to_owned(), order: made.order }, None)
        }
        "/{orderId}" | "/{orderId}/pick-up" | "/{orderId}/release" => (way(Road::Assigned).await, None),
        "/{orderId}/interrupt" | "/{orderId}/fail" => (way(Road::Out).await, trouble()),
        "/{orderId}/resume" => (way(Road::Interrupted).await, None),
        "/{orderId}/complete" => (way(Road::Out).await, None),
        _ => return None,
    };
    let other = if is_owner { OF_GUKBAP.to_owned() } else { app.someone("rider") };
    let case = Case { body, ..Case::of(&way.bearer, &named(path, &way.order)) };
    // What the store brings itself has no rider to give it back.
    let case = if is_owner && what == "/{orderId}/release" { case.answered(409) } else { case };
    Some(case.hidden_from(&other).unless_operator(role))
}

async fn of_messages(app: &TestApp, method: &str, path: &str, role: Option<Role>) -> Option<Case> {
    let who = somebody(app, role);
    Some(match (method, path) {
        ("GET", "/notifications" | "/notifications/stream") => {
            let (made, theirs) = (subjects::placed(app).await, subjects::placed(app).await);
            let others = Others::Theirs { who: theirs.customer, theirs: theirs.order, this: made.order };
            Case { others, ..Case::of(&made.customer, path) }.unless_operator(role)
        }
        ("GET", "/phone") => Case::of(&who, path),
        ("GET", "/phone/stream") => Case::of(&who, &format!("{path}?customer=mina")),
        // The messages leave by our own inbox here, so that nobody's webhook is listened to.
        ("POST", "/webhooks/nhn" | "/webhooks/solapi") => Case::of(&who, path).with(json!({})).answered(404),
        _ => return None,
    })
}

async fn operating(
    app: &TestApp,
    route: &Route,
    context: Option<Context>,
    path: &str,
    role: Option<Role>,
) -> Option<Case> {
    let (context, method) = (context?, route.method.name());
    let what = path.strip_prefix(&format!("/operations/{context}/")).unwrap_or(path);
    let case = |path: &str| Case::of(OPERATOR, path);
    let decision = || json!({ "reason": "support", "borneBy": "PLATFORM" });
    Some(match (method, what) {
        (
            "GET",
            "lag" | "waits" | "parked" | "work" | "faults" | "breaker" | "/events" | "orders" | "ledger" | "balances"
            | "refunds" | "tickets" | "notices",
        )
        | ("DELETE", "faults") => case(path),
        ("GET", "reconciliation") => case(&format!("{path}?date=2026-11-22")),
        ("POST", "parked/{id}/retry" | "parked/{id}/skip") => {
            case(&path.replace("{id}", &subjects::parked(app, context).to_string()))
        }
        ("GET", "notes/{subject}") => case(&path.replace("{subject}", &subjects::placed(app).await.order)),
        ("PUT", "faults") => case(path).with(json!({})),
        ("POST", "breaker") => case(path).with(json!({ "state": "AUTO" })),
        ("GET", "orders/{orderId}") | ("POST", "payments/{orderId}/look-up") => {
            case(&named(path, &subjects::placed(app).await.order))
        }
        ("POST", "orders/{orderId}/cancel") => case(&named(path, &subjects::placed(app).await.order)).with(decision()),
        ("POST", "orders/{orderId}/close-undelivered") => {
            case(&named(path, &subjects::ridden(app, Road::Failed).await.order)).with(decision())
        }
        ("POST", "orders/{orderId}/adjust") => {
            let (made, rice) = subjects::with_rice(app).await;
            app.accept(&made.order).await;
            let lines = json!([{ "lineId": rice, "quantity": 1 }]);
            case(&named(path, &made.order)).with(json!({ "lines": lines, "reason": "missing", "borneBy": "STORE" }))
        }
        ("POST", "orders/{orderId}/erase") => {
            let made = subjects::placed(app).await;
            app.owner(&made.order, "reject", json!({ "reason": "too-busy" })).await.expect(200);
            app.rest().await;
            case(&named(path, &made.order))
        }
        ("POST", "refunds/{refundId}/settle" | "refunds/{refundId}/retry") => {
            case(&path.replace("{refundId}", &subjects::refused_refund(app).await))
        }
        ("GET", "stores/{storeId}") => {
            Case::of(OF_BITES, &path.replace("{storeId}", BITES)).hidden_from(OF_GUKBAP).unless_operator(role)
        }
        ("POST", "{orderId}/assign") => {
            let made = subjects::ticket(app, Kitchen::Accepted).await;
            case(&named(path, &made.order)).with(json!({ "riderId": "kim" }))
        }
        ("POST", "{orderId}/release" | "{orderId}/hand-to-store") => {
            case(&named(path, &subjects::ridden(app, Road::Assigned).await.order))
        }
        _ => return None,
    })
}

fn named(path: &str, order: &str) -> String {
    path.replace("{orderId}", order)
}
