//! Lists come in pages: `?limit=` and an opaque `&cursor=`.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// How many items a page has when nobody says.
pub const USUAL_LIMIT: usize = 50;

/// The most items a page may have.
pub const LARGEST_LIMIT: usize = 200;

/// Which page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    limit: usize,
    cursor: Option<String>,
}

impl Default for Paging {
    fn default() -> Self {
        Self { limit: USUAL_LIMIT, cursor: None }
    }
}

#[derive(Deserialize)]
struct Asked {
    limit: Option<String>,
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(Asked { limit, cursor }) = Query::try_from_uri(&parts.uri)
            .map_err(|rejection| Problem::invalid_field("query", rejection.body_text()))?;
        let limit = match limit.map(|text| text.parse()) {
            None => USUAL_LIMIT,
            Some(Ok(limit)) if (1..=LARGEST_LIMIT).contains(&limit) => limit,
            Some(_) => return Err(Problem::invalid_field("limit", format!("a number from 1 to {LARGEST_LIMIT}"))),
        };
        Ok(Self { limit, cursor })
    }
}

impl Paging {
    /// How many items the page may have. Fetch one more than this: it tells whether there is a next page.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The sort key of the last item of the page before, or nothing for the first page; 422 when it is not ours.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let key = bytes_from(text).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        key.map(Some).ok_or_else(|| Problem::invalid_field("cursor", "not one that a page before has given"))
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The cursor of the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of `rows`, of which there may be one more than the limit; `key` is what they are sorted by.
    pub fn of<K: Serialize>(mut rows: Vec<T>, paging: &Paging, key: impl FnOnce(&T) -> K) -> Self {
        let more = rows.len() > paging.limit;
        rows.truncate(paging.limit);
        let next = rows.last().filter(|_| more).and_then(|last| serde_json::to_vec(&key(last)).ok());
        Self { next: next.map(|bytes| text_of(&bytes)), items: rows }
    }

    /// The same page with each item turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(turn).collect(), next: self.next }
    }
}

fn text_of(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn bytes_from(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair.first()?)? * 16 + digit(pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn paging(query: &str) -> Result<Paging, Problem> {
        let (mut parts, ()) = Request::get(format!("/orders?{query}")).body(()).unwrap().into_parts();
        Paging::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn a_page_has_fifty_items_unless_asked_for_one_to_two_hundred() {
        assert_eq!(paging("").await.unwrap().limit(), 50);
        assert_eq!(paging("limit=200&status=OPEN").await.unwrap().limit(), 200);
        for rubbish in ["limit=0", "limit=201", "limit=-1", "limit=many", "limit=", "limit=1&limit=2"] {
            assert_eq!(paging(rubbish).await.unwrap_err().status(), 422, "{rubbish}");
        }
    }

    #[tokio::test]
    async fn following_the_cursor_walks_the_whole_list() {
        let all: Vec<(i64, String)> = (0..5).map(|n| (n, format!("순두부 {n}"))).collect();
        let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
        loop {
            let paging = paging(&query).await.unwrap();
            let after: Option<(i64, String)> = paging.after().unwrap();
            let rows = all.iter().filter(|row| after.as_ref().is_none_or(|after| *row > after)).take(3).cloned();
            let page = Page::of(rows.collect(), &paging, Clone::clone);
            seen.extend(page.items);
            match page.next {
                Some(next) => query = format!("limit=2&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, all);
    }

    #[tokio::test]
    async fn a_cursor_that_is_not_ours_is_422() {
        for rubbish in ["cursor=", "cursor=zz", "cursor=abc", "cursor=%ED%95%9C", "cursor=7b"] {
            assert_eq!(paging(rubbish).await.unwrap().after::<i64>().unwrap_err().status(), 422, "{rubbish}");
        }
    }

    #[test]
    fn the_last_page_has_no_next() {
        let page = Page::of(vec![1, 2], &Paging { limit: 2, cursor: None }, |n| *n).map(|n| n * 10);
        assert_eq!(serde_json::to_string(&page).unwrap(), r#"{"items":[10,20]}"#);
    }
}
