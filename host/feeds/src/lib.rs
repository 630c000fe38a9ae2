//! The adapters of what is published and must be asked for: feeds (blog comments, mention
//! searches) and the reviews of the app stores. A folder each. What an adapter is stands in
//! the crate `patchbay-adapter`, the table of all in `patchbay-channels`.
//!
//! Comments mark as *assumption* what is general knowledge of a platform and was
//! not seen in its documentation or in published tests: compare it with the
//! provider's page before a release depends on it.

pub mod app_store;
pub mod feed;
pub mod play_store;
mod polled;
mod review_poll;
mod seen;
