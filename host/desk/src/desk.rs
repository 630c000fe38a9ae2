//! The desk: takes deliveries in, has them decided about in order, and keeps
//! what came of it.

mod activating;
mod asking;
mod people;
mod sending;
mod standing;
mod turning;
mod working;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use patchbay_generation::Generation;
use patchbay_journal::{
    Accepted, Arrival, CompanyId, Journal, JournalError, Kind, Ordinal, Purpose, Queued, SealError,
};
use patchbay_model::directory::DirectoryError;
use thiserror::Error;

pub(crate) use activating::obstacles;
pub use activating::{ActivateError, Change, Obstacle};
pub use people::{AgentStatus, QueueStatus};
pub use sending::Waiting;

use crate::assignment::Assignments;
use crate::clock::{Clock, Steady};
use crate::floor::FloorError;
use crate::intake::Delivery;
use crate::memory::AtHand;
use crate::observer::{Observer, Unobserved};
use crate::surge::Surges;
use crate::timers::Timers;
use crate::work::{Lane, Work, WorkList};
use asking::Requests;
use turning::Turning;

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
    /// What time it is. Default: the system's.
    pub clock: Clock,
    /// Who is told what the desk does. Default: nobody.
    pub observer: Arc<dyn Observer>,
}

impl Default for DeskSettings {
    fn default() -> DeskSettings {
        DeskSettings {
            workers: thread::available_parallelism().map_or(2, usize::from),
            patience: Duration::from_secs(10),
            stack: 512 << 10,
            clock: Clock::system(),
            observer: Arc::new(Unobserved),
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
    /// A company's roster or queues cannot be worked with.
    #[error("the floor of {company:?} cannot be set up: {error}")]
    Floor {
        /// The company.
        company: String,
        /// Why.
        error: FloorError,
    },
    /// What the roster was told of an agent is not right.
    #[error(transparent)]
    Agent(#[from] DirectoryError),
    /// The company has no such agent.
    #[error("there is no agent {0:?}")]
    UnknownAgent(String),
    /// What was to be written down could not be.
    #[error(transparent)]
    Act(crate::action::ActError),
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
    assignments: Assignments,
    surges: Surges,
    /// Held while the roster changes, on the floor and in the journal.
    roster: Mutex<()>,
    /// Decisions whose transcript was wanted and not kept.
    unrecorded: AtomicU64,
}

impl Here {
    fn of(generation: Arc<Generation>, assignments: Assignments) -> Here {
        Here {
            generation: RwLock::new(generation),
            assignments,
            surges: Surges::default(),
            roster: Mutex::new(()),
            unrecorded: AtomicU64::new(0),
        }
    }

    fn generation(&self) -> Arc<Generation> {
        let current = self.generation.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }
}

/// Inputs that harm the host.
#[derive(Debug, Default)]
struct Trouble {
    /// No policy sees these again.
    quarantined: HashSet<Ordinal>,
    /// How often deciding about these panicked, in this process.
    panics: HashMap<Ordinal, u32>,
}

type Listener = Box<dyn Fn(News) + Send + Sync>;

/// What was committed, for whoever listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Whose feed has more.
    pub company: CompanyId,
    /// Whether the outbox has more.
    pub outbox: bool,
}

struct Inner {
    journal: Arc<dyn Journal>,
    settings: DeskSettings,
    work: WorkList,
    timers: Timers,
    at_hand: AtHand,
    names: RwLock<HashMap<String, CompanyId>>,
    companies: RwLock<HashMap<CompanyId, Arc<Here>>>,
    /// Held while a company's setup changes.
    changing: Mutex<()>,
    trouble: Mutex<Trouble>,
    requests: Requests,
    next_request: AtomicU64,
    /// Where breakers say that they turned.
    turning: Sender<Turning>,
    listeners: RwLock<Vec<Listener>>,
    clock: Steady,
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
        let clock = Steady::new(settings.clock);
        let now = clock.now();
        let mut open = people::unresolved(&*journal)?;
        for generation in generations {
            let company = journal.company(&generation.company)?;
            names.insert(generation.company.clone(), company);
            let open = open.remove(&company).unwrap_or_default();
            let assignments = people::open(&*journal, company, &generation, &open, now)?;
            let here = Here::of(generation, assignments);
            companies.insert(company, Arc::new(here));
        }
        let (turning, turns) = mpsc::channel();
        let inner = Arc::new(Inner {
            journal,
            settings,
            clock,
            work: WorkList::default(),
            timers: Timers::default(),
            at_hand: AtHand::new(),
            names: RwLock::new(names),
            companies: RwLock::new(companies),
            changing: Mutex::default(),
            trouble: Mutex::default(),
            requests: Requests::default(),
            next_request: AtomicU64::new(1),
            turning,
            listeners: RwLock::default(),
        });
        inner.take_up(None)?;
        for company in inner.all() {
            if let Some(here) = inner.at(company) {
                inner.listen(company, &here.generation());
            }
            inner.settle(company);
        }
        let desk = Desk {
            inner,
            threads: Mutex::default(),
        };
        desk.start(turns)?;
        Ok(desk)
    }

    fn start(&self, turns: Receiver<Turning>) -> Result<(), DeskError> {
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
        let inner = Arc::clone(&self.inner);
        let breakers = thread::Builder::new()
            .name("desk-breakers".to_owned())
            .spawn(move || inner.tell_turns(&turns))
            .map_err(DeskError::Threads)?;
        threads.push(breakers);
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
        let queue = Arc::clone(inner);
        let accepted = inner
            .journal
            .accept_in_order(arrivals, Box::new(move |taken| queue.queue(taken)))?;
        let receipts = interactions.into_iter().zip(accepted);
        Ok(receipts
            .map(|(interaction, accepted)| {
                let status = inner.taken(accepted);
                inner.settings.observer.took_in(company, status);
                Receipt {
                    interaction,
                    status,
                }
            })
            .collect())
    }

    /// The journal's number of a company.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn company(&self, name: &str) -> Result<CompanyId, DeskError> {
        let names = self.inner.names.read();
        let names = names.unwrap_or_else(PoisonError::into_inner);
        let known = names.get(name).copied();
        known.ok_or_else(|| DeskError::UnknownCompany(name.to_owned()))
    }

    /// What time it is at the desk.
    pub fn now(&self) -> Timestamp {
        self.inner.now()
    }

    /// The journal behind it.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.inner.journal
    }

    /// Call this whenever something was committed.
    pub fn on_commit(&self, listener: impl Fn(News) + Send + Sync + 'static) {
        let listeners = &self.inner.listeners;
        listeners
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::new(listener));
    }

    /// Wait until everything that was taken in has been decided about.
    pub fn settled(&self) {
        self.inner.work.drained();
    }

    /// Finish what has begun, and decide nothing more. What was taken in and
    /// not decided about waits in the journal.
    pub fn stop(&self) {
        self.inner.work.close();
        self.inner.timers.close();
        self.inner.requests.refuse_all();
        // It has ended already where nobody hears it.
        let _ = self.inner.turning.send(Turning::Stop);
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
        self.clock.now()
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

    /// In the order of their acceptance, whoever handed them in.
    fn queue(&self, taken: &[Queued]) {
        for input in taken {
            let lane = Lane {
                company: input.company,
                slot: input.slot,
            };
            self.work.push(lane, Work::Input(input.ordinal));
        }
    }

    fn taken(&self, accepted: Accepted) -> ReceiptStatus {
        match accepted {
            Accepted::Taken(message) => {
                let (ordinal, kind) = (message.ordinal, message.kind);
                self.at_hand.keep_input(*message);
                ReceiptStatus::Accepted { ordinal, kind }
            }
            Accepted::Duplicate { ordinal } => ReceiptStatus::Duplicate { ordinal },
            Accepted::Busy { retry_after } => ReceiptStatus::Busy { retry_after },
        }
    }
}
