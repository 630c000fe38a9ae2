//! What the desk's threads do: take up what was left, decide in batches, commit,
//! ring the clocks.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use patchbay_generations::Generation;
use patchbay_journal::{
    Committed, CompanyId, Conflict, ConversationId, JournalError, Message, Ordinal, Slot,
};

use super::asking::busy;
use super::{Inner, News, Trouble};
use crate::action::{ActError, Done};
use crate::assignment::News as FloorNews;
use crate::memory::Known;
use crate::observer::{CommittedPass, Told, ToldPart};
use crate::pass::{Acted, Planned, Undecided};
use patchbay_generations::rollout::decides;
use crate::work::{Lane, Work};

/// Conversations a thread decides about before it commits them together.
const BATCH: usize = 64;
/// Inputs read back at once at a start.
const PAGE: usize = 1_000;
/// Pause after the journal could not, or policies were too busy.
const PAUSE: Duration = Duration::from_millis(200);
/// Stands among the timers for a company's whole floor.
const FLOOR: ConversationId = ConversationId([0; 16]);
/// Panics after which an input is set aside.
const PANICS: u32 = 3;

impl Inner {
    /// What the journal still has to do, for one company or all that are here.
    pub(super) fn take_up(&self, only: Option<CompanyId>) -> Result<(), JournalError> {
        let is_here = |company: &CompanyId| {
            only.is_none_or(|only| only == *company) && self.at(*company).is_some()
        };
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
                if is_here(&message.company) {
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
                if is_here(&row.company) {
                    let lane = Lane {
                        company: row.company,
                        slot: Slot::of(row.company, &row.thread),
                    };
                    self.timers.set((lane, row.id), row.due_at);
                }
            }
        }
    }

    /// What the clocks' thread does.
    pub(super) fn ring_clocks(&self) {
        while let Some(due) = self.timers.due(|| self.now(), |span| self.clock.real(span)) {
            for (lane, conversation) in due {
                match conversation == FLOOR {
                    true => self.settle(lane.company),
                    false => self.work.push(lane, Work::Ring(conversation)),
                }
            }
        }
    }

    /// Let a company's floor make the offers it can make, and have everything
    /// that happened there written down.
    pub(super) fn settle(&self, company: CompanyId) {
        let Some(here) = self.at(company) else {
            return;
        };
        let now = self.now();
        let (news, next) = here.assignments.room().settle(now);
        let next = next
            .into_iter()
            .chain(self.end_bypasses(company, &here, now))
            .min();
        for (slot, conversation) in news {
            let lane = Lane { company, slot };
            self.work.push(lane, Work::News(conversation));
        }
        let lane = Lane {
            company,
            slot: Slot(0),
        };
        self.timers.set((lane, FLOOR), next);
    }

    /// What each deciding thread does: decide about a batch of conversations,
    /// then commit them together, so that many share one wait for the disk.
    pub(super) fn work_off(&self, worker: usize) {
        loop {
            let taken = self.work.take(BATCH);
            if taken.is_empty() {
                return;
            }
            let companies: HashSet<CompanyId> =
                taken.iter().map(|(lane, _)| lane.company).collect();
            let mut batch = Vec::with_capacity(taken.len());
            // Given back only after the floors were settled: whoever waits for
            // the end of all work sees what that led to.
            let mut done = Vec::with_capacity(taken.len());
            let mut pause = false;
            for (lane, work) in taken {
                match self.decide(worker, lane, work) {
                    Ok(Decided {
                        planned,
                        answer,
                        generation,
                    }) => match planned {
                        Some(planned) => batch.push(Ready {
                            lane,
                            work,
                            planned,
                            answer,
                            generation,
                        }),
                        None => {
                            self.tell_asker(work, answer);
                            done.push((lane, None));
                        }
                    },
                    Err(undecided) => {
                        let again = self.put_off(lane, work, undecided);
                        pause |= again;
                        done.push((lane, again.then_some(work)));
                    }
                }
            }
            pause |= self.commit(batch, &mut done);
            for company in companies {
                self.settle(company);
            }
            for (lane, left) in done {
                self.work.give_back(lane, left);
            }
            if pause {
                thread::sleep(PAUSE);
            }
        }
    }

    fn decide(&self, worker: usize, lane: Lane, work: Work) -> Result<Decided, Undecided> {
        let here = self.at(lane.company).ok_or(Undecided::Nothing)?;
        let deciding = here.deciding();
        let input = match work {
            Work::Input(ordinal) => Some(self.input(lane.company, ordinal)?),
            _ => None,
        };
        let thread = || match work {
            Work::Input(_) => Ok(input.as_ref().map(|input| input.thread.clone())),
            Work::Ring(conversation) | Work::News(conversation) | Work::Act(_, conversation) => {
                self.thread_of(lane.company, conversation)
            }
        };
        let trying = self.trying(&deciding, self.has_time(), thread)?;
        let generation = decides(trying.as_ref(), &deciding.generation);
        let pass = self.pass(&here, generation, trying, lane.company);
        // A defect met by one piece of work must not stop the others.
        match work {
            Work::Ring(conversation) => guarded(generation, || pass.ring(conversation)),
            Work::News(conversation) => guarded(generation, || pass.news(conversation)),
            Work::Act(id, conversation) => {
                let request = self.requests.get(id).ok_or(Undecided::Nothing)?;
                if request.is_late() {
                    // Whoever asked is told so, and tries again: not decided.
                    return Ok(Decided {
                        planned: None,
                        answer: Some(Err(busy())),
                        generation: Arc::clone(generation),
                    });
                }
                let acted = catch_unwind(AssertUnwindSafe(|| {
                    pass.act_on(conversation, &request.actor, &request.action)
                }));
                let Acted { planned, answer } = acted.unwrap_or(Err(Undecided::Broken))?;
                let answer = Some(answer);
                Ok(Decided {
                    planned,
                    answer,
                    generation: Arc::clone(generation),
                })
            }
            Work::Input(ordinal) => {
                let message = input.ok_or(Undecided::Nothing)?;
                let quarantined = self.trouble().quarantined.contains(&ordinal);
                let place = u16::try_from(worker).unwrap_or(u16::MAX);
                self.journal.claimed(place, ordinal)?;
                let decided = guarded(generation, || pass.input(&message, quarantined));
                self.journal.released(place)?;
                decided
            }
        }
    }

    fn input(&self, company: CompanyId, ordinal: Ordinal) -> Result<Message, Undecided> {
        if let Some(message) = self.at_hand.input(ordinal) {
            return Ok(message);
        }
        let read = self.journal.inputs(company, &[ordinal])?;
        read.into_iter().next().ok_or(Undecided::Nothing)
    }

    /// Whether there is time for decisions nobody waits for.
    pub(super) fn has_time(&self) -> bool {
        self.load().allows_extras()
    }

    fn tell_asker(&self, work: Work, answer: Option<Result<Done, ActError>>) {
        if let (Work::Act(id, _), Some(answer)) = (work, answer) {
            self.requests.answer(id, answer);
        }
    }

    /// An input broke off with a panic: after as many as would count as
    /// crashes no policy sees it again.
    fn broke_off(&self, work: Work) -> bool {
        tracing::error!(?work, "a decision panicked; the thread goes on");
        let Work::Input(ordinal) = work else {
            let broken = ActError::Journal("the host broke off; this is a defect".to_owned());
            self.tell_asker(work, Some(Err(broken)));
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
            Undecided::Nothing => {
                self.tell_asker(work, Some(Err(ActError::NobodyToAnswer)));
                false
            }
            Undecided::NotYet(due_at) => {
                if let Work::Ring(conversation) = work {
                    self.timers.set((lane, conversation), due_at);
                }
                false
            }
            Undecided::Overloaded => !self.gave_up(work, busy()),
            Undecided::Broken => self.broke_off(work),
            Undecided::Journal(error) => {
                tracing::error!(%error, "work waits: the journal cannot be used");
                !self.gave_up(work, error.into())
            }
        }
    }

    /// Whether somebody asked for it and has waited long enough; then they are
    /// told why it is not done.
    fn gave_up(&self, work: Work, error: ActError) -> bool {
        let Work::Act(id, _) = work else {
            return false;
        };
        let late = self
            .requests
            .get(id)
            .is_none_or(|request| request.is_late());
        if late {
            self.requests.answer(id, Err(error));
        }
        late
    }

    /// Commit what was decided; whether the journal could not.
    fn commit(&self, batch: Vec<Ready>, done: &mut Vec<(Lane, Option<Work>)>) -> bool {
        if batch.is_empty() {
            return false;
        }
        let mut commits = Vec::with_capacity(batch.len());
        let mut decided = Vec::with_capacity(batch.len());
        for ready in batch {
            let planned = ready.planned;
            let outbox = !planned.commit.outbox.is_empty();
            commits.push(planned.commit);
            decided.push(Uncommitted {
                lane: ready.lane,
                work: ready.work,
                answer: ready.answer,
                generation: ready.generation,
                outbox,
                known: planned.known,
                news: planned.news,
                agents: planned.agents,
                told: planned.told,
            });
        }
        let writing = Instant::now();
        let committed = match self.journal.commit_all(commits) {
            Ok(committed) => committed,
            Err(error) => {
                tracing::error!(%error, waiting = decided.len(), "decisions wait: the journal cannot be written");
                for one in decided {
                    done.push(self.not_committed(&one, &error));
                }
                return true;
            }
        };
        let mut changed: HashMap<CompanyId, bool> = HashMap::new();
        for (one, committed) in decided.into_iter().zip(committed) {
            match committed {
                Ok(committed) => {
                    let outbox = changed.entry(one.lane.company).or_default();
                    *outbox |= one.outbox;
                    self.tell_committed(&one, committed, writing);
                    done.push((one.lane, None));
                    self.is_committed(one, committed.sequence);
                }
                Err(Conflict::InputDone(_)) => done.push((one.lane, None)),
                // Somebody else moved it on: what is at hand is let go, and it
                // is decided about again.
                Err(conflict) => {
                    let company = &one.generation.company;
                    tracing::warn!(company, conversation = %one.known.row.id, %conflict, "a conversation is decided about again");
                    self.settings.observer.overtaken(company);
                    self.tell_again(&one);
                    done.push((one.lane, Some(one.work)));
                }
            }
        }
        for (company, outbox) in changed {
            self.tell_of(company, outbox);
        }
        false
    }

    /// Whoever listens hears that something new is written of a company, and
    /// whether something new is to be sent.
    pub(super) fn tell_of(&self, company: CompanyId, outbox: bool) {
        let listeners = self
            .listeners
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        for listener in listeners.iter() {
            listener(News { company, outbox });
        }
    }

    /// Whoever counts, traces and reads the log hears of a pass that is on disk.
    fn tell_committed(&self, one: &Uncommitted, committed: Committed, writing: Instant) {
        let unrecorded = one.told.unrecorded;
        if unrecorded > 0
            && let Some(here) = self.at(one.lane.company)
        {
            here.unrecorded.fetch_add(unrecorded, Ordering::Relaxed);
        }
        let company = &one.generation.company;
        let conversation = one.known.row.id;
        let pass = CommittedPass {
            company,
            conversation,
            cause: one.work.cause(),
            first_sequence: one.known.row.sequence + 1,
            first_feed: committed.first_feed,
            told: &one.told,
            writing,
        };
        for decision in &one.told.decisions {
            let id = pass.id(decision);
            tracing::debug!(
                company, %conversation, decision = id, kind = decision.kind.as_str(),
                outcome = %decision.outcome, generation = decision.generation, "decided"
            );
            let failed = |part: &&ToldPart| part.outcome.is_failure();
            for part in decision.parts.iter().filter(failed) {
                tracing::warn!(
                    company, %conversation, decision = id, stage = %part.stage,
                    plugin = part.plugin, outcome = %part.outcome, "a policy failed"
                );
            }
        }
        self.settings.observer.committed(&pass);
    }

    fn is_committed(&self, one: Uncommitted, sequence: u64) {
        let mut known = one.known;
        known.row.sequence = sequence;
        self.timers.set((one.lane, known.row.id), known.row.due_at);
        self.at_hand.put(known);
        if !one.agents.is_empty() {
            self.save_agents(one.lane.company, &one.agents);
        }
        self.tell_asker(one.work, one.answer);
    }

    fn not_committed(&self, one: &Uncommitted, error: &JournalError) -> (Lane, Option<Work>) {
        self.tell_again(one);
        let is_over = self.gave_up(one.work, ActError::Journal(error.to_string()));
        (one.lane, (!is_over).then_some(one.work))
    }

    /// What was taken up from the floor is news again.
    fn tell_again(&self, one: &Uncommitted) {
        if let Some(here) = self.at(one.lane.company) {
            let mut room = here.assignments.room();
            room.give_back(one.known.row.id, one.news.clone());
        }
    }
}

type Answer = Result<Done, ActError>;

/// What a piece of work came to.
struct Decided {
    planned: Option<Planned>,
    answer: Option<Answer>,
    generation: Arc<Generation>,
}

/// What is ready to be committed.
struct Ready {
    lane: Lane,
    work: Work,
    planned: Planned,
    answer: Option<Answer>,
    generation: Arc<Generation>,
}

/// What is being committed.
struct Uncommitted {
    lane: Lane,
    work: Work,
    answer: Option<Answer>,
    generation: Arc<Generation>,
    outbox: bool,
    known: Known,
    news: Vec<FloorNews>,
    agents: Vec<String>,
    told: Told,
}

fn guarded(
    generation: &Arc<Generation>,
    work: impl FnOnce() -> Result<Planned, Undecided>,
) -> Result<Decided, Undecided> {
    let decided = catch_unwind(AssertUnwindSafe(work));
    let planned = decided.unwrap_or(Err(Undecided::Broken))?;
    Ok(Decided {
        planned: Some(planned),
        answer: None,
        generation: Arc::clone(generation),
    })
}
