//! Has a voice message turned into text by a service of the company.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderValue};
use jiff::Timestamp;
use patchbay_adapter::media::MediaFailure;
use patchbay_adapter::{Headers, Response, blank_interaction};
use patchbay_desk::{DeskError, Transcript};
use patchbay_model::channel::Visibility;
use patchbay_model::final_failure::FinalKind;
use patchbay_model::input::TEXT_BYTES;
use patchbay_model::interaction::Interaction;
use patchbay_outbound::courier::{
    Delivery, Destination, Problem, SendFailure, SendFailureKind, Sent, TargetHealth,
};
use patchbay_outbound::egress::{Egress, EgressRequest};
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
    timeout: Duration::from_secs(120),
};
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
        let request = EgressRequest {
            answer_limit: ANSWER_BYTES,
            ..EgressRequest::post(self.webhook.url.clone(), headers, content)
        };
        let answered = egress.exchange(request).await;
        let answer = answered.map_err(|failure| failing(None, &failure.error().to_string()))?;
        let headers = answer.headers.iter();
        let headers: Headers<'_> = headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let response = Response {
            status: answer.status.as_u16(),
            headers,
            body: &answer.body,
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
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(retry("the desk had no room for the transcript")),
            Ok(Err(error @ (DeskError::Draining(_) | DeskError::Stopping))) => {
                Err(retry(&error.to_string()))
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
        | DownloadError::Egress(_)
        | DownloadError::Desk(_) => retry(&problem),
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
