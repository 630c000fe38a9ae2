//! Answering a customer: a draft is checked, and goes out, back, or to somebody
//! who approves it.

use std::sync::Arc;

use patchbay_generation::decide::Made;
use patchbay_journal::{ContactId, NewEntry, NewOutbox, Purpose};
use patchbay_model::conversation::ConversationState;
use patchbay_model::decision::tone::{Review, Verdict};
use patchbay_model::desk::{ApprovalStep, Need};
use patchbay_model::interaction::{Attachment, Draft, Interaction, WrittenBy};
use patchbay_model::situation::DraftAtHand;
use serde::Deserialize;
use serde_json::json;

use super::acting::latest;
use super::doing::not_now;
use super::sheet::Sheet;
use super::{Pass, Undecided, checked};
use crate::action::{ActError, Actor, Role, Typed};
use crate::history::EntryKind;
use crate::outgoing::Payload;
use crate::reply::{self, Answered, PendingReply, Reply, ReplyStatus, Sending, Sent, Then};

type Tried = Result<Result<Option<Sent>, ActError>, Undecided>;

/// What a target is told of a reply, as far as it is read back.
#[derive(Deserialize)]
struct Drafted {
    text: String,
    written_by: WrittenBy,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

impl Pass<'_> {
    /// Answer the customer.
    pub(super) fn reply(&self, sheet: &mut Sheet, actor: &Actor, reply: &Reply) -> Tried {
        if let Err(refused) = self.may_touch(sheet, actor) {
            return Ok(Err(refused));
        }
        let draft = Draft {
            attachments: reply.attachments.clone(),
            ..self.draft(sheet, actor, &reply.id, &reply.text, reply.written_by)
        };
        let digest = reply::digest(&draft);
        let answers = &sheet.known.snapshot.answers;
        if let Some(known) = answers.iter().find(|known| known.id == reply.id) {
            if known.digest != digest {
                return Ok(Err(ActError::ReplyIdTaken {
                    id: reply.id.clone(),
                }));
            }
            // What went back may be tried again; all else is done.
            if known.status != ReplyStatus::Revise {
                return Ok(Ok(Some(Sent {
                    id: reply.id.clone(),
                    status: known.status,
                    review: None,
                })));
            }
        }
        let prepared = match self.prepare(sheet, &draft) {
            Ok(prepared) => prepared,
            Err(refused) => return Ok(Err(refused)),
        };
        let made = self.check(sheet, &draft, false)?;
        let review = made.decision.tone.clone().unwrap_or_default();
        self.make_stale(sheet, "superseded");
        let entry = match self.record_draft(sheet, actor, &draft, &digest, &prepared) {
            Ok(entry) => entry,
            Err(refused) => return Ok(Err(refused)),
        };
        let rules = &self.generation.desk;
        let needs_approval = sheet.known.snapshot.needs_approval || rules.approve_all;
        let status = match review.verdict {
            Verdict::Block => ReplyStatus::Blocked,
            Verdict::Revise => ReplyStatus::Revise,
            Verdict::Hold => ReplyStatus::Held,
            Verdict::Approve if needs_approval => ReplyStatus::Held,
            Verdict::Approve => ReplyStatus::Published,
        };
        let kind = match status {
            ReplyStatus::Blocked => EntryKind::ReplyBlocked,
            ReplyStatus::Revise => EntryKind::ReplyRevise,
            ReplyStatus::Held => EntryKind::ReplyHeld,
            _ => EntryKind::ReplyPublished,
        };
        let head = json!({
            "reply": reply.id,
            "by": actor,
            "written_by": reply.written_by,
            "digest": digest,
            "approval_required": needs_approval,
        });
        self.record(sheet, kind, head, Some(&made.decision));
        self.remember(sheet, &made.decision, sheet.contact());
        match status {
            ReplyStatus::Held => {
                sheet.snapshot().pending = Some(PendingReply {
                    id: reply.id.clone(),
                    entry,
                    by: actor.id.clone(),
                    digest: digest.clone(),
                    generation: self.generation.number,
                    since: self.now,
                    then: reply.then,
                    steps: self.approval(sheet, &review),
                    step: 0,
                    approved: Vec::new(),
                });
                if sheet.known.snapshot.owner.is_some() {
                    self.enter(sheet, ConversationState::AwaitingApproval);
                }
            }
            ReplyStatus::Published => {
                self.send(
                    sheet,
                    entry,
                    &reply.id,
                    &actor.id,
                    reply.then,
                    &prepared.target,
                );
            }
            _ => {}
        }
        sheet.snapshot().answer(Answered {
            id: reply.id.clone(),
            digest,
            status,
        });
        Ok(Ok(Some(Sent {
            id: reply.id.clone(),
            status,
            review: Some(review),
        })))
    }

    /// What the policies say of a draft that is being typed: nothing is
    /// recorded, and nothing remembered.
    pub(crate) fn check_as_typed(
        &self,
        id: patchbay_journal::ConversationId,
        actor: &Actor,
        text: &str,
        written_by: WrittenBy,
    ) -> Result<Result<Typed, ActError>, Undecided> {
        let row = self.journal.conversation(self.company, id)?;
        let Some(row) = row else {
            return Ok(Err(ActError::UnknownConversation));
        };
        // Whoever has its lane may be at work on what is at hand.
        let sheet = Sheet::new(self.read(row)?);
        if let Err(refused) = self.may_touch(&sheet, actor) {
            return Ok(Err(refused));
        }
        let draft = self.draft(&sheet, actor, "typed", text, written_by);
        let surroundings = &self.generation.surroundings;
        let measure = surroundings.measure(&draft.channel, text);
        let made = self.check(&sheet, &draft, true)?;
        Ok(Ok(Typed {
            review: made.decision.tone.clone(),
            length: measure.length,
            limit: measure.limit,
        }))
    }

    fn draft(
        &self,
        sheet: &Sheet,
        actor: &Actor,
        id: &str,
        text: &str,
        written_by: WrittenBy,
    ) -> Draft {
        let snapshot = &sheet.known.snapshot;
        Draft {
            id: id.to_owned(),
            channel: snapshot.channel.clone(),
            text: text.to_owned(),
            visibility: snapshot.visibility,
            written_by,
            agent: Some(actor.id.clone()),
            interaction: latest(sheet).map(|latest| latest.id.clone()),
            attachments: Vec::new(),
        }
    }

    /// Everything a reply needs to go out, or why it cannot.
    fn prepare(&self, sheet: &Sheet, draft: &Draft) -> Result<Prepared, ActError> {
        let snapshot = &sheet.known.snapshot;
        if snapshot.state == ConversationState::Resolved {
            return Err(not_now(sheet));
        }
        let channel = &draft.channel;
        let target = self.generation.publishers.of(channel);
        let target = target.ok_or_else(|| ActError::NoPublisher {
            channel: channel.clone(),
        })?;
        let measure = self.generation.surroundings.measure(channel, &draft.text);
        if let (false, Some(limit)) = (measure.fits(), measure.limit) {
            return Err(ActError::TooLong {
                channel: channel.clone(),
                length: measure.length,
                limit,
            });
        }
        let answered = latest(sheet).ok_or(ActError::NobodyToAnswer)?;
        let contact = sheet.contact().ok_or(ActError::NobodyToAnswer)?;
        Ok(Prepared {
            target: target.to_owned(),
            contact,
            answered,
        })
    }

    /// Who must approve a reply: the teams the policies name, else the team
    /// escalation named, else whom the company's rules name, else any
    /// supervisor.
    fn approval(&self, sheet: &Sheet, review: &Review) -> Vec<ApprovalStep> {
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

    /// Ask the policies about a draft.
    fn check(&self, sheet: &Sheet, draft: &Draft, composing: bool) -> Result<Made<'_>, Undecided> {
        let answered = latest(sheet).ok_or(Undecided::Nothing)?;
        let mut situation = self.situation(&sheet.known, sheet.contact(), &answered)?;
        // What it is was decided when it came in.
        situation.assessment = Some(Arc::new(
            sheet.known.snapshot.assessment.clone().unwrap_or_default(),
        ));
        let at_hand = DraftAtHand {
            draft: Arc::new(draft.clone()),
            composing,
        };
        checked(
            self.generation
                .check_on(situation, at_hand, self.transcripts, self.patience),
        )
    }

    /// Write the draft down, sealed, as it would be sent; the number of its
    /// entry.
    fn record_draft(
        &self,
        sheet: &mut Sheet,
        actor: &Actor,
        draft: &Draft,
        digest: &str,
        prepared: &Prepared,
    ) -> Result<u64, ActError> {
        let number = sheet.next_entry();
        let answered = &prepared.answered;
        let body = json!({
            "type": "reply",
            "id": reply::key(sheet.known.row.id, number),
            "company": self.generation.company,
            "conversation": sheet.known.row.id.to_string(),
            "channel": draft.channel,
            "visibility": draft.visibility(),
            "account": answered.account,
            "thread": answered.conversation,
            "to": answered.author.address,
            "in_reply_to": answered.id,
            "text": draft.text,
            "attachments": draft.attachments,
            "written_by": draft.written_by,
            "agent": actor.id,
            "written_at": self.now,
        });
        let sealed = self.journal.seal(
            self.company,
            prepared.contact,
            Purpose::Entry,
            body.to_string().as_bytes(),
        );
        let Ok(sealed) = sealed else {
            return Err(ActError::NobodyToAnswer);
        };
        let head = json!({
            "reply": draft.id,
            "by": actor,
            "written_by": draft.written_by,
            "digest": digest,
        });
        sheet.entries.push(NewEntry {
            kind: EntryKind::ReplyDrafted as u16,
            at: self.now,
            input: None,
            head: head.to_string(),
            contact: Some(prepared.contact),
            sealed,
        });
        Ok(number)
    }

    /// Put a drafted reply in the outbox.
    fn send(&self, sheet: &mut Sheet, entry: u64, id: &str, by: &str, then: Then, target: &str) {
        let conversation = sheet.known.row.id;
        let key = reply::key(conversation, entry);
        sheet.outbox.push(NewOutbox {
            key: key.clone(),
            target: target.to_owned(),
            payload: Payload::Entry(conversation, entry).to_bytes(),
            conversation: Some(conversation),
            not_before: self.now,
        });
        sheet.snapshot().sending.push(Sending {
            key,
            id: id.to_owned(),
            by: by.to_owned(),
            then,
        });
        // Sent off; the clocks go on until the channel has it.
        sheet.snapshot().silent_at = None;
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
        let head = json!({"reply": id, "by": actor, "step": pending.step, "complete": is_last});
        let status = match is_last {
            true => match self.release_pending(sheet, &pending)? {
                Ok(status) => status,
                Err(refused) => return Ok(Err(refused)),
            },
            false => {
                sheet.snapshot().pending = Some(pending);
                ReplyStatus::Held
            }
        };
        self.record(sheet, EntryKind::ReplyApproved, head, None);
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
            let made = self.check(sheet, &draft, false)?;
            let review = made.decision.tone.clone().unwrap_or_default();
            let kind = match review.verdict {
                Verdict::Block => {
                    status = ReplyStatus::Blocked;
                    EntryKind::ReplyBlocked
                }
                _ => EntryKind::ReplyPublished,
            };
            let head =
                json!({"reply": pending.id, "digest": pending.digest, "checked_again": true});
            self.record(sheet, kind, head, Some(&made.decision));
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
        let Ok(bytes) = crate::outgoing::open(self.journal, self.company, payload)? else {
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

    fn note_answer(&self, sheet: &mut Sheet, id: &str, status: ReplyStatus) {
        let answers = &mut sheet.snapshot().answers;
        if let Some(known) = answers.iter_mut().find(|known| known.id == id) {
            known.status = status;
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

    /// The channel has a reply: its clocks stop, and what was to happen then
    /// happens.
    pub(super) fn delivered(&self, sheet: &mut Sheet, key: &str) {
        sheet.sent.push(key.to_owned());
        let Some(sent) = self.take_sending(sheet, key) else {
            return;
        };
        self.reply_accepted(sheet);
        let snapshot = sheet.snapshot();
        snapshot.last_agent = Some(sent.by.clone());
        snapshot.answered_at = Some(self.now);
        self.note_answer(sheet, &sent.id, ReplyStatus::Delivered);
        let head = json!({"reply": sent.id, "by": sent.by, "key": key});
        self.record(sheet, EntryKind::ReplyDelivered, head, None);
        if sheet.known.snapshot.state != ConversationState::Active {
            return;
        }
        match sent.then {
            Then::Stay => {}
            Then::Wait => self.wait_on_customer(sheet, None),
            // Held by nobody any more: there is nothing to wrap up.
            Then::WrapUp => {
                let _ = self.start_wrapping(sheet, None);
            }
            Then::Resolve => self.change_state(sheet, ConversationState::Resolved, None),
        }
    }

    /// The channel would not take a reply.
    pub(super) fn undeliverable(&self, sheet: &mut Sheet, key: &str, problem: &str) {
        let Some(sent) = self.take_sending(sheet, key) else {
            self.alert(
                sheet,
                "undeliverable",
                json!({"key": key, "problem": problem}),
            );
            return;
        };
        self.note_answer(sheet, &sent.id, ReplyStatus::Undeliverable);
        let head = json!({"reply": sent.id, "key": key, "problem": problem});
        self.record(sheet, EntryKind::ReplyUndeliverable, head, None);
        self.alert(
            sheet,
            "undeliverable",
            json!({"reply": sent.id, "key": key}),
        );
        let silent_after = self.generation.desk.silent_after;
        sheet.snapshot().expect_answer(silent_after, self.now);
    }

    fn take_sending(&self, sheet: &mut Sheet, key: &str) -> Option<Sending> {
        let sending = &mut sheet.snapshot().sending;
        let position = sending.iter().position(|sending| sending.key == key)?;
        Some(sending.remove(position))
    }
}

/// Whose approval counts in a step, but for who wrote the reply.
fn others<'a>(step: &'a ApprovalStep, author: &'a str) -> impl Iterator<Item = &'a String> {
    step.approvers.iter().filter(move |id| *id != author)
}

/// What a reply needs to go out.
struct Prepared {
    target: String,
    contact: ContactId,
    answered: Arc<Interaction>,
}
