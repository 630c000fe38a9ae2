//! How the host and its companies fare.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use jiff::Timestamp;
use patchbay_desk::{Desk, Load};
use patchbay_generation::Generation;
use patchbay_model::bypass::Bypass;
use patchbay_model::decision::stage::Stage;
use patchbay_model::histogram::MICROS;
use patchbay_model::rollout::Share;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;
use crate::telemetry;
use crate::watching::WatchedFile;

/// Of whom.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfCompany {
    /// This company alone.
    company: Option<String>,
}

/// How the host and its companies fare.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostStatus {
    /// Version of the host.
    version: &'static str,
    /// When the server was started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// Seconds since then.
    uptime: u64,
    /// Whether there is no concern.
    healthy: bool,
    /// What somebody should look at, each in a sentence; companies' too.
    concerns: Vec<String>,
    /// How much is asked of it: `calm`, `busy` or `full`.
    #[schema(value_type = String)]
    load: Load,
    /// Decisions that run now; absent for a company's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<u64>,
    /// Requests that wait for a thread now; absent for a company's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<usize>,
    /// The journal; absent where none is kept, and for a company's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    journal: Option<JournalState>,
    /// Upper bounds, in microseconds, of the ranges in which times are counted;
    /// what is above all of them is counted last.
    bounds: &'static [u64],
    /// By name.
    companies: Vec<CompanyStatus>,
    /// Watched company files that were refused and are of no company here, by
    /// name; absent for one company.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<WatchedFile>,
}

/// How the journal fares.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JournalState {
    /// Bytes of its files.
    bytes: u64,
    /// Interactions, clocks and actions that wait to be decided about.
    undecided: usize,
    /// Clocks that will ring.
    clocks: usize,
}

/// How a company fares. Whatever else is to be seen of one is a field here, and
/// a line in what `patchbay status` prints.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompanyStatus {
    /// Its name.
    company: String,
    /// What somebody should look at, each in a sentence.
    concerns: Vec<String>,
    /// Number of the generation it decides by.
    generation: u64,
    /// Since when; absent where no journal is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Breakers that are open.
    breakers: Vec<OpenBreaker>,
    /// The generation it tries beside that; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<OnTrial>,
    /// Stages and plugins an operator has taken out.
    #[schema(value_type = Vec<Object>)]
    bypasses: Vec<Bypass>,
    /// Whether it takes nothing in.
    draining: bool,
    /// Its company file, where that is watched and was refused, or is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<WatchedFile>,
    /// Each stage at which a policy was asked since the start.
    stages: Vec<StageStatus>,
    /// Its desk; absent where no journal is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    desk: Option<DeskStatus>,
}

/// A policy that is left alone after repeated failures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenBreaker {
    /// Name of the plugin.
    plugin: String,
    /// Stage at which it is left alone.
    stage: &'static str,
}

/// A generation on trial; `rollout` of the company tells more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnTrial {
    /// Its number.
    generation: u64,
    /// `shadow` or `canary`.
    kind: &'static str,
    /// Of which share of the conversations.
    #[schema(value_type = String)]
    share: Share,
    /// Decisions it made.
    decisions: u64,
    /// Those in which a policy failed.
    failed: u64,
    /// Decisions that were compared.
    compared: u64,
    /// Those in which both say the same.
    agreed: u64,
}

/// What a stage did since the server was started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StageStatus {
    /// Which.
    stage: &'static str,
    /// How often its plugins ended how, as far as their generations are still
    /// of use.
    outcomes: BTreeMap<&'static str, u64>,
    /// How many decisions took how long, by the ranges of `bounds`.
    times: Vec<u64>,
    /// Microseconds below which half of them took.
    #[serde(skip_serializing_if = "Option::is_none")]
    p50: Option<u64>,
    /// Microseconds below which 99 of 100 took.
    #[serde(skip_serializing_if = "Option::is_none")]
    p99: Option<u64>,
}

/// How a company's desk fares.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct DeskStatus {
    /// What waits to be decided about.
    undecided: usize,
    /// Its queues, by id.
    queues: Vec<QueueDepth>,
    /// Offers set before agents.
    offers: usize,
    /// Items of the outbox still to go out.
    outbox_waiting: u64,
    /// Items of the outbox that were given up.
    outbox_dead: u64,
    /// Decisions whose transcript was wanted and not kept, since the start.
    unrecorded: u64,
}

/// A queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueDepth {
    /// Its id.
    id: String,
    /// Conversations that wait in it; those on offer do not.
    waiting: usize,
    /// Seconds the oldest of them has waited.
    oldest: i64,
}

/// How the host fares
///
/// And each of its companies: what it decides by, what waits, which policies
/// are left alone. A company's token sees that company.
#[utoipa::path(
    get,
    path = "/v1/status",
    operation_id = "status",
    tag = "operation",
    params(OfCompany),
    responses((status = 200, description = "How it fares.", body = HostStatus), schema::NoDocument)
)]
pub(super) async fn status(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(of): Query<OfCompany>,
) -> Result<Json<HostStatus>, Problem> {
    let unknown = || Problem::of(Kind::UnknownCompany);
    let only = match (caller.company(), of.company) {
        (Some(own), Some(asked)) if own != asked => return Err(unknown()),
        (own, asked) => asked.or_else(|| own.map(str::to_owned)),
    };
    let view = View {
        whole: only.is_none(),
        bound: caller.company().is_some(),
    };
    let generations = match only {
        Some(name) => {
            if let Some(why) = app.companies.unready(&name) {
                return Err(Problem::of(Kind::CompanyNotReady).detail(why));
            }
            vec![app.companies.get(&name).ok_or_else(unknown)?]
        }
        None => app.companies.all(),
    };
    tokio::task::spawn_blocking(move || look(&app, &generations, view))
        .await
        .map_err(|_| Problem::of(Kind::Internal))?
        .map(Json)
}

/// What is to be seen.
#[derive(Clone, Copy)]
struct View {
    /// Every company.
    whole: bool,
    /// By a caller of one company, who is told nothing of the others' doings.
    bound: bool,
}

fn look(app: &App, generations: &[Arc<Generation>], view: View) -> Result<HostStatus, Problem> {
    app.telemetry.tidy(&app.companies);
    let at_desk = match app.desk() {
        Ok(desk) => Some(AtDesk::look(desk, generations)?),
        Err(_) => None,
    };
    let companies: Vec<CompanyStatus> = generations
        .iter()
        .map(|generation| company(app, generation, at_desk.as_ref()))
        .collect::<Result<_, _>>()?;
    let mut concerns = Vec::new();
    if app.is_stopping() {
        concerns.push("the server is stopping".to_owned());
    }
    if let Some(drain) = app.draining.get() {
        concerns.push(match view.bound {
            true => "the host takes nothing in".to_owned(),
            false => format!(
                "the host takes nothing in since {}, by {}; `patchbay drain --undo` ends that",
                drain.since, drain.by
            ),
        });
    }
    let unready = app.companies.count_unready();
    if view.whole && unready > 0 {
        concerns.push(format!(
            "the setups of {unready} companies cannot be built; the log says which and why"
        ));
    }
    concerns.extend(companies.iter().flat_map(|one| one.concerns.clone()));
    let files = match view.whole {
        true => app.watched.strays(&app.companies.names()),
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
        running: (!view.bound).then(|| app.engine.running() as u64),
        waiting: (!view.bound).then(|| app.workers.waiting()),
        journal: at_desk
            .as_ref()
            .filter(|_| !view.bound)
            .map(|at_desk| JournalState {
                bytes: at_desk.desk.journal().bytes(),
                undecided: at_desk.desk.undecided(),
                clocks: at_desk.desk.clocks(),
            }),
        bounds: MICROS,
        companies,
        files,
    })
}

/// What is read once for all companies.
struct AtDesk {
    desk: Arc<Desk>,
    undecided: HashMap<String, usize>,
    outbox: HashMap<String, (u64, u64)>,
    /// Since when companies decide by a generation, by name and number.
    since: HashMap<(String, u64), Option<Timestamp>>,
}

impl AtDesk {
    fn look(desk: Arc<Desk>, generations: &[Arc<Generation>]) -> Result<AtDesk, Problem> {
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
        Ok(AtDesk {
            since,
            undecided: desk.undecided_by_company(),
            outbox: telemetry::outbox(&desk)?,
            desk,
        })
    }

    fn of(&self, company: &str) -> Result<DeskStatus, Problem> {
        let now = self.desk.now();
        let queues = self.desk.queues(company)?.into_iter();
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
            offers: self.desk.open_offers(company)?,
            outbox_waiting,
            outbox_dead,
            unrecorded: self.desk.unrecorded(company)?,
        })
    }

    fn orders(&self, company: &str) -> Orders {
        let report = self.desk.rollout(company).ok().flatten();
        let bypasses = self.desk.bypasses(company).unwrap_or_default();
        Orders {
            rollout: report.map(|report| OnTrial {
                generation: report.generation,
                kind: report.terms.kind.as_str(),
                share: report.terms.share,
                decisions: report.candidate_arm.decisions,
                failed: report.candidate_arm.failures.values().sum(),
                compared: report.compared.decisions,
                agreed: report.compared.agreed,
            }),
            bypasses: bypasses.iter().cloned().collect(),
            draining: matches!(self.desk.draining(company), Ok(Some(_))),
        }
    }

    /// Since when a company decides by a generation.
    fn since(&self, generation: &Generation) -> Option<Timestamp> {
        let which = (generation.company.clone(), generation.number);
        self.since.get(&which).copied().flatten()
    }
}

fn company(
    app: &App,
    generation: &Generation,
    at_desk: Option<&AtDesk>,
) -> Result<CompanyStatus, Problem> {
    let name = &generation.company;
    let breakers = open_breakers(generation);
    let desk = at_desk.map(|at_desk| at_desk.of(name)).transpose()?;
    let since = at_desk.and_then(|at_desk| at_desk.since(generation));
    let mut concerns: Vec<String> = breakers
        .iter()
        .map(|breaker| {
            format!(
                "{name}: plugin {:?} is left alone at the stage {}, because it failed again and again",
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
            "{name}: {dead} items of the outbox were given up; `patchbay outbox --company {name} list` names them"
        ));
    }
    let orders = at_desk.map_or_else(Orders::default, |at_desk| at_desk.orders(name));
    concerns.extend(orders.concerns(name));
    let file = app.watched.of(name).filter(WatchedFile::is_telling);
    let wrong = file.as_ref().and_then(WatchedFile::concern);
    concerns.extend(wrong.map(|concern| format!("{name}: {concern}")));
    Ok(CompanyStatus {
        company: name.clone(),
        concerns,
        generation: generation.number,
        since,
        breakers,
        rollout: orders.rollout,
        bypasses: orders.bypasses,
        draining: orders.draining,
        file,
        stages: stages(app, name),
        desk,
    })
}

/// What operators ordered of a company for a while.
#[derive(Default)]
struct Orders {
    rollout: Option<OnTrial>,
    bypasses: Vec<Bypass>,
    draining: bool,
}

impl Orders {
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
                "{company}: takes nothing in; `patchbay drain --company {company} --undo` ends that"
            ));
        }
        concerns
    }
}

fn open_breakers(generation: &Generation) -> Vec<OpenBreaker> {
    let mut open = Vec::new();
    for stage in Stage::ALL {
        let plugins = generation.pipelines.of(stage).iter();
        let left_alone = plugins.filter(|plugin| plugin.breaker(stage).is_open());
        open.extend(left_alone.map(|plugin| OpenBreaker {
            plugin: plugin.name().to_owned(),
            stage: stage.as_str(),
        }));
    }
    open
}

fn stages(app: &App, company: &str) -> Vec<StageStatus> {
    let tally = app.telemetry.of(company);
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
