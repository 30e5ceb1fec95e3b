//! customer: tells the customer what happens, in order and once.

pub mod adapters;
#[cfg(test)]
mod contracts;
pub mod domain;
mod handed;
pub mod http;
mod pages;
pub mod ports;
mod sending;
pub mod service;
mod subscriptions;
pub mod tables;

#[cfg(test)]
mod testing;

pub use service::{CustomerService, Options, Sources, waits_from};
pub use tables::TABLES;
