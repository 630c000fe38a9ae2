//! What a company's feed says of a generation that is tried.

use jiff::Timestamp;
use patchbay_journal::{Note, RolloutRow};
use patchbay_model::rollout::{RolloutKind, RolloutTerms};
use serde_json::{Value, json};

use super::{Breach, Rollout, Tally};
use patchbay_records::history::EntryKind;

/// Why something is tried no more.
#[derive(Clone, Debug)]
pub enum Ending<'a> {
    /// Somebody ended it, and may have said why.
    Aborted {
        by: &'a str,
        reason: Option<&'a str>,
    },
    /// The company decides by it now.
    Promoted { by: &'a str },
    /// The company decides by another now, or tries it in another way.
    Superseded { by: &'a str },
    /// It went beyond a bound.
    Breached(Breach),
    /// It cannot be built any more.
    Unbuildable(&'a str),
}

impl Ending<'_> {
    fn describe(&self, head: &mut Value) {
        let because = match self {
            Ending::Aborted { .. } => "aborted",
            Ending::Promoted { .. } => "promoted",
            Ending::Superseded { .. } => "superseded",
            Ending::Breached(_) => "bound-exceeded",
            Ending::Unbuildable(_) => "unbuildable",
        };
        head["because"] = because.into();
        match self {
            Ending::Aborted { by, reason } => {
                head["by"] = json!(by);
                if let Some(reason) = reason {
                    head["reason"] = json!(reason);
                }
            }
            Ending::Promoted { by } | Ending::Superseded { by } => head["by"] = json!(by),
            Ending::Breached(breach) => {
                head["reason"] = breach.to_string().into();
                head["breach"] = json!(breach);
            }
            Ending::Unbuildable(why) => head["reason"] = json!(why),
        }
    }

    /// The alert that goes with it: nobody was there to end it.
    fn alert(&self, head: &Value, kind: Option<RolloutKind>) -> Option<Value> {
        match self {
            Ending::Breached(breach) if kind == Some(RolloutKind::Canary) => Some(json!({
                "alert": "canary-aborted",
                "about": {
                    "generation": head["generation"],
                    "control": head["control"],
                    "breach": breach,
                },
            })),
            Ending::Unbuildable(_) => Some(json!({"alert": "rollout-ended", "about": head})),
            _ => None,
        }
    }
}

/// What is tried, against what.
pub struct Trial<'a> {
    generation: u64,
    control: u64,
    /// On what terms, and what came of it; absent: they cannot be read any
    /// more.
    known: Option<(&'a RolloutTerms, &'a Tally)>,
}

impl<'a> Trial<'a> {
    /// One that is under way.
    pub fn of(rollout: &'a Rollout, tally: &'a Tally) -> Trial<'a> {
        Trial {
            generation: rollout.candidate.number,
            control: rollout.control.number,
            known: Some((&rollout.terms, tally)),
        }
    }

    /// One the journal keeps.
    pub fn kept(
        row: &RolloutRow,
        known: Option<(&'a RolloutTerms, &'a Tally)>,
    ) -> Trial<'a> {
        Trial {
            generation: row.generation,
            control: row.control,
            known,
        }
    }

    fn describe(&self) -> Value {
        let mut head = json!({"generation": self.generation, "control": self.control});
        if let Some((terms, _)) = self.known {
            head["kind"] = json!(terms.kind);
            head["share"] = json!(terms.share);
        }
        head
    }
}

fn note(kind: EntryKind, head: &Value, at: Timestamp) -> Note {
    Note {
        kind: kind as u16,
        at,
        head: head.to_string(),
    }
}

/// That it is tried, or on other terms.
pub fn began(kind: EntryKind, rollout: &Rollout, at: Timestamp) -> Note {
    let mut head = Trial::of(rollout, &rollout.tally()).describe();
    head["by"] = json!(rollout.terms.by);
    note(kind, &head, at)
}

/// That it is tried no more, what came of it, and the alert where nobody ended
/// it.
pub fn ended(trial: &Trial<'_>, ending: &Ending<'_>, at: Timestamp) -> Vec<Note> {
    let mut head = trial.describe();
    ending.describe(&mut head);
    if let Some((_, tally)) = trial.known {
        head["decisions"] = tally.candidate.decisions().into();
        head["failed"] = tally.candidate.failed().into();
        head["compared"] = tally.compared.decisions.into();
        head["agreed"] = tally.compared.agreed.into();
    }
    let kind = trial.known.map(|(terms, _)| terms.kind);
    let alert = ending.alert(&head, kind);
    let alert = alert.map(|alert| note(EntryKind::Alerted, &alert, at));
    let told = note(EntryKind::RolloutEnded, &head, at);
    [told].into_iter().chain(alert).collect()
}
