//! What the desk holds in memory of one company.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use patchbay_generations::Generation;
use patchbay_generations::activation::LiveReferences;
use patchbay_generations::rollout::Rollout;
use patchbay_journal::Conversation;
use patchbay_model::rollout::RolloutKind;
use patchbay_pass::ClockRulesHistory;
use patchbay_pass::CompanyFloor;
use patchbay_pass::SurgeDetector;
use patchbay_records::conversation_list::ListedConversation;
use patchbay_records::snapshot::{Calendars, Snapshot};

use crate::open_list::OpenList;
use crate::operations::directives::Directives;

/// The generation that decides for a company, and the rollout beside it.
#[derive(Clone, Debug)]
pub(crate) struct ActiveGeneration {
    pub(crate) generation: Arc<Generation>,
    pub(crate) rollout: Option<Arc<Rollout>>,
}

/// The active generation, and the candidate of a canary.
fn deciding_generations(active: &ActiveGeneration) -> Vec<Arc<Generation>> {
    let rollout = active.rollout.iter();
    let canary = rollout.filter(|rollout| rollout.terms.kind == RolloutKind::Canary);
    let candidate = canary.map(|rollout| Arc::clone(&rollout.candidate));
    let active = Arc::clone(&active.generation);
    candidate.chain([active]).collect()
}

/// A company that the desk serves.
#[derive(Debug)]
pub(crate) struct CompanyState {
    active: RwLock<ActiveGeneration>,
    pub(crate) floor: CompanyFloor,
    pub(crate) surges: SurgeDetector,
    /// Held while the roster changes, on the floor and in the journal.
    pub(crate) roster: Mutex<()>,
    pub(crate) directives: Directives,
    pub(crate) clock_rules: Mutex<ClockRulesHistory>,
    pub(crate) open_list: OpenList,
    /// Queues and targets that open work may refer to; `None` until the first
    /// activation since the start.
    live_references: Mutex<Option<LiveReferences>>,
    /// Decisions since the start whose transcript was wanted and not stored.
    pub(crate) unrecorded: AtomicU64,
}

impl CompanyState {
    pub(crate) fn new(
        generation: Arc<Generation>,
        floor: CompanyFloor,
        directives: Directives,
    ) -> CompanyState {
        let active = ActiveGeneration {
            generation,
            rollout: None,
        };
        let mut state = floor.lock();
        for subject in directives.incident_subjects() {
            let note = directives.incident(&subject).unwrap_or_default();
            state.overview.set_closed(&subject, note.closed_at);
        }
        drop(state);
        let mut clock_rules = ClockRulesHistory::default();
        let deciding = deciding_generations(&active);
        clock_rules.set_deciding(deciding.iter(), Timestamp::MIN);
        CompanyState {
            active: RwLock::new(active),
            floor,
            surges: SurgeDetector::default(),
            roster: Mutex::new(()),
            directives,
            clock_rules: Mutex::new(clock_rules),
            open_list: OpenList::default(),
            live_references: Mutex::new(None),
            unrecorded: AtomicU64::new(0),
        }
    }

    pub(crate) fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.active.read().generation)
    }

    pub(crate) fn rollout(&self) -> Option<Arc<Rollout>> {
        self.active.read().rollout.clone()
    }

    pub(crate) fn active(&self) -> ActiveGeneration {
        self.active.read().clone()
    }

    /// Set the generation that decides, and the rollout beside it. Returns
    /// whether other rules apply to a running clock.
    pub(crate) fn set_active(&self, active: ActiveGeneration, now: Timestamp) -> bool {
        let deciding = deciding_generations(&active);
        let changed = self.clock_rules.lock().set_deciding(deciding.iter(), now);
        *self.active.write() = active;
        changed
    }

    /// The hours by which the clocks of a conversation count.
    pub(crate) fn calendars(&self, snapshot: &Snapshot) -> Arc<Calendars> {
        let known = self.clock_rules.lock().hours(snapshot.clock_rules);
        known.unwrap_or_else(|| Arc::clone(&self.generation().surroundings.hours))
    }

    /// A conversation as lists show it.
    pub(crate) fn listed(&self, row: &Conversation, snapshot: &Snapshot) -> ListedConversation {
        let calendars = self.calendars(snapshot);
        ListedConversation::new(row, snapshot, snapshot.hours(&calendars))
    }

    pub(crate) fn live_references(&self) -> Option<LiveReferences> {
        self.live_references.lock().clone()
    }

    pub(crate) fn set_live_references(&self, references: LiveReferences) {
        *self.live_references.lock() = Some(references);
    }
}
