//! The adapters of the networks, a folder each, and the table of all adapters, [`ADAPTERS`].
//! What an adapter is stands in the crate `patchbay-adapter`; the adapters of mail and of the
//! web chat are `patchbay-email` and `patchbay-web-chat`.
//!
//! `host/gateway` calls them with what comes over the wire.
//!
//! Comments mark as *assumption* what is general knowledge of a platform and was
//! not seen in its documentation or in published tests: compare it with the
//! provider's page before a release depends on it.

pub mod facebook;
pub mod instagram;
pub mod line;
mod meta;
pub mod slack;
pub mod sms;
pub mod standard_webhooks;
mod table;
pub mod telegram;
mod twilio;
pub mod viber;
pub mod voice;
pub mod whatsapp;

pub use table::{ADAPTERS, adapter_kind, adapter_of_channel};
