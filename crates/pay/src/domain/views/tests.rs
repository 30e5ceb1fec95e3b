//! Specification.
