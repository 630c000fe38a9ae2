//! Requests to one repository of a registry.

mod authorization;
mod reach;

use std::time::Duration;

use hyper::header::{
    AUTHORIZATION, CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use hyper::{Method, StatusCode, body::Bytes};
use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::{Delivery, EgressError, EgressProblem, OpenAnswer};
use tokio::time::{Instant, sleep};

use crate::credentials::{Credentials, DockerConfig};
use crate::error::{RegistryError, detail, is_transient};
use crate::limits::RegistryLimits;
use crate::reference::Reference;

pub use reach::Reach;

/// Most bytes of an answer that reports an error.
const ERROR_BYTES: u64 = 64 << 10;
/// Most redirects of a blob.
const MOST_REDIRECTS: usize = 5;

/// What a session does with its repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read.
    Pull,
    /// Read and write.
    Push,
}

/// A repository of a registry.
pub struct Registry {
    pub(crate) reference: Reference,
    pub(crate) limits: RegistryLimits,
    pub(crate) access: Access,
    reach: Reach,
    credentials: DockerConfig,
    /// The credentials of the registry, once they were looked up.
    found: Option<Option<Credentials>>,
    /// Value of the header field that the registry accepted or its token service gave.
    authorization: Option<HeaderValue>,
}

/// A request.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) to: WebAddress,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether it may be sent again where no answer came.
    pub(crate) is_repeatable: bool,
}

impl Call {
    pub(crate) fn new(method: Method, to: WebAddress) -> Call {
        Call {
            method,
            to,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            is_repeatable: true,
        }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Call {
        // Values are media types, digests and numbers.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn with_body(mut self, body: Bytes) -> Call {
        self.body = body;
        self
    }

    pub(crate) fn once(mut self) -> Call {
        self.is_repeatable = false;
        self
    }
}

impl Registry {
    /// The repository of a reference. Nothing is connected yet.
    pub fn new(reference: Reference, reach: Reach, credentials: DockerConfig) -> Registry {
        Registry {
            reference,
            limits: RegistryLimits::default(),
            access: Access::Pull,
            reach,
            credentials,
            found: None,
            authorization: None,
        }
    }

    /// How long the registry may take.
    #[must_use]
    pub fn with_limits(self, limits: RegistryLimits) -> Registry {
        Registry { limits, ..self }
    }

    /// The address of a path below the repository.
    pub(crate) fn address(&self, path: &str) -> Result<WebAddress, RegistryError> {
        Ok(self.reference.address(path)?)
    }

    /// Whether an address is the registry's own.
    pub(crate) fn is_own(&self, to: &WebAddress) -> bool {
        self.address("")
            .is_ok_and(|own| own.origin() == to.origin())
    }

    /// Sends a request to the registry, with credentials where it asks for them. Waits and repeats
    /// where it is busy. Any other status is an answer.
    pub(crate) async fn call(&mut self, call: &Call) -> Result<OpenAnswer, RegistryError> {
        let (mut repetition, mut was_authorized) = (0, false);
        loop {
            let sent = self.send(call, self.authorization.clone()).await;
            let may_repeat = call.is_repeatable && repetition < self.limits.repetitions;
            let asked = match sent {
                Ok(answer) if answer.status == StatusCode::UNAUTHORIZED && !was_authorized => {
                    was_authorized = true;
                    if !self.authorize(&answer.headers).await? {
                        return Ok(answer);
                    }
                    self.read_error(answer).await;
                    continue;
                }
                Ok(answer) if is_transient(answer.status.as_u16()) && may_repeat => {
                    retry_after(&answer.headers)
                }
                Err(error) if error.is_transient() && may_repeat => None,
                ended => return ended,
            };
            sleep(self.limits.wait(repetition, asked)).await;
            repetition += 1;
        }
    }

    /// Sends a request, once, to the registry or to a host that it named.
    async fn send(
        &mut self,
        call: &Call,
        authorization: Option<HeaderValue>,
    ) -> Result<OpenAnswer, RegistryError> {
        let is_own = self.is_own(&call.to);
        let mut headers = call.headers.clone();
        if let Some(value) = authorization.filter(|_| is_own) {
            headers.insert(AUTHORIZATION, value);
        }
        let limit = self.limits.transfer(call.body.len() as u64);
        let (method, body) = (call.method.clone(), call.body.clone());
        let delivery = match call.is_repeatable {
            true => (Delivery::Repeatable, limit),
            false => (Delivery::Once, limit),
        };
        let answer = match is_own {
            true => {
                let reach = self.reach.registry(&self.reference);
                reach.open(method, &call.to, headers, body, delivery).await
            }
            false => {
                let reach = self.reach.named_host(&self.reference, &call.to)?;
                reach.open(method, &call.to, headers, body, delivery).await
            }
        };
        let answer = answer.map_err(|error| self.reach.refusal(error, is_own))?;
        if is_own {
            self.reach.note_address(answer.address.ip());
        }
        Ok(answer)
    }

    /// Gets a blob from `from` on. Follows redirects: they get no credentials, not even those back to
    /// the registry.
    pub(crate) async fn open_blob(&mut self, call: &Call) -> Result<OpenAnswer, RegistryError> {
        let mut answer = self.call(call).await?;
        let mut call = call.clone();
        for _ in 0..MOST_REDIRECTS {
            if !is_redirect(answer.status) {
                return Ok(answer);
            }
            call.to = self.redirect(&call.to, &answer)?;
            self.read_error(answer).await;
            answer = self.send(&call, None).await?;
        }
        match is_redirect(answer.status) {
            true => {
                Err(self.misbehaved(format!("redirects a blob more than {MOST_REDIRECTS} times")))
            }
            false => Ok(answer),
        }
    }

    /// Where an answer leads, in its field `Location`.
    pub(crate) fn redirect(
        &self,
        from: &WebAddress,
        answer: &OpenAnswer,
    ) -> Result<WebAddress, RegistryError> {
        let location = answer.headers.get(LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        let wrong = || {
            self.misbehaved("names no valid address in the field Location of its answer".to_owned())
        };
        resolve(from, location.ok_or_else(wrong)?).ok_or_else(wrong)
    }

    /// The body of an answer, of at most `most` bytes.
    pub(crate) async fn read(
        &self,
        mut answer: OpenAnswer,
        most: u64,
        what: &str,
    ) -> Result<Vec<u8>, RegistryError> {
        self.require_identity(&answer, what)?;
        let limit = self.limits.transfer(most);
        let until = Instant::now() + limit;
        let mut bytes = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.slow(what, limit));
            }
            let piece = answer.piece(self.limits.pause.min(left)).await;
            let Some(piece) = piece.map_err(RegistryError::Connection)? else {
                return Ok(bytes);
            };
            if (bytes.len() + piece.len()) as u64 > most {
                return Err(self.misbehaved(format!("sends more than {most} bytes as {what}")));
            }
            bytes.extend_from_slice(&piece);
        }
    }

    /// Refuses an answer that is compressed: this client asks for none, and does not unpack any.
    pub(crate) fn require_identity(
        &self,
        answer: &OpenAnswer,
        what: &str,
    ) -> Result<(), RegistryError> {
        match answer.headers.get(CONTENT_ENCODING) {
            Some(coding) if coding.as_bytes() != b"identity" => {
                let coding = String::from_utf8_lossy(coding.as_bytes());
                Err(self.misbehaved(format!(
                    "sends {what} compressed ({coding}), which was not asked for"
                )))
            }
            _ => Ok(()),
        }
    }

    /// What an error says, after `: `. Its connection serves again where it is short.
    async fn read_error(&self, answer: OpenAnswer) -> String {
        let body = self.read(answer, ERROR_BYTES, "an error").await;
        detail(&body.unwrap_or_default())
    }

    /// Reads what is left of an answer, so that its connection serves again.
    pub(crate) async fn finish(&self, answer: OpenAnswer) {
        let _ = self.read(answer, ERROR_BYTES, "an answer").await;
    }

    /// The error for an answer with a status that was not expected.
    pub(crate) async fn refusal(&self, answer: OpenAnswer, what: &str) -> RegistryError {
        let status = answer.status.as_u16();
        let detail = self.read_error(answer).await;
        let registry = self.reference.host().to_owned();
        match status {
            401 | 403 => RegistryError::Denied {
                advice: match self.found {
                    Some(Some(_)) => {
                        "check the rights of the user in Docker's config.json".to_owned()
                    }
                    _ => format!(
                        "log in with `docker login {registry}`, or add the registry to `auths` in ~/.docker/config.json"
                    ),
                },
                repository: self.reference.repository().to_owned(),
                registry,
                detail,
            },
            404 => RegistryError::NotFound {
                registry,
                what: what.to_owned(),
            },
            _ => RegistryError::Status {
                registry,
                status,
                what: what.to_owned(),
                detail,
            },
        }
    }

    pub(crate) fn misbehaved(&self, problem: String) -> RegistryError {
        RegistryError::Misbehaved {
            registry: self.reference.host().to_owned(),
            problem,
        }
    }

    pub(crate) fn slow(&self, what: &str, limit: Duration) -> RegistryError {
        RegistryError::Slow {
            registry: self.reference.host().to_owned(),
            what: what.to_owned(),
            seconds: limit.as_secs(),
        }
    }

    /// The error of an answer that ended too early.
    pub(crate) fn interrupted(&self, what: &str) -> RegistryError {
        RegistryError::Connection(EgressError {
            origin: self.reference.host().to_owned(),
            problem: EgressProblem::Interrupted(format!("{what} ends too early")),
        })
    }
}

/// The address that a text names in an answer of `from`: a URL, or one without scheme or host.
pub(crate) fn resolve(from: &WebAddress, text: &str) -> Option<WebAddress> {
    let text = if let Some(rest) = text.strip_prefix("//") {
        let scheme = if from.is_https() { "https" } else { "http" };
        format!("{scheme}://{rest}")
    } else if text.starts_with('/') {
        format!("{}{text}", from.origin())
    } else if text.contains("://") {
        text.to_owned()
    } else {
        return None;
    };
    WebAddress::parse(&text).ok()
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The seconds in the field `Retry-After`.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    Some(Duration::from_secs(text.trim().parse().ok()?))
}
