//! Files of replies: a message each (core.telegram.org/bots/api: `sendPhoto`,
//! `sendDocument` and the others, "Sending files"; read in the documentation of programs
//! that repeat it, teloxide-core 0.13 and telbot-types 0.3).

use patchbay_adapter::{
    Credential, EncodeError, FileRequest, FileRules, FormFile, OutboundFile, OutboundRequest,
    Reply, ReplyFile, RequestMethod, TextPlace, TypeRule, multipart, picture_size,
};
use patchbay_files::{MEDIA_TYPES, MOST_FILES};
use patchbay_model::length::{LengthRule, LengthUnit};
use serde_json::Value;

use super::Telegram;
use super::outbound::{fields, method_url};

/// Most bytes of a file. The provider says 50 MB, and not whether these are of 1,000,000
/// bytes.
const FILE_BYTES: u64 = 50_000_000;
/// Most bytes of a picture that the provider shows as one.
const PHOTO_BYTES: usize = 10_000_000;
/// Most pixels of width and height of such a picture together.
const PHOTO_SIDES: u32 = 10_000;
/// Most times that one side of such a picture is as long as the other.
const PHOTO_RATIO: u32 = 20;
/// Length of a text that goes with a file.
pub(super) const CAPTION: LengthRule = LengthRule::new(LengthUnit::Utf16, 1_024);

/// What the channel takes of files.
pub(super) const RULES: FileRules = FileRules {
    count: MOST_FILES,
    total_bytes: 100_000_000,
    types: &[TypeRule {
        media_types: MEDIA_TYPES,
        bytes: FILE_BYTES,
    }],
    text: TextPlace::Caption,
    without_text: true,
};

/// A method of the API that sends a file.
struct FileMethod {
    name: &'static str,
    /// Field of the file.
    field: &'static str,
}

/// How the customer sees a file: pictures, videos and music as such, whatever else as a
/// document. A recording is a document too: the provider takes a voice message in one codec
/// only, and customers can refuse them.
fn method(media_type: &str, content: &[u8]) -> FileMethod {
    let (name, field) = match media_type {
        "image/jpeg" | "image/png" if is_photo(content) => return PHOTO,
        "image/gif" => ("sendAnimation", "animation"),
        "video/mp4" => ("sendVideo", "video"),
        "audio/mpeg" | "audio/mp4" => ("sendAudio", "audio"),
        _ => return DOCUMENT,
    };
    FileMethod { name, field }
}

const PHOTO: FileMethod = FileMethod {
    name: "sendPhoto",
    field: "photo",
};
const DOCUMENT: FileMethod = FileMethod {
    name: "sendDocument",
    field: "document",
};

/// Whether the provider takes a picture as a photo. One whose size is not known is sent as a
/// document, which it takes in any case.
fn is_photo(content: &[u8]) -> bool {
    let Some((width, height)) = picture_size(content) else {
        return false;
    };
    let (longer, shorter) = (width.max(height), width.min(height));
    content.len() <= PHOTO_BYTES
        && shorter > 0
        && width.saturating_add(height) <= PHOTO_SIDES
        && longer <= shorter.saturating_mul(PHOTO_RATIO)
}

/// The request that sends a file. The provider may refuse a picture that its rules for photos
/// allow, a damaged one for example: it is a document then.
pub(super) fn request(
    adapter: &Telegram,
    reply: &Reply<'_>,
    part: &OutboundFile,
    content: &[u8],
) -> Result<FileRequest, EncodeError> {
    let file = reply.files.get(part.position).ok_or(EncodeError::NoFiles)?;
    let method = method(file.media_type, content);
    let by = |method| request_by(method, adapter, (reply, file), (part, content));
    if method.name == PHOTO.name {
        return Ok(FileRequest::Alternatives(by(PHOTO)?, by(DOCUMENT)?));
    }
    Ok(FileRequest::Message(by(method)?))
}

fn request_by(
    method: FileMethod,
    adapter: &Telegram,
    (reply, file): (&Reply<'_>, &ReplyFile<'_>),
    (part, content): (&OutboundFile, &[u8]),
) -> Result<OutboundRequest, EncodeError> {
    let FileMethod { name, field } = method;
    let mut all = fields(reply, part.is_first)?;
    if let Some(caption) = &part.caption {
        all.insert("caption".to_owned(), caption.as_str().into());
    }
    if field == "document" {
        // A picture that is too large for a photo stays a document.
        all.insert("disable_content_type_detection".to_owned(), true.into());
    }
    // A field that is not text is JSON.
    let all: Vec<(String, String)> = all
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        })
        .collect();
    let all: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let file = FormFile {
        field,
        name: file.name,
        media_type: file.media_type,
        content,
    };
    let (content_type, body) = multipart(&all, file);
    Ok(OutboundRequest {
        method: RequestMethod::Post,
        key: part.key.clone(),
        url: method_url(adapter, name),
        content_type: content_type.into(),
        headers: Vec::new(),
        body: body.into(),
        credential: Credential::Path(adapter.bot_token.first().clone()),
    })
}
