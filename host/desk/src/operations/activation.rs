//! Activation at the running desk: a company switches to another generation
//! while its customers write.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_events::ActivationCause;
use patchbay_generations::Generation;
use patchbay_generations::activation::LiveDesk;
use patchbay_generations::activation::LiveReferences;
use patchbay_generations::activation::{ActivateError, Change};
use patchbay_generations::rollout::{Rollout, RolloutError, RolloutReport};
use patchbay_journal::{AuditEntry, CompanyId, Conversation, ConversationId, Slot};
use patchbay_model::rollout::RolloutTerms;
use patchbay_records::conversation_reader::read_snapshot;
use patchbay_records::roster::Agent;

use super::agents::{self, OpenConversation};
use super::directives::Directives;
use crate::company_state::{ActiveGeneration, CompanyState};
use crate::desk::Desk;
use crate::desk_core::DeskCore;
use crate::dispatch::work_list::{Lane, Work};

/// Conversations read at once.
const PAGE: usize = 1_000;

impl LiveDesk for Desk {
    fn now(&self) -> Timestamp {
        self.core.now()
    }

    fn company_id(&self, company: &str) -> Option<CompanyId> {
        self.core.company_id(company).ok()
    }

    fn active(&self, company: CompanyId) -> Option<Arc<Generation>> {
        Some(self.core.company_state(company)?.generation())
    }

    fn rollout(&self, company: CompanyId) -> Option<Arc<Rollout>> {
        self.core.company_state(company)?.rollout()
    }

    fn live_references(&self, company: CompanyId) -> Option<LiveReferences> {
        self.core.company_state(company)?.live_references()
    }

    fn activate(&self, change: Change) -> Result<(), ActivateError> {
        self.core.activate(change)
    }

    fn start_rollout(
        &self,
        candidate: Arc<Generation>,
        terms: RolloutTerms,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError> {
        self.core.start_rollout(candidate, terms, audit)
    }

    fn abort_rollout(
        &self,
        company: &str,
        by: &str,
        reason: Option<&str>,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError> {
        self.core.abort_rollout(company, by, reason, audit)
    }
}

impl DeskCore {
    /// Write the change and switch to its generation; a company the desk does
    /// not serve yet comes with it. A pass that has begun ends on the
    /// generation it began with.
    pub(crate) fn activate(&self, change: Change) -> Result<(), ActivateError> {
        let _changing = self.changing.lock();
        if self.work.is_closed() {
            return Err(ActivateError::Stopping);
        }
        let company = self.journal.company(&change.generation.company)?;
        let now = self.now();
        let state = self.company_state(company);
        let before = state.as_ref().map(|state| state.generation());
        if change.because == ActivationCause::Promoted {
            let number = change.generation.number;
            let rollout = state.as_ref().and_then(|state| state.rollout());
            let rollout = rollout.filter(|rollout| rollout.candidate.number == number);
            if rollout.is_none_or(|rollout| rollout.breach().is_some()) {
                return Err(ActivateError::NotACandidate(number));
            }
        }
        if let Some(state) = &state {
            // Fails before anything is written.
            let checked = state.floor.check(&change.generation, now);
            checked.map_err(|error| ActivateError::Floor {
                company: change.generation.company.clone(),
                error,
            })?;
        }
        self.save_tally(company);
        let (name, number) = (change.generation.company.clone(), change.generation.number);
        let (by, because) = (change.by.clone(), change.because);
        let references = state.as_ref().and_then(|state| state.live_references());
        let journal = &*self.journal;
        let (company, next) = change.write(references.as_ref(), journal, before.as_deref(), now)?;
        if let (Some(state), Some(before)) = (&state, &before) {
            // Passes that began on the generation before still end on it.
            let references = references.unwrap_or_else(|| LiveReferences::of(before));
            state.set_live_references(references.with(&next));
        }
        // The change is durable. What fails from here is repaired by the next
        // start.
        match state {
            Some(state) => self.switch_generation(company, &state, before.as_deref(), next),
            None => self.add_company(company, next)?,
        }
        self.notify_listeners(company, false);
        tracing::info!(
            company = name,
            generation = number,
            before = before.as_ref().map(|before| before.number),
            by,
            because = because.as_str(),
            "generation activated"
        );
        self.end_rollout_alert(&name);
        Ok(())
    }

    fn switch_generation(
        &self,
        company: CompanyId,
        state: &CompanyState,
        before: Option<&Generation>,
        next: Arc<Generation>,
    ) {
        if let Err(error) = state.floor.adopt(&next, self.now()) {
            tracing::error!(company = next.company, generation = next.number, %error,
                "the floor keeps the queues and rules of the generation before until the next start");
        }
        let agents = changed_agents(before, &next);
        self.subscribe_breakers(company, &next);
        let active = ActiveGeneration {
            generation: next,
            rollout: None,
        };
        let changed = state.set_active(active, self.now());
        if let Err(error) = self.put_agents(company, state, agents, None) {
            tracing::error!(%error, "agents of the company file are not on the roster; import them");
        }
        self.flush_floor(company);
        if changed {
            self.rearm_clocks(company, state);
        }
    }

    /// Queue a pass over each open conversation whose clocks follow other hours
    /// or targets than those of the generations that decide.
    pub(super) fn rearm_clocks(&self, company: CompanyId, state: &CompanyState) {
        let mut after = Some((company, ConversationId([0; 16])));
        loop {
            let page = match self.journal.unresolved_conversations(after, PAGE) {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(company = state.generation().company, %error,
                        "running clocks keep their deadlines until the next start");
                    return;
                }
            };
            let page = page.into_iter().take_while(|row| row.company == company);
            let before = after;
            for row in page {
                after = Some((row.company, row.id));
                let followed = read_snapshot(&row).map(|snapshot| snapshot.clock_rules);
                if state
                    .clock_rules
                    .lock()
                    .is_outdated(followed.ok().flatten())
                {
                    self.rearm_clock(&row);
                }
            }
            if after == before {
                return;
            }
        }
    }

    /// Queue a pass over each of these conversations whose clocks follow other
    /// rules: the generation changed while the desk did not serve its company.
    pub(crate) fn rearm_outdated(&self, state: &CompanyState, open: &[OpenConversation]) {
        let rules = state.clock_rules.lock();
        for (row, snapshot) in open {
            if rules.is_outdated(snapshot.clock_rules) {
                self.rearm_clock(row);
            }
        }
    }

    /// Queue a pass that brings a conversation's clocks in line.
    fn rearm_clock(&self, row: &Conversation) {
        let slot = Slot::for_thread(row.company, &row.thread);
        let company = row.company;
        self.work.push(Lane { company, slot }, Work::Timer(row.id));
    }

    fn add_company(&self, company: CompanyId, next: Arc<Generation>) -> Result<(), ActivateError> {
        let open = agents::open_conversations(&*self.journal)?
            .remove(&company)
            .unwrap_or_default();
        let offers = (self.first_offer, self.clock.skipped());
        let floor = agents::load_floor(&*self.journal, company, &next, &open, offers, self.now())?;
        let name = next.company.clone();
        let directives = Directives::load(&*self.journal, company)?;
        self.subscribe_breakers(company, &next);
        let state = Arc::new(CompanyState::new(next, floor, directives));
        self.companies.write().insert(company, Arc::clone(&state));
        self.names.write().insert(name, company);
        self.load_pending_work(Some(company))?;
        self.flush_floor(company);
        self.rearm_outdated(&state, &open);
        Ok(())
    }
}

/// Agents that a company file adds or changes. The roster is live data: agents
/// the file lists as before keep what the roster has.
fn changed_agents(before: Option<&Generation>, next: &Generation) -> Vec<Agent> {
    let known: BTreeSet<String> = before
        .into_iter()
        .flat_map(|before| before.surroundings.directory.agents())
        .filter_map(|agent| serde_json::to_string(&Agent::from(&**agent)).ok())
        .collect();
    let listed = next.surroundings.directory.agents().iter();
    listed
        .map(|agent| Agent::from(&**agent))
        .filter(|agent| serde_json::to_string(agent).is_ok_and(|text| !known.contains(&text)))
        .collect()
}
