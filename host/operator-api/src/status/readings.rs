//! Reads the status from counters, desk and journal.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_desk::Desk;
use patchbay_generations::Generation;
use patchbay_http::problem::Problem;
use patchbay_model::alert::Alert;
use patchbay_model::bypass::Bypass;
use patchbay_model::decision::stage::Stage;
use patchbay_model::histogram::MICROS;
use patchbay_pack::trust::{TrustSource, Unsigned};
use patchbay_service::alerts;
use patchbay_service::app::App;
use patchbay_telemetry::outbox_by_company;
use patchbay_watcher::WatchedFile;

use super::{
    AlertDocument, CompanyStatus, DeskStatus, HostStatus, JournalState, OpenBreaker, PackTrust,
    QueueDepth, RolloutSummary, StageStatus, StatusScope,
};

/// Reads the status. Blocks.
pub(super) fn host_status(app: &App, scope: &StatusScope) -> Result<HostStatus, Problem> {
    app.drop_retired_counters();
    alerts::refresh(app, scope.generation.as_ref());
    let generations = match &scope.generation {
        Some(generation) => vec![Arc::clone(generation)],
        None => app.companies.all(),
    };
    let readings = match app.desk() {
        Ok(desk) => Some(DeskReadings::new(desk, &generations)?),
        Err(_) => None,
    };
    let companies: Vec<CompanyStatus> = generations
        .iter()
        .map(|generation| company_status(app, generation, readings.as_ref()))
        .collect::<Result<_, _>>()?;
    let alerts = alerts::visible(app, scope.company.as_deref(), scope.is_company_token);
    let files = match scope.company {
        None => app.watched.refused_of_others(&app.companies.names()),
        Some(_) => Vec::new(),
    };
    Ok(HostStatus {
        version: env!("CARGO_PKG_VERSION"),
        started_at: app.telemetry.started,
        uptime: app.telemetry.uptime().as_secs(),
        healthy: alerts.is_empty(),
        load: app.load(),
        concerns: alerts.iter().map(Alert::sentence).collect(),
        alerts: alerts.into_iter().map(AlertDocument::from).collect(),
        running: (!scope.is_company_token).then(|| app.engine.running() as u64),
        waiting: (!scope.is_company_token).then(|| app.workers.waiting()),
        journal: readings
            .as_ref()
            .filter(|_| !scope.is_company_token)
            .map(DeskReadings::journal_state),
        trust: (!scope.is_company_token).then(|| pack_trust(&app.settings.trust)),
        bounds: MICROS,
        companies,
        files,
    })
}

fn pack_trust(trust: &TrustSource) -> PackTrust {
    let policy = trust.policy();
    PackTrust {
        policy: matches!(trust, TrustSource::File(_)),
        unsigned: policy
            .as_ref()
            .is_ok_and(|policy| policy.unsigned == Unsigned::Allow),
        error: policy.err(),
    }
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

    fn journal_state(&self) -> JournalState {
        let storage = self.desk.journal().storage();
        JournalState {
            bytes: self.desk.journal().bytes(),
            undecided: self.desk.status().undecided(),
            clocks: self.desk.status().timers(),
            writable: storage.failure.is_none(),
            free_bytes: storage.free,
        }
    }

    fn desk_status(&self, company: &str) -> Result<DeskStatus, Problem> {
        let now = self.desk.now();
        let queues = self.desk.roster().queues(company)?.into_iter();
        let stored = self
            .desk
            .journal()
            .stored_bytes(self.desk.company(company)?);
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
            stored_bytes: stored.used,
            stored_bytes_limit: stored.limit,
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
    let changes = readings.map(|readings| readings.operator_changes(name));
    let changes = changes.unwrap_or_default();
    let concerns = app.telemetry.alerts().of_company(name);
    let concerns = concerns.iter().map(Alert::sentence).collect();
    let file = app.watched.of(name).filter(WatchedFile::differs);
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
