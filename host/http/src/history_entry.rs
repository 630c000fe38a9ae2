//! Entries of histories, as answers and problems have them.

use jiff::Timestamp;
use patchbay_events::EventKind;
use patchbay_files::file_id;
use patchbay_journal::Entry;
use patchbay_model::interaction::Attachment;
use patchbay_records::thread::EntryWords;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An entry in the history of a conversation, or of the company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistoryEntry {
    /// Number of the entry in the company's feed.
    feed: u64,
    /// Number of the entry in the conversation; 0 for an entry of the company.
    sequence: u64,
    /// Id of the conversation; absent for an entry of the company.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    /// Kind, as `docs/desk.md` lists them, such as `received`, `routed`, `accepted`
    /// or `reply-published`. The set grows.
    kind: String,
    /// Time of the entry.
    at: Timestamp,
    /// Ordinal of the interaction that it records.
    #[serde(skip_serializing_if = "Option::is_none")]
    ordinal: Option<u64>,
    /// In the history of a conversation: the text of a reply (`reply-drafted`), or why an
    /// approver rejected it (`reply-rejected`). Absent if the customer was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// In the history of a conversation: the files of a reply (`reply-drafted`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<SentFileDocument>,
    /// Details, as codes and numbers.
    #[schema(value_type = Object)]
    data: Value,
}

/// A file of a reply.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SentFile)]
pub struct SentFileDocument {
    /// Id of the uploaded file, by which it is downloaded; absent: the reply has a reference
    /// to a file elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// `image`, `video`, `audio`, `document`, `location` or `other`.
    kind: String,
    /// File name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Media type.
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// In the history of a conversation and in a reply that waits for approval: whether the
    /// file was removed since, and cannot be downloaded. Default: false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    removed: bool,
}

impl From<Attachment> for SentFileDocument {
    fn from(file: Attachment) -> SentFileDocument {
        SentFileDocument {
            file: file.url.as_deref().and_then(file_id).map(str::to_owned),
            kind: file.kind,
            name: file.name,
            media_type: file.media_type,
            size: file.size,
            removed: false,
        }
    }
}

impl SentFileDocument {
    /// Files of a reply; those at these positions were removed since.
    pub fn list(files: Vec<Attachment>, removed: &[usize]) -> Vec<SentFileDocument> {
        let mut files: Vec<SentFileDocument> = files.into_iter().map(Into::into).collect();
        for position in removed {
            files[*position].removed = true;
        }
        files
    }
}

impl HistoryEntry {
    /// The entry with its words and files.
    #[must_use]
    pub fn with_words(self, words: EntryWords) -> HistoryEntry {
        HistoryEntry {
            text: words.text,
            files: SentFileDocument::list(words.files, &words.removed),
            ..self
        }
    }
}

impl From<Entry> for HistoryEntry {
    fn from(entry: Entry) -> HistoryEntry {
        HistoryEntry {
            feed: entry.feed,
            sequence: entry.sequence,
            conversation: entry.conversation.map(|id| id.to_string()),
            kind: EventKind::from_number(entry.kind)
                .map_or("unknown", EventKind::as_str)
                .to_owned(),
            at: entry.at,
            ordinal: entry.input.map(|input| input.0),
            text: None,
            files: Vec::new(),
            data: serde_json::from_str(&entry.head).unwrap_or(Value::Null),
        }
    }
}
