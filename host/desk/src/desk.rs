//! The desk: takes deliveries in, has them decided about in order, and keeps
//! what came of it.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use patchbay_generation::Generation;
use patchbay_journal::{
    Accepted, Arrival, CompanyId, Conflict, Journal, JournalError, Kind, Ordinal, Purpose,
    SealError, Slot,
};
use thiserror::Error;

use crate::intake::Delivery;
use crate::memory::AtHand;
use crate::pass::{Pass, Planned, Undecided};
use crate::timers::Timers;
use crate::work::{Lane, Work, WorkList};

/// Conversations a thread decides about before it commits them together.
const BATCH: usize = 64;
/// Inputs read back at once at a start.
const PAGE: usize = 1_000;
/// Pause after the journal could not, or policies were too busy.
const PAUSE: Duration = Duration::from_millis(200);

/// Panics after which an input is set aside.
const PANICS: u32 = 3;

/// What the operator decides about the desk.
#[derive(Clone, Debug)]
pub struct DeskSettings {
    /// Threads that decide. Default: as many as there are cores.
    pub workers: usize,
    /// How long an input waits for the policies' turn before it goes back to
    /// wait in the inbox. Default 10 s.
    pub patience: Duration,
    /// Bytes of stack a policy may use beside the thread's own.
    pub stack: usize,
    /// Whether every host call of every decision is recorded. Default false.
    pub transcripts: bool,
}

impl Default for DeskSettings {
    fn default() -> DeskSettings {
        DeskSettings {
            workers: thread::available_parallelism().map_or(2, usize::from),
            patience: Duration::from_secs(10),
            stack: 512 << 10,
            transcripts: false,
        }
    }
}

/// Why the desk does not do as asked.
#[derive(Debug, Error)]
pub enum DeskError {
    /// No company of that name.
    #[error("there is no company {0:?}")]
    UnknownCompany(String),
    /// The author was erased: nothing of theirs is taken in any more under
    /// the same address.
    #[error("the author of this interaction was erased")]
    Erased,
    /// The journal could not.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// No thread could be started.
    #[error("cannot start the threads that decide: {0}; try fewer workers")]
    Threads(std::io::Error),
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Id of the interaction.
    pub interaction: String,
    /// What became of it.
    pub status: ReceiptStatus,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// It is on disk and will be decided about.
    Accepted {
        /// Its place in the order of acceptance.
        ordinal: Ordinal,
        /// What it turned out to be: a message whose id is known with another
        /// body is an edit.
        kind: Kind,
    },
    /// The same was delivered before.
    Duplicate {
        /// The first one's place.
        ordinal: Ordinal,
    },
    /// Too much waits already: deliver it again.
    Busy {
        /// When.
        retry_after: Duration,
    },
}

/// A company at the desk.
#[derive(Debug)]
struct Here {
    generation: RwLock<Arc<Generation>>,
}

/// Inputs that harm the host.
#[derive(Debug, Default)]
struct Trouble {
    /// No policy sees these again.
    quarantined: HashSet<Ordinal>,
    /// How often deciding about these panicked, in this process.
    panics: HashMap<Ordinal, u32>,
}

type Listener = Box<dyn Fn(CompanyId) + Send + Sync>;

struct Inner {
    journal: Arc<dyn Journal>,
    settings: DeskSettings,
    work: WorkList,
    timers: Timers,
    at_hand: AtHand,
    names: HashMap<String, CompanyId>,
    companies: HashMap<CompanyId, Here>,
    trouble: Mutex<Trouble>,
    listeners: RwLock<Vec<Listener>>,
    /// The latest time seen, in microseconds: the desk's time never runs back.
    latest: AtomicI64,
}

/// The desk of all companies of a host. Dropping it stops it.
pub struct Desk {
    inner: Arc<Inner>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("undecided", &self.inner.work.undecided())
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// Open the desk: take up what was left undecided, set the clocks that
    /// run, and start the threads that decide.
    ///
    /// # Errors
    /// When the journal cannot be read, or a thread not be started.
    pub fn open(
        journal: Arc<dyn Journal>,
        generations: Vec<Arc<Generation>>,
        settings: DeskSettings,
    ) -> Result<Desk, DeskError> {
        let mut names = HashMap::new();
        let mut companies = HashMap::new();
        for generation in generations {
            let company = journal.company(&generation.company)?;
            names.insert(generation.company.clone(), company);
            let generation = RwLock::new(generation);
            companies.insert(company, Here { generation });
        }
        let inner = Arc::new(Inner {
            journal,
            settings,
            work: WorkList::default(),
            timers: Timers::default(),
            at_hand: AtHand::new(),
            names,
            companies,
            trouble: Mutex::default(),
            listeners: RwLock::default(),
            latest: AtomicI64::new(0),
        });
        inner.take_up()?;
        let desk = Desk {
            inner,
            threads: Mutex::default(),
        };
        desk.start()?;
        Ok(desk)
    }

    fn start(&self) -> Result<(), DeskError> {
        let mut threads = self.threads();
        let own_stack = 2 << 20;
        for number in 0..self.inner.settings.workers {
            let inner = Arc::clone(&self.inner);
            let thread = thread::Builder::new()
                .name(format!("desk-{number}"))
                .stack_size(own_stack + inner.settings.stack)
                .spawn(move || inner.work_off(number))
                .map_err(DeskError::Threads)?;
            threads.push(thread);
        }
        let inner = Arc::clone(&self.inner);
        let clocks = thread::Builder::new()
            .name("desk-clocks".to_owned())
            .spawn(move || inner.ring_clocks())
            .map_err(DeskError::Threads)?;
        threads.push(clocks);
        Ok(())
    }

    /// Take deliveries in. What is answered with is on disk.
    ///
    /// # Errors
    /// [`DeskError`]; then nothing was taken in.
    pub fn accept(
        &self,
        company: &str,
        deliveries: Vec<Delivery>,
    ) -> Result<Vec<Receipt>, DeskError> {
        let id = self.company(company)?;
        let inner = &self.inner;
        let mut interactions = Vec::with_capacity(deliveries.len());
        let mut arrivals = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            arrivals.push(inner.arrival(id, &delivery)?);
            interactions.push(delivery.interaction.id);
        }
        let accepted = inner.journal.accept(arrivals)?;
        let receipts = interactions.into_iter().zip(accepted);
        Ok(receipts
            .map(|(interaction, accepted)| Receipt {
                interaction,
                status: inner.taken(id, accepted),
            })
            .collect())
    }

    /// The journal's number of a company.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn company(&self, name: &str) -> Result<CompanyId, DeskError> {
        let known = self.inner.names.get(name).copied();
        known.ok_or_else(|| DeskError::UnknownCompany(name.to_owned()))
    }

    /// The journal behind it.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.inner.journal
    }

    /// From now on a company decides by this generation; a pass that has begun
    /// ends on the one it began with.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn adopt(&self, generation: Arc<Generation>) -> Result<(), DeskError> {
        let id = self.company(&generation.company)?;
        if let Some(here) = self.inner.companies.get(&id) {
            let mut current = here
                .generation
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            *current = generation;
        }
        Ok(())
    }

    /// Call this whenever something was added to a company's feed.
    pub fn on_commit(&self, listener: impl Fn(CompanyId) + Send + Sync + 'static) {
        let listeners = &self.inner.listeners;
        listeners
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::new(listener));
    }

    /// Inputs and clocks that wait to be decided about or are being decided.
    pub fn undecided(&self) -> usize {
        self.inner.work.undecided()
    }

    /// Conversations with a clock that will ring.
    pub fn clocks(&self) -> usize {
        self.inner.timers.len()
    }

    /// Wait until everything that was taken in has been decided about.
    pub fn settled(&self) {
        self.inner.work.drained();
    }

    /// Who is whom changed, or somebody was erased: what is at hand is let go,
    /// and read anew from the journal.
    pub fn forget(&self) {
        self.inner.at_hand.forget_all();
    }

    /// Finish what has begun, and decide nothing more. What was taken in and
    /// not decided about waits in the journal.
    pub fn stop(&self) {
        self.inner.work.close();
        self.inner.timers.close();
        for thread in self.threads().drain(..) {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Inner {
    /// Now, but never before a time that was seen already.
    fn now(&self) -> Timestamp {
        let now = Timestamp::now().as_microsecond();
        let latest = self.latest.fetch_max(now, Ordering::AcqRel).max(now);
        Timestamp::from_microsecond(latest).unwrap_or(Timestamp::MAX)
    }

    /// What the journal still has to do.
    fn take_up(&self) -> Result<(), JournalError> {
        let mut after = Ordinal::default();
        loop {
            let page = self.journal.pending(after, PAGE)?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.message.ordinal;
            for pending in page {
                let message = pending.message;
                if pending.quarantined {
                    self.trouble().quarantined.insert(message.ordinal);
                }
                let lane = Lane {
                    company: message.company,
                    slot: message.slot,
                };
                // Those of a company that is not here wait until it is.
                if self.companies.contains_key(&message.company) {
                    self.work.push(lane, Work::Input(message.ordinal));
                }
            }
        }
        let mut after = None;
        loop {
            let page = self.journal.due(after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some((last.company, last.id));
            for row in page {
                if self.companies.contains_key(&row.company) {
                    let lane = Lane {
                        company: row.company,
                        slot: Slot::of(row.company, &row.thread),
                    };
                    self.timers.set((lane, row.id), row.due_at);
                }
            }
        }
    }

    fn arrival(&self, company: CompanyId, delivery: &Delivery) -> Result<Arrival, DeskError> {
        let interaction = &delivery.interaction;
        let now = self.now();
        let address = delivery.address();
        let channel = interaction.channel.as_str();
        let contact = match self.at_hand.contact(company, channel, &address) {
            Some(contact) => contact,
            None => {
                let found = self.journal.address(company, channel, &address, now)?;
                self.at_hand
                    .keep_contact(company, channel, &address, found.contact);
                found.contact
            }
        };
        // Its own type writes it: that cannot fail.
        let plain = serde_json::to_vec(interaction).unwrap_or_default();
        let sealed = self
            .journal
            .seal(company, contact, Purpose::Message, &plain)
            .map_err(|error| match error {
                SealError::Erased(_) => DeskError::Erased,
                SealError::Journal(error) => error.into(),
                other => JournalError::Corrupt(other.to_string()).into(),
            })?;
        Ok(Arrival {
            company,
            channel: interaction.channel.clone(),
            account: interaction.account.clone().unwrap_or_default(),
            message: interaction.id.clone(),
            kind: delivery.kind,
            thread: delivery.thread(contact),
            in_reply_to: interaction.in_reply_to.clone(),
            digest: delivery.digest(&plain),
            body: sealed,
            contact: Some(contact),
            received_at: interaction.received_at.unwrap_or(now),
            accepted_at: now,
        })
    }

    fn taken(&self, company: CompanyId, accepted: Accepted) -> ReceiptStatus {
        match accepted {
            Accepted::Taken(taken) => {
                let lane = Lane {
                    company,
                    slot: taken.slot,
                };
                self.work.push(lane, Work::Input(taken.ordinal));
                ReceiptStatus::Accepted {
                    ordinal: taken.ordinal,
                    kind: taken.kind,
                }
            }
            Accepted::Duplicate { ordinal } => ReceiptStatus::Duplicate { ordinal },
            Accepted::Busy { retry_after } => ReceiptStatus::Busy { retry_after },
        }
    }

    /// What the clocks' thread does.
    fn ring_clocks(&self) {
        while let Some(due) = self.timers.due(|| self.now()) {
            for (lane, conversation) in due {
                self.work.push(lane, Work::Ring(conversation));
            }
        }
    }

    /// What each deciding thread does: decide about a batch of conversations,
    /// then commit them together, so that many share one wait for the disk.
    fn work_off(&self, worker: usize) {
        loop {
            let taken = self.work.take(BATCH);
            if taken.is_empty() {
                return;
            }
            let mut planned = Vec::with_capacity(taken.len());
            let mut pause = false;
            for (lane, work) in taken {
                match self.decide(worker, lane, work) {
                    Ok(plan) => planned.push((lane, work, plan)),
                    Err(undecided) => {
                        let again = self.put_off(lane, work, undecided);
                        pause |= again;
                        self.work.give_back(lane, again.then_some(work));
                    }
                }
            }
            pause |= self.commit(planned);
            if pause {
                thread::sleep(PAUSE);
            }
        }
    }

    fn decide(&self, worker: usize, lane: Lane, work: Work) -> Result<Planned, Undecided> {
        let here = self
            .companies
            .get(&lane.company)
            .ok_or(Undecided::Nothing)?;
        let generation = {
            let current = here.generation.read();
            Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
        };
        let pass = Pass {
            journal: &*self.journal,
            at_hand: &self.at_hand,
            generation: &generation,
            company: lane.company,
            now: self.now(),
            patience: self.settings.patience,
            transcripts: self.settings.transcripts,
        };
        match work {
            Work::Ring(conversation) => {
                let decided = catch_unwind(AssertUnwindSafe(|| pass.ring(conversation)));
                decided.unwrap_or(Err(Undecided::Broken))
            }
            Work::Input(ordinal) => {
                let message = self.journal.inputs(lane.company, &[ordinal])?;
                let message = message.into_iter().next().ok_or(Undecided::Nothing)?;
                let quarantined = self.trouble().quarantined.contains(&ordinal);
                let place = u16::try_from(worker).unwrap_or(u16::MAX);
                self.journal.claimed(place, ordinal)?;
                // A defect met by one input must not stop the others.
                let decided = catch_unwind(AssertUnwindSafe(|| pass.input(&message, quarantined)));
                self.journal.released(place)?;
                decided.unwrap_or(Err(Undecided::Broken))
            }
        }
    }

    /// An input broke off with a panic: after as many as would count as
    /// crashes no policy sees it again.
    fn broke_off(&self, work: Work) -> bool {
        tracing::error!(?work, "a decision panicked; the thread goes on");
        let Work::Input(ordinal) = work else {
            return false;
        };
        let mut trouble = self.trouble();
        let panics = trouble.panics.entry(ordinal).or_default();
        *panics += 1;
        if *panics >= PANICS {
            trouble.panics.remove(&ordinal);
            trouble.quarantined.insert(ordinal);
        }
        true
    }

    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether work that came to nothing is to be tried again.
    fn put_off(&self, lane: Lane, work: Work, undecided: Undecided) -> bool {
        match undecided {
            Undecided::Nothing => false,
            Undecided::NotYet(due_at) => {
                if let Work::Ring(conversation) = work {
                    self.timers.set((lane, conversation), due_at);
                }
                false
            }
            Undecided::Overloaded => true,
            Undecided::Broken => self.broke_off(work),
            Undecided::Journal(error) => {
                tracing::error!(%error, "an input waits: the journal cannot be used");
                true
            }
        }
    }

    /// Commit what was decided; whether the journal could not.
    fn commit(&self, planned: Vec<(Lane, Work, Planned)>) -> bool {
        let mut commits = Vec::with_capacity(planned.len());
        let mut decided = Vec::with_capacity(planned.len());
        for (lane, work, Planned { commit, known }) in planned {
            commits.push(commit);
            decided.push((lane, work, known));
        }
        if decided.is_empty() {
            return false;
        }
        let committed = match self.journal.commit_all(commits) {
            Ok(committed) => committed,
            Err(error) => {
                tracing::error!(%error, waiting = decided.len(), "decisions wait: the journal cannot be written");
                // What is at hand is let go with `decided`.
                for (lane, work, _) in decided {
                    self.work.give_back(lane, Some(work));
                }
                return true;
            }
        };
        let mut changed = HashSet::new();
        for ((lane, work, mut known), committed) in decided.into_iter().zip(committed) {
            let left = match committed {
                Ok(committed) => {
                    known.row.sequence = committed.sequence;
                    self.timers.set((lane, known.row.id), known.row.due_at);
                    self.at_hand.put(known);
                    changed.insert(lane.company);
                    None
                }
                Err(Conflict::InputDone(_)) => None,
                // Somebody else moved it on: what is at hand is let go with
                // `known`, and it is decided about again.
                Err(conflict) => {
                    tracing::warn!(%conflict, "a conversation is decided about again");
                    Some(work)
                }
            };
            self.work.give_back(lane, left);
        }
        let listeners = self
            .listeners
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        for company in changed {
            for listener in listeners.iter() {
                listener(company);
            }
        }
        false
    }
}
