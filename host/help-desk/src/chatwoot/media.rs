//! Files of messages. Chatwoot gives an address that anyone who has it can use, and redirects
//! it to where the installation stores files; so a reference has the numbers of conversation,
//! message and file, and the host asks for the address when it fetches the file.

use patchbay_adapter::Response;
use patchbay_adapter::field::Fields;
use patchbay_adapter::media::{
    self, MediaFailure, MediaReference, MediaRequest, ProviderQuery, open_query,
};
use patchbay_model::input::ATTACHMENTS;
use patchbay_model::interaction::Attachment;
use serde_json::Value;

use super::{CHANNEL, Chatwoot};
use crate::help_desk::number;

/// The files of a message.
pub(super) fn of_message(
    adapter: &Chatwoot,
    message: &Value,
    (thread, id): (&str, &str),
) -> Vec<Attachment> {
    let files = message.list("attachments").iter().take(ATTACHMENTS);
    let files = files.map(|file| {
        let (kind, is_file) = match file.text(&["file_type"]) {
            Some("image" | "story_mention") => ("image", true),
            Some("audio") => ("audio", true),
            Some("video" | "ig_reel") => ("video", true),
            Some("file") => ("document", true),
            Some("location") => ("location", false),
            _ => ("other", false),
        };
        let number = file
            .id(&["id"])
            .filter(|id| is_file && number(id).is_some());
        let account = &adapter.desk.account;
        Attachment {
            size: file.get("file_size").and_then(Value::as_u64),
            url: number.and_then(|file| media::reference(CHANNEL, account, &[thread, id, &file])),
            ..media::bare(kind)
        }
    });
    files.collect()
}

/// The request for the message that has the file, alone.
pub(super) fn request(adapter: &Chatwoot, file: &MediaReference) -> Option<MediaRequest> {
    let [thread, message, _] = numbers(file)?;
    let (path, next) = (adapter.path(&thread.to_string()), message.checked_add(1)?);
    let base = &adapter.desk.base;
    let is_ours = file.account == adapter.desk.account;
    is_ours.then(|| {
        MediaRequest::Lookup(ProviderQuery {
            url: format!("{base}{path}/messages?after={message}&before={next}"),
            credential: Some(adapter.desk.credential.clone()),
        })
    })
}

/// The address in the message, or that to which it leads. No request for it has the token:
/// files can be on the host of another company.
pub(super) fn location(
    adapter: &Chatwoot,
    reference: &MediaReference,
    answer: &Response<'_>,
) -> Result<ProviderQuery, MediaFailure> {
    let document = answer.json();
    let url = match answer.status {
        200 => address(&document, reference).ok_or(MediaFailure::Gone)?,
        301 | 302 | 303 | 307 | 308 => {
            let place = answer.headers.only("location").ok().flatten();
            place.ok_or(MediaFailure::Unexpected)?
        }
        _ => return Err(MediaFailure::of(answer)),
    };
    open_query(url, &adapter.desk.base).ok_or(MediaFailure::Unexpected)
}

/// The address of a file; `None`: the message, or its file, was removed.
fn address<'d>(document: &'d Value, reference: &MediaReference) -> Option<&'d str> {
    let [_, message, file] = numbers(reference)?;
    let has = |it: &Value, wanted: u64| it.id(&["id"]).and_then(|id| number(&id)) == Some(wanted);
    let mut messages = document.list("payload").iter();
    let message = messages.find(|it| has(it, message))?;
    let mut files = message.list("attachments").iter();
    files.find(|it| has(it, file))?.text(&["data_url"])
}

/// The numbers of conversation, message and file.
fn numbers(file: &MediaReference) -> Option<[u64; 3]> {
    let parts: Option<Vec<u64>> = file.id.iter().map(|part| number(part)).collect();
    parts?.try_into().ok()
}
