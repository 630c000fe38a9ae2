//! Maintenance of the journal while the server runs.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::{Extension, Json};
use jiff::SignedDuration;
use patchbay_access::Caller;
use patchbay_config::duration::Seconds;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::{CheckReport, CompactReport};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use patchbay_http::descriptions;

/// Longest name of a backup, in bytes.
const NAME_BYTES: usize = 128;

/// Counts and size of the journal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JournalStatus {
    /// Interactions accepted since the journal was created.
    accepted: u64,
    /// Interactions that wait for a decision.
    pending: u64,
    /// Number of conversations that are not resolved.
    unresolved: u64,
    /// Items of the outbox waiting for delivery.
    outbox_waiting: u64,
    /// Items of the outbox whose delivery failed for good.
    outbox_dead: u64,
    /// Conversations whose words are still being collected: a search does not find them by
    /// all of their texts yet.
    outdated_words: u64,
    /// Size of the journal's files.
    bytes: u64,
    /// Decisions since the start whose transcript was not stored because it
    /// exceeded the company's limit.
    decisions_unrecorded: u64,
}

/// A backup to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupRequest {
    /// Name of a new file in the server's backup directory: at most 128 letters,
    /// digits, `.`, `-` and `_`, not starting with a dot.
    name: String,
}

/// A finished backup.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BackupDocument {
    /// Path of the file on the server's machine. Restoring it requires the master
    /// key, which it does not contain.
    path: String,
    /// Size of the file.
    bytes: u64,
    /// Number of the last interaction in it.
    newest: u64,
}

/// Result of a check.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckDocument {
    /// Whether the journal is undamaged.
    sound: bool,
    /// Every damage found.
    findings: Vec<String>,
    /// Sealed values that could be opened.
    seals: u64,
    /// Sealed values of erased contacts, which cannot be opened any more.
    erased: u64,
    /// Other sealed values that could not be opened: damage.
    unopenable: u64,
}

/// What to delete.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompactRequest {
    /// Age since the last change, such as `90d`; at least an hour.
    #[schema(value_type = String)]
    older_than: Seconds,
}

/// Numbers of deleted rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompactDocument {
    /// Resolved conversations deleted.
    conversations: u64,
    /// Entries deleted, of conversations and companies.
    entries: u64,
    /// Interactions deleted.
    inputs: u64,
    /// Finished items of the outbox deleted.
    outbox: u64,
    /// State entries of policies deleted.
    state: u64,
    /// Receipts of replies deleted.
    receipts: u64,
    /// Deliveries deleted that could not be decoded.
    quarantined: u64,
    /// Deliveries deleted that were kept as they came.
    originals: u64,
    /// Uploaded files deleted.
    files: u64,
}

impl From<CheckReport> for CheckDocument {
    fn from(report: CheckReport) -> CheckDocument {
        CheckDocument {
            sound: report.is_sound(),
            findings: report.findings.iter().map(ToString::to_string).collect(),
            seals: report.seals,
            erased: report.erased,
            unopenable: report.unopenable,
        }
    }
}

impl From<CompactReport> for CompactDocument {
    fn from(deleted: CompactReport) -> CompactDocument {
        CompactDocument {
            conversations: deleted.conversations,
            entries: deleted.entries,
            inputs: deleted.inputs,
            outbox: deleted.outbox,
            state: deleted.state,
            receipts: deleted.receipts,
            quarantined: deleted.quarantined,
            originals: deleted.originals,
            files: deleted.files,
        }
    }
}

/// Get the journal's status
#[utoipa::path(
    get,
    path = "/v1/journal",
    operation_id = "journal_status",
    tag = "operation",
    responses((status = 200, description = "Counts and size.", body = JournalStatus), descriptions::ReadErrors)
)]
pub(crate) async fn status(State(app): State<Arc<App>>) -> Result<Json<JournalStatus>, Problem> {
    app.read(|desk| {
        let status = desk.journal().status()?;
        Ok(Json(JournalStatus {
            accepted: status.newest.0,
            pending: status.pending,
            unresolved: status.unresolved,
            outbox_waiting: status.outbox_waiting,
            outbox_dead: status.outbox_dead,
            outdated_words: status.outdated_words,
            bytes: status.bytes,
            decisions_unrecorded: desk.status().all_unrecorded(),
        }))
    })
    .await
}

/// Back up the journal
///
/// Writes a consistent copy to a new file while the server works, and checks the
/// copy before answering.
#[utoipa::path(
    post,
    path = "/v1/journal/backups",
    operation_id = "journal_backup",
    tag = "operation",
    request_body = BackupRequest,
    responses((status = 200, description = "The backup.", body = BackupDocument), descriptions::ActionErrors)
)]
pub(crate) async fn backup(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<BackupDocument>, Problem> {
    let body: BackupRequest = app.json(request).await?;
    check_name(&body.name)?;
    let Some(journal) = &app.settings.journal else {
        return Err(Problem::of(Kind::NoJournal));
    };
    let directory = journal.backups.clone();
    app.read(move |desk| {
        std::fs::create_dir_all(&directory).map_err(|error| {
            tracing::error!(%error, "cannot create the backup directory");
            Problem::of(Kind::Storage)
                .detail("cannot create the backup directory; the server's log has the cause")
        })?;
        let to = directory.join(&body.name);
        if to.exists() {
            return Err(Problem::of(Kind::BackupExists)
                .field("name")
                .detail("a backup is never overwritten; choose another name"));
        }
        let made = desk.journal().backup(&to)?;
        let about = json!({"name": body.name, "bytes": made.bytes, "newest": made.newest.0});
        let entry = caller.entry("journal.backup", None, &about);
        desk.journal().append_audit(entry)?;
        Ok(Json(BackupDocument {
            path: made.path.display().to_string(),
            bytes: made.bytes,
            newest: made.newest.0,
        }))
    })
    .await
}

fn check_name(name: &str) -> Result<(), Problem> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let good = (1..=NAME_BYTES).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(is_plain);
    match good {
        true => Ok(()),
        false => Err(Problem::invalid(
            "name",
            "must be 1 to 128 letters, digits, \".\", \"-\" and \"_\", and must not start with a dot",
        )),
    }
}

/// Check the journal for damage
///
/// Reads the whole journal while the server works; can take minutes.
#[utoipa::path(
    post,
    path = "/v1/journal/check",
    operation_id = "journal_check",
    tag = "operation",
    responses((status = 200, description = "Result of the check.", body = CheckDocument), descriptions::ActionErrors)
)]
pub(crate) async fn check(State(app): State<Arc<App>>) -> Result<Json<CheckDocument>, Problem> {
    app.read(|desk| Ok(Json(desk.journal().check()?.into())))
        .await
}

/// Delete old data
///
/// Deletes resolved conversations and finished items older than an age, in small
/// steps while the server works.
#[utoipa::path(
    post,
    path = "/v1/journal/compact",
    operation_id = "journal_compact",
    tag = "operation",
    request_body = CompactRequest,
    responses((status = 200, description = "Numbers of deleted rows.", body = CompactDocument), descriptions::ActionErrors)
)]
pub(crate) async fn compact(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<CompactDocument>, Problem> {
    let body: CompactRequest = app.json(request).await?;
    if body.older_than < Seconds(3600) {
        return Err(Problem::invalid(
            "older_than",
            "must be at least an hour, such as 90d",
        ));
    }
    let age = SignedDuration::from_secs(body.older_than.0.into());
    let statistics = Arc::clone(&app.statistics);
    app.read(move |desk| {
        statistics.count_everything(desk)?;
        let before = desk.now().checked_sub(age).unwrap_or_default();
        let deleted = desk.compact(before)?;
        let about = json!({"before": before, "conversations": deleted.conversations});
        let entry = caller.entry("journal.compact", None, &about);
        desk.journal().append_audit(entry)?;
        Ok(Json(deleted.into()))
    })
    .await
}
