//! Trying a generation on live traffic: beginning and ending it, the thread
//! that decides beside the others, and taking back a canary that does worse.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use patchbay_generation::Generation;
use patchbay_journal::{AuditEntry, CompanyId, Journal, JournalError, Note, RolloutRow};
use patchbay_model::rollout::{RolloutKind, RolloutTerms};
use serde_json::{Value, json};
use thiserror::Error;

use super::{Deciding, Desk, DeskError, Here, Inner};
use crate::history::EntryKind;
use crate::rollout::{Beside, Breach, Next, Rollout, RolloutReport, Tally};

/// How often canaries are judged where nothing else happens.
const TICK: Duration = Duration::from_millis(500);
/// How often what came of them is kept.
const KEEP: Duration = Duration::from_secs(10);
/// By how much the thread that decides beside the others gives way.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Why nothing is tried, or goes on being tried.
#[derive(Debug, Error)]
pub enum RolloutError {
    /// The company tries nothing.
    #[error("the company tries no generation")]
    NothingTried,
    /// It tries another generation.
    #[error(
        "the company tries generation {0} already; end that first (`shadow stop`, `canary promote` or `canary abort`)"
    )]
    Tried(u64),
    /// It is what the company decides by.
    #[error("the company decides by generation {0} already")]
    Active(u64),
    /// The journal would not, or could not.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The company is not here.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// What was tried when the host stopped, ready to go on.
#[derive(Debug)]
pub struct Resumed {
    pub(crate) company: CompanyId,
    pub(crate) control: u64,
    pub(crate) candidate: Arc<Generation>,
    pub(crate) terms: RolloutTerms,
    pub(crate) tally: Tally,
}

/// Why something is tried no more.
#[derive(Clone, Debug)]
pub(crate) enum Ending<'a> {
    /// Somebody ended it, and may have said why.
    Aborted {
        by: &'a str,
        reason: Option<&'a str>,
    },
    /// It went beyond a bound.
    Breached(Breach),
    /// It cannot be built any more.
    Unbuildable(&'a str),
}

impl Ending<'_> {
    fn describe(&self, head: &mut Value) {
        match self {
            Ending::Aborted { by, reason } => {
                head["because"] = "aborted".into();
                head["by"] = json!(by);
                if let Some(reason) = reason {
                    head["reason"] = json!(reason);
                }
            }
            Ending::Breached(breach) => {
                head["because"] = "bound-exceeded".into();
                head["reason"] = breach.to_string().into();
                head["breach"] = json!(breach);
            }
            Ending::Unbuildable(why) => {
                head["because"] = "unbuildable".into();
                head["reason"] = json!(why);
            }
        }
    }
}

/// What the feed says of a generation that is tried.
fn about(generation: u64, control: u64, terms: &RolloutTerms) -> Value {
    json!({
        "generation": generation,
        "control": control,
        "kind": terms.kind,
        "share": terms.share,
    })
}

fn note(kind: EntryKind, head: &Value, at: Timestamp) -> Note {
    Note {
        kind: kind as u16,
        at,
        head: head.to_string(),
    }
}

/// What came of it, in numbers.
fn counts(head: &mut Value, tally: &Tally) {
    head["decisions"] = tally.candidate.decisions().into();
    head["failed"] = tally.candidate.failed().into();
    head["compared"] = tally.compared.decisions.into();
    head["agreed"] = tally.compared.agreed.into();
}

/// What the feed says of what an activation ends.
pub(super) fn ended_by(
    journal: &dyn Journal,
    company: CompanyId,
    next: u64,
    by: &str,
    now: Timestamp,
) -> Result<Vec<Note>, JournalError> {
    let all = journal.rollouts()?.into_iter();
    let ours = all.filter(|(of, _, _)| *of == company);
    let ended = ours.filter_map(|(_, _, row)| {
        let (terms, tally) = read(&row)?;
        let mut head = about(row.generation, row.control, &terms);
        head["because"] = match row.generation == next {
            true => "promoted".into(),
            false => "superseded".into(),
        };
        head["by"] = by.into();
        counts(&mut head, &tally);
        Some(note(EntryKind::RolloutEnded, &head, now))
    });
    Ok(ended.collect())
}

/// What a row says.
pub(crate) fn read(row: &RolloutRow) -> Option<(RolloutTerms, Tally)> {
    let terms = serde_json::from_str(&row.terms).ok()?;
    Some((terms, serde_json::from_str(&row.tally).ok()?))
}

fn row(rollout: &Rollout) -> RolloutRow {
    RolloutRow {
        generation: rollout.candidate.number,
        control: rollout.control.number,
        // Their own types write them: that cannot fail.
        terms: serde_json::to_string(&rollout.terms).unwrap_or_default(),
        tally: rollout.tally().kept(),
    }
}

impl Desk {
    /// Try a generation beside the one the company decides by; or, where that
    /// is tried already, go on by these terms: a shadow may become a canary,
    /// which is counted anew. Kept across restarts.
    ///
    /// # Errors
    /// [`RolloutError`]; then nothing changed.
    pub fn try_out(
        &self,
        candidate: Arc<Generation>,
        terms: RolloutTerms,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError> {
        let inner = &self.inner;
        let _alone = inner.changing.lock();
        let company = self.company(&candidate.company)?;
        let here = inner.here(company)?;
        let deciding = here.deciding();
        let control = Arc::clone(&deciding.generation);
        if control.number == candidate.number {
            return Err(RolloutError::Active(candidate.number));
        }
        let now = inner.now();
        let mut notes = Vec::new();
        let (rollout, kind) = match &deciding.rollout {
            Some(tried) if tried.candidate.number != candidate.number => {
                return Err(RolloutError::Tried(tried.candidate.number));
            }
            Some(tried) if tried.terms.kind == terms.kind => {
                (tried.on(terms), EntryKind::RolloutChanged)
            }
            before => {
                if let Some(tried) = before {
                    let mut head = about(candidate.number, control.number, &tried.terms);
                    head["because"] = "superseded".into();
                    head["by"] = json!(terms.by);
                    counts(&mut head, &tried.tally());
                    notes.push(note(EntryKind::RolloutEnded, &head, now));
                }
                let tally = Tally::default();
                let begun = Rollout::new(company, terms, Arc::clone(&control), candidate, tally);
                (begun, EntryKind::RolloutBegan)
            }
        };
        let (generation, number) = (rollout.candidate.number, control.number);
        let mut head = about(generation, number, &rollout.terms);
        head["by"] = json!(rollout.terms.by);
        notes.push(note(kind, &head, now));
        inner
            .journal
            .put_rollout(company, row(&rollout), notes, Some(audit))?;
        let report = rollout.report();
        inner.try_beside(&here, rollout);
        inner.tell_of(company, false);
        Ok(report)
    }

    /// The generation a company tries.
    pub(crate) fn tried(&self, company: CompanyId) -> Option<Arc<Generation>> {
        let tried = self.inner.at(company)?.deciding().rollout?;
        Some(Arc::clone(&tried.candidate))
    }

    /// How what a company tries stands; none: it tries nothing.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn rollout(&self, company: &str) -> Result<Option<RolloutReport>, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.deciding().rollout.map(|rollout| rollout.report()))
    }

    /// Try it no more; answers how it stood.
    ///
    /// # Errors
    /// [`RolloutError`]; then nothing changed.
    pub fn abort_rollout(
        &self,
        company: &str,
        by: &str,
        reason: Option<&str>,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError> {
        let inner = &self.inner;
        let _alone = inner.changing.lock();
        let here = inner.here(self.company(company)?)?;
        let tried = here.deciding().rollout;
        let tried = tried.ok_or(RolloutError::NothingTried)?;
        let report = tried.report();
        inner.end(&here, &tried, &Ending::Aborted { by, reason }, Some(audit))?;
        Ok(report)
    }
}

impl Inner {
    /// Go on with what was tried when the host stopped. What was tried against
    /// another generation is not.
    pub(super) fn resume(&self, resumed: Resumed) {
        let Some(here) = self.at(resumed.company) else {
            return;
        };
        let control = here.generation();
        if control.number == resumed.control {
            let Resumed {
                company,
                candidate,
                terms,
                tally,
                ..
            } = resumed;
            let rollout = Rollout::new(company, terms, control, candidate, tally);
            self.try_beside(&here, rollout);
        }
    }

    fn try_beside(&self, here: &Here, rollout: Rollout) {
        if rollout.terms.kind == RolloutKind::Canary {
            // What it leaves alone concerns customers.
            self.listen(rollout.company, &rollout.candidate);
        }
        here.decide_by(Deciding {
            generation: Arc::clone(&rollout.control),
            rollout: Some(Arc::new(rollout)),
        });
    }

    /// What the thread that decides beside the others does.
    pub(super) fn decide_beside(&self) {
        give_way();
        let mut beside = Beside::default();
        let mut judged = Instant::now();
        let mut kept = Instant::now();
        loop {
            match self.beside.take(TICK) {
                Next::Closed => return self.judge(true),
                Next::Nothing => {}
                Next::Job(job) => {
                    // A defect met by one comparison must not stop the others.
                    let decided = catch_unwind(AssertUnwindSafe(|| beside.decide(*job)));
                    if decided.is_err() {
                        tracing::error!("a decision beside another panicked; the thread goes on");
                    }
                }
            }
            if judged.elapsed() >= TICK {
                let keeps = kept.elapsed() >= KEEP;
                self.judge(keeps);
                if keeps {
                    kept = Instant::now();
                    beside.keep(|rollout| self.tries(rollout));
                }
                judged = Instant::now();
            }
        }
    }

    fn tries(&self, rollout: &Arc<Rollout>) -> bool {
        let here = self.at(rollout.company);
        let tried = here.and_then(|here| here.deciding().rollout);
        tried.is_some_and(|tried| Arc::ptr_eq(&tried, rollout))
    }

    /// Take back canaries that go beyond their bounds; and keep what came of
    /// everything that is tried.
    fn judge(&self, keeps: bool) {
        for company in self.all() {
            let Some(here) = self.at(company) else {
                continue;
            };
            let Some(tried) = here.deciding().rollout else {
                continue;
            };
            if let Some(breach) = tried.breach() {
                self.take_back(&here, &tried, breach);
            } else if keeps {
                let _alone = self.changing.lock();
                self.save_tally(company);
            }
        }
    }

    fn take_back(&self, here: &Here, tried: &Arc<Rollout>, breach: Breach) {
        let _alone = self.changing.lock();
        if !self.tries(tried) {
            return;
        }
        let generation = tried.candidate.number;
        let company = &tried.candidate.company;
        tracing::warn!(company, generation, %breach, "a canary is taken back");
        let audit = AuditEntry {
            at: Timestamp::now(),
            company: Some(company.clone()),
            actor: "host".to_owned(),
            act: "rollout.aborted".to_owned(),
            details: json!({"generation": generation, "breach": breach}).to_string(),
        };
        let ended = self.end(here, tried, &Ending::Breached(breach), Some(audit));
        if let Err(error) = ended {
            // It is judged again in a moment.
            tracing::error!(company, generation, %error, "a canary that does worse could not be taken back");
        }
    }

    /// Try it no more. Whoever calls this holds `changing`.
    pub(super) fn end(
        &self,
        here: &Here,
        tried: &Rollout,
        ending: &Ending<'_>,
        audit: Option<AuditEntry>,
    ) -> Result<(), JournalError> {
        let (generation, control) = (tried.candidate.number, tried.control.number);
        let mut head = about(generation, control, &tried.terms);
        ending.describe(&mut head);
        counts(&mut head, &tried.tally());
        let now = self.now();
        let mut notes = vec![note(EntryKind::RolloutEnded, &head, now)];
        if let (Ending::Breached(breach), RolloutKind::Canary) = (ending, tried.terms.kind) {
            let alert = json!({"alert": "canary-aborted", "about": {
                "generation": generation, "control": control, "breach": breach}});
            notes.push(note(EntryKind::Alerted, &alert, now));
        }
        self.journal.end_rollout(tried.company, notes, audit)?;
        here.decide_by(Deciding {
            generation: here.generation(),
            rollout: None,
        });
        self.tell_of(tried.company, false);
        Ok(())
    }

    /// Keep what came of what a company tries so far. Whoever calls this holds
    /// `changing`.
    pub(super) fn save_tally(&self, company: CompanyId) {
        let here = self.at(company);
        let Some(tried) = here.and_then(|here| here.deciding().rollout) else {
            return;
        };
        let kept = tried.tally().kept();
        let number = tried.candidate.number;
        if let Err(error) = self.journal.tally_rollout(company, number, kept) {
            tracing::warn!(%error, generation = number, "what came of a trial could not be kept");
        }
    }
}

/// What was tried when the host stopped and cannot be tried any more is ended.
pub(crate) fn end_unbuildable(
    journal: &dyn Journal,
    company: CompanyId,
    row: &RolloutRow,
    why: &str,
    now: Timestamp,
) -> Result<(), JournalError> {
    let mut head = json!({"generation": row.generation, "control": row.control});
    Ending::Unbuildable(why).describe(&mut head);
    let alert = json!({"alert": "rollout-ended", "about": head});
    let notes = vec![
        note(EntryKind::RolloutEnded, &head, now),
        note(EntryKind::Alerted, &alert, now),
    ];
    journal.end_rollout(company, notes, None)?;
    Ok(())
}

/// What this thread does is less urgent than what any other of the host does.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        let own = rustix::thread::gettid();
        if let Err(error) = rustix::process::setpriority_process(Some(own), NICE) {
            tracing::debug!(%error, "what is decided beside the others has the same priority");
        }
    }
}
