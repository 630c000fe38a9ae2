//! Webhooks signed as [Standard Webhooks](https://www.standardwebhooks.com)
//! (specification 1.0.0):
//!
//! | header | |
//! | --- | --- |
//! | `webhook-id` | the delivery's key: the same at each attempt, so that the target handles it once |
//! | `webhook-timestamp` | time of the attempt in Unix seconds, against replays |
//! | `webhook-signature` | for each secret, `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`, separated by a space; only with a secret |
//! | `idempotency-key` | the key again, for targets that know this header |
//! | `content-type` | `application/json` |

mod send_error;
mod signing_key;

use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use jiff::Timestamp;
use patchbay_config::web_address::WebAddress;
use tokio::time::Instant;

pub use self::send_error::SendError;
pub use self::signing_key::{SigningKey, SigningKeyError};
use crate::courier::{Delivery, Destination, Sent};
use crate::egress::Egress;

/// Most bytes of a key.
const KEY_BYTES: usize = 256;

/// A target: its address and the secrets that sign requests to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where to post.
    pub url: WebAddress,
    /// Requests are not signed without one. With two, a target that knows
    /// either accepts the request: so a secret is replaced without a gap.
    pub secrets: Vec<SigningKey>,
}

impl Webhook {
    /// Posts `body` unchanged. To the target, all calls with the same key are
    /// one delivery. A key has 1 to 256 visible ASCII characters and no full
    /// stop, which separates the signed parts.
    ///
    /// # Errors
    /// The target did not confirm the delivery.
    pub async fn send(
        &self,
        egress: &Egress,
        key: &str,
        at: Timestamp,
        body: &[u8],
    ) -> Result<(), SendError> {
        let headers = self.signed_headers(key, at, body)?;
        let body = Bytes::copy_from_slice(body);
        let answer = egress.post(&self.url, headers, body).await?;
        match answer.status.is_success() {
            true => Ok(()),
            false => Err(SendError::Status {
                origin: self.url.origin(),
                status: answer.status,
                retry_after: answer.retry_after,
            }),
        }
    }

    /// The headers of a request with this body, of the media type `application/json`.
    ///
    /// # Errors
    /// [`SendError::InvalidKey`].
    pub fn signed_headers(
        &self,
        key: &str,
        at: Timestamp,
        body: &[u8],
    ) -> Result<HeaderMap, SendError> {
        let is_key = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
        if key.is_empty() || key.len() > KEY_BYTES || !key.bytes().all(is_key) {
            return Err(SendError::InvalidKey);
        }
        let header = |value: &str| HeaderValue::try_from(value).map_err(|_| SendError::InvalidKey);
        let seconds = at.as_second();
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", header(key)?);
        headers.insert("webhook-timestamp", seconds.into());
        if !self.secrets.is_empty() {
            let signatures = self.secrets.iter();
            let signatures = signatures.map(|secret| secret.signature(key, seconds, body));
            let signatures = signatures.collect::<Vec<_>>().join(" ");
            headers.insert("webhook-signature", header(&signatures)?);
        }
        headers.insert("idempotency-key", header(key)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(headers)
    }
}

impl Destination for Webhook {
    fn send<'a>(&'a self, egress: &'a Egress, delivery: &'a Delivery, at: Timestamp) -> Sent<'a> {
        Box::pin(async move {
            let start = Instant::now();
            let sent = self.send(egress, &delivery.key, at, &delivery.body).await;
            sent.map_err(|error| {
                let now = at.saturating_add(start.elapsed()).unwrap_or(Timestamp::MAX);
                error.failure(now)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(key: &str) -> Result<HeaderMap, SendError> {
        let webhook = Webhook {
            url: WebAddress::parse("https://hooks.example/in").expect("a URL"),
            secrets: Vec::new(),
        };
        webhook.signed_headers(key, Timestamp::UNIX_EPOCH, b"{}")
    }

    #[test]
    fn two_secrets_give_two_signatures() {
        let [new, old] = ["new", "old"].map(|text| SigningKey::parse(text).expect("a secret"));
        let webhook = Webhook {
            url: WebAddress::parse("https://hooks.example/in").expect("a URL"),
            secrets: vec![new.clone(), old.clone()],
        };
        let headers = webhook
            .signed_headers("k", Timestamp::UNIX_EPOCH, b"{}")
            .expect("a key");
        let expected = [new, old].map(|secret| secret.signature("k", 0, b"{}"));
        assert_eq!(headers["webhook-signature"], expected.join(" "));
    }

    #[test]
    fn a_key_fits_a_header_and_has_no_full_stop() {
        assert!(headers("reply-01J_x:7/3").is_ok());
        let long = "k".repeat(KEY_BYTES + 1);
        for key in ["", "a.b", "a b", "a\r\nb", "schlüssel", &long] {
            assert_eq!(headers(key), Err(SendError::InvalidKey), "{key:?}");
        }
    }

    #[test]
    fn a_webhook_without_a_secret_is_not_signed() {
        let headers = headers("k").expect("a key");
        assert!(!headers.contains_key("webhook-signature"));
        assert_eq!(headers["webhook-id"], headers["idempotency-key"]);
    }
}
