//! The files of a reply that is being sent, read from the journal.

use std::sync::Arc;

use patchbay_adapter::{AdapterKind, ReplyFile};
use patchbay_desk::DeskError;
use patchbay_model::final_failure::FinalKind;
use patchbay_outbound::courier::{Delivery, SendFailure};
use patchbay_records::uploaded_file::UploadedFile;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use crate::destination::{ConnectionDestination, failed, retry};
use crate::reply_document::ReplyDocument;

/// Replies with files that are sent at once, of all companies: each is in memory several
/// times, with its files as the channel encodes them.
pub(crate) const SENDING_FILES: usize = 2;

/// The files of a reply, in memory.
#[derive(Default)]
pub(crate) struct SentFiles {
    files: Vec<(UploadedFile, Vec<u8>)>,
    permit: Option<OwnedSemaphorePermit>,
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
    pub(crate) fn without_bytes(self) -> Option<OwnedSemaphorePermit> {
        self.permit
    }
}

impl ConnectionDestination {
    /// Reads the files of a reply, one after another: they are those that were uploaded,
    /// the same at every attempt.
    pub(crate) async fn load_files(
        &self,
        delivery: &Delivery,
        document: &ReplyDocument,
        adapter: &AdapterKind,
    ) -> Result<SentFiles, SendFailure> {
        let ids: Vec<String> = document.file_ids().into_iter().map(str::to_owned).collect();
        let Some(conversation) = document.conversation.filter(|_| !ids.is_empty()) else {
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
        let permits = Arc::clone(&self.gateway.sending_files);
        let permit = permits.acquire_owned().await;
        let permit = permit.map_err(|_| retry("the host is stopping"))?;
        let (gateway, company) = (Arc::clone(&self.gateway), delivery.company.clone());
        let read = spawn_blocking(move || -> Result<Option<Vec<_>>, DeskError> {
            let files = gateway.desk.files();
            let read = |id: &String| files.read(&company, conversation, id);
            ids.iter().map(read).collect()
        });
        match read.await {
            Ok(Ok(Some(files))) => Ok(SentFiles {
                files,
                permit: Some(permit),
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
