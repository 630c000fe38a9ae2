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
pub fn page_limit(asked: Option<usize>, usual: usize, most: usize) -> Result<usize, Problem> {
    match asked.unwrap_or(usual) {
        limit if (1..=most).contains(&limit) => Ok(limit),
        _ => Err(Problem::of(Kind::InvalidInput)
            .field("limit")
            .detail(format!("must be 1 to {most}"))),
    }
}

/// The cursor of the next page: that of the last row, if the page is full.
pub fn next_page<T, K>(rows: &[T], page: usize, cursor: impl FnOnce(&T) -> K) -> Option<K> {
    match rows.len() == page {
        true => rows.last().map(cursor),
        false => None,
    }
}
