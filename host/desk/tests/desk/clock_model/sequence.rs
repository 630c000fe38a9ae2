//! One random sequence: each round happens at a desk and at the oracles of its
//! conversations, and then both say the same.

use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use patchbay_clock::{Clock, SteppedClock};
use patchbay_desk::{Delivery, Desk, DeskSettings, LoadBounds};
use patchbay_events::EventKind;
use patchbay_journal::{Conversation, Entry};
use patchbay_model::directory::Presence;
use patchbay_records::conversation_reader::read_snapshot;
use patchbay_records::snapshot::Snapshot;

use super::calendar::Calendar;
use super::coverage::Coverage;
use super::customer::{Customer, Thread};
use super::oracle::{MAX_BACKDATING, Oracle, Phase};
use super::terms::{QueueTerms, calendars, generation, random_terms};
use crate::floor::sign_in;
use crate::office::{head, journal, northwind};

/// Wednesday before the clocks of Europe change.
const START: &str = "2026-03-25T10:00:00Z";
/// Rounds of one sequence. Each sequence begins with an empty journal.
const ROUNDS: u64 = 60;
const MAX_CUSTOMERS: usize = 32;
/// Most deliveries of one customer in one round.
const MAX_DELIVERIES: usize = 2;
/// How far ahead a deadline is compared, in minutes.
pub(super) const HORIZON: i64 = 14 * 24 * 60;
/// A resolved conversation reopens within this time, in minutes.
const REOPEN: i64 = 72 * 60;

pub(super) struct Sequence {
    seed: u64,
    pub(super) rng: Rng,
    place: tempfile::TempDir,
    pub(super) clock: SteppedClock,
    /// `None` while it restarts.
    pub(super) desk: Option<Desk>,
    pub(super) calendars: Vec<Rc<Calendar>>,
    pub(super) terms: QueueTerms,
    /// Number of the last activated generation; 0: none.
    pub(super) generation: u64,
    /// Minutes since 1970.
    pub(super) now: i64,
    /// How far the wall clock was set back, in minutes.
    pub(super) behind: i64,
    pub(super) customers: Vec<Customer>,
    names: u64,
    /// Number of the last entry of the feed that was read.
    read: u64,
    pub(super) coverage: Coverage,
    trace: Vec<(Option<usize>, String)>,
}

pub(super) fn minute(at: Timestamp) -> i64 {
    assert_eq!(at.as_second() % 60, 0, "{at} is no whole minute");
    at.as_second() / 60
}

pub(super) fn time(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).expect("in range")
}

/// A directory in memory where the machine has one.
fn place() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a place")
}

impl Sequence {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let start: Timestamp = START.parse().expect("a time");
        let calendars = calendars();
        let terms = random_terms(&mut rng, &calendars);
        let customers = rng.usize(1..=MAX_CUSTOMERS);
        let mut sequence = Self {
            seed,
            rng,
            place: place(),
            clock: SteppedClock::new(start),
            desk: None,
            calendars,
            terms,
            generation: 0,
            now: minute(start),
            behind: 0,
            customers: (0..customers).map(Customer::new).collect(),
            names: 0,
            read: 0,
            coverage: Coverage::default(),
            trace: Vec::new(),
        };
        sequence.note(None, sequence.written_terms());
        sequence.open();
        sign_in(sequence.desk(), &["ana"]);
        // Nothing is offered to an agent who is busy.
        let roster = sequence.desk().roster();
        let set = roster.set_presence("northwind", "ana", Presence::Busy);
        set.expect("present");
        sequence
    }

    pub(super) fn run(&mut self) {
        for _ in 0..ROUNDS {
            self.round();
        }
    }

    pub(super) fn desk(&self) -> &Desk {
        self.desk.as_ref().expect("open")
    }

    pub(super) fn open(&mut self) {
        let settings = DeskSettings {
            workers: 1,
            load: LoadBounds {
                // How long work waits in real time means nothing here.
                busy_after: Duration::MAX,
                full_after: Duration::MAX,
                ..LoadBounds::default()
            },
            clock: Clock::stepped(self.clock),
            ..DeskSettings::default()
        };
        let company = generation(self.generation.max(1), &self.terms);
        let desk = Desk::open(journal(self.place.path()), vec![company], settings);
        self.desk = Some(desk.expect("a desk"));
    }

    /// Note what happens about a customer, or about the whole company.
    pub(super) fn note(&mut self, who: Option<usize>, what: String) {
        self.trace.push((who, format!("{} {what}", time(self.now))));
    }

    /// A name that was not used yet.
    pub(super) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// Fail, with what happened about a customer.
    pub(super) fn fail(&self, who: Option<usize>, what: &str) -> ! {
        let mut trace = String::new();
        for (about, what) in &self.trace {
            if about.is_none() || who.is_none() || *about == who {
                trace += what;
                trace += "\n";
            }
        }
        let author = who.map(|who| self.customers[who].author.as_str());
        panic!("seed {}, {author:?}: {what}\n{trace}", self.seed);
    }

    /// Some time, perhaps an act of the operator, and then acts of the customers
    /// and their agents.
    fn round(&mut self) {
        if self.rng.u8(..4) > 0 {
            let minutes = self.some_time();
            self.advance(minutes);
        }
        match self.rng.u8(..16) {
            0 | 1 => self.apply(),
            2 => self.restart(),
            3 => self.set_back(),
            _ => {}
        }
        let mut plans = Vec::new();
        for who in 0..self.customers.len() {
            let is_begun = self.customers[who].thread.is_some();
            if is_begun && self.rng.u8(..5) < 2 {
                plans.extend(self.plan(who));
            }
        }
        if !plans.is_empty() {
            self.perform(plans);
        }
        let mut deliveries = Vec::new();
        for who in 0..self.customers.len() {
            self.deliver_some(who, &mut deliveries);
        }
        if !deliveries.is_empty() {
            let accepted = self.desk().accept("northwind", deliveries);
            accepted.expect("taken in");
            self.desk().wait_until_idle();
        }
        self.compare();
    }

    /// What the channel delivers of one customer in the batch of a round.
    fn deliver_some(&mut self, who: usize, deliveries: &mut Vec<Delivery>) {
        for number in 0..self.rng.usize(0..=MAX_DELIVERIES) {
            let is_begun = self.customers[who].thread.is_some();
            deliveries.extend(match self.rng.u8(..60) {
                0..=29 => Some(self.write(who)),
                _ if !is_begun => Some(self.write(who)),
                30..=38 => self.edit(who),
                39..=43 if number == 0 => self.delete(who),
                39..=48 => self.echo(who),
                49..=51 => self.echo_sent(who),
                52..=54 => self.send_automatic(who),
                _ => self.echo_reply(who),
            });
        }
    }

    /// Minutes: few, many, or until about a deadline.
    pub(super) fn some_time(&mut self) -> i64 {
        let who = self.rng.usize(..self.customers.len());
        let thread = self.customers[who].thread.as_ref();
        let next = thread.and_then(|thread| thread.oracle.next_due(HORIZON));
        let next = next.map(|due| due - self.now);
        match (self.rng.u8(..10), next) {
            (0..=2, _) => self.rng.i64(1..10),
            (3, _) => self.rng.i64(10..200),
            (4, _) => self.rng.i64(200..2_000),
            (_, Some(next)) => (next + self.rng.i64(-1..=1)).max(1),
            (_, None) => self.rng.i64(1..100),
        }
    }

    /// Let time pass at a desk that runs; sometimes the wall clock jumps
    /// instead.
    fn advance(&mut self, minutes: i64) {
        if self.behind == 0 && self.rng.u8(..20) == 0 {
            self.note(None, format!("the wall clock jumps {minutes} min"));
            self.coverage.count_step("clock forward");
            self.clock.jump(SignedDuration::from_mins(minutes));
        } else {
            self.note(None, format!("{minutes} min pass"));
            self.coverage.count("time passes");
            let seconds = u64::try_from(minutes * 60).expect("forward");
            self.clock.advance(Duration::from_secs(seconds));
        }
        self.pass(minutes);
        self.compare();
    }

    /// Time passes at the oracles.
    pub(super) fn pass(&mut self, minutes: i64) {
        self.now += minutes;
        for customer in &mut self.customers {
            if let Some(thread) = &mut customer.thread {
                thread.oracle.advance(self.now);
            }
        }
    }

    /// The row of a customer's conversation.
    pub(super) fn row(&self, who: usize) -> Conversation {
        let thread = self.customers[who].thread.as_ref();
        let id = thread.and_then(|thread| thread.id).expect("decided");
        let desk = self.desk();
        let row = desk.journal().conversation(northwind(desk), id);
        row.expect("readable").expect("there")
    }

    pub(super) fn snapshot(&self, who: usize) -> Snapshot {
        read_snapshot(&self.row(who)).expect("readable")
    }

    pub(super) fn oracle(&mut self, who: usize) -> &mut Oracle {
        self.customers[who].oracle()
    }

    /// Whether the next message of a customer begins a conversation.
    pub(super) fn begins(&self, who: usize) -> bool {
        let thread = self.customers[who].thread.as_ref();
        let is_late = |at| self.now - at > REOPEN;
        thread.is_none_or(|thread| {
            let oracle = &thread.oracle;
            oracle.phase == Phase::Resolved && oracle.resolved_at.is_some_and(is_late)
        })
    }

    /// Begin a conversation of a customer, in the default queue, with a message
    /// that the channel dates so.
    pub(super) fn begin(&mut self, who: usize, written: i64) {
        let terms = self.terms[super::terms::QUEUES[0]].clone();
        let created = written.clamp(self.now - MAX_BACKDATING, self.now);
        let mut oracle = Oracle::new(created, terms);
        oracle.advance(self.now);
        self.customers[who].thread = Some(Thread::new(oracle));
    }

    /// The entries of the feed since the last call. Each begun conversation
    /// learns its id.
    pub(super) fn read_feed(&mut self) -> Vec<Entry> {
        let desk = self.desk();
        let page = desk.journal().feed(northwind(desk), self.read, 100_000);
        let entries = page.expect("readable").entries;
        self.read = entries.last().map_or(self.read, |entry| entry.feed);
        for entry in &entries {
            if entry.kind == EventKind::Received as u16 {
                let message = &head(entry)["interaction"];
                let mut threads = self
                    .customers
                    .iter_mut()
                    .filter_map(|one| one.thread.as_mut());
                let begun = threads
                    .find(|thread| thread.id.is_none() && *message == *thread.messages[0].id);
                if let Some(begun) = begun {
                    begun.id = entry.conversation;
                }
            }
        }
        entries
    }
}
