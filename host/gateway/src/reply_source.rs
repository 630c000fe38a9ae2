//! What the requests of a reply are made of: its document, the connection and the stored
//! files.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_adapter::{
    Adapter, EncodeError, FileRequest, Outbound, OutboundFile, OutboundRequest, ReplyFile,
    TextPlace,
};
use patchbay_desk::DeskError;
use patchbay_files::FileReference;
use patchbay_model::final_failure::FinalKind;
use patchbay_outbound::courier::SendFailure;
use patchbay_records::uploaded_file::UploadedFile;

use crate::connection::Connection;
use crate::destination::{NOT_OPEN, broken, failed, retry};
use crate::gateway::Gateway;
use crate::reply_document::ReplyDocument;

/// A reply and what it is encoded by. Methods that read the journal or encode files block.
pub(crate) struct ReplySource {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) company: String,
    /// Key of the delivery.
    pub(crate) key: String,
    pub(crate) document: ReplyDocument,
    pub(crate) last_inbound: Option<Timestamp>,
    /// When the attempt began.
    pub(crate) now: Timestamp,
}

impl ReplySource {
    pub(crate) fn adapter(&self) -> Result<&dyn Adapter, SendFailure> {
        let adapter = self.connection.adapter.as_ref();
        adapter.map(|it| &**it).map_err(|_| broken(NOT_OPEN))
    }

    /// Whether the provider takes the same request twice as one message.
    pub(crate) fn is_idempotent(&self) -> bool {
        self.connection.settings.adapter.is_idempotent
    }

    /// Where the text of a reply with files stands; `None` of a reply without files, and where
    /// the customer downloads them from the host.
    ///
    /// # Errors
    /// The connection sends no files any more.
    pub(crate) fn text_place(&self) -> Result<Option<TextPlace>, SendFailure> {
        if self.document.file_references().is_empty() {
            return Ok(None);
        }
        let adapter = self.connection.settings.adapter;
        match adapter.sends_files {
            Some(rules) => Ok(adapter.has_provider.then_some(rules.text)),
            None => {
                let problem = "the connection of this channel sends no files any more";
                Err(failed(FinalKind::Refused, problem))
            }
        }
    }

    /// The parts of the reply. Where all files leave together, they are in them.
    pub(crate) fn encode(&self) -> Result<Vec<Outbound>, SendFailure> {
        let stored = match self.text_place()? {
            Some(TextPlace::With) => {
                let references = self.document.file_references();
                let files = references.iter().map(|file| self.read(file));
                Some(files.collect::<Result<Vec<_>, _>>()?)
            }
            Some(TextPlace::Caption) | None => None,
        };
        let files = match &stored {
            Some(stored) => stored
                .iter()
                .map(|(file, content)| ReplyFile {
                    name: &file.description.name,
                    media_type: &file.description.media_type,
                    content,
                })
                .collect(),
            None => self.document.empty_files(),
        };
        let document = &self.document;
        let reply = document.reply(&self.key, &files, self.last_inbound, self.now);
        let encoded = self.adapter()?.encode(&reply);
        encoded.map_err(|error| match error {
            EncodeError::WindowClosed => failed(FinalKind::WindowClosed, &error.to_string()),
            error => failed(FinalKind::Refused, &error.to_string()),
        })
    }

    /// The request for a file that leaves in a part of its own.
    pub(crate) fn encode_file(&self, part: &OutboundFile) -> Result<FileRequest, SendFailure> {
        let references = self.document.file_references();
        let reference = references.get(part.position).ok_or_else(not_stored)?;
        let (_, content) = self.read(reference)?;
        let (files, document) = (self.document.empty_files(), &self.document);
        let reply = document.reply(&self.key, &files, self.last_inbound, self.now);
        let encoded = self.adapter()?.encode_file(&reply, part, &content);
        encoded.map_err(|error| failed(FinalKind::Refused, &error.to_string()))
    }

    /// The message with a file that the provider has stored under an id. Does not block.
    pub(crate) fn encode_stored_file(
        &self,
        part: &OutboundFile,
        id: &str,
    ) -> Result<OutboundRequest, SendFailure> {
        let (files, document) = (self.document.empty_files(), &self.document);
        let reply = document.reply(&self.key, &files, self.last_inbound, self.now);
        let encoded = self.adapter()?.encode_stored_file(&reply, part, id);
        encoded.map_err(|error| failed(FinalKind::Refused, &error.to_string()))
    }

    /// Checks that the reply may still leave: its customer is not erased, and its files from a
    /// position on are stored.
    pub(crate) fn check(&self, first_file: usize) -> Result<(), SendFailure> {
        let channels = self.gateway.desk.channels();
        let obstacle = channels
            .obstacle(&self.company, &self.key)
            .map_err(unread)?;
        if let Some(problem) = obstacle {
            return Err(failed(FinalKind::Refused, &problem));
        }
        let Some(conversation) = self.document.conversation else {
            return Ok(());
        };
        let files = self.gateway.desk.files();
        for reference in self.document.file_references().iter().skip(first_file) {
            let found = files.named(&self.company, conversation, reference);
            if found.map_err(unread)?.is_none() {
                return Err(not_stored());
            }
        }
        Ok(())
    }

    fn read(&self, reference: &FileReference) -> Result<(UploadedFile, Vec<u8>), SendFailure> {
        let conversation = self.document.conversation.ok_or_else(not_stored)?;
        let files = self.gateway.desk.files();
        let read = files.read(&self.company, conversation, reference);
        read.map_err(unread)?.ok_or_else(not_stored)
    }
}

fn unread(error: DeskError) -> SendFailure {
    retry(&error.to_string())
}

/// A file was removed, or the customer erased.
fn not_stored() -> SendFailure {
    let problem = "a file of the reply is no longer stored";
    failed(FinalKind::Refused, problem)
}
