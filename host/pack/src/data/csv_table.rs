use patchbay_config::name_suggestion::suggest;
use patchbay_model::data_table::{DataTableBuilder, RowError};
use thiserror::Error;

/// Why a CSV file is no table. Lines count from 1.
#[derive(Debug, Error)]
pub enum CsvError {
    /// It is not CSV, or not UTF-8.
    #[error("line {line}: {message}")]
    Malformed {
        /// The line.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// It has no line with the names of the columns.
    #[error("it has no first line with the names of the columns")]
    Empty,
    /// The column of the keys is not there.
    #[error("it has no column {key:?} for the keys; {advice}")]
    NoKey {
        /// Name of the column.
        key: String,
        /// Names that it has.
        advice: String,
    },
    /// Two rows have one key. The message does not repeat it, because it may be a customer's.
    #[error("line {line}: the row has the same key as that of line {first}; keep one of them")]
    KeyTwice {
        /// The line of the second row.
        line: u64,
        /// The line of the first row.
        first: u64,
    },
    /// A row or a name does not fit a table.
    #[error("line {line}: {error}")]
    Row {
        /// The line.
        line: u64,
        /// What is wrong.
        error: RowError,
    },
}

/// Reads a CSV file (RFC 4180, UTF-8, with or without a byte order mark): the first line
/// names the columns, the column `key`, or else the first, has the keys. Values are
/// kept as they are written.
///
/// # Errors
/// [`CsvError`] with the line.
pub fn table_of_csv(bytes: &[u8], key: Option<&str>) -> Result<DataTableBuilder, CsvError> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let malformed = |error: csv::Error| CsvError::Malformed {
        line: error.position().map_or(1, csv::Position::line),
        message: message_of(&error),
    };
    let mut names: Vec<String> = {
        let header = reader.headers().map_err(malformed)?;
        header.iter().map(str::to_owned).collect()
    };
    if names.iter().all(String::is_empty) {
        return Err(CsvError::Empty);
    }
    let at = match key {
        None => 0,
        Some(key) => {
            let found = names.iter().position(|name| name == key);
            found.ok_or_else(|| CsvError::NoKey {
                key: key.to_owned(),
                advice: suggest(key, "columns", &names),
            })?
        }
    };
    let key = names.remove(at);
    let name_error = |error: RowError| CsvError::Row { line: 1, error };
    let mut table = DataTableBuilder::new(key, names).map_err(name_error)?;
    let mut record = csv::StringRecord::new();
    // Of each row: empty lines are no rows, and a value may have several lines.
    let mut lines: Vec<u64> = Vec::new();
    while reader.read_record(&mut record).map_err(malformed)? {
        let line = record.position().map_or(0, csv::Position::line);
        let mut values: Vec<String> = record.iter().map(str::to_owned).collect();
        let key = values.remove(at);
        table.insert(key, values).map_err(|error| match error {
            RowError::KeyTwice(row) => CsvError::KeyTwice {
                line,
                first: row.checked_sub(1).map_or(0, |index| lines[index]),
            },
            error => CsvError::Row { line, error },
        })?;
        lines.push(line);
    }
    Ok(table)
}

/// What is wrong, without the position.
fn message_of(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("the row has {len} values, but the first line has {expected_len} names"),
        other => format!("{other:?}"),
    }
}
