//! Checks of fields that many requests have, and the cursors of pages.

use crate::problem::{Kind, Problem};

/// An error if a text is empty or longer than `limit` bytes.
pub fn check_length(field: &str, text: &str, limit: usize) -> Result<(), Problem> {
    let problem = Problem::of(Kind::InvalidInput).field(field);
    if text.trim().is_empty() {
        return Err(problem.detail("is empty"));
    }
    if text.len() > limit {
        let size = Some(text.len() as u64);
        return Err(problem
            .detail(format!("has {} bytes; the limit is {limit}", text.len()))
            .limit(limit as u64, size, "bytes"));
    }
    Ok(())
}

/// The length of a page: what the request asks for, else `usual`.
///
/// # Errors
/// 422 about the field `limit`: it is no whole number from 1 to `most`.
pub fn page_limit(asked: Option<&str>, usual: usize, most: usize) -> Result<usize, Problem> {
    let limit = asked.map_or(Ok(usual), str::parse);
    let limit = limit.ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| {
        Problem::of(Kind::InvalidInput)
            .field("limit")
            .detail(format!("must be 1 to {most}"))
    })
}

/// The cursor of the next page: that of the last row, if the page is full.
pub fn next_page<T, K>(rows: &[T], page: usize, cursor: impl FnOnce(&T) -> K) -> Option<K> {
    match rows.len() == page {
        true => rows.last().map(cursor),
        false => None,
    }
}
