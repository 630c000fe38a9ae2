use std::collections::BTreeMap;

use thiserror::Error;

use super::{COLUMN_NAME_BYTES, COLUMNS, DATA_BYTES, KEY_BYTES, MAGIC, ROW_BYTES};

/// Why a column or row is not added to a table.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RowError {
    /// Two columns have one name.
    #[error("two columns are named {0:?}")]
    ColumnTwice(String),
    /// A column has no name, or one that is too long.
    #[error("the name of column {0} is empty or has more than {COLUMN_NAME_BYTES} bytes")]
    ColumnName(usize),
    /// There are too many columns.
    #[error("there are {0} columns; the limit is {COLUMNS}")]
    Columns(usize),
    /// A row has another number of values than there are columns.
    #[error("the row has {found} values, but there are {wanted} columns")]
    Values {
        /// Number of values.
        found: usize,
        /// Number of columns.
        wanted: usize,
    },
    /// The key of a row is too long.
    #[error("the key has {0} bytes; the limit is {KEY_BYTES}")]
    Key(usize),
    /// A key is there twice: again after the row of this number, from 1 in the order of
    /// insertion. The message does not repeat the key, which may be a customer's.
    #[error("the row has the same key as row {0}")]
    KeyTwice(usize),
    /// The values of a row are too long.
    #[error("the row has {0} bytes; the limit is {ROW_BYTES}")]
    Row(usize),
    /// The table would be too long.
    #[error("the table has more than {DATA_BYTES} bytes; split it, or ship fewer columns")]
    Table,
}

/// Collects the rows of a table, in any order. Equal rows give equal bytes.
#[derive(Clone, Debug)]
pub struct DataTableBuilder {
    key: String,
    columns: Vec<String>,
    /// Number of the row in the order of insertion, from 1, and values, by key.
    rows: BTreeMap<String, (usize, Vec<String>)>,
    bytes: usize,
}

impl DataTableBuilder {
    /// A table without rows; `columns` are those besides the key.
    ///
    /// # Errors
    /// [`RowError`] for names that a table cannot have.
    pub fn new(key: String, columns: Vec<String>) -> Result<DataTableBuilder, RowError> {
        let names = || std::iter::once(&key).chain(&columns);
        let count = columns.len() + 1;
        if count > COLUMNS {
            return Err(RowError::Columns(count));
        }
        for (index, name) in names().enumerate() {
            if name.is_empty() || name.len() > COLUMN_NAME_BYTES {
                return Err(RowError::ColumnName(index + 1));
            }
            if names().take(index).any(|other| other == name) {
                return Err(RowError::ColumnTwice(name.clone()));
            }
        }
        let names = names().map(|name| 2 + name.len()).sum::<usize>();
        Ok(DataTableBuilder {
            bytes: MAGIC.len() + 6 + names + 4,
            key,
            columns,
            rows: BTreeMap::new(),
        })
    }

    /// Adds a row; `values` in the order of the columns.
    ///
    /// # Errors
    /// [`RowError`]; the row is not added.
    pub fn insert(&mut self, key: String, values: Vec<String>) -> Result<(), RowError> {
        let (found, wanted) = (values.len(), self.columns.len());
        if found != wanted {
            return Err(RowError::Values { found, wanted });
        }
        if key.len() > KEY_BYTES {
            return Err(RowError::Key(key.len()));
        }
        let length = values.iter().map(String::len).sum();
        if length > ROW_BYTES {
            return Err(RowError::Row(length));
        }
        let bytes = self.bytes + 4 + 2 * (1 + wanted) + key.len() + length;
        if bytes > DATA_BYTES {
            return Err(RowError::Table);
        }
        if let Some((first, _)) = self.rows.get(&key) {
            return Err(RowError::KeyTwice(*first));
        }
        self.bytes = bytes;
        let number = self.rows.len() + 1;
        self.rows.insert(key, (number, values));
        Ok(())
    }

    /// The bytes of the table.
    pub fn build(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes);
        bytes.extend_from_slice(MAGIC);
        // Both numbers are bounded by the limits on columns and bytes.
        bytes.extend_from_slice(&(self.rows.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&(self.columns.len() as u16 + 1).to_le_bytes());
        for name in std::iter::once(&self.key).chain(&self.columns) {
            put_field(&mut bytes, name);
        }
        let mut offset = 0_u32;
        bytes.extend_from_slice(&offset.to_le_bytes());
        for (key, (_, values)) in &self.rows {
            let fields = std::iter::once(key).chain(values);
            offset += fields.map(|field| 2 + field.len() as u32).sum::<u32>();
            bytes.extend_from_slice(&offset.to_le_bytes());
        }
        for (key, (_, values)) in &self.rows {
            for field in std::iter::once(key).chain(values) {
                put_field(&mut bytes, field);
            }
        }
        bytes
    }
}

fn put_field(bytes: &mut Vec<u8>, field: &str) {
    bytes.extend_from_slice(&(field.len() as u16).to_le_bytes());
    bytes.extend_from_slice(field.as_bytes());
}
