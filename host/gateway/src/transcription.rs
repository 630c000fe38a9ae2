//! Has a voice message turned into text by a service of the company.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::{CONTENT_TYPE, HeaderValue};
use jiff::Timestamp;
use parking_lot::Mutex;
use patchbay_adapter::media::MediaFailure;
use patchbay_adapter::{Headers, Response, blank_interaction};
use patchbay_desk::{Transcript, TranscriptStatus};
use patchbay_model::channel::Visibility;
use patchbay_model::final_failure::FinalKind;
use patchbay_model::input::TEXT_BYTES;
use patchbay_model::interaction::Interaction;
use patchbay_outbound::courier::{
    Delivery, Destination, Problem, SendFailure, SendFailureKind, Sent, TargetHealth,
};
use patchbay_outbound::egress::{Delivery as OnConnection, Egress, EgressError};
use patchbay_outbound::webhook::Webhook;
use serde::Deserialize;
use tokio::task::spawn_blocking;

use crate::destination::{failed, retry};
use crate::file_download::{DownloadError, DownloadLimits, FileDownload};
use crate::gateway::Gateway;

/// Bounds of a voice message: networks take no longer ones.
const LIMITS: DownloadLimits = DownloadLimits {
    bytes: 16 << 20,
    piece_timeout: Duration::from_secs(15),
    timeout: Duration::from_secs(30),
};
/// Time for the service to take a voice message and to begin its answer.
const SERVICE_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest wait for a piece of the answer.
const PIECE_TIMEOUT: Duration = Duration::from_secs(15);
/// Voice messages of all companies that are turned into text at once: each takes a place of
/// the courier, and memory.
const AT_ONCE: usize = 3;
/// When one that has no place tries again.
const POSTPONED: Duration = Duration::from_secs(5);
/// Most bytes of the service's answer.
const ANSWER_BYTES: usize = 2 * TEXT_BYTES;

/// The service of a company, as a destination of voice messages.
pub struct TranscriptionService {
    gateway: Arc<Gateway>,
    webhook: Webhook,
}

/// A voice message in the outbox.
#[derive(Debug, Deserialize)]
struct VoiceMessage {
    #[serde(rename = "type")]
    kind: String,
    channel: String,
    #[serde(default)]
    account: Option<String>,
    interaction: String,
    url: String,
}

/// The answer of the service.
#[derive(Debug, Deserialize)]
struct Answer {
    text: String,
    #[serde(default)]
    language: Option<String>,
}

impl TranscriptionService {
    /// The service at a webhook.
    pub fn new(gateway: Arc<Gateway>, webhook: Webhook) -> TranscriptionService {
        TranscriptionService { gateway, webhook }
    }

    async fn transcribe(
        &self,
        egress: &Egress,
        delivery: &Delivery,
        at: Timestamp,
    ) -> Result<(), SendFailure> {
        let voice: Option<VoiceMessage> = serde_json::from_slice(&delivery.body).ok();
        let voice = voice.filter(|it| it.kind == "transcription");
        let Some(voice) = voice else {
            let problem = "only voice messages can be transcribed";
            return Err(failed(FinalKind::Refused, problem));
        };
        let _place = self.gateway.transcriptions.enter(&delivery.company)?;
        let (content_type, content) = self.download(egress, delivery, &voice).await?;
        let Some(answer) = self
            .ask(egress, (delivery, at), content_type, content)
            .await?
        else {
            return Ok(());
        };
        self.store(delivery, voice, answer).await
    }

    async fn download(
        &self,
        egress: &Egress,
        delivery: &Delivery,
        voice: &VoiceMessage,
    ) -> Result<(&'static str, Vec<u8>), SendFailure> {
        let mut file = match self.stored(delivery, voice).await? {
            Some(file) => file,
            None => {
                let url = &voice.url;
                let started = self
                    .gateway
                    .download(egress, &delivery.company, url, LIMITS);
                started.await.map_err(|error| of_download(&error))?
            }
        };
        let mut content = Vec::new();
        while let Some(piece) = file.piece().await.map_err(|error| of_download(&error))? {
            content.extend_from_slice(&piece);
        }
        Ok((file.content_type, content))
    }

    /// The file, if it came within the delivery, as in a mail.
    async fn stored(
        &self,
        delivery: &Delivery,
        voice: &VoiceMessage,
    ) -> Result<Option<FileDownload>, SendFailure> {
        let gateway = Arc::clone(&self.gateway);
        let (company, url) = (delivery.company.clone(), voice.url.clone());
        let id = voice.interaction.clone();
        let message = Interaction {
            account: voice.account.clone(),
            ..blank_interaction(id, &voice.channel, Visibility::Private)
        };
        let read =
            spawn_blocking(move || gateway.stored_file(&company, &message, &url, LIMITS)).await;
        match read {
            Ok(Ok(file)) => Ok(file),
            Ok(Err(error)) => Err(of_download(&error)),
            Err(_) => Err(retry("the voice message could not be read")),
        }
    }

    /// The words; `None` if the service hears none.
    async fn ask(
        &self,
        egress: &Egress,
        (delivery, at): (&Delivery, Timestamp),
        content_type: &'static str,
        content: Vec<u8>,
    ) -> Result<Option<Answer>, SendFailure> {
        let mut headers = self
            .webhook
            .signed_headers(&delivery.key, at, &content)
            .map_err(|error| failed(FinalKind::Refused, &error.to_string()))?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let once = (OnConnection::Once, SERVICE_TIMEOUT);
        let url = &self.webhook.url;
        let opened = egress.open(Method::POST, url, headers, content.into(), once);
        let mut answer = opened.await.map_err(|error| of_service(&error))?;
        let mut body = Vec::new();
        while let Some(piece) = answer
            .piece(PIECE_TIMEOUT)
            .await
            .map_err(|error| of_service(&error))?
        {
            if body.len() + piece.len() > ANSWER_BYTES {
                let problem = "the answer of the transcription service is too long";
                return Err(failed(FinalKind::Refused, problem));
            }
            body.extend_from_slice(&piece);
        }
        let headers = answer.headers.iter();
        let headers: Headers<'_> = headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let response = Response {
            status: answer.status.as_u16(),
            headers,
            body: &body,
            at: Timestamp::now(),
        };
        match response.status {
            204 => return Ok(None),
            200..=299 => {}
            status @ (401 | 403 | 404 | 408 | 409 | 425 | 429 | 500..=599) => {
                let after = response.retry_after();
                return Err(failing(
                    after,
                    &format!("the transcription service answers http {status}"),
                ));
            }
            status => {
                let problem = format!("the transcription service answers http {status}");
                return Err(failed(FinalKind::Refused, &problem));
            }
        }
        let parsed: Option<Answer> = serde_json::from_slice(response.body).ok();
        let fits = |it: &Answer| it.text.len() <= TEXT_BYTES;
        let Some(answer) = parsed.filter(fits) else {
            let problem = "the transcription service must answer {\"text\": \"…\", \"language\": \"…\"}, the text with at most 64 KiB";
            return Err(failed(FinalKind::Refused, problem));
        };
        Ok(Some(answer).filter(|it| !it.text.trim().is_empty()))
    }

    async fn store(
        &self,
        delivery: &Delivery,
        voice: VoiceMessage,
        answer: Answer,
    ) -> Result<(), SendFailure> {
        let gateway = Arc::clone(&self.gateway);
        let company = delivery.company.clone();
        let stored = spawn_blocking(move || {
            let account = voice.account.unwrap_or_default();
            let transcript = Transcript {
                channel: &voice.channel,
                account: &account,
                message: &voice.interaction,
                text: answer.text,
                language: answer.language,
            };
            gateway.desk.add_transcript(&company, transcript)
        });
        match stored.await {
            Ok(Ok(TranscriptStatus::Done)) => Ok(()),
            Ok(Ok(TranscriptStatus::Busy)) => Err(retry("the desk had no room for the transcript")),
            Ok(Ok(TranscriptStatus::Unfit)) => {
                let problem = "the transcript does not fit the message";
                Err(failed(FinalKind::Refused, problem))
            }
            Ok(Err(error)) => Err(retry(&error.to_string())),
            Err(_) => Err(retry("the transcript could not be stored")),
        }
    }
}

impl Destination for TranscriptionService {
    fn send<'a>(&'a self, egress: &'a Egress, delivery: &'a Delivery, at: Timestamp) -> Sent<'a> {
        Box::pin(self.transcribe(egress, delivery, at))
    }
}

/// The voice messages that are turned into text now: one of a company, and few of all.
#[derive(Debug, Default)]
pub(crate) struct Transcriptions(Mutex<HashSet<String>>);

/// A place that is held until this is dropped.
pub(crate) struct TranscriptionPlace<'a> {
    of: &'a Transcriptions,
    company: String,
}

impl Transcriptions {
    fn enter(&self, company: &str) -> Result<TranscriptionPlace<'_>, SendFailure> {
        let mut running = self.0.lock();
        if running.len() >= AT_ONCE || !running.insert(company.to_owned()) {
            return Err(SendFailure {
                kind: SendFailureKind::Postponed { after: POSTPONED },
                problem: Problem::plain("other voice messages are turned into text first"),
                health: TargetHealth::Unknown,
            });
        }
        Ok(TranscriptionPlace {
            of: self,
            company: company.to_owned(),
        })
    }
}

impl Drop for TranscriptionPlace<'_> {
    fn drop(&mut self) {
        self.of.0.lock().remove(&self.company);
    }
}

/// What it means that the service does not answer.
fn of_service(error: &EgressError) -> SendFailure {
    match error.is_refusal() {
        true => failed(FinalKind::Refused, &error.to_string()),
        false => failing(None, &error.to_string()),
    }
}

fn failing(after: Option<Duration>, problem: &str) -> SendFailure {
    SendFailure {
        kind: SendFailureKind::Retry { after },
        problem: Problem::plain(problem),
        health: TargetHealth::Failing,
    }
}

/// What it means that the voice message cannot be fetched. The service is not at fault.
fn of_download(error: &DownloadError) -> SendFailure {
    let problem = format!("the voice message cannot be fetched: {error}");
    match error {
        DownloadError::Media(MediaFailure::NotReady { after }) => SendFailure {
            kind: SendFailureKind::Retry { after: *after },
            problem: Problem::plain(problem),
            health: TargetHealth::Unknown,
        },
        DownloadError::Media(MediaFailure::Refused)
        | DownloadError::NotOpen
        | DownloadError::Timeout
        | DownloadError::Desk(_) => retry(&problem),
        DownloadError::Egress(refused) if refused.is_refusal() => {
            failed(FinalKind::Refused, &problem)
        }
        DownloadError::Egress(_) => retry(&problem),
        DownloadError::Media(
            MediaFailure::Unsupported
            | MediaFailure::Gone
            | MediaFailure::TooLarge
            | MediaFailure::Unexpected,
        )
        | DownloadError::NoConnection
        | DownloadError::TooLarge { .. } => failed(FinalKind::Refused, &problem),
    }
}
