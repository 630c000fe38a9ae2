//! The state that requests, monitors and start-up of a running server share: companies and
//! their locks, the queue of changes, what-if jobs, alerts, statistics, and the signals that wake open streams. It has
//! no route.

pub mod alert_monitor;
pub mod alerts;
pub mod app;
pub mod article_indexes;
pub mod changes;
pub mod chat_limits;
pub mod chat_signals;
pub mod client_address;
mod companies;
pub mod company_locks;
pub mod feed_signals;
pub mod file_answer;
pub mod live_signals;
pub mod sign_in_limit;
pub mod statistics;
mod trust_monitor;
pub mod viewers;
pub mod what_if;

pub use companies::Companies;
