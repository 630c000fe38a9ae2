//! Trying a setup that is kept on live traffic, before the company decides by
//! it or not.

use std::sync::Arc;

use jiff::Timestamp;
use crate::Generation;
use patchbay_journal::{AuditEntry, CompanyId, JournalError};
use patchbay_model::event::ActivationCause;
use patchbay_model::file_problem::FileProblem;
use patchbay_model::rollout::{Bounds, RolloutKind, RolloutTerms, Share};
use serde_json::json;

use super::{Plan, Refused, GenerationService, ChangeRequest, stopping};
use crate::live_desk::LiveDesk;
use crate::rollout::{ResumedRollout, RolloutError, RolloutReport, store};

/// How a generation is to be tried.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Shadow or canary.
    pub kind: RolloutKind,
    /// Of which share of the conversations.
    pub share: Share,
    /// When a canary is taken back by itself; absent: as before where it is
    /// tried already, else the usual ones.
    pub bounds: Option<Bounds>,
}

impl GenerationService {
    /// Try a generation that is kept on live traffic; or go on by other terms
    /// where that is tried already.
    ///
    /// # Errors
    /// [`Refused`], with everything that speaks against it; nothing is
    /// changed.
    pub fn try_out(
        &self,
        company: &str,
        number: u64,
        proposal: Proposal,
        wanted: &ChangeRequest,
    ) -> Result<RolloutReport, Refused> {
        let desk = self.desk.as_ref().ok_or(Refused::NobodyDecides)?;
        if self.is_stopping() {
            return Err(stopping());
        }
        let unknown = || RolloutError::UnknownCompany(company.to_owned());
        let id = desk.company_id(company).ok_or_else(unknown)?;
        let control = desk.active(id).ok_or_else(unknown)?;
        if let Some(expected) = wanted.expected
            && control.number != expected
        {
            let active = Some(control.number);
            return Err(JournalError::GenerationMoved { active }.into());
        }
        let tried = desk
            .rollout(id)
            .filter(|tried| tried.candidate.number == number && tried.terms.kind == proposal.kind);
        let known = tried.map(|tried| tried.terms.bounds.clone());
        let bounds = proposal.bounds.or(known);
        let terms = RolloutTerms {
            kind: proposal.kind,
            share: proposal.share,
            bounds: bounds.unwrap_or_default(),
            by: wanted.by.clone(),
            since: self.now(),
        };
        let candidate = self.candidate(&**desk, id, number, &control)?;
        let mut problems: Vec<_> = terms.problems().into_iter().map(FileProblem::whole).collect();
        if terms.kind == RolloutKind::Canary {
            problems.extend(unlike(&control, &candidate));
        }
        if !problems.is_empty() {
            return Err(Refused::Wrong {
                document: String::new(),
                problems,
                obstacles: Vec::new(),
            });
        }
        let details = json!({"generation": number, "control": control.number,
            "kind": terms.kind, "share": terms.share, "by": terms.by});
        let audit = entry(company, wanted, "rollout.tried", details.to_string());
        Ok(desk.start_rollout(candidate, terms, audit)?)
    }

    /// A generation that may be tried; what is tried already is at hand.
    fn candidate(
        &self,
        desk: &dyn LiveDesk,
        company: CompanyId,
        number: u64,
        control: &Generation,
    ) -> Result<Arc<Generation>, Refused> {
        if number == control.number {
            return Err(RolloutError::Active(number).into());
        }
        match desk.rollout(company) {
            Some(tried) if tried.candidate.number != number => {
                Err(RolloutError::Tried(tried.candidate.number).into())
            }
            // What is tried is among those.
            _ => self.ready(company, number),
        }
    }

    /// Have the company decide by what it tries.
    ///
    /// # Errors
    /// [`Refused`]; nothing is changed.
    pub fn promote(&self, company: &str, wanted: &ChangeRequest) -> Result<Plan, Refused> {
        let desk = self.desk.as_ref().ok_or(Refused::NobodyDecides)?;
        let unknown = || RolloutError::UnknownCompany(company.to_owned());
        let id = desk.company_id(company).ok_or_else(unknown)?;
        let tried = desk.rollout(id).ok_or(RolloutError::NothingTried)?;
        // Whoever looks at what is tried looks at it against its control.
        let wanted = ChangeRequest {
            expected: wanted.expected.or(Some(tried.control.number)),
            ..wanted.clone()
        };
        self.activate_known(id, tried.candidate.number, &wanted, ActivationCause::Promoted)
    }

    /// Try it no more; answers how it stood.
    ///
    /// # Errors
    /// [`Refused`]; nothing is changed.
    pub fn abort(
        &self,
        company: &str,
        reason: Option<&str>,
        wanted: &ChangeRequest,
    ) -> Result<RolloutReport, Refused> {
        let desk = self.desk.as_ref().ok_or(Refused::NobodyDecides)?;
        let details = json!({"by": wanted.by, "reason": reason});
        let audit = entry(company, wanted, "rollout.aborted", details.to_string());
        Ok(desk.abort_rollout(company, &wanted.by, reason, audit)?)
    }

    /// What was tried when the host stopped, for a desk to go on with. What
    /// cannot be is ended, and said.
    ///
    /// # Errors
    /// When the journal cannot be used.
    pub fn on_trial(&self) -> Result<Vec<ResumedRollout>, JournalError> {
        let mut resumed = Vec::new();
        for (company, name, row) in self.journal.rollouts()? {
            let known = store::read(&row);
            let why = match (self.ready(company, row.generation), known) {
                (Ok(candidate), Some((terms, tally))) => {
                    resumed.push(ResumedRollout {
                        company,
                        control: row.control,
                        candidate,
                        terms,
                        tally,
                    });
                    None
                }
                (Err(refused), _) => Some(refused.to_string()),
                (_, None) => Some("its terms cannot be read".to_owned()),
            };
            if let Some(why) = why {
                tracing::warn!(
                    company = name,
                    generation = row.generation,
                    why,
                    "is not tried any more"
                );
                store::end_unbuildable(&*self.journal, company, &row, &why, self.now())?;
            }
        }
        Ok(resumed)
    }
}

fn entry(company: &str, wanted: &ChangeRequest, act: &str, details: String) -> AuditEntry {
    AuditEntry {
        at: Timestamp::now(),
        company: Some(company.to_owned()),
        actor: wanted.actor.clone(),
        act: act.to_owned(),
        details,
    }
}

/// In what a canary and what decides beside it may not differ: they share the
/// floor, the outbox and what policies remember.
fn unlike(control: &Arc<Generation>, candidate: &Arc<Generation>) -> Vec<FileProblem> {
    let help = "shadow it, and activate it when you are content";
    let problem = |message: String| FileProblem::whole(message).help(help);
    let mut problems = Vec::new();
    let defaults = [control, candidate].map(|generation| generation.pipelines.default_queue());
    if defaults[0] != defaults[1] {
        problems.push(problem(format!(
            "a canary has the default queue of what decides beside it: {:?}, and not {:?}",
            defaults[0], defaults[1]
        )));
    }
    let gone = |queue: &&String| !candidate.queues.contains_key(*queue);
    let new = |queue: &&String| !control.queues.contains_key(*queue);
    for queue in control.queues.keys().filter(gone) {
        problems.push(problem(format!(
            "a canary has the queues of what decides beside it: {queue:?} is missing"
        )));
    }
    for queue in candidate.queues.keys().filter(new) {
        problems.push(problem(format!(
            "a canary has the queues of what decides beside it: {queue:?} is new"
        )));
    }
    for (target, terms) in &candidate.targets {
        if control.targets.get(target) != Some(terms) {
            problems.push(problem(format!(
                "a canary has the targets of what decides beside it: {target:?} is new, or another"
            )));
        }
    }
    for plugin in candidate.pipelines.plugins() {
        let (name, own) = (plugin.name(), plugin.state_version());
        if let Some(other) = control.state_version(name)
            && other != own
            && !plugin.grants().state.is_empty()
        {
            problems.push(problem(format!("plugin {name:?} keeps state of version {own}, and beside it version {other} decides: a canary would remember apart")));
        }
    }
    problems
}
