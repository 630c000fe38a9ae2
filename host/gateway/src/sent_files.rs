//! The files of a reply that is being sent, read from the journal.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use patchbay_adapter::{AdapterKind, ReplyFile};
use patchbay_desk::DeskError;
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

/// The files of a reply, in memory.
#[derive(Default)]
pub(crate) struct SentFiles {
    files: Vec<(UploadedFile, Vec<u8>)>,
    place: Option<SendingPlace>,
}

impl SentFiles {
    /// The files, as an adapter encodes them.
    pub(crate) fn reply_files(&self) -> Vec<ReplyFile<'_>> {
        let files = self.files.iter();
        files
            .map(|(file, content)| ReplyFile {
                name: &file.description.name,
                media_type: &file.description.media_type,
                content,
            })
            .collect()
    }

    /// What is held while the parts, which have the bytes, are sent.
    pub(crate) fn without_bytes(self) -> Option<SendingPlace> {
        self.place
    }
}

impl ConnectionDestination {
    /// Reads the files of a reply, one after another: they are those that were uploaded,
    /// the same at every attempt.
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
        if adapter.sends_files.is_none() {
            let problem = "the connection of this channel sends no files any more";
            return Err(failed(FinalKind::Refused, problem));
        }
        if !adapter.has_provider {
            // The customer downloads them from the host.
            return Ok(SentFiles::default());
        }
        let place = self.gateway.sending_files.enter(&delivery.company);
        let place = place.ok_or_else(postponed)?;
        let (gateway, company) = (Arc::clone(&self.gateway), delivery.company.clone());
        let read = spawn_blocking(move || -> Result<Option<Vec<_>>, DeskError> {
            let files = gateway.desk.files();
            let read = |named| files.read(&company, conversation, named);
            references.iter().map(read).collect()
        });
        match read.await {
            Ok(Ok(Some(files))) => Ok(SentFiles {
                files,
                place: Some(place),
            }),
            Ok(Ok(None)) => {
                let problem = "a file of the reply is no longer stored";
                Err(failed(FinalKind::Refused, problem))
            }
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
