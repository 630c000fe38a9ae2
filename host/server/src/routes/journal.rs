//! The journal's upkeep, while it is in use.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use jiff::SignedDuration;
use patchbay_model::duration::Seconds;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;

/// Most bytes of a backup's name.
const NAME_BYTES: usize = 128;

/// How the journal fares.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JournalStatus {
    /// Interactions taken in since it was made.
    accepted: u64,
    /// Those nobody has decided about yet.
    pending: u64,
    /// Conversations that are not resolved.
    unresolved: u64,
    /// Items of the outbox still to go out.
    outbox_waiting: u64,
    /// Items of the outbox that were given up.
    outbox_dead: u64,
    /// Bytes of its files.
    bytes: u64,
    /// Decisions whose transcript was wanted and not kept, since the server
    /// started: it was longer than its company allows.
    decisions_unrecorded: u64,
}

/// What a backup is called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupRequest {
    /// Name of the file, in the directory the server keeps backups in: letters,
    /// digits, `.`, `-` and `_`, not beginning with a dot; at most 128. Nothing
    /// is overwritten.
    name: String,
}

/// A finished backup.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BackupDocument {
    /// The file, on the server's machine. It is of use only with the master
    /// key, which is not in it.
    path: String,
    /// Its size.
    bytes: u64,
    /// Last interaction it holds.
    newest: u64,
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckDocument {
    /// Whether nothing is wrong.
    sound: bool,
    /// What is.
    findings: Vec<String>,
    /// Sealed values that open.
    seals: u64,
    /// Sealed values of people who were erased; that is as it should be.
    erased: u64,
    /// Sealed values that do not open and should.
    unopenable: u64,
}

/// What may go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompactRequest {
    /// How long ago it was last touched, such as `90d`; at least an hour.
    #[schema(value_type = String)]
    older_than: Seconds,
}

/// What was let go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompactDocument {
    /// Resolved conversations.
    conversations: u64,
    /// Their entries, and notes about companies.
    entries: u64,
    /// Interactions.
    inputs: u64,
    /// Items of the outbox that were done.
    outbox: u64,
    /// Memories of policies.
    state: u64,
}

/// How the journal fares
#[utoipa::path(
    get,
    path = "/v1/journal",
    operation_id = "journal_status",
    tag = "operation",
    responses((status = 200, description = "How it fares.", body = JournalStatus), schema::NoDocument)
)]
pub(super) async fn status(State(app): State<Arc<App>>) -> Result<Json<JournalStatus>, Problem> {
    app.read(|desk| {
        let status = desk.journal().status()?;
        Ok(Json(JournalStatus {
            accepted: status.newest.0,
            pending: status.pending,
            unresolved: status.unresolved,
            outbox_waiting: status.outbox_waiting,
            outbox_dead: status.outbox_dead,
            bytes: status.bytes,
            decisions_unrecorded: desk.all_unrecorded(),
        }))
    })
    .await
}

/// Copy the journal
///
/// Into a new file, whole or not at all, while work goes on; the copy is
/// checked before this answers.
#[utoipa::path(
    post,
    path = "/v1/journal/backups",
    operation_id = "journal_backup",
    tag = "operation",
    request_body = BackupRequest,
    responses((status = 200, description = "The copy.", body = BackupDocument), schema::NotDone)
)]
pub(super) async fn backup(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<BackupDocument>, Problem> {
    let asked: BackupRequest = app.json(request).await?;
    check_name(&asked.name)?;
    let Some(place) = app.settings.journal.as_ref().map(|kept| &kept.backups) else {
        return Err(Problem::of(Kind::NoJournal));
    };
    let to: PathBuf = place.join(&asked.name);
    let place = place.clone();
    app.read(move |desk| {
        std::fs::create_dir_all(&place).map_err(|error| {
            tracing::error!(%error, "the directory of backups cannot be made");
            Problem::of(Kind::Storage)
                .detail("the directory of backups cannot be made; the log says why")
        })?;
        if to.exists() {
            return Err(Problem::of(Kind::BackupExists)
                .field("name")
                .detail("nothing is overwritten; take another name"));
        }
        let made = desk.journal().backup(&to)?;
        let about = json!({"name": asked.name, "bytes": made.bytes, "newest": made.newest.0});
        let entry = caller.entry("journal.backup", None, &about);
        desk.journal().audit(entry)?;
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
        false => Err(Problem::of(Kind::InvalidInput).field("name").detail(
            "must be a file name of 1 to 128 letters, digits, \".\", \"-\" and \"_\" that does not begin with a dot",
        )),
    }
}

/// Look for damage
///
/// Reads everything while work goes on, and takes its time for that.
#[utoipa::path(
    post,
    path = "/v1/journal/check",
    operation_id = "journal_check",
    tag = "operation",
    responses((status = 200, description = "What was found.", body = CheckDocument), schema::NoDocument)
)]
pub(super) async fn check(State(app): State<Arc<App>>) -> Result<Json<CheckDocument>, Problem> {
    app.read(|desk| {
        let report = desk.journal().check()?;
        Ok(Json(CheckDocument {
            sound: report.sound(),
            findings: report.findings.iter().map(ToString::to_string).collect(),
            seals: report.seals,
            erased: report.erased,
            unopenable: report.unopenable,
        }))
    })
    .await
}

/// Let go what is old
///
/// Resolved conversations and what else is done, in small steps while work goes
/// on.
#[utoipa::path(
    post,
    path = "/v1/journal/compact",
    operation_id = "journal_compact",
    tag = "operation",
    request_body = CompactRequest,
    responses((status = 200, description = "What was let go.", body = CompactDocument), schema::NotDone)
)]
pub(super) async fn compact(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<CompactDocument>, Problem> {
    let asked: CompactRequest = app.json(request).await?;
    if asked.older_than < Seconds(3600) {
        return Err(Problem::of(Kind::InvalidInput)
            .field("older_than")
            .detail("must be at least an hour, such as 90d"));
    }
    let age = SignedDuration::from_secs(asked.older_than.0.into());
    app.read(move |desk| {
        let before = desk.now().checked_sub(age).unwrap_or_default();
        let gone = desk.journal().compact(before)?;
        let about = json!({"before": before, "conversations": gone.conversations});
        let entry = caller.entry("journal.compact", None, &about);
        desk.journal().audit(entry)?;
        Ok(Json(CompactDocument {
            conversations: gone.conversations,
            entries: gone.entries,
            inputs: gone.inputs,
            outbox: gone.outbox,
            state: gone.state,
        }))
    })
    .await
}
