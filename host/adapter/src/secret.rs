//! Secrets of a channel, resolved by the caller.

use std::fmt;

use thiserror::Error;
use zeroize::Zeroizing;

/// A secret. `Debug` hides it; dropping it wipes its memory.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// Why bytes are not a secret of a scheme. Does not contain them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SecretError {
    /// There is none.
    #[error("is missing; a channel does not start without it")]
    Missing,
    /// It is empty.
    #[error("is empty; a channel does not start without it")]
    Empty,
    /// It does not have the form of its scheme.
    #[error("{0}")]
    Form(&'static str),
}

impl Secret {
    /// Uses the bytes as the secret, unchanged.
    ///
    /// # Errors
    /// [`SecretError::Empty`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Secret, SecretError> {
        let bytes = Zeroizing::new(bytes.into());
        match bytes.is_empty() {
            true => Err(SecretError::Empty),
            false => Ok(Secret(bytes)),
        }
    }

    /// The bytes. Callers write them into a request and nowhere else.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The secrets of one purpose, at least one. While one is replaced there are two:
/// a signature by either is accepted, and the first one is sent.
#[derive(Clone, Debug)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// These secrets, the one to send first.
    ///
    /// # Errors
    /// [`SecretError::Missing`] without any.
    pub fn new(secrets: Vec<Secret>) -> Result<Secrets, SecretError> {
        match secrets.is_empty() {
            true => Err(SecretError::Missing),
            false => Ok(Secrets(secrets)),
        }
    }

    /// One secret.
    ///
    /// # Errors
    /// [`SecretError::Empty`].
    pub fn one(secret: impl Into<Vec<u8>>) -> Result<Secrets, SecretError> {
        Secrets::new(vec![Secret::new(secret)?])
    }

    /// The secret to send.
    pub fn first(&self) -> &Secret {
        &self.0[0]
    }

    /// Every secret.
    pub fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_secrets_and_none_is_empty() {
        let secrets = Secrets::one("hush").expect("a secret");
        assert_eq!(format!("{secrets:?}"), "Secrets([Secret(…)])");
        assert_eq!(Secrets::one("").err(), Some(SecretError::Empty));
        assert_eq!(Secrets::new(Vec::new()).err(), Some(SecretError::Missing));
    }
}
