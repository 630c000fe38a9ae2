//! What people ask the desk to do, and waiting for it to be on disk.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use patchbay_generations::Generation;
use patchbay_journal::{CompanyId, ConversationId, Slot};
use patchbay_model::interaction::WrittenBy;

use super::{Desk, DeskError, Here, Inner};
use crate::action::{ActError, Action, Actor, Done, Typed};
use crate::assignment::Incident;
use patchbay_floor::{Offer, OfferId};
use crate::pass::{Pass, Undecided};
use patchbay_generations::rollout::{RolloutAssignment, decides};
use crate::work::{Lane, RequestId, Work};

/// How long something that was asked for waits for its turn and for policies.
const PATIENCE: Duration = Duration::from_secs(30);
/// When to try again what was not done for want of a turn.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

type Answer = Result<Done, ActError>;

/// Something that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    company: CompanyId,
    pub(super) actor: Actor,
    pub(super) action: Action,
    until: Instant,
    reply: SyncSender<Answer>,
}

impl Request {
    pub(super) fn is_late(&self) -> bool {
        Instant::now() > self.until
    }
}

/// What was asked for and is not done yet.
#[derive(Debug, Default)]
pub(super) struct Requests(Mutex<HashMap<RequestId, Request>>);

impl Requests {
    pub(super) fn get(&self, id: RequestId) -> Option<Request> {
        self.open().get(&id).cloned()
    }

    /// Tell whoever asked; they may have gone.
    pub(super) fn answer(&self, id: RequestId, answer: Answer) {
        if let Some(request) = self.open().remove(&id) {
            let _ = request.reply.send(answer);
        }
    }

    /// Nothing more is done: the host stops.
    pub(super) fn refuse_all(&self) {
        for (_, request) in self.open().drain() {
            let _ = request.reply.send(Err(busy()));
        }
    }

    /// Keep what was asked for, unless its company has so many open already.
    fn put(&self, id: RequestId, request: Request, most: usize) -> bool {
        let mut open = self.open();
        let of_company = open.values().filter(|open| open.company == request.company);
        let fits = of_company.take(most).count() < most;
        if fits {
            open.insert(id, request);
        }
        fits
    }

    fn open(&self) -> MutexGuard<'_, HashMap<RequestId, Request>> {
        // Changed in single steps.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn busy() -> ActError {
    ActError::Busy {
        retry_after: RETRY_AFTER,
    }
}

impl Desk {
    /// Do something about a conversation, and wait until that is on disk.
    ///
    /// # Errors
    /// [`ActError`]; then nothing has changed. [`ActError::Busy`] may leave it
    /// open whether it was done: ask again, it is done once.
    pub fn act(
        &self,
        company: &str,
        conversation: ConversationId,
        actor: Actor,
        action: Action,
    ) -> Result<Answer, DeskError> {
        let company = self.company(company)?;
        let row = self.inner.journal.conversation(company, conversation)?;
        let Some(row) = row else {
            return Ok(Err(ActError::UnknownConversation));
        };
        let slot = Slot::of(company, &row.thread);
        Ok(self.inner.ask(company, slot, conversation, actor, action))
    }

    /// Take or decline what was offered to an agent.
    ///
    /// # Errors
    /// As [`Desk::act`].
    pub fn answer_offer(
        &self,
        company: &str,
        offer: OfferId,
        actor: Actor,
        accept: bool,
    ) -> Result<Answer, DeskError> {
        let company = self.company(company)?;
        let here = self.inner.here(company)?;
        let Some((slot, conversation)) = here.assignments.room().conversation_of(offer) else {
            return Ok(Err(ActError::OfferOver(offer)));
        };
        let action = match accept {
            true => Action::Accept(offer),
            false => Action::Decline(offer),
        };
        Ok(self.inner.ask(company, slot, conversation, actor, action))
    }

    /// What the policies say of a reply that is being typed.
    ///
    /// # Errors
    /// As [`Desk::act`].
    pub fn check_as_typed(
        &self,
        company: &str,
        conversation: ConversationId,
        actor: &Actor,
        text: &str,
        written_by: WrittenBy,
    ) -> Result<Result<Typed, ActError>, DeskError> {
        if let Err(nobody) = actor.check() {
            return Ok(Err(nobody));
        }
        let company = self.company(company)?;
        if !self.load().allows_repeats() {
            return Ok(Err(busy()));
        }
        let here = self.inner.here(company)?;
        let deciding = here.deciding();
        let thread = || self.inner.thread_of(company, conversation);
        let trying = self.inner.trying(&deciding, false, thread)?;
        let generation = decides(trying.as_ref(), &deciding.generation);
        let pass = self.inner.pass(&here, generation, trying, company);
        match pass.check_as_typed(conversation, actor, text, written_by) {
            Ok(typed) => Ok(typed),
            Err(Undecided::Journal(error)) => Err(error.into()),
            Err(Undecided::Nothing) => Ok(Err(ActError::NobodyToAnswer)),
            Err(_) => Ok(Err(busy())),
        }
    }

    /// Open offers, oldest first: one agent's, or everybody's.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn offers(&self, company: &str, agent: Option<&str>) -> Result<Vec<Offer>, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.assignments.room().offers(agent))
    }

    /// Conversations with a reply that waits for approval; at most `limit`.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn approvals(&self, company: &str, limit: usize) -> Result<Vec<ConversationId>, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.assignments.room().overview.approvals(limit))
    }

    /// Open incidents by subject, each with at most `limit` of its
    /// conversations and how many there are.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn incidents(
        &self,
        company: &str,
        limit: usize,
    ) -> Result<Vec<(Incident, usize)>, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.assignments.room().overview.incidents(limit))
    }
}

impl Inner {
    pub(super) fn here(&self, company: CompanyId) -> Result<Arc<Here>, DeskError> {
        let here = self.at(company);
        here.ok_or_else(|| DeskError::UnknownCompany(company.0.to_string()))
    }

    /// A company, if it is here.
    pub(super) fn at(&self, company: CompanyId) -> Option<Arc<Here>> {
        let companies = self.companies.read();
        let companies = companies.unwrap_or_else(PoisonError::into_inner);
        companies.get(&company).cloned()
    }

    /// Every company that is here.
    pub(super) fn all(&self) -> Vec<CompanyId> {
        let companies = self.companies.read();
        let companies = companies.unwrap_or_else(PoisonError::into_inner);
        companies.keys().copied().collect()
    }

    pub(super) fn ask(
        &self,
        company: CompanyId,
        slot: Slot,
        conversation: ConversationId,
        actor: Actor,
        action: Action,
    ) -> Answer {
        actor.check()?;
        let (reply, answer): (SyncSender<Answer>, Receiver<Answer>) = sync_channel(1);
        let id = self.next_request.fetch_add(1, Ordering::Relaxed);
        let request = Request {
            company,
            actor,
            action,
            until: Instant::now() + PATIENCE,
            reply,
        };
        if !self.requests.put(id, request, self.settings.requests) {
            return Err(busy());
        }
        let lane = Lane { company, slot };
        self.work.push(lane, Work::Act(id, conversation));
        if self.work.is_closed() {
            self.requests.refuse_all();
        }
        // It answers in time: this is for a thread that died.
        let answer = answer.recv_timeout(PATIENCE * 2);
        answer.unwrap_or_else(|_| Err(busy()))
    }

    /// Whose pass it is, made on a generation that stays the same.
    pub(super) fn pass<'a>(
        &'a self,
        here: &'a Here,
        generation: &'a Generation,
        trying: Option<RolloutAssignment<'a>>,
        company: CompanyId,
    ) -> Pass<'a> {
        Pass {
            journal: &*self.journal,
            at_hand: &self.at_hand,
            assignments: &here.assignments,
            surges: &here.surges,
            generation,
            trying,
            company,
            now: self.now(),
            patience: self.settings.patience,
            bypasses: here.bypasses_at(self.now()),
            observer: &*self.settings.observer,
        }
    }
}
