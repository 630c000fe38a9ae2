//! Voice messages that the company has turned into text.

use patchbay_journal::{Input, NewOutbox};
use patchbay_model::channel::TRANSCRIPTION_TARGET;
use patchbay_model::interaction::Interaction;
use patchbay_records::outbox_payload::Payload;
use serde_json::json;

use super::Pass;
use super::unit_of_work::UnitOfWork;

/// Kind of an attachment that is a voice message.
const AUDIO: &str = "audio";

/// Add a voice message without words to the outbox, if the company has a service that
/// writes them down. What it hears comes in as an edit of the message.
pub(super) fn request(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    interaction: &Interaction,
) {
    let Some(service) = &pass.generation.transcribe else {
        return;
    };
    // An edit is told from the first wording, when that comes again, by its time.
    if !interaction.text.trim().is_empty() || interaction.received_at.is_none() {
        return;
    }
    let mut voices = interaction
        .attachments
        .iter()
        .filter(|file| file.kind == AUDIO);
    let Some(url) = voices.find_map(|file| file.url.as_ref()) else {
        return;
    };
    let key = format!("transcription-{}", input.ordinal);
    let request = json!({
        "type": "transcription",
        "id": key,
        "company": pass.generation.company,
        "channel": interaction.channel,
        "account": interaction.account,
        "interaction": interaction.id,
        "url": url,
    });
    let payload = Payload::seal(pass.journal, pass.company, input.contact, &request);
    unit.outbox.push(NewOutbox {
        key,
        target: format!("{TRANSCRIPTION_TARGET}{service}"),
        payload: payload.to_bytes(),
        // Replies do not wait for it.
        conversation: None,
        not_before: pass.now,
        can_take_back: false,
    });
}
