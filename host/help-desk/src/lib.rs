//! The adapters of help desks that keep the conversations themselves, a folder each: Patchbay
//! reads their webhooks, decides, and writes the decision and checked replies back. What an
//! adapter is stands in the crate `patchbay-adapter`, the table of all in `patchbay-channels`.
//!
//! What Patchbay wrote never comes back as a message: an adapter ignores everything by the user
//! of its token, whom the setting `user` names, and everything that carries a planted key.
//!
//! Comments mark as *assumption* what is general knowledge of a platform and was
//! not seen in its documentation or in published tests: compare it with the
//! provider's page before a release depends on it.

mod answer;
pub mod chatwoot;
mod decision_rules;
mod decision_writes;
mod desk_item;
mod help_desk;
mod label;
mod network;
mod note;
mod priority;
mod sent_text;
pub mod zammad;
pub mod zendesk;
