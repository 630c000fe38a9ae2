//! Replies that wait for somebody to approve them.

use patchbay_journal::Purpose;
use patchbay_model::conversation::ConversationState;
use patchbay_model::decision::tone::{Review, Verdict};
use patchbay_model::desk::{ApprovalStep, Need};
use patchbay_model::interaction::{Attachment, Draft, WrittenBy};
use serde::Deserialize;
use serde_json::json;

use super::replying::Tried;
use super::sheet::Sheet;
use super::{Pass, Undecided};
use crate::action::{ActError, Actor, Role};
use patchbay_records::history::EntryKind;
use patchbay_records::outgoing::{self, Payload};
use patchbay_records::reply::{PendingReply, ReplyStatus, Sent};

/// What a target is told of a reply, as far as it is read back.
#[derive(Deserialize)]
struct Drafted {
    text: String,
    written_by: WrittenBy,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

impl Pass<'_> {
    /// Who must approve a reply: the teams the policies name, else the team
    /// escalation named, else whom the company's rules name, else any
    /// supervisor.
    pub(super) fn approval(&self, sheet: &Sheet, review: &Review) -> Vec<ApprovalStep> {
        let mut teams: Vec<&String> = review.approvers.iter().collect();
        if teams.is_empty() {
            teams.extend(&sheet.known.snapshot.approvers);
        }
        let rules = &self.generation.desk.approvals;
        if teams.is_empty() && !rules.is_empty() {
            return rules.clone();
        }
        let room = self.assignments.room();
        let mut steps: Vec<ApprovalStep> = teams
            .into_iter()
            .map(|team| ApprovalStep {
                approvers: room.team(team),
                need: Need::Any,
            })
            .collect();
        if steps.is_empty() {
            steps.push(ApprovalStep {
                approvers: Vec::new(),
                need: Need::Any,
            });
        }
        steps
    }

    /// Approve the reply that waits. With the last approval it goes out, after
    /// another check where the policies have changed meanwhile.
    pub(super) fn approve(&self, sheet: &mut Sheet, actor: &Actor, id: &str) -> Tried {
        let mut pending = match self.pending(sheet, actor, id) {
            Ok(pending) => pending,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Some(step) = pending.steps.get(pending.step).cloned() {
            if !pending.approved.contains(&actor.id) {
                pending.approved.push(actor.id.clone());
            }
            let has = |approver: &String| pending.approved.contains(approver);
            let is_over = match step.need {
                Need::Any => true,
                // Whoever wrote it has no say in it.
                Need::All => others(&step, &pending.by).all(has),
            };
            if is_over {
                pending.step += 1;
                pending.approved.clear();
            }
        }
        let is_last = pending.step >= pending.steps.len();
        let approved = sheet.entries.len();
        let status = match is_last {
            true => match self.release_pending(sheet, &pending)? {
                Ok(status) => status,
                Err(refused) => return Ok(Err(refused)),
            },
            false => ReplyStatus::Held,
        };
        let head = json!({"reply": id, "by": actor, "step": pending.step, "complete": is_last});
        self.record(sheet, EntryKind::ReplyApproved, head, None);
        // It came first; but what cannot go out is not approved either.
        sheet.entries[approved..].rotate_right(1);
        if !is_last {
            sheet.snapshot().pending = Some(pending);
        }
        Ok(Ok(Some(Sent {
            id: id.to_owned(),
            status,
            review: None,
        })))
    }

    fn release_pending(
        &self,
        sheet: &mut Sheet,
        pending: &PendingReply,
    ) -> Result<Result<ReplyStatus, ActError>, Undecided> {
        let channel = sheet.known.snapshot.channel.clone();
        let Some(target) = self.generation.publishers.of(&channel).map(str::to_owned) else {
            return Ok(Err(ActError::NoPublisher { channel }));
        };
        let mut status = ReplyStatus::Published;
        if pending.generation != self.generation.number {
            let Some(draft) = self.drafted(sheet, pending)? else {
                return Ok(Err(ActError::NobodyToAnswer));
            };
            let asked = self.check(sheet, &draft, false)?;
            let review = asked.decision().tone.clone().unwrap_or_default();
            let kind = match review.verdict {
                Verdict::Block => {
                    status = ReplyStatus::Blocked;
                    EntryKind::ReplyBlocked
                }
                _ => EntryKind::ReplyPublished,
            };
            let head =
                json!({"reply": pending.id, "digest": pending.digest, "checked_again": true});
            self.record(sheet, kind, head, Some(&asked));
        } else {
            let head = json!({"reply": pending.id, "digest": pending.digest});
            self.record(sheet, EntryKind::ReplyPublished, head, None);
        }
        sheet.snapshot().pending = None;
        if status == ReplyStatus::Published {
            let (by, then) = (&pending.by, pending.then);
            self.send(sheet, pending.entry, &pending.id, by, then, &target);
        }
        self.after_approval(sheet, &pending.id, status);
        Ok(Ok(status))
    }

    /// The draft of a reply that waits, as it was written down.
    fn drafted(&self, sheet: &Sheet, pending: &PendingReply) -> Result<Option<Draft>, Undecided> {
        let id = sheet.known.row.id;
        let payload = Payload::Entry(id, pending.entry);
        let Ok(bytes) = outgoing::open(self.journal, self.company, payload)? else {
            return Ok(None);
        };
        let Ok(drafted) = serde_json::from_slice::<Drafted>(&bytes) else {
            return Ok(None);
        };
        let actor = Actor {
            id: pending.by.clone(),
            role: Role::Agent,
        };
        let Drafted {
            text,
            written_by,
            attachments,
        } = drafted;
        Ok(Some(Draft {
            attachments,
            ..self.draft(sheet, &actor, &pending.id, &text, written_by)
        }))
    }

    /// Not approve the reply that waits.
    pub(super) fn reject(
        &self,
        sheet: &mut Sheet,
        actor: &Actor,
        id: &str,
        why: &str,
    ) -> Result<Option<Sent>, ActError> {
        let pending = self.pending(sheet, actor, id)?;
        sheet.snapshot().pending = None;
        // An approver's own words may quote the customer.
        let sealed = sheet.contact().and_then(|contact| {
            let why = json!({"why": why}).to_string();
            let sealed = self
                .journal
                .seal(self.company, contact, Purpose::Entry, why.as_bytes());
            Some((contact, sealed.ok()?))
        });
        let head = json!({"reply": id, "by": actor});
        self.record(sheet, EntryKind::ReplyRejected, head, None);
        if let (Some(entry), Some((contact, sealed))) = (sheet.entries.last_mut(), sealed) {
            entry.contact = Some(contact);
            entry.sealed = sealed;
        }
        self.after_approval(sheet, &pending.id, ReplyStatus::Rejected);
        Ok(Some(Sent {
            id: id.to_owned(),
            status: ReplyStatus::Rejected,
            review: None,
        }))
    }

    /// The reply that waits, if it is this one and this somebody's to approve.
    fn pending(&self, sheet: &Sheet, actor: &Actor, id: &str) -> Result<PendingReply, ActError> {
        let pending = sheet.known.snapshot.pending.clone();
        let pending = pending.filter(|pending| pending.id == id);
        let pending = pending.ok_or_else(|| ActError::NothingPending { id: id.to_owned() })?;
        if actor.id == pending.by {
            return Err(ActError::OwnReply);
        }
        let step = pending.steps.get(pending.step);
        let named: Vec<String> = step
            .into_iter()
            .flat_map(|step| others(step, &pending.by))
            .cloned()
            .collect();
        // Where nobody else is named it takes a supervisor.
        match named.contains(&actor.id) || (named.is_empty() && actor.role == Role::Supervisor) {
            true => Ok(pending),
            false if named.is_empty() => Err(ActError::SupervisorsOnly),
            false => Err(ActError::NotAnApprover { approvers: named }),
        }
    }

    fn after_approval(&self, sheet: &mut Sheet, id: &str, status: ReplyStatus) {
        self.note_answer(sheet, id, status);
        if sheet.known.snapshot.state == ConversationState::AwaitingApproval {
            self.enter(sheet, ConversationState::Active);
        }
    }

    /// A reply that waits for approval is out of date.
    pub(super) fn make_stale(&self, sheet: &mut Sheet, because: &str) {
        let Some(pending) = sheet.snapshot().pending.take() else {
            return;
        };
        let head = json!({"reply": pending.id, "because": because});
        self.record(sheet, EntryKind::ReplyStale, head, None);
        self.after_approval(sheet, &pending.id, ReplyStatus::Stale);
        let silent_after = self.generation.desk.silent_after;
        sheet.snapshot().expect_answer(silent_after, self.now);
    }
}

/// Whose approval counts in a step, but for who wrote the reply.
fn others<'a>(step: &'a ApprovalStep, author: &'a str) -> impl Iterator<Item = &'a String> {
    step.approvers.iter().filter(move |id| *id != author)
}
