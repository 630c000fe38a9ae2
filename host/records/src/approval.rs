//! Replies that wait for approval: who may approve them, and what approvers need to see.

use jiff::Timestamp;
use patchbay_events::{EventKind, ReplyCheckedEvent};
use patchbay_journal::{
    Conversation, Entry, InputKind, Journal, JournalError, Ordinal, Purpose, WordingStatus,
};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::decision::tone::{Finding, Review};
use patchbay_model::interaction::Attachment;
use serde::Deserialize;

use crate::conversation_reader::{open_input, open_sealed};
use crate::reply::PendingReply;
use crate::snapshot::Snapshot;
use crate::thread::removed_files;

/// Newest interactions among which the answered message is looked for.
const INTERACTIONS: usize = 8;

/// Why a person may not approve a reply now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApprovalRefusal {
    /// They wrote it.
    OwnReply,
    /// The current step is for supervisors.
    SupervisorsOnly,
    /// The current step names these approvers.
    NotAnApprover(Vec<String>),
}

impl PendingReply {
    /// Ids of those who may approve the current step: without the author of the reply.
    /// Empty: any supervisor.
    pub fn approvers(&self) -> Vec<&String> {
        let step = self.steps.get(self.step).into_iter();
        let named = step.flat_map(|step| &step.approvers);
        named.filter(|id| **id != self.by).collect()
    }

    /// Whether a person may approve or reject it now.
    ///
    /// # Errors
    /// [`ApprovalRefusal`].
    pub fn check_approver(&self, actor: &Actor) -> Result<(), ApprovalRefusal> {
        if actor.id == self.by {
            return Err(ApprovalRefusal::OwnReply);
        }
        let approvers = self.approvers();
        match approvers.contains(&&actor.id) {
            true => Ok(()),
            false if !approvers.is_empty() => {
                let approvers = approvers.into_iter().cloned().collect();
                Err(ApprovalRefusal::NotAnApprover(approvers))
            }
            false if actor.role == ActorRole::Supervisor => Ok(()),
            false => Err(ApprovalRefusal::SupervisorsOnly),
        }
    }

    /// Whether the reply waits for the approval of a person: they may approve it, and
    /// have not yet in the current step.
    pub fn waits_for(&self, actor: &Actor) -> bool {
        self.check_approver(actor).is_ok() && !self.approved.contains(&actor.id)
    }
}

/// What approvers need to see of a reply.
#[derive(Clone, Debug, Default)]
pub struct ReplyUnderApproval {
    /// Its text; absent if the customer was erased.
    pub text: Option<String>,
    /// Its files.
    pub files: Vec<Attachment>,
    /// Positions of those that were uploaded and are not stored any more.
    pub removed: Vec<usize>,
    /// What the tone policies found in it. Without messages if the customer was erased.
    pub findings: Vec<Finding>,
    /// The message it answers; absent if it answers none, or none that is stored.
    pub answered: Option<AnsweredMessage>,
}

/// A message that a reply answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnsweredMessage {
    /// Number of its input, in order of acceptance.
    pub ordinal: Ordinal,
    /// Its text.
    pub text: String,
    /// When the customer wrote it, as the channel says.
    pub at: Timestamp,
}

/// The part of a stored draft that approvers see.
#[derive(Default, Deserialize)]
#[serde(default)]
struct StoredDraft {
    text: Option<String>,
    attachments: Vec<Attachment>,
    in_reply_to: Option<String>,
}

/// The part of a stored decision that approvers see.
#[derive(Deserialize)]
struct StoredCheck {
    tone: Option<Review>,
}

/// Reads what approvers need to see of a pending reply: its draft and check, which are
/// consecutive entries, and one message.
pub fn read(
    journal: &dyn Journal,
    row: &Conversation,
    snapshot: &Snapshot,
    pending: &PendingReply,
) -> Result<ReplyUnderApproval, JournalError> {
    let before = pending.entry.saturating_sub(1);
    let entries = journal.entries(row.company, row.id, before, 2)?;
    let mut found = ReplyUnderApproval::default();
    for entry in &entries {
        match EventKind::from_number(entry.kind) {
            Some(EventKind::ReplyDrafted) if entry.sequence == pending.entry => {
                let draft: StoredDraft = open_entry(journal, row, entry)?.unwrap_or_default();
                found.text = draft.text;
                let conversation = (row.company, Some(row.id));
                found.removed = removed_files(journal, conversation, &draft.attachments)?;
                found.files = draft.attachments;
                if let Some(id) = draft.in_reply_to {
                    found.answered = find_answered(journal, row, snapshot, pending, &id)?;
                }
            }
            Some(EventKind::ReplyHeld) => found.findings = findings(journal, row, entry)?,
            _ => {}
        }
    }
    Ok(found)
}

/// The sealed part of an entry; `None` if the customer was erased, or where it is
/// another document.
fn open_entry<T: for<'de> Deserialize<'de>>(
    journal: &dyn Journal,
    row: &Conversation,
    entry: &Entry,
) -> Result<Option<T>, JournalError> {
    let Some(contact) = entry.contact else {
        return Ok(None);
    };
    let plain = open_sealed(journal, row.company, contact, Purpose::Entry, &entry.sealed)?;
    Ok(plain.and_then(|plain| serde_json::from_slice(&plain).ok()))
}

/// The findings of a check: whole, or without messages where nothing but the head of
/// the entry can be read.
fn findings(
    journal: &dyn Journal,
    row: &Conversation,
    entry: &Entry,
) -> Result<Vec<Finding>, JournalError> {
    if let Some(check) = open_entry::<StoredCheck>(journal, row, entry)? {
        return Ok(check.tone.map(|review| review.findings).unwrap_or_default());
    }
    let head: Option<ReplyCheckedEvent> = serde_json::from_str(&entry.head).ok();
    let tone = head.and_then(|head| head.decision?.tone);
    let known = tone.map(|tone| tone.findings).unwrap_or_default();
    let without_message = |code, severity| Finding {
        code,
        severity,
        start: None,
        end: None,
        message: String::new(),
        suggestion: None,
    };
    let known = known.into_iter();
    Ok(known
        .map(|it| without_message(it.code, it.severity))
        .collect())
}

/// The newest wording of the message with this id, among the newest of the conversation.
fn find_answered(
    journal: &dyn Journal,
    row: &Conversation,
    snapshot: &Snapshot,
    pending: &PendingReply,
    id: &str,
) -> Result<Option<AnsweredMessage>, JournalError> {
    let newest = snapshot.recent.iter().take(INTERACTIONS).copied();
    let mut ordinals: Vec<Ordinal> = newest.chain(pending.answers_up_to).map(Ordinal).collect();
    ordinals.sort_unstable();
    ordinals.dedup();
    let inputs = journal.inputs(row.company, &ordinals)?.into_iter();
    let wordings = inputs.filter(|input| {
        let is_wording = matches!(
            input.kind,
            InputKind::Message | InputKind::Edit | InputKind::Counters
        );
        is_wording && input.message == id && input.wording != WordingStatus::Superseded
    });
    let Some(input) = wordings.max_by_key(|input| input.ordinal) else {
        return Ok(None);
    };
    let interaction = open_input(journal, &input)?;
    Ok(interaction.map(|interaction| AnsweredMessage {
        ordinal: input.ordinal,
        text: interaction.text,
        at: input.received_at,
    }))
}

#[cfg(test)]
mod tests {
    use patchbay_events::AfterReply;
    use patchbay_model::desk::{ApprovalStep, Need};

    use super::*;

    fn pending(steps: &[&[&str]], step: usize, approved: &[&str]) -> PendingReply {
        let steps = steps.iter().map(|approvers| ApprovalStep {
            approvers: approvers.iter().map(|id| (*id).to_owned()).collect(),
            need: Need::All,
        });
        PendingReply {
            id: "r1".to_owned(),
            entry: 3,
            by: "ana".to_owned(),
            digest: String::new(),
            generation: 1,
            since: Timestamp::UNIX_EPOCH,
            then: AfterReply::Wait,
            steps: steps.collect(),
            step,
            approved: approved.iter().map(|id| (*id).to_owned()).collect(),
            answers_up_to: None,
        }
    }

    #[test]
    fn a_reply_waits_for_the_approvers_of_the_current_step_but_its_author() {
        let (agent, supervisor) = (ActorRole::Agent, ActorRole::Supervisor);
        let steps: &[&[&str]] = &[&["eva", "max"], &["ana"], &["lea"]];
        for (step, approved, who, role, waits) in [
            (0, &[][..], "eva", agent, true),
            (0, &["eva"], "eva", agent, false),
            (0, &["eva"], "max", supervisor, true),
            (0, &[], "lea", supervisor, false),
            // Without its author the step names no approver: any supervisor.
            (1, &[], "ana", supervisor, false),
            (1, &[], "eva", agent, false),
            (1, &[], "eva", supervisor, true),
            (2, &[], "lea", agent, true),
            (2, &[], "eva", supervisor, false),
        ] {
            let actor = Actor {
                id: who.to_owned(),
                role,
            };
            let pending = pending(steps, step, approved);
            assert_eq!(pending.waits_for(&actor), waits, "{step} {who} {role:?}");
        }
    }
}
