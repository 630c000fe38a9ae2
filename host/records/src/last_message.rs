//! The newest message of a conversation, by either side: what a list shows of it.

use jiff::Timestamp;
use patchbay_model::codes;
use patchbay_model::interaction::{Direction, WrittenBy};
use serde::{Deserialize, Serialize};

use crate::conversation_cache::{CachedConversation, CachedText};
use crate::reply::{ReplyRecord, ReplyStatus, outbox_key_entry};
use crate::snapshot::Snapshot;

codes! {
    /// Who wrote a message.
    pub enum MessageAuthor {
        /// The customer, or another person outside of the company.
        Customer = "customer",
        /// A person of the company.
        Agent = "agent",
        /// A policy, or another program of the company.
        Policy = "policy",
    }
}

impl From<WrittenBy> for MessageAuthor {
    fn from(written_by: WrittenBy) -> MessageAuthor {
        match written_by {
            WrittenBy::Human => MessageAuthor::Agent,
            WrittenBy::Policy => MessageAuthor::Policy,
        }
    }
}

/// Where the text of a message is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessagePlace {
    /// In the input of this ordinal.
    Input(u64),
    /// In the entry of this number: a reply of the desk.
    Entry(u64),
}

/// The newest message of a conversation, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastMessage {
    /// When it was decided or published.
    pub at: Timestamp,
    /// Who wrote it.
    pub from: MessageAuthor,
    /// Where its text is.
    pub place: MessagePlace,
    /// Ordinal of the newest listed input when this was set; 0: none.
    newest_input: u64,
}

impl Snapshot {
    /// A reply was published: its text is in an entry.
    pub fn set_last_reply(&mut self, entry: u64, written_by: WrittenBy, now: Timestamp) {
        self.last_message = Some(LastMessage {
            at: now,
            from: written_by.into(),
            place: MessagePlace::Entry(entry),
            newest_input: self.recent.first().copied().unwrap_or(0),
        });
    }

    /// The reply in an entry was taken back: `before` was the newest message when it was
    /// published.
    pub fn restore_last_message(&mut self, entry: u64, before: Option<LastMessage>) {
        let reply = MessagePlace::Entry(entry);
        // Of what is not listed any more, the next commit looks for the newest.
        let before = before.filter(|before| match before.place {
            MessagePlace::Input(input) => self.recent.contains(&input),
            MessagePlace::Entry(_) => true,
        });
        if let Some(last) = self.last_message.take_if(|last| last.place == reply) {
            let newest_input = last.newest_input;
            let before = before.clone();
            self.last_message = before.map(|before| LastMessage {
                newest_input,
                ..before
            });
        }
        for undo in self.sending.iter_mut().flat_map(|it| &mut it.undo) {
            if undo.last_message.as_ref().map(|it| it.place) == Some(reply) {
                undo.last_message.clone_from(&before);
            }
        }
    }

    /// An input that was just listed shows nothing new: it is the echo of a reply of the
    /// desk.
    pub fn skip_last_message(&mut self, input: u64) {
        if let Some(last) = &mut self.last_message {
            last.newest_input = input;
        }
    }

    /// An input took the place of another.
    pub(crate) fn renumber_last_message(&mut self, before: u64, now: u64) {
        if let Some(last) = &mut self.last_message {
            if last.newest_input == before {
                last.newest_input = now;
            }
            if last.place == MessagePlace::Input(before) {
                last.place = MessagePlace::Input(now);
            }
        }
        if self.named == Some(before) {
            self.named = Some(now);
        }
    }
}

impl CachedConversation {
    /// Notes the newest message and where the customer's name is: once, before a commit.
    pub fn note_last_message(&mut self, now: Timestamp) {
        let customer = self.row.contact;
        let mut own = self.texts.iter().filter(|text| text.contact == customer);
        let named = own.find(|text| has_name(text)).map(|text| text.ordinal.0);
        self.snapshot.named = named.or(self.snapshot.named);

        let newest = self.texts.first();
        let newest_input = newest.map_or(0, |text| text.ordinal.0);
        let last = self.snapshot.last_message.as_ref();
        let noted = last.map_or(0, |last| last.newest_input);
        let is_new = self.row.sequence == 0;
        let is_listed = |ordinal: u64| self.texts.iter().any(|text| text.ordinal.0 == ordinal);
        self.snapshot.last_message = match (last, newest) {
            (Some(last), _) if noted == newest_input => Some(last.clone()),
            (_, Some(text)) if newest_input > noted && (last.is_some() || is_new) => {
                Some(LastMessage {
                    at: now,
                    ..of_text(text, now)
                })
            }
            // The newest one was deleted, and a reply came after it.
            (Some(last), _) if !matches!(last.place, MessagePlace::Input(at) if !is_listed(at)) => {
                Some(LastMessage {
                    newest_input,
                    ..last.clone()
                })
            }
            (_, newest) => {
                let created_at = self.snapshot.created_at;
                let text = newest.map(|text| of_text(text, created_at));
                let reply = self.snapshot.answers.iter().rev();
                let reply = reply.filter_map(|reply| self.of_reply(reply, newest_input));
                text.into_iter().chain(reply).max_by_key(|last| last.at)
            }
        };
    }

    fn of_reply(&self, reply: &ReplyRecord, newest_input: u64) -> Option<LastMessage> {
        let was_sent = matches!(
            reply.status,
            ReplyStatus::Published | ReplyStatus::Delivered | ReplyStatus::Undeliverable
        );
        let echo = reply.echo.as_ref().filter(|_| was_sent)?;
        Some(LastMessage {
            at: echo.written_at,
            from: MessageAuthor::Agent,
            place: MessagePlace::Entry(outbox_key_entry(self.row.id, &echo.key)?),
            newest_input,
        })
    }
}

/// Whether a customer's message has the name of its author.
fn has_name(text: &CachedText) -> bool {
    let interaction = &text.interaction;
    let name = interaction.author.name.as_deref().unwrap_or_default();
    interaction.direction == Direction::Inbound && !name.trim().is_empty()
}

/// The message of an input; `at` is its time where the channel gives none.
fn of_text(text: &CachedText, at: Timestamp) -> LastMessage {
    let interaction = &text.interaction;
    LastMessage {
        at: interaction.received_at.unwrap_or(at),
        from: match interaction.direction {
            Direction::Inbound => MessageAuthor::Customer,
            Direction::Outbound if interaction.automatic => MessageAuthor::Policy,
            Direction::Outbound => MessageAuthor::Agent,
        },
        place: MessagePlace::Input(text.ordinal.0),
        newest_input: text.ordinal.0,
    }
}
