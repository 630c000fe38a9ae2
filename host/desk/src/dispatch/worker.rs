//! The worker threads: run passes over a batch of conversations, then commit
//! them together. Also the timer thread, and loading pending work at a start.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use patchbay_generations::Generation;
use patchbay_generations::rollout::deciding_generation;
use patchbay_journal::{
    CommitReceipt, CompanyId, Conflict, ConversationId, JournalError, Ordinal, Slot,
};
use patchbay_model::conversation_state::ConversationState;
use patchbay_pass::agent_action::ActionError;
use patchbay_pass::observer::{CommittedPass, TracedPart};
use patchbay_pass::{ActionOutcome, AfterCommit, PassError, PlannedCommit};
use patchbay_records::conversation_cache::PendingInput;
use patchbay_word_cache::{CommitMark, CommittedWords};

use crate::desk_core::DeskCore;
use crate::dispatch::requests::{Answer, Request, busy};
use crate::dispatch::work_list::{Lane, Work};

/// Most conversations of one commit.
const BATCH: usize = 64;
/// Inputs or conversations read at once at a start.
const PAGE: usize = 1_000;
/// Pause after the journal failed or policies were overloaded.
const PAUSE: Duration = Duration::from_millis(200);
/// Stands for a company's whole floor among the timers.
const FLOOR: ConversationId = ConversationId([0; 16]);
/// Panics after which an input is quarantined.
const MAX_PANICS: u32 = 3;

/// The result of one piece of work.
struct WorkResult {
    planned: Option<PlannedCommit>,
    /// What to answer the request, once the commit is durable.
    answer: Option<Answer>,
    generation: Arc<Generation>,
}

/// Work whose commit is being written.
struct PendingCommit {
    lane: Lane,
    work: Work,
    answer: Option<Answer>,
    generation: Arc<Generation>,
    /// Whether the commit adds outbox items.
    outbox: bool,
    after: AfterCommit,
    /// A moment before the pass sealed words.
    since: CommitMark,
}

impl DeskCore {
    /// Load pending inputs and timers of one company, or of all companies that
    /// the desk serves. Those of other companies wait.
    pub(crate) fn load_pending_work(&self, only: Option<CompanyId>) -> Result<(), JournalError> {
        let is_served = |company: &CompanyId| {
            only.is_none_or(|only| only == *company) && self.company_state(*company).is_some()
        };
        let mut after = Ordinal::default();
        loop {
            let page = self.journal.pending(after, PAGE)?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.input.ordinal;
            for pending in page {
                let input = pending.input;
                if pending.quarantined {
                    self.faulty.lock().quarantined.insert(input.ordinal);
                }
                let lane = Lane {
                    company: input.company,
                    slot: input.slot,
                };
                if is_served(&input.company) {
                    self.work.push(lane, Work::Input(input.ordinal));
                }
            }
        }
        let mut after = None;
        loop {
            let page = self.journal.conversations_with_clock(after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some((last.company, last.id));
            for row in page {
                if is_served(&row.company) {
                    let lane = Lane {
                        company: row.company,
                        slot: Slot::for_thread(row.company, &row.thread),
                    };
                    self.timers.set((lane, row.id), row.due_at);
                }
            }
        }
    }

    /// The timer thread's loop.
    pub(crate) fn run_timers(&self) {
        while let Some(due) = self.timers.due(|| self.now(), |span| self.clock.real(span)) {
            for (lane, conversation) in due {
                match conversation == FLOOR {
                    true => self.flush_floor(lane.company),
                    false => self.work.push(lane, Work::Timer(conversation)),
                }
            }
        }
    }

    /// Make the offers that a company's floor can make, and queue the
    /// conversations with events so that a pass writes these.
    pub(crate) fn flush_floor(&self, company: CompanyId) {
        let Some(state) = self.company_state(company) else {
            return;
        };
        let now = self.now();
        let (changed, wakeup) = state.floor.lock().flush(now);
        let bypass_end = self.end_bypasses(company, &state, now);
        for (slot, conversation) in changed {
            let lane = Lane { company, slot };
            self.work.push(lane, Work::FloorEvents(conversation));
        }
        let lane = Lane {
            company,
            slot: Slot(0),
        };
        let next = wakeup.into_iter().chain(bypass_end).min();
        self.timers.set((lane, FLOOR), next);
    }

    /// A worker thread's loop.
    pub(crate) fn run_worker(&self, worker: usize) {
        loop {
            let taken = self.work.take(BATCH);
            if taken.is_empty() {
                return;
            }
            let companies: HashSet<CompanyId> =
                taken.iter().map(|(lane, _)| lane.company).collect();
            let mut batch = Vec::with_capacity(taken.len());
            // Lanes are given back after the floors are flushed, so that
            // `WorkList::drained` also waits for what the floors lead to.
            let mut done = Vec::with_capacity(taken.len());
            let mut pause = false;
            for (lane, work) in taken {
                // An erasure from here on overtakes the words that the pass seals.
                let since = self.words.mark();
                match self.run_pass(worker, lane, work) {
                    Ok(result) => match result.planned {
                        Some(planned) => batch.push((
                            planned.commit,
                            PendingCommit {
                                lane,
                                work,
                                answer: result.answer,
                                generation: result.generation,
                                outbox: planned.outbox,
                                after: planned.after,
                                since,
                            },
                        )),
                        None => {
                            self.answer_request(work, result.answer);
                            done.push((lane, None));
                        }
                    },
                    Err(error) => {
                        let again = self.should_retry(lane, work, error);
                        pause |= again;
                        done.push((lane, again.then_some(work)));
                    }
                }
            }
            pause |= self.commit(batch, &mut done);
            for company in companies {
                self.flush_floor(company);
            }
            for (lane, unfinished) in done {
                self.work.give_back(lane, unfinished);
            }
            if pause {
                thread::sleep(PAUSE);
            }
        }
    }

    fn run_pass(&self, worker: usize, lane: Lane, work: Work) -> Result<WorkResult, PassError> {
        let state = self.company_state(lane.company);
        let state = state.ok_or(PassError::NothingToDo)?;
        let active = state.active();
        let input = match work {
            Work::Input(ordinal) => Some(self.input(lane.company, ordinal)?),
            _ => None,
        };
        let thread = || match work {
            Work::Input(_) => Ok(input.as_ref().map(|pending| pending.input.thread.clone())),
            Work::Timer(conversation)
            | Work::FloorEvents(conversation)
            | Work::Action(_, conversation) => self.thread_of(lane.company, conversation),
        };
        let assignment = self.assign_rollout(&active, self.has_headroom(), thread)?;
        let generation = deciding_generation(assignment.as_ref(), &active.generation);
        let pass = self.pass(&state, generation, assignment, lane.company);
        let mut answer = None;
        let planned = match work {
            Work::Timer(conversation) => Some(guard(|| pass.timer_due(conversation))?),
            Work::FloorEvents(conversation) => Some(guard(|| pass.floor_changed(conversation))?),
            Work::Action(id, conversation) => {
                let request = self.requests.get(id).ok_or(PassError::NothingToDo)?;
                if request.is_late() {
                    // The caller has timed out or is about to: tell it to retry.
                    answer = Some(Err(busy()));
                    None
                } else {
                    let ActionOutcome {
                        planned,
                        answer: outcome,
                    } = guard(|| {
                        let Request {
                            actor,
                            action,
                            expected,
                            ..
                        } = &request;
                        pass.act(conversation, actor, action, *expected)
                    })?;
                    answer = Some(outcome);
                    planned
                }
            }
            Work::Input(ordinal) => {
                let input = input.ok_or(PassError::NothingToDo)?;
                let quarantined = self.faulty.lock().quarantined.contains(&ordinal);
                let mark = u16::try_from(worker).unwrap_or(u16::MAX);
                self.journal.mark_in_flight(mark, ordinal)?;
                let planned = guard(|| pass.input(&input, quarantined));
                self.journal.clear_in_flight(mark)?;
                Some(planned?)
            }
        };
        Ok(WorkResult {
            planned,
            answer,
            generation: Arc::clone(generation),
        })
    }

    fn input(&self, company: CompanyId, ordinal: Ordinal) -> Result<PendingInput, PassError> {
        if let Some(pending) = self.cache.inputs.take(ordinal) {
            return Ok(pending);
        }
        let read = self.journal.inputs(company, &[ordinal])?;
        let input = read.into_iter().next().ok_or(PassError::NothingToDo)?;
        Ok(PendingInput {
            input,
            interaction: None,
        })
    }

    fn answer_request(&self, work: Work, answer: Option<Answer>) {
        if let (Work::Action(id, _), Some(answer)) = (work, answer) {
            self.requests.answer(id, answer);
        }
    }

    /// Count a panic of a pass. An input that panics three times is quarantined:
    /// as often as it takes crashes. Returns whether to run the work again.
    fn count_panic(&self, work: Work) -> bool {
        tracing::error!(?work, "a pass panicked; the thread continues");
        let Work::Input(ordinal) = work else {
            let broken =
                ActionError::Journal("the host failed internally; this is a defect".into());
            self.answer_request(work, Some(Err(broken)));
            return false;
        };
        let mut faulty = self.faulty.lock();
        let panics = faulty.panics.entry(ordinal).or_default();
        *panics += 1;
        if *panics >= MAX_PANICS {
            faulty.panics.remove(&ordinal);
            faulty.quarantined.insert(ordinal);
        }
        true
    }

    /// Whether work whose pass failed is to run again.
    fn should_retry(&self, lane: Lane, work: Work, error: PassError) -> bool {
        match error {
            PassError::NothingToDo => {
                self.answer_request(work, Some(Err(ActionError::UnknownConversation)));
                false
            }
            PassError::NotDue(due_at) => {
                if let Work::Timer(conversation) = work {
                    self.timers.set((lane, conversation), due_at);
                }
                false
            }
            PassError::Overloaded => !self.answer_if_late(work, busy()),
            PassError::Panicked => self.count_panic(work),
            PassError::Journal(error) => {
                tracing::error!(%error, "the journal failed; the work waits");
                !self.answer_if_late(work, error.into())
            }
        }
    }

    /// Answer a request with an error if its time is over. Returns whether it
    /// is.
    fn answer_if_late(&self, work: Work, error: ActionError) -> bool {
        let Work::Action(id, _) = work else {
            return false;
        };
        let request = self.requests.get(id);
        let late = request.is_none_or(|request| request.is_late());
        if late {
            self.requests.answer(id, Err(error));
        }
        late
    }

    /// Commit a batch. Returns whether the journal failed.
    fn commit(
        &self,
        batch: Vec<(patchbay_journal::Commit, PendingCommit)>,
        done: &mut Vec<(Lane, Option<Work>)>,
    ) -> bool {
        if batch.is_empty() {
            return false;
        }
        let (commits, pending): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let writing = Instant::now();
        let committed = match self.journal.commit_all(commits) {
            Ok(committed) => committed,
            Err(error) => {
                tracing::error!(%error, waiting = pending.len(), "the journal failed; commits wait");
                for one in pending {
                    self.drop_unstored_incident(&one);
                    self.return_floor_events(&one);
                    let late =
                        self.answer_if_late(one.work, ActionError::Journal(error.to_string()));
                    done.push((one.lane, (!late).then_some(one.work)));
                }
                return true;
            }
        };
        let mut changed: HashMap<CompanyId, (bool, Vec<Vec<u8>>)> = HashMap::new();
        for (one, committed) in pending.into_iter().zip(committed) {
            match committed {
                Ok(committed) => {
                    let (outbox, threads) = changed.entry(one.lane.company).or_default();
                    *outbox |= one.outbox;
                    threads.push(one.after.conversation.row.thread.clone());
                    self.report_commit(&one, committed, writing);
                    self.forget_surges(one.lane, one.work);
                    done.push((one.lane, None));
                    self.apply_commit(one, committed);
                }
                Err(Conflict::InputDone(_)) => {
                    self.forget_surges(one.lane, one.work);
                    self.drop_unstored_incident(&one);
                    done.push((one.lane, None));
                }
                // Another commit came first: drop the cached conversation and
                // run the pass again.
                Err(conflict) => {
                    let company = &one.generation.company;
                    tracing::warn!(company, conversation = %one.after.conversation.row.id, %conflict, "commit conflict; the pass runs again");
                    self.settings.observer.conflicted(company);
                    self.drop_unstored_incident(&one);
                    self.return_floor_events(&one);
                    done.push((one.lane, Some(one.work)));
                }
            }
        }
        for (company, (outbox, threads)) in changed {
            self.notify_of_threads(company, outbox, &threads);
        }
        false
    }

    /// An input is recorded: the surges it triggered are told.
    fn forget_surges(&self, lane: Lane, work: Work) {
        if let (Work::Input(ordinal), Some(state)) = (work, self.company_state(lane.company)) {
            state.surges.forget(ordinal);
        }
    }

    /// Report a durable pass to telemetry and the log.
    fn report_commit(&self, one: &PendingCommit, committed: CommitReceipt, writing: Instant) {
        let trace = &one.after.trace;
        if trace.unrecorded > 0
            && let Some(state) = self.company_state(one.lane.company)
        {
            state
                .unrecorded
                .fetch_add(trace.unrecorded, Ordering::Relaxed);
        }
        let company = &one.generation.company;
        let row = &one.after.conversation.row;
        let conversation = row.id;
        let pass = CommittedPass {
            company,
            conversation,
            cause: one.work.cause(),
            first_sequence: row.sequence + 1,
            first_feed: committed.first_feed,
            trace,
            writing,
        };
        pass.set_numbers();
        for decision in &trace.decisions {
            let id = pass.id(decision);
            tracing::debug!(
                company, %conversation, decision = id, kind = decision.kind.as_str(),
                outcome = %decision.outcome, generation = decision.generation, "decided"
            );
            let failed = |part: &&TracedPart| part.outcome.is_failure();
            for part in decision.parts.iter().filter(failed) {
                tracing::warn!(
                    company, %conversation, decision = id, stage = %part.stage,
                    plugin = part.plugin, outcome = %part.outcome, "a policy failed"
                );
            }
        }
        self.settings.observer.committed(&pass);
    }

    fn apply_commit(&self, one: PendingCommit, committed: CommitReceipt) {
        let mut conversation = one.after.conversation;
        let is_new = conversation.row.sequence == 0;
        let sequence = committed.sequence;
        conversation.row.sequence = sequence;
        let (company, id) = (one.lane.company, conversation.row.id);
        match committed.are_words_stored {
            true => self.words.add(
                company,
                CommittedWords {
                    conversation: id,
                    is_new,
                    terms: &one.after.terms,
                    since: one.since,
                },
            ),
            // Words that are not stored are not found either.
            false => self.words.forget(company, id),
        }
        let row = &conversation.row;
        let is_resolved = row.state == ConversationState::Resolved;
        self.timers.set((one.lane, row.id), row.due_at);
        if let Some(state) = self.company_state(one.lane.company) {
            let mut floor = state.floor.lock();
            floor.overview.update(row.id, &conversation.snapshot);
            drop(floor);
            state.open_list.update(row.id, sequence, || {
                (!is_resolved).then(|| state.listed(row, &conversation.snapshot))
            });
        }
        // After the list: a search that lists it as open notes that it is resolved.
        self.words.set_resolved(company, id, is_resolved);
        self.cache.put(conversation);
        if !one.after.agents.is_empty() {
            self.save_agents(one.lane.company, &one.after.agents);
        }
        self.answer_request(one.work, one.answer);
    }

    /// A commit that opens or joins an incident was not stored.
    fn drop_unstored_incident(&self, one: &PendingCommit) {
        if let Some(state) = self.company_state(one.lane.company) {
            let id = one.after.conversation.row.id;
            state.floor.lock().overview.drop_unstored(id);
        }
    }

    /// Give the floor its events back: a later pass writes them.
    fn return_floor_events(&self, one: &PendingCommit) {
        if let Some(state) = self.company_state(one.lane.company) {
            let id = one.after.conversation.row.id;
            let events = one.after.floor_events.clone();
            state.floor.lock().return_events(id, events);
        }
    }
}

/// Run a pass. A panic in one must not stop the others.
fn guard<T>(pass: impl FnOnce() -> Result<T, PassError>) -> Result<T, PassError> {
    catch_unwind(AssertUnwindSafe(pass)).unwrap_or(Err(PassError::Panicked))
}
