//! Actions on conversations, and what supervisors see of them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use patchbay_floor::{Offer, OfferId};
use patchbay_generations::Generation;
use patchbay_generations::rollout::{RolloutAssignment, deciding_generation};
use patchbay_journal::{CompanyId, Conversation, ConversationId, JournalError, Slot};
use patchbay_model::actor::Actor;
use patchbay_model::interaction::WrittenBy;
use patchbay_pass::agent_action::{ActionError, AgentAction, DraftCheck};
use patchbay_pass::{Pass, PassError, WaitingApproval};
use patchbay_records::conversation_list::ListedConversation;
use patchbay_records::conversation_reader::read_snapshot;

use crate::company_state::CompanyState;
use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;
use crate::dispatch::requests::{Answer, Request, TIMEOUT, busy};
use crate::dispatch::work_list::{Lane, Work};

/// Actions on conversations, and what supervisors see of them.
pub struct ConversationService<'a>(pub(crate) &'a DeskCore);

impl ConversationService<'_> {
    /// Perform an action and wait until it is durable, at most 60 s.
    ///
    /// # Errors
    /// [`ActionError`]: nothing changed. After [`ActionError::Busy`] the action
    /// may have been performed; the same request again performs it once.
    /// `JournalError::CompanyFull` if the company's reserve is used up, unless the
    /// action resolves the conversation, so that it can be deleted.
    pub fn act(
        &self,
        company: &str,
        conversation: ConversationId,
        actor: Actor,
        action: AgentAction,
    ) -> Result<Answer, DeskError> {
        self.act_on(company, conversation, actor, (action, None))
    }

    /// The same for an author who saw the entries of the conversation up to a number.
    ///
    /// # Errors
    /// As [`act`](Self::act); [`ActionError::Moved`] if something that matters came later.
    pub fn act_on(
        &self,
        company: &str,
        conversation: ConversationId,
        actor: Actor,
        (action, expected): (AgentAction, Option<u64>),
    ) -> Result<Answer, DeskError> {
        let company = self.0.company_id(company)?;
        let Some(row) = self.0.journal.conversation(company, conversation)? else {
            return Ok(Err(ActionError::UnknownConversation));
        };
        if action != AgentAction::Resolve {
            self.0.check_reserve(company)?;
        }
        let slot = Slot::for_thread(company, &row.thread);
        let action = (action, expected);
        Ok(self.0.request((company, slot), conversation, actor, action))
    }

    /// Whether an action would be performed now, for an author who saw the entries of the
    /// conversation up to a number: the conversation as it is. Nothing changes.
    ///
    /// # Errors
    /// As [`act_on`](Self::act_on).
    pub fn check_action(
        &self,
        company: &str,
        conversation: ConversationId,
        actor: &Actor,
        (action, expected): (&AgentAction, Option<u64>),
    ) -> Result<Answer, DeskError> {
        if !actor.is_valid() {
            return Ok(Err(ActionError::InvalidActor));
        }
        let (company, state) = self.0.company(company)?;
        if *action != AgentAction::Resolve {
            self.0.check_reserve(company)?;
        }
        let active = state.active();
        let pass = self.0.pass(&state, &active.generation, None, company);
        match pass.check_action(conversation, actor, action, expected) {
            Ok(checked) => Ok(checked),
            Err(PassError::Journal(error)) => Err(error.into()),
            Err(PassError::NothingToDo) => Ok(Err(ActionError::UnknownConversation)),
            Err(_) => Ok(Err(busy())),
        }
    }

    /// A conversation as lists show it.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn listed(
        &self,
        company: &str,
        row: &Conversation,
    ) -> Result<ListedConversation, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.listed(row, &read_snapshot(row)?))
    }

    /// Accept or decline an offer.
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub fn answer_offer(
        &self,
        company: &str,
        offer: OfferId,
        actor: Actor,
        accept: bool,
    ) -> Result<Answer, DeskError> {
        let (company, state) = self.0.company(company)?;
        let Some((slot, conversation)) = state.floor.lock().conversation_of(offer) else {
            return Ok(Err(ActionError::OfferOver(offer)));
        };
        let action = match accept {
            true => AgentAction::Accept(offer),
            false => AgentAction::Decline(offer),
        };
        let action = (action, None);
        Ok(self.0.request((company, slot), conversation, actor, action))
    }

    /// Check a reply while it is typed: not recorded, without state writes.
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub fn check_draft(
        &self,
        company: &str,
        conversation: ConversationId,
        actor: &Actor,
        text: &str,
        written_by: WrittenBy,
    ) -> Result<Result<DraftCheck, ActionError>, DeskError> {
        if !actor.is_valid() {
            return Ok(Err(ActionError::InvalidActor));
        }
        let (company, state) = self.0.company(company)?;
        if !self.0.load().allows_repeats() {
            return Ok(Err(busy()));
        }
        let active = state.active();
        let thread = || self.0.thread_of(company, conversation);
        let assignment = self.0.assign_rollout(&active, false, thread)?;
        let generation = deciding_generation(assignment.as_ref(), &active.generation);
        let pass = self.0.pass(&state, generation, assignment, company);
        match pass.check_draft(conversation, actor, text, written_by) {
            Ok(checked) => Ok(checked),
            Err(PassError::Journal(error)) => Err(error.into()),
            Err(PassError::NothingToDo) => Ok(Err(ActionError::UnknownConversation)),
            Err(_) => Ok(Err(busy())),
        }
    }

    /// Open offers, oldest first: of one agent, or of all.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn offers(&self, company: &str, agent: Option<&str>) -> Result<Vec<Offer>, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.floor.lock().offers(agent))
    }

    /// Conversations with a reply that waits for approval, oldest first, after one; at
    /// most `limit`.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn approvals(
        &self,
        company: &str,
        after: Option<WaitingApproval>,
        limit: usize,
    ) -> Result<Vec<WaitingApproval>, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.floor.lock().overview.approvals(after, limit))
    }
}

impl DeskCore {
    /// Refuse what an agent adds to a company that has used up its reserve.
    pub(crate) fn check_reserve(&self, company: CompanyId) -> Result<(), JournalError> {
        let stored = self.journal.stored_bytes(company);
        match stored.is_reserve_full() {
            true => Err(JournalError::CompanyFull {
                limit: stored.limit,
            }),
            false => Ok(()),
        }
    }

    /// Queue an action and wait for its answer.
    pub(crate) fn request(
        &self,
        (company, slot): (CompanyId, Slot),
        conversation: ConversationId,
        actor: Actor,
        (action, expected): (AgentAction, Option<u64>),
    ) -> Answer {
        if !actor.is_valid() {
            return Err(ActionError::InvalidActor);
        }
        let (reply, answer): (SyncSender<Answer>, Receiver<Answer>) = sync_channel(1);
        let id = self.next_request.fetch_add(1, Ordering::Relaxed);
        let request = Request {
            company,
            actor,
            action,
            expected,
            until: Instant::now() + TIMEOUT,
            reply,
        };
        if !self.requests.put(id, request, self.settings.requests) {
            return Err(busy());
        }
        let lane = Lane { company, slot };
        self.work.push(lane, Work::Action(id, conversation));
        if self.work.is_closed() {
            self.requests.refuse_all();
        }
        // Workers answer in time; the longer wait is for one that died.
        let answer = answer.recv_timeout(TIMEOUT * 2);
        answer.unwrap_or_else(|_| Err(busy()))
    }

    /// A pass of a company with a fixed generation.
    pub(crate) fn pass<'a>(
        &'a self,
        state: &'a CompanyState,
        generation: &'a Arc<Generation>,
        rollout: Option<RolloutAssignment<'a>>,
        company: CompanyId,
    ) -> Pass<'a> {
        let now = self.now();
        Pass {
            journal: &*self.journal,
            cache: &self.cache,
            floor: &state.floor,
            surges: &state.surges,
            generation,
            rollout,
            company,
            now,
            timeout: self.settings.timeout,
            lists_words: self.settings.search.is_on,
            bypasses: state.directives.bypasses_at(now),
            observer: &*self.settings.observer,
            clock_rules: state.clock_rules.lock().rules_of(generation),
        }
    }
}
