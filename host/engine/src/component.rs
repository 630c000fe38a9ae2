//! A component before it is linked: its bytes, their digest, what its type
//! says, and why it cannot be used.

mod bytes;
mod compiler;
mod declared_parts;
mod description;
mod digest;
mod load_error;
mod outline;
mod reachable_code;

pub use bytes::ComponentBytes;
pub use compiler::CompileRefusal;
pub(crate) use compiler::Compiler;
pub use description::Description;
pub(crate) use description::{export_prefix, has_lifecycle};
pub use digest::Digest;
pub use load_error::{LoadError, SettingsProblem};
pub use outline::Outline;
pub(crate) use outline::without_schema_code;
pub(crate) use reachable_code::component_with_reachable_code;
