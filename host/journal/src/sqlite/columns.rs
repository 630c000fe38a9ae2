//! How values are stored in columns.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::{AuditHash, CompanyId, ContactId, ConversationId, Ordinal, SecretHash, Slot, TokenId};

/// A newtype is stored as what it holds: `$inner` writes the field `$field`.
macro_rules! newtypes {
    ($($name:ident: |$field:ident| $inner:expr;)+) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let $field = &self.0;
                Ok($inner)
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<$name> {
                FromSql::column_result(value).map($name)
            }
        }
    )+};
}

newtypes! {
    ConversationId: |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes));
    ContactId: |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes));
    TokenId: |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes));
    SecretHash: |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes));
    AuditHash: |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes));
    CompanyId: |number| (*number).into();
    Slot: |number| (*number).into();
    Ordinal: |number| clamp_i64(*number).into();
}

/// A number or limit of a caller as the database takes it. What does not fit
/// lies beyond every row.
pub(super) fn clamp_i64(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// Read a column that holds a code.
pub(super) fn code<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let value = parse(row.get_ref(column)?.as_str()?);
    value.ok_or_else(|| FromSqlError::InvalidType.into())
}

/// A time, to the microsecond.
pub(super) struct Micros(pub(super) Timestamp);

impl Micros {
    /// The time as it reads back.
    pub(super) fn rounded(self) -> Timestamp {
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
pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Ok(row.get::<_, Micros>(column)?.0)
}

/// Read a column that holds a time or nothing.
pub(super) fn optional_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let micros: Option<Micros> = row.get(column)?;
    Ok(micros.map(|micros| micros.0))
}
