//! A sorted table as bytes, in which a key is found without reading the rest: shared
//! data of a pack.
//!
//! Numbers are little-endian. A field is its length in 16 bits and its UTF-8 text.
//!
//! | bytes | content |
//! | --- | --- |
//! | 8 | `pbtable1` |
//! | 4 | number of rows |
//! | 2 | number of columns, 1 to 64 |
//! | | a field for the name of each column; the first is that of the key |
//! | 4 for each row, and 4 | where the row begins, counted from the first row; at last, where the rows end |
//! | | the rows, sorted by the bytes of their keys, each key once: a field for each column |

mod builder;

use std::sync::Arc;

use thiserror::Error;

pub use builder::{DataTableBuilder, RowError};

/// First bytes of a table.
const MAGIC: &[u8; 8] = b"pbtable1";
/// Most bytes of a table, and of any other data of a pack: 64 MiB.
pub const DATA_BYTES: usize = 64 << 20;
/// Most columns, that of the key included.
pub const COLUMNS: usize = 64;
/// Most bytes of a column's name.
pub const COLUMN_NAME_BYTES: usize = 64;
/// Most bytes of a key.
pub const KEY_BYTES: usize = 256;
/// Most bytes of a row without its key and the lengths of its fields: 32 KiB.
pub const ROW_BYTES: usize = 32 << 10;

/// Why bytes are not a table.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DataTableError {
    /// It has another beginning.
    #[error("it does not begin with `pbtable1`: it is no table, or one of a newer version")]
    Magic,
    /// It is longer than a table may be.
    #[error("it has {0} bytes; the limit is {DATA_BYTES}")]
    TooLong(usize),
    /// It ends too early, or goes on after its end.
    #[error("its length is not that of {0} rows")]
    Length(u32),
    /// Its number of columns is out of range.
    #[error("it has {0} columns; 1 to {COLUMNS} are possible")]
    Columns(u16),
    /// A field is too long or no UTF-8.
    #[error("the {0} is too long or not UTF-8")]
    Field(String),
    /// The index does not fit the rows.
    #[error("the index does not fit row {0}")]
    Index(u32),
    /// Keys are not sorted, or one is there twice.
    #[error("the key of row {0} is not greater than the one before it")]
    Order(u32),
}

/// A table, checked. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DataTable {
    bytes: Arc<[u8]>,
    key: String,
    columns: Vec<String>,
    rows: u32,
    /// Where the index begins.
    index: usize,
    /// Where the rows begin.
    body: usize,
}

impl DataTable {
    /// Checks the bytes of a table, all of them: takes time in proportion to their
    /// number.
    ///
    /// # Errors
    /// [`DataTableError`] with the first fault.
    pub fn read(bytes: Arc<[u8]>) -> Result<DataTable, DataTableError> {
        if bytes.len() > DATA_BYTES {
            return Err(DataTableError::TooLong(bytes.len()));
        }
        let mut rest: &[u8] = bytes.strip_prefix(MAGIC).ok_or(DataTableError::Magic)?;
        let rows = take(&mut rest).map(u32::from_le_bytes);
        let rows = rows.ok_or(DataTableError::Length(0))?;
        let cut_off = DataTableError::Length(rows);
        let columns = take(&mut rest).map(u16::from_le_bytes);
        let columns = columns.ok_or_else(|| cut_off.clone())?;
        if columns == 0 || usize::from(columns) > COLUMNS {
            return Err(DataTableError::Columns(columns));
        }
        let mut names = Vec::with_capacity(columns.into());
        for number in 1..=columns {
            let name = take_field(&mut rest).ok_or_else(|| cut_off.clone())?;
            let name = text(name, COLUMN_NAME_BYTES);
            let name = name.ok_or_else(|| field(&format!("name of column {number}")))?;
            names.push(name.to_owned());
        }
        let index = bytes.len() - rest.len();
        let body = (rows as usize + 1).checked_mul(4);
        let body = body.and_then(|length| index.checked_add(length));
        let body = body.filter(|body| *body <= bytes.len()).ok_or(cut_off)?;
        let key = names.remove(0);
        let table = DataTable {
            key,
            columns: names,
            rows,
            index,
            body,
            bytes,
        };
        table.check_rows()?;
        Ok(table)
    }

    fn check_rows(&self) -> Result<(), DataTableError> {
        let length = self.bytes.len() - self.body;
        if (self.offset(0), self.offset(self.rows)) != (Some(0), Some(length)) {
            return Err(DataTableError::Length(self.rows));
        }
        let mut before: Option<&str> = None;
        for number in 0..self.rows {
            let mut rest = self.row(number).ok_or(DataTableError::Index(number))?;
            let key = take_field(&mut rest).ok_or(DataTableError::Index(number))?;
            let key = text(key, KEY_BYTES).ok_or_else(|| field(&format!("key of row {number}")))?;
            let mut left = ROW_BYTES;
            for column in &self.columns {
                let value = take_field(&mut rest).ok_or(DataTableError::Index(number))?;
                let fault = || field(&format!("{column} of row {number}"));
                left -= text(value, left).ok_or_else(fault)?.len();
            }
            if !rest.is_empty() {
                return Err(DataTableError::Index(number));
            }
            if before.is_some_and(|before| before >= key) {
                return Err(DataTableError::Order(number));
            }
            before = Some(key);
        }
        Ok(())
    }

    /// The bytes.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// Name of the column of the keys.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Names of the other columns, in their order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Number of rows.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// The values of the row with exactly this key, in the order of
    /// [`columns`](DataTable::columns). Reads about as many rows as the number of
    /// rows has bits.
    pub fn get(&self, key: &str) -> Option<Vec<&str>> {
        let (mut low, mut high) = (0, self.rows);
        while low < high {
            let middle = low + (high - low) / 2;
            let mut rest = self.row(middle)?;
            match take_field(&mut rest)?.cmp(key.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.values(rest),
            }
        }
        None
    }

    fn values<'a>(&self, mut rest: &'a [u8]) -> Option<Vec<&'a str>> {
        let fields = self.columns.iter().map(|_| take_field(&mut rest));
        fields
            .map(|field| std::str::from_utf8(field?).ok())
            .collect()
    }

    /// Where a row begins, from the first row.
    fn offset(&self, row: u32) -> Option<usize> {
        let at = self.index + row as usize * 4;
        let bytes = self.bytes.get(at..self.body)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    }

    fn row(&self, number: u32) -> Option<&[u8]> {
        let (begin, end) = (self.offset(number)?, self.offset(number + 1)?);
        self.bytes[self.body..].get(begin..end)
    }
}

fn field(what: &str) -> DataTableError {
    DataTableError::Field(what.to_owned())
}

fn text(bytes: &[u8], most: usize) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.len() <= most)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, others) = rest.split_first_chunk()?;
    *rest = others;
    Some(*first)
}

fn take_field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u16::from_le_bytes(take(rest)?);
    let (first, others) = rest.split_at_checked(length.into())?;
    *rest = others;
    Some(first)
}

#[cfg(test)]
mod tests;
