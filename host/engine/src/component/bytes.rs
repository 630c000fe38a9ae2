use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::digest::Digest;
use super::load_error::LoadError;

/// A component's bytes and their digest, computed once. Cheap to clone.
#[derive(Clone)]
pub struct ComponentBytes {
    bytes: Arc<[u8]>,
    digest: Digest,
}

impl ComponentBytes {
    /// Digest of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Tell a component from everything else by its first eight bytes (the
    /// component model's binary format, preamble).
    pub(crate) fn check_header(&self) -> Result<(), LoadError> {
        if self.is_empty() {
            return Err(LoadError::Empty);
        }
        if !self.starts_with(b"\0asm") {
            return Err(LoadError::NotWasm);
        }
        match self.get(4..8) {
            Some([_, 0, 1, 0]) => Ok(()),
            Some([_, _, 0, 0]) => Err(LoadError::CoreModule),
            _ => Err(LoadError::Invalid("the header is truncated".to_owned())),
        }
    }
}

impl<T: Into<Arc<[u8]>>> From<T> for ComponentBytes {
    fn from(bytes: T) -> ComponentBytes {
        let bytes = bytes.into();
        ComponentBytes {
            digest: Digest::of(&bytes),
            bytes,
        }
    }
}

impl Deref for ComponentBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for ComponentBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.digest, f)
    }
}
