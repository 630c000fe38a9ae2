//! What a company's feed says of a rollout.

use jiff::Timestamp;
use patchbay_journal::{Note, RolloutRow};
use patchbay_model::event::{Alert, Event, RolloutCounts, RolloutEnd, RolloutEndedEvent, RolloutEvent};
use patchbay_model::rollout::{Breach, RolloutKind, RolloutTerms};
use patchbay_records::history::note;

use super::{Rollout, Tally};

/// Why a rollout ended.
#[derive(Clone, Debug)]
pub enum Ending<'a> {
    /// An operator ended it, with or without a reason.
    Aborted {
        /// The operator.
        by: &'a str,
        /// The operator's words.
        reason: Option<&'a str>,
    },
    /// The candidate became active.
    Promoted {
        /// The operator.
        by: &'a str,
    },
    /// Another generation became active, or another rollout started.
    Superseded {
        /// The operator.
        by: &'a str,
    },
    /// A bound was exceeded.
    Breached(Breach),
    /// The candidate cannot be built any more; the text says why.
    Unbuildable(&'a str),
}

impl Ending<'_> {
    fn cause(&self) -> RolloutEnd {
        match self {
            Ending::Aborted { .. } => RolloutEnd::Aborted,
            Ending::Promoted { .. } => RolloutEnd::Promoted,
            Ending::Superseded { .. } => RolloutEnd::Superseded,
            Ending::Breached(_) => RolloutEnd::BoundExceeded,
            Ending::Unbuildable(_) => RolloutEnd::Unbuildable,
        }
    }

    /// The alert, where the host ended it and not an operator.
    fn alert(&self, ended: &RolloutEndedEvent) -> Option<Alert> {
        match self {
            Ending::Breached(breach) if ended.kind == Some(RolloutKind::Canary) => {
                Some(Alert::CanaryAborted {
                    generation: ended.generation,
                    control: ended.control,
                    breach: breach.clone(),
                })
            }
            Ending::Unbuildable(_) => Some(Alert::RolloutEnded(Box::new(ended.clone()))),
            _ => None,
        }
    }
}

/// A rollout, running or read from its row, as the feed describes it.
pub struct RolloutView<'a> {
    generation: u64,
    control: u64,
    /// `None` where the row's terms or counts cannot be read.
    details: Option<(&'a RolloutTerms, &'a Tally)>,
}

impl<'a> RolloutView<'a> {
    /// A running rollout.
    pub fn running(rollout: &'a Rollout, tally: &'a Tally) -> RolloutView<'a> {
        RolloutView {
            generation: rollout.candidate.number,
            control: rollout.control.number,
            details: Some((&rollout.terms, tally)),
        }
    }

    /// A rollout as the journal stores it.
    pub fn stored(
        row: &RolloutRow,
        details: Option<(&'a RolloutTerms, &'a Tally)>,
    ) -> RolloutView<'a> {
        RolloutView {
            generation: row.generation,
            control: row.control,
            details,
        }
    }
}

/// The event of a rollout that starts or changes its terms.
pub fn rollout_event(rollout: &Rollout) -> RolloutEvent {
    RolloutEvent {
        generation: rollout.candidate.number,
        control: rollout.control.number,
        kind: rollout.terms.kind,
        share: rollout.terms.share,
        by: rollout.terms.by.clone(),
    }
}

/// The notes of a rollout that ends: its counts, and an alert where the host
/// ended it.
pub fn end_notes(rollout: &RolloutView<'_>, ending: &Ending<'_>, at: Timestamp) -> Vec<Note> {
    let (by, reason) = match ending {
        Ending::Aborted { by, reason } => (Some(*by), reason.map(str::to_owned)),
        Ending::Promoted { by } | Ending::Superseded { by } => (Some(*by), None),
        Ending::Breached(breach) => (None, Some(breach.to_string())),
        Ending::Unbuildable(problem) => (None, Some((*problem).to_owned())),
    };
    let ended = RolloutEndedEvent {
        generation: rollout.generation,
        control: rollout.control,
        kind: rollout.details.map(|(terms, _)| terms.kind),
        share: rollout.details.map(|(terms, _)| terms.share),
        because: ending.cause(),
        by: by.map(str::to_owned),
        reason,
        breach: match ending {
            Ending::Breached(breach) => Some(breach.clone()),
            _ => None,
        },
        counts: rollout.details.map(|(_, tally)| RolloutCounts {
            decisions: tally.candidate.decisions(),
            failed: tally.candidate.failed(),
            compared: tally.compared.decisions,
            agreed: tally.compared.agreed,
        }),
    };
    let alert = ending.alert(&ended).map(Event::Alerted);
    let events = [Event::RolloutEnded(ended)].into_iter().chain(alert);
    events.map(|event| note(&event, at)).collect()
}
