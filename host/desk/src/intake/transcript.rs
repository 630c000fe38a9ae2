//! The words of a voice message, heard by a service of the company.

use std::sync::Arc;

use jiff::SignedDuration;
use patchbay_journal::InputKind;
use patchbay_model::interaction::Interaction;
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

/// What became of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TranscriptStatus {
    /// It is an edit of the message; or there is nothing to add to: the message has words
    /// meanwhile, was deleted, or its author was erased.
    Done,
    /// The desk has no room now.
    Busy,
    /// It does not fit the message.
    Unfit,
}

impl DeskCore {
    /// Accept the words as an edit of the message.
    pub(crate) fn add_transcript(
        self: &Arc<DeskCore>,
        company: &str,
        transcript: Transcript<'_>,
    ) -> Result<TranscriptStatus, DeskError> {
        let id = self.company_id(company)?;
        let (channel, account) = (transcript.channel, transcript.account);
        let newest = self
            .journal
            .newest_wording(id, channel, account, transcript.message)?;
        let Some(newest) = newest.filter(|newest| newest.kind != InputKind::Delete) else {
            return Ok(TranscriptStatus::Done);
        };
        let stored = conversation_reader::open_input(&*self.journal, &newest)?;
        let Some(interaction) = stored.filter(|it| it.text.trim().is_empty()) else {
            return Ok(TranscriptStatus::Done);
        };
        let Some(delivery) = edit(interaction, transcript) else {
            return Ok(TranscriptStatus::Unfit);
        };
        let receipts = self.accept(company, vec![delivery])?;
        let is_stored = receipts.iter().all(|receipt| {
            matches!(
                receipt.status,
                ReceiptStatus::Accepted { .. }
                    | ReceiptStatus::Duplicate { .. }
                    | ReceiptStatus::Conflict
            )
        });
        Ok(match is_stored {
            true => TranscriptStatus::Done,
            false => TranscriptStatus::Busy,
        })
    }
}

/// The message with the words; `None` if intake does not take it.
fn edit(mut interaction: Interaction, transcript: Transcript<'_>) -> Option<Delivery> {
    let language = transcript.language.as_deref();
    let language = language.and_then(language_tag::normalize);
    interaction.text = transcript.text;
    interaction.language = language.or(interaction.language);
    // Directly behind the voice message: whatever the customer writes or deletes after it
    // counts, whenever it comes.
    let written = interaction.written_at()?;
    let next = written.checked_add(SignedDuration::from_micros(1)).ok()?;
    interaction.edited_at = Some(next);
    let attributes = &mut interaction.attributes;
    attributes.insert(TRANSCRIBED.to_owned(), true.into());
    deliver(&interaction).or_else(|| {
        // The channel's own attributes fill what a message may have.
        interaction.attributes.remove(TRANSCRIBED);
        deliver(&interaction)
    })
}

fn deliver(interaction: &Interaction) -> Option<Delivery> {
    // A struct of plain values: serialization cannot fail.
    let mut edit = serde_json::to_value(interaction).unwrap_or_default();
    if let Value::Object(fields) = &mut edit {
        fields.insert("kind".to_owned(), json!("edit"));
    }
    Delivery::from_outside(edit).ok()
}
