//! Secrets that sign webhooks.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use thiserror::Error;
use zeroize::Zeroizing;

/// Prefix of a secret in base64.
const PREFIX: &str = "whsec_";
/// Prefixes of other things that dashboards show beside the secret.
const OTHERS: [&str; 5] = ["whpk_", "whsk_", "v1a,", "v1=", "sha256="];
/// Base64 with or without `=` at its end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An HMAC key. `Debug` hides it; dropping it wipes its memory.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    bytes: Zeroizing<Vec<u8>>,
}

/// Why a text is not a secret. Does not contain the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SigningKeyError {
    /// The text is empty.
    #[error("is empty; make one with `openssl rand -base64 32`")]
    Empty,
    /// The text after `whsec_` is not base64.
    #[error(
        "starts with whsec_, but the rest is not base64; copy it again, including any = at its end"
    )]
    NotBase64,
    /// It is a signature, or a key of another scheme.
    #[error("is a signature or a key of another scheme; copy the secret, which starts with whsec_")]
    NotASecret,
    /// `whsec_` stands inside the text.
    #[error("has other characters around whsec_…; copy the secret alone, without quotes")]
    Surrounded,
    /// The text stands in quotes.
    #[error("is in quotes, which would be part of the secret; remove them")]
    Quoted,
}

/// Whether a text begins and ends with quotation marks, as a value in a file of
/// variables that nothing unquotes.
fn is_quoted(text: &str) -> bool {
    let pairs = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’')];
    let within = |(open, close): (char, char)| text.strip_prefix(open)?.strip_suffix(close);
    pairs.into_iter().filter_map(within).next().is_some()
}

impl SigningKey {
    /// Parses a secret as dashboards show it: `whsec_` and base64, also behind
    /// `v1,`, with the URL-safe alphabet, or without `=` at its end. Any other
    /// text is used as its bytes. Surrounding white space is ignored. The
    /// specification recommends 24 to 64 random bytes.
    ///
    /// # Errors
    /// The text is empty, not base64 after the prefix, or evidently something
    /// else: a signature, a public key, a secret in quotes.
    pub fn parse(text: &str) -> Result<SigningKey, SigningKeyError> {
        let text = text.trim();
        let own = text
            .strip_prefix("v1,")
            .filter(|rest| rest.starts_with(PREFIX));
        let own = own.unwrap_or(text);
        if let Some(encoded) = own.strip_prefix(PREFIX) {
            let standard = encoded.replace('-', "+").replace('_', "/");
            let bytes = LENIENT.decode(Zeroizing::new(standard).as_bytes());
            return SigningKey::new(bytes.map_err(|_| SigningKeyError::NotBase64)?);
        }
        let lower = Zeroizing::new(own.to_ascii_lowercase());
        if lower.contains(PREFIX) {
            return Err(SigningKeyError::Surrounded);
        }
        if lower.starts_with("v1,") || OTHERS.iter().any(|other| lower.starts_with(other)) {
            return Err(SigningKeyError::NotASecret);
        }
        if is_quoted(own) {
            return Err(SigningKeyError::Quoted);
        }
        SigningKey::new(own.as_bytes().to_vec())
    }

    /// Uses the bytes as the key.
    ///
    /// # Errors
    /// [`SigningKeyError::Empty`].
    pub fn new(bytes: Vec<u8>) -> Result<SigningKey, SigningKeyError> {
        match bytes.is_empty() {
            true => Err(SigningKeyError::Empty),
            false => Ok(SigningKey {
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

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the tests of the reference libraries
    /// (<https://github.com/standard-webhooks/standard-webhooks>).
    #[test]
    fn the_published_example_has_the_published_signature() {
        let secret = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
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
        let raw = SigningKey::new(b"0123456789abcdef01234567".to_vec());
        let encoded = format!(
            "whsec_{}\n",
            BASE64_STANDARD.encode("0123456789abcdef01234567")
        );
        assert_eq!(SigningKey::parse(&encoded), raw);
        assert_eq!(SigningKey::parse("0123456789abcdef01234567"), raw);
    }

    /// The published secret as dashboards and clipboards give it.
    #[test]
    fn every_way_to_paste_a_secret_gives_its_bytes() {
        let published = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        for pasted in [
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\r\n",
        ] {
            assert_eq!(SigningKey::parse(pasted), published, "{pasted:?}");
        }
        let bytes = SigningKey::new([0xfb, 0xff, 0xfe, 0x01].to_vec());
        for pasted in [
            "whsec_+//+AQ==",
            "whsec_+//+AQ",
            "whsec_-__-AQ",
            "whsec_-__-AQ==",
            "v1,whsec_-__-AQ",
        ] {
            assert_eq!(SigningKey::parse(pasted), bytes, "{pasted:?}");
        }
    }

    #[test]
    fn what_is_not_a_secret_is_refused() {
        for (text, error) in [
            ("", SigningKeyError::Empty),
            (" \n", SigningKeyError::Empty),
            ("whsec_", SigningKeyError::Empty),
            ("v1,whsec_", SigningKeyError::Empty),
            ("whsec_*", SigningKeyError::NotBase64),
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw x",
                SigningKeyError::NotBase64,
            ),
            ("whsec_MfKQ9", SigningKeyError::NotBase64),
            (
                "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"",
                SigningKeyError::Surrounded,
            ),
            ("'whsec_AA=='", SigningKeyError::Surrounded),
            ("\"a long secret\"", SigningKeyError::Quoted),
            ("'a long secret'", SigningKeyError::Quoted),
            ("“a long secret”", SigningKeyError::Quoted),
            ("WHSEC_AA==", SigningKeyError::Surrounded),
            ("SECRET=whsec_AA==", SigningKeyError::Surrounded),
            (
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                SigningKeyError::NotASecret,
            ),
            (
                "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw",
                SigningKeyError::NotASecret,
            ),
            (
                "whpk_1SiA4o9hyqTCpIqC5X9HUakiiaeACeqfZTInDBbOyvs=",
                SigningKeyError::NotASecret,
            ),
            (
                "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc",
                SigningKeyError::NotASecret,
            ),
            ("sha256=a2114d57b48eac39", SigningKeyError::NotASecret),
        ] {
            assert_eq!(SigningKey::parse(text), Err(error), "{text:?}");
            assert!(text.len() < 8 || !error.to_string().contains(text));
        }
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let secret = SigningKey::parse("hush").expect("a secret");
        assert_eq!(format!("{secret:?}"), "SigningKey(…)");
    }
}
