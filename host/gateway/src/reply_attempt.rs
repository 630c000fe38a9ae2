//! One attempt to send a reply: the parts that the provider has not accepted yet, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use patchbay_adapter::{
    Exchange, FileRequest, Outbound, OutboundFile, OutboundRequest, Outcome, TextPlace,
};
use patchbay_outbound::courier::{Delivery, Problem, SendFailure, SendFailureKind, TargetHealth};
use tokio::task::spawn_blocking;

use crate::access_tokens::TokenAccess;
use crate::destination::{ConnectionDestination, retry};
use crate::part::{Part, receipt};
use crate::reply_source::ReplySource;
use crate::sending_places::{SendingPlace, postponed};
use crate::stored_media::MediaKey;

/// An attempt to send a reply.
pub(crate) struct ReplyAttempt<'a> {
    pub(crate) destination: &'a ConnectionDestination,
    pub(crate) delivery: &'a Delivery,
    pub(crate) tokens: TokenAccess,
    pub(crate) source: Arc<ReplySource>,
    /// Numbers of the parts that the provider accepted.
    pub(crate) accepted: Vec<u32>,
}

impl ReplyAttempt<'_> {
    /// Sends what is left of the reply.
    pub(crate) async fn send(mut self) -> Result<(), SendFailure> {
        let accepted_before = self.accepted.len();
        // A reply whose files leave together has one part: it holds its place to the end.
        let _place = match self.source.text_place()? {
            Some(TextPlace::With) => Some(self.enter()?),
            Some(TextPlace::Caption) | None => None,
        };
        let source = Arc::clone(&self.source);
        let plan = blocking(move || source.encode()).await?;
        for (number, outbound) in (1..).zip(&plan) {
            if self.accepted.contains(&number) {
                continue;
            }
            let sent = self.send_part(Part::of(number, &plan, &self.accepted), outbound);
            if let Err(failure) = sent.await {
                let has_progress = self.accepted.len() > accepted_before;
                return Err(match has_progress {
                    true => uncounted(failure),
                    false => failure,
                });
            }
            self.accepted.push(number);
        }
        Ok(())
    }

    /// Sends a part, and records that the provider accepted it.
    async fn send_part(&self, part: Part<'_>, outbound: &Outbound) -> Result<(), SendFailure> {
        if self.source.gateway.is_stopping() {
            return Err(stopping());
        }
        let start = PartStart {
            source: Arc::clone(&self.source),
            first_file: match outbound {
                Outbound::File(file) => Some(file.position),
                // The customer has it already.
                Outbound::History { .. } => None,
                Outbound::Http(_) | Outbound::Mail(_) => Some(0),
            },
            begun: (!self.source.is_idempotent()).then_some(part.number),
            is_recorded: AtomicBool::new(false),
        };
        let sent = match outbound {
            Outbound::File(file) => self.send_file(file, part.number, &start).await,
            other => self.send_request(other, &start).await,
        };
        if !matches!(sent, Ok(Outcome::Accepted(_) | Outcome::Uncertain(_))) {
            start.end().await;
        }
        let outcome = sent.map_err(|failure| part.describe(failure))?;
        let receipt = receipt(outcome, part)?;
        self.source.connection.access_works();
        let document = &self.source.document;
        self.destination
            .record(self.delivery, document, part, receipt)
            .await
    }

    /// Sends a file in a message of its own. Where the provider stores it first, that is no
    /// message: only the message is recorded as begun, and where the provider does not take
    /// that now, the stored file serves the next attempt.
    async fn send_file(
        &self,
        file: &OutboundFile,
        number: u32,
        start: &PartStart,
    ) -> Result<Outcome, SendFailure> {
        let media = &self.source.gateway.stored_media;
        let key = MediaKey::new(&self.delivery.company, &self.delivery.key, number);
        let id = match media.take(&key, Instant::now()) {
            Some(id) => id,
            None => {
                let _place = self.enter()?;
                let (source, part) = (Arc::clone(&self.source), file.clone());
                match blocking(move || source.encode_file(&part)).await? {
                    FileRequest::Message(message) => return self.send_http(message, start).await,
                    FileRequest::Alternatives(first, second) => {
                        return match self.send_http(first, start).await? {
                            Outcome::Refused(_) => self.send_http(second, start).await,
                            other => Ok(other),
                        };
                    }
                    FileRequest::Upload(upload) => match self.upload(upload, start).await? {
                        Outcome::Accepted(stored) => stored.provider_id,
                        other => return Ok(other),
                    },
                }
            }
        };
        let message = self.source.encode_stored_file(file, &id)?;
        let sent = self.send_http(message, start).await;
        if is_taken_later(&sent) {
            media.keep(key, id, Instant::now());
        }
        sent
    }

    /// Stores a file at the provider.
    async fn upload(
        &self,
        upload: OutboundRequest,
        start: &PartStart,
    ) -> Result<Outcome, SendFailure> {
        let start = PartStart {
            source: Arc::clone(&start.source),
            first_file: start.first_file,
            begun: None,
            is_recorded: AtomicBool::new(false),
        };
        let adapter = self.source.adapter()?;
        let read = |exchange: &Exchange<'_>| adapter.upload_outcome(exchange);
        let (request, way) = (Outbound::Http(upload), (&self.tokens, self.delivery));
        self.destination
            .send_request(way, &request, Some(&start), read)
            .await
    }

    async fn send_http(
        &self,
        message: OutboundRequest,
        start: &PartStart,
    ) -> Result<Outcome, SendFailure> {
        self.send_request(&Outbound::Http(message), start).await
    }

    async fn send_request(
        &self,
        request: &Outbound,
        start: &PartStart,
    ) -> Result<Outcome, SendFailure> {
        let adapter = self.source.adapter()?;
        let read = |exchange: &Exchange<'_>| adapter.outcome(exchange);
        let way = (&self.tokens, self.delivery);
        self.destination
            .send_request(way, request, Some(start), read)
            .await
    }

    /// A place for files in memory.
    fn enter(&self) -> Result<SendingPlace, SendFailure> {
        let places = &self.source.gateway.sending_places;
        let place = places.enter(&self.delivery.company, Instant::now());
        place.ok_or_else(postponed)
    }
}

/// What is done before each request of a part leaves.
pub(crate) struct PartStart {
    source: Arc<ReplySource>,
    /// Position of the first file that must be stored, with those behind it; `None`: nothing
    /// is checked.
    first_file: Option<usize>,
    /// Number of the part, if it is recorded that sending it begins.
    begun: Option<u32>,
    /// Whether that was tried.
    is_recorded: AtomicBool,
}

impl PartStart {
    /// Checks that the reply may still leave, and records that sending the part begins.
    pub(crate) async fn record(&self) -> Result<(), SendFailure> {
        let (first_file, begun) = (self.first_file, self.begun);
        let source = Arc::clone(&self.source);
        self.is_recorded.store(true, Ordering::Relaxed);
        blocking(move || {
            if let Some(first) = first_file {
                source.check(first)?;
            }
            let Some(part) = begun else {
                return Ok(());
            };
            let channels = source.gateway.desk.channels();
            let recorded = channels.begin_part(&source.company, &source.key, part);
            recorded.map_err(|error| retry(&error.to_string()))
        })
        .await
    }

    /// Records that the part did not go out. After a failure it stays uncertain.
    async fn end(&self) {
        let is_recorded = self.is_recorded.load(Ordering::Relaxed);
        let Some(part) = self.begun.filter(|_| is_recorded) else {
            return;
        };
        let source = Arc::clone(&self.source);
        let ended = spawn_blocking(move || {
            let channels = source.gateway.desk.channels();
            let ended = channels.end_part(&source.company, &source.key, part);
            if let Err(error) = ended {
                let (company, key) = (&source.company, &source.key);
                tracing::error!(company, key, %error, "cannot record that a provider did not take a part; it is uncertain");
            }
        });
        // A panic has been logged.
        let _ = ended.await;
    }
}

/// Whether the provider may take the same message later.
fn is_taken_later(sent: &Result<Outcome, SendFailure>) -> bool {
    match sent {
        Ok(outcome) => matches!(outcome, Outcome::Retry { .. } | Outcome::ChannelBroken(_)),
        Err(failure) => !matches!(failure.kind, SendFailureKind::Final(_)),
    }
}

/// The failure of an attempt in which the provider accepted a part.
fn uncounted(failure: SendFailure) -> SendFailure {
    let kind = match failure.kind {
        SendFailureKind::Retry { after } => SendFailureKind::Partial { after },
        other => other,
    };
    SendFailure { kind, ..failure }
}

/// The rest of a reply waits for the next start of the host.
fn stopping() -> SendFailure {
    SendFailure {
        kind: SendFailureKind::Postponed {
            after: Duration::ZERO,
        },
        problem: Problem::plain("the host stops; the rest is sent after its next start"),
        health: TargetHealth::Unknown,
    }
}

/// Runs work that blocks on a thread for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SendFailure> + Send + 'static,
) -> Result<T, SendFailure> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(retry("the reply could not be prepared")))
}
