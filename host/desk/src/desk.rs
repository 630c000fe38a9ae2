//! The desk: takes deliveries in, has them decided about in order, and keeps
//! what came of it.

mod accepting;
mod activating;
mod alerting;
mod asking;
mod bypassing;
mod draining;
mod inquiring;
mod judging;
mod orders;
mod people;
mod rolling;
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
use patchbay_generations::Generation;
use patchbay_journal::{CompanyId, Journal, JournalError, Kind, Ordinal};
use patchbay_model::directory::DirectoryError;
use thiserror::Error;

pub use bypassing::BypassError;
pub use draining::Left;
pub use inquiring::OnTrial;
pub use orders::Drain;
pub use people::{AgentStatus, QueueStatus};
pub use sending::Waiting;

use crate::assignment::Assignments;
use crate::clock::{Clock, Steady};
use patchbay_floor::FloorError;
use crate::load::{Load, LoadBounds};
use crate::memory::AtHand;
use crate::observer::{Observer, Unobserved};
use patchbay_generations::rollout::{ComparisonQueue, ResumedRollout, Rollout};
use crate::surge::Surges;
use crate::timers::Timers;
use crate::work::WorkList;
use asking::Requests;
use patchbay_generations::activation_conflicts::LiveReferences;
use orders::Orders;
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
    /// From where on it is busy, and full.
    pub load: LoadBounds,
    /// What people may have asked for at once in one company; further requests
    /// are told to come again. Default 128.
    pub requests: usize,
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
            load: LoadBounds::default(),
            requests: 128,
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
    #[error("{error}")]
    Agent {
        /// Their place among those it was told of, from 0.
        at: usize,
        /// What is not right.
        error: DirectoryError,
    },
    /// The company has no such agent.
    #[error("there is no agent {0:?}")]
    UnknownAgent(String),
    /// What was to be written down could not be.
    #[error(transparent)]
    Act(crate::action::ActError),
    /// The company takes nothing in.
    #[error("{0:?} takes nothing in: an operator drains it; deliver it again later")]
    Draining(String),
    /// Something is not bypassed, or not asked again.
    #[error(transparent)]
    Bypass(#[from] BypassError),
    /// The host stops: what changes a company's setup would not be followed.
    #[error("the host is stopping; nothing was changed")]
    Stopping,
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

/// Name of the thread that decides beside the others.
const BESIDE: &str = "desk-beside";

/// What a company decides by, and what it tries beside that.
#[derive(Clone, Debug)]
struct Deciding {
    generation: Arc<Generation>,
    rollout: Option<Arc<Rollout>>,
}

/// A company at the desk.
#[derive(Debug)]
struct Here {
    deciding: RwLock<Deciding>,
    assignments: Assignments,
    surges: Surges,
    /// Held while the roster changes, on the floor and in the journal.
    roster: Mutex<()>,
    orders: Orders,
    /// What work at hand may be in or for; absent: whatever was before the
    /// start.
    used: Mutex<Option<LiveReferences>>,
    /// Decisions whose transcript was wanted and not kept.
    unrecorded: AtomicU64,
}

impl Here {
    fn of(generation: Arc<Generation>, assignments: Assignments, orders: Orders) -> Here {
        Here {
            deciding: RwLock::new(Deciding {
                generation,
                rollout: None,
            }),
            assignments,
            surges: Surges::default(),
            roster: Mutex::new(()),
            orders,
            used: Mutex::new(None),
            unrecorded: AtomicU64::new(0),
        }
    }

    fn generation(&self) -> Arc<Generation> {
        self.deciding().generation
    }

    fn used(&self) -> Option<LiveReferences> {
        let used = self.used.lock();
        used.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn use_also(&self, used: LiveReferences) {
        let own = self.used.lock();
        *own.unwrap_or_else(PoisonError::into_inner) = Some(used);
    }

    fn deciding(&self) -> Deciding {
        let current = self.deciding.read();
        Deciding::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    fn decide_by(&self, deciding: Deciding) {
        let current = self.deciding.write();
        *current.unwrap_or_else(PoisonError::into_inner) = deciding;
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
    /// What waits to be decided by a generation that has no say.
    beside: ComparisonQueue,
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
        Desk::open_trying(journal, generations, Vec::new(), settings)
    }

    /// The same, going on with what was tried when the host stopped.
    ///
    /// # Errors
    /// As [`open`](Desk::open).
    pub fn open_trying(
        journal: Arc<dyn Journal>,
        generations: Vec<Arc<Generation>>,
        on_trial: Vec<ResumedRollout>,
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
            let orders = Orders::read_back(&*journal, company)?;
            let here = Here::of(generation, assignments, orders);
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
            beside: ComparisonQueue::default(),
        });
        for resumed in on_trial {
            inner.resume(resumed);
        }
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
        let beside = thread::Builder::new()
            .name(BESIDE.to_owned())
            .stack_size(own_stack + inner.settings.stack)
            .spawn(move || inner.decide_beside())
            .map_err(DeskError::Threads)?;
        threads.push(beside);
        let inner = Arc::clone(&self.inner);
        let breakers = thread::Builder::new()
            .name("desk-breakers".to_owned())
            .spawn(move || inner.tell_turns(&turns))
            .map_err(DeskError::Threads)?;
        threads.push(breakers);
        Ok(())
    }

    /// How much is asked of the desk at this moment. Quick to tell.
    pub fn load(&self) -> Load {
        self.inner.load()
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
    /// not decided about waits in the journal. No company decides by another
    /// setup from then on.
    pub fn stop(&self) {
        self.inner.work.close();
        // A change that is being written is whole when this returns.
        drop(self.inner.changing.lock());
        self.inner.timers.close();
        self.inner.requests.refuse_all();
        // It has ended already where nobody hears it.
        let _ = self.inner.turning.send(Turning::Stop);
        for thread in self.threads().drain(..) {
            // Those that decide have ended by then: what they did is counted.
            if thread.thread().name() == Some(BESIDE) {
                self.inner.beside.close();
            }
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
    fn load(&self) -> Load {
        let (waiting, waited) = self.work.line();
        self.settings.load.load(waiting, waited)
    }

    /// Now, but never before a time that was seen already.
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
