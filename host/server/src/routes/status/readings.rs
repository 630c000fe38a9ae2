//! Reads the status from counters, desk and journal.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_desk::Desk;
use patchbay_generations::Generation;
use patchbay_model::bypass::Bypass;
use patchbay_model::decision::stage::Stage;
use patchbay_model::histogram::MICROS;
use patchbay_telemetry::outbox_by_company;

use super::{
    CompanyStatus, DeskStatus, HostStatus, JournalState, OpenBreaker, QueueDepth, RolloutSummary,
    StageStatus,
};
use crate::app::App;
use crate::problem::Problem;
use patchbay_watcher::WatchedFile;

/// What a caller may see.
#[derive(Clone, Copy)]
pub(super) struct View {
    /// The status is of every company.
    pub(super) all_companies: bool,
    /// The caller must see nothing of the host and of other companies.
    pub(super) is_company_token: bool,
}

/// Reads the status. Blocks.
pub(super) fn host_status(
    app: &App,
    generations: &[Arc<Generation>],
    view: View,
) -> Result<HostStatus, Problem> {
    app.drop_retired_counters();
    let readings = match app.desk() {
        Ok(desk) => Some(DeskReadings::new(desk, generations)?),
        Err(_) => None,
    };
    let companies: Vec<CompanyStatus> = generations
        .iter()
        .map(|generation| company_status(app, generation, readings.as_ref()))
        .collect::<Result<_, _>>()?;
    let mut concerns = Vec::new();
    if app.is_stopping() {
        concerns.push("the server is stopping".to_owned());
    }
    if let Some(drain) = app.drain.read().as_ref() {
        concerns.push(match view.is_company_token {
            true => "the host is draining".to_owned(),
            false => format!(
                "the host is draining since {}, started by {}; `patchbay drain --undo` ends that",
                drain.since, drain.by
            ),
        });
    }
    let unready = app.companies.count_unready();
    if view.all_companies && unready > 0 {
        concerns.push(format!(
            "the generations of {unready} companies cannot be built; the server's log says why"
        ));
    }
    concerns.extend(companies.iter().flat_map(|one| one.concerns.clone()));
    let files = match view.all_companies {
        true => app.watched.refused_of_others(&app.companies.names()),
        false => Vec::new(),
    };
    concerns.extend(files.iter().filter_map(WatchedFile::concern));
    Ok(HostStatus {
        version: env!("CARGO_PKG_VERSION"),
        started_at: app.telemetry.started,
        uptime: app.telemetry.uptime().as_secs(),
        healthy: concerns.is_empty(),
        load: app.load(),
        concerns,
        running: (!view.is_company_token).then(|| app.engine.running() as u64),
        waiting: (!view.is_company_token).then(|| app.workers.waiting()),
        journal: readings
            .as_ref()
            .filter(|_| !view.is_company_token)
            .map(|readings| JournalState {
                bytes: readings.desk.journal().bytes(),
                undecided: readings.desk.status().undecided(),
                clocks: readings.desk.status().timers(),
            }),
        bounds: MICROS,
        companies,
        files,
    })
}

/// What is read once for all companies.
struct DeskReadings {
    desk: Arc<Desk>,
    undecided: HashMap<String, usize>,
    outbox: HashMap<String, (u64, u64)>,
    /// When generations were activated, by company and number.
    since: HashMap<(String, u64), Option<Timestamp>>,
}

impl DeskReadings {
    fn new(desk: Arc<Desk>, generations: &[Arc<Generation>]) -> Result<DeskReadings, Problem> {
        let since = match generations {
            [one] => {
                let id = desk.company(&one.company)?;
                let after = one.number.saturating_add(1);
                let newest = desk.journal().generations(id, after, 1)?.into_iter();
                let since = newest.map(|row| ((one.company.clone(), row.number), row.activated_at));
                since.collect()
            }
            _ => {
                let active = desk.journal().active_generations()?.into_iter();
                let since = active.map(|active| ((active.name, active.number), active.since));
                since.collect()
            }
        };
        Ok(DeskReadings {
            since,
            undecided: desk.status().undecided_by_company(),
            outbox: outbox_by_company(&desk)?,
            desk,
        })
    }

    fn desk_status(&self, company: &str) -> Result<DeskStatus, Problem> {
        let now = self.desk.now();
        let queues = self.desk.roster().queues(company)?.into_iter();
        let (outbox_waiting, outbox_dead) = self.outbox.get(company).copied().unwrap_or_default();
        Ok(DeskStatus {
            undecided: self.undecided.get(company).copied().unwrap_or(0),
            queues: queues
                .map(|queue| QueueDepth {
                    id: queue.id,
                    waiting: queue.waiting,
                    oldest: queue
                        .oldest
                        .map_or(0, |at| now.duration_since(at).as_secs().max(0)),
                })
                .collect(),
            offers: self.desk.status().open_offers(company)?,
            outbox_waiting,
            outbox_dead,
            unrecorded: self.desk.status().unrecorded(company)?,
        })
    }

    fn operator_changes(&self, company: &str) -> OperatorChanges {
        let report = self.desk.rollout(company).ok().flatten();
        let bypasses = self.desk.bypasses().active(company).unwrap_or_default();
        OperatorChanges {
            rollout: report.map(|report| RolloutSummary {
                generation: report.generation,
                kind: report.terms.kind.as_str(),
                share: report.terms.share,
                decisions: report.candidate_arm.decisions,
                failed: report.candidate_arm.failures.values().sum(),
                compared: report.compared.decisions,
                agreed: report.compared.agreed,
            }),
            bypasses: bypasses.iter().cloned().collect(),
            draining: matches!(self.desk.drains().of(company), Ok(Some(_))),
        }
    }

    fn since(&self, generation: &Generation) -> Option<Timestamp> {
        let which = (generation.company.clone(), generation.number);
        self.since.get(&which).copied().flatten()
    }
}

fn company_status(
    app: &App,
    generation: &Generation,
    readings: Option<&DeskReadings>,
) -> Result<CompanyStatus, Problem> {
    let name = &generation.company;
    let breakers = open_breakers(generation);
    let desk = readings
        .map(|readings| readings.desk_status(name))
        .transpose()?;
    let since = readings.and_then(|readings| readings.since(generation));
    let mut concerns: Vec<String> = breakers
        .iter()
        .map(|breaker| {
            format!(
                "{name}: the circuit breaker of plugin {:?} is open at the stage {}: it failed repeatedly",
                breaker.plugin, breaker.stage
            )
        })
        .collect();
    if let Some(dead) = desk
        .as_ref()
        .map(|desk| desk.outbox_dead)
        .filter(|dead| *dead > 0)
    {
        concerns.push(format!(
            "{name}: delivery of {dead} outbox items failed for good; `patchbay outbox --company {name} list` shows them"
        ));
    }
    let changes = readings.map(|readings| readings.operator_changes(name));
    let changes = changes.unwrap_or_default();
    concerns.extend(changes.concerns(name));
    let file = app.watched.of(name).filter(WatchedFile::differs);
    let wrong = file.as_ref().and_then(WatchedFile::concern);
    concerns.extend(wrong.map(|concern| format!("{name}: {concern}")));
    Ok(CompanyStatus {
        company: name.clone(),
        concerns,
        generation: generation.number,
        since,
        breakers,
        rollout: changes.rollout,
        bypasses: changes.bypasses,
        draining: changes.draining,
        file,
        stages: stages(app, name),
        desk,
    })
}

/// Temporary changes that operators made to a company.
#[derive(Default)]
struct OperatorChanges {
    rollout: Option<RolloutSummary>,
    bypasses: Vec<Bypass>,
    draining: bool,
}

impl OperatorChanges {
    fn concerns(&self, company: &str) -> Vec<String> {
        let bypassed = self.bypasses.iter();
        let mut concerns: Vec<String> = bypassed
            .map(|one| {
                format!(
                    "{company}: {} is bypassed until {}, by {}",
                    one.what, one.until, one.by
                )
            })
            .collect();
        if self.draining {
            concerns.push(format!(
                "{company}: draining; `patchbay drain --company {company} --undo` ends that"
            ));
        }
        concerns
    }
}

fn open_breakers(generation: &Generation) -> Vec<OpenBreaker> {
    let mut open = Vec::new();
    for stage in Stage::ALL {
        let plugins = generation.pipelines.of(stage).iter();
        let plugins = plugins.filter(|plugin| plugin.breaker(stage).is_open());
        open.extend(plugins.map(|plugin| OpenBreaker {
            plugin: plugin.name().to_owned(),
            stage: stage.as_str(),
        }));
    }
    open
}

fn stages(app: &App, company: &str) -> Vec<StageStatus> {
    let tally = app.telemetry.company(company);
    let plugins: Vec<_> = tally
        .generations()
        .iter()
        .flat_map(|generation| generation.plugins())
        .collect();
    let stages = Stage::ALL.into_iter().map(|stage| {
        let mut outcomes: BTreeMap<&'static str, u64> = BTreeMap::new();
        for plugin in plugins.iter().filter(|plugin| plugin.stage == stage) {
            for (outcome, count) in plugin.outcomes() {
                *outcomes.entry(outcome.as_str()).or_default() += count;
            }
        }
        let reading = tally.stage(stage).read();
        StageStatus {
            stage: stage.as_str(),
            outcomes,
            p50: reading.quantile(0.5),
            p99: reading.quantile(0.99),
            times: reading.counts,
        }
    });
    stages.filter(|stage| !stage.outcomes.is_empty()).collect()
}
