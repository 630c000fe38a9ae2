//! Rollouts at the running desk: start, change, end.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_events::{Event, EventKind, RolloutEndedEvent};
use patchbay_generations::Generation;
use patchbay_generations::rollout::{
    Ending, ResumedRollout, Rollout, RolloutAssignment, RolloutError, RolloutReport, Tally,
    rollout_event, store,
};
use patchbay_journal::{AuditEntry, CompanyId, Entry, JournalError};
use patchbay_model::alert::{AlertKey, AlertKind};
use patchbay_model::rollout::{RolloutKind, RolloutTerms};
use patchbay_records::history::note;

use crate::company_state::{ActiveGeneration, CompanyState};
use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;

impl DeskCore {
    /// Start a shadow run or canary, or change its terms where the same
    /// candidate runs already. A shadow run that becomes a canary starts its
    /// counts again.
    pub(crate) fn start_rollout(
        &self,
        candidate: Arc<Generation>,
        terms: RolloutTerms,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError> {
        let _changing = self.changing.lock();
        if self.work.is_closed() {
            return Err(RolloutError::Stopping);
        }
        let (company, state) = self.rollout_company(&candidate.company)?;
        let ActiveGeneration {
            generation: control,
            rollout: running,
        } = state.active();
        if control.number == candidate.number {
            return Err(RolloutError::AlreadyActive(candidate.number));
        }
        let now = self.now();
        let mut notes = Vec::new();
        let (rollout, start): (_, fn(_) -> Event) = match &running {
            Some(running) if running.candidate.number != candidate.number => {
                return Err(RolloutError::OtherCandidate(running.candidate.number));
            }
            Some(running) if running.terms.kind == terms.kind => {
                (running.with_terms(terms), Event::RolloutChanged)
            }
            before => {
                if let Some(before) = before {
                    let ending = Ending::Superseded(&terms.by);
                    notes.extend(before.end_notes(&ending, now));
                }
                let rollout = Rollout::new(company, terms, control, candidate, Tally::default());
                (rollout, Event::RolloutBegan)
            }
        };
        notes.push(note(&start(rollout_event(&rollout)), now));
        let row = store::row(&rollout);
        self.journal.put_rollout(company, row, notes, Some(audit))?;
        // New bounds do not judge decisions from before them.
        rollout.tally().reset_recent();
        let report = rollout.report();
        self.end_rollout_alert(&report.company);
        self.install_rollout(&state, rollout);
        self.notify_listeners(company, false);
        Ok(report)
    }

    /// End the running rollout and return its final report.
    pub(crate) fn abort_rollout(
        &self,
        company: &str,
        by: &str,
        reason: Option<&str>,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError> {
        let _changing = self.changing.lock();
        let (_, state) = self.rollout_company(company)?;
        let running = state.rollout().ok_or(RolloutError::NoRollout)?;
        let report = running.report();
        let ending = Ending::Aborted { by, reason };
        self.end_rollout(&state, &running, &ending, Some(audit))?;
        Ok(report)
    }

    fn rollout_company(&self, name: &str) -> Result<(CompanyId, Arc<CompanyState>), RolloutError> {
        let found = self.company(name);
        found.map_err(|_| RolloutError::UnknownCompany(name.to_owned()))
    }

    /// Resume a rollout after a restart, if its control is still active.
    pub(crate) fn resume_rollout(&self, resumed: ResumedRollout) {
        if let Some(state) = self.company_state(resumed.company)
            && let Some(rollout) = resumed.resume(state.generation())
        {
            self.install_rollout(&state, rollout);
        }
    }

    fn install_rollout(&self, state: &CompanyState, rollout: Rollout) {
        if rollout.terms.kind == RolloutKind::Canary {
            // A canary decides for customers: its breakers matter to operators.
            self.subscribe_breakers(rollout.company, &rollout.candidate);
        }
        let company = rollout.company;
        let active = ActiveGeneration {
            generation: Arc::clone(&rollout.control),
            rollout: Some(Arc::new(rollout)),
        };
        let changed = state.set_active(active, self.now());
        self.rollouts.lock().insert(company);
        if changed {
            self.rearm_clocks(company, state);
        }
    }

    /// The part a thread has in the running rollout. The thread is looked up
    /// only where one runs.
    pub(crate) fn assign_rollout<'a>(
        &'a self,
        active: &'a ActiveGeneration,
        has_headroom: bool,
        thread: impl FnOnce() -> Result<Option<Vec<u8>>, JournalError>,
    ) -> Result<Option<RolloutAssignment<'a>>, JournalError> {
        let Some(rollout) = &active.rollout else {
            return Ok(None);
        };
        let thread = thread()?;
        Ok(thread.and_then(|thread| {
            RolloutAssignment::of(rollout, &thread, &self.comparisons, has_headroom)
        }))
    }

    /// End a rollout. The caller holds `changing`.
    pub(super) fn end_rollout(
        &self,
        state: &CompanyState,
        rollout: &Rollout,
        ending: &Ending<'_>,
        audit: Option<AuditEntry>,
    ) -> Result<(), JournalError> {
        let notes = rollout.end_notes(ending, self.now());
        self.journal.end_rollout(rollout.company, notes, audit)?;
        let active = ActiveGeneration {
            generation: state.generation(),
            rollout: None,
        };
        if state.set_active(active, self.now()) {
            self.rearm_clocks(rollout.company, state);
        }
        self.notify_listeners(rollout.company, false);
        let company = &rollout.control.company;
        let ended = rollout.ended_event(ending);
        if let Some(alert) = ended.alert(company, self.now()) {
            self.settings.observer.alert_raised(alert);
        }
        Ok(())
    }

    /// End the alert about the rollout that the host ended last: an operator
    /// started another one, or activated a generation.
    pub(super) fn end_rollout_alert(&self, company: &str) {
        self.settings.observer.alert_ended(&AlertKey {
            kind: AlertKind::RolloutEnded,
            company: Some(company.to_owned()),
            subject: None,
        });
    }

    /// How a company's rollouts ended, the newest first, before a feed number; each with the
    /// number and time of its entry.
    pub(crate) fn rollout_ends(
        &self,
        company: &str,
        before: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Timestamp, RolloutEndedEvent)>, DeskError> {
        let id = self.company_id(company)?;
        let entries = self.journal.rollout_ends(id, before, limit)?;
        let read = |entry: Entry| match Event::from_head(EventKind::RolloutEnded, &entry.head) {
            Ok(Event::RolloutEnded(ended)) => Some((entry.feed, entry.at, ended)),
            _ => None,
        };
        Ok(entries.into_iter().filter_map(read).collect())
    }

    /// The end of a company's last rollout that ended after a time. With
    /// `unattended`, only if no rollout began and no generation was activated
    /// since.
    pub(crate) fn last_rollout_end(
        &self,
        company: &str,
        after: Timestamp,
        unattended: bool,
    ) -> Result<Option<(Timestamp, RolloutEndedEvent)>, DeskError> {
        let id = self.company_id(company)?;
        let mut kinds = vec![EventKind::RolloutEnded as u16];
        if unattended {
            kinds.push(EventKind::RolloutBegan as u16);
            kinds.push(EventKind::GenerationActivated as u16);
        }
        let newest = self.journal.newest_note(id, &kinds, after)?;
        Ok(newest.and_then(|entry| {
            let kind = EventKind::from_number(entry.kind)?;
            match Event::from_head(kind, &entry.head).ok()? {
                Event::RolloutEnded(ended) => Some((entry.at, ended)),
                _ => None,
            }
        }))
    }
}
