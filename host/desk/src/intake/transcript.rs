//! The words of a voice message, heard by a service of the company.

use std::sync::Arc;

use patchbay_journal::JournalError;
use patchbay_model::language_tag;
use patchbay_pass::ReceiptStatus;
use patchbay_records::conversation_reader;
use serde_json::{Value, json};

use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;
use crate::intake::delivery::Delivery;

/// Attribute of a text that a service heard.
const TRANSCRIBED: &str = "transcribed";

/// The words of a voice message.
#[derive(Clone, Debug)]
pub struct Transcript<'a> {
    /// Code of the channel.
    pub channel: &'a str,
    /// The company's account; empty without one.
    pub account: &'a str,
    /// Id of the message.
    pub message: &'a str,
    /// The words.
    pub text: String,
    /// Their language (BCP 47), if the service says it.
    pub language: Option<String>,
}

impl DeskCore {
    /// Accept the words as an edit of the message, unless it has words meanwhile, was
    /// deleted, or its author was erased. Returns whether that is done.
    pub(crate) fn add_transcript(
        self: &Arc<DeskCore>,
        company: &str,
        transcript: Transcript<'_>,
    ) -> Result<bool, DeskError> {
        let id = self.company_id(company)?;
        let (channel, account) = (transcript.channel, transcript.account);
        let newest = self
            .journal
            .newest_input(id, channel, account, transcript.message)?;
        let Some(newest) = newest else {
            return Ok(true);
        };
        let stored = conversation_reader::open_input(&*self.journal, &newest)?;
        let Some(mut interaction) = stored.filter(|it| it.text.trim().is_empty()) else {
            return Ok(true);
        };
        interaction.text = transcript.text;
        let language = transcript.language.as_deref();
        let language = language.and_then(language_tag::normalize);
        interaction.language = language.or(interaction.language);
        interaction.edited_at = Some(self.now());
        interaction
            .attributes
            .insert(TRANSCRIBED.to_owned(), true.into());
        // A struct of plain values: serialization cannot fail.
        let mut edit = serde_json::to_value(&interaction).unwrap_or_default();
        if let Value::Object(fields) = &mut edit {
            fields.insert("kind".to_owned(), json!("edit"));
        }
        let delivery = Delivery::from_outside(edit)
            .map_err(|error| JournalError::Corrupt(error.to_string()))?;
        let receipts = self.accept(company, vec![delivery])?;
        Ok(receipts.iter().all(|receipt| {
            matches!(
                receipt.status,
                ReceiptStatus::Accepted { .. }
                    | ReceiptStatus::Duplicate { .. }
                    | ReceiptStatus::Conflict
            )
        }))
    }
}
