//! Samples for the specifications.
