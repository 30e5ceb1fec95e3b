//! What the specifications of this domain share.

pub mod samples;
