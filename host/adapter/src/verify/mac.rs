//! Message authentication codes and digests.

use md5::{Digest, Md5};
use ring::{digest, hmac};
use zeroize::Zeroizing;

use super::Rejection;
use super::signature::Spelling;
use crate::secret::Secrets;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    /// Only as HMAC-MD5 of Vonage's SMS API.
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// Block of MD5, in bytes.
const MD5_BLOCK: usize = 64;

impl Hash {
    /// Bytes of a code.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Hash::Md5 => 16,
            Hash::Sha1 => 20,
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 64,
        }
    }

    /// Whether `given` is the code of the message by one of the secrets. The
    /// message is the concatenation of its parts.
    pub(super) fn is_code(self, secrets: &Secrets, message: &[&[u8]], given: &[u8]) -> bool {
        let by = |secret: &[u8]| match self.algorithm() {
            Some(algorithm) => {
                let key = hmac::Key::new(algorithm, secret);
                let mut context = hmac::Context::with_key(&key);
                message.iter().for_each(|part| context.update(part));
                are_equal(context.sign().as_ref(), given)
            }
            None => are_equal(&hmac_md5(secret, message), given),
        };
        // Every secret is tried, whichever matches.
        secrets
            .iter()
            .fold(false, |found, secret| by(secret.expose()) | found)
    }

    /// [`Hash::is_code`] as a result.
    pub(super) fn check(
        self,
        secrets: &Secrets,
        message: &[&[u8]],
        given: &[u8],
    ) -> Result<(), Rejection> {
        match self.is_code(secrets, message, given) {
            true => Ok(()),
            false => Err(Rejection::Mismatch),
        }
    }

    fn algorithm(self) -> Option<hmac::Algorithm> {
        match self {
            Hash::Md5 => None,
            Hash::Sha1 => Some(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            Hash::Sha256 => Some(hmac::HMAC_SHA256),
            Hash::Sha384 => Some(hmac::HMAC_SHA384),
            Hash::Sha512 => Some(hmac::HMAC_SHA512),
        }
    }
}

/// HMAC (RFC 2104) with MD5, which ring does not have.
fn hmac_md5(secret: &[u8], message: &[&[u8]]) -> [u8; 16] {
    let mut block = Zeroizing::new([0; MD5_BLOCK]);
    if secret.len() > MD5_BLOCK {
        block[..16].copy_from_slice(&Md5::digest(secret));
    } else {
        block[..secret.len()].copy_from_slice(secret);
    }
    let mut inner = Md5::new();
    inner.update(block.map(|byte| byte ^ 0x36));
    message.iter().for_each(|part| inner.update(part));
    let mut outer = Md5::new();
    outer.update(block.map(|byte| byte ^ 0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

/// Whether two texts are equal, in a time that depends on their lengths only.
pub fn are_equal(one: &[u8], other: &[u8]) -> bool {
    // ring compares codes in constant time; equal codes are equal texts.
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"patchbay channels comparison");
    hmac::verify(&key, one, hmac::sign(&key, other).as_ref()).is_ok()
}

/// Whether a text is the HMAC-SHA256 of a message by one of the secrets, in hexadecimal
/// digits of lower case.
pub fn is_hmac_sha256(secrets: &Secrets, message: &[&[u8]], hex: &str) -> bool {
    let given = Spelling::Hex.read(hex, Hash::Sha256.bytes());
    given.is_ok_and(|given| Hash::Sha256.is_code(secrets, message, &given))
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA256, bytes)
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202, section 2, test cases 1, 2 and 6.
    #[test]
    fn hmac_md5_agrees_with_its_specification() {
        for (key, message, code) in [
            (
                vec![0x0b; 16],
                "Hi There",
                "9294727a3638bb1c13f48ef8158bfc9d",
            ),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "750c783e6ab0b503eaa86e310a5db738",
            ),
            (
                vec![0xaa; 80],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd",
            ),
        ] {
            let (start, end) = message.as_bytes().split_at(3);
            assert_eq!(hex(&hmac_md5(&key, &[start, end])), code);
        }
    }

    #[test]
    fn a_comparison_counts_length_and_every_byte() {
        assert!(are_equal(b"", b""));
        assert!(are_equal(b"secret", b"secret"));
        for other in ["Secret", "secre", "secrets", "secret\0", ""] {
            assert!(!are_equal(b"secret", other.as_bytes()), "{other:?}");
        }
    }
}
