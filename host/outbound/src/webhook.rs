//! Giving bytes to a webhook, signed by the scheme of Standard Webhooks
//! (<https://www.standardwebhooks.com>, specification 1.0.0), which libraries
//! for many languages verify:
//!
//! | header | |
//! | --- | --- |
//! | `webhook-id` | the key: the same at each attempt, so that the target does a thing once |
//! | `webhook-timestamp` | seconds since 1970 of the attempt: what is old was replayed |
//! | `webhook-signature` | `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; only where there is a secret |
//! | `idempotency-key` | the key once more, for targets that know that header |
//! | `content-type` | `application/json` |

mod answer;
mod secret;

use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use jiff::Timestamp;
use patchbay_model::web_address::WebAddress;

pub use self::answer::SendError;
use self::answer::refusal;
pub use self::secret::{Secret, SecretError};
use crate::egress::Egress;

/// Most bytes of a key.
const KEY_BYTES: usize = 256;

/// Where bytes are posted, and the key they are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The address.
    pub url: WebAddress,
    /// The key both sides know; absent: nothing is signed.
    pub secret: Option<Secret>,
}

impl Webhook {
    /// Post a body, byte for byte as it is. Given again with the same key it
    /// is the same thing to the target, whatever became of it before.
    ///
    /// The key is 1 to 256 visible ASCII characters without a full stop, as
    /// the specification asks for: it parts what is signed.
    ///
    /// # Errors
    /// Why the target has not said that it has it.
    pub async fn send(
        &self,
        egress: &Egress,
        key: &str,
        at: Timestamp,
        body: &[u8],
    ) -> Result<(), SendError> {
        let headers = self.headers(key, at, body)?;
        let body = Bytes::copy_from_slice(body);
        let answer = egress.post(&self.url, headers, body).await?;
        match answer.status.is_success() {
            true => Ok(()),
            false => Err(refusal(self.url.origin(), &answer)),
        }
    }

    fn headers(&self, key: &str, at: Timestamp, body: &[u8]) -> Result<HeaderMap, SendError> {
        let is_key = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
        if key.is_empty() || key.len() > KEY_BYTES || !key.bytes().all(is_key) {
            return Err(SendError::Key);
        }
        let header = |value: &str| HeaderValue::try_from(value).map_err(|_| SendError::Key);
        let seconds = at.as_second();
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", header(key)?);
        headers.insert("webhook-timestamp", seconds.into());
        if let Some(secret) = &self.secret {
            let signature = secret.signature(key, seconds, body);
            headers.insert("webhook-signature", header(&signature)?);
        }
        headers.insert("idempotency-key", header(key)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(key: &str) -> Result<HeaderMap, SendError> {
        let webhook = Webhook {
            url: WebAddress::parse("https://hooks.example/in").expect("an address"),
            secret: None,
        };
        webhook.headers(key, Timestamp::UNIX_EPOCH, b"{}")
    }

    #[test]
    fn a_key_parts_what_is_signed_and_fits_a_header() {
        assert!(headers("reply-01J_x:7/3").is_ok());
        let long = "k".repeat(KEY_BYTES + 1);
        for key in ["", "a.b", "a b", "a\r\nb", "schlüssel", &long] {
            assert_eq!(headers(key), Err(SendError::Key), "{key:?}");
        }
    }

    #[test]
    fn without_a_secret_nothing_is_signed() {
        let headers = headers("k").expect("a key");
        assert!(!headers.contains_key("webhook-signature"));
        assert_eq!(headers["webhook-id"], headers["idempotency-key"]);
    }
}
