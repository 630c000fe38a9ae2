//! Queries through a connection's cache of prepared statements.

use patchbay_journal::Result;
use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::database_error::database_error;

/// Statements that stay prepared in the cache of a connection. Every error is that of the
/// database.
pub trait Query {
    /// Every row of a query.
    fn read_all<T>(
        &self,
        query: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>>;

    /// The first row of a query, if it has one.
    fn read_first<T>(
        &self,
        query: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>>;

    /// Whether a query has a row.
    fn has_row(&self, query: &str, params: impl Params) -> Result<bool>;

    /// Run a statement; the number of rows it changed.
    fn run(&self, query: &str, params: impl Params) -> Result<u64>;
}

impl Query for Connection {
    fn read_all<T>(
        &self,
        query: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.prepare_cached(query).map_err(database_error)?;
        let rows = statement.query_map(params, read).map_err(database_error)?;
        rows.collect::<Result<_, _>>().map_err(database_error)
    }

    fn read_first<T>(
        &self,
        query: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.prepare_cached(query).map_err(database_error)?;
        statement
            .query_row(params, read)
            .optional()
            .map_err(database_error)
    }

    fn has_row(&self, query: &str, params: impl Params) -> Result<bool> {
        self.prepare_cached(query)
            .map_err(database_error)?
            .exists(params)
            .map_err(database_error)
    }

    fn run(&self, query: &str, params: impl Params) -> Result<u64> {
        Ok(self
            .prepare_cached(query)
            .map_err(database_error)?
            .execute(params)
            .map_err(database_error)? as u64)
    }
}

/// The only column of a row.
pub fn value<T: rusqlite::types::FromSql>(row: &Row<'_>) -> rusqlite::Result<T> {
    row.get(0)
}
