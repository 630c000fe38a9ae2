//! Files of a reply: those that were uploaded to the conversation, and what its channel
//! takes.

use patchbay_events::{Event, FileRemovedEvent};
use patchbay_files::{FileReference, FileRefusal, SentFile, file_id};
use patchbay_journal::{ContactId, NamedFile, UploadId};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::interaction::{Attachment, Draft};
use patchbay_records::reply::{Reply, ReplyAttachment};
use patchbay_records::uploaded_file;

use super::unit_of_work::{Attempt, UnitOfWork};
use super::{Pass, PassError, commit};
use crate::agent_action::ActionError;

/// The attachments of a reply, uploaded files among them.
pub(super) fn find(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    reply: &Reply,
) -> Result<Result<Vec<Attachment>, ActionError>, PassError> {
    let mut found = Vec::with_capacity(reply.attachments.len());
    for (index, attachment) in reply.attachments.iter().enumerate() {
        match attachment {
            ReplyAttachment::Reference(attachment) => found.push(attachment.clone()),
            ReplyAttachment::Uploaded(id) => match find_uploaded(pass, unit, id)? {
                Some(attachment) => found.push(attachment),
                None => {
                    return Ok(Err(ActionError::UnknownFile {
                        index,
                        id: id.clone(),
                    }));
                }
            },
        }
    }
    Ok(Ok(found))
}

fn find_uploaded(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    id: &str,
) -> Result<Option<Attachment>, PassError> {
    let (journal, conversation) = (pass.journal, unit.conversation.row.id);
    let Some(stored) = journal.file(pass.company, conversation, id)? else {
        return Ok(None);
    };
    // The journal deletes it within the hour.
    if stored.expires_at.is_some_and(|end| end <= pass.now) {
        return Ok(None);
    }
    let described = uploaded_file::describe(journal, pass.company, stored)?;
    Ok(described.map(|file| file.attachment()))
}

/// Whether the channel of a draft takes its files.
pub(super) fn check(
    pass: &Pass<'_>,
    draft: &Draft,
    is_connection: bool,
) -> Result<(), ActionError> {
    let id = |file: &Attachment| file.url.as_deref().and_then(file_id).map(str::to_owned);
    if draft.attachments.is_empty() {
        return Ok(());
    }
    let channel = &draft.channel;
    let is_uploaded = draft.attachments.iter().any(|file| id(file).is_some());
    // A target gets references as they are.
    if !is_connection && !is_uploaded {
        return Ok(());
    }
    let Some(rules) = pass.generation.file_rules(channel) else {
        return Err(ActionError::TextOnly {
            channel: channel.clone(),
        });
    };
    if draft.text.trim().is_empty() && !rules.without_text {
        return Err(ActionError::Files {
            channel: channel.clone(),
            refusal: FileRefusal::NoText,
        });
    }
    let foreign = draft.attachments.iter().position(|file| id(file).is_none());
    if let Some(index) = foreign.filter(|_| is_connection) {
        return Err(ActionError::NotUploaded {
            channel: channel.clone(),
            index,
        });
    }
    let uploaded = draft.attachments.iter().filter(|file| id(file).is_some());
    let files: Vec<SentFile<'_>> = uploaded
        .map(|file| SentFile {
            media_type: file.media_type.as_deref().unwrap_or_default(),
            size: file.size.unwrap_or_default(),
        })
        .collect();
    rules
        .check(&files)
        .map_err(|refusal: FileRefusal| ActionError::Files {
            channel: channel.clone(),
            refusal,
        })
}

/// Checks that the uploaded files of a draft are sealed under the key of the customer who
/// gets it: the erasure of a customer deletes the files that they got, and no others.
pub(super) fn check_contact(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    draft: &Draft,
    contact: ContactId,
) -> Result<Result<(), ActionError>, PassError> {
    for (index, attachment) in draft.attachments.iter().enumerate() {
        let Some(id) = attachment.url.as_deref().and_then(file_id) else {
            continue;
        };
        let stored = pass
            .journal
            .file(pass.company, unit.conversation.row.id, id)?;
        if stored.is_some_and(|stored| stored.contact != contact) {
            return Ok(Err(ActionError::FileOfAnother {
                index,
                id: id.to_owned(),
            }));
        }
    }
    Ok(Ok(()))
}

/// The uploaded files of a draft.
pub(super) fn named_files(draft: &Draft) -> impl Iterator<Item = NamedFile> {
    let files = draft.attachments.iter();
    files.filter_map(|file| {
        let reference = FileReference::parse(file.url.as_deref()?)?;
        Some(NamedFile {
            id: reference.id,
            upload: UploadId(reference.upload),
        })
    })
}

/// Remove a file of the conversation, whatever names it: a reply that has it and is not sent
/// yet fails when it is.
pub(super) fn remove(pass: &Pass<'_>, unit: &mut UnitOfWork, actor: &Actor, id: &str) -> Attempt {
    if actor.role != ActorRole::Supervisor {
        return Ok(Err(ActionError::SupervisorsOnly));
    }
    let stored = pass
        .journal
        .file(pass.company, unit.conversation.row.id, id)?;
    let Some(stored) = stored else {
        return Ok(Err(ActionError::NoSuchFile));
    };
    let event = Event::FileRemoved(FileRemovedEvent {
        file: id.to_owned(),
        by: actor.clone(),
    });
    commit::record(pass, unit, event, None);
    unit.removed_files.push(NamedFile {
        id: stored.id,
        upload: stored.upload,
    });
    Ok(Ok(None))
}
