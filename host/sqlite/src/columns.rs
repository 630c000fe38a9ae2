//! How values are stored in columns.

use jiff::Timestamp;
use patchbay_journal::{
    AuditHash, CompanyId, ContactId, ConversationId, Ordinal, SecretHash, SessionId, Slot, TokenId,
};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// An id or a hash, stored as what it holds.
pub trait Id: Sized {
    /// What it holds.
    type Content: FromSql;

    /// The id that holds this.
    fn of(content: Self::Content) -> Self;
}

macro_rules! ids {
    ($($name:ident: $content:ty;)+) => {$(
        impl Id for $name {
            type Content = $content;

            fn of(content: $content) -> $name {
                $name(content)
            }
        }
    )+};
}

ids! {
    ConversationId: [u8; 16];
    ContactId: [u8; 16];
    TokenId: [u8; 16];
    SessionId: [u8; 16];
    SecretHash: [u8; 32];
    AuditHash: [u8; 32];
    CompanyId: u32;
    Slot: u8;
    Ordinal: u64;
}

/// Read a column that holds an id.
pub fn id<T: Id>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    row.get(column).map(T::of)
}

/// Read a column that holds an id or nothing.
pub fn optional_id<T: Id>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let content: Option<T::Content> = row.get(column)?;
    Ok(content.map(T::of))
}

/// The only column of a row, which holds an id.
pub fn only_id<T: Id>(row: &Row<'_>) -> rusqlite::Result<T> {
    id(row, 0)
}

/// A number or limit of a caller as the database takes it. What does not fit
/// lies beyond every row.
pub fn clamp_i64(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// Read a column that holds a code.
pub fn code<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let value = parse(row.get_ref(column)?.as_str()?);
    value.ok_or_else(|| FromSqlError::InvalidType.into())
}

/// A time, to the microsecond.
pub struct Micros(pub Timestamp);

impl Micros {
    /// The time as it reads back.
    pub fn rounded(self) -> Timestamp {
        Timestamp::from_microsecond(self.0.as_microsecond()).unwrap_or(self.0)
    }
}

impl ToSql for Micros {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_microsecond().into())
    }
}

impl FromSql for Micros {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Micros> {
        let micros = value.as_i64()?;
        Timestamp::from_microsecond(micros)
            .map(Micros)
            .map_err(|_| FromSqlError::OutOfRange(micros))
    }
}

/// Read a column that holds a time.
pub fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Ok(row.get::<_, Micros>(column)?.0)
}

/// Read a column that holds a time or nothing.
pub fn optional_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let micros: Option<Micros> = row.get(column)?;
    Ok(micros.map(|micros| micros.0))
}
