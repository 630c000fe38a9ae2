//! Uploads blobs: small ones in one request, others in chunks, each resumed where it was cut off.

use hyper::body::Bytes;
use hyper::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderName, RANGE};
use hyper::{Method, StatusCode};
use patchbay_config::web_address::WebAddress;
use patchbay_engine::component::Digest;
use patchbay_outbound::egress::OpenAnswer;
use tokio::time::{Instant, sleep};

use crate::error::{RegistryError, is_transient};
use crate::session::{Call, Registry};
use crate::step::{Step, Watcher};

/// Field with the least bytes of a chunk.
const LEAST_CHUNK: HeaderName = HeaderName::from_static("oci-chunk-min-length");
/// Largest chunk that a registry may ask for.
const MOST_CHUNK: usize = 64 << 20;
/// How often an upload begins again from its start.
const MOST_SESSIONS: u32 = 3;

/// A blob to be uploaded.
pub(crate) struct Upload<'a> {
    /// What it is, for people.
    pub(crate) name: &'a str,
    pub(crate) digest: Digest,
    pub(crate) bytes: Bytes,
}

/// Why a session of an upload ended without the blob.
enum Ending {
    /// The registry does not know the session any more, or does not resume it.
    Lost(RegistryError),
    /// It takes no chunks.
    NoChunks,
    /// No further session would end otherwise.
    Failed(RegistryError),
}

impl From<RegistryError> for Ending {
    fn from(error: RegistryError) -> Ending {
        Ending::Failed(error)
    }
}

impl Registry {
    /// Uploads a blob that the registry does not have. Returns whether anything was sent.
    pub(crate) async fn upload(
        &mut self,
        blob: &Upload<'_>,
        watch: Watcher<'_>,
    ) -> Result<bool, RegistryError> {
        let to = self.address(&format!("blobs/{}", blob.digest))?;
        let answer = self.call(&Call::new(Method::HEAD, to)).await?;
        match answer.status {
            StatusCode::OK => {
                self.finish(answer).await;
                return Ok(false);
            }
            StatusCode::NOT_FOUND => self.finish(answer).await,
            // Where a blob is elsewhere, it is there.
            status if status.is_redirection() => return Ok(false),
            _ => return Err(self.refusal(answer, blob.name).await),
        }
        watch(Step::Begin {
            name: blob.name,
            bytes: blob.bytes.len() as u64,
        });
        let mut in_chunks = blob.bytes.len() > self.limits.chunk;
        let mut sessions = 0;
        loop {
            let ended = match in_chunks {
                true => self.upload_in_chunks(blob, watch).await,
                false => self.upload_at_once(blob).await,
            };
            sessions += 1;
            match ended {
                Ok(()) => break,
                Err(Ending::NoChunks) => in_chunks = false,
                Err(Ending::Lost(_)) if sessions < MOST_SESSIONS => {
                    watch(Step::At(0));
                    sleep(self.limits.wait(sessions, None)).await;
                }
                Err(Ending::Lost(error) | Ending::Failed(error)) => return Err(error),
            }
        }
        watch(Step::At(blob.bytes.len() as u64));
        Ok(true)
    }

    /// Opens a session: its address, and the least bytes of a chunk.
    async fn open_upload(&mut self, what: &str) -> Result<(WebAddress, usize), RegistryError> {
        let to = self.address("blobs/uploads/")?;
        let answer = self.call(&Call::new(Method::POST, to.clone())).await?;
        if answer.status != StatusCode::ACCEPTED {
            return Err(self.refusal(answer, &format!("an upload of {what}")).await);
        }
        let least = answer.headers.get(&LEAST_CHUNK);
        let least = least.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let session = self.redirect(&to, &answer)?;
        self.finish(answer).await;
        Ok((session, least.unwrap_or(0)))
    }

    async fn upload_at_once(&mut self, blob: &Upload<'_>) -> Result<(), Ending> {
        let (session, _) = self.open_upload(blob.name).await?;
        self.complete(blob, &session, blob.bytes.clone()).await
    }

    async fn upload_in_chunks(
        &mut self,
        blob: &Upload<'_>,
        watch: Watcher<'_>,
    ) -> Result<(), Ending> {
        let (mut session, least) = self.open_upload(blob.name).await?;
        let chunk = self.limits.chunk.max(least.min(MOST_CHUNK));
        let length = blob.bytes.len();
        let limit = self.limits.transfer(length as u64) * 2;
        let until = Instant::now() + limit;
        let (mut sent, mut failures) = (0, 0);
        while sent < length {
            if Instant::now() > until {
                return Err(Ending::Failed(self.slow(blob.name, limit)));
            }
            let end = (sent + chunk).min(length);
            let call = Call::new(Method::PATCH, session.clone())
                .with(CONTENT_TYPE, "application/octet-stream")
                .with(CONTENT_RANGE, &format!("{sent}-{}", end - 1))
                .with_body(blob.bytes.slice(sent..end))
                .once();
            let error = match self.call(&call).await {
                Ok(answer) if answer.status == StatusCode::ACCEPTED => {
                    let next = self.redirect(&session, &answer)?;
                    let stored = stored_bytes(&answer).unwrap_or(end);
                    if stored <= sent || stored > end {
                        return Err(Ending::Failed(self.misbehaved(format!(
                            "says that it has {stored} bytes of {} after {end} were sent",
                            blob.name
                        ))));
                    }
                    self.finish(answer).await;
                    (session, sent, failures) = (next, stored, 0);
                    watch(Step::At(sent as u64));
                    continue;
                }
                Ok(answer) => match answer.status.as_u16() {
                    404 | 405 | 501 if sent == 0 => return Err(Ending::NoChunks),
                    // The session had chunks and is gone.
                    404 => return Err(Ending::Lost(self.refusal(answer, blob.name).await)),
                    status if status == 416 || is_transient(status) => {
                        self.refusal(answer, blob.name).await
                    }
                    _ => return Err(Ending::Failed(self.refusal(answer, blob.name).await)),
                },
                Err(error) if error.is_transient() => error,
                Err(error) => return Err(Ending::Failed(error)),
            };
            failures += 1;
            if failures > self.limits.repetitions {
                return Err(Ending::Failed(error));
            }
            sleep(self.limits.wait(failures - 1, None)).await;
            let before = sent;
            (session, sent) = self.resume(blob, session, error).await?;
            if sent > before {
                failures = 0;
            }
            watch(Step::At(sent as u64));
        }
        self.complete(blob, &session, Bytes::new()).await
    }

    /// Asks a session what it has: its address and number of bytes.
    async fn resume(
        &mut self,
        blob: &Upload<'_>,
        session: WebAddress,
        error: RegistryError,
    ) -> Result<(WebAddress, usize), Ending> {
        let answer = self.call(&Call::new(Method::GET, session.clone())).await?;
        if !answer.status.is_success() {
            // `error` is what happened first.
            self.finish(answer).await;
            return Err(Ending::Lost(error));
        }
        let next = match answer.headers.contains_key(hyper::header::LOCATION) {
            true => self.redirect(&session, &answer)?,
            false => session,
        };
        let stored = stored_bytes(&answer).unwrap_or(0);
        self.finish(answer).await;
        match stored <= blob.bytes.len() {
            true => Ok((next, stored)),
            false => Err(Ending::Lost(error)),
        }
    }

    /// Ends a session with the digest, and with the bytes that were not sent before.
    async fn complete(
        &mut self,
        blob: &Upload<'_>,
        session: &WebAddress,
        bytes: Bytes,
    ) -> Result<(), Ending> {
        let path = session.path_and_query();
        let separator = if path.contains('?') { '&' } else { '?' };
        let to = format!(
            "{}{path}{separator}digest={}",
            session.origin(),
            blob.digest
        );
        let to = WebAddress::parse(&to)
            .map_err(|_| self.misbehaved("names no valid address of an upload".to_owned()))?;
        let call = Call::new(Method::PUT, to)
            .with(CONTENT_TYPE, "application/octet-stream")
            .with_body(bytes)
            .once();
        let answer = match self.call(&call).await {
            Ok(answer) if answer.status.is_success() => {
                self.finish(answer).await;
                return Ok(());
            }
            Ok(answer) => answer,
            Err(error) if error.is_transient() => return Err(Ending::Lost(error)),
            Err(error) => return Err(Ending::Failed(error)),
        };
        let status = answer.status.as_u16();
        let error = self.refusal(answer, blob.name).await;
        // What a registry has after a cut may be less or more than it said.
        match is_transient(status) || matches!(status, 400 | 404 | 416) {
            true => Err(Ending::Lost(error)),
            false => Err(Ending::Failed(error)),
        }
    }
}

/// The bytes that a session has: its range is `0-LAST`. Without bytes many registries say `0-0`: one
/// byte then counts as none.
fn stored_bytes(answer: &OpenAnswer) -> Option<usize> {
    let text = answer.headers.get(RANGE)?.to_str().ok()?;
    let (_, last) = text.trim().trim_start_matches("bytes=").split_once('-')?;
    match last.parse::<usize>().ok()? {
        0 => Some(0),
        last => last.checked_add(1),
    }
}
