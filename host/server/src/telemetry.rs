//! What the server counts. Labels come from configuration and from closed sets,
//! never from what somebody sent.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use patchbay_desk::Desk;
use patchbay_engine::decision::Decision;
use patchbay_engine::engine::Engine;
use patchbay_model::decision::stage::Stage;

use crate::companies::Companies;
use crate::serve::App;

const REQUESTS: &str = "patchbay_requests_total";
const REQUEST_SECONDS: &str = "patchbay_request_seconds";
const DECISIONS: &str = "patchbay_decisions_total";
const PHASE_SECONDS: &str = "patchbay_phase_seconds";
const RUNNING: &str = "patchbay_running_decisions";
const QUEUE_DEPTH: &str = "patchbay_queue_depth";
const PARKED: &str = "patchbay_instances_parked";
const DESK_WAITING: &str = "patchbay_desk_waiting";
const DESK_CLOCKS: &str = "patchbay_desk_clocks";
const UNRECORDED: &str = "patchbay_decisions_unrecorded_total";
const BREAKER_OPEN: &str = "patchbay_breaker_open";

/// Seconds; a decision takes microseconds.
const BUCKETS: &[f64] = &[
    1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1,
    0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
];

/// What a request is counted as whose client did not wait for the answer.
const CLIENT_GONE: &str = "499";

/// The counters of one server; several servers of a process do not mix.
pub(crate) struct Telemetry {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    phases: Phases,
    /// Breakers shown at the last look: one whose plugin is gone is closed.
    breakers: Mutex<Vec<Gauge>>,
}

struct Phases {
    queue: Histogram,
    instantiate: Histogram,
    call: Histogram,
}

impl Telemetry {
    pub(crate) fn new() -> Telemetry {
        // It fails for an empty list of buckets only.
        let builder = PrometheusBuilder::new();
        let builder = [REQUEST_SECONDS, PHASE_SECONDS]
            .into_iter()
            .try_fold(builder, |builder, name| {
                builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), BUCKETS)
            });
        let recorder = builder.unwrap_or_default().build_recorder();
        for (name, unit, text) in [
            (
                REQUESTS,
                Unit::Count,
                "Requests by route and status; 499 where the client had gone.",
            ),
            (
                DECISIONS,
                Unit::Count,
                "Decisions by company, stage, plugin and outcome.",
            ),
            (
                UNRECORDED,
                Unit::Count,
                "Decisions whose transcript was wanted and not kept, by company.",
            ),
        ] {
            recorder.describe_counter(name.into(), Some(unit), text.into());
        }
        for (name, text) in [
            (
                REQUEST_SECONDS,
                "Seconds from the head of a request to its answer.",
            ),
            (
                PHASE_SECONDS,
                "Seconds of a decision's phases: queue, instantiate, call.",
            ),
        ] {
            recorder.describe_histogram(name.into(), Some(Unit::Seconds), text.into());
        }
        for (name, text) in [
            (RUNNING, "Decisions that run now."),
            (QUEUE_DEPTH, "Requests that wait for a thread now."),
            (PARKED, "Instances made ahead or kept for reuse now."),
            (
                DESK_WAITING,
                "Interactions and clocks that wait to be decided about.",
            ),
            (DESK_CLOCKS, "Conversations with a clock that will ring."),
            (
                BREAKER_OPEN,
                "1 where a plugin is left alone after repeated failures.",
            ),
        ] {
            recorder.describe_gauge(name.into(), None, text.into());
        }
        let phase = |name: &'static str| {
            histogram(
                &recorder,
                PHASE_SECONDS,
                vec![Label::from_static_parts("phase", name)],
            )
        };
        Telemetry {
            phases: Phases {
                queue: phase("queue"),
                instantiate: phase("instantiate"),
                call: phase("call"),
            },
            handle: recorder.handle(),
            recorder,
            breakers: Mutex::default(),
        }
    }

    /// A decision was made.
    pub(crate) fn decided(&self, company: &str, decision: &Decision) {
        for part in &decision.stamp.plugins {
            let labels = vec![
                Label::new("company", company.to_owned()),
                Label::from_static_parts("stage", part.stage.as_str()),
                Label::new("plugin", part.name.clone()),
                Label::from_static_parts("outcome", part.outcome.as_str()),
            ];
            self.counter(DECISIONS, labels).increment(1);
        }
        let seconds = |micros: u64| micros as f64 / 1e6;
        self.phases.queue.record(seconds(decision.micros.queue));
        self.phases
            .instantiate
            .record(seconds(decision.micros.instantiate));
        self.phases.call.record(seconds(decision.micros.call));
    }

    /// Everything, in Prometheus' text format.
    pub(crate) fn render(
        &self,
        engine: &Engine,
        companies: &Companies,
        waiting: usize,
        desk: Option<&Desk>,
    ) -> String {
        if let Some(desk) = desk {
            self.gauge(DESK_WAITING, Vec::new())
                .set(desk.undecided() as f64);
            self.gauge(DESK_CLOCKS, Vec::new())
                .set(desk.clocks() as f64);
            for generation in companies.all() {
                let company = generation.company.clone();
                let unrecorded = desk.unrecorded(&company).unwrap_or(0);
                self.counter(UNRECORDED, vec![Label::new("company", company)])
                    .absolute(unrecorded);
            }
        }
        self.gauge(RUNNING, Vec::new()).set(engine.running() as f64);
        self.gauge(QUEUE_DEPTH, Vec::new()).set(waiting as f64);
        self.gauge(PARKED, Vec::new()).set(engine.parked());
        self.look_at_breakers(companies);
        self.handle.render()
    }

    /// Bring what was recorded into its buckets; without it, and without
    /// anybody who looks, every value would be kept.
    pub(crate) fn tidy(&self) {
        self.handle.run_upkeep();
    }

    fn look_at_breakers(&self, companies: &Companies) {
        let mut shown = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in shown.drain(..) {
            gone.set(0.0);
        }
        for generation in companies.all() {
            for stage in Stage::ALL {
                for plugin in generation.pipelines.of(stage) {
                    let labels = vec![
                        Label::new("company", generation.company.clone()),
                        Label::new("plugin", plugin.name().to_owned()),
                        Label::from_static_parts("stage", stage.as_str()),
                    ];
                    let gauge = self.gauge(BREAKER_OPEN, labels);
                    gauge.set(f64::from(u8::from(plugin.breaker(stage).is_open())));
                    shown.push(gauge);
                }
            }
        }
    }

    fn counter(&self, name: &'static str, labels: Vec<Label>) -> Counter {
        let key = Key::from_parts(name, labels);
        self.recorder.register_counter(&key, &METADATA)
    }

    fn gauge(&self, name: &'static str, labels: Vec<Label>) -> Gauge {
        let key = Key::from_parts(name, labels);
        self.recorder.register_gauge(&key, &METADATA)
    }
}

const METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

fn histogram(recorder: &PrometheusRecorder, name: &'static str, labels: Vec<Label>) -> Histogram {
    recorder.register_histogram(&Key::from_parts(name, labels), &METADATA)
}

/// Counts every request, answered or not.
pub(crate) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let mut counted = Counted {
        telemetry: Arc::clone(&app.telemetry),
        route: matched.map_or("unmatched".to_owned(), |path| path.as_str().to_owned()),
        began: Instant::now(),
        status: None,
    };
    let response = next.run(request).await;
    counted.status = Some(response.status());
    response
}

/// A request that is counted when it is over, whichever way.
struct Counted {
    telemetry: Arc<Telemetry>,
    route: String,
    began: Instant,
    status: Option<StatusCode>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let status = self.status.map(|status| status.as_str().to_owned());
        let status = status.unwrap_or_else(|| CLIENT_GONE.to_owned());
        tracing::debug!(route = self.route, status, "request");
        let route = Label::new("route", std::mem::take(&mut self.route));
        let recorder = &self.telemetry.recorder;
        histogram(recorder, REQUEST_SECONDS, vec![route.clone()]).record(self.began.elapsed());
        let labels = vec![route, Label::new("status", status)];
        self.telemetry.counter(REQUESTS, labels).increment(1);
    }
}
