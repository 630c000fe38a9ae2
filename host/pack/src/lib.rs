//! Packs: what a policy is shipped as. A manifest, a component, a schema for
//! its settings, and the cases that show it works.

pub mod build;
pub mod bundle;
pub mod cases;
pub mod embedded;
pub mod manifest;
pub mod scaffold;
pub mod settings;
pub mod source;
