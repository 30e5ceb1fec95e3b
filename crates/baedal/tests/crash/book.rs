//! What people were told, to hold the server to it.

use std::collections::BTreeMap;

/// Statuses of an order that was never placed.
pub const NEVER_PLACED: [&str; 4] = ["AWAITING_PAYMENT", "PAYMENT_CHECKING", "PAYMENT_FAILED", "EXPIRED"];

/// The answers that were given.
#[derive(Default)]
pub struct Book {
    /// Who made it, by order; each person makes one.
    orders: BTreeMap<String, String>,
    /// Orders of which somebody was told that they are placed, in the order of the answers.
    placed: Vec<String>,
    /// Answers that no one may get.
    wrong: Vec<String>,
    /// Requests that got no answer, and were sent again.
    pub cut_off: u64,
    /// Answers that were given a second time.
    pub replayed: u64,
}

impl Book {
    pub fn ordered(&mut self, order: &str, who: &str) {
        self.orders.insert(order.to_owned(), who.to_owned());
    }

    /// Somebody was told that `order` is placed, and that its status is `status`.
    pub fn placed(&mut self, order: &str, status: &str) {
        if NEVER_PLACED.contains(&status) {
            self.wrong(format!("order {order} is answered as placed, and is {status}"));
        }
        self.placed.push(order.to_owned());
    }

    pub fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// Panics where something wrong was answered.
    #[track_caller]
    pub fn judge(&self) {
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
    }

    /// How many orders there are.
    pub fn orders(&self) -> usize {
        self.orders.len()
    }

    /// Who made it.
    pub fn whose(&self, order: &str) -> Option<String> {
        self.orders.get(order).cloned()
    }

    pub fn all_placed(&self) -> &[String] {
        &self.placed
    }

    /// In a line.
    pub fn summary(&self) -> String {
        let Self { orders, placed, cut_off, replayed, .. } = self;
        let (orders, placed) = (orders.len(), placed.len());
        format!("{orders} orders, {placed} answered as placed, {cut_off} answers cut off, {replayed} given again")
    }
}
