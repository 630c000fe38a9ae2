//! Files of an MMS: one in a field of its type, and all in the list `content`, the same one
//! again.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::media::bare;
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES};
use patchbay_model::interaction::Attachment;
use serde_json::Value;

use super::media;

/// Types of files, and the kind of each.
const TYPES: [(&str, &str); 5] = [
    ("image", "image"),
    ("audio", "audio"),
    ("video", "video"),
    ("file", "document"),
    ("vcard", "other"),
];

/// A file.
pub(super) struct File<'a> {
    kind: &'static str,
    url: Option<&'a str>,
    name: Option<&'a str>,
    caption: Option<&'a str>,
}

impl<'a> File<'a> {
    fn read(kind: &'static str, value: &'a Value) -> Option<File<'a>> {
        value.is_object().then(|| File {
            kind,
            url: value.text(&["url"]),
            name: value.text(&["name"]),
            caption: value.text(&["caption"]),
        })
    }

    /// The file as the interaction has it. Its URL gives access to it, and is not kept.
    pub(super) fn attachment(&self, account: &str) -> Attachment {
        Attachment {
            name: self.name.map(|name| cut(name, NAME_BYTES).to_owned()),
            url: self.url.and_then(|url| media::reference(account, url)),
            ..bare(self.kind)
        }
    }
}

/// The files of a message, each once.
pub(super) fn files(document: &Value) -> Vec<File<'_>> {
    let single = TYPES
        .iter()
        .filter_map(|(name, kind)| File::read(kind, document.get(*name)?));
    let listed = document.list("content").iter().filter_map(|item| {
        let name = item.text(&["type"]).unwrap_or_default();
        let known = TYPES.iter().find(|(known, _)| *known == name);
        File::read(known.map_or("other", |(_, kind)| kind), item)
    });
    let mut files: Vec<File<'_>> = Vec::new();
    for file in single.chain(listed) {
        let is_known = file.url.is_some() && files.iter().any(|it| it.url == file.url);
        if !is_known {
            files.push(file);
        }
        if files.len() == ATTACHMENTS {
            break;
        }
    }
    files
}

/// The words below the files, a line each.
pub(super) fn captions(files: &[File<'_>]) -> String {
    let captions: Vec<&str> = files.iter().filter_map(|file| file.caption).collect();
    captions.join("\n")
}
