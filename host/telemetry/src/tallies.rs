//! Counters of a company's decisions, by generation and plugin. Counters of a
//! retired generation are dropped, so that their number is bounded by
//! configuration.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::RwLock;
use patchbay_engine::breaker::BreakerTransition;
use patchbay_engine::decision::{Decision, PluginResult};
use patchbay_model::decision::stage::Stage;
use patchbay_model::histogram::{Histogram, MICROS};
use patchbay_model::outcome::OutcomeKind;
use patchbay_pass::observer::SearchOutcome;

/// How long an inactive generation's counters stay after its last decision: its
/// rollout may continue.
const RETIRE_AFTER: Duration = Duration::from_secs(900);
/// Inactive generations per company whose counters stay.
const MOST_INACTIVE: usize = 3;
const OUTCOMES: usize = OutcomeKind::ALL.len();

/// The counters of all companies.
#[derive(Debug)]
pub(super) struct Tallies {
    began: Instant,
    companies: RwLock<HashMap<String, Arc<CompanyTally>>>,
}

/// The counters of one company.
#[derive(Debug)]
pub struct CompanyTally {
    generations: RwLock<Vec<Arc<GenerationTally>>>,
    stages: [Histogram; 4],
    /// Deliveries, by [`IntakeResult`].
    intake: [AtomicU64; 4],
    /// Searches of conversations, by [`SearchOutcome`].
    searches: [AtomicU64; SearchOutcome::ALL.len()],
    /// Passes discarded because the conversation changed meanwhile.
    pub(super) overtaken: AtomicU64,
}

/// The result of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntakeResult {
    /// New, and in the journal.
    Accepted,
    /// Delivered before.
    Duplicate,
    /// Turned away by overload.
    Busy,
    /// Not valid.
    Refused,
}

impl IntakeResult {
    /// Every result.
    pub const ALL: [IntakeResult; 4] = [
        IntakeResult::Accepted,
        IntakeResult::Duplicate,
        IntakeResult::Busy,
        IntakeResult::Refused,
    ];

    /// The code, as in metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            IntakeResult::Accepted => "accepted",
            IntakeResult::Duplicate => "duplicate",
            IntakeResult::Busy => "busy",
            IntakeResult::Refused => "refused",
        }
    }
}

/// The counters of one generation.
#[derive(Debug)]
pub struct GenerationTally {
    /// Number of the generation.
    pub number: u64,
    /// When it last decided, in milliseconds since the start.
    touched: AtomicU64,
    plugins: RwLock<Vec<Arc<PluginTally>>>,
}

/// The counters of one plugin at one stage.
#[derive(Debug)]
pub struct PluginTally {
    /// The stage.
    pub stage: Stage,
    /// Name of the plugin.
    pub plugin: String,
    outcomes: [AtomicU64; OUTCOMES],
    pub(super) peak: AtomicU64,
    pub(super) opened: AtomicU64,
    pub(super) closed: AtomicU64,
}

impl Default for Tallies {
    fn default() -> Tallies {
        Tallies {
            began: Instant::now(),
            companies: RwLock::default(),
        }
    }
}

impl Tallies {
    /// A company's counters, created at first use. Call it with configured
    /// companies only.
    pub(super) fn of(&self, company: &str) -> Arc<CompanyTally> {
        if let Some(known) = self.companies.read().get(company) {
            return Arc::clone(known);
        }
        let mut companies = self.companies.write();
        Arc::clone(companies.entry(company.to_owned()).or_default())
    }

    pub(super) fn decided(&self, company: &str, decision: &Decision) {
        let company = self.of(company);
        let generation = company.generation(decision.stamp.generation);
        generation.touched.store(self.now(), Ordering::Relaxed);
        let mut times: [Option<u64>; 4] = [None; 4];
        for part in &decision.stamp.plugins {
            generation.plugin(part.stage, &part.name).count(part);
            if part.use_number > 0 {
                let micros = part.micros;
                let time = times[part.stage as usize].get_or_insert(0);
                *time += micros.queue + micros.instantiate + micros.call;
            }
        }
        for (histogram, time) in company.stages.iter().zip(times) {
            if let Some(time) = time {
                histogram.record(time);
            }
        }
    }

    pub(super) fn count_transition(
        &self,
        company: &str,
        generation: u64,
        stage: Stage,
        plugin: &str,
        turn: BreakerTransition,
    ) {
        let generation = self.of(company).generation(generation);
        let plugin = generation.plugin(stage, plugin);
        let counter = match turn {
            BreakerTransition::Opened { .. } => &plugin.opened,
            BreakerTransition::Closed => &plugin.closed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn drop_retired(&self, active: impl Fn(&str) -> Option<u64>) {
        let since = self.now().saturating_sub(RETIRE_AFTER.as_millis() as u64);
        for (name, company) in self.all() {
            company.drop_retired(active(&name), since);
        }
    }

    /// Every company's counters, by name.
    pub(super) fn all(&self) -> BTreeMap<String, Arc<CompanyTally>> {
        let companies = self.companies.read();
        let all = companies.iter();
        all.map(|(name, tally)| (name.clone(), Arc::clone(tally)))
            .collect()
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

impl Default for CompanyTally {
    fn default() -> CompanyTally {
        CompanyTally {
            generations: RwLock::default(),
            stages: std::array::from_fn(|_| Histogram::new(MICROS)),
            intake: Default::default(),
            searches: Default::default(),
            overtaken: AtomicU64::new(0),
        }
    }
}

impl CompanyTally {
    /// Times of a stage, in microseconds.
    pub fn stage(&self, stage: Stage) -> &Histogram {
        &self.stages[stage as usize]
    }

    /// Deliveries with this result.
    pub fn intake(&self, result: IntakeResult) -> u64 {
        self.intake[result as usize].load(Ordering::Relaxed)
    }

    /// Searches with an outcome.
    pub fn searches(&self, outcome: SearchOutcome) -> u64 {
        self.searches[outcome as usize].load(Ordering::Relaxed)
    }

    pub(super) fn count_search(&self, outcome: SearchOutcome) {
        self.searches[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_intake(&self, result: IntakeResult, deliveries: u64) {
        self.intake[result as usize].fetch_add(deliveries, Ordering::Relaxed);
    }

    /// Counters of its generations, oldest first.
    pub fn generations(&self) -> Vec<Arc<GenerationTally>> {
        let mut generations = self.generations.read().clone();
        generations.sort_by_key(|generation| generation.number);
        generations
    }

    fn generation(&self, number: u64) -> Arc<GenerationTally> {
        find_or_add(
            &self.generations,
            |one| one.number == number,
            || GenerationTally {
                number,
                touched: AtomicU64::new(0),
                plugins: RwLock::default(),
            },
        )
    }

    fn drop_retired(&self, active: Option<u64>, since: u64) {
        let mut generations = self.generations.write();
        let touched = |one: &GenerationTally| one.touched.load(Ordering::Relaxed);
        generations.sort_by_key(|one| std::cmp::Reverse(touched(one)));
        let mut inactive = 0;
        generations.retain(|one| {
            if Some(one.number) == active {
                return true;
            }
            inactive += 1;
            inactive <= MOST_INACTIVE && touched(one) >= since
        });
    }
}

impl GenerationTally {
    /// Counters of its plugins, by stage and name.
    pub fn plugins(&self) -> Vec<Arc<PluginTally>> {
        let mut plugins = self.plugins.read().clone();
        plugins.sort_by(|a, b| (a.stage, &a.plugin).cmp(&(b.stage, &b.plugin)));
        plugins
    }

    fn plugin(&self, stage: Stage, plugin: &str) -> Arc<PluginTally> {
        find_or_add(
            &self.plugins,
            |one| one.stage == stage && one.plugin == plugin,
            || PluginTally {
                stage,
                plugin: plugin.to_owned(),
                outcomes: Default::default(),
                peak: AtomicU64::new(0),
                opened: AtomicU64::new(0),
                closed: AtomicU64::new(0),
            },
        )
    }
}

/// The entry that fits; added if there is none. Readers do not exclude each
/// other.
fn find_or_add<T>(
    entries: &RwLock<Vec<Arc<T>>>,
    fits: impl Fn(&T) -> bool,
    new: impl FnOnce() -> T,
) -> Arc<T> {
    let find = |all: &[Arc<T>]| all.iter().find(|one| fits(one)).map(Arc::clone);
    if let Some(known) = find(&entries.read()) {
        return known;
    }
    let mut entries = entries.write();
    find(&entries).unwrap_or_else(|| {
        let added = Arc::new(new());
        entries.push(Arc::clone(&added));
        added
    })
}

impl PluginTally {
    fn count(&self, part: &PluginResult) {
        self.outcomes[part.outcome as usize].fetch_add(1, Ordering::Relaxed);
        self.peak.fetch_max(part.peak_memory, Ordering::Relaxed);
    }

    /// Decisions by outcome; outcomes that never occurred are left out.
    pub fn outcomes(&self) -> impl Iterator<Item = (OutcomeKind, u64)> {
        let counts = OutcomeKind::ALL.iter().zip(&self.outcomes);
        counts
            .map(|(kind, count)| (*kind, count.load(Ordering::Relaxed)))
            .filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(company: &CompanyTally) -> Vec<u64> {
        let all = company.generations();
        all.iter().map(|one| one.number).collect()
    }

    #[test]
    fn counters_of_retired_generations_are_dropped() {
        let company = CompanyTally::default();
        for number in 1..=7 {
            let tally = company.generation(number);
            tally.touched.store(number * 10, Ordering::Relaxed);
        }
        company.drop_retired(Some(1), 0);
        assert_eq!(numbers(&company), [1, 5, 6, 7], "the active one stays");
        company.drop_retired(Some(7), 60);
        assert_eq!(numbers(&company), [6, 7]);
        company.drop_retired(Some(7), 71);
        assert_eq!(
            numbers(&company),
            [7],
            "the active one stays however long it is idle"
        );
    }
}
