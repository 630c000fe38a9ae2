//! The HTTP API: takes interactions, drafts and actions, passes them to the desk
//! or a company's generation, and answers documents. It decides nothing itself.
//!
//! A request passes the connections of `patchbay_http`, `request_counter`,
//! `problem::write`, `guard` and a handler of `routes`. Handlers that decide run on
//! the threads of `workers`; handlers that read the journal run off the async
//! threads. Mails of the companies' own mail servers come by `patchbay_lmtp`, for which
//! `company_mailboxes` finds connections.

mod alert_monitor;
mod alerts;
mod app;
mod changes;
mod companies;
mod company_hint;
mod company_locks;
mod company_mailboxes;
mod decision_endpoint;
mod descriptions;
mod feed_signals;
mod guard;
mod initial_generations;
mod openapi;
mod outbox_adapter;
mod panics;
mod prepared_server;
mod request_counter;
mod router;
mod routes;
mod serve;
mod serve_error;
mod startup;
mod storage_wait;
#[cfg(test)]
mod tests;
mod trust_monitor;
mod webhooks;
mod widget;

pub use companies::Companies;
pub use openapi::openapi_json;
pub use panics::log_panics;
pub use patchbay_access::TlsError;
pub use patchbay_settings::{
    self as settings, AdmissionSettings, JournalSettings, LogFormat, LogSettings, ServerSettings,
    TelemetrySettings,
};
pub use prepared_server::{PrepareError, PreparedServer};
pub use routes::{AuditReport, CheckDocument, CompactDocument, TokenDocument};
pub use serve::{BoundServer, ShutdownReport};
pub use serve_error::ServeError;
pub use startup::Server;
