//! What is counted of a company's decisions. Series of a generation go when it
//! decides nothing any more, so that there are never more than configuration
//! accounts for.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use patchbay_engine::breaker::Turn;
use patchbay_engine::decision::{Decision, Part};
use patchbay_model::decision::stage::Stage;
use patchbay_model::histogram::{Histogram, MICROS};
use patchbay_model::outcome::OutcomeKind;

/// How long the numbers of a generation stay that is not the active one and
/// decides nothing: a trial of it may go on.
const STAYS: Duration = Duration::from_secs(900);
/// Most generations beside the active one whose numbers stay.
const OTHERS: usize = 3;
const OUTCOMES: usize = OutcomeKind::ALL.len();

/// The tallies of all companies.
#[derive(Debug)]
pub(crate) struct Tallies {
    began: Instant,
    companies: RwLock<HashMap<String, Arc<CompanyTally>>>,
}

/// What is counted of one company.
#[derive(Debug)]
pub(crate) struct CompanyTally {
    generations: RwLock<Vec<Arc<GenerationTally>>>,
    stages: [Histogram; 4],
    /// Deliveries, by [`Intake`].
    pub(crate) intake: [AtomicU64; 4],
    /// Passes that came to nothing.
    pub(crate) overtaken: AtomicU64,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    Accepted,
    Duplicate,
    Busy,
    Refused,
}

impl Intake {
    pub(crate) const ALL: [Intake; 4] = [
        Intake::Accepted,
        Intake::Duplicate,
        Intake::Busy,
        Intake::Refused,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Intake::Accepted => "accepted",
            Intake::Duplicate => "duplicate",
            Intake::Busy => "busy",
            Intake::Refused => "refused",
        }
    }
}

/// What is counted of one of its generations.
#[derive(Debug)]
pub(crate) struct GenerationTally {
    pub(crate) number: u64,
    /// Milliseconds after the beginning at which it last decided.
    touched: AtomicU64,
    plugins: RwLock<Vec<Arc<PluginTally>>>,
}

/// What is counted of one plugin at one stage.
#[derive(Debug)]
pub(crate) struct PluginTally {
    pub(crate) stage: Stage,
    pub(crate) plugin: String,
    outcomes: [AtomicU64; OUTCOMES],
    pub(crate) peak: AtomicU64,
    pub(crate) opened: AtomicU64,
    pub(crate) closed: AtomicU64,
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
    /// A company's; made at its first mention. Only configured ones are
    /// mentioned.
    pub(crate) fn of(&self, company: &str) -> Arc<CompanyTally> {
        let companies = self.companies.read();
        let companies = companies.unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = companies.get(company) {
            return Arc::clone(known);
        }
        drop(companies);
        let companies = self.companies.write();
        let mut companies = companies.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(companies.entry(company.to_owned()).or_default())
    }

    /// Count a decision.
    pub(crate) fn decided(&self, company: &str, decision: &Decision) {
        let company = self.of(company);
        let generation = company.generation(decision.stamp.generation);
        generation.touched.store(self.now(), Ordering::Relaxed);
        let mut times: [Option<u64>; 4] = [None; 4];
        for part in &decision.stamp.plugins {
            generation.of(part.stage, &part.name).count(part);
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

    /// Count a breaker's turn.
    pub(crate) fn turned(
        &self,
        company: &str,
        generation: u64,
        stage: Stage,
        plugin: &str,
        turn: Turn,
    ) {
        let generation = self.of(company).generation(generation);
        let plugin = generation.of(stage, plugin);
        let counter = match turn {
            Turn::Opened { .. } => &plugin.opened,
            Turn::Closed => &plugin.closed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Let go what is counted of generations that decide nothing any more.
    pub(crate) fn retire(&self, active: impl Fn(&str) -> Option<u64>) {
        let since = self.now().saturating_sub(STAYS.as_millis() as u64);
        for (name, company) in self.all() {
            company.retire(active(&name), since);
        }
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> BTreeMap<String, Arc<CompanyTally>> {
        let companies = self.companies.read();
        let companies = companies.unwrap_or_else(PoisonError::into_inner);
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
            overtaken: AtomicU64::new(0),
        }
    }
}

impl CompanyTally {
    /// How long a stage took.
    pub(crate) fn stage(&self, stage: Stage) -> &Histogram {
        &self.stages[stage as usize]
    }

    /// Count deliveries.
    pub(crate) fn took_in(&self, result: Intake, deliveries: u64) {
        self.intake[result as usize].fetch_add(deliveries, Ordering::Relaxed);
    }

    /// What is counted of its generations, oldest first.
    pub(crate) fn generations(&self) -> Vec<Arc<GenerationTally>> {
        let generations = self.generations.read();
        let mut generations = generations.unwrap_or_else(PoisonError::into_inner).clone();
        generations.sort_by_key(|generation| generation.number);
        generations
    }

    fn generation(&self, number: u64) -> Arc<GenerationTally> {
        let find = |all: &[Arc<GenerationTally>]| {
            let mut all = all.iter();
            all.find(|one| one.number == number).map(Arc::clone)
        };
        let known = self.generations.read();
        let known = find(&known.unwrap_or_else(PoisonError::into_inner));
        if let Some(known) = known {
            return known;
        }
        let generations = self.generations.write();
        let mut generations = generations.unwrap_or_else(PoisonError::into_inner);
        find(&generations).unwrap_or_else(|| {
            let new = Arc::new(GenerationTally {
                number,
                touched: AtomicU64::new(0),
                plugins: RwLock::default(),
            });
            generations.push(Arc::clone(&new));
            new
        })
    }

    fn retire(&self, active: Option<u64>, since: u64) {
        let generations = self.generations.write();
        let mut generations = generations.unwrap_or_else(PoisonError::into_inner);
        let touched = |one: &GenerationTally| one.touched.load(Ordering::Relaxed);
        generations.sort_by_key(|one| std::cmp::Reverse(touched(one)));
        let mut others = 0;
        generations.retain(|one| {
            if Some(one.number) == active {
                return true;
            }
            others += 1;
            others <= OTHERS && touched(one) >= since
        });
    }
}

impl GenerationTally {
    /// Its plugins, in the order of stages and names.
    pub(crate) fn plugins(&self) -> Vec<Arc<PluginTally>> {
        let plugins = self.plugins.read();
        let mut plugins = plugins.unwrap_or_else(PoisonError::into_inner).clone();
        plugins.sort_by(|a, b| (a.stage, &a.plugin).cmp(&(b.stage, &b.plugin)));
        plugins
    }

    fn of(&self, stage: Stage, plugin: &str) -> Arc<PluginTally> {
        let find = |all: &[Arc<PluginTally>]| {
            let mut all = all.iter();
            all.find(|one| one.stage == stage && one.plugin == plugin)
                .map(Arc::clone)
        };
        let known = self.plugins.read();
        let known = find(&known.unwrap_or_else(PoisonError::into_inner));
        if let Some(known) = known {
            return known;
        }
        let plugins = self.plugins.write();
        let mut plugins = plugins.unwrap_or_else(PoisonError::into_inner);
        find(&plugins).unwrap_or_else(|| {
            let new = Arc::new(PluginTally {
                stage,
                plugin: plugin.to_owned(),
                outcomes: Default::default(),
                peak: AtomicU64::new(0),
                opened: AtomicU64::new(0),
                closed: AtomicU64::new(0),
            });
            plugins.push(Arc::clone(&new));
            new
        })
    }
}

impl PluginTally {
    fn count(&self, part: &Part) {
        self.outcomes[part.outcome as usize].fetch_add(1, Ordering::Relaxed);
        self.peak.fetch_max(part.peak_memory, Ordering::Relaxed);
    }

    /// How often it ended how; what never happened is left out.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (OutcomeKind, u64)> {
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
    fn what_is_counted_of_a_generation_goes_with_it() {
        let company = CompanyTally::default();
        for number in 1..=7 {
            let tally = company.generation(number);
            tally.touched.store(number * 10, Ordering::Relaxed);
        }
        company.retire(Some(1), 0);
        assert_eq!(numbers(&company), [1, 5, 6, 7], "the active one stays");
        company.retire(Some(7), 60);
        assert_eq!(numbers(&company), [6, 7]);
        company.retire(Some(7), 71);
        assert_eq!(numbers(&company), [7], "however long it was idle");
    }
}
