//! Rows of a file as interactions: one JSON object a line, with fields where
//! the file has them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use patchbay_model::input::InputError;
use patchbay_model::interaction::json;
use serde_json::{Map, Value};

use crate::exit::{Exit, Failure, io};

/// Most bytes of a line: a text of the largest size with everything around it.
const LINE_BYTES: usize = 1 << 20;

/// How rows become interactions.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowMap {
    moves: Vec<(Vec<String>, Source)>,
    channel: String,
}

#[derive(Clone, Debug)]
enum Source {
    Key(String),
    Literal(String),
}

impl RowMap {
    /// A map as written on the command line; `airline` is one by name.
    pub(crate) fn parse(map: Option<&str>, channel: &str) -> Result<RowMap, Failure> {
        let spec = match map {
            None => "",
            // Rows of the airline tweets: {id, handle, text, created_at, …}.
            Some("airline") => {
                "author.address=handle,received_at=created_at,channel=:x,visibility=:public"
            }
            Some(spec) => spec,
        };
        let mut moves = Vec::new();
        for part in spec.split(',').filter(|part| !part.trim().is_empty()) {
            let Some((field, source)) = part.split_once('=') else {
                return Err(Failure::advised(
                    Exit::Usage,
                    format!("{part:?} is no part of a map"),
                    "write field=key, or field=:literal, separated by commas",
                ));
            };
            let source = match source.trim().strip_prefix(':') {
                Some(literal) => Source::Literal(literal.to_owned()),
                None => Source::Key(source.trim().to_owned()),
            };
            moves.push((field.trim().split('.').map(str::to_owned).collect(), source));
        }
        Ok(RowMap {
            moves,
            channel: channel.to_owned(),
        })
    }

    /// A row as the interchange form: mapped, and with id and channel where it
    /// has none.
    pub(crate) fn apply(&self, row: Value, line: usize) -> Value {
        let Value::Object(mut fields) = row else {
            return row;
        };
        for (path, source) in &self.moves {
            let value = match source {
                Source::Literal(text) => Some(Value::String(text.clone())),
                Source::Key(key) => fields.remove(key),
            };
            if let Some(value) = value {
                put(&mut fields, path, value);
            }
        }
        // A number is a fine id in a file.
        if let Some(Value::Number(number)) = fields.get("id") {
            let text = number.to_string();
            fields.insert("id".to_owned(), Value::String(text));
        }
        fields
            .entry("id")
            .or_insert_with(|| Value::String(line.to_string()));
        fields
            .entry("channel")
            .or_insert_with(|| Value::String(self.channel.clone()));
        Value::Object(fields)
    }
}

fn put(fields: &mut Map<String, Value>, path: &[String], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        fields.insert(name.clone(), value);
        return;
    }
    let inner = fields
        .entry(name.clone())
        .or_insert_with(|| Value::Object(Map::new()));
    // What stands there and is no object makes room for one.
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// Lines of a file or of standard input, numbered from 1, blank ones left out.
pub(crate) fn lines(
    path: &Path,
) -> Result<impl Iterator<Item = (usize, Result<Value, InputError>)>, Failure> {
    let mut reader: Box<dyn BufRead + Send> = match path.to_str() {
        Some("-") => Box::new(BufReader::new(std::io::stdin())),
        _ => Box::new(BufReader::with_capacity(
            1 << 16,
            File::open(path).map_err(io(path))?,
        )),
    };
    let mut number = 0;
    let mut broken = false;
    let mut line = Vec::new();
    Ok(std::iter::from_fn(move || {
        loop {
            line.clear();
            let read = match read_line(&mut reader, &mut line) {
                Ok(read) => read?,
                Err(_) if broken => return None,
                Err(error) => {
                    broken = true;
                    let error = InputError::Invalid {
                        field: "line".to_owned(),
                        problem: format!("cannot be read: {error}"),
                    };
                    return Some((number + 1, Err(error)));
                }
            };
            number += 1;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            if read > LINE_BYTES {
                let error = InputError::TooLarge {
                    field: "line".to_owned(),
                    limit: LINE_BYTES,
                    size: read,
                    unit: "bytes",
                };
                return Some((number, Err(error)));
            }
            let row = match std::str::from_utf8(&line) {
                Ok(text) => json(text),
                Err(error) => Err(InputError::Invalid {
                    field: "line".to_owned(),
                    problem: format!("is not UTF-8 at byte {}", error.valid_up_to()),
                }),
            };
            return Some((number, row));
        }
    }))
}

/// Read a line, keeping no more than its limit; how long it was.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<usize>> {
    let mut length = 0;
    loop {
        let buffer = match reader.fill_buf() {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if buffer.is_empty() {
            return Ok((length > 0).then_some(length));
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        if length + part.len() <= LINE_BYTES {
            line.extend_from_slice(part);
        }
        length += part.len();
        let used = part.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            return Ok(Some(length));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_map_moves_keys_and_sets_literals() {
        let map = RowMap::parse(Some("text=body,author.address=from,channel=:email"), "x")
            .expect("a map");
        let row = map.apply(json!({"body": "hi", "from": "a@example.com", "n": 1}), 7);
        assert_eq!(
            row,
            json!({"n": 1, "text": "hi", "author": {"address": "a@example.com"}, "channel": "email", "id": "7"})
        );
    }

    #[test]
    fn a_map_that_is_none_is_refused() {
        assert!(RowMap::parse(Some("text"), "x").is_err());
    }
}
