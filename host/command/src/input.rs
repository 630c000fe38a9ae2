//! Interactions from the lines of a file, one JSON object a line, with fields
//! mapped.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use patchbay_model::input::InputError;
use patchbay_model::interaction::parse_json;
use serde_json::{Map, Value};

use crate::exit::{Exit, Failure, io};

/// Most bytes of a line: an interaction of the largest size.
const LINE_BYTES: usize = 1 << 20;

/// How rows become interactions.
#[derive(Clone, Debug, Default)]
pub struct RowMap {
    moves: Vec<(Vec<String>, Source)>,
    channel: String,
}

#[derive(Clone, Debug)]
enum Source {
    Key(String),
    Literal(String),
}

impl RowMap {
    /// Parse a map of the command line; `airline` is predefined.
    pub fn parse(map: Option<&str>, channel: &str) -> Result<RowMap, Failure> {
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
                    format!("{part:?} in --map has no `=`"),
                    "write field=key or field=:literal, separated by commas",
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

    /// Map a row, and add the line number as `id` and the default channel where
    /// it has none.
    pub fn apply(&self, row: Value, line: usize) -> Value {
        let Value::Object(mut fields) = row else {
            return row;
        };
        for (path, source) in &self.moves {
            let value = match source {
                Source::Literal(text) => Some(Value::String(text.clone())),
                Source::Key(key) => fields.remove(key),
            };
            if let Some(value) = value {
                insert(&mut fields, path, value);
            }
        }
        // Files may use numbers as ids; the interchange form requires a text.
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

/// Set a field at a path. A value on the way that is not an object is replaced.
fn insert(mut fields: &mut Map<String, Value>, path: &[String], value: Value) {
    let Some((name, parents)) = path.split_last() else {
        return;
    };
    for parent in parents {
        let inner = fields.entry(parent.clone()).or_insert(Value::Null);
        if !inner.is_object() {
            *inner = Value::Object(Map::new());
        }
        match inner {
            Value::Object(inner) => fields = inner,
            _ => return,
        }
    }
    fields.insert(name.clone(), value);
}

/// The mapped rows of a file; the first invalid line is an error.
pub fn rows(path: &Path, map: &RowMap) -> Result<Vec<Value>, Failure> {
    let rows = lines(path)?.map(|(line, row)| {
        let row = row.map_err(|error| {
            Failure::new(
                Exit::NotRight,
                format!("{}:{line}: {error}", path.display()),
            )
        })?;
        Ok(map.apply(row, line))
    });
    rows.collect()
}

/// Lines of a file, or of standard input for `-`, numbered from 1; without blank
/// ones.
pub fn lines(
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
    let mut is_broken = false;
    let mut line = Vec::new();
    Ok(std::iter::from_fn(move || {
        while !is_broken {
            line.clear();
            number += 1;
            let row = match read_line(&mut reader, &mut line) {
                Ok(0) => return None,
                Ok(_) if line.iter().all(u8::is_ascii_whitespace) => continue,
                Ok(size) if line.len() > LINE_BYTES && !line.ends_with(b"\n") => {
                    Err(InputError::TooLarge {
                        field: "line".to_owned(),
                        limit: LINE_BYTES,
                        size,
                        unit: "bytes",
                    })
                }
                Ok(_) => match std::str::from_utf8(line.trim_ascii_end()) {
                    Ok(text) => parse_json(text),
                    Err(error) => Err(invalid(format!(
                        "is not UTF-8 at byte {}",
                        error.valid_up_to()
                    ))),
                },
                Err(error) => {
                    is_broken = true;
                    Err(invalid(format!("cannot be read: {error}")))
                }
            };
            return Some((number, row));
        }
        None
    }))
}

/// Read a line with its line break, storing at most one byte more than
/// [`LINE_BYTES`]; returns its size, 0 at the end of the file.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<usize> {
    let most = LINE_BYTES as u64 + 1;
    let read = reader.by_ref().take(most).read_until(b'\n', line)?;
    match line.ends_with(b"\n") || read <= LINE_BYTES {
        true => Ok(read),
        false => Ok(read + reader.skip_until(b'\n')?),
    }
}

fn invalid(problem: String) -> InputError {
    InputError::Invalid {
        field: "line".to_owned(),
        problem,
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
    fn a_map_without_an_equals_sign_is_rejected() {
        assert!(RowMap::parse(Some("text"), "x").is_err());
    }
}
