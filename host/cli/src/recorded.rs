//! A company's recorded decisions: from the journal, or from the server that
//! holds it.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchbay_desk::decisions::{self, Filter, KeptDecision, Line, ReplayReport, case};
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_generation::Generation;
use patchbay_generation::assemble::Assembler;
use patchbay_journal::{CompanyId, Journal, SqliteJournal};
use patchbay_model::duration::Seconds;
use patchbay_server::{Loaded, ServerSettings};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::{Api, Reach, part};
use crate::args::BuildFlags;
use crate::exit::{Exit, Failure};
use crate::loading::{build_options, cache, rejected};
use crate::verbs::journal::failure;
use crate::verbs::serve::load_failure;

/// Decisions of one page.
const PAGE: usize = 500;

/// Where a company's decisions are.
pub(crate) struct Recorded {
    name: String,
    place: Place,
}

enum Place {
    Journal(Box<SqliteJournal>, CompanyId),
    Server(Api),
}

impl Recorded {
    /// Those of a company, by the server's settings.
    pub(crate) fn of(config: &Path, company: &str) -> Result<Recorded, Failure> {
        let place = match Reach::of(config)? {
            Reach::Journal(journal) => {
                let id = journal.company(company).map_err(failure)?;
                Place::Journal(journal, id)
            }
            Reach::Server(api) => Place::Server(api),
        };
        Ok(Recorded {
            name: company.to_owned(),
            place,
        })
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
                Place::Journal(journal, id) => {
                    decisions::list(&**journal, *id, &filter).map_err(failure)?
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
            Place::Journal(journal, company) => {
                let kept = decisions::find(&**journal, *company, id).map_err(failure)?;
                kept.ok_or_else(|| unknown(id))
            }
            Place::Server(api) => read(api.get(&self.path(&format!("/{id}?unsealed=true")))?),
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

    /// Whether a server answers, which has the plugins as well.
    pub(crate) fn is_served(&self) -> bool {
        matches!(self.place, Place::Server(_))
    }

    /// The same decision again, where the server has its plugins.
    pub(crate) fn replay(
        &self,
        id: u64,
        generation: Option<&Generation>,
    ) -> Result<ReplayReport, Failure> {
        match (&self.place, generation) {
            (Place::Server(api), None) => {
                let path = self.path(&format!("/{id}/replay?unsealed=true"));
                read(api.post(&path, &serde_json::json!({}))?)
            }
            (_, Some(generation)) => Ok(self.find(id)?.replay(&generation.pipelines)),
            (Place::Journal(..), None) => Err(no_plugins()),
        }
    }

    /// A plugin's part in a decision, as a case.
    pub(crate) fn case(
        &self,
        id: u64,
        plugin: Option<&str>,
        generation: Option<&Generation>,
    ) -> Result<Value, Failure> {
        match (&self.place, generation) {
            (Place::Server(api), _) => {
                let plugin = plugin.map(|name| format!("?plugin={}", part(name)));
                let plugin = plugin.unwrap_or_default();
                api.get(&self.path(&format!("/{id}/case{plugin}")))
            }
            (Place::Journal(..), Some(generation)) => {
                let kept = self.find(id)?;
                case::export(&kept, plugin, generation, &generation.pipelines)
                    .map_err(|error| Failure::new(Exit::NotRight, error))
            }
            (Place::Journal(..), None) => Err(no_plugins()),
        }
    }
}

fn no_plugins() -> Failure {
    Failure::new(Exit::Pack, "no plugins are loaded to decide with")
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

/// The generation a company would be served with now, by the server's settings.
pub(crate) fn present(
    config: &Path,
    company: &str,
    build: &BuildFlags,
) -> Result<Arc<Generation>, Failure> {
    let settings = ServerSettings::read(config).map_err(rejected)?;
    let loaded =
        Loaded::from_settings(settings, cache(), build_options(build)).map_err(load_failure)?;
    let mut all = loaded.generations.into_iter();
    let found = all.find(|generation| generation.company == company);
    found.map(Arc::new).ok_or_else(|| {
        Failure::advised(
            Exit::NotRight,
            format!("there is no company {company:?}"),
            format!("{} names the company files", config.display()),
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
    assembler.build(file, 0).map(Arc::new).map_err(rejected)
}

/// The moment a span before now began.
pub(crate) fn since(span: Seconds) -> Timestamp {
    let span = SignedDuration::from_secs(span.0.into());
    Timestamp::now().checked_sub(span).unwrap_or(Timestamp::MIN)
}
