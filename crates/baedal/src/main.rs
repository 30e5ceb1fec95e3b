//! The Baedal binary.

fn main() {}
