//! app: where a customer orders, and where an order's whole story is told.

#[cfg(test)]
mod contracts;
pub mod domain;
mod fronts;
pub mod http;
mod pages;
pub mod ports;
mod service;
mod subscriptions;
mod tables;

pub use pages::Window;
pub use service::{AppService, Options, Sources, waits_from};
pub use tables::{OrderStatusView, StoreFrontView, TABLES};
