//! Checks of fields and query parameters that many requests have, and the cursors of pages.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::Timestamp;
use patchbay_journal::ConversationId;

use crate::parameters::ValueForm;
use crate::problem::Problem;

/// What a number must be, for [`parse_field`].
pub const NUMBER: &str = "must be a whole number";
/// What a time must be, for [`parse_field`].
pub const TIME: &str = "must be a time with its offset, such as 2026-03-02T10:00:00Z";

/// An error if a text is empty or longer than `limit` bytes.
pub fn check_length(field: &str, text: &str, limit: usize) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::invalid(field, "is empty"));
    }
    match text.len() > limit {
        true => Err(Problem::too_large(field, text.len(), limit, "bytes")),
        false => Ok(()),
    }
}

/// The length of a page: what the request asks for, else `usual`.
///
/// # Errors
/// 400 about the parameter `limit`: it is no whole number from 1 to `most`.
pub fn page_limit(asked: Option<&str>, usual: usize, most: usize) -> Result<usize, Problem> {
    let limit = asked.map_or(Ok(usual), str::parse);
    let limit = limit.ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| {
        let form = ValueForm::WholeNumber {
            least: 1,
            most: most as u64,
        };
        Problem::bad_parameter("limit", form.to_string())
    })
}

/// The value of a query parameter, if the request has it.
///
/// # Errors
/// 400 about the parameter with `detail`.
pub fn parse_field<T: FromStr>(
    field: &str,
    text: Option<&str>,
    detail: &str,
) -> Result<Option<T>, Problem> {
    let parsed = text.map(str::parse).transpose();
    parsed.map_err(|_| Problem::bad_parameter(field, detail))
}

/// The value of a query parameter that is `true` or `false`, if the request has it.
///
/// # Errors
/// 400 about the parameter.
pub fn parse_flag(field: &str, text: Option<&str>) -> Result<Option<bool>, Problem> {
    parse_field(field, text, &ValueForm::Flag.to_string())
}

/// The case of a query parameter that is a code of a closed set, if the request has it.
///
/// # Errors
/// 400 about the parameter, with the codes.
pub fn parse_code<T: Copy>(
    field: &str,
    text: Option<&str>,
    all: &[T],
    code: fn(T) -> &'static str,
) -> Result<Option<T>, Problem> {
    let find = |text| find_code(text, all, code);
    let found = text.map(find).transpose();
    found.map_err(|known| Problem::bad_parameter(field, ValueForm::Code(known).to_string()))
}

/// The cases of a query parameter with codes of a closed set, separated by commas, if the request has
/// it.
///
/// # Errors
/// 400 about the parameter, with the codes.
pub fn parse_codes<T: Copy + Ord>(
    field: &str,
    text: Option<&str>,
    all: &[T],
    code: fn(T) -> &'static str,
) -> Result<Option<BTreeSet<T>>, Problem> {
    let Some(text) = text else {
        return Ok(None);
    };
    let find = |part: &str| {
        let found = find_code(part.trim(), all, code);
        found.map_err(|known| {
            Problem::bad_parameter(
                field,
                format!("{part:?} is not one of {}", known.join(", ")),
            )
        })
    };
    let found: Result<_, _> = text.split(',').map(find).collect();
    found.map(Some)
}

/// The case with a code; the error lists the codes.
fn find_code<T: Copy>(
    text: &str,
    all: &[T],
    code: fn(T) -> &'static str,
) -> Result<T, Vec<String>> {
    let found = all.iter().copied().find(|one| code(*one) == text);
    found.ok_or_else(|| all.iter().map(|one| code(*one).to_owned()).collect())
}

/// Place of a conversation in a list by time.
pub type TimedPlace = (Timestamp, ConversationId);

/// The cursor of a page that ends at a place.
pub fn place_cursor((at, conversation): &TimedPlace) -> String {
    format!("{}-{conversation}", at.as_nanosecond())
}

/// The place after which a page begins, by its [`place_cursor`] in the field `after`.
///
/// # Errors
/// 400 about the parameter `after`.
pub fn parse_place(after: Option<&str>) -> Result<Option<TimedPlace>, Problem> {
    let parse = |text: &str| {
        let (at, conversation) = text.split_once('-')?;
        let at = Timestamp::from_nanosecond(at.parse().ok()?).ok()?;
        Some((at, conversation.parse().ok()?))
    };
    let place = |text| {
        parse(text).ok_or_else(|| Problem::bad_parameter("after", "is not the `next` of a page"))
    };
    after.map(place).transpose()
}

/// The cursor of the next page: that of the last row, if the page is full.
pub fn next_page<T, K>(rows: &[T], page: usize, cursor: impl FnOnce(&T) -> K) -> Option<K> {
    match rows.len() == page {
        true => rows.last().map(cursor),
        false => None,
    }
}
