//! Packs: how policies are distributed. A pack is a manifest, a component, a schema for its
//! settings, and cases that show what it decides.

pub mod bundle;
mod component_file;
mod component_metadata;
pub mod data;
pub mod directory_files;
mod example_company;
pub mod image;
pub mod manifest;
mod manifest_file;
pub mod migration;
mod pack;
pub mod pack_file;
mod provenance;
pub mod regular_file;
pub mod release;
pub mod settings;
pub mod signature;
pub mod source;
mod source_error;
pub mod store;
pub mod trust;

pub use component_file::read_component;
pub use component_metadata::ComponentMetadata;
pub use manifest_file::read_manifest;
pub use pack::Pack;
pub use provenance::{IMAGE_BYTES, MOST_SIGNATURES, Provenance, SIGNATURE_BYTES};
pub use source_error::{SourceError, cannot_read};
