//! What every command of `patchbay` works with: its arguments, exit codes and output, the
//! policy or company file that it names, and the server or the journal that it asks.

#[allow(missing_docs, reason = "a comment on an argument is help text")]
pub mod args;
pub mod change;
pub mod changed_file;
pub mod control_characters;
pub mod decision_store;
pub mod document;
pub mod engine;
mod excerpt;
pub mod exit;
pub mod input;
pub mod numbers;
pub mod output;
pub mod policy;
pub mod progress_notes;
pub mod registry;
pub mod server;
