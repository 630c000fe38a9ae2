//! A company's setup from a file to what decides: built off the path of any
//! interaction, tried with its packs' own cases, kept, and then activated.
//! Whatever is wrong is told at once, and changes nothing.

mod generation_cache;
mod new_company;
mod queue_moves;
mod rollouts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use crate::Generation;
use crate::assemble::Assembler;
use crate::cases::BrokenOff;
use crate::difference::{Difference, differences};
use crate::source::{Source, SourceDocument};
use patchbay_journal::{
    AuditEntry, CompanyId, GenerationRow, Journal, JournalError, NewGeneration,
};
use patchbay_model::company::CompanyFile;
use patchbay_model::event::ActivationCause;
use patchbay_model::file_problem::FileProblem;
use serde_json::json;
use thiserror::Error;

use crate::activation::{ActivateError, Change};
use crate::activation_conflicts::{ActivationConflict, activation_conflicts};
use crate::live_desk::LiveDesk;
use crate::rollout::RolloutError;

use generation_cache::GenerationCache;

pub use new_company::NewCompany;
pub use rollouts::Proposal;

/// Generations looked through at once.
const PAGE: usize = 100;

/// How a setup is changed.
#[derive(Clone, Debug, Default)]
pub struct ChangeRequest {
    /// The generation the company decides by, as far as whoever asks knows;
    /// absent: they did not look.
    pub expected: Option<u64>,
    /// Where conversations of queues that are gone go, beside what the file
    /// says.
    pub moved: BTreeMap<String, String>,
    /// Who asks.
    pub by: String,
    /// By what the audit trail knows them.
    pub actor: String,
    /// Environment variables it may name as signing keys; absent: any, as for
    /// whoever owns the host.
    pub secrets: Option<BTreeSet<String>>,
    /// Only say what would happen.
    pub dry_run: bool,
    /// Keep it, and decide by it later.
    pub keep_only: bool,
    /// Begin the company, if it is not there yet.
    pub begins: bool,
    /// Whether whoever asks may hear what other companies are called.
    pub tells_names: bool,
}

/// What a change does, or did.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the company.
    pub company: String,
    /// Number of the generation.
    pub number: u64,
    /// The one the company decided by before; absent: none.
    pub before: Option<u64>,
    /// Whether the company decides by it now.
    pub active: bool,
    /// What is different between the two.
    pub differences: Vec<Difference>,
    /// What is allowed, but probably not meant.
    pub warnings: Vec<String>,
    /// Why it is this generation, where nobody named it.
    pub because: Option<String>,
}

/// Why a setup is not changed: all of it, as far as it could be looked at.
#[derive(Debug, Error)]
pub enum Refused {
    /// The setup is wrong, or there is no room in it for work at hand.
    #[error("the setup is refused")]
    Wrong {
        /// Text of the company file.
        document: String,
        /// What is wrong in it.
        problems: Vec<FileProblem>,
        /// What work at hand is in the way.
        obstacles: Vec<ActivationConflict>,
    },
    /// It is no valid setup any more.
    #[error("generation {number} cannot be built again: {because}")]
    Unbuildable {
        /// Its number.
        number: u64,
        /// Why.
        because: String,
    },
    /// There is no earlier one to go back to.
    #[error(
        "no generation before {before} ever decided: there is nothing to roll back to; a later one is activated by its number"
    )]
    NothingBefore {
        /// The one that decides.
        before: u64,
    },
    /// Nothing to change: it decides already.
    #[error("the company decides by generation {0} already")]
    Active(u64),
    /// Nobody has heard of the company.
    #[error("there is no company {0:?}")]
    UnknownCompany(String),
    /// It would begin, and nobody asked for that.
    #[error("{0}")]
    NewCompany(NewCompany),
    /// It could not be activated.
    #[error(transparent)]
    Activate(#[from] ActivateError),
    /// It could not be tried, or is not.
    #[error(transparent)]
    Rollout(#[from] RolloutError),
    /// Trying it takes a desk that decides meanwhile.
    #[error("a generation is tried on live traffic: start the server")]
    NobodyDecides,
}

impl From<JournalError> for Refused {
    fn from(error: JournalError) -> Refused {
        Refused::Activate(error.into())
    }
}

/// How a source is kept, under a number.
pub fn kept(source: &Source, number: u64, by: &str, at: Timestamp) -> NewGeneration {
    let document = source.document();
    let components = source.components().into_iter();
    NewGeneration {
        number,
        source: document.to_bytes(),
        digest: document.digest().bytes(),
        parts: components
            .map(|(digest, bytes)| (digest.bytes(), bytes.to_vec()))
            .collect(),
        by: by.to_owned(),
        at,
    }
}

fn stopping() -> Refused {
    Refused::Activate(ActivateError::Stopping)
}

fn unhindered(
    source: &Source,
    problems: Vec<FileProblem>,
    obstacles: Vec<ActivationConflict>,
) -> Result<(), Refused> {
    match problems.is_empty() && obstacles.is_empty() {
        true => Ok(()),
        false => Err(Refused::Wrong {
            document: source.document.clone(),
            problems,
            obstacles,
        }),
    }
}

/// Signing keys the setup names and the company may not use. Whether there is
/// such a variable is not told.
fn secrets(next: &Generation, wanted: &ChangeRequest) -> Vec<FileProblem> {
    let Some(allowed) = &wanted.secrets else {
        return Vec::new();
    };
    let named = next.targets.iter().filter_map(|(target, terms)| {
        let variable = terms.secret_env.as_ref()?;
        (!allowed.contains(variable)).then_some((target, variable))
    });
    let problem = |(target, variable): (&String, &String)| {
        let message =
            format!("target {target:?} is signed with {variable}, which the company may not use");
        FileProblem::whole(message)
            .help("have the host's owner list it for the company under [secrets] in patchbay.toml")
    };
    named.map(problem).collect()
}

/// The setups of a journal's companies. Two changes of one company must not
/// overlap; whoever has several callers keeps them in turn.
pub struct GenerationService {
    assembler: Assembler,
    journal: Arc<dyn Journal>,
    /// Follows the changes at once; absent where nobody decides.
    desk: Option<Arc<dyn LiveDesk>>,
    cache: GenerationCache,
    /// Whether nothing is changed any more.
    stopping: AtomicBool,
}

impl GenerationService {
    /// Those of a journal.
    pub fn of(assembler: Assembler, journal: Arc<dyn Journal>) -> GenerationService {
        GenerationService {
            assembler,
            journal,
            desk: None,
            cache: GenerationCache::default(),
            stopping: AtomicBool::new(false),
        }
    }

    /// The same, and this desk follows every change.
    #[must_use]
    pub fn followed_by(mut self, desk: Arc<dyn LiveDesk>) -> GenerationService {
        self.desk = Some(desk);
        self
    }

    /// Change nothing any more. What is being tried with its packs' cases is
    /// given up, and what is being written is finished.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// What builds them.
    pub fn assembler(&self) -> &Assembler {
        &self.assembler
    }

    /// Build a setup of a source, and have the company decide by it.
    ///
    /// # Errors
    /// [`Refused`], with everything that is wrong; nothing is changed.
    pub fn apply(&self, source: &Source, wanted: &ChangeRequest) -> Result<Plan, Refused> {
        let wrong = |problems| Refused::Wrong {
            document: source.document.clone(),
            problems,
            obstacles: Vec::new(),
        };
        let file = match CompanyFile::parse(&source.document) {
            Ok(file) => file,
            // What else is wrong is told with it.
            Err(problems) => {
                let all = self.assembler.rebuild(source, 0).err();
                return Err(wrong(all.unwrap_or(problems)));
            }
        };
        // One that is not there yet begins when nothing speaks against it.
        let company = self.journal.find_company(file.company.get_ref())?;
        let newest = match company {
            Some(company) => self.journal.generations(company, u64::MAX, 1)?,
            None => Vec::new(),
        };
        let number = newest.first().map_or(1, |row| row.number + 1);
        let begins = match newest.is_empty() {
            true => self.may_begin(file.company.get_ref(), wanted)?,
            false => None,
        };
        self.expected(company, wanted)?;
        let document = source.document();
        let next = self.checked(company, source, number, wanted)?;
        let new = kept(source, number, &wanted.by, self.now());
        let next = Arc::new(next);
        let mut plan = self.change(company, next, &document, Some(new), wanted, ActivationCause::Applied)?;
        plan.warnings.extend(begins);
        Ok(plan)
    }

    /// Have a company decide by a generation that is kept.
    ///
    /// # Errors
    /// [`Refused`]; nothing is changed.
    pub fn activate(&self, company: &str, number: u64, wanted: &ChangeRequest) -> Result<Plan, Refused> {
        let company = self.known(company)?;
        if self.journal.active_generation(company)? == Some(number) {
            return Err(Refused::Active(number));
        }
        self.activate_known(company, number, wanted, ActivationCause::Activated)
    }

    /// Have a company decide by that generation before the present one which
    /// decided last, or by the one that is named.
    ///
    /// # Errors
    /// [`Refused`]; nothing is changed.
    pub fn roll_back(
        &self,
        company: &str,
        to: Option<u64>,
        wanted: &ChangeRequest,
    ) -> Result<Plan, Refused> {
        let company = self.known(company)?;
        let before = self.journal.active_generation(company)?.unwrap_or(0);
        let number = match to {
            Some(number) if number == before => return Err(Refused::Active(number)),
            Some(number) => number,
            None => self
                .decided_before(company, before)?
                .ok_or(Refused::NothingBefore { before })?,
        };
        let plan = self.activate_known(company, number, wanted, ActivationCause::RolledBack)?;
        let because = format!("of the generations before {before}, {number} decided last");
        Ok(Plan {
            because: to.is_none().then_some(because),
            ..plan
        })
    }

    fn known(&self, name: &str) -> Result<CompanyId, Refused> {
        let found = self.journal.find_company(name)?;
        found.ok_or_else(|| Refused::UnknownCompany(name.to_owned()))
    }

    /// Of the generations before a number, the one that decided last: what was
    /// taken back once is not what anybody goes back to.
    fn decided_before(&self, company: CompanyId, number: u64) -> Result<Option<u64>, Refused> {
        let mut before = number;
        let mut found: Option<(Timestamp, u64)> = None;
        loop {
            let page = self.journal.generations(company, before, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(found.map(|(_, number)| number));
            };
            before = last.number;
            let decided = page.iter().filter_map(|row: &GenerationRow| {
                let at = row.activated_at?;
                Some((at, row.number))
            });
            found = decided.chain(found).max();
        }
    }

    /// The generation a company decides by, if that is the one whoever asks
    /// knows of; looked at before anything is built, and again before it is
    /// written.
    fn expected(
        &self,
        company: Option<CompanyId>,
        wanted: &ChangeRequest,
    ) -> Result<Option<u64>, Refused> {
        let active = match company {
            Some(company) => self.journal.active_generation(company)?,
            None => None,
        };
        match wanted.expected {
            Some(expected) if active != Some(expected) => {
                Err(JournalError::GenerationMoved { active }.into())
            }
            _ => Ok(active),
        }
    }

    fn activate_known(
        &self,
        company: CompanyId,
        number: u64,
        wanted: &ChangeRequest,
        because: ActivationCause,
    ) -> Result<Plan, Refused> {
        self.expected(Some(company), wanted)?;
        let (document, source) = self.source(company, number)?;
        let known = self.kept_ready(company, number);
        let next = match known.filter(|_| wanted.moved.is_empty()) {
            Some(next) => {
                let in_the_way = self.in_the_way(company, &next)?;
                unhindered(&source, secrets(&next, wanted), in_the_way)?;
                next
            }
            None => Arc::new(self.checked(Some(company), &source, number, wanted)?),
        };
        self.change(Some(company), next, &document, None, wanted, because)
    }

    /// A source, built and tried, if nothing speaks against deciding by it.
    fn checked(
        &self,
        company: Option<CompanyId>,
        source: &Source,
        number: u64,
        wanted: &ChangeRequest,
    ) -> Result<Generation, Refused> {
        let goes_on = || !self.is_stopping();
        let tried = self.assembler.try_cases(source, &goes_on);
        let tried = tried.map_err(|BrokenOff| stopping())?;
        let mut next = match self.assembler.rebuild(source, number) {
            Ok(next) => next,
            Err(mut problems) => {
                problems.extend(tried);
                return Err(Refused::Wrong {
                    document: source.document.clone(),
                    problems,
                    obstacles: Vec::new(),
                });
            }
        };
        let mut problems = tried;
        problems.extend(self.moves(company, &mut next, &wanted.moved)?);
        problems.extend(secrets(&next, wanted));
        let in_the_way = match company {
            Some(company) => self.in_the_way(company, &next)?,
            None => Vec::new(),
        };
        unhindered(source, problems, in_the_way)?;
        Ok(next)
    }

    /// Work at hand that a setup has no room for.
    fn in_the_way(
        &self,
        company: CompanyId,
        next: &Generation,
    ) -> Result<Vec<ActivationConflict>, JournalError> {
        let desk = self.desk.as_ref();
        let references = desk.and_then(|desk| desk.live_references(company));
        activation_conflicts(&*self.journal, company, references.as_ref(), next)
    }

    fn change(
        &self,
        company: Option<CompanyId>,
        next: Arc<Generation>,
        document: &SourceDocument,
        new: Option<NewGeneration>,
        wanted: &ChangeRequest,
        because: ActivationCause,
    ) -> Result<Plan, Refused> {
        let before = self.expected(company, wanted)?;
        let old = match (company, before) {
            // One that does not read any more is no reason to keep it.
            (Some(company), Some(number)) => match self.document(company, number) {
                Err(Refused::Unbuildable { .. }) => SourceDocument::default(),
                old => old?,
            },
            _ => SourceDocument::default(),
        };
        let differences = differences(&old, document);
        let mut warnings = next.warnings.clone();
        warnings.extend(self.ends(&next));
        if differences.is_empty() && before.is_some() {
            warnings.push("nothing in it is different".to_owned());
        }
        let plan = Plan {
            company: next.company.clone(),
            number: next.number,
            before,
            active: !wanted.dry_run && !wanted.keep_only,
            differences,
            warnings,
            because: None,
        };
        if wanted.dry_run {
            return Ok(plan);
        }
        if self.is_stopping() {
            return Err(stopping());
        }
        let company = match company {
            Some(company) => company,
            None => self.journal.company(&next.company)?,
        };
        let act = match wanted.keep_only {
            true => "generation.kept".to_owned(),
            false => format!("generation.{because}"),
        };
        let details = json!({"generation": plan.number, "before": before, "by": wanted.by});
        let entry = AuditEntry {
            at: Timestamp::now(),
            company: Some(plan.company.clone()),
            actor: wanted.actor.clone(),
            act,
            details: details.to_string(),
        };
        if wanted.keep_only {
            self.journal
                .put_generation(company, new, None, self.now(), Some(entry))?;
            return Ok(plan);
        }
        let change = Change {
            generation: next,
            new,
            expected: before,
            by: wanted.by.clone(),
            because,
            moved: wanted.moved.clone(),
            audit: Some(entry),
        };
        match &self.desk {
            Some(desk) => {
                let old = desk.active(company);
                desk.activate(change)?;
                self.keep(company, old);
            }
            None => {
                let old = before.and_then(|number| self.built(company, number).ok());
                change.write(None, &*self.journal, old.as_ref(), self.now())?;
            }
        }
        Ok(plan)
    }

    /// What is tried so far, and ends when another generation decides.
    fn ends(&self, next: &Generation) -> Option<String> {
        let desk = self.desk.as_ref()?;
        let tried = desk.rollout(desk.company_id(&next.company)?)?;
        let number = tried.candidate.number;
        (number != next.number).then(|| {
            let kind = tried.terms.kind.as_str();
            format!("generation {number} is tried as a {kind}: that ends when another decides")
        })
    }

    fn now(&self) -> Timestamp {
        match &self.desk {
            Some(desk) => desk.now(),
            None => Timestamp::now(),
        }
    }
}
