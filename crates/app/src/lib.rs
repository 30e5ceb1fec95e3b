//! app: where a customer orders, and where an order's whole story is told.

pub mod domain;
