//! Voice messages: the host downloads the first file of the kind `audio` of a message without
//! words to have it turned into text, so every one must be there for it.

use std::collections::BTreeSet;

use patchbay_adapter::media::MediaReference;
use patchbay_adapter::{Adapter, Item};
use patchbay_model::interaction::Attachment;

use crate::golden::{SUBJECTS, Subject};

/// Cases with an audio file that cannot be fetched, and why.
const NOT_FETCHED: &[(&str, &str)] = &[
    ("feed/files", "an address that is not https"),
    (
        "sms-vonage/mms_file_without_url",
        "the provider gives no URL",
    ),
];

/// Adapters without a case of a voice message, and why.
const WITHOUT_VOICE: &[(&str, &str)] = &[
    ("app-store", "reviews have no files"),
    ("bluesky", "posts have pictures and videos"),
    ("chat", "the widget sends text"),
    ("discourse", "files are links in the text"),
    ("phone", "what a caller says comes as text"),
    ("play-store", "reviews have no files"),
    (
        "standard-webhooks",
        "the kinds and addresses are the sender's",
    ),
    (
        "viber",
        "a bot gets no voice messages, and its files are not kept",
    ),
    ("x", "a file is a photo, a video or an animation"),
    ("zendesk", "a comment is delivered without its files"),
];

/// The audio files of a case, and whether the host can fetch each.
fn voices(subject: &Subject) -> Vec<(String, bool)> {
    let adapter = subject.open();
    let mut voices = Vec::new();
    for (case, delivery) in subject.cases() {
        let items = subject.decode(delivery.clone()).expect("signed");
        for item in items {
            let Item::Interaction(decoded) = item else {
                continue;
            };
            let files = decoded.interaction.attachments.into_iter();
            let files = files.filter(|file| file.kind == "audio");
            voices.extend(files.map(|file| {
                let is_there = is_fetched(subject, &*adapter, &file, &delivery.body);
                (format!("{}/{case}", subject.name), is_there)
            }));
        }
    }
    voices
}

/// As the host does it: from the delivery, by a reference, or from a public address.
fn is_fetched(
    subject: &Subject,
    adapter: &dyn Adapter,
    file: &Attachment,
    delivery: &[u8],
) -> bool {
    let url = file.url.as_deref().unwrap_or_default();
    let Some(reference) = MediaReference::parse(url) else {
        return url.starts_with("https://");
    };
    let kind = subject.kind();
    let is_of_adapter =
        kind.channels.contains(&&*reference.channel) && adapter.serves(&reference.account);
    is_of_adapter
        && match kind.files_within {
            true => adapter.stored_file(&reference, delivery).is_some(),
            false => adapter.media(&reference).is_some(),
        }
}

#[test]
fn every_voice_message_can_be_fetched() {
    let voices = SUBJECTS.iter().flat_map(|subject| voices(subject));
    let not_fetched: BTreeSet<String> = voices
        .filter(|(_, is_there)| !is_there)
        .map(|(case, _)| case)
        .collect();
    assert_eq!(not_fetched, names(NOT_FETCHED));
}

#[test]
fn every_adapter_has_a_voice_message_or_a_reason() {
    let without = SUBJECTS.iter().filter(|subject| voices(subject).is_empty());
    let without: BTreeSet<String> = without.map(|subject| subject.name.to_owned()).collect();
    assert_eq!(without, names(WITHOUT_VOICE));
}

fn names(reasons: &[(&str, &str)]) -> BTreeSet<String> {
    reasons.iter().map(|(name, _)| (*name).to_owned()).collect()
}
