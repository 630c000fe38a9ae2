//! What has to go out, for whoever carries it.

use jiff::Timestamp;
use patchbay_generations::TargetTerms;
use patchbay_journal::{CompanyId, ConversationId, OutboxItem, OutboxState, Slot};

use super::{Desk, DeskError, Inner};
use crate::action::{Action, Actor, Role};
use patchbay_records::outgoing::{self, Outgoing};

/// Items read at once.
const PAGE: usize = 256;

/// Something that waits to go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// Name of the company.
    pub company: &'a str,
    /// Its key.
    pub key: &'a str,
    /// Name of its target.
    pub target: &'a str,
    /// What it stays in order with.
    pub lane: Option<&'a str>,
}

/// What a conversation has for one target goes out in order.
fn lane(conversation: ConversationId, target: &str) -> String {
    format!("{conversation} {target}")
}

impl Desk {
    /// What is to go out by now, the longest due first, but for what is busy:
    /// at most `limit`.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub fn outgoing(
        &self,
        is_busy: impl Fn(&Waiting<'_>) -> bool,
        limit: usize,
    ) -> Result<Vec<Outgoing>, DeskError> {
        let journal = &*self.inner.journal;
        let now = self.inner.now();
        let mut outgoing = Vec::new();
        let mut after = None;
        while outgoing.len() < limit {
            let page = journal.outbox_due(now, after, PAGE)?;
            let Some(last) = page.last() else {
                break;
            };
            after = Some((last.not_before, last.company, last.key.clone()));
            for item in page {
                // Those of a company that is not here wait until it is.
                let Some(company) = self.inner.name_of(item.company) else {
                    continue;
                };
                let lane = item.conversation.map(|id| lane(id, &item.target));
                let waiting = Waiting {
                    company: &company,
                    key: &item.key,
                    target: &item.target,
                    lane: lane.as_deref(),
                };
                if outgoing.len() >= limit || is_busy(&waiting) {
                    continue;
                }
                outgoing.push(Outgoing {
                    body: outgoing::body(journal, &item)?,
                    company,
                    lane,
                    key: item.key,
                    target: item.target,
                    attempts: item.attempts,
                });
            }
        }
        Ok(outgoing)
    }

    /// Where a company's target is; none where it has none of that name any
    /// more.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn target(&self, company: &str, target: &str) -> Result<Option<TargetTerms>, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.generation().targets.get(target).cloned())
    }

    /// The target has an item: it is noted with what follows from that.
    ///
    /// # Errors
    /// [`DeskError`]; say it again.
    pub fn delivered(&self, company: &str, key: &str) -> Result<(), DeskError> {
        let id = self.company(company)?;
        let Some(item) = self.inner.journal.outbox_item(id, key)? else {
            return Ok(());
        };
        if key.starts_with("reply-") && item.conversation.is_some() {
            let key = key.to_owned();
            self.inner.tell(id, &item, Action::Delivered { key })?;
        }
        // What its conversation wrote down is done with that.
        let left = self.inner.journal.outbox_item(id, key)?;
        if left.is_some_and(|item| item.state == OutboxState::Waiting) {
            self.inner.journal.outbox_done(id, key)?;
        }
        Ok(())
    }

    /// An attempt failed: try again later.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub fn send_later(
        &self,
        company: &str,
        key: &str,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), DeskError> {
        let id = self.company(company)?;
        let journal = &self.inner.journal;
        Ok(journal.outbox_later(id, key, not_before, problem)?)
    }

    /// It is given up: somebody must look.
    ///
    /// # Errors
    /// [`DeskError`]; say it again.
    pub fn gave_up(&self, company: &str, key: &str, problem: &str) -> Result<(), DeskError> {
        let id = self.company(company)?;
        let journal = &self.inner.journal;
        let item = journal.outbox_item(id, key)?;
        journal.outbox_dead(id, key, problem)?;
        if let Some(item) = item {
            let (key, problem) = (key.to_owned(), problem.to_owned());
            self.inner
                .tell(id, &item, Action::Undeliverable { key, problem })?;
        }
        Ok(())
    }
}

impl Inner {
    fn name_of(&self, company: CompanyId) -> Option<String> {
        let here = self.at(company)?;
        Some(here.generation().company.clone())
    }

    /// Write down in its conversation what became of an item.
    fn tell(&self, company: CompanyId, item: &OutboxItem, action: Action) -> Result<(), DeskError> {
        let Some(conversation) = item.conversation else {
            return Ok(());
        };
        let Some(row) = self.journal.conversation(company, conversation)? else {
            return Ok(());
        };
        let actor = Actor {
            id: "outbox".to_owned(),
            role: Role::Supervisor,
        };
        let slot = Slot::of(company, &row.thread);
        self.ask(company, slot, conversation, actor, action)
            .map(|_| ())
            .map_err(DeskError::Act)
    }
}
