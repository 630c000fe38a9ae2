//! Connections beyond the limit. Each is read until its request's head is known:
//! requests about health, status and metrics are answered, all others get 503.
//! When too many are silent, the oldest of them gets its 503 at once, so that
//! silent connections cannot keep out the rest.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use patchbay_model::bound::{Bound, Scope};
use patchbay_telemetry::Telemetry;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::guard::is_observation;
use crate::problem::{self, Problem};

/// Connections that have their 503 and are being closed.
pub(super) const CLOSING: usize = 1024;
/// How long the 503 may take to be written and read.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Places for connections beyond the limit.
#[derive(Debug)]
pub(super) struct Reserve {
    /// Places for silent connections.
    silent: usize,
    /// The limit, for the answer.
    connections: usize,
    places: Arc<Semaphore>,
    /// Those that have sent no head yet, the oldest first.
    waiting: Mutex<VecDeque<Arc<Notify>>>,
    telemetry: Arc<Telemetry>,
}

/// A connection beyond the limit; dropping it frees its place.
#[derive(Debug)]
pub(super) struct ReservePlace {
    reserve: Arc<Reserve>,
    evicted: Arc<Notify>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Reserve {
    pub(super) fn new(
        silent: usize,
        connections: usize,
        telemetry: Arc<Telemetry>,
    ) -> Arc<Reserve> {
        Arc::new(Reserve {
            silent,
            connections,
            places: Arc::new(Semaphore::new(silent + CLOSING)),
            waiting: Mutex::default(),
            telemetry,
        })
    }

    /// Wait for a place for a further connection.
    pub(super) async fn place(self: &Arc<Reserve>) -> ReservePlace {
        // The semaphore is never closed.
        ReservePlace {
            reserve: Arc::clone(self),
            evicted: Arc::new(Notify::new()),
            _permit: Arc::clone(&self.places).acquire_owned().await.ok(),
        }
    }

    fn problem(&self) -> Problem {
        let limit = Bound::Connections.limit(Scope::Host);
        let detail = format!(
            "{} connections are open, which is the limit `server.connections`; try again later",
            self.connections
        );
        match limit {
            Some(limit) => Problem::at_bound(limit, self.connections as u64, detail),
            None => Problem::busy(&detail),
        }
    }
}

impl ReservePlace {
    /// Use the place for a connection, which is silent at first.
    pub(super) fn occupy(&self) {
        let mut waiting = self.reserve.waiting.lock();
        if waiting.len() >= self.reserve.silent
            && let Some(oldest) = waiting.pop_front()
        {
            oldest.notify_one();
        }
        waiting.push_back(Arc::clone(&self.evicted));
    }

    /// Completes when another connection needs the place.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }

    /// The refusal of a request; `None` if it is about health, status or metrics.
    pub(super) fn answer(&self, path: &str) -> Option<Response> {
        self.leave();
        if is_observation(path) {
            return None;
        }
        self.count();
        let response = self.reserve.problem().into_response();
        let mut response = problem::finish(response, problem::instance_of(path));
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
        Some(response)
    }

    /// Write the 503 to a client that has sent no head yet, and close.
    pub(super) async fn refuse(&self, stream: &mut (impl AsyncWrite + Unpin)) {
        self.count();
        let problem = self.reserve.problem();
        let document = serde_json::to_string(problem.document()).unwrap_or_default();
        let retry = Bound::Connections.refusal().retry_after().unwrap_or(1);
        let answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: {}\r\nretry-after: {retry}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{document}",
            problem::MEDIA_TYPE,
            document.len()
        );
        let close = async {
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await
        };
        // The client has disconnected, or does not read.
        let _ = timeout(CLOSE_TIMEOUT, close).await;
    }

    fn count(&self) {
        let telemetry = &self.reserve.telemetry;
        telemetry.count_overload(None, Bound::Connections);
    }

    /// No longer silent.
    fn leave(&self) {
        let mut waiting = self.reserve.waiting.lock();
        waiting.retain(|other| !Arc::ptr_eq(other, &self.evicted));
    }
}

impl Drop for ReservePlace {
    fn drop(&mut self) {
        self.leave();
    }
}
