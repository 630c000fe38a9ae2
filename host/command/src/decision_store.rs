//! Recorded decisions of a company, from the journal file or from the server that
//! has it open.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use patchbay_client::{BlockingClient, company_path, path_segment};
use patchbay_config::duration::Seconds;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_generations::Generation;
use patchbay_generations::assemble::Assembler;
use patchbay_generations::replay::case_export as case;
use patchbay_generations::service::GenerationService;
use patchbay_journal::{CompanyId, Journal};
use patchbay_pack_build::BuildOptions;
use patchbay_records::decisions::{self, DecisionRow, Filter, ReplayReport, StoredDecision};
use patchbay_settings::ServerSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::args::BuildFlags;
use crate::document::number;
use crate::engine::{cache, serving_engine_with};
use crate::exit::{Exit, Failure};
use crate::output;
use crate::policy::{build_options, rejected};
use crate::server::{JournalAccess, audit_entry, find_company, settings};

/// Decisions of one page.
const PAGE: usize = 500;

/// Decisions of a company.
pub struct DecisionStore {
    company: String,
    source: Source,
    /// Entry of the audit trail that permits reading several decisions unmasked.
    unsealing: OnceLock<u64>,
}

enum Source {
    Journal(Box<JournalSource>),
    Server(Box<BlockingClient>),
}

impl DecisionStore {
    /// Open the store of a settings file.
    pub fn open(config: &Path, company: &str) -> Result<DecisionStore, Failure> {
        let source = match JournalAccess::open(config)? {
            JournalAccess::File(journal) => {
                let id = find_company(&*journal, company)?;
                Source::Journal(Box::new(JournalSource {
                    journal: Arc::from(journal as Box<dyn Journal>),
                    company: id,
                    settings: settings(config)?,
                    service: OnceLock::new(),
                    built: Mutex::default(),
                }))
            }
            JournalAccess::Server(api) => Source::Server(api),
        };
        Ok(DecisionStore {
            company: company.to_owned(),
            source,
            unsealing: OnceLock::new(),
        })
    }

    /// Record in the audit trail, once, that these decisions are read unmasked. A
    /// server records the reading of a single decision itself.
    pub fn unseal(&self, ids: &[u64]) -> Result<(), Failure> {
        let (Some(from), Some(to)) = (ids.iter().min(), ids.iter().max()) else {
            return Ok(());
        };
        let (code, details) = match ids {
            [id] => ("decision.unsealed", json!({"decision": id})),
            _ => {
                let details = json!({"from": from, "to": to, "decisions": ids.len()});
                ("decisions.unsealed", details)
            }
        };
        match &self.source {
            Source::Journal(source) => {
                let entry = audit_entry(code, Some(&self.company), &details);
                source.journal.append_audit(entry)?;
            }
            Source::Server(_) if ids.len() == 1 => {}
            Source::Server(api) => {
                let path = company_path(&self.company, "decisions/unsealings");
                let entry = api.post(&path, &details)?;
                let _ = self.unsealing.set(number(&entry, "act"));
            }
        }
        Ok(())
    }

    /// Query parameter that names the entry of the audit trail.
    fn unsealing_parameter(&self) -> String {
        let number = self.unsealing.get();
        number.map_or_else(String::new, |number| format!("&under={number}"))
    }

    /// Decisions that match, newest first, as many as the filter's limit.
    pub fn list(&self, filter: &Filter) -> Result<Vec<DecisionRow>, Failure> {
        let mut filter = filter.clone();
        let mut lines = Vec::new();
        let most = filter.limit;
        loop {
            filter.limit = (most - lines.len()).min(PAGE);
            let page = match &self.source {
                Source::Journal(source) => {
                    let (journal, company) = (&*source.journal, source.company);
                    // As the server does: the person, with all their contacts.
                    if let [contact] = filter.contacts[..] {
                        filter.contacts = journal.person_contacts(company, contact)?.1;
                    }
                    decisions::list(journal, company, &filter)?
                }
                Source::Server(api) => parse(api.get(&self.query(&filter))?)?,
            };
            lines.extend(page.decisions);
            match page.next {
                Some(next) if lines.len() < most => filter.before = Some(next),
                _ => return Ok(lines),
            }
        }
    }

    fn query(&self, filter: &Filter) -> String {
        let span = filter.since.map(|since| {
            let seconds = Timestamp::now().duration_since(since).as_secs();
            Seconds(u32::try_from(seconds).unwrap_or(u32::MAX)).to_string()
        });
        let parameters = [
            ("limit", Some(filter.limit.to_string())),
            ("since", span),
            ("stage", filter.stage.map(|stage| stage.as_str().to_owned())),
            (
                "outcome",
                filter.outcome.map(|kind| kind.as_str().to_owned()),
            ),
            ("plugin", filter.plugin.clone()),
            (
                "generation",
                filter.generation.map(|generation| generation.to_string()),
            ),
            (
                "contact",
                filter.contacts.first().map(|contact| contact.to_string()),
            ),
            ("conversation", filter.conversation.clone()),
            ("interaction", filter.interaction.clone()),
            ("before", filter.before.map(|before| before.to_string())),
        ];
        let parameters = parameters.into_iter().filter_map(|(name, value)| {
            let value = value?;
            Some(format!("{name}={}", path_segment(&value)))
        });
        let query = parameters.collect::<Vec<_>>().join("&");
        company_path(&self.company, &format!("decisions?{query}"))
    }

    fn path(&self, rest: &str) -> String {
        company_path(&self.company, &format!("decisions/{rest}"))
    }

    /// The whole record of a decision, unmasked.
    pub fn find(&self, id: u64) -> Result<StoredDecision, Failure> {
        match &self.source {
            Source::Journal(source) => {
                let found = decisions::find(&*source.journal, source.company, id)?;
                found.ok_or_else(|| {
                    Failure::advised(
                        Exit::NotRight,
                        format!("there is no decision {id}"),
                        "`patchbay decisions list` shows the numbers",
                    )
                })
            }
            Source::Server(api) => {
                let unsealing = self.unsealing_parameter();
                parse(api.get(&self.path(&format!("{id}?unsealed=true{unsealing}")))?)
            }
        }
    }

    /// The record of a decision, masked unless it is to be unsealed.
    pub fn show(&self, id: u64, unseal: bool) -> Result<Value, Failure> {
        match &self.source {
            Source::Server(api) if !unseal => Ok(api.get(&self.path(&id.to_string()))?),
            _ => {
                let decision = self.find(id)?;
                match unseal {
                    true => to_value(&decision),
                    false => Ok(decision.to_masked_json()),
                }
            }
        }
    }

    /// Repeat a decision from its transcript with the plugins that made it;
    /// differences are masked unless they are to be unsealed.
    pub fn replay(&self, id: u64, unseal: bool) -> Result<ReplayReport, Failure> {
        match &self.source {
            Source::Server(api) => {
                let unsealing = match unseal {
                    true => self.unsealing_parameter(),
                    false => String::new(),
                };
                let path = self.path(&format!("{id}/replay?unsealed={unseal}{unsealing}"));
                parse(api.post(&path, &json!({}))?)
            }
            Source::Journal(source) => {
                let decision = self.find(id)?;
                let report = match source.generation_of(&decision)? {
                    Some(generation) => decision.replay(&generation.pipelines),
                    None => decision.replay(&Pipelines::new("")),
                };
                match unseal {
                    true => Ok(report),
                    false => parse(decision.mask(&to_value(&report)?)),
                }
            }
        }
    }

    /// One plugin's part of a decision as a test case.
    pub fn case(&self, id: u64, plugin: Option<&str>) -> Result<Value, Failure> {
        match &self.source {
            Source::Server(api) => {
                let plugin = plugin.map(|name| format!("&plugin={}", path_segment(name)));
                let plugin = plugin.unwrap_or_default();
                // A masked case would not be what the policy answered to.
                Ok(api.get(&self.path(&format!("{id}/case?masked=false{plugin}")))?)
            }
            Source::Journal(source) => {
                let decision = self.find(id)?;
                let generation = source.generation_of(&decision)?.ok_or_else(|| {
                    let number = decision.row.generation;
                    Failure::advised(
                        Exit::NotRight,
                        format!("generation {number}, which made decision {id}, cannot be built any more"),
                        format!("`patchbay generations show {number}` shows its company file and packs"),
                    )
                })?;
                case::export(&decision, plugin, &generation, &generation.pipelines)
                    .map_err(|error| Failure::new(Exit::NotRight, error))
            }
        }
    }
}

/// A journal file that no server has open, and generations stored in it.
struct JournalSource {
    journal: Arc<dyn Journal>,
    company: CompanyId,
    settings: ServerSettings,
    service: OnceLock<GenerationService>,
    /// Generations built so far; `None` where one cannot be built any more.
    built: Mutex<HashMap<u64, Option<Arc<Generation>>>>,
}

impl JournalSource {
    /// The generation that made a decision, if it can still be built.
    fn generation_of(&self, decision: &StoredDecision) -> Result<Option<Arc<Generation>>, Failure> {
        let number = decision.row.generation;
        let mut built = self.built.lock();
        if let Some(known) = built.get(&number) {
            return Ok(known.clone());
        }
        if self.service.get().is_none() {
            let engine = Engine::serving(self.settings.engine.clone(), cache());
            let engine = engine.map_err(Failure::machine)?;
            let packs = self.settings.packs.clone();
            let assembler = Assembler::new(engine, packs, Default::default())
                .with_bounds(self.settings.bounds.clone());
            let service = GenerationService::of(assembler, Arc::clone(&self.journal));
            let _ = self.service.set(service);
        }
        let service = self.service.get();
        let found = service.and_then(|service| match service.load(self.company, number) {
            Ok(generation) => Some(generation),
            Err(error) => {
                output::note(format!("generation {number} cannot be used: {error}"));
                None
            }
        });
        built.insert(number, found.clone());
        Ok(found)
    }
}

fn to_value(value: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(Failure::machine)
}

fn parse<T: DeserializeOwned>(document: Value) -> Result<T, Failure> {
    serde_json::from_value(document).map_err(|error| {
        Failure::machine(format!(
            "the server's answer has an unexpected form (is it of another version?): {error}"
        ))
    })
}

/// The generation of a candidate company file.
pub fn candidate(
    config: &Path,
    file: &Path,
    jobs: usize,
    build: &BuildFlags,
) -> Result<Arc<Generation>, Failure> {
    let settings = settings(config)?;
    let engine = serving_engine_with(settings.engine, jobs)?;
    let build = BuildOptions {
        sources: settings.sources,
        ..build_options(build)
    };
    let assembler = Assembler::new(engine, settings.packs, build)
        .with_bounds(settings.bounds)
        .with_trust(settings.trust)
        .with_store(settings.store);
    let built = assembler.build(file, 0).map_err(rejected)?;
    Ok(Arc::new(built.generation))
}

/// The moment a span before now.
pub fn time_before(span: Seconds) -> Timestamp {
    let span = SignedDuration::from_secs(span.0.into());
    Timestamp::now().checked_sub(span).unwrap_or(Timestamp::MIN)
}
