//! Changes a company's active generation: apply a company file, activate a
//! stored generation, roll back, and run rollouts.

mod checked_build;
mod completion;
mod downgrades;
mod error;
mod generation_store;
mod new_company;
mod queue_moves;
mod quota;
mod repetition;
mod request;
mod rollback;
mod rollouts;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use patchbay_company::CompanyFile;
use patchbay_engine::CancelSignal;
use patchbay_engine::component::Digest;
use patchbay_events::ActivationCause;
use patchbay_journal::{CompanyId, Journal, JournalError, NewGeneration};
use patchbay_pack::trust::TrustPolicy;
use serde_json::json;

use crate::Generation;
use crate::activation::{Change, LiveDesk, lost_retries};
use crate::assemble::cases::personal_data_warnings;
use crate::assemble::difference::{Difference, differences};
use crate::assemble::source::{Source, SourceDocument};
use crate::assemble::{Assembler, UntrustedPack, complete_data, untrusted_in_document};

pub use error::ChangeError;
pub use generation_store::GenerationStore;
pub use new_company::NewCompany;
pub use request::{ChangeRequest, Plan};
pub use rollouts::RolloutSettings;

/// Generations read from the journal per call.
const PAGE: usize = 100;

/// Changes the generations of a journal's companies. The caller must not run
/// two changes of one company at the same time.
pub struct GenerationService {
    store: GenerationStore,
    /// `None` where no desk runs, as in the CLI.
    desk: Option<Arc<dyn LiveDesk>>,
    stopping: Arc<AtomicBool>,
}

impl GenerationService {
    /// A service without a desk.
    pub fn of(assembler: Assembler, journal: Arc<dyn Journal>) -> GenerationService {
        GenerationService {
            store: GenerationStore::new(assembler, journal),
            desk: None,
            stopping: Arc::default(),
        }
    }

    /// Set the running desk, which switches at every activation.
    #[must_use]
    pub fn with_desk(mut self, desk: Arc<dyn LiveDesk>) -> GenerationService {
        self.desk = Some(desk);
        self
    }

    /// Refuse changes from now on. Running pack cases and compilations are
    /// interrupted; a write that has begun is finished.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Cancelled when the request is, and when the host stops.
    fn cancel_signal(&self, request: &ChangeRequest) -> CancelSignal {
        let (stopping, request) = (Arc::clone(&self.stopping), request.cancel.clone());
        CancelSignal::when(move || stopping.load(Ordering::Relaxed) || request.is_cancelled())
    }

    /// The assembler that builds the generations.
    pub fn assembler(&self) -> &Assembler {
        &self.store.assembler
    }

    /// The stored generations.
    pub fn store(&self) -> &GenerationStore {
        &self.store
    }

    fn journal(&self) -> &dyn Journal {
        &*self.store.journal
    }

    /// Whether a stored generation of the company has this part, a component or data: then a
    /// change may name it without its bytes. False for an unknown company.
    pub fn has_part(&self, company: &str, digest: &Digest) -> bool {
        let company = self.journal().find_company(company).ok().flatten();
        company.is_some_and(|company| self.store.has_part_of(company, digest))
    }

    /// A stored generation to inspect or roll out: without the queue moves of
    /// its last activation. Recently used ones are cached.
    pub fn load(&self, company: CompanyId, number: u64) -> Result<Arc<Generation>, ChangeError> {
        match self.candidate(company, number) {
            Some(candidate) => Ok(candidate),
            None => self.store.load(company, number),
        }
    }

    /// The candidate of the running rollout, if it has this number.
    fn candidate(&self, company: CompanyId, number: u64) -> Option<Arc<Generation>> {
        let running = self.desk.as_ref()?.rollout(company)?;
        (running.candidate.number == number).then(|| Arc::clone(&running.candidate))
    }

    /// Build a generation from a source, run its packs' cases, store and
    /// activate it. A source from which nothing differs is checked only: its
    /// stored generation stays as it is. One that is stored as a newer generation
    /// is checked in the same way, and that generation is activated.
    pub fn apply(&self, source: &Source, request: &ChangeRequest) -> Result<Plan, ChangeError> {
        let file = CompanyFile::parse(&source.document)
            .map_err(|problems| self.unparsable(source, problems, request))?;
        let name = file.company.get_ref();
        let company = self.journal().find_company(name)?;
        let source = &self.with_stored_data(company, &file, source)?;
        self.check_size(source)?;
        let active = self.check_expected(company, request)?;
        let document = source.document();
        if let Some(number) = self.repeated(company, &document, request)? {
            self.skip_tested(company, [number].into_iter());
            let unused = self.build(company, source, number, request)?;
            let mut plan = self.plan(company, &unused, &document, request)?;
            plan.unchanged = true;
            plan.active = plan.before == Some(number);
            plan.warnings.extend(personal_data_warnings(source));
            return Ok(plan);
        }
        self.check_downgrades(company, active, source, request)?;
        if let Some((company, number)) = self.returned(company, active, &document, request)? {
            // What is stored has no cases, and may not have been tested: those of the source count.
            self.skip_tested(Some(company), active.into_iter().chain([number]));
            self.build(Some(company), source, number, request)?;
            let cause = ActivationCause::Applied;
            let mut plan = self.activate_stored(company, number, request, cause)?;
            plan.because = Some(format!(
                "the file is that of generation {number}, which is stored: no other is made of it"
            ));
            plan.warnings.extend(personal_data_warnings(source));
            return Ok(plan);
        }
        let usage = self.check_quota(company, source)?;
        let number = usage.newest + 1;
        if usage.newest == 0 {
            new_company::check(self.journal(), name, request)?;
        }
        let newest = Some(usage.newest).filter(|newest| *newest > 0);
        self.skip_tested(company, active.into_iter().chain(newest));
        let next = self.build(company, source, number, request)?;
        let row = source.to_new_generation(number, &request.by, self.now());
        let cause = ActivationCause::Applied;
        let mut plan = self.change(
            company,
            Arc::new(next),
            &document,
            Some(row),
            request,
            cause,
        )?;
        plan.warnings.extend(personal_data_warnings(source));
        Ok(plan)
    }

    /// The source with the data that its file names by digest: of its packs, or of stored generations
    /// of the company, and of no other company. Data that is not found stays missing.
    fn with_stored_data<'a>(
        &self,
        company: Option<CompanyId>,
        file: &CompanyFile,
        source: &'a Source,
    ) -> Result<Cow<'a, Source>, ChangeError> {
        let stored = |digest: &Digest| {
            let company = company?;
            let is_own = self.store.has_part_of(company, digest);
            is_own.then(|| self.store.part(digest)).flatten()
        };
        let found = complete_data(file, source, stored);
        let found = found.map_err(|problems| ChangeError::invalid(&source.document, problems))?;
        let mut source = Cow::Borrowed(source);
        for one in found {
            let data = &mut source.to_mut().data;
            data.entry(one.plugin)
                .or_default()
                .insert(one.name, one.layer);
        }
        Ok(source)
    }

    /// The packs of a stored generation that a policy does not trust at a time. Reads the journal.
    ///
    /// # Errors
    /// Where the generation cannot be read.
    pub fn untrusted_packs(
        &self,
        company: &str,
        number: u64,
        policy: &TrustPolicy,
        now: Timestamp,
    ) -> Result<Vec<UntrustedPack>, ChangeError> {
        let document = self.store.document(self.find_company(company)?, number)?;
        Ok(untrusted_in_document(&document, policy, now))
    }

    /// Do not run cases again that passed when these generations were stored.
    fn skip_tested(&self, company: Option<CompanyId>, numbers: impl Iterator<Item = u64>) {
        let Some(company) = company else { return };
        // A generation that cannot be read was not tested.
        let documents = numbers.filter_map(|number| self.store.document(company, number).ok());
        for document in documents {
            self.assembler().skip_tested(document.tested());
        }
    }

    /// Activate a stored generation.
    pub fn activate(
        &self,
        company: &str,
        number: u64,
        request: &ChangeRequest,
    ) -> Result<Plan, ChangeError> {
        let company = self.find_company(company)?;
        if self.journal().active_generation(company)? == Some(number) {
            return Err(ChangeError::AlreadyActive(number));
        }
        self.activate_stored(company, number, request, ActivationCause::Activated)
    }

    fn find_company(&self, name: &str) -> Result<CompanyId, ChangeError> {
        let found = self.journal().find_company(name)?;
        found.ok_or_else(|| ChangeError::UnknownCompany(name.to_owned()))
    }

    /// The active generation, if it is the expected one. Called before the
    /// build, and again before the write.
    fn check_expected(
        &self,
        company: Option<CompanyId>,
        request: &ChangeRequest,
    ) -> Result<Option<u64>, ChangeError> {
        let active = match company {
            Some(company) => self.journal().active_generation(company)?,
            None => None,
        };
        match request.expected {
            Some(expected) if active != Some(expected) => {
                Err(JournalError::GenerationMoved { active }.into())
            }
            _ => Ok(active),
        }
    }

    fn activate_stored(
        &self,
        company: CompanyId,
        number: u64,
        request: &ChangeRequest,
        cause: ActivationCause,
    ) -> Result<Plan, ChangeError> {
        self.check_expected(Some(company), request)?;
        let (document, source) = self.store.source(company, number)?;
        let cached = self.candidate(company, number);
        let cached = cached.or_else(|| self.store.cached(company, number));
        let company = Some(company);
        self.check_trust(company, &source, request)?;
        let next = match cached.filter(|_| request.moved.is_empty()) {
            Some(next) => {
                self.check(company, &source, Ok(&next), request)?;
                next
            }
            None => Arc::new(self.build(company, &source, number, request)?),
        };
        self.change(company, next, &document, None, request, cause)
    }

    /// What an activation of `next` changes.
    fn plan(
        &self,
        company: Option<CompanyId>,
        next: &Generation,
        document: &SourceDocument,
        request: &ChangeRequest,
    ) -> Result<Plan, ChangeError> {
        let before = self.check_expected(company, request)?;
        let old = match (company, before) {
            // An active generation that cannot be read does not block its
            // replacement.
            (Some(company), Some(number)) => match self.store.document(company, number) {
                Err(ChangeError::Unbuildable(..)) => SourceDocument::default(),
                old => old?,
            },
            _ => SourceDocument::default(),
        };
        let differences = differences(&old, document);
        let mut warnings = [next.warnings.clone(), next.secret_warnings()].concat();
        let removes_target =
            |one: &Difference| one.after.is_none() && one.path.starts_with("target.");
        if let Some(company) = company.filter(|_| differences.iter().any(removes_target)) {
            warnings.extend(lost_retries(self.journal(), company, next)?);
        }
        Ok(Plan {
            company: next.company.clone(),
            number: next.number,
            before,
            active: !request.dry_run && !request.keep_only,
            unchanged: false,
            differences,
            warnings,
            because: None,
        })
    }

    /// Write the change, unless it is a dry run; `row` is set for a generation
    /// that is not stored yet.
    fn change(
        &self,
        company: Option<CompanyId>,
        next: Arc<Generation>,
        document: &SourceDocument,
        row: Option<NewGeneration>,
        request: &ChangeRequest,
        cause: ActivationCause,
    ) -> Result<Plan, ChangeError> {
        let mut plan = self.plan(company, &next, document, request)?;
        plan.warnings.extend(self.rollout_warning(&next));
        let before = plan.before;
        if plan.differences.is_empty() && before.is_some() {
            let warning = "nothing differs from the active generation";
            plan.warnings.push(warning.to_owned());
        }
        if request.dry_run {
            return Ok(plan);
        }
        if self.cancel_signal(request).is_cancelled() {
            return Err(ChangeError::stopping());
        }
        let company = match company {
            Some(company) => company,
            None => self.journal().company(&next.company)?,
        };
        let act = match request.keep_only {
            true => "generation.kept".to_owned(),
            false => format!("generation.{cause}"),
        };
        let details = json!({"generation": plan.number, "before": before, "by": request.by});
        let audit = Some(request.audit_entry(&plan.company, &act, &details));
        if request.keep_only {
            self.journal()
                .put_generation(company, row, None, self.now(), audit)?;
            return Ok(plan);
        }
        let change = Change {
            generation: next,
            new: row,
            expected: before,
            by: request.by.clone(),
            because: cause,
            moved: request.moved.clone(),
            audit,
        };
        match &self.desk {
            Some(desk) => {
                let old = desk.active(company);
                desk.activate(change)?;
                if let Some(old) = old {
                    self.store.cache(company, old);
                }
            }
            None => {
                let old = before.and_then(|number| self.store.load_activated(company, number).ok());
                change.write(None, self.journal(), old.as_ref(), self.now())?;
            }
        }
        Ok(plan)
    }

    /// The rollout that the activation of `next` ends.
    fn rollout_warning(&self, next: &Generation) -> Option<String> {
        let desk = self.desk.as_ref()?;
        let running = desk.rollout(desk.company_id(&next.company)?)?;
        let (number, kind) = (running.candidate.number, running.terms.kind.as_str());
        (number != next.number).then(|| {
            format!("activating another generation ends the {kind} of generation {number}")
        })
    }

    fn now(&self) -> Timestamp {
        self.desk
            .as_ref()
            .map_or_else(Timestamp::now, |desk| desk.now())
    }
}
