//! Requests in quarantine: the form they are stored in.

use patchbay_adapter::{Headers, InboundRequest, Method};
use serde::{Deserialize, Serialize};

/// Headers that decoding may read. Signatures and credentials are not stored.
const HEADERS: [&str; 1] = ["content-type"];

/// A verified request as it is stored, sealed: its head as a line of JSON, then the
/// body as it came.
#[derive(Debug)]
pub(crate) struct QuarantinedRequest {
    head: Head,
    body: Vec<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    url: String,
    /// Names and values.
    headers: Vec<(String, String)>,
}

impl QuarantinedRequest {
    /// The stored form of a request.
    pub(crate) fn to_bytes(request: &InboundRequest<'_>) -> Vec<u8> {
        let headers = HEADERS.into_iter().filter_map(|name| {
            let value = request.headers.only(name).ok()??;
            Some((name.to_owned(), value.to_owned()))
        });
        let head = Head {
            url: request.url.to_owned(),
            headers: headers.collect(),
        };
        // A struct of plain values: serialization cannot fail.
        let head = serde_json::to_vec(&head).unwrap_or_default();
        [&head, &b"\n"[..], request.body].concat()
    }

    /// Parses the stored form.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<QuarantinedRequest> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (head, body) = (&bytes[..end], &bytes[end + 1..]);
        Some(QuarantinedRequest {
            head: serde_json::from_slice(head).ok()?,
            body: body.to_vec(),
        })
    }

    /// The body as it came.
    pub(crate) fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The request.
    pub(crate) fn request(&self) -> InboundRequest<'_> {
        let headers = self.head.headers.iter();
        let headers: Headers<'_> = headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        InboundRequest {
            method: Method::Post,
            url: &self.head.url,
            headers,
            body: &self.body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_stored_without_its_signature_and_read_again() {
        let request = InboundRequest {
            method: Method::Post,
            url: "https://care.example/webhooks/n/sms/main?a=%20b",
            headers: [
                ("Content-Type", b"application/json".as_slice()),
                ("X-Twilio-Signature", b"hush"),
            ]
            .into_iter()
            .collect(),
            body: b"{\n\xff\0}\n",
        };
        let bytes = QuarantinedRequest::to_bytes(&request);
        assert!(!bytes.windows(4).any(|part| part == b"hush"));
        let stored = QuarantinedRequest::from_bytes(&bytes).expect("parsed");
        let again = stored.request();
        assert_eq!((again.url, again.body), (request.url, request.body));
        assert_eq!(
            again.headers.only("content-type"),
            Ok(Some("application/json"))
        );
        for bytes in [&b""[..], b"{}", b"{}\nbody", b"\n"] {
            assert!(QuarantinedRequest::from_bytes(bytes).is_none());
        }
    }
}
