//! The HTTP API: its routes and their OpenAPI document. A handler takes a request, calls the
//! desk or a company's generation, and answers a document; it decides nothing itself.
//! Handlers that decide run on the threads of `workers`; handlers that read the journal run
//! off the async threads.

mod contract_document;
mod decision_endpoint;
mod openapi;
mod routes;

pub use openapi::{described_routes, openapi_json, parameters, permissions, routes_document};
pub use patchbay_operator_api::{AuditReport, CheckDocument, CompactDocument, TokenDocument};
