//! What is asked by itself, without a conversation at the desk, while a company
//! tries a generation: that takes part as it does at the desk.

use std::sync::Arc;

use patchbay_engine::decision::{Decision, Part};
use patchbay_generation::asked::Inquiry;
use patchbay_generation::decide::{Made, Terms};
use patchbay_model::decision::stage::Stage;
use patchbay_model::input::InputError;
use patchbay_model::outcome::OutcomeKind;

use super::{Desk, Inner};
use crate::load::Load;
use crate::rollout::{Arm, Question, Rollout, Trying};

/// A company that tries a generation.
pub struct OnTrial {
    rollout: Arc<Rollout>,
    inner: Arc<Inner>,
    has_time: bool,
}

impl Desk {
    /// What a company tries, for what is asked by itself while so much is asked
    /// of the host.
    pub fn on_trial(&self, company: &str, load: Load) -> Option<OnTrial> {
        let rollout = self.tried(self.company(company).ok()?)?;
        Some(OnTrial {
            rollout,
            inner: Arc::clone(&self.inner),
            has_time: load.allows_extras(),
        })
    }
}

impl OnTrial {
    /// Answer what is asked: by the generation that is tried, where it decides
    /// for the asker's conversation; and have the other one asked too, where
    /// that is compared.
    ///
    /// # Errors
    /// [`InputError`] where what is asked does not fit the generation.
    pub fn answer(&self, inquiry: &Inquiry, terms: &Terms) -> Result<Made<'_>, InputError> {
        let Rollout {
            control, candidate, ..
        } = &*self.rollout;
        let thread = inquiry.thread();
        let line = &self.inner.beside;
        let trying = Trying::of(&self.rollout, thread.as_bytes(), line, self.has_time);
        let Some(trying) = trying else {
            return control.answer(inquiry, terms);
        };
        let (decides, other) = match trying.arm {
            Arm::Control => (control, candidate),
            Arm::Candidate => (candidate, control),
        };
        // Of what is still being typed nothing is counted: it may come at every
        // keystroke.
        if inquiry.draft.as_ref().is_some_and(|draft| draft.composing) {
            return decides.answer(inquiry, terms);
        }
        let compared = trying.compares().then(|| {
            let by_itself = inquiry.situation(other, terms.now).ok()?.surroundings;
            Some(Question {
                situation: inquiry.situation(decides, terms.now).ok()?,
                stages: match inquiry.draft {
                    Some(_) => [Stage::Tone].into(),
                    None => inquiry.stages.clone(),
                },
                draft: inquiry.draft.clone(),
                bypasses: Arc::clone(&terms.bypasses),
                by_itself: Some(by_itself),
            })
        });
        let made = decides.answer(inquiry, terms)?;
        match found_room(&made.decision) {
            true => trying.decided(&made.decision, compared.flatten()),
            false => trying.found_no_room(),
        }
        Ok(made)
    }
}

fn found_room(decision: &Decision) -> bool {
    let is_overloaded = |part: &Part| part.outcome == OutcomeKind::Overloaded;
    !decision.stamp.plugins.iter().any(is_overloaded)
}
