//! The page of all numbers: what was counted, and how everything stands now.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use patchbay_desk::{Desk, RolloutReport};
use patchbay_journal::{JournalError, OutboxCount};
use patchbay_model::decision::stage::Stage;

use super::families as family;
use super::page::Page;
use super::tallies::{CompanyTally, Intake};
use super::{Shed, Telemetry};
use crate::app::App;

/// Microseconds of a second.
const MICROS: f64 = 1e6;

/// Everything, in Prometheus' text format. Reads the journal.
pub(crate) fn render(app: &App) -> String {
    let telemetry = &app.telemetry;
    telemetry.tidy(&app.companies);
    let mut page = Page::default();
    host(app, &mut page);
    telemetry.counted(&mut page);
    for generation in app.companies.all() {
        let company = generation.company.as_str();
        page.put(&family::GENERATION, &[company], generation.number as f64);
        for stage in Stage::ALL {
            for plugin in generation.pipelines.of(stage) {
                let is_open = plugin.breaker(stage).is_open();
                let labels = [company, stage.as_str(), plugin.name()];
                page.put(&family::BREAKER_OPEN, &labels, f64::from(u8::from(is_open)));
            }
        }
    }
    if let Ok(desk) = app.desk() {
        for generation in app.companies.all() {
            at_the_desk(&desk, &generation.company, &mut page);
        }
        journal(app, &desk, &mut page);
    }
    page.finish()
}

fn host(app: &App, page: &mut Page) {
    let started = app.telemetry.started.as_millisecond() as f64 / 1e3;
    page.put(&family::BUILD, &[env!("CARGO_PKG_VERSION")], 1.0);
    page.put(&family::STARTED, &[], started);
    let unready = app.companies.count_unready();
    page.put(&family::UNREADY, &[], unready as f64);
    page.put(&family::RUNNING, &[], app.engine.running() as f64);
    page.put(&family::QUEUE_DEPTH, &[], app.workers.waiting() as f64);
    page.put(&family::PARKED, &[], app.engine.parked());
    page.put(&family::LOAD, &[], f64::from(app.load() as u8));
    let draining = app.draining.get().is_some();
    page.put(&family::DRAINING, &[""], f64::from(u8::from(draining)));
    if let Some(collector) = app.telemetry.collector() {
        for (result, count) in collector.counts() {
            page.put(&family::SPANS, &[result], count as f64);
        }
    }
    if let Some(courier) = &app.courier {
        let stats = courier.stats();
        for (result, count) in [
            ("delivered", stats.delivered),
            ("retried", stats.retried),
            ("given-up", stats.dead),
        ] {
            page.put(&family::OUTBOX_SENT, &[result], count as f64);
        }
        page.put(&family::OUTBOX_IN_FLIGHT, &[], stats.in_flight as f64);
    }
}

/// How a company stands at the desk.
fn at_the_desk(desk: &Desk, company: &str, page: &mut Page) {
    let now = desk.now();
    for queue in desk.queues(company).unwrap_or_default() {
        let labels = [company, queue.id.as_str()];
        page.put(&family::WAITING, &labels, queue.waiting as f64);
        let age = queue
            .oldest
            .map_or(0, |at| now.duration_since(at).as_secs());
        page.put(&family::OLDEST, &labels, age.max(0) as f64);
    }
    let offers = desk.open_offers(company).unwrap_or(0);
    page.put(&family::OFFERS, &[company], offers as f64);
    let unrecorded = desk.unrecorded(company).unwrap_or(0);
    page.put(&family::UNRECORDED, &[company], unrecorded as f64);
    let bypasses = desk.bypasses(company).unwrap_or_default();
    page.put(
        &family::BYPASSES,
        &[company],
        bypasses.iter().count() as f64,
    );
    let draining = matches!(desk.draining(company), Ok(Some(_)));
    page.put(&family::DRAINING, &[company], f64::from(u8::from(draining)));
    if let Ok(Some(report)) = desk.rollout(company) {
        on_trial(company, &report, page);
    }
}

/// How what a company tries stands.
fn on_trial(company: &str, report: &RolloutReport, page: &mut Page) {
    let kind = report.terms.kind.as_str();
    page.put(&family::ROLLOUT, &[company, kind], report.generation as f64);
    for (name, arm) in [
        ("candidate", &report.candidate_arm),
        ("control", &report.control_arm),
    ] {
        let failed: u64 = arm.failures.values().sum();
        let well = arm.decisions - failed;
        for (is_failed, count) in [("no", well), ("yes", failed)] {
            let labels = [company, name, is_failed];
            page.put(&family::ROLLOUT_DECISIONS, &labels, count as f64);
        }
    }
    let all = &report.compared;
    for (result, count) in [
        ("same", all.agreed),
        ("different", all.decisions - all.agreed),
        ("failed", all.failed),
        ("no-time", all.no_time),
        ("no-room", all.no_room),
    ] {
        page.put(&family::ROLLOUT_COMPARED, &[company, result], count as f64);
    }
}

fn journal(app: &App, desk: &Desk, page: &mut Page) {
    let writes = desk.journal().writes();
    page.histogram(&family::JOURNAL_SECONDS, &[], &writes.micros.read(), MICROS);
    page.histogram(&family::JOURNAL_GROUP, &[], &writes.operations.read(), 1.0);
    page.put(&family::JOURNAL_BYTES, &[], desk.journal().bytes() as f64);
    page.put(&family::CLOCKS, &[], desk.clocks() as f64);
    let undecided = desk.undecided_by_company();
    let outbox = outbox(desk).unwrap_or_else(|error| {
        tracing::error!(%error, "what waits to go out cannot be counted");
        HashMap::new()
    });
    for generation in app.companies.all() {
        let company = generation.company.as_str();
        let waits = undecided.get(company).copied().unwrap_or(0);
        page.put(&family::UNDECIDED, &[company], waits as f64);
        let (waiting, dead) = outbox.get(company).copied().unwrap_or_default();
        page.put(&family::OUTBOX_WAITING, &[company], waiting as f64);
        page.put(&family::OUTBOX_DEAD, &[company], dead as f64);
    }
}

/// What waits to go out and what was given up, by company.
pub(crate) fn outbox(desk: &Desk) -> Result<HashMap<String, (u64, u64)>, JournalError> {
    let counts = desk.journal().outbox_counts()?.into_iter();
    let named = |count: OutboxCount| {
        let company = desk.name_of(count.company)?;
        Some((company, (count.waiting, count.dead)))
    };
    Ok(counts.filter_map(named).collect())
}

impl Telemetry {
    /// What was counted since the start.
    fn counted(&self, page: &mut Page) {
        for counted in self.requests.read() {
            let route = &*counted.route;
            page.histogram(&family::REQUEST_SECONDS, &[route], &counted.times, MICROS);
            for (status, count) in counted.statuses {
                let labels = [route, &status.to_string()];
                page.put(&family::REQUESTS, &labels, count as f64);
            }
        }
        for ((company, what), count) in self.turned_away.read() {
            let labels: [&str; 2] = [&company, Shed::as_str(what)];
            page.put(&family::SHED, &labels, count as f64);
        }
        for (stage, phases) in Stage::ALL.into_iter().zip(&self.phases) {
            for (phase, histogram) in phases.named() {
                let reading = histogram.read();
                if reading.total() > 0 {
                    let labels = [stage.as_str(), phase];
                    page.histogram(&family::PHASE_SECONDS, &labels, &reading, MICROS);
                }
            }
        }
        for (company, tally) in self.tallies.all() {
            of_company(&company, &tally, page);
        }
    }
}

fn of_company(company: &str, tally: &CompanyTally, page: &mut Page) {
    for result in Intake::ALL {
        let count = tally.intake[result as usize].load(Ordering::Relaxed);
        page.put(&family::INTAKE, &[company, result.as_str()], count as f64);
    }
    let overtaken = tally.overtaken.load(Ordering::Relaxed);
    page.put(&family::OVERTAKEN, &[company], overtaken as f64);
    for stage in Stage::ALL {
        let reading = tally.stage(stage).read();
        if reading.total() > 0 {
            let labels = [company, stage.as_str()];
            page.histogram(&family::STAGE_SECONDS, &labels, &reading, MICROS);
        }
    }
    for generation in tally.generations() {
        let number = generation.number.to_string();
        for plugin in generation.plugins() {
            let labels = [company, &number, plugin.stage.as_str(), &plugin.plugin];
            for (outcome, count) in plugin.outcomes() {
                let labels = [&labels[..], &[outcome.as_str()]].concat();
                page.put(&family::DECISIONS, &labels, count as f64);
            }
            let peak = plugin.peak.load(Ordering::Relaxed);
            page.put(&family::PEAK, &labels, peak as f64);
            for (to, count) in [("opened", &plugin.opened), ("closed", &plugin.closed)] {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let labels = [&labels[..], &[to]].concat();
                    page.put(&family::BREAKER_TURNS, &labels, count as f64);
                }
            }
        }
    }
}
