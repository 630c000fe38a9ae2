//! Asking the policies, and what is kept of their answer.

use std::collections::BTreeSet;

use patchbay_engine::Recording;
use patchbay_engine::decision::Decision;
use patchbay_generations::decide::{Made, DecideOptions};
use patchbay_model::decision::stage::Stage;
use patchbay_model::interaction::Interaction;
use patchbay_model::situation::{DraftAtHand, Situation};

use super::{Pass, Undecided};
use patchbay_records::decisions::{Given, Sources};
use patchbay_generations::rollout::{self, Question};

/// What the policies are asked about, and where its texts are kept.
#[derive(Clone, Debug)]
pub(super) struct Matter {
    pub(super) situation: Situation,
    pub(super) sources: Sources,
}

/// What they decided, and what it was made on.
pub(super) struct Asked<'a> {
    pub(super) made: Made<'a>,
    pub(super) given: Given,
    pub(super) transcript: Kept,
}

impl Asked<'_> {
    pub(super) fn decision(&self) -> &Decision {
        &self.made.decision
    }

    /// Something more was asked because of it, and is in the same record.
    pub(super) fn also(&mut self, other: Asked<'_>) {
        let parts = &mut self.made.decision.stamp.plugins;
        parts.extend(other.made.decision.stamp.plugins);
        let fallbacks = &mut self.made.decision.fallbacks;
        fallbacks.extend(other.made.decision.fallbacks);
        if self.transcript == Kept::NotWanted || other.transcript == Kept::TooLong {
            self.transcript = other.transcript;
        }
    }
}

/// What became of a decision's transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is in the record.
    Yes,
    /// The company's file does not want one of it.
    NotWanted,
    /// It is longer than the company's file allows.
    TooLong,
}

impl Pass<'_> {
    /// Ask the policies.
    pub(super) fn ask(
        &self,
        matter: Matter,
        stages: &BTreeSet<Stage>,
    ) -> Result<Asked<'_>, Undecided> {
        let given = Given::of(&matter.situation, &matter.sources, stages);
        let recording = self.recording(&matter.situation);
        let how = DecideOptions::recording(recording).bypassing(&self.bypasses);
        let compared = self.trying.filter(rollout::RolloutAssignment::compares);
        let question = compared.map(|_| Question {
            situation: matter.situation.clone(),
            stages: stages.clone(),
            draft: None,
            bypasses: self.bypasses.clone(),
            by_itself: None,
        });
        let made = self
            .generation
            .decide_on(matter.situation, stages, &how, self.patience);
        let asked = self.told_room(self.trying.as_ref(), self.asked(made, given))?;
        if let Some(trying) = &self.trying {
            trying.decided(asked.decision(), question);
        }
        Ok(asked)
    }

    /// Ask the policies about a draft.
    pub(super) fn ask_about_draft(
        &self,
        matter: Matter,
        at_hand: DraftAtHand,
    ) -> Result<Asked<'_>, Undecided> {
        let stages = BTreeSet::from([Stage::Tone]);
        let mut given = Given::of(&matter.situation, &matter.sources, &stages);
        given.draft = Some((*at_hand.draft).clone());
        // Nothing is recorded of what is still being typed.
        let recording = match at_hand.composing {
            true => Recording::NONE,
            false => self.recording(&matter.situation),
        };
        let how = DecideOptions::recording(recording).bypassing(&self.bypasses);
        // Of what is still being typed nothing is tried: it may come at every
        // keystroke.
        let trying = self.trying.filter(|_| !at_hand.composing);
        let compared = trying.filter(rollout::RolloutAssignment::compares);
        let question = compared.map(|_| Question {
            situation: matter.situation.clone(),
            stages,
            draft: Some(at_hand.clone()),
            bypasses: self.bypasses.clone(),
            by_itself: None,
        });
        let made = self
            .generation
            .check_on(matter.situation, at_hand, &how, self.patience);
        let asked = self.told_room(trying.as_ref(), self.asked(made, given))?;
        if let Some(trying) = &trying {
            trying.decided(asked.decision(), question);
        }
        Ok(asked)
    }

    /// What is tried hears where there was no room to decide.
    fn told_room<'a>(
        &self,
        trying: Option<&rollout::RolloutAssignment<'_>>,
        asked: Result<Asked<'a>, Undecided>,
    ) -> Result<Asked<'a>, Undecided> {
        if let (Some(trying), Err(Undecided::Overloaded)) = (trying, &asked) {
            trying.found_no_room();
        }
        asked
    }

    fn recording(&self, situation: &Situation) -> Recording {
        let rules = &self.generation.record;
        let about = situation.exchange.as_ref();
        let about = about.map(|exchange| &*exchange.interaction);
        let limit = usize::try_from(rules.limit.0).unwrap_or(usize::MAX);
        Recording {
            answers: true,
            transcript: match rules.records(self.chance(about)) {
                true => limit,
                false => 0,
            },
        }
    }

    /// A number that is evenly spread, and the same whenever it is decided
    /// about the same interaction.
    fn chance(&self, about: Option<&Interaction>) -> u64 {
        let mut hasher = blake3::Hasher::new_derive_key("patchbay 2026 sampled transcripts");
        hasher.update(self.generation.company.as_bytes());
        hasher.update(&[0]);
        hasher.update(about.map_or(&[][..], |about| about.id.as_bytes()));
        let mut first = [0; 8];
        hasher.finalize_xof().fill(&mut first);
        u64::from_le_bytes(first)
    }

    /// What was made, unless the policies' turn did not come; with its
    /// transcripts where they are to be kept.
    fn asked<'a>(&self, mut made: Made<'a>, given: Given) -> Result<Asked<'a>, Undecided> {
        let rules = &self.generation.record;
        self.observer
            .decided(&self.generation.company, &made.decision);
        if made.decision.without_room().is_some() {
            return Err(Undecided::Overloaded);
        }
        let parts = &mut made.decision.stamp.plugins;
        let interaction = made.pass.is_recording();
        let wanted = interaction && rules.keeps(parts.iter().map(|part| part.outcome));
        let limit = usize::try_from(rules.limit.0).unwrap_or(usize::MAX);
        let whole: Option<usize> = parts
            .iter()
            .filter(|part| part.use_number > 0)
            .map(|part| Some(part.transcript.as_ref()?.bytes()))
            .sum();
        let transcript = match (wanted, whole) {
            (false, _) => Kept::NotWanted,
            (true, Some(bytes)) if bytes <= limit => Kept::Yes,
            (true, _) => Kept::TooLong,
        };
        if transcript != Kept::Yes {
            for part in parts {
                part.transcript = None;
            }
        }
        Ok(Asked {
            made,
            given,
            transcript,
        })
    }
}
