//! HTTP below the routes: connections, heads and bodies of requests, problem
//! documents, and the bounds and threads that requests share. Knows neither the
//! server's routes nor its state; the caller passes a router.
//!
//! [`Connections`](connections::Connections) serves each connection;
//! [`problem::write`] turns every error answer into a document; [`bounds`] counts
//! who uses what; [`workers`] and [`work_share`] run what must not run on the
//! async threads.

pub mod body;
pub mod bounds;
pub mod code_schema;
pub mod connections;
pub mod content_headers;
pub mod descriptions;
pub mod entry_order;
pub mod history_entry;
pub mod json;
mod lingering_stream;
pub mod local_request;
pub mod media_type;
pub mod message_head;
pub mod observation;
pub mod parallel;
pub mod parameters;
pub mod problem;
pub mod request_fields;
pub mod request_headers;
pub mod work_share;
pub mod workers;
