//! Opens the journal when the server starts. While its disk is full, the server
//! waits for space instead of ending, and answers that it is not ready.

use std::sync::Arc;
use std::time::Duration;

use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use patchbay_access::TlsTerminator;
use patchbay_config::bound::{Bound, Scope};
use patchbay_http::connections::Connections;
use patchbay_http::problem::{self, Kind, Problem};
use patchbay_journal::{Journal, JournalError, Maintenance};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::alert::AlertKind;
use patchbay_service::alert_monitor::FULL_BELOW;
use patchbay_settings::{JournalSettings, ServerSettings};
use patchbay_telemetry::Telemetry;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::serve_error::ServeError;

/// Time between two attempts to open the journal.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Attempts between two lines in the log.
const ATTEMPTS_PER_LINE: u32 = 30;

/// Open the journal of the settings; `None` without one. While its disk is full,
/// answer requests with 503 and try again.
///
/// # Errors
/// Any other failure of the journal.
pub(crate) async fn open_journal(
    settings: &ServerSettings,
    listener: &TcpListener,
    tls: Option<&Arc<TlsTerminator>>,
) -> Result<Option<Arc<dyn Journal>>, ServeError> {
    let Some(journal) = &settings.journal else {
        return Ok(None);
    };
    let options = Options {
        lanes: u16::try_from(settings.workers).unwrap_or(u16::MAX),
        backlog_per_company: journal.backlog,
        backlog: settings.admission.backlog,
        readers: settings.bounds.count(Bound::Readers, Scope::Host),
        readers_per_company: settings.bounds.count(Bound::Readers, Scope::Company),
        stored_bytes_per_company: settings.bounds.get(Bound::StoredBytes, Scope::Company),
        stored_bytes_of: settings
            .bounds
            .narrowed(Bound::StoredBytes)
            .map(|(company, limit)| (company.to_owned(), limit))
            .collect(),
        stored_bytes_reserve: settings.bounds.get(Bound::StoredBytes, Scope::Item),
        ..Options::new(&journal.path, &journal.key)
    };
    let mut waiting: Option<Connections> = None;
    for attempt in 0_u32.. {
        let (options, journal) = (options.clone(), journal.clone());
        let opened = spawn_blocking(move || open(&options, &journal)).await;
        let error = match opened.map_err(|error| ServeError::Workers(error.into()))? {
            Ok(journal) => {
                if let Some(connections) = waiting {
                    tracing::info!("the journal's disk has space again");
                    connections.finish(RETRY_AFTER).await;
                }
                return Ok(Some(journal));
            }
            Err(OpenError::Full(error)) => error,
            Err(OpenError::Other(error)) => return Err(error.into()),
        };
        if attempt % ATTEMPTS_PER_LINE == 0 {
            let advice = AlertKind::StorageFailing.advice();
            tracing::error!(%error, advice, "the journal's disk is full; the server waits for space and answers 503");
        }
        let connections = waiting.get_or_insert_with(|| {
            let telemetry = Arc::new(Telemetry::new(None));
            Connections::new(router(), tls.cloned(), settings, telemetry)
        });
        tokio::select! {
            () = connections.accept(listener) => {}
            () = sleep(RETRY_AFTER) => {}
        }
    }
    Ok(None)
}

enum OpenError {
    /// The disk is full.
    Full(JournalError),
    /// Space would not help.
    Other(JournalError),
}

/// Open the journal and check that it can write. Blocks.
fn open(options: &Options, settings: &JournalSettings) -> Result<Arc<dyn Journal>, OpenError> {
    let open = || {
        let journal = SqliteJournal::open(options)?;
        journal.probe()?;
        Ok::<Arc<dyn Journal>, JournalError>(Arc::new(journal))
    };
    open().map_err(|error| {
        // Without space the database cannot create its index, and without inodes not
        // its log, which it reports as a failure of the disk.
        let is_full =
            error.is_disk_full() || matches!(error, JournalError::Disk(_)) && is_full(settings);
        match is_full {
            true => OpenError::Full(error),
            false => OpenError::Other(error),
        }
    })
}

/// Whether the file system of the journal has hardly any space, or no inode; false
/// where the system does not say.
fn is_full(settings: &JournalSettings) -> bool {
    let directory = settings.path.parent();
    let directory = directory.filter(|path| !path.as_os_str().is_empty());
    rustix::fs::statvfs(directory.unwrap_or(".".as_ref())).is_ok_and(|disk| {
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        // A file system that makes inodes as it needs them has 0 in total.
        free < FULL_BELOW || disk.f_files > 0 && disk.f_favail == 0
    })
}

/// What a server answers before it has opened its journal.
fn router() -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .fallback(not_ready)
        .layer(from_fn(problem::write))
}

async fn healthz() -> Response {
    ([("connection", "close")], Json(json!({"status": "ok"}))).into_response()
}

async fn metrics() -> Response {
    let page = Telemetry::storage_failing_page();
    let media_type = "text/plain; version=0.0.4; charset=utf-8";
    (
        [("content-type", media_type), ("connection", "close")],
        page,
    )
        .into_response()
}

async fn not_ready() -> Response {
    let detail = "the server starts, and waits for space on the journal's disk";
    let problem = Problem::of(Kind::NotReady).detail(detail);
    ([("connection", "close")], problem).into_response()
}
