//! The server: starts with its settings and companies, takes requests and mails, stops.
//!
//! A request passes the connections of `patchbay_http`, `transport_security`, `request_counter`,
//! `problem::write`, `guard`, and a handler of `patchbay_api`, of [`webhooks`] or of
//! [`widget`]. Mails of the companies' own mail servers come by `patchbay_lmtp`, for which
//! `company_mailboxes` finds connections.

mod company_hint;
mod company_mailboxes;
mod console;
mod guard;
mod initial_generations;
mod intake_work;
mod outbox_adapter;
mod panics;
mod polled_companies;
mod prepared_server;
mod request_counter;
mod router;
mod serve;
mod serve_error;
mod start_check;
mod startup;
mod storage_wait;
#[cfg(test)]
mod tests;
mod transport_security;
mod webhooks;
mod widget;

pub use panics::log_panics;
pub use patchbay_access::TlsError;
pub use patchbay_settings::{
    self as settings, AdmissionSettings, JournalSettings, LogFormat, LogSettings, ServerSettings,
    TelemetrySettings,
};
pub use prepared_server::{PrepareError, PreparedServer};
pub use serve::{BoundServer, ShutdownReport};
pub use serve_error::ServeError;
pub use start_check::check_start;
pub use startup::Server;
