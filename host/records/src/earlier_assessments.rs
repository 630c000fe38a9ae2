//! Classifications of the messages before the newest: the customer may take the
//! newest back.

use patchbay_model::decision::classification::Classification;
use serde::{Deserialize, Serialize};

/// Most classifications kept.
const MAX_EARLIER: usize = 4;

/// Classifications of earlier messages that wait for a reply, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EarlierAssessments(Vec<EarlierAssessment>);

/// The classification of one message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct EarlierAssessment {
    /// Ordinal of the interaction.
    of: u64,
    /// Without the policy's texts.
    classification: Classification,
}

impl EarlierAssessments {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Add the one of the message before the newest. Of too many, the oldest
    /// goes.
    pub fn add(&mut self, of: u64, classification: Classification) {
        self.0.insert(0, EarlierAssessment { of, classification });
        self.0.truncate(MAX_EARLIER);
    }

    /// A newer input has the words of a message.
    pub fn renumber(&mut self, before: u64, now: u64) {
        for known in &mut self.0 {
            if known.of == before {
                known.of = now;
            }
        }
    }

    /// Replace the one of a message: its words changed. `None` where no
    /// classifier has an opinion about them.
    pub fn replace(&mut self, of: u64, classification: Option<Classification>) {
        let Some(place) = self.0.iter().position(|known| known.of == of) else {
            return;
        };
        match classification {
            Some(classification) => self.0[place].classification = classification,
            None => drop(self.0.remove(place)),
        }
    }

    /// Take the newest one whose message is among these.
    pub fn take_newest_of(&mut self, present: &[u64]) -> Option<(u64, Classification)> {
        self.0.retain(|known| present.contains(&known.of));
        let newest = (!self.0.is_empty()).then(|| self.0.remove(0))?;
        Some((newest.of, newest.classification))
    }

    /// Remove all: their messages are answered.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
