//! The outside that pay's ports are filled with.

pub mod faulty;
pub mod simulated;
pub mod toss;
