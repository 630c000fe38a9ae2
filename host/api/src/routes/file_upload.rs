//! Uploads of files for replies: the body goes piece by piece from the connection to the
//! journal.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};
use axum::{Extension, Json};
use http_body_util::BodyExt;
use patchbay_access::Caller;
use patchbay_config::bound::{Bound, Scope};
use patchbay_desk::{BegunUpload, FileUpload, UploadBegin};
use patchbay_files::{FileProblem, InspectedFile, Inspection, check_file_name, is_file_id};
use patchbay_http::body;
use patchbay_http::bounds::{BoundPermit, Requester};
use patchbay_http::problem::{Kind, Problem, ProblemDocument};
use patchbay_journal::limits::FILE_PIECE;
use patchbay_journal::vault::random;
use patchbay_journal::{ConversationId, UploadId, WaitingLimits};
use patchbay_model::actor::Actor;
use patchbay_records::uploaded_file::UploadedFile;
use patchbay_service::app::App;
use percent_encoding::percent_decode_str;
use tokio::time::{Instant, timeout_at};

use super::actions::actor;
use super::conversations::conversation_id;
use super::files::{FileActorQuery, UploadedFileDocument, document};
use patchbay_http::descriptions;

/// Longest wait for the next bytes.
const PIECE_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time for a whole file.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Upload a file for a reply
///
/// The body is the file. Its name stands in `Content-Disposition`:
/// `attachment; filename*=UTF-8''NAME`, percent-encoded. The type is that of the bytes; it
/// must fit the ending of the name, and `Content-Type` unless that is absent or
/// `application/octet-stream`. Only those who may reply may upload, only where the channel
/// takes files (`files` of the conversation), and only what it takes. A reply names the file
/// by its id: `"attachments": [{"file": "ID"}]`. A file that no reply names is deleted after
/// 24 hours. The id is the client's; the same request again is answered as the first time.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/conversations/{conversation}/files/{file}",
    operation_id = "upload_file",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        ("file" = String, Path, description = "Id of the file, made by the client and unique in the conversation: 1 to 64 letters, digits, `-`, `_` and `.`."),
        ("Content-Disposition" = String, Header, description = "`attachment; filename*=UTF-8''NAME`: the name of the file, percent-encoded; at most 200 bytes before."),
        FileActorQuery,
    ),
    request_body(content = Vec<u8>, description = "The file.", content_type = "*/*"),
    responses(
        descriptions::ActionErrors,
        (status = 200, description = "The conversation has this file already.", body = UploadedFileDocument),
        (status = 201, description = "The file is on disk.", body = UploadedFileDocument),
        (status = 413, description = "The file is larger than the host or the channel takes.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The host takes no files of this type.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "The file is not what it is called, its name is not valid, or the channel takes no such file.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many uploads are in progress, or too many uploaded files wait for a reply.", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation, file)): Path<(String, String, String)>,
    Query(query): Query<FileActorQuery>,
    request: Request,
) -> Result<(StatusCode, Json<UploadedFileDocument>), Problem> {
    let (head, mut content) = request.into_parts();
    let upload = UploadRequest::new(&head.headers, &content, file);
    let begun = async {
        let conversation = conversation_id(&conversation)?;
        let actor = actor(&caller, query.by, query.role)?;
        Incoming::begin(&app, (company, conversation), actor, upload?).await
    };
    let received = match begun.await {
        Ok(mut incoming) => match incoming.receive(&mut content).await {
            Ok(()) => incoming.finish().await,
            Err(problem) => Err(problem),
        },
        Err(problem) => Err(problem),
    };
    if received.is_err() {
        // A client that sends everything before it reads sees the answer.
        body::discard(Request::from_parts(head, content)).await;
    }
    let (status, file) = received?;
    Ok((status, document(file)))
}

/// What a request says of its file.
struct UploadRequest {
    id: String,
    name: String,
    /// Media type, if one is declared.
    declared: Option<String>,
    /// Bytes, if they are announced.
    size: Option<u64>,
}

impl UploadRequest {
    fn new(headers: &HeaderMap, content: &Body, id: String) -> Result<UploadRequest, Problem> {
        let invalid = |field: &str, detail: &str| Err(Problem::invalid(field, detail));
        if !is_file_id(&id) {
            return invalid(
                "file",
                "must have 1 to 64 letters, digits, `-`, `_` and `.`",
            );
        }
        let Some(name) = file_name(headers) else {
            let detail = "must be attachment; filename*=UTF-8''NAME, percent-encoded";
            return invalid("Content-Disposition", detail);
        };
        if let Err(problem) = check_file_name(&name) {
            let detail = format!("the name of the file {problem}");
            return invalid("Content-Disposition", &detail);
        }
        Ok(UploadRequest {
            id,
            name,
            declared: declared_type(headers),
            size: content.size_hint().exact(),
        })
    }
}

/// The parameter `filename*` in UTF-8 (RFC 8187).
fn file_name(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_DISPOSITION)?.to_str().ok()?;
    let mut parameters = value.split(';').map(str::trim);
    let encoded = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_name = name.trim().eq_ignore_ascii_case("filename*");
        is_name.then(|| value.trim())
    })?;
    let (charset, rest) = encoded.split_once('\'')?;
    let (_, name) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let name = percent_decode_str(name).decode_utf8().ok()?;
    Some(name.into_owned())
}

/// The media type without parameters, unless it says nothing.
fn declared_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().unwrap_or("?");
    let essence = value.split(';').next().unwrap_or_default().trim();
    let declared = essence.to_ascii_lowercase();
    (!matches!(declared.as_str(), "" | "application/octet-stream")).then_some(declared)
}

/// A file that comes in.
struct Incoming {
    app: Arc<App>,
    request: UploadRequest,
    /// Where the pieces go; absent where the conversation has the file already, which is
    /// compared.
    upload: Option<BegunUpload>,
    known: Option<UploadedFile>,
    inspection: Inspection,
    buffer: Vec<u8>,
    is_finished: bool,
    _permit: BoundPermit,
}

impl Incoming {
    async fn begin(
        app: &Arc<App>,
        (company, conversation): (String, ConversationId),
        by: Actor,
        request: UploadRequest,
    ) -> Result<Incoming, Problem> {
        let permit = app.bounds.enter(Bound::Uploads, &Requester::current())?;
        check_size(app, request.size.unwrap_or_default())?;
        let bound = |scope| app.bounds.limit(Bound::WaitingFiles, scope);
        let limits = WaitingLimits {
            conversation: bound(Scope::Item),
            person: bound(Scope::Token),
            company: bound(Scope::Company),
        };
        let number = random().map_err(|_| Problem::of(Kind::Internal))?;
        let upload = UploadId(u64::from_le_bytes(number));
        let (state, id) = (Arc::clone(app), request.id.clone());
        let announced = request.size.unwrap_or_default();
        let begun = app.read(move |desk| {
            state.check_free_space_for(announced)?;
            Ok(desk.files().begin(FileUpload {
                company: &company,
                conversation,
                id: &id,
                by: &by,
                announced,
                limits,
                upload,
            })?)
        });
        let (upload, known) = match begun.await?? {
            UploadBegin::Begun(upload) => (Some(upload), None),
            UploadBegin::Known(file) => (None, Some(file)),
        };
        let incoming = Incoming {
            app: Arc::clone(app),
            request,
            upload,
            known,
            inspection: Inspection::default(),
            buffer: Vec::new(),
            is_finished: false,
            _permit: permit,
        };
        incoming.check_size(announced)?;
        Ok(incoming)
    }

    /// Checks so many bytes against the limits of the host and the channel.
    fn check_size(&self, size: u64) -> Result<(), Problem> {
        check_size(&self.app, size)?;
        let most = self.upload.as_ref().map(BegunUpload::most_bytes);
        match most.filter(|most| size > *most) {
            Some(most) => {
                let detail = format!("the channel of the conversation takes files of {most} bytes");
                let problem = Problem::of(Kind::BodyTooLarge).detail(detail);
                Err(problem.limit(most, Some(size), "bytes"))
            }
            None => Ok(()),
        }
    }

    async fn receive(&mut self, content: &mut Body) -> Result<(), Problem> {
        let until = Instant::now() + TIMEOUT;
        loop {
            let next = until.min(Instant::now() + PIECE_TIMEOUT);
            let frame = timeout_at(next, content.frame()).await.map_err(|_| {
                Problem::of(Kind::RequestTimeout).detail("the file did not arrive in time")
            })?;
            let Some(frame) = frame else {
                break;
            };
            let data = frame.map_err(|_| {
                Problem::of(Kind::BadRequest)
                    .detail("the connection closed before the file was complete")
            })?;
            let Ok(data) = data.into_data() else {
                continue;
            };
            self.check_size(self.inspection.size() + data.len() as u64)?;
            self.inspection.add(&data);
            self.inspection.check().map_err(|it| refused(&it))?;
            self.buffer.extend_from_slice(&data);
            while self.buffer.len() >= FILE_PIECE {
                let rest = self.buffer.split_off(FILE_PIECE);
                let piece = mem::replace(&mut self.buffer, rest);
                self.store(piece).await?;
            }
        }
        match mem::take(&mut self.buffer) {
            rest if rest.is_empty() => Ok(()),
            rest => self.store(rest).await,
        }
    }

    async fn store(&mut self, piece: Vec<u8>) -> Result<(), Problem> {
        let Some(mut upload) = self.upload.clone() else {
            return Ok(());
        };
        let state = Arc::clone(&self.app);
        let stored = self.app.read(move |desk| {
            // Other writers fill the disk during a long upload.
            state.check_free_space_for(piece.len() as u64)?;
            let stored = desk.files().append(&mut upload, &piece)?;
            Ok(stored.map(|()| upload))
        });
        self.upload = Some(stored.await??);
        Ok(())
    }

    async fn finish(mut self) -> Result<(StatusCode, UploadedFile), Problem> {
        let inspection = mem::take(&mut self.inspection);
        let (name, declared) = (&self.request.name, self.request.declared.as_deref());
        let inspected = inspection.finish(name, declared);
        let inspected = inspected.map_err(|it| refused(&it))?;
        if let Some(known) = self.known.take() {
            return match is_same(&known, &inspected) {
                true => Ok((StatusCode::OK, known)),
                false => Err(Problem::of(Kind::FileIdTaken)
                    .detail("the conversation has another file with this id; use a new id")),
            };
        }
        let Some(upload) = self.upload.clone() else {
            return Err(Problem::of(Kind::Internal));
        };
        let finished = self
            .app
            .read(move |desk| Ok(desk.files().finish(&upload, &inspected)?));
        let file = finished.await??;
        self.is_finished = true;
        Ok((StatusCode::CREATED, file))
    }
}

impl Drop for Incoming {
    /// Deletes what came of a file that was refused, or whose client left.
    fn drop(&mut self) {
        let (Some(upload), Ok(desk)) = (self.upload.take(), self.app.desk()) else {
            return;
        };
        if self.is_finished {
            return;
        }
        tokio::task::spawn_blocking(move || {
            // What stays after an error expires.
            let _ = desk.files().discard(&upload);
        });
    }
}

fn check_size(app: &App, size: u64) -> Result<(), Problem> {
    let most = app.bounds.limit(Bound::UploadSize, Scope::Item);
    match (size > most, Bound::UploadSize.limit(Scope::Item)) {
        (true, Some(limit)) => {
            let detail = format!("the file has more than {most} bytes");
            Err(Problem::at_bound(limit, most, detail))
        }
        _ => Ok(()),
    }
}

fn refused(problem: &FileProblem) -> Problem {
    let kind = match problem.is_mismatch() {
        true => Kind::FileMismatch,
        false => Kind::FileRefused,
    };
    Problem::of(kind).detail(problem.to_string())
}

fn is_same(known: &UploadedFile, file: &InspectedFile) -> bool {
    let hex: String = file
        .sha256
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    known.description.sha256 == hex && known.description.name == file.name
}
