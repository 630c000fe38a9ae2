//! Answering a customer: a draft is checked, and goes out, back, or to somebody
//! who approves it; and what becomes of what went out.

use std::sync::Arc;

use patchbay_journal::{ContactId, NewEntry, NewOutbox, Purpose};
use patchbay_model::conversation::ConversationState;
use patchbay_model::decision::tone::Verdict;
use patchbay_model::interaction::{Draft, Interaction, WrittenBy};
use patchbay_model::situation::DraftAtHand;
use serde_json::json;

use super::acting::latest;
use super::asking::Asked;
use super::doing::not_now;
use super::sheet::Sheet;
use super::{Pass, Undecided};
use crate::action::{ActError, Actor, Typed};
use patchbay_records::history::EntryKind;
use patchbay_records::outgoing::Payload;
use patchbay_records::reply::{self, Answered, PendingReply, Reply, ReplyStatus, Sending, Sent, Then};

pub(super) type Tried = Result<Result<Option<Sent>, ActError>, Undecided>;

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
        let asked = self.check(sheet, &draft, false)?;
        let review = asked.decision().tone.clone().unwrap_or_default();
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
        self.record(sheet, kind, head, Some(&asked));
        self.remember(sheet, asked.decision(), sheet.contact());
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
        let sheet = self.sheet(self.read(row)?, None);
        if let Err(refused) = self.may_touch(&sheet, actor) {
            return Ok(Err(refused));
        }
        let draft = self.draft(&sheet, actor, "typed", text, written_by);
        let surroundings = &self.generation.surroundings;
        let measure = surroundings.measure(&draft.channel, text);
        let asked = self.check(&sheet, &draft, true)?;
        Ok(Ok(Typed {
            review: asked.decision().tone.clone(),
            length: measure.length,
            limit: measure.limit,
        }))
    }

    pub(super) fn draft(
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
            interaction: latest(sheet).map(|latest| latest.interaction.id.clone()),
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
            answered: answered.interaction,
        })
    }

    /// Ask the policies about a draft.
    pub(super) fn check(
        &self,
        sheet: &Sheet,
        draft: &Draft,
        composing: bool,
    ) -> Result<Asked<'_>, Undecided> {
        let answered = latest(sheet).ok_or(Undecided::Nothing)?;
        let mut matter = self.matter(&sheet.known, sheet.contact(), &answered)?;
        // What it is was decided when it came in.
        matter.situation.assessment = Some(Arc::new(
            sheet.known.snapshot.assessment.clone().unwrap_or_default(),
        ));
        let at_hand = DraftAtHand {
            draft: Arc::new(draft.clone()),
            composing,
        };
        self.ask_about_draft(matter, at_hand)
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
    pub(super) fn send(
        &self,
        sheet: &mut Sheet,
        entry: u64,
        id: &str,
        by: &str,
        then: Then,
        target: &str,
    ) {
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

    pub(super) fn note_answer(&self, sheet: &mut Sheet, id: &str, status: ReplyStatus) {
        let answers = &mut sheet.snapshot().answers;
        if let Some(known) = answers.iter_mut().find(|known| known.id == id) {
            known.status = status;
        }
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
        // Kept: a human may have it sent after all.
        let sending = &sheet.known.snapshot.sending;
        let Some(sent) = sending.iter().find(|sent| sent.key == key).cloned() else {
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

/// What a reply needs to go out.
struct Prepared {
    target: String,
    contact: ContactId,
    answered: Arc<Interaction>,
}
