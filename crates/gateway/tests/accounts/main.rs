//! Signing up, in and out, as programs and browsers see it.

mod audited;
mod browsers;
mod codes;
mod guessing;
mod kakao;
mod people;
mod sessions;
mod streams;
mod support;
