//! The outbox: what is due, and what became of a delivery attempt.

use jiff::Timestamp;
use patchbay_generations::TargetSettings;
use patchbay_journal::{CompanyId, ConversationId, JournalError, OutboxItem, OutboxState, Slot};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::final_failure::FinalFailure;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::outbox_payload::{self, OutboxMessage};

use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;

/// Items read at once.
const PAGE: usize = 256;

/// An outbox item that is due, before its body is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueItem<'a> {
    /// Name of the company.
    pub company: &'a str,
    /// Key of the item.
    pub key: &'a str,
    /// Name of the target.
    pub target: &'a str,
    /// Items of one lane are delivered in order.
    pub lane: Option<&'a str>,
}

/// Items of one conversation to one target are delivered in order.
fn lane(conversation: ConversationId, target: &str) -> String {
    format!("{conversation} {target}")
}

/// The outboxes of the desk's companies.
pub struct OutboxService<'a>(pub(crate) &'a DeskCore);

impl OutboxService<'_> {
    /// The items due now, longest due first, without those `is_busy` skips; at
    /// most `limit`.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub fn due(
        &self,
        is_busy: impl Fn(&DueItem<'_>) -> bool,
        limit: usize,
    ) -> Result<Vec<OutboxMessage>, DeskError> {
        let journal = &*self.0.journal;
        let now = self.0.now();
        let mut due = Vec::new();
        let mut after = None;
        while due.len() < limit {
            let page = journal.due_outbox(now, after, PAGE)?;
            let Some(last) = page.last() else {
                break;
            };
            after = Some((last.not_before, last.company, last.key.clone()));
            for item in page {
                // Items of a company without a generation wait until it has one.
                let Some(state) = self.0.company_state(item.company) else {
                    continue;
                };
                let company = state.generation().company.clone();
                let lane = item.conversation.map(|id| lane(id, &item.target));
                let candidate = DueItem {
                    company: &company,
                    key: &item.key,
                    target: &item.target,
                    lane: lane.as_deref(),
                };
                if due.len() >= limit || is_busy(&candidate) {
                    continue;
                }
                due.push(OutboxMessage {
                    body: outbox_payload::item_body(journal, &item)?,
                    company,
                    lane,
                    key: item.key,
                    target: item.target,
                    attempts: item.attempts,
                    can_take_back: item.can_take_back,
                });
            }
        }
        Ok(due)
    }

    /// A target of the active generation; `None` when it has none of that name.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn target(&self, company: &str, target: &str) -> Result<Option<TargetSettings>, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.generation().targets.get(target).cloned())
    }

    /// The first attempt of an item begins: its author cannot take it back any more. Send
    /// nothing of it unless this succeeds.
    ///
    /// # Errors
    /// [`DeskError::Journal`]: [`JournalError::NoOutboxItem`] if it was taken back.
    pub fn begin(&self, company: &str, key: &str) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        Ok(self.0.journal.begin_outbox_item(id, key)?)
    }

    /// The target accepted an item: write that and its consequences.
    ///
    /// # Errors
    /// [`DeskError`]; the caller repeats the call.
    pub fn delivered(&self, company: &str, key: &str) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        let Some(item) = self.0.journal.outbox_item(id, key)? else {
            return Ok(());
        };
        if key.starts_with("reply-") && item.conversation.is_some() {
            let key = key.to_owned();
            self.record(id, &item, AgentAction::Delivered { key })?;
        }
        // The conversation's commit may have finished the item already.
        let rest = self.0.journal.outbox_item(id, key)?;
        if rest.is_some_and(|item| item.state == OutboxState::Waiting) {
            self.0.journal.mark_outbox_done(id, key)?;
        }
        // The provider may have reported a failure before the item was finished.
        self.0.follow_receipts(id, key, None)
    }

    /// An attempt failed: try again at `not_before`.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub fn postpone(
        &self,
        company: &str,
        key: &str,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        Ok(self
            .0
            .journal
            .reschedule_outbox(id, key, not_before, problem)?)
    }

    /// The target is broken: try again at `not_before` and count no attempt.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub fn hold(
        &self,
        company: &str,
        key: &str,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        Ok(self.0.journal.hold_outbox(id, key, not_before, problem)?)
    }

    /// Delivery failed for good: move the item to the failed deliveries, and
    /// write that and an alert to its conversation, in one commit.
    ///
    /// # Errors
    /// [`DeskError`]; the caller repeats the call.
    /// [`JournalError::NoOutboxItem`] unless the item waits, as after a call
    /// whose commit came later than its answer.
    pub fn fail(&self, company: &str, key: &str, failure: &FinalFailure) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        let waiting = || -> Result<Option<OutboxItem>, DeskError> {
            let item = self.0.journal.outbox_item(id, key)?;
            Ok(item.filter(|item| item.state == OutboxState::Waiting))
        };
        let Some(item) = waiting()? else {
            return Err(JournalError::NoOutboxItem(key.to_owned()).into());
        };
        let action = AgentAction::Undeliverable {
            key: key.to_owned(),
            failure: failure.clone(),
        };
        self.record(id, &item, action)?;
        // One that belongs to no conversation.
        if waiting()?.is_some() {
            self.0.journal.mark_outbox_dead(id, key, &failure.problem)?;
        }
        Ok(())
    }

    /// Write what became of an item to its conversation.
    pub(crate) fn record(
        &self,
        company: CompanyId,
        item: &OutboxItem,
        action: AgentAction,
    ) -> Result<(), DeskError> {
        let Some(conversation) = item.conversation else {
            return Ok(());
        };
        let Some(row) = self.0.journal.conversation(company, conversation)? else {
            return Ok(());
        };
        let actor = Actor {
            id: "outbox".to_owned(),
            role: ActorRole::Supervisor,
        };
        let slot = Slot::for_thread(company, &row.thread);
        let answer = self
            .0
            .request((company, slot), conversation, actor, (action, None));
        answer.map(|_| ()).map_err(DeskError::Action)
    }
}
