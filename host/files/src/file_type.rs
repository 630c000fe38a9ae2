//! The types of files that agents may send, and what the host never takes.

/// How the bytes show the type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileForm {
    /// By its first bytes: [`content_type`](crate::content_type) gives the media type.
    Signature,
    /// A ZIP archive whose first entry has one of these names, or begins with one that
    /// ends in `/`.
    Archive(&'static [&'static str]),
    /// A ZIP archive whose first entry is `mimetype` with the media type, stored as it is
    /// (OpenDocument 1.2, part 3, 3.3).
    OpenDocument,
    /// UTF-8 without control characters.
    Text,
}

/// A type of file that the host takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileType {
    /// Media type.
    pub media_type: &'static str,
    /// Kind of attachment: `image`, `video`, `audio` or `document`.
    pub kind: &'static str,
    /// Endings of its names in lower case, the usual one first.
    pub extensions: &'static [&'static str],
    /// Other media types by which programs declare it.
    pub aliases: &'static [&'static str],
    /// How the bytes show it.
    pub form: FileForm,
}

const fn signature(
    media_type: &'static str,
    kind: &'static str,
    extensions: &'static [&'static str],
    aliases: &'static [&'static str],
) -> FileType {
    FileType {
        media_type,
        kind,
        extensions,
        aliases,
        form: FileForm::Signature,
    }
}

const fn document(
    media_type: &'static str,
    extensions: &'static [&'static str],
    aliases: &'static [&'static str],
    form: FileForm,
) -> FileType {
    FileType {
        media_type,
        kind: "document",
        extensions,
        aliases,
        form,
    }
}

/// First entries of documents in the Office Open XML format.
const PACKAGE: &[&str] = &["[Content_Types].xml", "_rels/", "docProps/"];

/// One row per type. Documents of old word processors, documents with macros, archives,
/// HTML and SVG are left out on purpose: they can run something at the customer's.
pub const TYPES: &[FileType] = &[
    signature("image/jpeg", "image", &["jpg", "jpeg"], &["image/jpg"]),
    signature("image/png", "image", &["png"], &["image/x-png"]),
    signature("image/gif", "image", &["gif"], &[]),
    signature("image/webp", "image", &["webp"], &[]),
    signature("image/heic", "image", &["heic", "heif"], &["image/heif"]),
    signature("image/avif", "image", &["avif"], &[]),
    signature(
        "application/pdf",
        "document",
        &["pdf"],
        &["application/x-pdf"],
    ),
    signature(
        "audio/ogg",
        "audio",
        &["ogg", "oga", "opus"],
        &["audio/opus", "application/ogg"],
    ),
    signature("audio/mpeg", "audio", &["mp3"], &["audio/mp3"]),
    signature("audio/aac", "audio", &["aac"], &["audio/x-aac"]),
    signature("audio/amr", "audio", &["amr"], &[]),
    signature(
        "audio/mp4",
        "audio",
        &["m4a"],
        &["audio/x-m4a", "audio/m4a"],
    ),
    signature(
        "audio/wav",
        "audio",
        &["wav"],
        &["audio/x-wav", "audio/wave"],
    ),
    signature("video/mp4", "video", &["mp4", "m4v"], &["video/x-m4v"]),
    signature("video/webm", "video", &["webm"], &["audio/webm"]),
    document(
        "text/plain",
        &["txt", "text", "log"],
        &["text/x-log"],
        FileForm::Text,
    ),
    // What browsers on Windows declare where a spreadsheet program is installed.
    document(
        "text/csv",
        &["csv"],
        &["application/vnd.ms-excel", "text/plain"],
        FileForm::Text,
    ),
    document(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        &["docx"],
        &[],
        FileForm::Archive(PACKAGE),
    ),
    document(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        &["xlsx"],
        &[],
        FileForm::Archive(PACKAGE),
    ),
    document(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        &["pptx"],
        &[],
        FileForm::Archive(PACKAGE),
    ),
    document(
        "application/vnd.oasis.opendocument.text",
        &["odt"],
        &[],
        FileForm::OpenDocument,
    ),
    document(
        "application/vnd.oasis.opendocument.spreadsheet",
        &["ods"],
        &[],
        FileForm::OpenDocument,
    ),
    document(
        "application/vnd.oasis.opendocument.presentation",
        &["odp"],
        &[],
        FileForm::OpenDocument,
    ),
];

/// The media types of [`TYPES`], for channels that take all of them.
pub const MEDIA_TYPES: &[&str] = &media_types();

const fn media_types() -> [&'static str; TYPES.len()] {
    let mut all = [""; TYPES.len()];
    let mut place = 0;
    while place < all.len() {
        all[place] = TYPES[place].media_type;
        place += 1;
    }
    all
}

/// The type of a media type.
pub fn file_type(media_type: &str) -> Option<&'static FileType> {
    TYPES.iter().find(|it| it.media_type == media_type)
}

/// First bytes of programs and of what starts one, and their names.
const PROGRAMS: &[(&[u8], &str)] = &[
    (b"MZ", "a program for Windows"),
    (b"\x7fELF", "a program for Linux"),
    (b"\xfe\xed\xfa\xce", "a program for macOS"),
    (b"\xfe\xed\xfa\xcf", "a program for macOS"),
    (b"\xce\xfa\xed\xfe", "a program for macOS"),
    (b"\xcf\xfa\xed\xfe", "a program for macOS"),
    (b"\xca\xfe\xba\xbe", "a program for Java or macOS"),
    (b"dex\n", "a program for Android"),
    (b"\0asm", "a WebAssembly program"),
    (b"#!", "a script"),
    (b"L\0\0\0\x01\x14\x02\0", "a shortcut of Windows"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an installer of Windows, or a document of an old program that can have macros",
    ),
];

/// What a file is, if it is a program or may run one.
pub(crate) fn program(beginning: &[u8]) -> Option<&'static str> {
    // An audio format begins as a script does.
    if beginning.starts_with(b"#!AMR") {
        return None;
    }
    // A text may begin with these letters; the header of a program has zeros.
    if beginning.starts_with(b"MZ") && !beginning.contains(&0) {
        return None;
    }
    let found = PROGRAMS
        .iter()
        .find(|(begin, _)| beginning.starts_with(begin));
    found.map(|(_, name)| *name)
}

/// Whether the first entry of an archive is one of these.
pub(crate) fn begins_with_entry(beginning: &[u8], names: &[&str]) -> bool {
    let Some(entry) = first_entry(beginning) else {
        return false;
    };
    names.iter().any(|name| match name.ends_with('/') {
        true => entry.starts_with(name.as_bytes()),
        false => entry == name.as_bytes(),
    })
}

/// Whether an archive begins with its media type.
pub(crate) fn is_open_document(beginning: &[u8], media_type: &str) -> bool {
    const NAME: &[u8] = b"mimetype";
    let stored = beginning.get(8..10) == Some(&[0, 0]);
    let content = beginning.get(30 + NAME.len()..).unwrap_or_default();
    // Its length: a template has a longer type.
    let size = beginning.get(18..22).and_then(|it| it.try_into().ok());
    let size: Option<[u8; 4]> = size;
    let size = size.map(u32::from_le_bytes);
    let is_size = size == u32::try_from(media_type.len()).ok();
    stored
        && is_size
        && first_entry(beginning) == Some(NAME)
        && content.starts_with(media_type.as_bytes())
}

/// Name of the first entry of a ZIP archive (its local file header).
fn first_entry(beginning: &[u8]) -> Option<&[u8]> {
    if !beginning.starts_with(b"PK\x03\x04") {
        return None;
    }
    let length = beginning.get(26..28)?;
    let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
    beginning.get(30..30 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_and_an_ending_belong_to_one_type() {
        for (place, one) in TYPES.iter().enumerate() {
            for other in &TYPES[place + 1..] {
                assert_ne!(one.media_type, other.media_type);
                for ending in one.extensions {
                    assert!(!other.extensions.contains(ending), "{ending}");
                }
            }
            assert!(["image", "video", "audio", "document"].contains(&one.kind));
            assert!(!one.extensions.is_empty());
        }
    }

    #[test]
    fn the_documentation_lists_every_type() {
        let published = include_str!("../../../docs/channels.md");
        for one in TYPES {
            let endings: Vec<String> = one.extensions.iter().map(|it| format!("`.{it}`")).collect();
            let row = format!("| `{}` | {} |", one.media_type, endings.join(" "));
            assert!(published.contains(&row), "docs/channels.md must hold {row}");
        }
    }
}
