//! A reply as it lies in the outbox.

use jiff::Timestamp;
use patchbay_adapter::{Reply, ReplyFile, TemplateReply};
use patchbay_files::{FileReference, file_id};
use patchbay_journal::ConversationId;
use patchbay_model::interaction::{Attachment, WrittenBy};
use serde::Deserialize;

/// What sending needs of the body of a reply.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ReplyDocument {
    #[serde(rename = "type")]
    kind: String,
    pub(crate) channel: String,
    #[serde(default)]
    pub(crate) account: Option<String>,
    #[serde(default, deserialize_with = "conversation_id")]
    pub(crate) conversation: Option<ConversationId>,
    /// The conversation as the channel names it.
    #[serde(default)]
    thread: Option<String>,
    #[serde(default)]
    to: Option<String>,
    text: String,
    written_by: WrittenBy,
    written_at: Timestamp,
    #[serde(default)]
    in_reply_to_provider_id: Option<String>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    template: Option<TemplateDocument>,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

/// A message that the provider approved.
#[derive(Clone, Debug, Deserialize)]
struct TemplateDocument {
    name: String,
    language: String,
    parameters: Vec<String>,
}

fn conversation_id<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ConversationId>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

impl ReplyDocument {
    /// Parses the body; `None` if it is no reply.
    pub(crate) fn parse(body: &[u8]) -> Option<ReplyDocument> {
        let document: ReplyDocument = serde_json::from_slice(body).ok()?;
        (document.kind == "reply").then_some(document)
    }

    /// When the reply was written.
    pub(crate) fn written_at(&self) -> Timestamp {
        self.written_at
    }

    /// Whether the provider takes it outside the time for free replies.
    pub(crate) fn is_template(&self) -> bool {
        self.template.is_some()
    }

    /// Channel, account and address of the customer, if only they get the reply.
    pub(crate) fn recipient(&self) -> Option<(String, String, String)> {
        let to = self.to.clone().filter(|_| self.thread.is_none())?;
        let account = self.account.clone().unwrap_or_default();
        Some((self.channel.clone(), account, to))
    }

    /// The uploaded files that go with it.
    pub(crate) fn file_references(&self) -> Vec<FileReference> {
        let files = self.attachments.iter();
        files
            .filter_map(|file| FileReference::parse(file.url.as_deref()?))
            .collect()
    }

    /// The uploaded files without their bytes: enough for the number of parts.
    pub(crate) fn empty_files(&self) -> Vec<ReplyFile<'_>> {
        let files = self.attachments.iter();
        let uploaded = files.filter(|file| file.url.as_deref().and_then(file_id).is_some());
        uploaded
            .map(|file| ReplyFile {
                name: file.name.as_deref().unwrap_or_default(),
                media_type: file.media_type.as_deref().unwrap_or_default(),
                content: &[],
            })
            .collect()
    }

    /// The reply, as an adapter encodes it, with its uploaded files.
    pub(crate) fn reply<'a>(
        &'a self,
        key: &'a str,
        files: &'a [ReplyFile<'a>],
        last_inbound: Option<Timestamp>,
        now: Timestamp,
    ) -> Reply<'a> {
        Reply {
            key,
            files,
            last_inbound,
            now,
            channel: &self.channel,
            written_by: self.written_by,
            account: self.account.as_deref().unwrap_or_default(),
            to: self.to.as_deref().unwrap_or_default(),
            conversation: self.thread.as_deref(),
            in_reply_to: self.in_reply_to_provider_id.as_deref(),
            references: &[],
            subject: self.subject.as_deref(),
            written_at: self.written_at,
            text: &self.text,
            template: self.template.as_ref().map(|it| TemplateReply {
                name: &it.name,
                language: &it.language,
                parameters: &it.parameters,
            }),
        }
    }
}
