//! A row of a file, or what is wrong with it.

use patchbay_model::contact_record::ContactRecord;
use patchbay_model::input::InputError;
use patchbay_model::opt_out_entry::{self, OptOutEntry};
use serde_json::{Map, Value};

/// Most bytes of a line of NDJSON, and of the values of a row of CSV.
pub const LINE_BYTES: usize = 64 * 1024;

/// A row with its line, from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    /// The line on which it begins; in CSV, the first empty line before it.
    pub line: u64,
    /// What it says.
    pub item: Result<T, RowProblem>,
}

patchbay_model::codes! {
    /// Kind of a problem of a row.
    pub enum RowProblemCode {
        /// The file could not be read any further.
        Unreadable = "unreadable",
        /// It is longer than [`LINE_BYTES`].
        TooLong = "too-long",
        /// It is not UTF-8.
        NotUtf8 = "not-utf-8",
        /// It is not JSON or CSV.
        Malformed = "malformed",
        /// A field or column is missing, unknown or wrong.
        Invalid = "invalid",
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// Its kind.
    pub code: RowProblemCode,
    /// What is wrong. Repeats no address and no value.
    pub message: String,
}

impl RowProblem {
    pub(crate) fn new(code: RowProblemCode, message: impl Into<String>) -> RowProblem {
        let message = message.into();
        RowProblem { code, message }
    }

    pub(crate) fn too_long() -> RowProblem {
        let message = format!("it is longer than {LINE_BYTES} bytes");
        RowProblem::new(RowProblemCode::TooLong, message)
    }
}

impl From<InputError> for RowProblem {
    fn from(error: InputError) -> RowProblem {
        let code = match error {
            InputError::Syntax { .. } => RowProblemCode::Malformed,
            _ => RowProblemCode::Invalid,
        };
        RowProblem::new(code, error.to_string())
    }
}

/// What a file has one of in each row.
pub trait ImportRow: Sized {
    /// Read a row of NDJSON.
    ///
    /// # Errors
    /// What is wrong with it.
    fn from_json(value: Value) -> Result<Self, InputError>;

    /// The columns of CSV, for a message.
    const COLUMNS: &'static str;

    /// Whether CSV may have a column.
    fn is_column(name: &str) -> bool;

    /// Put the value of a column, which is not empty, into the row's JSON.
    ///
    /// # Errors
    /// What is wrong with the value, without it.
    fn put_column(
        row: &mut Map<String, Value>,
        column: &str,
        value: &str,
    ) -> Result<(), InputError>;
}

const ADDRESS: &str = "address.";
const ATTRIBUTE: &str = "attribute.";

impl ImportRow for ContactRecord {
    const COLUMNS: &'static str =
        "id, verified, deleted, address.CHANNEL (once for each address) and attribute.NAME";

    fn from_json(value: Value) -> Result<ContactRecord, InputError> {
        ContactRecord::from_value(value)
    }

    fn is_column(name: &str) -> bool {
        let has_more = |prefix| {
            name.strip_prefix(prefix)
                .is_some_and(|rest| !rest.is_empty())
        };
        matches!(name, "id" | "verified" | "deleted") || has_more(ADDRESS) || has_more(ATTRIBUTE)
    }

    fn put_column(
        row: &mut Map<String, Value>,
        column: &str,
        value: &str,
    ) -> Result<(), InputError> {
        if let Some(channel) = column.strip_prefix(ADDRESS) {
            let addresses = row
                .entry("addresses")
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(addresses) = addresses {
                addresses.push(serde_json::json!({"channel": channel, "address": value}));
            }
        } else if let Some(name) = column.strip_prefix(ATTRIBUTE) {
            let attributes = row
                .entry("attributes")
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(attributes) = attributes {
                attributes.insert(name.to_owned(), value.into());
            }
        } else {
            let value = match column {
                "id" => value.into(),
                _ => flag(column, value)?,
            };
            row.insert(column.to_owned(), value);
        }
        Ok(())
    }
}

impl ImportRow for OptOutEntry {
    const COLUMNS: &'static str = "channel, address, account, purpose, opted_out, source and at";

    fn from_json(value: Value) -> Result<OptOutEntry, InputError> {
        OptOutEntry::from_value(value)
    }

    fn is_column(name: &str) -> bool {
        opt_out_entry::FIELDS.contains(&name)
    }

    fn put_column(
        row: &mut Map<String, Value>,
        column: &str,
        value: &str,
    ) -> Result<(), InputError> {
        let value = match column {
            "opted_out" => flag(column, value)?,
            _ => value.into(),
        };
        row.insert(column.to_owned(), value);
        Ok(())
    }
}

/// A flag as spreadsheets write it.
fn flag(column: &str, value: &str) -> Result<Value, InputError> {
    for (word, flag) in [("true", true), ("false", false)] {
        if value.eq_ignore_ascii_case(word) {
            return Ok(flag.into());
        }
    }
    Err(InputError::Invalid {
        field: column.to_owned(),
        problem: "must be true or false".to_owned(),
    })
}
