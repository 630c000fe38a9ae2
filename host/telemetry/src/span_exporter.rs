//! Exports spans to an OTLP collector in the background. Handing spans in never
//! blocks: spans that find the queue full are dropped and counted.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::{AddressRange, Egress, EgressSettings};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::otlp;
use super::spans::{Span, TraceId};
use crate::TelemetrySettings;

/// Batches (one per pass) that may wait to be sent.
const QUEUE_LENGTH: usize = 2_048;
/// Batches sent in one request at most.
const BATCHES_PER_REQUEST: usize = 256;
/// How long the first batch waits for others.
const BATCH_DELAY: Duration = Duration::from_millis(200);
/// Passes traced per second only because a caller asks for it with its
/// `traceparent`: tracing costs, and every delivery could ask.
const REQUESTED_PER_SECOND: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// Timeout of one request to the collector.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Exports spans to an OTLP collector in the background.
#[derive(Debug)]
pub struct SpanExporter {
    queue: Sender<Vec<Span>>,
    /// Share of traces that is sampled, 0 to 1.
    share: f64,
    /// Bounds what callers have traced beyond that share.
    requested: DefaultDirectRateLimiter,
    counts: Arc<Counts>,
    /// Set when no more spans come.
    stopped: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Counts {
    exported: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl SpanExporter {
    /// Starts exporting to the collector of the settings; none if they name none.
    /// Blocks to read the system's certificate authorities; call it within a
    /// tokio runtime.
    pub fn start(settings: &TelemetrySettings) -> Option<SpanExporter> {
        let address = settings.otlp.clone()?;
        // The operator names the collector, so it may be at any address;
        // `[egress]` restricts only what companies name.
        let anywhere = ["0.0.0.0/0", "::/0"].map(str::parse::<AddressRange>);
        let egress = Egress::new(EgressSettings {
            allow: anywhere.into_iter().flatten().collect(),
            timeout: TIMEOUT,
            ..EgressSettings::default()
        });
        let (queue, spans) = channel(QUEUE_LENGTH);
        let counts = Arc::<Counts>::default();
        let (stopped, stopping) = watch::channel(false);
        let worker = Worker {
            address,
            egress,
            counts: Arc::clone(&counts),
        };
        tokio::spawn(worker.run(spans, stopping));
        Some(SpanExporter {
            queue,
            share: settings.sample,
            requested: RateLimiter::direct(Quota::per_second(REQUESTED_PER_SECOND)),
            counts,
            stopped,
        })
    }

    /// Whether a trace is sampled: decided by its id, so that it is exported
    /// whole or not at all.
    pub(super) fn samples(&self, trace: &TraceId) -> bool {
        let mut last = [0; 8];
        last.copy_from_slice(&trace[8..]);
        let chance = u64::from_be_bytes(last);
        // A share of 1 means every trace, however the product rounds.
        self.share >= 1.0 || (chance as f64) < self.share * 2f64.powi(64)
    }

    /// Whether a pass may be traced because its caller asks for it. Uses up the
    /// quota.
    pub fn grants_request(&self) -> bool {
        self.requested.check().is_ok()
    }

    /// Queue spans; dropped and counted if the queue is full.
    pub(super) fn send(&self, spans: Vec<Span>) {
        let count = spans.len() as u64;
        if self.queue.try_send(spans).is_err() {
            self.counts.dropped.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Export what is queued, within the timeout of one request, and stop.
    pub async fn stop(&self) {
        self.stopped.send_replace(true);
        let _ = timeout(TIMEOUT, self.stopped.closed()).await;
    }

    /// Numbers of spans by result: exported, dropped, failed.
    pub fn counts(&self) -> [(&'static str, u64); 3] {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            ("exported", read(&self.counts.exported)),
            ("dropped", read(&self.counts.dropped)),
            ("failed", read(&self.counts.failed)),
        ]
    }
}

struct Worker {
    address: WebAddress,
    egress: Egress,
    counts: Arc<Counts>,
}

impl Worker {
    async fn run(self, mut queue: Receiver<Vec<Span>>, mut stopping: watch::Receiver<bool>) {
        let mut batches = Vec::new();
        let mut was_down = false;
        loop {
            tokio::select! {
                taken = queue.recv_many(&mut batches, BATCHES_PER_REQUEST) => if taken == 0 { return },
                _ = stopping.wait_for(|stopping| *stopping) => queue.close(),
            }
            if !*stopping.borrow() {
                tokio::select! {
                    () = sleep(BATCH_DELAY) => {}
                    _ = stopping.wait_for(|stopping| *stopping) => {}
                }
            }
            while batches.len() < BATCHES_PER_REQUEST
                && let Ok(more) = queue.try_recv()
            {
                batches.push(more);
            }
            let spans: Vec<Span> = batches.drain(..).flatten().collect();
            if spans.is_empty() {
                if *stopping.borrow() {
                    return;
                }
                continue;
            }
            let sent = self.send(&spans).await;
            let count = match sent {
                Ok(()) => &self.counts.exported,
                Err(_) => &self.counts.failed,
            };
            count.fetch_add(spans.len() as u64, Ordering::Relaxed);
            // Logged when it begins and when it ends, not for every request.
            match &sent {
                Ok(()) if was_down => tracing::info!("the collector accepts traces again"),
                Err(problem) if !was_down => tracing::warn!(
                    problem,
                    "cannot export traces; spans are lost and counted until the collector accepts them"
                ),
                _ => {}
            }
            was_down = sent.is_err();
        }
    }

    async fn send(&self, spans: &[Span]) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = otlp::body(spans).into();
        let answer = self.egress.post(&self.address, headers, body).await;
        match answer {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) => Err(format!("the collector answers {}", answer.status)),
            Err(error) => Err(error.to_string()),
        }
    }
}
