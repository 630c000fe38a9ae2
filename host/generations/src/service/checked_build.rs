//! Builds a generation and checks everything about it, so that a refusal lists every reason.

use patchbay_company::CompanyFile;
use patchbay_config::file_problem::FileProblem;
use patchbay_journal::CompanyId;

use super::{ChangeError, ChangeRequest, GenerationService, queue_moves};
use crate::Generation;
use crate::activation::{ProvidedReferences, activation_conflicts};
use crate::assemble::cases::CasesInterrupted;
use crate::assemble::source::Source;
use crate::assemble::{ActivePacks, Findings};

impl GenerationService {
    /// Build the generation, run the packs' cases, and check it.
    pub(super) fn build(
        &self,
        company: Option<CompanyId>,
        source: &Source,
        number: u64,
        request: &ChangeRequest,
    ) -> Result<Generation, ChangeError> {
        self.check_trust(company, source, request)?;
        let cancel = self.cancel_signal(request);
        let active = self.active_packs(company);
        let mut built = self
            .assembler()
            .rebuild_until(source, number, &active, &cancel);
        if cancel.is_cancelled() {
            return Err(ChangeError::stopping());
        }
        // A component at a limit of the compiler would be at it again.
        let is_at_limit =
            |findings: &Findings| findings.problems.iter().any(|one| one.exceeded.is_some());
        if !built.as_ref().is_err_and(is_at_limit) {
            let cases = self
                .assembler()
                .run_cases(source, &|| !cancel.is_cancelled());
            let failures = cases.map_err(|CasesInterrupted| ChangeError::stopping())?;
            if !failures.is_empty() {
                let mut findings =
                    built.map_or_else(|findings| findings, Generation::into_findings);
                findings.problems.extend(failures);
                built = Err(findings);
            }
        }
        self.check(company, source, built.as_ref(), request)?;
        let mut next =
            built.map_err(|findings| ChangeError::invalid(&source.document, findings))?;
        next.moved.extend(request.moved.clone());
        Ok(next)
    }

    /// The packs of the company's active generation. One that cannot be read does not block its
    /// replacement.
    fn active_packs(&self, company: Option<CompanyId>) -> ActivePacks {
        let document = company.and_then(|company| {
            let active = self.journal().active_generation(company).ok()??;
            self.store.document(company, active).ok()
        });
        document.map_or_else(ActivePacks::default, ActivePacks::of)
    }

    /// Refuse packs that are not trusted, before anything of them is compiled.
    pub(super) fn check_trust(
        &self,
        company: Option<CompanyId>,
        source: &Source,
        request: &ChangeRequest,
    ) -> Result<(), ChangeError> {
        let untrusted = self.assembler().untrusted(source);
        match untrusted.is_empty() {
            true => Ok(()),
            false => self.check(company, source, Err(&untrusted.into()), request),
        }
    }

    /// Refuse a generation that is not built, or has invalid moves, signing keys
    /// or conflicts: with every reason.
    pub(super) fn check(
        &self,
        company: Option<CompanyId>,
        source: &Source,
        built: Result<&Generation, &Findings>,
        request: &ChangeRequest,
    ) -> Result<(), ChangeError> {
        let file = match CompanyFile::parse(&source.document) {
            Ok(file) => file,
            Err(problems) => return Err(self.unparsable(source, problems, request)),
        };
        let (mut provided, mut findings) = match built {
            Ok(next) => {
                let findings = Findings {
                    warnings: next.warnings.clone(),
                    ..Findings::default()
                };
                (ProvidedReferences::of(next), findings)
            }
            Err(findings) => (ProvidedReferences::of_file(&file), findings.clone()),
        };
        let moves = queue_moves::add_moves(&self.store, company, &mut provided, &request.moved)?;
        findings.problems.extend(moves);
        findings.extend(request.check_secrets(&file));
        findings
            .problems
            .extend(request.forbidden_secrets(&file, source));
        let conflicts = match company {
            Some(company) => {
                let desk = self.desk.as_ref();
                let references = desk.and_then(|desk| desk.live_references(company));
                activation_conflicts(self.journal(), company, references.as_ref(), &provided)?
            }
            None => Vec::new(),
        };
        let Findings { problems, warnings } = findings;
        if problems.is_empty() && conflicts.is_empty() {
            return Ok(());
        }
        Err(ChangeError::Invalid {
            document: source.document.clone(),
            problems,
            conflicts,
            warnings,
        })
    }

    /// Why a source whose company file cannot be parsed is refused.
    pub(super) fn unparsable(
        &self,
        source: &Source,
        problems: Vec<FileProblem>,
        request: &ChangeRequest,
    ) -> ChangeError {
        let untrusted = self.assembler().untrusted(source);
        let mut findings = match untrusted.is_empty() {
            // Building reports what is wrong in the packs too.
            true => self.assembler().rebuild(source, 0).err(),
            false => None,
        }
        .unwrap_or_else(|| problems.into());
        findings.problems.extend(untrusted);
        if let Ok(reading) = CompanyFile::read(&source.document) {
            findings.extend(request.check_secrets(&reading.file));
            let forbidden = request.forbidden_secrets(&reading.file, source);
            findings.problems.extend(forbidden);
        }
        ChangeError::invalid(&source.document, findings)
    }
}
