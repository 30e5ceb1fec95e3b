//! customer: tells the customer what happens, in order and once.

pub mod domain;
