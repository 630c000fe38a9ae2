//! The envelope of a mail that the company's own mail server delivers.

use patchbay_adapter::{Headers, InboundRequest, Method, form};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Start of the URL of a request that a mail is kept as. No webhook's URL begins so.
const SCHEME: &str = "lmtp:?";
/// Header with the time at which the mail came, as in a signed request.
const TIME: &str = "webhook-timestamp";

/// The envelope of a mail (RFC 5321), as the company's own mail server gives it.
/// `Debug` shows no address.
#[derive(Clone, PartialEq, Eq)]
pub struct MailEnvelope {
    /// Address for reports about the mail; `None` for `<>`: nothing may be sent in
    /// answer.
    pub return_path: Option<String>,
    /// The recipients.
    pub recipients: Vec<String>,
}

/// A mail with its envelope, in the form in which adapters decode deliveries and the
/// quarantine keeps them: `lmtp:?from=…&to=…`.
pub struct DeliveredMail<'a> {
    url: String,
    time: String,
    content: &'a [u8],
}

impl<'a> DeliveredMail<'a> {
    /// A mail that came at a time, in seconds since 1970.
    pub fn new(envelope: &MailEnvelope, seconds: i64, content: &'a [u8]) -> DeliveredMail<'a> {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let from = encode(envelope.return_path.as_deref().unwrap_or_default());
        let mut url = format!("{SCHEME}from={from}");
        for recipient in &envelope.recipients {
            url += "&to=";
            url += &encode(recipient);
        }
        DeliveredMail {
            url,
            time: seconds.to_string(),
            content,
        }
    }

    /// The mail as an adapter decodes it.
    pub fn request(&self) -> InboundRequest<'_> {
        let headers: Headers<'_> = [(TIME, self.time.as_bytes())].into_iter().collect();
        InboundRequest {
            method: Method::Post,
            url: &self.url,
            headers,
            body: self.content,
        }
    }
}

/// The return path of a request that a delivered mail is kept as; empty for `<>`.
/// `None` for a request to a webhook, whose sender may have written anything there.
pub(crate) fn return_path(request: &InboundRequest<'_>) -> Option<String> {
    let query = request.url.strip_prefix(SCHEME)?;
    let parameters = form::parameters(query.as_bytes()).into_iter();
    let mut paths = parameters.filter(|(name, _)| name.as_slice() == b"from");
    let (_, path) = paths.next()?;
    Some(String::from_utf8_lossy(&path).into_owned())
}

impl std::fmt::Debug for MailEnvelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailEnvelope")
            .field("has_return_path", &self.return_path.is_some())
            .field("recipients", &self.recipients.len())
            .finish()
    }
}

impl std::fmt::Debug for DeliveredMail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeliveredMail")
            .field("content_bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(from: Option<&str>) -> MailEnvelope {
        MailEnvelope {
            return_path: from.map(str::to_owned),
            recipients: ["a+b&to=c@x.example", "\"é ü\"@x.example"]
                .map(str::to_owned)
                .to_vec(),
        }
    }

    #[test]
    fn an_envelope_is_read_as_it_was_written() {
        for from in [None, Some("jo@example.org"), Some("a&from=#?%@x.example")] {
            let mail = DeliveredMail::new(&envelope(from), 7, b"body");
            let request = mail.request();
            assert_eq!(
                return_path(&request).as_deref(),
                Some(from.unwrap_or_default())
            );
            let recipients: Vec<String> = form::parameters(request.query().as_bytes())
                .into_iter()
                .filter(|(name, _)| name == b"to")
                .map(|(_, value)| String::from_utf8(value).expect("UTF-8"))
                .collect();
            assert_eq!(recipients, envelope(from).recipients);
            assert_eq!(request.headers.only(TIME), Ok(Some("7")));
            let shown = format!("{:?} {mail:?}", envelope(from));
            assert!(!shown.contains("example"), "{shown}");
        }
    }

    #[test]
    fn the_url_of_a_webhook_has_no_return_path() {
        for url in [
            "https://care.example/hooks?from=&to=help%40northwind.example",
            "https://localhost/lmtp:?from=",
        ] {
            let request = InboundRequest {
                method: Method::Post,
                url,
                headers: Headers::default(),
                body: b"",
            };
            assert_eq!(return_path(&request), None);
        }
    }
}
