//! What the threads of the desk share.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::Sender;

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use patchbay_clock::SteadyClock;
use patchbay_generations::rollout::ComparisonQueue;
use patchbay_journal::{CompanyId, ConversationId, Journal, JournalError, Ordinal};
use patchbay_records::conversation_cache::ConversationCache;
use patchbay_word_cache::WordCache;

use crate::company_state::CompanyState;
use crate::desk_error::DeskError;
use crate::dispatch::breaker_message::BreakerMessage;
use crate::dispatch::load::Load;
use crate::dispatch::requests::Requests;
use crate::dispatch::stop_signal::StopSignal;
use crate::dispatch::timers::Timers;
use crate::dispatch::work_list::WorkList;
use crate::settings::DeskSettings;

/// Called after a commit. Must not block.
pub(crate) type Listener = Box<dyn Fn(CommitNotice<'_>) + Send + Sync>;

/// A commit happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitNotice<'a> {
    /// The company whose feed has new entries.
    pub company: CompanyId,
    /// Whether its outbox has new items.
    pub outbox: bool,
    /// Threads of the conversations that have new entries; one may occur twice.
    pub threads: &'a [Vec<u8>],
}

/// Inputs that broke a pass.
#[derive(Debug, Default)]
pub(crate) struct FaultyInputs {
    /// No policy is called about these again.
    pub(crate) quarantined: HashSet<Ordinal>,
    /// Panics per input in this process.
    pub(crate) panics: HashMap<Ordinal, u32>,
}

/// What the threads of the desk share.
pub(crate) struct DeskCore {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) settings: DeskSettings,
    pub(crate) work: WorkList,
    pub(crate) timers: Timers,
    pub(crate) cache: ConversationCache,
    /// Words of the conversations that were searched lately.
    pub(crate) words: WordCache,
    /// Companies whose lists are read, and whose words are to be read before they are
    /// searched.
    pub(crate) words_wanted: Mutex<HashSet<CompanyId>>,
    pub(crate) names: RwLock<HashMap<String, CompanyId>>,
    pub(crate) companies: RwLock<HashMap<CompanyId, Arc<CompanyState>>>,
    /// Held while the active generation or the rollout of a company changes.
    pub(crate) changing: Mutex<()>,
    pub(crate) faulty: Mutex<FaultyInputs>,
    pub(crate) requests: Requests,
    pub(crate) next_request: AtomicU64,
    /// Where circuit breakers report that they opened or closed.
    pub(crate) breaker_messages: Sender<BreakerMessage>,
    pub(crate) listeners: RwLock<Vec<Listener>>,
    pub(crate) clock: SteadyClock,
    pub(crate) time_watch_stop: StopSignal,
    pub(crate) word_collector_stop: StopSignal,
    /// The first number of this run's offers, in each company.
    pub(crate) first_offer: u64,
    /// Decisions that the other generation of a rollout repeats.
    pub(crate) comparisons: ComparisonQueue,
    /// Companies with a rollout. One whose rollout has ended stays until the next
    /// check of their bounds.
    pub(crate) rollouts: Mutex<HashSet<CompanyId>>,
}

impl DeskCore {
    pub(crate) fn load(&self) -> Load {
        let (waiting, waited) = self.work.backlog();
        self.settings.load.load(waiting, waited)
    }

    /// Whether decisions without a waiting caller may run.
    pub(crate) fn has_headroom(&self) -> bool {
        self.load().allows_extras()
    }

    /// The time; never before one that was returned already.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn company_id(&self, name: &str) -> Result<CompanyId, DeskError> {
        let known = self.names.read().get(name).copied();
        known.ok_or_else(|| DeskError::UnknownCompany(name.to_owned()))
    }

    /// A company by its name.
    pub(crate) fn company(&self, name: &str) -> Result<(CompanyId, Arc<CompanyState>), DeskError> {
        let id = self.company_id(name)?;
        let state = self.company_state(id);
        let state = state.ok_or_else(|| DeskError::UnknownCompany(name.to_owned()))?;
        Ok((id, state))
    }

    /// A company, if the desk serves it.
    pub(crate) fn company_state(&self, company: CompanyId) -> Option<Arc<CompanyState>> {
        self.companies.read().get(&company).cloned()
    }

    pub(crate) fn company_ids(&self) -> Vec<CompanyId> {
        self.companies.read().keys().copied().collect()
    }

    /// The thread of a conversation.
    pub(crate) fn thread_of(
        &self,
        company: CompanyId,
        conversation: ConversationId,
    ) -> Result<Option<Vec<u8>>, JournalError> {
        let row = self.journal.conversation(company, conversation)?;
        Ok(row.map(|row| row.thread))
    }

    /// Tell the listeners that the feed of a company has new entries, and
    /// whether its outbox has new items.
    pub(crate) fn notify_listeners(&self, company: CompanyId, outbox: bool) {
        self.notify_of_threads(company, outbox, &[]);
    }

    /// [`DeskCore::notify_listeners`], with the threads of the conversations that have
    /// new entries.
    pub(crate) fn notify_of_threads(&self, company: CompanyId, outbox: bool, threads: &[Vec<u8>]) {
        for listener in self.listeners.read().iter() {
            listener(CommitNotice {
                company,
                outbox,
                threads,
            });
        }
    }
}
