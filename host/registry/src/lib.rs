//! Packs in OCI registries: a client of the
//! [distribution protocol](https://github.com/opencontainers/distribution-spec).
//!
//! A registry is not trusted. Its answers are bounded in size and time, every byte is checked
//! against the digest that the image manifest or the caller names, and who signed a pack is for the
//! caller to check with a trust policy.
//!
//! The crate `oci-client` (0.17) does the same requests with reqwest, which brings a second HTTP client
//! and a second library for cryptography (aws-lc), follows redirects by itself, and connects to any
//! address. The requests are few, and [`patchbay_outbound::egress`] has the dialer that checks addresses.
//!
//! - https; plain http to this machine only.
//! - Credentials go to the registry itself and to its token service, never to where a blob is
//!   redirected.
//! - A host that the registry names (of tokens, of redirects) is public, or in the same private
//!   range as the registry.

mod blob_download;
mod blob_upload;
mod challenge;
mod credentials;
mod error;
mod limits;
mod link;
mod manifest;
mod pull;
mod push;
mod reference;
mod referrers;
mod session;
mod step;
mod tags;

pub use credentials::{Credentials, DockerConfig};
pub use error::RegistryError;
pub use limits::RegistryLimits;
pub use pull::PulledPack;
pub use push::{PushedPack, SignatureIndex};
pub use reference::{Reference, ReferenceError};
pub use session::{Reach, Registry};
pub use step::Step;
