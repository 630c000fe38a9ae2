//! Secrets that sign webhooks.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use thiserror::Error;
use zeroize::Zeroizing;

/// Prefix of a secret in base64.
const PREFIX: &str = "whsec_";

/// An HMAC key. `Debug` hides it; dropping it wipes its memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    bytes: Zeroizing<Vec<u8>>,
}

/// Why a text is not a secret. Does not contain the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SecretError {
    /// The text is empty.
    #[error("the secret is empty; make one with `openssl rand -base64 32`")]
    Empty,
    /// The text after `whsec_` is not base64.
    #[error(
        "the secret starts with whsec_, but the rest is not base64; copy it again, including any = at its end"
    )]
    NotBase64,
}

impl Secret {
    /// Parses `whsec_` and base64; any other text is used as its bytes.
    /// Surrounding white space is ignored. The specification recommends 24 to
    /// 64 random bytes.
    ///
    /// # Errors
    /// The text is empty, or not base64 after the prefix.
    pub fn parse(text: &str) -> Result<Secret, SecretError> {
        let text = text.trim();
        let bytes = match text.strip_prefix(PREFIX) {
            Some(encoded) => BASE64_STANDARD
                .decode(encoded)
                .map_err(|_| SecretError::NotBase64)?,
            None => text.as_bytes().to_vec(),
        };
        Secret::new(bytes)
    }

    /// Uses the bytes as the key.
    ///
    /// # Errors
    /// [`SecretError::Empty`].
    pub fn new(bytes: Vec<u8>) -> Result<Secret, SecretError> {
        match bytes.is_empty() {
            true => Err(SecretError::Empty),
            false => Ok(Secret {
                bytes: Zeroizing::new(bytes),
            }),
        }
    }

    /// The value of the header `webhook-signature`.
    pub fn signature(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.bytes);
        let mut signing = hmac::Context::with_key(&key);
        signing.update(format!("{id}.{seconds}.").as_bytes());
        signing.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(signing.sign()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the tests of the reference libraries
    /// (<https://github.com/standard-webhooks/standard-webhooks>).
    #[test]
    fn the_published_example_has_the_published_signature() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        assert_eq!(
            secret.signature(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                br#"{"test": 2432232314}"#
            ),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_secret_parses_as_base64_or_as_its_bytes() {
        let raw = Secret::new(b"0123456789abcdef01234567".to_vec());
        let encoded = format!(
            "whsec_{}\n",
            BASE64_STANDARD.encode("0123456789abcdef01234567")
        );
        assert_eq!(Secret::parse(&encoded), raw);
        assert_eq!(Secret::parse("0123456789abcdef01234567"), raw);
        assert_eq!(Secret::parse(" \n"), Err(SecretError::Empty));
        assert_eq!(Secret::parse("whsec_"), Err(SecretError::Empty));
        assert_eq!(Secret::parse("whsec_*"), Err(SecretError::NotBase64));
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let secret = Secret::parse("hush").expect("a secret");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
