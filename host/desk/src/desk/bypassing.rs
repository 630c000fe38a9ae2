//! Taking a stage or a plugin out of a company's decisions for a while.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_journal::{AuditEntry, CompanyId};
use patchbay_model::bypass::{Bypass, Bypassed, Bypasses, LEAST, MOST, USUAL};
use patchbay_model::decision::stage::Stage;
use patchbay_model::duration::Seconds;
use serde_json::json;
use thiserror::Error;

use super::orders::{self, directive, note};
use super::{Desk, DeskError, Here, Inner};
use patchbay_records::history::EntryKind;

/// When the end of a bypass is tried to be written down again.
const AGAIN: Duration = Duration::from_secs(1);

/// Why something is not bypassed, or not asked again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BypassError {
    /// The company asks no such plugin.
    #[error(
        "the company asks no plugin {name:?}; it asks {}, and the stages are classify, route, tone, escalate",
        listed(known)
    )]
    UnknownPlugin {
        /// The name given.
        name: String,
        /// Plugins it asks.
        known: Vec<String>,
    },
    /// The company asks nobody at the stage.
    #[error("the company asks no plugin at stage {0}: there is nothing to bypass")]
    EmptyStage(Stage),
    /// It would last too long or not at all.
    #[error(
        "a bypass lasts {LEAST} to {MOST}; what is to stay out longer goes out of the company file"
    )]
    Lasting,
    /// It is not bypassed.
    #[error("{0} is not bypassed")]
    NotBypassed(Bypassed),
}

fn listed(known: &[String]) -> String {
    match known {
        [] => "none".to_owned(),
        known => known.join(", "),
    }
}

impl Desk {
    /// Take something out of a company's decisions from now on, or say anew
    /// until when it is. A pass that has begun ends as it began.
    ///
    /// # Errors
    /// [`DeskError::Bypass`].
    pub fn bypass(
        &self,
        company: &str,
        bypass: Bypass,
        audit: AuditEntry,
    ) -> Result<(), DeskError> {
        let id = self.company(company)?;
        let inner = &self.inner;
        let here = inner.here(id)?;
        bypassable(&here, &bypass)?;
        let alone = here.orders.changing.lock();
        let alone = alone.unwrap_or_else(PoisonError::into_inner);
        let said = note(
            EntryKind::Bypassed,
            &bypass,
            json!({"by": bypass.by}),
            inner.now(),
        );
        inner
            .journal
            .put_directive(id, directive(&bypass), vec![said], audit)?;
        let mut all = Bypasses::clone(&here.orders.bypasses());
        all.put(bypass);
        here.orders.set_bypasses(all);
        drop(alone);
        inner.tell_of(id, false);
        // Its end is among the timers from now on.
        inner.settle(id);
        Ok(())
    }

    /// From now until when a bypass holds that is ordered now: for as long as is
    /// said, else as long as it does already, else for the usual time.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn bypass_span(
        &self,
        company: &str,
        what: &Bypassed,
        lasting: Option<Seconds>,
    ) -> Result<(Timestamp, Timestamp), DeskError> {
        let now = self.inner.now();
        let after = |span: Seconds| {
            let end = now.checked_add(SignedDuration::from_secs(span.0.into()));
            end.unwrap_or(Timestamp::MAX)
        };
        if let Some(lasting) = lasting {
            return Ok((now, after(lasting)));
        }
        let all = self.bypasses(company)?;
        let present = all.iter().find(|bypass| bypass.what == *what);
        // One that is all but over begins anew.
        let present = present.filter(|bypass| bypass.until > after(LEAST));
        Ok((
            now,
            present.map_or_else(|| after(USUAL), |bypass| bypass.until),
        ))
    }

    /// Ask something again before its time.
    ///
    /// # Errors
    /// [`DeskError::Bypass`].
    pub fn lift_bypass(
        &self,
        company: &str,
        what: &Bypassed,
        by: &str,
        audit: AuditEntry,
    ) -> Result<Bypass, DeskError> {
        let id = self.company(company)?;
        let inner = &self.inner;
        let here = inner.here(id)?;
        let alone = here.orders.changing.lock();
        let alone = alone.unwrap_or_else(PoisonError::into_inner);
        let mut all = here.orders.bypasses().at(inner.now());
        let lifted = all.lift(what);
        let lifted = lifted.ok_or_else(|| BypassError::NotBypassed(what.clone()))?;
        let said = note(
            EntryKind::BypassEnded,
            &lifted,
            json!({"because": "lifted", "by": by}),
            inner.now(),
        );
        let name = orders::name(what);
        inner
            .journal
            .lift_directive(id, &name, vec![said], Some(audit))?;
        let mut all = Bypasses::clone(&here.orders.bypasses());
        all.lift(what);
        here.orders.set_bypasses(all);
        drop(alone);
        inner.tell_of(id, false);
        Ok(lifted)
    }

    /// What a company has bypassed at this moment.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn bypasses(&self, company: &str) -> Result<Arc<Bypasses>, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.bypasses_at(self.inner.now()))
    }
}

fn bypassable(here: &Here, bypass: &Bypass) -> Result<(), BypassError> {
    let generation = here.generation();
    let pipelines = &generation.pipelines;
    match &bypass.what {
        Bypassed::Stage(stage) if pipelines.of(*stage).is_empty() => {
            return Err(BypassError::EmptyStage(*stage));
        }
        Bypassed::Stage(_) => {}
        Bypassed::Plugin(name) => {
            let tried = here.deciding().rollout;
            let tried = tried.as_ref().map(|tried| &tried.candidate.pipelines);
            let all = [Some(pipelines), tried].into_iter().flatten();
            let known: BTreeSet<String> = all
                .flat_map(|pipelines| pipelines.plugins())
                .map(|plugin| plugin.name().to_owned())
                .collect();
            let known: Vec<String> = known.into_iter().collect();
            if !known.contains(name) {
                let name = name.clone();
                return Err(BypassError::UnknownPlugin { name, known });
            }
        }
    }
    let lasts = bypass.until.duration_since(bypass.since);
    let span = |seconds: Seconds| SignedDuration::from_secs(seconds.0.into());
    match (span(LEAST)..=span(MOST)).contains(&lasts) {
        true => Ok(()),
        false => Err(BypassError::Lasting),
    }
}

impl Here {
    /// What is bypassed at a moment.
    pub(super) fn bypasses_at(&self, now: Timestamp) -> Arc<Bypasses> {
        let all = self.orders.bypasses();
        match all.next_end() {
            Some(end) if end <= now => Arc::new(all.at(now)),
            _ => all,
        }
    }
}

impl Inner {
    /// Write down which bypasses of a company are over; when to look again.
    pub(super) fn end_bypasses(
        &self,
        company: CompanyId,
        here: &Here,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let next = here.orders.bypasses().next_end()?;
        if next > now {
            return Some(next);
        }
        let alone = here.orders.changing.lock();
        let alone = alone.unwrap_or_else(PoisonError::into_inner);
        let mut all = Bypasses::clone(&here.orders.bypasses());
        for over in all.over(now) {
            let because = json!({"because": "over"});
            let said = note(EntryKind::BypassEnded, &over, because, now);
            let name = orders::name(&over.what);
            if let Err(error) = self
                .journal
                .lift_directive(company, &name, vec![said], None)
            {
                // It holds no more all the same; only that is not written yet.
                tracing::error!(%error, "that a bypass is over cannot be written down");
                return now.checked_add(AGAIN).ok();
            }
            all.lift(&over.what);
        }
        let next = all.next_end();
        here.orders.set_bypasses(all);
        drop(alone);
        self.tell_of(company, false);
        next
    }
}
