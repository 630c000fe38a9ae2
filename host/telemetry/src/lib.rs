//! What the host counts and traces: metrics in Prometheus' text format, and
//! spans exported over OTLP. Implements the desk's [`Observer`]. Labels come
//! from configuration and closed sets, never from what a caller sends.

mod alert_registry;
mod host_readings;
mod metric_families;
mod metrics_page;
mod otlp;
mod overload_counts;
mod request_counts;
mod settings;
mod span_exporter;
mod spans;
mod tallies;
mod text_format;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use patchbay_config::bound::Bound;
use patchbay_engine::decision::Decision;
use patchbay_generations::Generation;
use patchbay_journal::ConversationId;
use patchbay_model::alert::{Alert, AlertKey};
use patchbay_model::decision::stage::Stage;
use patchbay_model::histogram::{Histogram, MICROS};
use patchbay_model::traceparent::Traceparent;
use patchbay_pass::ReceiptStatus;
use patchbay_pass::observer::{BreakerEvent, CommittedPass, Observer, SearchObservation};

pub use alert_registry::{AlertChanges, AlertRegistry, AlertScope};
pub use host_readings::{ConnectionReading, HostReadings, LmtpReading, PollReading};
pub use metric_families::{FAMILIES, Family, MetricType};
pub use metrics_page::outbox_by_company;
pub use settings::TelemetrySettings;
pub use span_exporter::SpanExporter;
pub use tallies::{CompanyTally, GenerationTally, IntakeResult, PluginTally};

use overload_counts::OverloadCounts;
use request_counts::RequestCounts;
use tallies::Tallies;

/// The counters and traces of one server.
#[derive(Debug)]
pub struct Telemetry {
    /// When the server was started.
    pub started: Timestamp,
    began: Instant,
    requests: RequestCounts,
    overloads: OverloadCounts,
    tallies: Tallies,
    alerts: AlertRegistry,
    phases: [Phases; 4],
    /// Times of searches of conversations.
    searches: Histogram,
    /// Absent: nothing is traced.
    exporter: Option<SpanExporter>,
}

/// Times of the phases of one stage's decisions.
#[derive(Debug)]
struct Phases {
    queue: Histogram,
    instantiate: Histogram,
    call: Histogram,
    commit: Histogram,
}

impl Phases {
    fn new() -> Phases {
        let histogram = || Histogram::new(MICROS);
        Phases {
            queue: histogram(),
            instantiate: histogram(),
            call: histogram(),
            commit: histogram(),
        }
    }

    fn named(&self) -> [(&'static str, &Histogram); 4] {
        [
            ("queue", &self.queue),
            ("instantiate", &self.instantiate),
            ("call", &self.call),
            ("commit", &self.commit),
        ]
    }
}

impl Telemetry {
    /// Counts from zero; traces go to `exporter`, if there is one.
    pub fn new(exporter: Option<SpanExporter>) -> Telemetry {
        Telemetry {
            started: Timestamp::now(),
            began: Instant::now(),
            requests: RequestCounts::default(),
            overloads: OverloadCounts::default(),
            tallies: Tallies::default(),
            alerts: AlertRegistry::default(),
            phases: std::array::from_fn(|_| Phases::new()),
            searches: Histogram::new(MICROS),
            exporter,
        }
    }

    /// Count a stateless decision, whose request waited this long for a thread.
    /// Logs each plugin that failed.
    pub fn count_stateless(&self, company: &str, decision: &Decision, waited: Duration) {
        self.decided(company, decision);
        let mut plugins = decision.stamp.plugins.iter();
        if let Some(part) = plugins.find(|part| part.use_number > 0) {
            let phases = &self.phases[part.stage as usize];
            phases.queue.record(micros(waited));
        }
        for part in &decision.stamp.plugins {
            if part.outcome.is_failure() {
                tracing::warn!(
                    company, generation = decision.stamp.generation, stage = %part.stage,
                    plugin = part.name, outcome = %part.outcome, "a policy failed"
                );
            }
        }
    }

    /// Trace a stateless decision: if its caller's span is sampled; without a
    /// caller's span, the share the settings sample.
    pub fn trace_request(
        &self,
        company: &str,
        decision: &Decision,
        began: Instant,
        caller: Option<Traceparent>,
    ) {
        let Some(exporter) = &self.exporter else {
            return;
        };
        if caller.is_some_and(|span| !span.sampled) {
            return;
        }
        let spans = spans::of_request(company, decision, began, caller);
        let is_sampled = || {
            spans
                .first()
                .is_some_and(|span| exporter.samples(&span.trace))
        };
        if caller.is_some() || is_sampled() {
            exporter.send(spans);
        }
    }

    /// Count transitions of a generation's circuit breakers, for a server
    /// without a desk.
    pub fn count_breakers(self: &Arc<Telemetry>, generation: &Generation) {
        for stage in Stage::ALL {
            for plugin in generation.pipelines.of(stage) {
                let (telemetry, name) = (Arc::downgrade(self), plugin.name().to_owned());
                let (company, number) = (generation.company.clone(), generation.number);
                plugin.breaker(stage).set_listener(move |turn| {
                    if let Some(telemetry) = telemetry.upgrade() {
                        let tallies = &telemetry.tallies;
                        tallies.count_transition(&company, number, stage, &name, turn);
                    }
                });
            }
        }
    }

    /// Count deliveries that are not valid.
    pub fn count_refused(&self, company: &str, deliveries: usize) {
        let tally = self.tallies.of(company);
        tally.count_intake(IntakeResult::Refused, deliveries as u64);
    }

    /// Count a request that a bound turned away; of no company where
    /// its path names none that is configured.
    pub fn count_overload(&self, company: Option<&str>, bound: Bound) {
        self.overloads.count(company, bound);
    }

    /// Count a finished request by its route and status.
    pub fn count_request(&self, route: &Arc<str>, status: u16, time: Duration) {
        self.requests.count(route, status, time);
    }

    /// The counters of a configured company.
    pub fn company(&self, company: &str) -> Arc<CompanyTally> {
        self.tallies.of(company)
    }

    /// The alerts of the host and its companies.
    pub fn alerts(&self) -> &AlertRegistry {
        &self.alerts
    }

    /// Time since the server was started.
    pub fn uptime(&self) -> Duration {
        self.began.elapsed()
    }

    /// Where traces go.
    pub fn exporter(&self) -> Option<&SpanExporter> {
        self.exporter.as_ref()
    }

    /// Drop the counters of generations that no longer decide; `active` gives
    /// the number of a company's active generation.
    pub fn drop_retired(&self, active: impl Fn(&str) -> Option<u64>) {
        self.tallies.drop_retired(active);
    }
}

impl Observer for Telemetry {
    fn decided(&self, company: &str, decision: &Decision) {
        self.tallies.decided(company, decision);
        for part in &decision.stamp.plugins {
            if part.use_number > 0 {
                let phases = &self.phases[part.stage as usize];
                phases.queue.record(part.micros.queue);
                phases.instantiate.record(part.micros.instantiate);
                phases.call.record(part.micros.call);
            }
        }
    }

    fn accepted(&self, company: &str, status: ReceiptStatus) {
        let result = match status {
            ReceiptStatus::Accepted { .. } => IntakeResult::Accepted,
            ReceiptStatus::Duplicate { .. } => IntakeResult::Duplicate,
            ReceiptStatus::Conflict => IntakeResult::Refused,
            ReceiptStatus::Busy { .. } | ReceiptStatus::Full { .. } => IntakeResult::Busy,
        };
        self.tallies.of(company).count_intake(result, 1);
        if matches!(status, ReceiptStatus::Busy { .. }) {
            self.count_overload(Some(company), Bound::Backlog);
        }
    }

    fn searched(&self, company: &str, search: SearchObservation) {
        self.tallies.of(company).count_search(search.outcome);
        self.searches.record(micros(search.took));
    }

    fn wants_trace(
        &self,
        company: &str,
        conversation: ConversationId,
        traceparent: Option<Traceparent>,
    ) -> bool {
        let Some(exporter) = &self.exporter else {
            return false;
        };
        let is_wanted = traceparent.is_some_and(|caller| caller.sampled);
        let trace = spans::trace_id(company, conversation);
        exporter.samples(&trace) || (is_wanted && exporter.grants_request())
    }

    fn committed(&self, pass: &CommittedPass<'_>) {
        let wrote = micros(pass.writing.elapsed());
        for decision in &pass.trace.decisions {
            for (phases, was_called) in self.phases.iter().zip(decision.stages) {
                if was_called {
                    phases.commit.record(wrote);
                }
            }
        }
        if let Some(exporter) = &self.exporter
            && pass.trace.traced
        {
            let trace = spans::trace_id(pass.company, pass.conversation);
            exporter.send(spans::of_pass(pass, trace, exporter.samples(&trace)));
        }
    }

    fn conflicted(&self, company: &str) {
        let tally = self.tallies.of(company);
        tally.overtaken.fetch_add(1, Ordering::Relaxed);
    }

    fn alert_raised(&self, alert: Alert) {
        self.alerts.raise(alert);
    }

    fn alert_ended(&self, alert: &AlertKey) {
        self.alerts.end(alert);
    }

    fn breaker_changed(&self, company: &str, event: &BreakerEvent) {
        self.tallies.count_transition(
            company,
            event.generation,
            event.stage,
            &event.plugin,
            event.transition,
        );
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
