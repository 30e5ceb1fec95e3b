//! What all tests of the domain share.

pub mod fixtures;
