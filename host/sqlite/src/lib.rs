//! Rows of a SQLite database as values of a journal: statements from a connection's cache,
//! columns, and errors. What is stored, and how, is `patchbay-journal-sqlite`.
#![forbid(unsafe_code)]

mod columns;
mod database_error;
mod query;

pub use columns::{Id, Micros, clamp_i64, code, id, only_id, optional_id, optional_time, time};
pub use database_error::database_error;
pub use query::{Query, value};
