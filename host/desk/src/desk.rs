//! The desk of all companies of a host: its threads, and the way to its
//! services.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use patchbay_clock::SteadyClock;
use patchbay_events::{AlertEvent, RolloutEndedEvent};
use patchbay_generations::Generation;
use patchbay_generations::activation::{ActivateError, Change};
use patchbay_generations::rollout::{ComparisonQueue, ResumedRollout, RolloutReport};
use patchbay_journal::{
    Acknowledgement, CompactReport, CompanyId, Journal, JournalError, NO_WORDS, Run,
};
use patchbay_records::conversation_cache::ConversationCache;
use patchbay_records::word_index;
use patchbay_word_cache::WordCache;

use crate::company_state::CompanyState;
use crate::desk_core::{CommitNotice, DeskCore};
use crate::desk_error::DeskError;
use crate::dispatch::breaker_message::BreakerMessage;
use crate::dispatch::load::Load;
use crate::dispatch::requests::Requests;
use crate::dispatch::stop_signal::StopSignal;
use crate::dispatch::timers::Timers;
use crate::dispatch::work_list::WorkList;
use crate::intake::delivery::Delivery;
use crate::intake::receipt::Receipt;
use crate::intake::transcript::{Transcript, TranscriptStatus};
use crate::operations::agents::{self, RosterService};
use crate::operations::bypass::BypassService;
use crate::operations::channels::ChannelService;
use crate::operations::contacts::ContactService;
use crate::operations::conversations::ConversationService;
use crate::operations::directives::Directives;
use crate::operations::drain::DrainService;
use crate::operations::files::FileService;
use crate::operations::incidents::IncidentService;
use crate::operations::outbox::OutboxService;
use crate::operations::stateless::StatelessDecider;
use crate::operations::status::StatusService;
use crate::settings::DeskSettings;
use crate::thread_priority;

/// Name of the comparison thread.
const COMPARISONS: &str = "desk-beside";
/// A thread's own stack, in bytes.
const OWN_STACK: usize = 2 << 20;

/// The desk of all companies of a host. Dropping it stops it.
pub struct Desk {
    pub(crate) core: Arc<DeskCore>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("undecided", &self.core.work.undecided())
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// Open the desk: load pending inputs and timers, and start the threads.
    ///
    /// # Errors
    /// When the journal cannot be read, or a thread cannot start.
    pub fn open(
        journal: Arc<dyn Journal>,
        generations: Vec<Arc<Generation>>,
        settings: DeskSettings,
    ) -> Result<Desk, DeskError> {
        Desk::open_with_rollouts(journal, generations, Vec::new(), settings)
    }

    /// Open the desk and resume the rollouts that ran when the host stopped.
    ///
    /// # Errors
    /// As [`open`](Desk::open).
    pub fn open_with_rollouts(
        journal: Arc<dyn Journal>,
        generations: Vec<Arc<Generation>>,
        rollouts: Vec<ResumedRollout>,
        settings: DeskSettings,
    ) -> Result<Desk, DeskError> {
        let mut names = HashMap::new();
        let mut companies = HashMap::new();
        // A start on a full disk serves what it can.
        let run = journal.begin_run();
        let run = run.inspect_err(|error| {
            tracing::warn!(%error, "cannot note that a run began; the time of the last run is not known");
        });
        let run = run.ok();
        let newest = run.and_then(|run| run.newest_time);
        let accepts_clock = settings.accept_clock || settings.clock.is_simulated();
        let newest = newest.filter(|_| !accepts_clock);
        let clock = SteadyClock::new(settings.clock, newest);
        let first_offer = first_offer(run, clock.now());
        let now = clock.now();
        if run.is_some() {
            journal.note_time(now)?;
            journal.set_word_rules(match settings.search.is_on {
                true => word_index::RULES,
                false => NO_WORDS,
            })?;
        }
        let open = agents::open_conversations(&*journal)?;
        for generation in generations {
            let company = journal.company(&generation.company)?;
            names.insert(generation.company.clone(), company);
            let open = open.get(&company).map_or(&[][..], Vec::as_slice);
            let floor = agents::load_floor(
                &*journal,
                company,
                &generation,
                open,
                (first_offer, clock.skipped()),
                now,
            )?;
            let directives = Directives::load(&*journal, company)?;
            let state = CompanyState::new(generation, floor, directives);
            companies.insert(company, Arc::new(state));
        }
        let (breaker_messages, breaker_inbox) = mpsc::channel();
        let words = WordCache::new(settings.search.memory);
        let core = Arc::new(DeskCore {
            journal,
            settings,
            clock,
            first_offer,
            time_watch_stop: StopSignal::default(),
            word_collector_stop: StopSignal::default(),
            work: WorkList::default(),
            timers: Timers::default(),
            cache: ConversationCache::default(),
            words,
            words_wanted: Mutex::default(),
            names: RwLock::new(names),
            companies: RwLock::new(companies),
            changing: Mutex::default(),
            faulty: Mutex::default(),
            requests: Requests::default(),
            next_request: AtomicU64::new(1),
            breaker_messages,
            listeners: RwLock::default(),
            comparisons: ComparisonQueue::default(),
            rollouts: Mutex::default(),
        });
        for rollout in rollouts {
            core.resume_rollout(rollout);
        }
        core.load_pending_work(None)?;
        for company in core.company_ids() {
            if let Some(state) = core.company_state(company) {
                core.subscribe_breakers(company, &state.generation());
                let open = open.get(&company).map_or(&[][..], Vec::as_slice);
                core.rearm_outdated(&state, open);
            }
            core.flush_floor(company);
        }
        drop(open);
        let desk = Desk {
            core,
            threads: Mutex::default(),
        };
        for worker in 0..desk.core.settings.workers {
            desk.spawn(&format!("desk-{worker}"), move |core| {
                thread_priority::lower(thread_priority::DECIDING);
                core.run_worker(worker);
            })?;
        }
        desk.spawn("desk-clocks", |core| core.run_timers())?;
        desk.spawn("desk-time", |core| core.run_time_watch())?;
        desk.spawn(COMPARISONS, |core| core.run_comparisons())?;
        desk.spawn("desk-words", |core| {
            thread_priority::lower(thread_priority::COMPARING);
            core.run_word_collector();
        })?;
        desk.spawn("desk-breakers", move |core| {
            core.run_breaker_events(&breaker_inbox);
        })?;
        Ok(desk)
    }

    fn spawn(
        &self,
        name: &str,
        run: impl FnOnce(&DeskCore) + Send + 'static,
    ) -> Result<(), DeskError> {
        let core = Arc::clone(&self.core);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .stack_size(OWN_STACK + core.settings.stack)
            .spawn(move || run(&core))
            .map_err(DeskError::Threads)?;
        self.threads.lock().push(thread);
        Ok(())
    }

    /// Accept deliveries. Every accepted one is durable when this returns.
    ///
    /// # Errors
    /// [`DeskError`]: none was accepted.
    pub fn accept(
        &self,
        company: &str,
        deliveries: Vec<Delivery>,
    ) -> Result<Vec<Receipt>, DeskError> {
        self.core.accept(company, deliveries)
    }

    /// Accept the words that a service heard in a voice message, as an edit of it.
    ///
    /// # Errors
    /// [`DeskError`]: nothing was accepted.
    pub fn add_transcript(
        &self,
        company: &str,
        transcript: Transcript<'_>,
    ) -> Result<TranscriptStatus, DeskError> {
        self.core.add_transcript(company, transcript)
    }

    /// Actions on conversations, offers and approvals.
    pub fn conversations(&self) -> ConversationService<'_> {
        ConversationService(&self.core)
    }

    /// Incidents.
    pub fn incidents(&self) -> IncidentService<'_> {
        IncidentService(&self.core)
    }

    /// Agents, presence and queues.
    pub fn roster(&self) -> RosterService<'_> {
        RosterService(&self.core)
    }

    /// Merging, splitting and erasing contacts.
    pub fn contacts(&self) -> ContactService<'_> {
        ContactService(&self.core)
    }

    /// Pending deliveries.
    pub fn outbox(&self) -> OutboxService<'_> {
        OutboxService(&self.core)
    }

    /// Receipts, states and quarantined deliveries of channels.
    pub fn channels(&self) -> ChannelService<'_> {
        ChannelService(&self.core)
    }

    /// Files that agents upload for replies.
    pub fn files(&self) -> FileService<'_> {
        FileService(&self.core)
    }

    /// Bypasses of stages and plugins.
    pub fn bypasses(&self) -> BypassService<'_> {
        BypassService(&self.core)
    }

    /// Drains of companies.
    pub fn drains(&self) -> DrainService<'_> {
        DrainService(&self.core)
    }

    /// Figures for monitoring.
    pub fn status(&self) -> StatusService<'_> {
        StatusService(&self.core)
    }

    /// Answers requests without a conversation while a company runs a rollout;
    /// `None` while it runs none.
    pub fn stateless_decider(&self, company: &str, load: Load) -> Option<StatelessDecider> {
        let (_, state) = self.core.company(company).ok()?;
        Some(StatelessDecider {
            rollout: state.rollout()?,
            core: Arc::clone(&self.core),
            has_headroom: load.allows_extras(),
        })
    }

    /// Write the change and switch to its generation.
    ///
    /// # Errors
    /// [`ActivateError`]; then the active generation stays.
    pub fn activate(&self, change: Change) -> Result<(), ActivateError> {
        self.core.activate(change)
    }

    /// The active generation of a company.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn generation(&self, company: &str) -> Result<Arc<Generation>, DeskError> {
        Ok(self.core.company(company)?.1.generation())
    }

    /// The report of a company's running rollout; `None` while it runs none.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn rollout(&self, company: &str) -> Result<Option<RolloutReport>, DeskError> {
        let rollout = self.core.company_state(self.core.company_id(company)?);
        let rollout = rollout.and_then(|state| state.rollout());
        Ok(rollout.map(|rollout| rollout.report()))
    }

    /// When and how a company's last rollout that has ended did; `None` where
    /// none ended after `after`. With `unattended`, only if no rollout began and
    /// no generation was activated since.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn last_rollout_end(
        &self,
        company: &str,
        after: Timestamp,
        unattended: bool,
    ) -> Result<Option<(Timestamp, RolloutEndedEvent)>, DeskError> {
        self.core.last_rollout_end(company, after, unattended)
    }

    /// How a company's rollouts ended, the newest first, before a feed number; each with the
    /// number and time of its entry.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn rollout_ends(
        &self,
        company: &str,
        before: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Timestamp, RolloutEndedEvent)>, DeskError> {
        self.core.rollout_ends(company, before, limit)
    }

    /// Write an alert to a company's feed.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn alert(&self, company: &str, alert: AlertEvent) -> Result<(), DeskError> {
        self.core.alert(company, alert)
    }

    /// Acknowledge an alert. Returns the acknowledgement that counts, which is the first;
    /// `None`: no stored alert has the number.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`], and errors of the journal.
    pub fn acknowledge_alert(
        &self,
        company: &str,
        alert: u64,
        by: &str,
    ) -> Result<Option<Acknowledgement>, DeskError> {
        self.core.acknowledge_alert(company, alert, by)
    }

    /// Make a company known that has no generation yet: callers can read what
    /// the journal has of it, and apply a generation.
    pub fn register(&self, name: &str, company: CompanyId) {
        self.core.names.write().insert(name.to_owned(), company);
    }

    /// The journal's id of a company.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn company(&self, name: &str) -> Result<CompanyId, DeskError> {
        self.core.company_id(name)
    }

    /// The load at this moment; cheap.
    pub fn load(&self) -> Load {
        self.core.load()
    }

    /// The desk's time: never runs back.
    pub fn now(&self) -> Timestamp {
        self.core.now()
    }

    /// The journal.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.core.journal
    }

    /// Delete what was last changed before a time, as
    /// [`compact`](patchbay_journal::Maintenance::compact) does, also from memory.
    ///
    /// # Errors
    /// As `compact`.
    pub fn compact(&self, before: Timestamp) -> Result<CompactReport, JournalError> {
        let deleted = self.core.journal.compact(before);
        // A failure may come after some were deleted.
        if !matches!(&deleted, Ok(report) if report.conversations == 0) {
            self.core.words.forget_deleted();
        }
        deleted
    }

    /// Whether conversations can be searched.
    pub fn is_search_on(&self) -> bool {
        self.core.settings.search.is_on
    }

    /// Call a listener after every commit, on the thread that committed: it
    /// must not block.
    pub fn on_commit(&self, listener: impl Fn(CommitNotice<'_>) + Send + Sync + 'static) {
        self.core.listeners.write().push(Box::new(listener));
    }

    /// Wait until every accepted input is decided.
    pub fn wait_until_idle(&self) {
        self.core.work.drained();
    }

    /// Finish the passes that have begun, and stop. Undecided inputs wait in
    /// the journal; later activations are refused.
    pub fn stop(&self) {
        self.core.work.close();
        // An activation that is being written is complete when this returns.
        drop(self.core.changing.lock());
        self.core.timers.close();
        self.core.time_watch_stop.set();
        self.core.word_collector_stop.set();
        self.core.requests.refuse_all();
        // Fails where the thread has ended already.
        let _ = self.core.breaker_messages.send(BreakerMessage::Stop);
        let threads: Vec<_> = self.threads.lock().drain(..).collect();
        for thread in threads {
            // The workers stand before it in the list and have ended: their
            // decisions are counted.
            if thread.thread().name() == Some(COMPARISONS) {
                self.core.comparisons.close();
            }
            // The panic hook has logged a thread that panicked.
            let _ = thread.join();
        }
        self.core.save_idle_times();
    }
}

/// The first number of a run's offers. Those of different runs never meet: each
/// run has four billion, beyond the numbers that earlier versions made of the
/// time. A run without a number has one made of the time, beyond all others. All
/// are exact in JSON.
fn first_offer(run: Option<Run>, now: Timestamp) -> u64 {
    const NUMBERED: u64 = 1 << 51;
    const TIMED: u64 = 1 << 52;
    const RUN: u64 = 1 << 32;
    match run {
        Some(run) => NUMBERED.saturating_add(run.number.saturating_mul(RUN)),
        None => TIMED.saturating_add(u64::try_from(now.as_microsecond()).unwrap_or(0)),
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop();
    }
}
