//! Events of rollouts for a company's feed.

use jiff::Timestamp;
use patchbay_events::{
    AlertEvent, Event, RolloutCounts, RolloutEnd, RolloutEndedEvent, RolloutEvent,
};
use patchbay_journal::Note;
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
        /// As the operator wrote it.
        reason: Option<&'a str>,
    },
    /// This operator made the candidate active.
    Promoted(&'a str),
    /// This operator activated another generation, or started another rollout.
    Superseded(&'a str),
    /// A bound was exceeded.
    Breached(Breach),
    /// The candidate cannot be built any more; the text says why.
    Unbuildable(&'a str),
}

impl Ending<'_> {
    /// The alert, where the host ended it and not an operator.
    fn alert(&self, ended: &RolloutEndedEvent) -> Option<AlertEvent> {
        match self {
            Ending::Breached(breach) if ended.kind == Some(RolloutKind::Canary) => {
                Some(AlertEvent::CanaryAborted {
                    generation: ended.generation,
                    control: ended.control,
                    breach: breach.clone(),
                })
            }
            Ending::Unbuildable(_) => Some(AlertEvent::RolloutEnded(Box::new(ended.clone()))),
            _ => None,
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
/// ended it. `details` is `None` where the stored ones cannot be read.
pub(super) fn end_notes(
    generation: u64,
    control: u64,
    details: Option<(&RolloutTerms, &Tally)>,
    ending: &Ending<'_>,
    at: Timestamp,
) -> Vec<Note> {
    let ended = ended_event(generation, control, details, ending);
    let alert = ending.alert(&ended).map(Event::Alerted);
    let events = [Event::RolloutEnded(ended)].into_iter().chain(alert);
    events.map(|event| note(&event, at)).collect()
}

/// The event of a rollout that ends. `details` is `None` where the stored ones
/// cannot be read.
pub(super) fn ended_event(
    generation: u64,
    control: u64,
    details: Option<(&RolloutTerms, &Tally)>,
    ending: &Ending<'_>,
) -> RolloutEndedEvent {
    let (because, by, reason) = match ending {
        Ending::Aborted { by, reason } => {
            (RolloutEnd::Aborted, Some(*by), reason.map(str::to_owned))
        }
        Ending::Promoted(by) => (RolloutEnd::Promoted, Some(*by), None),
        Ending::Superseded(by) => (RolloutEnd::Superseded, Some(*by), None),
        Ending::Breached(breach) => (RolloutEnd::BoundExceeded, None, Some(breach.to_string())),
        Ending::Unbuildable(problem) => {
            (RolloutEnd::Unbuildable, None, Some((*problem).to_owned()))
        }
    };
    RolloutEndedEvent {
        generation,
        control,
        kind: details.map(|(terms, _)| terms.kind),
        share: details.map(|(terms, _)| terms.share),
        because,
        by: by.map(str::to_owned),
        reason,
        breach: match ending {
            Ending::Breached(breach) => Some(breach.clone()),
            _ => None,
        },
        counts: details.map(|(_, tally)| RolloutCounts {
            decisions: tally.candidate.decisions(),
            failed: tally.candidate.failed(),
            compared: tally.compared.decisions,
            agreed: tally.compared.agreed,
        }),
    }
}
