//! Shadow runs and canaries of stored generations: start, promote, abort, and
//! resume after a restart.

use patchbay_config::file_problem::FileProblem;
use patchbay_events::ActivationCause;
use patchbay_journal::{CompanyId, JournalError};
use patchbay_model::rollout::{Bounds, RolloutKind, RolloutTerms, Share};
use serde_json::json;

use super::{ChangeError, ChangeRequest, GenerationService, Plan};
use crate::Generation;
use crate::activation::LiveDesk;
use crate::rollout::{ResumedRollout, RolloutError, RolloutReport, store};

/// Settings of a rollout.
#[derive(Clone, Debug)]
pub struct RolloutSettings {
    /// Shadow run or canary.
    pub kind: RolloutKind,
    /// Share of the conversations.
    pub share: Share,
    /// When the host aborts a canary; `None`: unchanged where the rollout runs
    /// already, else the defaults.
    pub bounds: Option<Bounds>,
}

impl GenerationService {
    /// Start a shadow run or canary of a stored generation, or change the
    /// settings of the running one.
    pub fn start_rollout(
        &self,
        company: &str,
        number: u64,
        settings: RolloutSettings,
        request: &ChangeRequest,
    ) -> Result<RolloutReport, ChangeError> {
        if self.is_stopping() {
            return Err(ChangeError::stopping());
        }
        let (desk, id) = self.live_company(company)?;
        let unknown = || RolloutError::UnknownCompany(company.to_owned());
        let control = desk.active(id).ok_or_else(unknown)?;
        if request
            .expected
            .is_some_and(|expected| control.number != expected)
        {
            let active = Some(control.number);
            return Err(JournalError::GenerationMoved { active }.into());
        }
        if number == control.number {
            return Err(RolloutError::AlreadyActive(number).into());
        }
        let running = desk.rollout(id);
        if let Some(other) = running.as_ref().map(|running| running.candidate.number)
            && other != number
        {
            return Err(RolloutError::OtherCandidate(other).into());
        }
        let running = running.filter(|running| running.terms.kind == settings.kind);
        let bounds = running.map(|running| running.terms.bounds.clone());
        let terms = RolloutTerms {
            kind: settings.kind,
            share: settings.share,
            bounds: settings.bounds.or(bounds).unwrap_or_default(),
            by: request.by.clone(),
            since: self.now(),
        };
        let (_, source) = self.store.source(id, number)?;
        self.check_trust(Some(id), &source, request)?;
        let candidate = self.load(id, number)?;
        let problems = terms.problems().into_iter().map(FileProblem::whole);
        let mut problems: Vec<_> = problems.collect();
        if terms.kind == RolloutKind::Canary {
            problems.extend(canary_problems(&control, &candidate));
        }
        if !problems.is_empty() {
            return Err(ChangeError::invalid("", problems));
        }
        let details = json!({"generation": number, "control": control.number,
            "kind": terms.kind, "share": terms.share, "by": terms.by});
        let audit = request.audit_entry(company, "rollout.tried", &details);
        Ok(desk.start_rollout(candidate, terms, audit)?)
    }

    fn live_company(&self, name: &str) -> Result<(&dyn LiveDesk, CompanyId), ChangeError> {
        let desk = self.desk.as_deref().ok_or(ChangeError::NoDesk)?;
        let unknown = || RolloutError::UnknownCompany(name.to_owned());
        Ok((desk, desk.company_id(name).ok_or_else(unknown)?))
    }

    /// Activate the running rollout's candidate.
    pub fn promote(&self, company: &str, request: &ChangeRequest) -> Result<Plan, ChangeError> {
        let (desk, id) = self.live_company(company)?;
        let running = desk.rollout(id).ok_or(RolloutError::NoRollout)?;
        // The caller judged the candidate against this control.
        let request = ChangeRequest {
            expected: request.expected.or(Some(running.control.number)),
            ..request.clone()
        };
        let number = running.candidate.number;
        self.activate_stored(id, number, &request, ActivationCause::Promoted)
    }

    /// End the running rollout and return its final report.
    pub fn abort(
        &self,
        company: &str,
        reason: Option<&str>,
        request: &ChangeRequest,
    ) -> Result<RolloutReport, ChangeError> {
        let desk = self.desk.as_ref().ok_or(ChangeError::NoDesk)?;
        let details = json!({"by": request.by, "reason": reason});
        let audit = request.audit_entry(company, "rollout.aborted", &details);
        Ok(desk.abort_rollout(company, &request.by, reason, audit)?)
    }

    /// Why a stored generation is not trusted any more.
    fn untrusted_stored(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<Option<String>, JournalError> {
        // One that cannot be read is reported when it is loaded.
        let Ok((_, source)) = self.store.source(company, number) else {
            return Ok(None);
        };
        let problems = self.assembler().untrusted(&source);
        let problems: Vec<String> = problems.into_iter().map(|one| one.message).collect();
        Ok((!problems.is_empty()).then(|| problems.join("; ")))
    }

    /// Rollouts that ran when the host stopped, for the desk to resume. Ends
    /// and logs those whose candidate or terms cannot be read.
    pub fn stored_rollouts(&self) -> Result<Vec<ResumedRollout>, JournalError> {
        let mut resumed = Vec::new();
        for (company, name, row) in self.journal().rollouts()? {
            let generation = row.generation;
            let untrusted = self.untrusted_stored(company, generation)?;
            let problem = match (self.load(company, generation), store::read(&row)) {
                _ if untrusted.is_some() => untrusted.unwrap_or_default(),
                (Ok(candidate), Some((terms, tally))) => {
                    resumed.push(ResumedRollout {
                        company,
                        control: row.control,
                        candidate,
                        terms,
                        tally,
                    });
                    continue;
                }
                (Err(error), _) => error.to_string(),
                (_, None) => "its stored terms cannot be read".to_owned(),
            };
            tracing::warn!(
                company = name,
                generation,
                problem,
                "rollout cannot resume; ended"
            );
            store::end_unbuildable(self.journal(), company, &row, &problem, self.now())?;
        }
        Ok(resumed)
    }
}

/// Where a candidate differs from the active generation in what both share
/// during a canary: the floor, the outbox and the plugins' state.
fn canary_problems(control: &Generation, candidate: &Generation) -> Vec<FileProblem> {
    let mut problems = Vec::new();
    let defaults = [control, candidate].map(|generation| generation.pipelines.default_queue());
    if defaults[0] != defaults[1] {
        problems.push(format!(
            "the candidate's default queue is {:?}, the active generation's is {:?}; a canary must have the same default queue",
            defaults[1], defaults[0]
        ));
    }
    let sides = [
        ("the candidate", candidate, control, "the active generation"),
        ("the active generation", control, candidate, "the candidate"),
    ];
    for (name, generation, other, other_name) in sides {
        let missing = other.queues.keys();
        for queue in missing.filter(|queue| !generation.queues.contains_key(*queue)) {
            problems.push(format!(
                "{name} lacks queue {queue:?} of {other_name}; a canary must have the same queues"
            ));
        }
    }
    for (name, target) in &candidate.targets {
        if control.targets.get(name) != Some(target) {
            problems.push(format!(
                "target {name:?} of the candidate is new or differs from the active generation's; a canary must have the same targets"
            ));
        }
    }
    for plugin in candidate.pipelines.plugins() {
        let (name, version) = (plugin.name(), plugin.state_version());
        if let Some(active) = control.state_version(name)
            && active != version
            && !plugin.grants().state.is_empty()
        {
            problems.push(format!(
                "plugin {name:?} has state version {version} in the candidate and {active} in the active generation; in a canary they must share state"
            ));
        }
    }
    let help = "start a shadow run instead, then activate the generation";
    let problem = |message| FileProblem::whole(message).help(help);
    problems.into_iter().map(problem).collect()
}
