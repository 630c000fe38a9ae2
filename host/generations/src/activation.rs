//! Activation: store that a company switches to another generation.

mod conflicts;
mod live_desk;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_events::{ActivationCause, Event, GenerationActivatedEvent};
use patchbay_floor::FloorError;
use patchbay_journal::{
    Activation, AuditEntry, CompanyId, Journal, JournalError, NewGeneration, StateCopy,
};
use patchbay_records::history::note;
use thiserror::Error;

use crate::Generation;
use crate::rollout::store;

pub use conflicts::{ActivationConflict, LiveReferences};
pub(crate) use conflicts::{ProvidedReferences, activation_conflicts, lost_retries, open_queues};
pub use live_desk::LiveDesk;

/// A request to activate a generation. [`ActivationCause::Promoted`] activates
/// only the running rollout's candidate, and only while it is within its bounds.
#[derive(Debug)]
pub struct Change {
    /// The generation to activate.
    pub generation: Arc<Generation>,
    /// Its row, where the journal does not hold it yet.
    pub new: Option<NewGeneration>,
    /// The generation the caller believes is active; `None` when there is none.
    /// Another active generation refuses the change.
    pub expected: Option<u64>,
    /// Who asked, for the feed.
    pub by: String,
    /// Why.
    pub because: ActivationCause,
    /// Removed queue → queue that takes its waiting conversations, in addition
    /// to `moved-to` of the company file.
    pub moved: BTreeMap<String, String>,
    /// Audit entry; `None` when the host itself activates.
    pub audit: Option<AuditEntry>,
}

/// Why a generation was not activated. The active generation is unchanged.
#[derive(Debug, Error)]
pub enum ActivateError {
    /// Open work refers to a queue or target that the generation lacks.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Conflicts(Vec<ActivationConflict>),
    /// The journal failed, or another generation became active meanwhile.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The generation is no longer a candidate, or its canary is past a bound.
    #[error("generation {0} is no longer a candidate, or its canary is past a bound")]
    NotACandidate(u64),
    /// The company's agents and queues do not fit together.
    #[error("cannot load the agents and queues of {company:?}: {error}")]
    Floor {
        /// Name of the company.
        company: String,
        /// What does not fit.
        error: FloorError,
    },
    /// The host is shutting down.
    #[error("the host is stopping; nothing was changed")]
    Stopping,
    /// The desk does not know the company.
    #[error("there is no company {0:?}")]
    UnknownCompany(String),
}

impl Change {
    /// Write the change in one transaction, or nothing of it. The next start
    /// activates the generation. `references` skips the scan of open work
    /// where the generation has every queue and target that work may use.
    pub fn write(
        self,
        references: Option<&LiveReferences>,
        journal: &dyn Journal,
        before: Option<&Generation>,
        now: Timestamp,
    ) -> Result<(CompanyId, Arc<Generation>), ActivateError> {
        let next = self.generation;
        let company = journal.company(&next.company)?;
        let provided = ProvidedReferences::of(&next);
        let conflicts = activation_conflicts(journal, company, references, &provided)?;
        if !conflicts.is_empty() {
            return Err(ActivateError::Conflicts(conflicts));
        }
        let mut notes = store::end_by_activation(journal, company, next.number, &self.by, now)?;
        let activated = Event::GenerationActivated(GenerationActivatedEvent {
            generation: next.number,
            before: self.expected,
            by: self.by,
            because: self.because,
        });
        notes.push(note(&activated, now));
        let activation = Activation {
            number: next.number,
            expected: self.expected,
            copies: state_copies(before, &next),
            moved: self.moved,
            notes,
        };
        journal.put_generation(company, self.new, Some(activation), now, self.audit)?;
        Ok((company, next))
    }
}

/// State to copy to a plugin's newer state version.
fn state_copies(before: Option<&Generation>, next: &Generation) -> Vec<StateCopy> {
    let changed = next.state_from.iter().filter_map(|(plugin, reads)| {
        let (from, to) = (before?.state_version(plugin)?, next.state_version(plugin)?);
        (from != to && reads.contains(&from)).then(|| StateCopy {
            plugin: plugin.clone(),
            from,
            to,
        })
    });
    changed.collect()
}
