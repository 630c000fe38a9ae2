//! Replies: from a draft to something the channel has.
//!
//! A draft is checked; it is published, sent back to be revised, held for
//! approval, or blocked. A verdict holds for what was checked and nothing else:
//! [`digest`] of everything a reader would see, and the generation that said so.

use jiff::Timestamp;
use patchbay_journal::ConversationId;
use patchbay_model::decision::tone::Review;
use patchbay_model::desk::ApprovalStep;
use patchbay_model::interaction::{Attachment, Draft, WrittenBy};
use serde::{Deserialize, Serialize};

/// What happens to the conversation once the channel has the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// The customer is next.
    #[default]
    Wait,
    /// The agent goes on with it.
    Stay,
    /// The agent only writes notes.
    WrapUp,
    /// It is resolved.
    Resolve,
}

/// A reply as an agent writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The agent's own name for it: the same again is the same reply.
    pub id: String,
    /// The text as it would be sent.
    pub text: String,
    /// Files that go out with it.
    pub attachments: Vec<Attachment>,
    /// Who wrote it.
    pub written_by: WrittenBy,
    /// What happens afterwards.
    pub then: Then,
}

/// What became of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyStatus {
    /// It is on its way to the channel.
    Published,
    /// The agent should change it first.
    Revise,
    /// It waits for approval.
    Held,
    /// It may not go out.
    Blocked,
    /// An approver would not have it.
    Rejected,
    /// Something made it out of date before it was approved: the customer
    /// wrote, the agent wrote another, or left.
    Stale,
    /// The channel has it.
    Delivered,
    /// The channel would not take it.
    Undeliverable,
}

impl ReplyStatus {
    /// The code, as in JSON.
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
        }
    }
}

/// A reply and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The agent's own name for it.
    pub id: String,
    /// What became of it.
    pub status: ReplyStatus,
    /// What the policies said of it; absent where the same reply was asked for
    /// again.
    pub review: Option<Review>,
}

/// A reply that waits for approval; its text is in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingReply {
    /// The agent's own name for it.
    pub id: String,
    /// Entry that holds it.
    pub entry: u64,
    /// Who would send it.
    pub by: String,
    /// What was checked.
    pub digest: String,
    /// Generation that checked it.
    pub generation: u64,
    /// When it was held.
    pub since: Timestamp,
    /// What happens afterwards.
    pub then: Then,
    /// Who must approve it, step after step.
    pub steps: Vec<ApprovalStep>,
    /// Position of the approval's step.
    pub step: usize,
    /// Who has approved in this step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved: Vec<String>,
}

/// A reply on its way to the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// Its key in the outbox.
    pub key: String,
    /// The agent's own name for it.
    pub id: String,
    /// Who sent it.
    pub by: String,
    /// What happens afterwards.
    pub then: Then,
}

/// What became of a reply, for whoever asks for the same again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The agent's own name for it.
    pub id: String,
    /// What was asked for.
    pub digest: String,
    /// What became of it.
    pub status: ReplyStatus,
}

/// Digest of everything a verdict is about.
pub fn digest(draft: &Draft) -> String {
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
        // Its own type writes it: that cannot fail.
        part(&serde_json::to_vec(attachment).unwrap_or_default());
    }
    let hash = hasher.finalize().to_hex();
    format!("blake3:{hash}")
}

/// The key a reply goes out under.
pub fn key(conversation: ConversationId, entry: u64) -> String {
    format!("reply-{conversation}-{entry}")
}
