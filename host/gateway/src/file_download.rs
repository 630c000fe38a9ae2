//! Downloads a file of an interaction from the provider.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, StatusCode};
use hyper::body::Bytes;
use jiff::Timestamp;
use patchbay_adapter::media::{
    MediaFailure, MediaReference, MediaRequest, ProviderQuery, content_type,
    is_content_type_decided,
};
use patchbay_adapter::poll::PollFailureKind;
use patchbay_adapter::{Headers, Response};
use patchbay_channels::adapter_of_channel;
use patchbay_config::web_address::WebAddress;
use patchbay_desk::DeskError;
use patchbay_model::interaction::Interaction;
use patchbay_outbound::egress::{Delivery, Egress, EgressError, EgressRequest, OpenAnswer};
use thiserror::Error;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::access_tokens::TokenAccess;
use crate::connection::Connection;
use crate::connections::find_connection;
use crate::gateway::Gateway;
use crate::http_request::{self, RequestError};
use crate::quarantined_request::QuarantinedRequest;

/// Answers that only say where a file is, before the file.
const REDIRECTS: usize = 1;

/// Bounds of a download.
#[derive(Clone, Copy, Debug)]
pub struct DownloadLimits {
    /// Most bytes of the file.
    pub bytes: u64,
    /// Longest wait for an answer, and for each piece of the file.
    pub piece_timeout: Duration,
    /// Longest time for the whole file.
    pub timeout: Duration,
}

/// Why a file cannot be downloaded. Shows neither URL nor secret.
#[derive(Debug, Error)]
pub enum DownloadError {
    /// The provider does not give it.
    #[error(transparent)]
    Media(#[from] MediaFailure),
    /// The company has no connection with the account that received the file.
    #[error("no connection of the company file has the account that received this file")]
    NoConnection,
    /// The connection is not open, or its settings make no valid request.
    #[error("the connection is not open; `patchbay channels check` says why")]
    NotOpen,
    /// It is longer than the host permits.
    #[error("the file has more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The whole file did not arrive in time.
    #[error("the file did not arrive in time")]
    Timeout,
    /// The provider cannot be reached, or stopped answering.
    #[error("{}", .0.without_address())]
    Egress(#[from] EgressError),
    /// The journal.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl From<RequestError> for DownloadError {
    fn from(_: RequestError) -> DownloadError {
        DownloadError::NotOpen
    }
}

/// A file that is being downloaded. Dropping it ends the download.
pub struct FileDownload {
    /// Media type by the file's own bytes; `application/octet-stream` for every type
    /// that a browser could run.
    pub content_type: &'static str,
    /// Size, where the provider says it.
    pub length: Option<u64>,
    beginning: VecDeque<Bytes>,
    /// Where the rest comes from; absent: the beginning is all.
    answer: Option<OpenAnswer>,
    received: u64,
    limits: DownloadLimits,
    until: Instant,
}

impl FileDownload {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The file is too long or too slow, or the provider stopped in the middle of it.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, DownloadError> {
        match self.beginning.pop_front() {
            Some(piece) => Ok(Some(piece)),
            None => self.receive().await,
        }
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, DownloadError> {
        let Some(answer) = &mut self.answer else {
            return Ok(None);
        };
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(DownloadError::Timeout);
        }
        let piece = answer.piece(left.min(self.limits.piece_timeout));
        let Some(piece) = piece.await? else {
            return Ok(None);
        };
        self.received += piece.len() as u64;
        match self.received > self.limits.bytes {
            true => Err(self.limits.too_large()),
            false => Ok(Some(piece)),
        }
    }
}

impl fmt::Debug for FileDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileDownload")
            .field("content_type", &self.content_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl DownloadLimits {
    fn too_large(self) -> DownloadError {
        DownloadError::TooLarge { limit: self.bytes }
    }

    /// A file that the host has.
    fn stored(self, content: Vec<u8>) -> Result<FileDownload, DownloadError> {
        let length = content.len() as u64;
        if length > self.bytes {
            return Err(self.too_large());
        }
        Ok(FileDownload {
            content_type: content_type(&content),
            length: Some(length),
            beginning: VecDeque::from([content.into()]),
            answer: None,
            received: length,
            limits: self,
            until: Instant::now(),
        })
    }

    /// Reads what decides the type of a file.
    async fn begin(
        self,
        answer: OpenAnswer,
        until: Instant,
    ) -> Result<FileDownload, DownloadError> {
        let length = answer.headers.get(CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > self.bytes) {
            return Err(self.too_large());
        }
        let mut download = FileDownload {
            content_type: content_type(b""),
            length,
            beginning: VecDeque::new(),
            answer: Some(answer),
            received: 0,
            limits: self,
            until,
        };
        let mut first = Vec::new();
        while !is_content_type_decided(first.len()) {
            let Some(piece) = download.receive().await? else {
                break;
            };
            first.extend_from_slice(&piece);
        }
        download.content_type = content_type(&first);
        if !first.is_empty() {
            download.beginning.push_back(first.into());
        }
        Ok(download)
    }
}

impl Gateway {
    /// A file of an interaction that is in the delivery, which the host keeps; `None`: it
    /// is elsewhere, [`Gateway::download`] fetches it. Blocks as long as decoding the
    /// delivery takes, and needs several times its size in memory: the caller bounds how
    /// many run at once.
    ///
    /// # Errors
    /// [`DownloadError`].
    pub fn stored_file(
        &self,
        company: &str,
        interaction: &Interaction,
        url: &str,
        limits: DownloadLimits,
    ) -> Result<Option<FileDownload>, DownloadError> {
        let Some(file) = MediaReference::parse(url) else {
            return Ok(None);
        };
        let connection = self.connection_of_file(company, &file)?;
        let Ok(adapter) = &connection.adapter else {
            return Err(DownloadError::NotOpen);
        };
        if !connection.settings.adapter.files_within {
            return Ok(None);
        }
        let original = self.desk.channels().original(company, interaction)?;
        let original = original.ok_or(MediaFailure::Gone)?;
        let content = adapter.stored_file(&file, &original);
        let content = content.ok_or(MediaFailure::Gone)?;
        limits.stored(content).map(Some)
    }

    /// The body of a delivery in quarantine, as it came; `None`: there is no delivery of
    /// that number. Blocks.
    ///
    /// # Errors
    /// [`DownloadError`].
    pub fn quarantined_body(
        &self,
        company: &str,
        number: u64,
        limits: DownloadLimits,
    ) -> Result<Option<FileDownload>, DownloadError> {
        let stored = self.desk.channels().open_quarantined(company, number)?;
        let stored = stored.and_then(|(_, bytes)| QuarantinedRequest::from_bytes(&bytes));
        let body = stored.map(|stored| limits.stored(stored.into_body()));
        body.transpose()
    }

    /// Begins to download a file by its URL: a reference of a channel, or a web address
    /// that a sender gave. Such an address must be a public one, over https: the answer
    /// is shown, so the ranges that the operator permits for webhooks do not count.
    ///
    /// # Errors
    /// [`DownloadError`].
    pub async fn download(
        self: &Arc<Gateway>,
        egress: &Egress,
        company: &str,
        url: &str,
        limits: DownloadLimits,
    ) -> Result<FileDownload, DownloadError> {
        let egress = egress.for_company(company);
        let until = Instant::now() + limits.timeout;
        let Some(file) = MediaReference::parse(url) else {
            let address = WebAddress::parse(url).map_err(|_| MediaFailure::Unsupported)?;
            let public = egress.with_allowed(Vec::new());
            let answer = open(&public, (address, HeaderMap::new()), limits).await?;
            return match answer.status {
                StatusCode::OK => limits.begin(answer, until).await,
                _ => Err(with_response(&answer, b"", |it| MediaFailure::of(&it)).into()),
            };
        };
        let connection = {
            let (gateway, company, file) = (Arc::clone(self), company.to_owned(), file.clone());
            let found = spawn_blocking(move || gateway.connection_of_file(&company, &file));
            found.await.map_err(|_| DownloadError::NotOpen)??
        };
        let Ok(adapter) = &connection.adapter else {
            return Err(DownloadError::NotOpen);
        };
        let tokens = TokenAccess {
            gateway: Arc::clone(self),
            company: company.into(),
            connection: Arc::clone(&connection),
            egress: egress.clone(),
        };
        let mut query = match adapter.media(&file).ok_or(MediaFailure::Unsupported)? {
            MediaRequest::Content(query) => query,
            MediaRequest::Lookup(query) => {
                let ask = async |(url, headers)| {
                    let answer = egress.exchange(EgressRequest::get(url, headers)).await;
                    answer.map_err(EgressError::from)
                };
                let answer = with_token(&query, &tokens, ask, |it| it.status).await?;
                adapter.media_location(
                    &file,
                    &Response {
                        status: answer.status.as_u16(),
                        headers: headers_of(&answer.headers),
                        body: &answer.body,
                        at: Timestamp::now(),
                    },
                )?
            }
        };
        for _ in 0..=REDIRECTS {
            let ask = |request| open(&egress, request, limits);
            let answer = with_token(&query, &tokens, ask, |it| it.status).await?;
            if answer.status == StatusCode::OK {
                return limits.begin(answer, until).await;
            }
            query = with_response(&answer, b"", |it| match answer.status.is_redirection() {
                true => adapter.media_location(&file, &it),
                false => Err(MediaFailure::of(&it)),
            })?;
        }
        Err(MediaFailure::Unexpected.into())
    }

    /// The connection of the account that received a file. Blocks.
    fn connection_of_file(
        &self,
        company: &str,
        file: &MediaReference,
    ) -> Result<Arc<Connection>, DownloadError> {
        let adapter = adapter_of_channel(&file.channel).ok_or(MediaFailure::Unsupported)?;
        let all = self.connections_of(company, adapter.name)?;
        find_connection(all, Some(&file.account)).ok_or(DownloadError::NoConnection)
    }
}

/// Asks a query with its token, with another one if the provider refuses the one that was
/// held: it can end before its time.
async fn with_token<T, F: Future<Output = Result<T, EgressError>>>(
    query: &ProviderQuery,
    tokens: &TokenAccess,
    ask: impl Fn((WebAddress, HeaderMap)) -> F,
    status: impl Fn(&T) -> StatusCode,
) -> Result<T, DownloadError> {
    let source = query
        .credential
        .as_ref()
        .and_then(http_request::token_source);
    let mut is_second = false;
    loop {
        let held = tokens.token(source).await;
        let held = held.map_err(|failure| match failure.kind {
            PollFailureKind::Unauthorised | PollFailureKind::NotFound => MediaFailure::Refused,
            PollFailureKind::Unavailable | PollFailureKind::Limited | PollFailureKind::HostBusy => {
                let after = failure.after;
                MediaFailure::NotReady { after }
            }
        })?;
        let token = held.as_ref().map(|it| &it.token);
        let answer = ask(http_request::build_query(query, token)?).await?;
        let Some(held) = held.filter(|_| status(&answer) == StatusCode::UNAUTHORIZED) else {
            return Ok(answer);
        };
        tokens.forget(&held.token).await;
        if held.is_fresh || is_second {
            return Ok(answer);
        }
        is_second = true;
    }
}

async fn open(
    egress: &Egress,
    (url, headers): (WebAddress, HeaderMap),
    limits: DownloadLimits,
) -> Result<OpenAnswer, EgressError> {
    let once = (Delivery::Repeatable, limits.piece_timeout);
    egress
        .open(Method::GET, &url, headers, Bytes::new(), once)
        .await
}

fn headers_of(headers: &HeaderMap) -> Headers<'_> {
    let headers = headers.iter();
    headers
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect()
}

/// Reads an answer as an adapter sees it.
fn with_response<T>(answer: &OpenAnswer, body: &[u8], read: impl FnOnce(Response<'_>) -> T) -> T {
    read(Response {
        status: answer.status.as_u16(),
        headers: headers_of(&answer.headers),
        body,
        at: Timestamp::now(),
    })
}
