//! Replies, from draft to delivery.
//!
//! The tone stage checks a draft, which is then published, returned for
//! revision, held for approval, or blocked. The verdict holds for exactly the
//! checked draft, identified by its [`draft_digest`].

use jiff::{SignedDuration, Timestamp};
pub use patchbay_events::AfterReply;
use patchbay_journal::ConversationId;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::tone::Review;
use patchbay_model::desk::ApprovalStep;
use patchbay_model::interaction::{Attachment, Draft, Interaction, WrittenBy};
use patchbay_model::wording::as_read;
use serde::{Deserialize, Serialize};

use crate::last_message::LastMessage;
use crate::unanswered::Answer;
use crate::written_reply::WrittenReply;

/// Most time between a reply and an echo that is known by its text alone.
const ECHO_PERIOD: SignedDuration = SignedDuration::from_hours(1);

/// A reply that an agent sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Chosen by the agent's client; a repeated id is the same reply.
    pub id: String,
    /// The text to send; of a template, empty.
    pub text: String,
    /// The template to send instead of a text.
    pub template: Option<FilledTemplate>,
    /// Attached files.
    pub attachments: Vec<ReplyAttachment>,
    /// Author: human or policy.
    pub written_by: WrittenBy,
    /// Change of the conversation after delivery.
    pub then: AfterReply,
}

/// A file of a reply, as its author names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyAttachment {
    /// A file elsewhere: a target of the company gets the reference.
    Reference(Attachment),
    /// A file that was uploaded to the conversation, by its id.
    Uploaded(String),
}

/// A template of the company file, and what to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilledTemplate {
    /// Its id in the company file.
    pub id: String,
    /// The parameters, in the order of their numbers.
    pub parameters: Vec<String>,
}

/// Status of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyStatus {
    /// Queued for delivery to the channel.
    Published,
    /// Returned to the agent for revision.
    Revise,
    /// Waiting for approval.
    Held,
    /// Blocked by a policy.
    Blocked,
    /// Rejected by an approver.
    Rejected,
    /// Outdated before approval: the customer wrote, the agent sent another
    /// reply, or the agent left.
    Stale,
    /// Accepted by the channel.
    Delivered,
    /// Rejected by the channel.
    Undeliverable,
    /// Taken back before anything of it was sent, or while it waited for approval.
    TakenBack,
}

impl ReplyStatus {
    /// The code in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            ReplyStatus::Published => "published",
            ReplyStatus::Revise => "revise",
            ReplyStatus::Held => "held",
            ReplyStatus::Blocked => "blocked",
            ReplyStatus::Rejected => "rejected",
            ReplyStatus::Stale => "stale",
            ReplyStatus::Delivered => "delivered",
            ReplyStatus::Undeliverable => "undeliverable",
            ReplyStatus::TakenBack => "taken-back",
        }
    }
}

/// Result of sending or deciding about a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyResult {
    /// Id of the reply, from the agent's client.
    pub id: String,
    /// Status of the reply.
    pub status: ReplyStatus,
    /// The tone review; absent for a repeated reply, and where no policy has an
    /// opinion.
    pub review: Option<Review>,
    /// When it is sent, of a published reply; until then it may be taken back.
    pub sends_at: Option<Timestamp>,
    /// What was written, of a reply that was taken back; absent if the customer was erased.
    pub draft: Option<Box<WrittenReply>>,
}

impl ReplyResult {
    /// A reply of this status.
    pub fn of(id: &str, status: ReplyStatus) -> ReplyResult {
        ReplyResult {
            id: id.to_owned(),
            status,
            review: None,
            sends_at: None,
            draft: None,
        }
    }
}

/// A reply that waits for approval; its text is in a history entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingReply {
    /// Id of the reply, from the agent's client.
    pub id: String,
    /// Number of the entry with its text.
    pub entry: u64,
    /// Agent who sends it.
    pub by: String,
    /// [`draft_digest`] of the checked draft.
    pub digest: String,
    /// Number of the generation that checked it.
    pub generation: u64,
    /// When it was held for approval.
    pub since: Timestamp,
    /// Change of the conversation after delivery.
    pub then: AfterReply,
    /// Approval steps, in order.
    pub steps: Vec<ApprovalStep>,
    /// Index of the current step.
    pub step: usize,
    /// Approvers of the current step so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved: Vec<String>,
    /// Ordinal of the newest message it answers; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers_up_to: Option<u64>,
}

/// A published reply that the channel has not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnconfirmedReply {
    /// Its [`outbox_key`].
    pub key: String,
    /// Id of the reply, from the agent's client.
    pub id: String,
    /// Agent who sent it.
    pub by: String,
    /// Change of the conversation after delivery.
    pub then: AfterReply,
    /// Ordinal of the newest message it answers; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers_up_to: Option<u64>,
    /// State of the conversation when the reply was published; absent in
    /// snapshots of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_in: Option<ConversationState>,
    /// What taking it back restores; absent if it cannot be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
}

/// What the publication of a reply changed, beside its own status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// When the reply is sent.
    pub sends_at: Timestamp,
    /// When the timer for a silent agent was due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_at: Option<Timestamp>,
    /// The newest message before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<LastMessage>,
}

impl UnconfirmedReply {
    /// What it answers once the channel has it.
    pub fn answer(&self) -> Answer {
        self.answers_up_to.map_or(Answer::Everything, Answer::UpTo)
    }
}

/// Status of a recent reply, returned when the client repeats it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyRecord {
    /// Id of the reply, from the agent's client.
    pub id: String,
    /// [`draft_digest`] of the reply.
    pub digest: String,
    /// Status of the reply.
    pub status: ReplyStatus,
    /// What tells the channel's echo of it from other messages; absent in
    /// snapshots of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub echo: Option<ExpectedEcho>,
}

/// The channel's copy of a reply, as far as it is known before it comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedEcho {
    /// Key of the reply in the outbox, which its target gets as the id.
    pub key: String,
    /// [`text_digest`] of its text.
    pub text: String,
    /// When the reply was written.
    pub written_at: Timestamp,
    /// Whether the echo came.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_come: bool,
}

impl ExpectedEcho {
    /// Whether an echo names this reply: by its own id or the interaction it
    /// answers, or in the attribute `reply`.
    pub fn is_named_by(&self, reply: &str, echo: &Interaction) -> bool {
        names_in_echo(echo).any(|name| name == self.key || name == reply)
    }

    /// Whether an echo that names no reply has this reply's text, within an
    /// hour of it.
    pub fn resembles(&self, echo: &Interaction, accepted_at: Timestamp) -> bool {
        let sent_at = echo.received_at.unwrap_or(accepted_at);
        let apart = sent_at.duration_since(self.written_at).abs();
        !self.has_come && apart <= ECHO_PERIOD && text_digest(&echo.text) == self.text
    }
}

/// What may name a reply in an echo: its own id, and its attribute `reply`.
pub fn names_in_echo(echo: &Interaction) -> impl Iterator<Item = &str> {
    let attribute = echo.attributes.get("reply").and_then(|name| name.as_str());
    [Some(echo.id.as_str()), attribute].into_iter().flatten()
}

/// Digest of a text as a person reads it: channels change white space and the
/// form of composed letters.
pub fn text_digest(text: &str) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("patchbay 2026 text of a reply");
    for word in as_read(text).split_whitespace() {
        hasher.update(word.as_bytes());
        hasher.update(b" ");
    }
    format!("blake3:{}", hasher.finalize().to_hex())
}

/// Digest of all that a reader of the reply would see.
pub fn draft_digest(draft: &Draft) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("patchbay 2026 reply");
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(draft.channel.as_bytes());
    part(draft.visibility().as_str().as_bytes());
    part(draft.written_by.as_str().as_bytes());
    part(draft.text.as_bytes());
    for attachment in &draft.attachments {
        // Serialization of this type cannot fail.
        part(&serde_json::to_vec(attachment).unwrap_or_default());
    }
    let hash = hasher.finalize().to_hex();
    format!("blake3:{hash}")
}

/// Idempotency key of a reply in the outbox.
pub fn outbox_key(conversation: ConversationId, entry: u64) -> String {
    format!("reply-{conversation}-{entry}")
}

/// Whether this is the [`outbox_key`] of a reply in a conversation.
pub fn is_outbox_key_of(conversation: ConversationId, key: &str) -> bool {
    outbox_key_entry(conversation, key).is_some()
}

/// Number of the entry with the text of a reply, by its [`outbox_key`]; `None` for any
/// other key.
pub fn outbox_key_entry(conversation: ConversationId, key: &str) -> Option<u64> {
    let entry = key.strip_prefix(&format!("reply-{conversation}-"))?;
    entry.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_known_by_its_text_as_a_person_reads_it() {
        let written_at = Timestamp::UNIX_EPOCH;
        let expected = ExpectedEcho {
            key: "reply-1".to_owned(),
            text: text_digest("Já saiu.\nObrigado!"),
            written_at,
            has_come: false,
        };
        for (text, is_known) in [
            ("Já saiu.\nObrigado!", true),
            ("Ja\u{301} saiu.\r\nObrigado! ", true),
            ("\u{200e}Já saiu. Obrigado!", true),
            ("Ja saiu. Obrigado!", false),
            ("Já saiu. Obrigado", false),
        ] {
            let echo = serde_json::json!({"id": "e", "channel": "x", "text": text});
            let echo: Interaction = serde_json::from_value(echo).expect("an interaction");
            assert_eq!(expected.resembles(&echo, written_at), is_known, "{text:?}");
        }
    }

    #[test]
    fn the_digest_of_a_text_in_nfc_is_that_of_earlier_versions() {
        let mut hasher = blake3::Hasher::new_derive_key("patchbay 2026 text of a reply");
        hasher.update("Já saiu. ".as_bytes());
        let earlier = format!("blake3:{}", hasher.finalize().to_hex());
        assert_eq!(text_digest(" Já\n saiu."), earlier);
    }
}
