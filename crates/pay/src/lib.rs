//! pay: takes payments, gives refunds and keeps the ledger.

pub mod adapters;
#[cfg(test)]
mod contracts;
pub mod domain;
pub mod http;
pub mod ports;
pub mod service;
pub mod subscriptions;
pub mod tables;
#[cfg(test)]
mod testing;
