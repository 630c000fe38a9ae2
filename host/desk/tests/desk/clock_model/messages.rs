//! What customers and channels deliver.

use patchbay_desk::Delivery;
use serde_json::{Value, json};

use super::customer::Message;
use super::oracle::{MAX_BACKDATING, Phase};
use super::sequence::{Sequence, time};
use super::terms::QUEUES;
use crate::office::delivered;

impl Sequence {
    fn inbound(&self, who: usize, fields: &Value) -> Delivery {
        let whole = json!({"channel": "x", "text": "",
            "author": {"address": self.customers[who].author}});
        with_fields(whole, fields)
    }

    /// An interaction of the company in the conversation.
    fn outbound(&mut self, who: usize, fields: &Value) -> Delivery {
        let first = &self.customers[who].thread().messages[0].id;
        let whole = json!({"channel": "x", "direction": "outbound", "text": "",
            "in_reply_to": first, "author": {"address": "@northwind"}});
        with_fields(whole, fields)
    }

    pub(super) fn write(&mut self, who: usize) -> Delivery {
        let id = self.name("m");
        let text = format!("Question {id}");
        self.note(Some(who), format!("writes {id}"));
        self.coverage.count_step("message");
        let age = match self.rng.u8(..3) {
            0 => self.rng.i64(0..MAX_BACKDATING + 3),
            _ => 0,
        };
        let written = self.now - age;
        if age > 0 {
            self.coverage.count("message, older");
        }
        if self.begins(who) {
            self.begin(who, written);
            self.coverage.count("message, begins");
        }
        self.expect_reply(who, &id, written);
        let mut fields = json!({"id": id, "text": text});
        if age > 0 {
            fields["received_at"] = json!(time(written).to_string());
        }
        let delivery = self.inbound(who, &fields);
        self.customers[who].thread().messages.push(Message {
            id,
            text,
            is_deleted: false,
        });
        delivery
    }

    /// The oracle sees a message, or new words of one.
    fn expect_reply(&mut self, who: usize, id: &str, written: i64) {
        match self.oracle(who).phase {
            Phase::Resolved => self.coverage.count("message, reopens"),
            Phase::Waiting => self.coverage.count("pause ends"),
            Phase::OnHold => self.coverage.count("message on hold"),
            Phase::Open => {}
        }
        // It counts by the terms of the queue that it goes to.
        if self.oracle(who).phase == Phase::Resolved {
            let terms = self.terms[QUEUES[0]].clone();
            self.oracle(who).retarget(terms);
        }
        self.oracle(who).write(id, written);
    }

    pub(super) fn edit(&mut self, who: usize) -> Option<Delivery> {
        if self.begins(who) {
            return None;
        }
        let messages = &self.customers[who].thread().messages;
        let index = self.rng.usize(..messages.len());
        let is_same = self.rng.u8(..4) == 0;
        let new = self.name("Question, edited, ");
        let message = &mut self.customers[who].thread().messages[index];
        let (id, is_deleted) = (message.id.clone(), message.is_deleted);
        let text = match is_same {
            true => message.text.clone(),
            false => new,
        };
        if !is_deleted && !is_same {
            message.text.clone_from(&text);
            self.expect_reply(who, &id, self.now);
        }
        self.note(
            Some(who),
            format!("edit of {id}, the same words: {is_same}"),
        );
        self.coverage.count_step(match (is_same, is_deleted) {
            (_, true) => "edit, deleted",
            (true, _) => "edit, same words",
            _ => "edit",
        });
        Some(self.inbound(who, &json!({"id": id, "text": text})))
    }

    /// The customer deletes a message, first of all in a batch: the owner is the
    /// present one.
    pub(super) fn delete(&mut self, who: usize) -> Option<Delivery> {
        let messages = &self.customers[who].thread().messages;
        let index = self.rng.usize(..messages.len());
        let message = &mut self.customers[who].thread().messages[index];
        message.is_deleted = true;
        let id = message.id.clone();
        self.note(Some(who), format!("{id} is deleted"));
        self.coverage.count_step("deletion");
        let is_known = self.customers[who].thread().id.is_some();
        let has_owner = is_known && self.row(who).owner.is_some();
        self.oracle(who).delete(&id, has_owner);
        Some(self.inbound(who, &json!({"id": id, "kind": "delete"})))
    }

    /// The channel's copy of an answer that the desk does not know.
    pub(super) fn echo(&mut self, who: usize) -> Option<Delivery> {
        if self.begins(who) {
            return None;
        }
        let id = self.name("e");
        let sent = self.now - self.rng.i64(0..40);
        self.note(
            Some(who),
            format!("echo {id} of an answer sent at {}", time(sent)),
        );
        self.coverage.count_step("echo");
        self.oracle(who).echo(sent);
        let fields = json!({"id": id, "text": format!("Answer {id}"),
            "received_at": time(sent).to_string()});
        Some(self.outbound(who, &fields))
    }

    pub(super) fn send_automatic(&mut self, who: usize) -> Option<Delivery> {
        if self.begins(who) {
            return None;
        }
        let id = self.name("a");
        let fields = json!({"id": id, "text": format!("Automatic {id}"), "automatic": true});
        let is_echo = self.rng.bool();
        self.note(
            Some(who),
            format!("automatic {id}, of the company: {is_echo}"),
        );
        Some(match is_echo {
            true => {
                self.coverage.count_step("automatic echo");
                self.outbound(who, &fields)
            }
            false => {
                self.coverage.count_step("automatic message");
                self.inbound(who, &fields)
            }
        })
    }

    /// The echo of a reply whose delivery was reported answers nothing more.
    pub(super) fn echo_sent(&mut self, who: usize) -> Option<Delivery> {
        if self.begins(who) {
            return None;
        }
        let count = self.customers[who].thread().sent.len();
        let chosen = (count > 0).then(|| self.rng.usize(..count))?;
        let key = self.customers[who].thread().sent[chosen].clone();
        let id = self.name("e");
        self.note(Some(who), format!("echo {id} of what was sent as {key}"));
        self.coverage.count_step("echo of a sent reply");
        Some(self.outbound(who, &json!({"id": id, "reply": key, "text": "As sent"})))
    }

    /// The echo of a reply before its delivery is reported.
    pub(super) fn echo_reply(&mut self, who: usize) -> Option<Delivery> {
        if self.begins(who) {
            return None;
        }
        let pending = self.customers[who].thread().pending.first_mut()?;
        let is_duplicate = std::mem::replace(&mut pending.has_echo, true);
        let (key, draft) = (pending.key.clone(), pending.draft.clone());
        let what = format!("echo of {}", pending.id);
        self.note(Some(who), what);
        self.coverage.count_step("echo of a reply");
        if !is_duplicate {
            self.oracle(who).accept_reply(&draft);
        }
        Some(self.outbound(who, &json!({"id": key, "text": "The same"})))
    }
}

fn with_fields(mut whole: Value, fields: &Value) -> Delivery {
    for (name, field) in fields.as_object().expect("an object") {
        whole[name] = field.clone();
    }
    delivered(whole)
}
