//! Answers with a file: a browser saves it and runs nothing of it.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderMap, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use patchbay_files::{FileForm, file_type};
use patchbay_http::bounds::BoundPermit;
use patchbay_http::problem::{Kind, Problem};
use patchbay_records::uploaded_file::UploadedFile;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::app::App;

/// Longest time for a whole file.
const TIMEOUT: Duration = Duration::from_secs(300);
/// What stays as it is in the name of a file (RFC 8187, `attr-char`).
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// Type of a file whose first bytes do not show that a browser runs nothing of it.
const UNKNOWN: &str = "application/octet-stream";

/// Headers of a file that a browser saves and does not show.
fn file_headers(content_type: &'static str, name: Option<&str>, length: Option<u64>) -> HeaderMap {
    let disposition = match name.filter(|name| !name.is_empty()) {
        Some(name) => format!(
            "attachment; filename*=UTF-8''{}",
            utf8_percent_encode(name, NAME)
        ),
        None => "attachment".to_owned(),
    };
    let mut headers: HeaderMap = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox; default-src 'none'"),
        ),
    ]
    .into_iter()
    .collect();
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    headers
}

/// Takes the pieces of a file, in order. An error ends the connection before the file: the
/// client sees that.
pub struct PieceSender(mpsc::Sender<io::Result<Bytes>>);

impl PieceSender {
    /// Sends a piece, or why there is none. `false`: no further one is wanted.
    pub async fn send(&self, piece: io::Result<Bytes>) -> bool {
        let goes_on = piece.is_ok();
        self.0.send(piece).await.is_ok() && goes_on
    }
}

/// A file, as `send` gives its pieces. The places are kept until its end, and 5 minutes at
/// most: then the connection ends before the file does.
pub fn answer_pieces<F: Future<Output = ()> + Send + 'static>(
    (content_type, name, length): (&'static str, Option<&str>, Option<u64>),
    permits: Vec<BoundPermit>,
    send: impl FnOnce(PieceSender) -> F,
) -> Response {
    let (sender, receiver) = mpsc::channel(1);
    let sent = send(PieceSender(sender));
    // The task ends at its time also where the client takes no more bytes: then a stream
    // alone would not be asked for the next piece, and keep the places.
    tokio::spawn(async move {
        let _ = timeout(TIMEOUT, sent).await;
        drop(permits);
    });
    let body = stream::unfold(receiver, |mut receiver| async {
        Some((receiver.recv().await?, receiver))
    });
    let headers = file_headers(content_type, name, length);
    (headers, Body::from_stream(body)).into_response()
}

/// An uploaded file of a company, read piece by piece.
pub fn answer_file(
    app: Arc<App>,
    company: String,
    file: UploadedFile,
    permits: Vec<BoundPermit>,
) -> Response {
    let known = file_type(&file.description.media_type);
    let content_type = known.filter(|it| it.form == FileForm::Signature);
    let content_type = content_type.map_or(UNKNOWN, |it| it.media_type);
    let name = file.description.name.clone();
    let of_file = (content_type, Some(name.as_str()), Some(file.stored.size));
    answer_pieces(of_file, permits, |sender| async move {
        let (pieces, stored) = (file.pieces(), Arc::new(file.stored));
        for number in 0..pieces {
            let (name, stored) = (company.clone(), Arc::clone(&stored));
            let piece = app.read(move |desk| {
                let piece = desk.files().piece(&name, &stored, number)?;
                piece.ok_or_else(|| Problem::of(Kind::UnknownFile))
            });
            let piece = piece.await.map(Bytes::from);
            let piece = piece.map_err(|_| io::Error::other("not stored"));
            if !sender.send(piece).await {
                return;
            }
        }
    })
}
