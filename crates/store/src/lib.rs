//! store: menus, opening hours and the kitchen's tickets.

mod board;
#[cfg(test)]
mod contracts;
mod demo;
pub mod domain;
pub mod http;
mod service;
mod subscriptions;
mod tables;

pub use demo::{DemoError, demo_store_ids};
pub use service::{Options, Sources, StoreService, waits_from};
pub use tables::{KitchenBoardView, TABLES};
