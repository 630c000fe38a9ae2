//! The adapters of social networks whose posts anyone can read, a folder each. What an
//! adapter is stands in the crate `patchbay-adapter`, the table of all in
//! `patchbay-channels`.
//!
//! Comments mark as *assumption* what is general knowledge of a platform and was
//! not seen in its documentation or in published tests: compare it with the
//! provider's page before a release depends on it.

pub mod bluesky;
pub mod discourse;
pub mod mastodon;
pub mod x;
