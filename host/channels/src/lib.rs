//! Channels as pure functions over bytes: whether a delivery is authentic. No I/O,
//! no clock, no HTTP types: bytes and times come in as parameters, and values come
//! out, so every rule is a plain test.
//!
//! Nothing of the server calls this crate yet.
//!
//! Comments mark as *assumption* what is general knowledge of a platform and was
//! not seen in its documentation or in published tests: compare it with the
//! provider's page before a release depends on it.

mod form;
mod request;
mod secret;
pub mod verify;

pub use request::{HandshakeAnswer, Headers, InboundRequest, Method};
pub use secret::{Secret, SecretError, Secrets};
pub use verify::{Rejection, Scheme, VerifiedRequest};
