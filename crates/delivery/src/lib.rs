//! delivery: riders and the way from the store to the door.

#[cfg(test)]
mod contracts;
pub mod domain;
pub mod http;
pub mod service;
pub mod subscriptions;
pub mod tables;

pub use http::{described, router};
pub use service::{DeliveryService, Sources};
pub use tables::TABLES;
