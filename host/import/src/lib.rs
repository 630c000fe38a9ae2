//! Writes a company around what another system exports: one module for each system.
//!
//! A module reads the export, translates what Patchbay can express, and names everything else with its
//! path. [`SYSTEMS`] lists the systems; `patchbay pack import` runs them.

mod construct;
mod files;
mod systems;
mod toml_text;

pub mod chatwoot;
pub mod taskrouter;

pub use construct::Construct;
pub use files::{Import, ImportedFile};
pub use systems::{ImportError, Options, SYSTEMS, System};

/// Most bytes of an export.
pub const MAX_BYTES: usize = 16 << 20;
