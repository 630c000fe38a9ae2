//! Connections beyond the limit. Each is read until its request's head is known:
//! requests about health, status and metrics are answered, all others get 503.
//! When too many are silent, the oldest of them gets its 503 at once, so that
//! silent connections cannot keep out the rest. Nor can those that have their 503
//! and do not close: the oldest of them is cut when another needs its place.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use patchbay_config::bound::{Bound, Scope};
use patchbay_telemetry::Telemetry;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout};

use crate::observation::is_observation;
use crate::problem::{self, Problem};

/// Connections that have their 503 and are being closed.
pub(super) const CLOSING: usize = 3072;
/// How long a client has at least to read its 503 before it is cut.
const LEAST_CLOSE: Duration = Duration::from_secs(3);
/// How long a connection that is cut may take to free its place.
const CUT_TIMEOUT: Duration = Duration::from_millis(100);
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
    /// Those that have their 503, since when, the oldest first.
    closing: Mutex<VecDeque<(Instant, Arc<Notify>)>>,
    telemetry: Arc<Telemetry>,
    /// [`LEAST_CLOSE`].
    least_close: Duration,
}

/// A connection beyond the limit; dropping it frees its place.
#[derive(Debug)]
pub(super) struct ReservePlace {
    reserve: Arc<Reserve>,
    evicted: Arc<Notify>,
    cut: Arc<Notify>,
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
            closing: Mutex::default(),
            telemetry,
            least_close: LEAST_CLOSE,
        })
    }

    /// Wait for a place for a further connection.
    pub(super) async fn place(self: &Arc<Reserve>) -> ReservePlace {
        // The semaphore is never closed.
        let free = || Arc::clone(&self.places).acquire_owned();
        let permit = loop {
            tokio::select! {
                biased;
                permit = free() => break permit.ok(),
                () = self.cut_oldest() => {}
            }
            // The one that was cut frees its place.
            if let Ok(permit) = timeout(CUT_TIMEOUT, free()).await {
                break permit.ok();
            }
        };
        ReservePlace {
            reserve: Arc::clone(self),
            evicted: Arc::new(Notify::new()),
            cut: Arc::new(Notify::new()),
            _permit: permit,
        }
    }

    /// Cut the connection that has had its 503 for longest, once that is
    /// [`LEAST_CLOSE`].
    async fn cut_oldest(&self) {
        let oldest = || self.closing.lock().front().map(|(since, _)| *since);
        let until = oldest().unwrap_or_else(Instant::now) + self.least_close;
        sleep_until(until).await;
        let mut closing = self.closing.lock();
        let is_due = closing
            .front()
            .is_some_and(|(since, _)| *since + self.least_close <= Instant::now());
        if is_due && let Some((_, cut)) = closing.pop_front() {
            cut.notify_one();
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

    /// Completes when another connection needs the place of this one, which has
    /// had its 503 for a while.
    pub(super) async fn cut(&self) {
        self.cut.notified().await;
    }

    /// The connection gets its 503 now.
    fn begin_closing(&self) {
        let closing = (Instant::now(), Arc::clone(&self.cut));
        self.reserve.closing.lock().push_back(closing);
    }

    /// The refusal of a request; `None` if it is about health, status or metrics.
    pub(super) fn answer(&self, path: &str) -> Option<Response> {
        self.leave();
        if is_observation(path) {
            return None;
        }
        self.count();
        self.begin_closing();
        let response = self.reserve.problem().into_response();
        let mut response = problem::finish(response, problem::instance_of(path));
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
        Some(response)
    }

    /// Write the 503 to a client that has sent no head yet, and close.
    pub(super) async fn refuse(&self, stream: &mut (impl AsyncWrite + Unpin)) {
        self.count();
        self.begin_closing();
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
        tokio::select! {
            // The client has disconnected, or does not read.
            _ = timeout(CLOSE_TIMEOUT, close) => {}
            () = self.cut() => {}
        }
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
        let mut closing = self.reserve.closing.lock();
        closing.retain(|(_, other)| !Arc::ptr_eq(other, &self.cut));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reserve all of whose places are taken by connections that have their 503.
    async fn taken(least_close: Duration) -> (Arc<Reserve>, Vec<ReservePlace>) {
        let mut reserve = Reserve::new(0, 1, Arc::new(Telemetry::new(None)));
        Arc::get_mut(&mut reserve).expect("not shared").least_close = least_close;
        let mut closing = Vec::new();
        for _ in 0..CLOSING {
            let place = reserve.place().await;
            let refusal = place.answer("/v1/companies/northwind/decide");
            assert!(refusal.is_some());
            closing.push(place);
        }
        (reserve, closing)
    }

    #[tokio::test]
    async fn a_connection_that_does_not_close_makes_way_the_oldest_first() {
        let (reserve, mut closing) = taken(Duration::from_millis(1)).await;
        let oldest = closing.remove(0);
        let closed = tokio::spawn(async move {
            oldest.cut().await;
            drop(oldest);
        });
        drop(reserve.place().await);
        closed.await.expect("cut");
        let second = timeout(Duration::ZERO, closing[0].cut());
        second.await.expect_err("one place was needed");
    }

    #[tokio::test]
    async fn a_client_has_the_time_to_read_its_refusal() {
        let (reserve, closing) = taken(Duration::from_secs(3_600)).await;
        let next = timeout(Duration::from_millis(20), reserve.place());
        next.await.expect_err("there is no place");
        for place in &closing {
            let cut = timeout(Duration::ZERO, place.cut()).await;
            cut.expect_err("its client reads");
        }
        drop(closing);
        drop(reserve.place().await);
    }
}
