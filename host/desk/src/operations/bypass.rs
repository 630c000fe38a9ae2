//! Bypasses: an operator takes a stage or a plugin out of a company's decisions
//! for a while.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_config::duration::Seconds;
use patchbay_events::{BypassEnd, BypassEndedEvent, BypassedEvent, Event};
use patchbay_journal::{AuditEntry, CompanyId};
use patchbay_model::bypass::{
    Bypass, BypassTarget, Bypasses, DEFAULT_DURATION, MAX_DURATION, MIN_DURATION,
};
use patchbay_records::history::note;

use super::directives::{bypass_directive, bypass_name};
use crate::company_state::CompanyState;
use crate::desk_core::DeskCore;
use crate::desk_error::{BypassError, DeskError};

/// Pause before writing the end of a bypass again after the journal failed.
const RETRY: Duration = Duration::from_secs(1);

/// The bypasses of the desk's companies.
pub struct BypassService<'a>(pub(crate) &'a DeskCore);

impl BypassService<'_> {
    /// Bypass a stage or plugin, or change until when it is bypassed. A pass
    /// that has begun ends as it began.
    ///
    /// # Errors
    /// [`DeskError::Bypass`].
    pub fn set(&self, company: &str, bypass: Bypass, audit: AuditEntry) -> Result<(), DeskError> {
        let (id, state) = self.0.company(company)?;
        check(&state, &bypass)?;
        let changing = state.directives.changing.lock();
        let event = Event::Bypassed(BypassedEvent {
            bypassed: bypass.what.clone(),
            until: bypass.until,
            let_through: bypass.let_through,
            by: bypass.by.clone(),
        });
        let notes = vec![note(&event, self.0.now())];
        let directive = bypass_directive(&bypass);
        self.0
            .journal
            .put_directive(id, directive, &[], notes, audit)?;
        let mut all = Bypasses::clone(&state.directives.bypasses());
        all.put(bypass);
        state.directives.set_bypasses(all);
        drop(changing);
        self.0.notify_listeners(id, false);
        // Sets the timer of its end.
        self.0.flush_floor(id);
        Ok(())
    }

    /// From when to when a bypass holds that an operator sets now: for
    /// `duration`, else until the end of the one that runs already, else for
    /// the default of one hour.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn period(
        &self,
        company: &str,
        what: &BypassTarget,
        duration: Option<Seconds>,
    ) -> Result<(Timestamp, Timestamp), DeskError> {
        let now = self.0.now();
        let after = |span: Seconds| {
            let end = now.checked_add(SignedDuration::from_secs(span.0.into()));
            end.unwrap_or(Timestamp::MAX)
        };
        if let Some(duration) = duration {
            return Ok((now, after(duration)));
        }
        let all = self.active(company)?;
        let running = all.iter().find(|bypass| bypass.what == *what);
        // One in its last second starts again.
        let running = running.filter(|bypass| bypass.until > after(MIN_DURATION));
        Ok((
            now,
            running.map_or(after(DEFAULT_DURATION), |bypass| bypass.until),
        ))
    }

    /// End a bypass before its time.
    ///
    /// # Errors
    /// [`DeskError::Bypass`].
    pub fn end(
        &self,
        company: &str,
        what: &BypassTarget,
        by: &str,
        audit: AuditEntry,
    ) -> Result<Bypass, DeskError> {
        let (id, state) = self.0.company(company)?;
        let changing = state.directives.changing.lock();
        let now = self.0.now();
        let ended = state.directives.bypasses().at(now).lift(what);
        let ended = ended.ok_or_else(|| BypassError::NotBypassed(what.clone()))?;
        let notes = vec![note(&end_event(&ended, BypassEnd::Lifted, Some(by)), now)];
        self.0
            .journal
            .remove_directive(id, &bypass_name(what), notes, Some(audit))?;
        let mut all = Bypasses::clone(&state.directives.bypasses());
        all.lift(what);
        state.directives.set_bypasses(all);
        drop(changing);
        self.0.notify_listeners(id, false);
        Ok(ended)
    }

    /// The bypasses of a company that hold now.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn active(&self, company: &str) -> Result<Arc<Bypasses>, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.directives.bypasses_at(self.0.now()))
    }
}

fn end_event(bypass: &Bypass, because: BypassEnd, by: Option<&str>) -> Event {
    Event::BypassEnded(BypassEndedEvent {
        bypassed: bypass.what.clone(),
        until: bypass.until,
        let_through: bypass.let_through,
        because,
        by: by.map(str::to_owned),
    })
}

fn check(state: &CompanyState, bypass: &Bypass) -> Result<(), BypassError> {
    let active = state.active();
    let pipelines = &active.generation.pipelines;
    match &bypass.what {
        BypassTarget::Stage(stage) if pipelines.of(*stage).is_empty() => {
            return Err(BypassError::EmptyStage(*stage));
        }
        BypassTarget::Stage(_) => {}
        BypassTarget::Plugin(name) => {
            let rollout = active.rollout.as_ref();
            let candidate = rollout.map(|rollout| &rollout.candidate.pipelines);
            let known: BTreeSet<String> = [Some(pipelines), candidate]
                .into_iter()
                .flatten()
                .flat_map(|pipelines| pipelines.plugins())
                .map(|plugin| plugin.name().to_owned())
                .collect();
            if !known.contains(name) {
                return Err(BypassError::UnknownPlugin {
                    name: name.clone(),
                    known: known.into_iter().collect(),
                });
            }
        }
    }
    let duration = bypass.until.duration_since(bypass.since);
    let span = |seconds: Seconds| SignedDuration::from_secs(seconds.0.into());
    match (span(MIN_DURATION)..=span(MAX_DURATION)).contains(&duration) {
        true => Ok(()),
        false => Err(BypassError::Duration),
    }
}

impl DeskCore {
    /// Write the end of a company's bypasses that are over. Returns when to
    /// call this again.
    pub(crate) fn end_bypasses(
        &self,
        company: CompanyId,
        state: &CompanyState,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let next = state.directives.bypasses().next_end()?;
        if next > now {
            return Some(next);
        }
        let changing = state.directives.changing.lock();
        let mut all = Bypasses::clone(&state.directives.bypasses());
        for over in all.over(now) {
            let notes = vec![note(&end_event(&over, BypassEnd::Expired, None), now)];
            let name = bypass_name(&over.what);
            if let Err(error) = self.journal.remove_directive(company, &name, notes, None) {
                // It no longer holds; only the history lacks its end.
                tracing::error!(%error, "cannot write the end of a bypass; trying again");
                return now.checked_add(RETRY).ok();
            }
            all.lift(&over.what);
        }
        let next = all.next_end();
        state.directives.set_bypasses(all);
        drop(changing);
        self.notify_listeners(company, false);
        next
    }
}
