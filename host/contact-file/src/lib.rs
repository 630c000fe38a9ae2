//! Files about people that a company imports: records of its CRM, and lists of
//! opt-outs. NDJSON or CSV, read row by row; a row that is wrong leaves the
//! others alone.

#![forbid(unsafe_code)]

mod csv_rows;
mod ndjson_rows;
mod row;

pub use csv_rows::CsvRows;
pub use ndjson_rows::NdjsonRows;
pub use row::{ImportRow, LINE_BYTES, Row, RowProblem, RowProblemCode};

use std::io::BufRead;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values (RFC 4180) in UTF-8, the first line names the
    /// columns.
    Csv,
}

/// The rows of a file, in order. A file that is not CSV at all is one row with
/// the problem.
pub fn rows<'a, T: ImportRow + 'a>(
    file: impl BufRead + 'a,
    format: FileFormat,
) -> Box<dyn Iterator<Item = Row<T>> + 'a> {
    match format {
        FileFormat::Ndjson => Box::new(NdjsonRows::new(file)),
        FileFormat::Csv => Box::new(CsvRows::new(file)),
    }
}
