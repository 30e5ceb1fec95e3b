//! The outside that pay's ports are filled with.

pub mod simulated;
pub mod toss;
