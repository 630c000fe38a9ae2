//! A company's recorded decisions: from the journal, or from the server that
//! holds it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::{SignedDuration, Timestamp};
use patchbay_desk::decisions::{self, Filter, KeptDecision, Line, ReplayReport, case};
use patchbay_desk::setups::Setups;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_generation::Generation;
use patchbay_generation::assemble::Assembler;
use patchbay_journal::{CompanyId, Journal};
use patchbay_model::duration::Seconds;
use patchbay_server::ServerSettings;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::{Api, Reach, part};
use crate::args::BuildFlags;
use crate::exit::{Exit, Failure};
use crate::loading::{build_options, cache, rejected};
use crate::output;
use crate::verbs::audit::act;
use crate::verbs::company;
use crate::verbs::journal::failure;

/// Decisions of one page.
const PAGE: usize = 500;

/// Where a company's decisions are.
pub(crate) struct Recorded {
    name: String,
    place: Place,
    /// The act of the audit trail under which many are read as they are.
    under: OnceLock<u64>,
}

enum Place {
    Journal(Box<Own>),
    Server(Api),
}

impl Recorded {
    /// Those of a company, by the server's settings.
    pub(crate) fn of(config: &Path, company: &str) -> Result<Recorded, Failure> {
        let place = match Reach::of(config)? {
            Reach::Journal(journal) => {
                let id = company::known(&*journal, company)?;
                Place::Journal(Box::new(Own {
                    journal: Arc::from(journal as Box<dyn Journal>),
                    company: id,
                    settings: ServerSettings::read(config).map_err(rejected)?,
                    setups: OnceLock::new(),
                    built: Mutex::default(),
                }))
            }
            Reach::Server(api) => Place::Server(api),
        };
        Ok(Recorded {
            name: company.to_owned(),
            place,
            under: OnceLock::new(),
        })
    }

    /// Say in the audit trail that these are read as they are: once, however
    /// many they are. Of a single one a server says so itself.
    pub(crate) fn unseal(&self, ids: &[u64]) -> Result<(), Failure> {
        let (Some(from), Some(to)) = (ids.iter().min(), ids.iter().max()) else {
            return Ok(());
        };
        let (code, about) = match ids {
            [id] => ("decision.unsealed", json!({"decision": id})),
            _ => {
                let about = json!({"from": from, "to": to, "decisions": ids.len()});
                ("decisions.unsealed", about)
            }
        };
        match &self.place {
            Place::Journal(own) => {
                let entry = act(code, Some(&self.name), &about);
                own.journal.audit(entry).map_err(failure)?;
            }
            Place::Server(_) if ids.len() == 1 => {}
            Place::Server(api) => {
                let made = api.post(&self.path("/unsealings"), &about)?;
                let _ = self.under.set(made["act"].as_u64().unwrap_or_default());
            }
        }
        Ok(())
    }

    /// What is added to a query for one as it is.
    fn under(&self) -> String {
        let number = self.under.get();
        number.map_or_else(String::new, |number| format!("&under={number}"))
    }

    /// Decisions, newest first; as many as the filter says, however many
    /// answers that takes.
    pub(crate) fn list(&self, filter: &Filter) -> Result<Vec<Line>, Failure> {
        let mut filter = filter.clone();
        let mut lines = Vec::new();
        let most = filter.limit;
        loop {
            filter.limit = (most - lines.len()).min(PAGE);
            let page = match &self.place {
                Place::Journal(own) => {
                    decisions::list(&*own.journal, own.company, &filter).map_err(failure)?
                }
                Place::Server(api) => read(api.get(&self.query(&filter))?)?,
            };
            lines.extend(page.decisions);
            match page.next {
                Some(next) if lines.len() < most => filter.before = Some(next),
                _ => return Ok(lines),
            }
        }
    }

    fn query(&self, filter: &Filter) -> String {
        let mut query = self.path(&format!("?limit={}", filter.limit));
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                query += &format!("&{name}={}", part(&value));
            }
        };
        let span = filter.since.map(|since| {
            let seconds = Timestamp::now().duration_since(since).as_secs();
            Seconds(u32::try_from(seconds).unwrap_or(u32::MAX)).to_string()
        });
        add("since", span);
        add("stage", filter.stage.map(|stage| stage.as_str().to_owned()));
        add(
            "outcome",
            filter.outcome.map(|kind| kind.as_str().to_owned()),
        );
        add("plugin", filter.plugin.clone());
        add("before", filter.before.map(|before| before.to_string()));
        query
    }

    fn path(&self, below: &str) -> String {
        format!("/v1/companies/{}/decisions{below}", part(&self.name))
    }

    /// A decision, with everything that is kept of it.
    pub(crate) fn find(&self, id: u64) -> Result<KeptDecision, Failure> {
        match &self.place {
            Place::Journal(own) => {
                let kept = decisions::find(&*own.journal, own.company, id).map_err(failure)?;
                kept.ok_or_else(|| unknown(id))
            }
            Place::Server(api) => {
                let under = self.under();
                read(api.get(&self.path(&format!("/{id}?unsealed=true{under}")))?)
            }
        }
    }

    /// A decision as it may be shown.
    pub(crate) fn show(&self, id: u64, unseal: bool) -> Result<Value, Failure> {
        match &self.place {
            Place::Server(api) if !unseal => api.get(&self.path(&format!("/{id}"))),
            _ => {
                let kept = self.find(id)?;
                match unseal {
                    true => serde_json::to_value(&kept)
                        .map_err(|error| Failure::new(Exit::Machine, error)),
                    false => Ok(kept.masked()),
                }
            }
        }
    }

    /// The same decision again, with the plugins it was made with; what came
    /// out of it masked, unless it is wanted as it is.
    pub(crate) fn replay(&self, id: u64, unseal: bool) -> Result<ReplayReport, Failure> {
        match &self.place {
            Place::Server(api) => {
                let under = match unseal {
                    true => self.under(),
                    false => String::new(),
                };
                let path = self.path(&format!("/{id}/replay?unsealed={unseal}{under}"));
                read(api.post(&path, &json!({}))?)
            }
            Place::Journal(own) => {
                let kept = self.find(id)?;
                let report = match own.made_by(&kept)? {
                    Some(generation) => kept.replay(&generation.pipelines),
                    None => kept.replay(&Pipelines::new("")),
                };
                match unseal {
                    true => Ok(report),
                    false => {
                        let report = serde_json::to_value(&report);
                        let report = report.map_err(|error| Failure::new(Exit::Machine, error))?;
                        read(kept.hide(&report))
                    }
                }
            }
        }
    }

    /// A plugin's part in a decision, as a case.
    pub(crate) fn case(&self, id: u64, plugin: Option<&str>) -> Result<Value, Failure> {
        match &self.place {
            Place::Server(api) => {
                let plugin = plugin.map(|name| format!("?plugin={}", part(name)));
                let plugin = plugin.unwrap_or_default();
                api.get(&self.path(&format!("/{id}/case{plugin}")))
            }
            Place::Journal(own) => {
                let kept = self.find(id)?;
                let generation = own.made_by(&kept)?.ok_or_else(|| {
                    Failure::advised(
                        Exit::NotRight,
                        format!(
                            "generation {}, which made decision {id}, cannot be built any more",
                            kept.line.generation
                        ),
                        "patchbay generations show says what it was",
                    )
                })?;
                case::export(&kept, plugin, &generation, &generation.pipelines)
                    .map_err(|error| Failure::new(Exit::NotRight, error))
            }
        }
    }
}

/// A journal nobody else has open, and the generations that are kept in it.
struct Own {
    journal: Arc<dyn Journal>,
    company: CompanyId,
    settings: ServerSettings,
    setups: OnceLock<Setups>,
    built: Mutex<HashMap<u64, Option<Arc<Generation>>>>,
}

impl Own {
    /// The generation a decision was made by, built once; none where that
    /// cannot be built any more.
    fn made_by(&self, kept: &KeptDecision) -> Result<Option<Arc<Generation>>, Failure> {
        let number = kept.line.generation;
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = built.get(&number) {
            return Ok(known.clone());
        }
        if self.setups.get().is_none() {
            let engine = Engine::serving(self.settings.engine.clone(), cache())
                .map_err(|error| Failure::new(Exit::Machine, error))?;
            let packs = self.settings.packs.clone();
            let assembler = Assembler::new(engine, packs, Default::default());
            let _ = self
                .setups
                .set(Setups::of(assembler, Arc::clone(&self.journal)));
        }
        let setups = self.setups.get();
        let found = setups.and_then(|setups| match setups.ready(self.company, number) {
            Ok(generation) => Some(generation),
            Err(error) => {
                output::note(format!("generation {number} is left out: {error}"));
                None
            }
        });
        built.insert(number, found.clone());
        Ok(found)
    }
}

fn unknown(id: u64) -> Failure {
    Failure::advised(
        Exit::NotRight,
        format!("there is no decision {id}"),
        "patchbay decisions list tells which there are",
    )
}

fn read<T: DeserializeOwned>(document: Value) -> Result<T, Failure> {
    serde_json::from_value(document).map_err(|error| {
        Failure::new(
            Exit::Machine,
            format!("the server's answer does not read: {error}"),
        )
    })
}

/// The generation of a company file that is tried.
pub(crate) fn candidate(
    config: &Path,
    file: &Path,
    jobs: usize,
    build: &BuildFlags,
) -> Result<Arc<Generation>, Failure> {
    let settings = ServerSettings::read(config).map_err(rejected)?;
    let engine = EngineSettings {
        made_ahead: (jobs as u32).max(1) * 2,
        ..settings.engine.clone()
    };
    let engine =
        Engine::serving(engine, cache()).map_err(|error| Failure::new(Exit::Machine, error))?;
    let assembler = Assembler::new(engine, settings.packs, build_options(build));
    let built = assembler.build(file, 0).map_err(rejected)?;
    Ok(Arc::new(built.generation))
}

/// The moment a span before now began.
pub(crate) fn since(span: Seconds) -> Timestamp {
    let span = SignedDuration::from_secs(span.0.into());
    Timestamp::now().checked_sub(span).unwrap_or(Timestamp::MIN)
}
