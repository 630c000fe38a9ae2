//! Where traces go. Whoever has spans hands them in and goes on at once: what
//! finds no room is dropped and counted.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use patchbay_outbound::egress::{AddressRange, Egress, EgressSettings};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::otlp;
use super::spans::{Span, TraceId};
use crate::settings::TelemetrySettings;

/// Passes whose spans may wait.
const WAITING: usize = 2_048;
/// Most passes whose spans go out together.
const TOGETHER: usize = 256;
/// How long the first of them waits for others.
const PAUSE: Duration = Duration::from_millis(200);
/// Passes a second that are traced only because a caller wants it: tracing costs,
/// and whoever delivers could ask for it with each message.
const WANTED: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// How long a collector may take for one lot.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to a collector of traces.
#[derive(Debug)]
pub(crate) struct Collector {
    queue: Sender<Vec<Span>>,
    /// The share of traces that is kept, of all that ids may begin with.
    share: f64,
    /// What is traced beyond that share.
    wanted: DefaultDirectRateLimiter,
    counts: Arc<Counts>,
    /// Whether nothing more comes.
    stopped: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Counts {
    exported: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl Collector {
    /// The collector of the settings, if they name one. Reads the system's
    /// certificate authorities; call it in a tokio runtime.
    pub(crate) fn of(settings: &TelemetrySettings) -> Option<Collector> {
        let to = settings.otlp.clone()?;
        // Named by the operator, for nobody else's use: wherever it is, it may
        // be reached, while what companies name stays within `[egress]`.
        let anywhere = ["0.0.0.0/0", "::/0"].map(str::parse::<AddressRange>);
        let egress = Egress::new(EgressSettings {
            allow: anywhere.into_iter().flatten().collect(),
            timeout: PATIENCE,
            ..EgressSettings::default()
        });
        let (queue, spans) = channel(WAITING);
        let counts = Arc::<Counts>::default();
        let (stopped, stopping) = watch::channel(false);
        let sending = Sending {
            to,
            egress,
            counts: Arc::clone(&counts),
        };
        tokio::spawn(sending.run(spans, stopping));
        Some(Collector {
            queue,
            share: settings.sample,
            wanted: RateLimiter::direct(Quota::per_second(WANTED)),
            counts,
            stopped,
        })
    }

    /// Whether a trace is kept: by its id, so that all of it is or nothing.
    pub(super) fn samples(&self, trace: &TraceId) -> bool {
        let mut last = [0; 8];
        last.copy_from_slice(&trace[8..]);
        let chance = u64::from_be_bytes(last);
        // A share of 1 is all, whatever the number rounds to.
        self.share >= 1.0 || (chance as f64) < self.share * 2f64.powi(64)
    }

    /// Whether a pass is traced because a caller wants it. Counts towards what
    /// callers may want.
    pub(crate) fn grants(&self) -> bool {
        self.wanted.check().is_ok()
    }

    /// Whether the trace of these spans is kept.
    pub(crate) fn samples_all(&self, spans: &[Span]) -> bool {
        spans.first().is_some_and(|span| self.samples(&span.trace))
    }

    /// Hand spans in.
    pub(crate) fn send(&self, spans: Vec<Span>) {
        let count = spans.len() as u64;
        if self.queue.try_send(spans).is_err() {
            self.counts.dropped.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Send what waits, for as long as a lot may take, and then no more.
    pub(crate) async fn stop(&self) {
        self.stopped.send_replace(true);
        let _ = timeout(PATIENCE, self.stopped.closed()).await;
    }

    /// What became of spans.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 3] {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            ("exported", read(&self.counts.exported)),
            ("dropped", read(&self.counts.dropped)),
            ("failed", read(&self.counts.failed)),
        ]
    }
}

/// Brings spans to the collector.
struct Sending {
    to: patchbay_model::web_address::WebAddress,
    egress: Egress,
    counts: Arc<Counts>,
}

impl Sending {
    async fn run(self, mut spans: Receiver<Vec<Span>>, mut stopping: watch::Receiver<bool>) {
        let mut lot = Vec::new();
        let mut was_down = false;
        loop {
            tokio::select! {
                taken = spans.recv_many(&mut lot, TOGETHER) => if taken == 0 { return },
                _ = stopping.wait_for(|stopping| *stopping) => spans.close(),
            }
            if !*stopping.borrow() {
                tokio::select! {
                    () = sleep(PAUSE) => {}
                    _ = stopping.wait_for(|stopping| *stopping) => {}
                }
            }
            while lot.len() < TOGETHER
                && let Ok(more) = spans.try_recv()
            {
                lot.push(more);
            }
            let spans: Vec<Span> = lot.drain(..).flatten().collect();
            if spans.is_empty() {
                if *stopping.borrow() {
                    return;
                }
                continue;
            }
            let is_down = match self.send(&spans).await {
                Ok(()) => {
                    self.counts
                        .exported
                        .fetch_add(spans.len() as u64, Ordering::Relaxed);
                    if was_down {
                        tracing::info!("the collector takes traces again");
                    }
                    false
                }
                Err(problem) => {
                    self.counts
                        .failed
                        .fetch_add(spans.len() as u64, Ordering::Relaxed);
                    // Said once for as long as it lasts.
                    if !was_down {
                        tracing::warn!(
                            problem,
                            "the collector does not take traces; they are lost and counted"
                        );
                    }
                    true
                }
            };
            was_down = is_down;
        }
    }

    async fn send(&self, spans: &[Span]) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = otlp::body(spans).into();
        let answer = self.egress.post(&self.to, headers, body).await;
        match answer {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) => Err(format!("it answers {}", answer.status)),
            Err(error) => Err(error.to_string()),
        }
    }
}
