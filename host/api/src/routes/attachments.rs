//! Files of interactions, downloaded from the provider by the host.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use patchbay_adapter::media::{MediaFailure, MediaReference};
use patchbay_channels::adapter_of_channel;
use patchbay_config::bound::{Bound, Scope};
use patchbay_desk::Desk;
use patchbay_gateway::{DownloadError, DownloadLimits, FileDownload};
use patchbay_http::bounds::{BoundPermit, Requester};
use patchbay_http::problem::{Kind, Problem, ProblemDocument};
use patchbay_journal::{ConversationId, Ordinal};
use patchbay_model::interaction::{Attachment, Interaction};
use patchbay_records::{conversation_reader, thread};
use patchbay_service::app::App;
use patchbay_service::file_answer::answer_pieces;

use super::conversations::conversation_id;
use patchbay_http::descriptions;

/// Position that names the whole delivery: the attribute of interactions.
const ORIGINAL: &str = "original";
/// Longest wait for a provider's answer, and for each piece of a file.
const PIECE_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest time for a whole file.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Download a file of an interaction
///
/// The host fetches it from the provider with the connection's credential, or from the
/// web address that a sender gave. Files of mails are in the mail, which the host keeps.
/// The media type is that of the file's bytes, and `application/octet-stream` for every type that a browser could run. Providers keep
/// files for a limited time.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations/{conversation}/interactions/{ordinal}/attachments/{index}",
    operation_id = "attachment",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        ("ordinal" = u64, Path, description = "`ordinal` of the interaction."),
        ("index" = String, Path, description = "Position of the file in `attachments`, from 0; `original`: the whole mail."),
    ),
    responses(
        descriptions::ReadErrors,
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "*/*"),
        (status = 410, description = "The provider no longer has the file.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The file is larger than the host permits.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many files are being downloaded.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 502, description = "The provider did not give the file.", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn download(
    State(app): State<Arc<App>>,
    Path((company, conversation, ordinal, index)): Path<(String, String, String, String)>,
) -> Result<Response, Problem> {
    let conversation = conversation_id(&conversation)?;
    let unknown = || Problem::of(Kind::UnknownFile);
    let ordinal = ordinal.parse().map(Ordinal).map_err(|_| unknown())?;
    let index = match index.as_str() {
        ORIGINAL => None,
        number => Some(number.parse::<usize>().map_err(|_| unknown())?),
    };
    let permit = app.bounds.enter(Bound::Files, &Requester::current())?;
    let (Some(gateway), Some(egress)) = (app.gateway.clone(), &app.egress) else {
        return Err(Problem::of(Kind::NoJournal));
    };
    let limits = limits(&app);
    let (store, name) = (Arc::clone(&gateway), company.clone());
    // The place goes with the work, which goes on after the client has left.
    let (file, url, stored, permit) = app
        .read(move |desk| {
            let (interaction, file) = find_file(desk, &company, conversation, (ordinal, index))?;
            let url = file.url.clone();
            let url = url.ok_or_else(|| failure(MediaFailure::Unsupported.into()))?;
            let stored = store.stored_file(&company, &interaction, &url, limits);
            Ok((file, url, stored.map_err(failure)?, permit))
        })
        .await?;
    let download = match stored {
        Some(download) => download,
        None => {
            let download = gateway.download(egress, &name, &url, limits).await;
            download.map_err(failure)?
        }
    };
    Ok(answer(download, file.name.as_deref(), permit))
}

/// Bounds of a download.
pub(super) fn limits(app: &App) -> DownloadLimits {
    DownloadLimits {
        bytes: app.bounds.limit(Bound::FileSize, Scope::Item),
        piece_timeout: PIECE_TIMEOUT,
        timeout: TIMEOUT,
    }
}

/// The file at a position of an interaction that a conversation lists, or the whole
/// delivery of it.
fn find_file(
    desk: &Desk,
    company: &str,
    conversation: ConversationId,
    (ordinal, index): (Ordinal, Option<usize>),
) -> Result<(Interaction, Attachment), Problem> {
    let company = desk.company(company)?;
    let journal = &**desk.journal();
    let row = journal.conversation(company, conversation)?;
    let row = row.ok_or_else(|| Problem::of(Kind::UnknownConversation))?;
    let mut listed = conversation_reader::recent_interactions(journal, &row)?.into_iter();
    let listed = listed
        .find(|stored| stored.ordinal == ordinal)
        .and_then(|stored| stored.interaction);
    let interaction = match listed {
        Some(listed) => Some(listed),
        None => thread::read_message(journal, (company, conversation), ordinal)?,
    };
    let interaction = interaction.ok_or_else(|| Problem::of(Kind::UnknownFile))?;
    let file = match index {
        Some(index) => interaction.attachments.get(index).cloned(),
        None => original(&interaction),
    };
    let file = file.ok_or_else(|| Problem::of(Kind::UnknownFile))?;
    Ok((interaction, file))
}

/// The whole delivery of an interaction, if the channel refers to it.
fn original(interaction: &Interaction) -> Option<Attachment> {
    let url = interaction.attributes.get(ORIGINAL)?.as_str()?;
    // An integrator may give an attribute of this name to any interaction.
    let reference = MediaReference::parse(url)?;
    let adapter = adapter_of_channel(&reference.channel)?;
    if !adapter.files_within || reference.channel != interaction.channel {
        return None;
    }
    Some(Attachment {
        kind: "document".to_owned(),
        name: Some("original.eml".to_owned()),
        media_type: None,
        size: None,
        url: Some(url.to_owned()),
    })
}

pub(super) fn failure(error: DownloadError) -> Problem {
    let kind = match &error {
        DownloadError::Media(MediaFailure::NotReady { after }) => {
            let problem = Problem::busy(&error.to_string());
            let seconds = after.and_then(|after| u32::try_from(after.as_secs()).ok());
            return match seconds {
                Some(seconds) => problem.retry_after(seconds.max(1)),
                None => problem,
            };
        }
        DownloadError::Media(MediaFailure::Unsupported) => Kind::UnknownFile,
        DownloadError::Media(MediaFailure::Gone) => Kind::Gone,
        DownloadError::Media(MediaFailure::TooLarge) => Kind::LimitExceeded,
        DownloadError::TooLarge { limit } => {
            return Problem::at_bound(
                Bound::FileSize.limit(Scope::Item).expect("in the table"),
                *limit,
                error.to_string(),
            );
        }
        DownloadError::NoConnection | DownloadError::NotOpen => Kind::ConnectionNotOpen,
        DownloadError::Desk(_) => Kind::Storage,
        DownloadError::Media(_) | DownloadError::Timeout | DownloadError::Egress(_) => {
            Kind::ProviderFailed
        }
    };
    Problem::of(kind).detail(error.to_string())
}

/// The file, to be saved and not to be shown: a browser that opens the address runs
/// nothing of it.
pub(super) fn answer(
    mut download: FileDownload,
    name: Option<&str>,
    permit: BoundPermit,
) -> Response {
    let of_file = (download.content_type, name, download.length);
    answer_pieces(of_file, vec![permit], |sender| async move {
        while let Some(piece) = download.piece().await.transpose() {
            let piece = piece.map_err(|error| {
                tracing::info!(%error, "a file was not downloaded to its end");
                io::Error::other(error)
            });
            if !sender.send(piece).await {
                return;
            }
        }
    })
}
