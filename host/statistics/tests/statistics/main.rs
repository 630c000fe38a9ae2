//! The statistics over a real journal: rows against a slow count of the entries,
//! restarts, compaction, an old journal, and the size of a query.
#![allow(clippy::unwrap_used)]

mod counts;
mod history;
mod reports;
mod slow_count;
