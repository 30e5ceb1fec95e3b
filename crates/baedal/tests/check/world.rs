//! Small databases made by hand, in which breaks can be planted.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use baedal::check::{Report, Unreadable, examine};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Delivered, with a part refunded.
pub const DELIVERED: &str = "019aa8dc-4830-7900-a32a-00000000000a";
/// Rejected by the store, and refunded.
pub const CANCELLED: &str = "019aa8dc-4830-7900-a32a-00000000000b";
/// Never paid.
pub const EXPIRED: &str = "019aa8dc-4830-7900-a32a-00000000000c";
/// Known to nobody.
pub const NOBODY: &str = "019aa8dc-4830-7900-a32a-0000000000ff";
pub const STORE: &str = "019aa8dc-4830-7900-a32a-a9defed43229";
const LINE: &str = "019aa8dc-4830-7900-a32a-000000000001";
const MENU: &str = "019aa8dc-4830-7900-a32a-000000000002";
const PART: &str = "019aa8dc-4830-7900-a32a-000000000006";
const BACK: &str = "019aa8dc-4830-7900-a32a-000000000007";

const CONTEXTS: [&str; 5] = ["app", "pay", "store", "delivery", "customer"];
const HEARS: [(&str, &str); 9] = [
    ("app", "pay"),
    ("app", "store"),
    ("app", "delivery"),
    ("pay", "app"),
    ("store", "app"),
    ("store", "delivery"),
    ("delivery", "app"),
    ("delivery", "store"),
    ("customer", "app"),
];
const SCHEMA: &str = include_str!("../../../platform/src/store/schema.rs");
const ROW: &str = "key TEXT PRIMARY KEY, doc TEXT NOT NULL, private TEXT, position INTEGER NOT NULL";
const PROVIDER: &str = "
    CREATE TABLE charges (reference TEXT PRIMARY KEY, order_id TEXT, amount INTEGER, outcome TEXT);
    CREATE TABLE refunds (refund_id TEXT PRIMARY KEY, reference TEXT, amount INTEGER);";

/// A data directory.
pub struct World {
    dir: TempDir,
    notices: AtomicU32,
}

impl World {
    /// Every log, and nothing in them.
    pub fn empty() -> Self {
        let world = Self { dir: TempDir::new().unwrap(), notices: AtomicU32::default() };
        let tables = SCHEMA.split_once("TABLES: &str = \"").unwrap().1.split_once("\";").unwrap().0;
        for context in CONTEXTS {
            world.sql(context, "PRAGMA journal_mode = WAL");
            world.sql(
                context,
                &format!("{tables} PRAGMA user_version = 1; INSERT INTO meta VALUES ('log', '{}')", log(context)),
            );
        }
        for (context, view, columns) in [
            ("app", "order_status", ", status TEXT, customer_id TEXT"),
            ("app", "store_front", ""),
            ("pay", "ledger", ""),
            ("store", "kitchen_board", ""),
            ("delivery", "board", ""),
            ("customer", "inbox", ", state TEXT"),
            ("customer", "order_facts", ""),
        ] {
            let made = format!(
                "CREATE TABLE {view} ({ROW}{columns}) WITHOUT ROWID; INSERT INTO meta VALUES ('view/{view}', '1')"
            );
            world.sql(context, &made);
        }
        world.sql("provider", PROVIDER);
        world
    }

    /// A store and three orders, in which every promise is kept.
    pub fn clean() -> Self {
        static MADE: OnceLock<World> = OnceLock::new();
        let made = MADE.get_or_init(Self::make);
        let dir = TempDir::new().unwrap();
        for file in CONTEXTS.iter().chain(&["provider"]) {
            let name = format!("{file}.db");
            std::fs::copy(made.dir.path().join(&name), dir.path().join(&name)).unwrap();
        }
        Self { dir, notices: AtomicU32::new(500) }
    }

    fn make() -> Self {
        let world = Self::empty();
        world.store();
        world.deliver();
        world.reject();
        world.expire();
        world.heard();
        world
    }

    pub fn sql(&self, file: &str, sql: &str) {
        self.open(file).execute_batch(sql).unwrap();
    }

    pub fn open(&self, file: &str) -> Connection {
        let connection = Connection::open(self.path(file)).unwrap();
        connection.pragma_update(None, "synchronous", "OFF").unwrap();
        connection
    }

    pub fn path(&self, file: &str) -> std::path::PathBuf {
        self.dir.path().join(format!("{file}.db"))
    }

    pub fn read(&self) -> Result<Report, Unreadable> {
        examine(self.dir.path(), None)
    }

    pub fn breaks(&self) -> BTreeSet<(u8, &'static str)> {
        self.read().unwrap().breaks.iter().map(|found| (found.promise, found.kind)).collect()
    }

    /// Appends an event, and gives its id.
    pub fn event(&self, context: &str, id: &str, name: &str, body: &Value, cause: &str) -> String {
        let category = match context {
            "app" => "order",
            "pay" => "payment",
            "store" if id == STORE => "store",
            "store" => "ticket",
            "delivery" => "delivery",
            _ => "notice",
        };
        let connection = self.open(context);
        connection
            .execute(
                "INSERT INTO events SELECT (SELECT coalesce(max(position), 0) + 1 FROM events), ?1,
                 (SELECT coalesce(max(version), 0) + 1 FROM events WHERE stream = ?1), ?2, ?3, NULL, 0, ?4, ?5, NULL",
                params![
                    format!("{category}/{id}"),
                    name,
                    body.to_string(),
                    uuid::Uuid::try_parse(id).unwrap().as_bytes(),
                    cause
                ],
            )
            .unwrap();
        format!("{}/{}", log(context), connection.last_insert_rowid())
    }

    /// An event of app of which the customer is told.
    pub fn told(&self, id: &str, name: &str, body: &Value, cause: &str, kind: &str) -> String {
        let event = self.event("app", id, name, body, cause);
        let notice = self.queue(id, &event, kind);
        self.event("customer", id, "NoticeSent", &json!({ "noticeId": notice }), "worker/1");
        self.sql(
            "customer",
            &format!("UPDATE inbox SET doc = json_set(doc, '$.state', 'SENT'), state = 'SENT' WHERE key = '{notice}'"),
        );
        event
    }

    /// Queues a notice about the event `cause`.
    pub fn queue(&self, id: &str, cause: &str, kind: &str) -> String {
        let number = 1001 + self.notices.fetch_add(1, Ordering::Relaxed);
        let notice = format!("019aa8dc-4830-7900-a32a-{number:012}");
        let body = json!({ "noticeId": notice, "kind": kind, "text": kind });
        self.event("customer", id, "NoticeQueued", &body, cause);
        let doc = json!({ "state": "QUEUED", "kind": kind, "text": kind });
        self.sql("customer", &format!("INSERT INTO inbox VALUES ('{notice}', '{doc}', NULL, 1, 'QUEUED')"));
        notice
    }

    /// Every consumer is at its sources' heads.
    pub fn heard(&self) {
        for (consumer, source) in HEARS {
            let head: i64 = self
                .open(source)
                .query_row("SELECT coalesce(max(position), 0) FROM events", [], |row| row.get(0))
                .unwrap();
            self.sql(
                consumer,
                &format!("INSERT OR REPLACE INTO cursors VALUES ('{source}', '{}', {head})", log(source)),
            );
        }
    }

    pub fn timer(&self, context: &str, stream: &str) {
        self.sql(context, &format!("INSERT OR REPLACE INTO timers VALUES ('{stream}', 9000000000000)"));
    }

    fn row(&self, context: &str, view: &str, id: &str, doc: &Value, more: &str) {
        self.sql(context, &format!("INSERT INTO {view} VALUES ('{id}', '{doc}', NULL, 1{more})"));
    }

    fn store(&self) {
        let terms = json!({ "minimumAmount": 17000, "offers": [{ "deliveryBy": "RIDER", "feeAmount": 3000 }] });
        let item = json!({ "menuId": MENU, "priceAmount": 21000, "soldOut": false, "optionGroups": [{ "options": [{ "priceAmount": 2000 }] }] });
        self.event("store", STORE, "StoreRegistered", &json!({ "terms": terms }), "owner/1");
        self.event("store", STORE, "MenuItemChanged", &json!({ "item": item }), "owner/2");
        self.event("store", STORE, "StoreOpened", &json!({}), "owner/3");
        let doc = json!({ "terms": terms, "switchedOn": true, "pausedUntil": null, "menu": [{ "item": item }] });
        self.row("app", "store_front", STORE, &doc, "");
    }

    fn create(&self, id: &str) {
        let event = json!({ "details": details() });
        self.event("app", id, "OrderCreated", &event, "customer/1");
        self.timer("app", &format!("order/{id}"));
    }

    /// Created, paid, placed and in front of the owner.
    pub fn place(&self, id: &str) {
        self.create(id);
        self.event("app", id, "PaymentStarted", &json!({ "attempt": 1 }), "customer/1");
        let approved = self.pay(id, 1);
        let placed = self.told(id, "OrderPlaced", &json!({ "details": details() }), &approved, "PLACED");
        let opened = self.event("store", id, "TicketOpened", &json!({ "lines": details()["lines"] }), &placed);
        self.event("app", id, "OrderReceived", &json!({ "answerBy": "2026-11-22T09:51:00Z" }), &opened);
    }

    /// Attempt `n` is charged.
    pub fn pay(&self, id: &str, n: u32) -> String {
        self.event("pay", id, "PaymentRequested", &json!({ "attempt": n, "amount": 49000 }), "service/1");
        let approved = self.event("pay", id, "PaymentApproved", &json!({ "attempt": n, "amount": 49000 }), "service/1");
        self.sql("provider", &format!("INSERT INTO charges VALUES ('{id}-{n}', '{id}', 49000, 'APPROVED')"));
        approved
    }

    fn give_back(&self, id: &str, refund: &str, amount: i64, cause: &str) -> String {
        let body = json!({ "attempt": 1, "refundId": refund, "amount": amount });
        self.event("pay", id, "RefundRequested", &body, cause);
        self.sql("provider", &format!("INSERT INTO refunds VALUES ('{refund}', '{id}-1', {amount})"));
        self.event("pay", id, "PaymentRefunded", &body, "worker/1")
    }

    /// What the views of a paid order show once `refund` of it is back.
    fn show(&self, id: &str, status: &str, refund: (&str, i64), adjusted: i64, quantity: i64) {
        let (refund_id, amount) = refund;
        let lines = json!([{ "lineId": LINE, "quantity": quantity }]);
        let version: i64 = self
            .open("app")
            .query_row("SELECT count(*) FROM events WHERE stream = 'order/' || ?1", [id], |row| row.get(0))
            .unwrap();
        let adjustments = if adjusted > 0 { json!([{ "amount": adjusted }]) } else { json!([]) };
        let refunds = json!([{ "refundId": refund_id, "amount": amount, "outcome": "DONE" }]);
        let order = json!({ "details": { "totalAmount": 49000, "lines": lines }, "adjustments": adjustments, "refunds": refunds });
        self.row(
            "app",
            "order_status",
            id,
            &json!({ "version": version, "order": order }),
            &format!(", '{status}', 'hana'"),
        );
        self.row("customer", "order_facts", id, &json!({ "totalAmount": 49000 - adjusted }), "");
        let entry = |account: &str, debit: i64, credit: i64| json!({ "account": account, "debitAmount": debit, "creditAmount": credit });
        let entries = json!([
            entry("provider", 49000, 0),
            entry("orders", 0, 49000),
            entry("orders", amount, 0),
            entry("refunds-payable", 0, amount),
            entry("refunds-payable", amount, 0),
            entry("provider", 0, amount)
        ]);
        let refunds = json!([{ "refundId": refund_id, "amount": amount, "standing": "DONE" }]);
        self.row("pay", "ledger", id, &json!({ "entries": entries, "refunds": refunds }), "");
    }

    fn deliver(&self) {
        let id = DELIVERED;
        self.place(id);
        let accepted = self.event("store", id, "TicketAccepted", &json!({}), "owner/4");
        self.event("delivery", id, "DeliveryRequested", &json!({}), &accepted);
        self.progress("ACCEPTED", &accepted);
        self.event("delivery", id, "RiderAssigned", &json!({ "riderId": "minsu" }), "rider/1");
        let cooking = self.event("store", id, "CookingStarted", &json!({}), "timer/cooking");
        self.progress("COOKING", &cooking);
        let cooked = self.event("store", id, "CookingFinished", &json!({}), "owner/5");
        self.progress("READY", &cooked);
        let started = self.event("delivery", id, "DeliveryStarted", &json!({ "riderId": "minsu" }), "rider/2");
        self.event("store", id, "TicketHandedOver", &json!({}), &started);
        self.progress("DELIVERING", &started);
        let completed = self.event("delivery", id, "DeliveryCompleted", &json!({}), "rider/3");
        self.told(id, "OrderCompleted", &json!({ "deliveryBy": "RIDER" }), &completed, "DELIVERED");
        let lines = json!([{ "lineId": LINE, "quantity": 1 }]);
        let adjusted = json!({ "adjustmentId": PART, "amount": 23000, "lines": lines });
        let adjusted = self.event("app", id, "OrderAdjusted", &adjusted, "operator/1");
        self.event("store", id, "TicketAdjusted", &json!({ "lines": lines }), &adjusted);
        let refunded = self.give_back(id, PART, 23000, &adjusted);
        let recorded = json!({ "refundId": PART, "amount": 23000, "outcome": "DONE", "adjustment": PART });
        self.told(id, "RefundRecorded", &recorded, &refunded, "PART_REFUNDED");
        self.show(id, "DELIVERED", (PART, 23000), 23000, 1);
        self.row("store", "kitchen_board", id, &json!({ "status": "OUT", "version": 6, "lines": lines }), "");
        self.row("delivery", "board", id, &json!({ "status": "DELIVERED", "riderId": "minsu" }), "");
    }

    fn progress(&self, to: &str, cause: &str) {
        let kind = if to == "DELIVERING" { "ON_THE_WAY" } else { to };
        self.told(DELIVERED, "OrderProgressed", &json!({ "to": to, "eta": "2026-11-22T10:25:00Z" }), cause, kind);
    }

    fn reject(&self) {
        let id = CANCELLED;
        self.place(id);
        let rejected = self.event("store", id, "TicketRejected", &json!({}), "owner/6");
        let body = json!({ "cause": "store-rejected", "paid": "everything", "refundAmount": 49000 });
        let cancelled = self.told(id, "OrderCancelled", &body, &rejected, "REJECTED");
        self.event("pay", id, "PaymentClosed", &json!({ "refundAmount": 49000 }), &cancelled);
        let refunded = self.give_back(id, BACK, 49000, &cancelled);
        let recorded = json!({ "refundId": BACK, "amount": 49000, "outcome": "DONE", "adjustment": null });
        self.told(id, "RefundRecorded", &recorded, &refunded, "REFUNDED");
        self.event("delivery", id, "DeliveryCancelled", &json!({}), &cancelled);
        self.show(id, "CANCELLED", (BACK, 49000), 0, 2);
        let lines = &details()["lines"];
        self.row("store", "kitchen_board", id, &json!({ "status": "REJECTED", "version": 2, "lines": lines }), "");
    }

    fn expire(&self) {
        let id = EXPIRED;
        self.create(id);
        let expired = self.told(id, "OrderExpired", &json!({}), "timer/unpaid-hold", "EXPIRED");
        self.event("pay", id, "PaymentClosed", &json!({}), &expired);
        let order = json!({ "details": details(), "adjustments": [], "refunds": [] });
        self.row("app", "order_status", id, &json!({ "version": 2, "order": order }), ", 'EXPIRED', 'hana'");
        self.row("customer", "order_facts", id, &json!({ "totalAmount": 49000 }), "");
    }
}

/// The id of a context's log.
pub fn log(context: &str) -> String {
    let number = CONTEXTS.iter().position(|name| *name == context).unwrap();
    format!("019aa8dc-4830-7900-a32a-0000000001{number:02}")
}

fn details() -> Value {
    json!({ "totalAmount": 49000, "deliveryBy": "RIDER", "customerId": "hana", "lines": [{ "lineId": LINE, "quantity": 2 }] })
}
