//! Requests that are signed, to verify as they are or changed.

use jiff::Timestamp;
use patchbay_adapter::{InboundRequest, Method, Rejection, Scheme, Secret, Secrets};

/// A request that a provider signed.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) scheme: Scheme,
    pub(crate) secrets: Vec<Vec<u8>>,
    pub(crate) now: i64,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Sample {
    pub(crate) fn new(name: &'static str, scheme: Scheme, secret: &str, body: &[u8]) -> Sample {
        Sample {
            name,
            scheme,
            secrets: vec![secret.as_bytes().to_vec()],
            now: 1_700_000_000,
            url: "https://care.example/hooks".to_owned(),
            headers: Vec::new(),
            body: body.to_vec(),
        }
    }

    /// The header with the signature comes first.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Sample {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn at(mut self, now: i64) -> Sample {
        self.now = now;
        self
    }

    pub(crate) fn url(mut self, url: &str) -> Sample {
        self.url = url.to_owned();
        self
    }

    /// With another value of the header with the signature.
    pub(crate) fn signed(&self, value: &str) -> Sample {
        let mut other = self.clone();
        other.headers[0].1 = value.to_owned();
        other
    }

    pub(crate) fn verify(&self) -> Result<(), Rejection> {
        let headers = self.headers.iter();
        let request = InboundRequest {
            method: Method::Post,
            url: &self.url,
            headers: headers
                .map(|(name, value)| (name.as_str(), value.as_bytes()))
                .collect(),
            body: &self.body,
        };
        let now = Timestamp::from_second(self.now).expect("a time");
        let verified = self.scheme.verify(&request, &secrets(&self.secrets), now);
        verified.map(|verified| assert_eq!(verified.body(), self.body))
    }
}

pub(crate) fn secrets(secrets: &[Vec<u8>]) -> Secrets {
    let secrets = secrets.iter();
    let secrets = secrets.map(|secret| Secret::new(secret.clone()).expect("a secret"));
    Secrets::new(secrets.collect()).expect("secrets")
}
