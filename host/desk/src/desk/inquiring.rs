//! What is asked by itself, without a conversation at the desk, while a company
//! tries a generation: that takes part as it does at the desk.

use std::sync::Arc;

use patchbay_generations::inquiry::Inquiry;
use patchbay_generations::decide::{Made, RequestContext};
use patchbay_model::decision::stage::Stage;
use patchbay_model::input::InputError;

use super::{Desk, Inner};
use crate::load::Load;
use patchbay_generations::rollout::{Question, Rollout, RolloutAssignment, decides};

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
    /// that is compared. Of what is still being typed nothing is counted: it may
    /// come at every keystroke.
    ///
    /// # Errors
    /// [`InputError`] where what is asked does not fit the generation.
    pub fn answer(&self, inquiry: Inquiry, terms: &RequestContext) -> Result<Made<'_>, InputError> {
        let thread = inquiry.thread();
        let (rollout, line) = (&self.rollout, &self.inner.beside);
        let trying = RolloutAssignment::of(rollout, thread.as_bytes(), line, self.has_time);
        let decides = decides(trying.as_ref(), &rollout.control);
        let situation = inquiry.situation(decides, terms.now)?;
        let Some(trying) = trying.filter(|_| !inquiry.is_typed()) else {
            return Ok(decides.answer_in(situation, &inquiry, terms));
        };
        let inquiry = Arc::new(inquiry);
        let question = trying.compares().then(|| Question {
            situation: situation.clone(),
            stages: match inquiry.draft {
                Some(_) => [Stage::Tone].into(),
                None => inquiry.stages.clone(),
            },
            draft: inquiry.draft.clone(),
            bypasses: Arc::clone(&terms.bypasses),
            by_itself: Some(Arc::clone(&inquiry)),
        });
        let made = decides.answer_in(situation, &inquiry, terms);
        match made.decision.without_room() {
            Some(_) => trying.found_no_room(),
            None => trying.decided(&made.decision, question),
        }
        Ok(made)
    }
}
