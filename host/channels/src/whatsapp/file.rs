//! Files of replies: stored at the provider, then named in a message.
//!
//! Seen in the provider's pages (developers.facebook.com, WhatsApp Cloud API, Media:
//! "Upload media", "Supported media types"; whatsapp-docs.kap.so repeats them): the fields of
//! an upload, types and sizes, that a file is kept for 30 days. In pywa and docs.360dialog.com:
//! captions of 1,024 characters, none with audio. *Assumption*: a megabyte has 1,000,000
//! bytes, and a caption counts characters as a text does.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Credential, EncodeError, Exchange, FileRules, FormFile, OutboundFile, OutboundRequest, Outcome,
    Receipt, Reply, ReplyFile, RequestMethod, TextPlace, TypeRule, multipart,
};
use patchbay_files::MOST_FILES;
use patchbay_model::length::{LengthRule, LengthUnit};
use serde_json::{Value, json};

use super::{CODES, WhatsApp};
use crate::meta;

/// Most bytes of the id of a stored file.
const ID_BYTES: usize = 1_024;
/// Length of a text that goes with a file.
const CAPTION: LengthRule = LengthRule::new(LengthUnit::Characters, 1_024);

const IMAGES: &[&str] = &["image/jpeg", "image/png"];
const VIDEOS: &[&str] = &["video/mp4"];
/// Of Ogg, the provider takes the codec Opus only.
const AUDIO: &[&str] = &[
    "audio/aac",
    "audio/amr",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
];
const DOCUMENTS: &[&str] = &[
    "application/pdf",
    "text/plain",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
];

/// What the channel takes of files.
pub(super) const RULES: FileRules = FileRules {
    count: MOST_FILES,
    total_bytes: 100_000_000,
    types: &[
        TypeRule {
            media_types: IMAGES,
            bytes: 5_000_000,
        },
        TypeRule {
            media_types: VIDEOS,
            bytes: 16_000_000,
        },
        TypeRule {
            media_types: AUDIO,
            bytes: 16_000_000,
        },
        TypeRule {
            media_types: DOCUMENTS,
            bytes: 100_000_000,
        },
    ],
    text: TextPlace::Caption,
    without_text: true,
};

/// Type of the message with a file.
fn kind(media_type: &str) -> Option<&'static str> {
    let kinds = [
        ("image", IMAGES),
        ("video", VIDEOS),
        ("audio", AUDIO),
        ("document", DOCUMENTS),
    ];
    let found = kinds.iter().find(|(_, types)| types.contains(&media_type));
    found.map(|(kind, _)| *kind)
}

/// Length of a text that goes with a file of a type; `None`: none goes with it.
pub(super) fn caption(media_type: &str) -> Option<LengthRule> {
    kind(media_type)
        .filter(|kind| *kind != "audio")
        .map(|_| CAPTION)
}

/// Type and content of the message with a stored file; `None` of a type that the channel does
/// not take.
pub(super) fn content(
    file: &ReplyFile<'_>,
    part: &OutboundFile,
    id: &str,
) -> Option<(&'static str, Value)> {
    let kind = kind(file.media_type)?;
    let mut content = json!({"id": id});
    if let Some(caption) = &part.caption {
        content["caption"] = json!(caption);
    }
    // Others are shown without their names.
    if kind == "document" {
        content["filename"] = json!(file.name);
    }
    Some((kind, content))
}

/// The request that stores a file at the provider.
pub(super) fn upload(
    adapter: &WhatsApp,
    reply: &Reply<'_>,
    part: &OutboundFile,
    content: &[u8],
) -> Result<OutboundRequest, EncodeError> {
    let file = reply.files.get(part.position).ok_or(EncodeError::NoFiles)?;
    let fields = [("messaging_product", "whatsapp"), ("type", file.media_type)];
    let file = FormFile {
        field: "file",
        name: file.name,
        media_type: file.media_type,
        content,
    };
    let (content_type, body) = multipart(&fields, file);
    Ok(OutboundRequest {
        method: RequestMethod::Post,
        key: part.key.clone(),
        url: adapter.app.url(reply.account, "media"),
        content_type: content_type.into(),
        headers: Vec::new(),
        body: body.into(),
        credential: Credential::Bearer(adapter.app.access_token.first().clone()),
    })
}

/// What the result of storing a file means. A file that is stored twice is no message: where
/// the answer is lost, it is stored again.
pub(super) fn upload_outcome(exchange: &Exchange<'_>) -> Outcome {
    match meta::outcome(exchange, &CODES, stored) {
        Outcome::Uncertain(reason) => Outcome::Retry {
            after: None,
            reason,
        },
        outcome => outcome,
    }
}

/// The id of a stored file.
fn stored(document: &Value) -> Option<Receipt> {
    let id = document.id(&["id"])?.into_owned();
    let is_id = !id.is_empty() && id.len() <= ID_BYTES;
    is_id.then_some(Receipt {
        provider_id: id,
        recipient: None,
    })
}
