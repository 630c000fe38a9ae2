//! Rows of CSV.

use std::io::Read;
use std::marker::PhantomData;

use serde_json::{Map, Value};

use crate::row::{ImportRow, LINE_BYTES, Row, RowProblem, RowProblemCode};

/// Reads CSV (RFC 4180, UTF-8, with or without a byte order mark). The first line
/// names the columns; an empty value is absent. Holds one row.
pub struct CsvRows<R: Read, T> {
    reader: csv::Reader<R>,
    columns: Option<Vec<String>>,
    record: csv::StringRecord,
    ended: bool,
    row: PhantomData<fn() -> T>,
}

impl<R: Read, T> std::fmt::Debug for CsvRows<R, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvRows").finish_non_exhaustive()
    }
}

impl<R: Read, T: ImportRow> CsvRows<R, T> {
    /// The rows of a file.
    pub fn new(file: R) -> CsvRows<R, T> {
        CsvRows {
            reader: csv::ReaderBuilder::new().from_reader(file),
            columns: None,
            record: csv::StringRecord::new(),
            ended: false,
            row: PhantomData,
        }
    }

    /// The names of the columns. Without them no row has a meaning.
    fn read_columns(&mut self) -> Result<Vec<String>, RowProblem> {
        let header = self.reader.headers().map_err(|error| problem(&error))?;
        let names: Vec<String> = header
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        if names.iter().all(String::is_empty) {
            let message = "the first line must name the columns";
            return Err(RowProblem::new(RowProblemCode::Invalid, message));
        }
        for (index, name) in names.iter().enumerate() {
            let message = match name {
                name if !T::is_column(name) => {
                    // A file without a header begins with a customer.
                    let number = index + 1;
                    format!(
                        "column {number} of the first line is not a known name; columns are {}",
                        T::COLUMNS
                    )
                }
                name if !name.starts_with("address.") && names[..index].contains(name) => {
                    format!("the column {name} stands there twice")
                }
                _ => continue,
            };
            return Err(RowProblem::new(RowProblemCode::Invalid, message));
        }
        Ok(names)
    }

    fn read(&self, columns: &[String]) -> Result<T, RowProblem> {
        let bytes: usize = self.record.iter().map(str::len).sum();
        if bytes > LINE_BYTES {
            return Err(RowProblem::too_long());
        }
        let mut row = Map::new();
        for (column, value) in columns.iter().zip(&self.record) {
            let value = value.trim();
            if !value.is_empty() {
                T::put_column(&mut row, column, value)?;
            }
        }
        Ok(T::from_json(Value::Object(row))?)
    }
}

impl<R: Read, T: ImportRow> Iterator for CsvRows<R, T> {
    type Item = Row<T>;

    fn next(&mut self) -> Option<Row<T>> {
        if self.ended {
            return None;
        }
        let columns = match self.columns.take() {
            Some(columns) => columns,
            None => match self.read_columns() {
                Ok(columns) => columns,
                Err(problem) => {
                    self.ended = true;
                    let item = Err(problem);
                    return Some(Row { line: 1, item });
                }
            },
        };
        let row = match self.reader.read_record(&mut self.record) {
            Ok(false) => return None,
            Ok(true) => Row {
                line: self.record.position().map_or(0, csv::Position::line),
                item: self.read(&columns),
            },
            Err(error) => {
                self.ended = error.is_io_error();
                Row {
                    line: error.position().map_or(0, csv::Position::line),
                    item: Err(problem(&error)),
                }
            }
        };
        self.columns = Some(columns);
        Some(row)
    }
}

fn problem(error: &csv::Error) -> RowProblem {
    let (code, message) = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => (RowProblemCode::NotUtf8, "it is not UTF-8".to_owned()),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            let message =
                format!("it has {len} values, but the first line has {expected_len} names");
            (RowProblemCode::Malformed, message)
        }
        csv::ErrorKind::Io(error) => {
            let message = format!("the file cannot be read: {error}");
            (RowProblemCode::Unreadable, message)
        }
        _ => (RowProblemCode::Malformed, "it is not CSV".to_owned()),
    };
    RowProblem::new(code, message)
}
