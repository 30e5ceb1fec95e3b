//! What handlers take from a request; whatever cannot be taken is answered with a problem.

use std::error::Error;
use std::io;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Query, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny};
use uuid::Uuid;

use crate::problem::Problem;

/// The most bytes a body may have.
pub const BODY_LIMIT: usize = 256 * 1024;

/// How long a whole body may take to arrive.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// How deep arrays and objects may be nested, as in `serde_json`.
const DEEPEST: usize = 128;

/// The body's bytes, however it is typed, within [`BODY_LIMIT`] and [`BODY_TIMEOUT`].
#[derive(Debug, Clone)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        match tokio::time::timeout(BODY_TIMEOUT, Limited::new(request.into_body(), BODY_LIMIT).collect()).await {
            Ok(Ok(body)) => Ok(Self(body.to_bytes())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::too_large(BODY_LIMIT).closing()),
            Ok(Err(error)) if is_broken(&*error) => {
                let detail = "The chunks of the body cannot be read.";
                Err(Problem::new(StatusCode::BAD_REQUEST, "broken-body", detail).closing())
            }
            // The client gave up in the middle: nobody is left to read this answer.
            Ok(Err(_)) | Err(_) => Err(Problem::request_timeout()),
        }
    }
}

/// Whether a body was sent that is none, as opposed to one that ended too early.
fn is_broken(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    let io = causes.find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|io| matches!(io.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
}

/// A JSON body, with the bytes it was read from: these are what an idempotency key is bound to.
#[derive(Debug, Clone)]
pub struct Json<T> {
    /// What the body says.
    pub value: T,
    /// The body as it came.
    pub raw: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let typed = is_json(request.headers());
        // An announced body that is too large is refused by its size first: its type does not matter any more.
        let RawBody(raw) = RawBody::from_request(request, state).await?;
        if !typed {
            return Err(Problem::unsupported_media_type());
        }
        Ok(Self { value: parse(&raw)?, raw })
    }
}

/// A body that may be left out altogether; an empty one is none, whatever its type.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let typed = is_json(request.headers());
        let RawBody(raw) = RawBody::from_request(request, state).await?;
        match (raw.is_empty(), typed) {
            (true, _) => Ok(None),
            (false, false) => Err(Problem::unsupported_media_type()),
            (false, true) => Ok(Some(Self { value: parse(&raw)?, raw })),
        }
    }
}

/// Reads JSON: 400 `malformed-json` when it is none, 422 `invalid-field` when it says something else than `T`.
pub fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    if nesting(raw) > DEEPEST {
        return Err(Problem::malformed_json(format!("The JSON is nested deeper than {DEEPEST} levels.")));
    }
    // Within what nobody reads, the parser would let through bytes that are no text.
    let text =
        std::str::from_utf8(raw).map_err(|error| Problem::malformed_json(format!("The body is not JSON: {error}.")))?;
    let object = text.trim_ascii_start().starts_with('{');
    if !object && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        // Else an array would be taken for an object's fields in turn.
        return Err(Problem::invalid_field(".", "has to be an object"));
    }
    serde_json::from_str(text).or_else(|error| {
        let broken = if error.is_data() { serde_json::from_str::<IgnoredAny>(text).err() } else { Some(error) };
        match broken {
            Some(error) => Err(Problem::malformed_json(format!("The body is not JSON: {error}."))),
            // Tracking the path costs, so it is done only for those who need it.
            None => parse_tracking_path(raw),
        }
    })
}

fn parse_tracking_path<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(raw)).map_err(|error| {
        let field = error.path().to_string();
        let told = error.inner().to_string();
        let reason = told.rfind(" at line ").map_or(told.as_str(), |end| &told[..end]);
        told_of(&field, reason)
    })
}

/// What is missing is named itself, not the object that lacks it.
fn told_of(field: &str, reason: &str) -> Problem {
    match reason.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(missing) if matches!(field, "." | "query") => Problem::invalid_field(missing, "is missing"),
        Some(missing) => Problem::invalid_field(format!("{field}.{missing}"), "is missing"),
        None => Problem::invalid_field(field, reason),
    }
}

/// The deepest nesting of arrays and objects, not counting brackets within strings.
fn nesting(raw: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in raw {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// `application/json`, with or without `charset=utf-8`.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(text) = headers.get(CONTENT_TYPE).map(HeaderValue::to_str).and_then(Result::ok) else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            Some(_) | None => true,
        })
}

/// The id in a path with one parameter; a text that is no id is 404 like an id that nobody has.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<S: Send + Sync, T: From<Uuid>> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = path_params(parts, state).await?;
        nth_id(&params, 0).map(Self)
    }
}

/// The two ids in a path with two parameters.
#[derive(Debug, Clone, Copy)]
pub struct PathIds<A, B>(pub A, pub B);

impl<S: Send + Sync, A: From<Uuid>, B: From<Uuid>> FromRequestParts<S> for PathIds<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = path_params(parts, state).await?;
        Ok(Self(nth_id(&params, 0)?, nth_id(&params, 1)?))
    }
}

/// The number in a path with one parameter.
#[derive(Debug, Clone, Copy)]
pub struct PathNumber(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for PathNumber {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = path_params(parts, state).await?;
        nth(&params, 0)?.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

async fn path_params<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams, Problem> {
    RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())
}

fn nth(params: &RawPathParams, place: usize) -> Result<&str, Problem> {
    params.iter().nth(place).map(|(_, text)| text).ok_or_else(Problem::not_found)
}

fn nth_id<T: From<Uuid>>(params: &RawPathParams, place: usize) -> Result<T, Problem> {
    let text = nth(params, place)?;
    // One id has one text: the other spellings of a UUID would be other addresses of the same thing.
    if text.len() != 36 {
        return Err(Problem::not_found());
    }
    Uuid::try_parse(text).map(T::from).map_err(|_| Problem::not_found())
}

/// The query's parameters; what does not fit is 422.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri).map(|Query(value)| Self(value)).map_err(|rejection| misfit(&rejection))
    }
}

/// The parameter that does not fit and why, as for a body's field.
fn misfit(rejection: &QueryRejection) -> Problem {
    let told = rejection.source().map_or_else(|| rejection.body_text(), ToString::to_string);
    told.split_once(": ").map_or_else(|| told_of("query", &told), |(field, why)| told_of(field, why))
}

#[cfg(test)]
mod tests;
