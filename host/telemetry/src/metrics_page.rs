//! Renders the metrics page: counters, and current readings of host, desk and
//! journal.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use patchbay_desk::Desk;
use patchbay_generations::Generation;
use patchbay_generations::rollout::RolloutReport;
use patchbay_journal::{JournalError, OutboxCount};
use patchbay_model::alert::AlertKind;
use patchbay_model::decision::stage::Stage;
use patchbay_pass::observer::SearchOutcome;

use super::Telemetry;
use super::host_readings::{ConnectionReading, HostReadings, LmtpReading};
use super::metric_families as family;
use super::tallies::{CompanyTally, IntakeResult};
use super::text_format::Page;

/// Microseconds of a second.
const MICROS: f64 = 1e6;

impl Telemetry {
    /// The metrics page of a server that cannot open its journal for lack of
    /// space.
    pub fn storage_failing_page() -> String {
        let mut page = Page::default();
        page.put(&family::BUILD, &[env!("CARGO_PKG_VERSION")], 1.0);
        page.put(&family::STORAGE_FAILING, &[], 1.0);
        page.finish()
    }

    /// The metrics page in Prometheus' text format. Blocks to read the journal.
    pub fn render(
        &self,
        readings: &HostReadings,
        generations: &[Arc<Generation>],
        desk: Option<&Desk>,
    ) -> String {
        let mut page = Page::default();
        self.write_host(readings, &mut page);
        Telemetry::write_connections(&readings.connections, &mut page);
        if let Some(lmtp) = &readings.lmtp {
            Telemetry::write_lmtp(lmtp, &mut page);
        }
        self.write_counters(&mut page);
        self.write_alerts(&mut page);
        for generation in generations {
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
        if let Some(desk) = desk {
            for generation in generations {
                write_desk(desk, &generation.company, &mut page);
            }
            write_journal(desk, generations, &mut page);
        }
        page.finish()
    }

    fn write_host(&self, readings: &HostReadings, page: &mut Page) {
        let started = self.started.as_millisecond() as f64 / 1e3;
        page.put(&family::BUILD, &[env!("CARGO_PKG_VERSION")], 1.0);
        page.put(&family::STARTED, &[], started);
        page.put(&family::UNREADY, &[], readings.unready as f64);
        page.put(&family::RUNNING, &[], readings.running as f64);
        for (bound, used, limit) in &readings.bounds {
            page.put(&family::BOUND_USED, &[bound.as_str()], *used as f64);
            page.put(&family::BOUND_LIMIT, &[bound.as_str()], *limit as f64);
        }
        page.put(&family::QUEUE_DEPTH, &[], readings.queue_depth as f64);
        page.put(&family::PARKED, &[], readings.parked);
        page.put(&family::LOAD, &[], f64::from(readings.load));
        page.put(
            &family::DRAINING,
            &[""],
            f64::from(u8::from(readings.draining)),
        );
        if let Some(exporter) = self.exporter() {
            for (result, count) in exporter.counts() {
                page.put(&family::SPANS, &[result], count as f64);
            }
        }
        if let Some(stats) = &readings.courier {
            for (result, count) in [
                ("delivered", stats.delivered),
                ("retried", stats.retried),
                ("given-up", stats.failed),
            ] {
                page.put(&family::OUTBOX_SENT, &[result], count as f64);
            }
            page.put(&family::OUTBOX_IN_FLIGHT, &[], stats.in_flight as f64);
            page.put(&family::OUTBOX_BROKEN, &[], stats.held as f64);
        }
    }

    fn write_connections(readings: &[ConnectionReading], page: &mut Page) {
        for reading in readings {
            let labels = [&*reading.company, reading.channel, &*reading.name];
            let is_open = f64::from(u8::from(reading.is_open));
            page.put(&family::CHANNEL_OPEN, &labels, is_open);
            if let Some(poll) = &reading.poll {
                let is_failing = f64::from(u8::from(poll.is_failing));
                page.put(&family::POLL_FAILING, &labels, is_failing);
                page.put(&family::POLL_FAILURES, &labels, poll.failures as f64);
                page.put(&family::POLL_PASSED_OVER, &labels, poll.passed_over as f64);
                if let Some(at) = poll.last_complete {
                    page.put(&family::POLL_COMPLETE, &labels, at.as_second() as f64);
                }
            }
            let [company, channel, name] = labels;
            for (result, count) in &reading.results {
                let labels = [company, channel, name, result];
                page.put(&family::CHANNEL_REQUESTS, &labels, *count as f64);
            }
            for (reason, count) in &reading.rejections {
                let labels = [company, channel, name, reason];
                page.put(&family::CHANNEL_REJECTIONS, &labels, *count as f64);
            }
        }
    }

    fn write_lmtp(reading: &LmtpReading, page: &mut Page) {
        page.put(&family::LMTP_OPEN, &[], reading.open as f64);
        for (result, count) in &reading.connections {
            page.put(&family::LMTP_CONNECTIONS, &[result], *count as f64);
        }
        for (code, count) in &reading.recipients {
            let code = code.to_string();
            page.put(&family::LMTP_RECIPIENTS, &[&code], *count as f64);
        }
    }

    fn write_alerts(&self, page: &mut Page) {
        let mut counts: BTreeMap<(String, AlertKind), u32> = BTreeMap::new();
        for alert in self.alerts().active() {
            let key = (alert.company.unwrap_or_default(), alert.kind);
            *counts.entry(key).or_default() += 1;
        }
        let failing = counts
            .keys()
            .any(|(_, kind)| *kind == AlertKind::StorageFailing);
        page.put(&family::STORAGE_FAILING, &[], f64::from(u8::from(failing)));
        for ((company, kind), count) in counts {
            let labels = [company.as_str(), kind.as_str(), kind.severity().as_str()];
            page.put(&family::ALERTS, &labels, count);
        }
    }

    fn write_counters(&self, page: &mut Page) {
        for reading in self.requests.read() {
            let route = &*reading.route;
            page.histogram(&family::REQUEST_SECONDS, &[route], &reading.times, MICROS);
            for (status, count) in reading.statuses {
                let labels = [route, &status.to_string()];
                page.put(&family::REQUESTS, &labels, count as f64);
            }
        }
        let searches = self.searches.read();
        page.histogram(&family::SEARCH_SECONDS, &[], &searches, MICROS);
        for ((company, bound), count) in self.overloads.read() {
            let labels: [&str; 2] = [&company, bound.as_str()];
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
            write_company(&company, &tally, page);
        }
    }
}
fn write_desk(desk: &Desk, company: &str, page: &mut Page) {
    let now = desk.now();
    for queue in desk.roster().queues(company).unwrap_or_default() {
        let labels = [company, queue.id.as_str()];
        page.put(&family::WAITING, &labels, queue.waiting as f64);
        let age = queue
            .oldest
            .map_or(0, |at| now.duration_since(at).as_secs());
        page.put(&family::OLDEST, &labels, age.max(0) as f64);
    }
    let offers = desk.status().open_offers(company).unwrap_or(0);
    page.put(&family::OFFERS, &[company], offers as f64);
    let unrecorded = desk.status().unrecorded(company).unwrap_or(0);
    page.put(&family::UNRECORDED, &[company], unrecorded as f64);
    let bypasses = desk.bypasses().active(company).unwrap_or_default();
    page.put(
        &family::BYPASSES,
        &[company],
        bypasses.iter().count() as f64,
    );
    let draining = matches!(desk.drains().of(company), Ok(Some(_)));
    page.put(&family::DRAINING, &[company], f64::from(u8::from(draining)));
    if let Ok(Some(report)) = desk.rollout(company) {
        write_rollout(company, &report, page);
    }
}

fn write_rollout(company: &str, report: &RolloutReport, page: &mut Page) {
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

fn write_journal(desk: &Desk, generations: &[Arc<Generation>], page: &mut Page) {
    let writes = desk.journal().write_stats();
    page.histogram(&family::JOURNAL_SECONDS, &[], &writes.micros.read(), MICROS);
    page.histogram(&family::JOURNAL_GROUP, &[], &writes.operations.read(), 1.0);
    page.put(&family::JOURNAL_BYTES, &[], desk.journal().bytes() as f64);
    if let Some(free) = desk.journal().storage().free {
        page.put(&family::JOURNAL_FREE, &[], free as f64);
    }
    page.put(&family::CLOCKS, &[], desk.status().timers() as f64);
    let words = desk.status().word_figures();
    for (place, count) in [("memory", words.hits), ("journal", words.misses)] {
        page.put(&family::SEARCHED, &[place], count as f64);
    }
    page.put(&family::LISTS_OPENED, &[], words.lists_opened as f64);
    for (reason, count) in [("evicted", words.evicted), ("no-room", words.not_kept)] {
        page.put(&family::WORDS_DROPPED, &[reason], count as f64);
    }
    let undecided = desk.status().undecided_by_company();
    let outbox = outbox_by_company(desk).unwrap_or_else(|error| {
        tracing::error!(%error, "cannot count the items of the outbox");
        HashMap::new()
    });
    for generation in generations {
        let company = generation.company.as_str();
        let waits = undecided.get(company).copied().unwrap_or(0);
        page.put(&family::UNDECIDED, &[company], waits as f64);
        let (waiting, dead) = outbox.get(company).copied().unwrap_or_default();
        page.put(&family::OUTBOX_WAITING, &[company], waiting as f64);
        page.put(&family::OUTBOX_DEAD, &[company], dead as f64);
        if let Ok(id) = desk.company(company) {
            match desk.journal().count_outdated_words(id) {
                Ok(outdated) => page.put(&family::OUTDATED_WORDS, &[company], outdated as f64),
                Err(error) => tracing::error!(%error, "cannot count outdated words"),
            }
            let stored = desk.journal().stored_bytes(id);
            page.put(&family::STORED_BYTES, &[company], stored.used as f64);
            page.put(&family::STORED_LIMIT, &[company], stored.limit as f64);
        }
    }
}

/// Items of the outbox that wait and that failed, by company.
///
/// # Errors
/// The journal cannot be read.
pub fn outbox_by_company(desk: &Desk) -> Result<HashMap<String, (u64, u64)>, JournalError> {
    let counts = desk.journal().outbox_counts()?.into_iter();
    let named = |count: OutboxCount| {
        let company = desk.status().name_of(count.company)?;
        Some((company, (count.waiting, count.dead)))
    };
    Ok(counts.filter_map(named).collect())
}

fn write_company(company: &str, tally: &CompanyTally, page: &mut Page) {
    for result in IntakeResult::ALL {
        let labels = [company, result.as_str()];
        page.put(&family::INTAKE, &labels, tally.intake(result) as f64);
    }
    for outcome in SearchOutcome::ALL {
        let labels = [company, outcome.as_str()];
        page.put(&family::SEARCHES, &labels, tally.searches(outcome) as f64);
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
