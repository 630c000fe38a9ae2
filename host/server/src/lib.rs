//! The HTTP face of Patchbay: takes interactions and drafts in, has the
//! company's generation decide about them, and gives the decision's document
//! back. The server itself decides nothing.
//!
//! A request's way: `connections` accepts it, `guard` looks who may ask,
//! `body` reads it within bounds, `workers` gives it a thread, the company's
//! generation decides, and whatever goes wrong leaves as a `problem`.

mod access;
mod app;
mod body;
mod carrying;
mod changing;
mod companies;
mod connections;
mod deadline;
mod draining;
mod guard;
mod json;
mod load;
mod making;
mod naming;
mod oidc;
mod openapi;
mod panics;
mod problem;
mod routes;
mod schema;
mod serve;
pub mod settings;
mod starting;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;
mod turns;
mod watching;
mod workers;

pub use companies::Companies;
pub use load::{LoadError, Loaded};
pub use openapi::openapi_json;
pub use panics::log_panics;
pub use serve::{BoundServer, Finished, ServeError, Server};
pub use settings::{
    AdmissionSettings, JournalSettings, LogFormat, LogSettings, ServerSettings, TelemetrySettings,
};
pub use tls::TlsError;
