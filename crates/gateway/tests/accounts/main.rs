//! Signing up, in and out, as programs and browsers see it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audited;
mod browsers;
mod codes;
mod guessing;
mod kakao;
mod people;
mod sessions;
mod streams;
mod support;
