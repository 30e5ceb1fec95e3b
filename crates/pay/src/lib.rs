//! pay: takes payments, gives refunds and keeps the ledger.

pub mod adapters;
pub mod domain;
pub mod ports;
