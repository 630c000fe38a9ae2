//! The files of a reply that is being sent, read from the journal.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use patchbay_adapter::{AdapterKind, ReplyFile, TextPlace};
use patchbay_desk::DeskError;
use patchbay_files::FileReference;
use patchbay_journal::ConversationId;
use patchbay_model::final_failure::FinalKind;
use patchbay_outbound::courier::{Delivery, Problem, SendFailure, SendFailureKind, TargetHealth};
use patchbay_records::uploaded_file::UploadedFile;
use tokio::task::spawn_blocking;

use crate::destination::{ConnectionDestination, failed, retry};
use crate::reply_document::ReplyDocument;

/// Replies with files that are sent at once, of all companies: each is in memory several
/// times, with its files as the channel encodes them.
const SENDING_FILES: usize = 2;
/// When a reply that has no place tries again.
const POSTPONED: Duration = Duration::from_secs(5);

/// Places for replies with files that are sent at once. A company has one: a slow mail server
/// leaves the others to other companies. A reply without a place does not wait for one in the
/// courier, where it would hold up every other delivery.
#[derive(Default)]
pub(crate) struct SendingPlaces {
    /// Names of the companies that have a place.
    companies: Mutex<HashSet<String>>,
}

impl SendingPlaces {
    /// A place for a reply of a company, until it is dropped; `None` if there is none now.
    fn enter(self: &Arc<SendingPlaces>, company: &str) -> Option<SendingPlace> {
        let mut companies = self.companies.lock();
        let has_room = companies.len() < SENDING_FILES && companies.insert(company.to_owned());
        has_room.then(|| SendingPlace {
            places: Arc::clone(self),
            company: company.to_owned(),
        })
    }
}

/// A place for a reply with files.
pub(crate) struct SendingPlace {
    places: Arc<SendingPlaces>,
    company: String,
}

impl Drop for SendingPlace {
    fn drop(&mut self) {
        self.places.companies.lock().remove(&self.company);
    }
}

/// The delivery waits without a counted attempt.
fn postponed() -> SendFailure {
    SendFailure {
        kind: SendFailureKind::Postponed { after: POSTPONED },
        problem: Problem::plain("other replies with files are being sent"),
        health: TargetHealth::Unknown,
    }
}

/// The files of a reply while it is sent, and its place.
#[derive(Default)]
pub(crate) struct SentFiles {
    /// All files, where they leave in one request or mail.
    whole: Option<WholeFiles>,
    /// Which they are, where each is read when its turn comes.
    references: Vec<FileReference>,
    conversation: Option<ConversationId>,
    _place: Option<SendingPlace>,
}

/// The files of a reply, in memory.
pub(crate) struct WholeFiles(Vec<(UploadedFile, Vec<u8>)>);

impl WholeFiles {
    /// The files, as an adapter encodes them.
    pub(crate) fn reply_files(&self) -> Vec<ReplyFile<'_>> {
        let files = self.0.iter();
        files
            .map(|(file, content)| ReplyFile {
                name: &file.description.name,
                media_type: &file.description.media_type,
                content,
            })
            .collect()
    }
}

impl SentFiles {
    /// All files, once, where they leave together.
    pub(crate) fn take_whole(&mut self) -> Option<WholeFiles> {
        self.whole.take()
    }

    /// Reads the file at a position.
    ///
    /// # Errors
    /// It is no longer stored, or the journal failed.
    pub(crate) async fn read(
        &self,
        destination: &ConnectionDestination,
        delivery: &Delivery,
        position: usize,
    ) -> Result<Vec<u8>, SendFailure> {
        let reference = self.references.get(position).cloned();
        let (Some(reference), Some(conversation)) = (reference, self.conversation) else {
            return Err(not_stored());
        };
        let read = destination.read_files(delivery, conversation, vec![reference]);
        let file = read.await?.pop().ok_or_else(not_stored)?;
        Ok(file.1)
    }
}

/// A file was removed, or the customer erased.
fn not_stored() -> SendFailure {
    let problem = "a file of the reply is no longer stored";
    failed(FinalKind::Refused, problem)
}

impl ConnectionDestination {
    /// The files of a reply: they are those that were uploaded, the same at every attempt.
    ///
    /// # Errors
    /// [`SendFailureKind::Postponed`] if there is no place for them in memory now.
    pub(crate) async fn load_files(
        &self,
        delivery: &Delivery,
        document: &ReplyDocument,
        adapter: &AdapterKind,
    ) -> Result<SentFiles, SendFailure> {
        let references = document.file_references();
        let conversation = document.conversation.filter(|_| !references.is_empty());
        let Some(conversation) = conversation else {
            return Ok(SentFiles::default());
        };
        let Some(rules) = adapter.sends_files else {
            let problem = "the connection of this channel sends no files any more";
            return Err(failed(FinalKind::Refused, problem));
        };
        if !adapter.has_provider {
            // The customer downloads them from the host.
            return Ok(SentFiles::default());
        }
        let place = self.gateway.sending_files.enter(&delivery.company);
        let mut sent = SentFiles {
            _place: Some(place.ok_or_else(postponed)?),
            conversation: Some(conversation),
            ..SentFiles::default()
        };
        match rules.text {
            TextPlace::With => {
                let files = self.read_files(delivery, conversation, references).await?;
                sent.whole = Some(WholeFiles(files));
            }
            TextPlace::Caption => sent.references = references,
        }
        Ok(sent)
    }

    /// Reads files of a conversation, one after another.
    async fn read_files(
        &self,
        delivery: &Delivery,
        conversation: ConversationId,
        references: Vec<FileReference>,
    ) -> Result<Vec<(UploadedFile, Vec<u8>)>, SendFailure> {
        let (gateway, company) = (Arc::clone(&self.gateway), delivery.company.clone());
        let read = spawn_blocking(move || -> Result<Option<Vec<_>>, DeskError> {
            let files = gateway.desk.files();
            let references = references.iter();
            references
                .map(|named| files.read(&company, conversation, named))
                .collect()
        });
        match read.await {
            Ok(Ok(Some(files))) => Ok(files),
            Ok(Ok(None)) => Err(not_stored()),
            Ok(Err(error)) => Err(retry(&error.to_string())),
            Err(_) => Err(retry("the files of the reply could not be read")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_has_one_place_and_leaves_the_other_to_another() {
        let places = Arc::new(SendingPlaces::default());
        let first = places.enter("northwind").expect("a place");
        assert!(places.enter("northwind").is_none());
        let second = places.enter("contoso").expect("a place");
        assert!(places.enter("fabrikam").is_none());
        drop(first);
        assert!(places.enter("contoso").is_none());
        let third = places.enter("fabrikam").expect("a place");
        assert!(places.enter("northwind").is_none());
        drop((second, third));
        assert!(places.enter("northwind").is_some());
    }
}
