//! Where a value stands in a TOML text, found by its path.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::toml_document::check_bounds;

/// What is looked for at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The value.
    Value,
    /// The name of the value in its table; of an entry of an array, the value.
    Key,
}

/// The values of a TOML text, each with its byte range.
///
/// A value behind a `=` or in an array has the range of its text. A table with a header has that of
/// the header, `[a.b]` or `[[a.b]]`, and an array of such tables that of the first header. A table
/// that stands only in a longer name, such as `a` in `a.b = 1` or `[a.b]`, has that of its part of
/// the name.
#[derive(Debug)]
pub struct TomlPlaces<'a>(Option<Spanned<DeTable<'a>>>);

impl<'a> TomlPlaces<'a> {
    /// Parses a text. One that is not valid TOML has no places.
    pub fn read(text: &'a str) -> TomlPlaces<'a> {
        let table = check_bounds(text)
            .ok()
            .and_then(|()| DeTable::parse(text).ok());
        TomlPlaces(table)
    }

    /// The place of the value below these keys that a JSON Pointer leads to, or a path of keys
    /// between dots. Where the text has no such value, that of the nearest table or array around
    /// it; `None` where it has not even the first key.
    pub fn find(&self, keys: &[&str], path: &str, part: Part) -> Option<Range<usize>> {
        let below = steps(path);
        let mut steps = keys.iter().copied().chain(below.iter().map(String::as_str));
        let root = self.0.as_ref()?.get_ref();
        let (key, mut value) = root.get_key_value(steps.next()?)?;
        let mut key = key.span();
        for step in steps {
            let next = match value.get_ref() {
                DeValue::Table(table) => table
                    .get_key_value(step)
                    .map(|(key, value)| (key.span(), value)),
                DeValue::Array(array) => {
                    let entry = step.parse().ok().and_then(|index: usize| array.get(index));
                    entry.map(|value| (value.span(), value))
                }
                _ => None,
            };
            match next {
                Some(next) => (key, value) = next,
                None => return Some(value.span()),
            }
        }
        Some(match part {
            Part::Value => value.span(),
            Part::Key => key,
        })
    }
}

/// The keys and indexes of a path.
fn steps(path: &str) -> Vec<String> {
    let unescaped = |step: &str| step.replace("~1", "/").replace("~0", "~");
    match path.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(unescaped).collect(),
        None if path.is_empty() => Vec::new(),
        None => path.split('.').map(str::to_owned).collect(),
    }
}

/// A name as a step of a JSON Pointer.
pub fn pointer_step(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests;
