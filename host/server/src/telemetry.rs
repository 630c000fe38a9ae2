//! What the server counts and traces. Labels come from configuration and from
//! closed sets, never from what somebody sent.

mod collector;
mod expose;
mod families;
mod otlp;
mod page;
mod requests;
mod shed;
mod spans;
mod tallies;
mod traceparent;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use patchbay_desk::ReceiptStatus;
use patchbay_desk::observer::{CommittedPass, Observer, Turned};
use patchbay_engine::decision::Decision;
use patchbay_generation::Generation;
use patchbay_journal::ConversationId;
use patchbay_model::decision::stage::Stage;
use patchbay_model::histogram::{Histogram, MICROS};
use patchbay_model::traceparent::Traceparent;

use crate::companies::Companies;

pub(crate) use collector::Collector;
pub(crate) use expose::{outbox, render};
pub(crate) use requests::count;
pub(crate) use shed::Shed;
pub(crate) use tallies::CompanyTally;
pub(crate) use traceparent::traceparent;

use requests::Requests;
use shed::Turned as TurnedAway;
use tallies::{Intake, Tallies};

/// The counters of one server; several servers of a process do not mix.
#[derive(Debug)]
pub(crate) struct Telemetry {
    /// When the server was started.
    pub(crate) started: Timestamp,
    began: Instant,
    requests: Requests,
    turned_away: TurnedAway,
    tallies: Tallies,
    phases: [Phases; 4],
    /// Where traces go, if anywhere.
    collector: Option<Collector>,
}

/// Phases of a stage's decisions.
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
    /// Nothing counted yet; traces go to a collector, where there is one.
    pub(crate) fn new(collector: Option<Collector>) -> Telemetry {
        Telemetry {
            started: Timestamp::now(),
            began: Instant::now(),
            requests: Requests::default(),
            turned_away: TurnedAway::default(),
            tallies: Tallies::default(),
            phases: std::array::from_fn(|_| Phases::new()),
            collector,
        }
    }

    /// A decision was made for a request that waited for a thread.
    pub(crate) fn answered(&self, company: &str, decision: &Decision, waited: Duration) {
        self.decided(company, decision);
        let first = decision
            .stamp
            .plugins
            .iter()
            .find(|part| part.use_number > 0);
        if let Some(part) = first {
            self.phases[part.stage as usize]
                .queue
                .record(micros(waited));
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

    /// Trace a decision made for a request: where its caller does, else the
    /// share of the settings.
    pub(crate) fn trace_request(
        &self,
        company: &str,
        decision: &Decision,
        began: Instant,
        of: Option<Traceparent>,
    ) {
        let Some(collector) = &self.collector else {
            return;
        };
        if of.is_some_and(|of| !of.sampled) {
            return;
        }
        let spans = spans::of_request(company, decision, began, of);
        if of.is_some() || collector.samples_all(&spans) {
            collector.send(spans);
        }
    }

    /// Count breakers that turn, where no desk does.
    pub(crate) fn listen(self: &std::sync::Arc<Telemetry>, generation: &Generation) {
        for stage in Stage::ALL {
            for plugin in generation.pipelines.of(stage) {
                let (telemetry, name) = (std::sync::Arc::downgrade(self), plugin.name().to_owned());
                let (company, number) = (generation.company.clone(), generation.number);
                plugin.breaker(stage).listen(move |turn| {
                    if let Some(telemetry) = telemetry.upgrade() {
                        let tallies = &telemetry.tallies;
                        tallies.turned(&company, number, stage, &name, turn);
                    }
                });
            }
        }
    }

    /// Deliveries that are not right.
    pub(crate) fn refused(&self, company: &str, deliveries: usize) {
        let tally = self.tallies.of(company);
        tally.took_in(Intake::Refused, deliveries as u64);
    }

    /// Something was turned away because there was too much to do.
    pub(crate) fn shed(&self, company: Option<&str>, what: Shed) {
        self.turned_away.count(company, what);
    }

    /// What is counted of a company.
    pub(crate) fn of(&self, company: &str) -> std::sync::Arc<CompanyTally> {
        self.tallies.of(company)
    }

    /// How long the server has run.
    pub(crate) fn uptime(&self) -> Duration {
        self.began.elapsed()
    }

    /// Where traces go.
    pub(crate) fn collector(&self) -> Option<&Collector> {
        self.collector.as_ref()
    }

    /// Let go what is counted of setups that decide nothing any more.
    pub(crate) fn tidy(&self, companies: &Companies) {
        self.tallies
            .retire(|name| companies.get(name).map(|generation| generation.number));
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

    fn took_in(&self, company: &str, status: ReceiptStatus) {
        let result = match status {
            ReceiptStatus::Accepted { .. } => Intake::Accepted,
            ReceiptStatus::Duplicate { .. } => Intake::Duplicate,
            ReceiptStatus::Busy { .. } => Intake::Busy,
        };
        self.tallies.of(company).took_in(result, 1);
        if result == Intake::Busy {
            self.shed(Some(company), Shed::Backlog);
        }
    }

    fn traces(
        &self,
        company: &str,
        conversation: ConversationId,
        delivered_in: Option<Traceparent>,
    ) -> bool {
        let Some(collector) = &self.collector else {
            return false;
        };
        let is_wanted = delivered_in.is_some_and(|of| of.sampled);
        collector.samples(&spans::trace(company, conversation)) || (is_wanted && collector.grants())
    }

    fn committed(&self, pass: &CommittedPass<'_>) {
        let wrote = micros(pass.writing.elapsed());
        for decision in &pass.told.decisions {
            for (phases, was_asked) in self.phases.iter().zip(decision.stages) {
                if was_asked {
                    phases.commit.record(wrote);
                }
            }
        }
        if let Some(collector) = &self.collector
            && pass.told.traced
        {
            let trace = spans::trace(pass.company, pass.conversation);
            collector.send(spans::of_pass(pass, trace, collector.samples(&trace)));
        }
    }

    fn overtaken(&self, company: &str) {
        let tally = self.tallies.of(company);
        tally.overtaken.fetch_add(1, Ordering::Relaxed);
    }

    fn turned(&self, company: &str, turned: &Turned) {
        let (stage, plugin) = (turned.stage, &turned.plugin);
        self.tallies
            .turned(company, turned.generation, stage, plugin, turned.turn);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Labels of a family; nothing where there is none of the name.
#[cfg(test)]
pub(crate) fn labels(name: &str) -> Option<&'static [&'static str]> {
    let found = families::ALL.iter().find(|family| family.name == name);
    found.map(|family| family.labels)
}

/// Names of all families.
#[cfg(test)]
pub(crate) fn families() -> impl Iterator<Item = &'static str> {
    families::ALL.iter().map(|family| family.name)
}
