//! Looks at the bytes of a file while it comes in, and says whether it is what it is called.

use ring::digest::{Context, SHA256};
use thiserror::Error;

use crate::content_type::content_type;
use crate::file_name::extension;
use crate::file_type::{FileForm, FileType, TYPES, begins_with_entry, is_open_document, program};

/// Bytes of the beginning that are kept: enough for the first entry of an archive.
const BEGINNING: usize = 512;
/// Name of the part of an office document that has its macros.
const MACROS: &[u8] = b"vbaProject.bin";
/// What a browser or an office program would run, at the beginning of a text.
const MARKUP: &[&str] = &["<", "{\\rtf"];

/// Why the host does not take a file. Contains nothing of the file but its ending.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileProblem {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It is a program, or starts one.
    #[error("the file is {what}; the host takes no programs")]
    Program {
        /// What it is.
        what: &'static str,
    },
    /// It is an office document with macros.
    #[error("the document has macros; save it without them, or as PDF")]
    Macros,
    /// None of the types that the host takes.
    #[error("the host does not take files of this type; it takes {}", taken())]
    Type,
    /// The name has the ending of another type.
    #[error("the bytes are those of {media_type}, and the name ends otherwise; such names end in {}", endings(.media_type))]
    Name {
        /// What it is by its bytes.
        media_type: &'static str,
    },
    /// The request declares another type.
    #[error("the bytes are those of {media_type}, and Content-Type says something else")]
    Declared {
        /// What it is by its bytes.
        media_type: &'static str,
    },
}

impl FileProblem {
    /// Whether another name or declaration would make the file one that is taken.
    pub fn is_mismatch(&self) -> bool {
        matches!(
            self,
            FileProblem::Name { .. } | FileProblem::Declared { .. } | FileProblem::Empty
        )
    }
}

fn taken() -> String {
    let endings = TYPES.iter().map(|it| it.extensions[0]);
    endings.collect::<Vec<_>>().join(", ")
}

fn endings(media_type: &str) -> String {
    let found = crate::file_type(media_type);
    let all = found.map(|it| it.extensions).unwrap_or_default().iter();
    all.map(|it| format!(".{it}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A file that the host takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectedFile {
    /// Its type.
    pub file_type: &'static FileType,
    /// Its name; one without an ending has got that of its type.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
}

/// Looks at a file piece by piece.
pub struct Inspection {
    beginning: Vec<u8>,
    /// The last bytes, in which something may begin that the next piece ends.
    end: Vec<u8>,
    is_text: bool,
    has_macros: bool,
    size: u64,
    digest: Context,
}

impl Default for Inspection {
    fn default() -> Inspection {
        Inspection {
            beginning: Vec::new(),
            end: Vec::new(),
            is_text: true,
            has_macros: false,
            size: 0,
            digest: Context::new(&SHA256),
        }
    }
}

impl Inspection {
    /// Takes the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        let room = BEGINNING - self.beginning.len();
        self.beginning
            .extend_from_slice(&bytes[..room.min(bytes.len())]);
        self.size += bytes.len() as u64;
        self.digest.update(bytes);
        if self.beginning.starts_with(b"PK\x03\x04") {
            self.is_text = false;
            self.find_macros(bytes);
        } else if self.is_text {
            self.check_text(bytes);
        }
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What is wrong already, before the end of the file.
    ///
    /// # Errors
    /// [`FileProblem::Program`], [`FileProblem::Macros`].
    pub fn check(&self) -> Result<(), FileProblem> {
        if let Some(what) = program(&self.beginning) {
            return Err(FileProblem::Program { what });
        }
        match self.has_macros {
            true => Err(FileProblem::Macros),
            false => Ok(()),
        }
    }

    /// What the whole file is. `declared` is the media type of the request, if it says one.
    ///
    /// # Errors
    /// [`FileProblem`].
    pub fn finish(self, name: &str, declared: Option<&str>) -> Result<InspectedFile, FileProblem> {
        if self.size == 0 {
            return Err(FileProblem::Empty);
        }
        self.check()?;
        let ending = extension(name);
        let file_type = self.file_type(ending.as_deref(), declared)?;
        let name = match ending {
            Some(ending) if file_type.extensions.contains(&&*ending) => name.to_owned(),
            None => format!("{name}.{}", file_type.extensions[0]),
            Some(_) => {
                let media_type = file_type.media_type;
                return Err(FileProblem::Name { media_type });
            }
        };
        let is_declared = declared.is_none_or(|declared| {
            file_type.media_type == declared || file_type.aliases.contains(&declared)
        });
        if !is_declared {
            let media_type = file_type.media_type;
            return Err(FileProblem::Declared { media_type });
        }
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.digest.finish().as_ref());
        Ok(InspectedFile {
            file_type,
            name,
            size: self.size,
            sha256,
        })
    }

    /// The type by the bytes; where they fit several, by the ending of the name, then by
    /// what is declared.
    fn file_type(
        &self,
        ending: Option<&str>,
        declared: Option<&str>,
    ) -> Result<&'static FileType, FileProblem> {
        let by_bytes = content_type(&self.beginning);
        let fits = |it: &&FileType| match it.form {
            FileForm::Signature => it.media_type == by_bytes,
            FileForm::Archive(names) => begins_with_entry(&self.beginning, names),
            FileForm::OpenDocument => is_open_document(&self.beginning, it.media_type),
            FileForm::Text => self.is_plain_text(),
        };
        let fitting: Vec<&'static FileType> = TYPES.iter().filter(fits).collect();
        if let [only] = fitting[..] {
            return Ok(only);
        }
        let by_ending = |it: &&&FileType| ending.is_some_and(|end| it.extensions.contains(&end));
        let by_declared = |it: &&&FileType| ending.is_none() && declared == Some(it.media_type);
        let found = fitting.iter().find(by_ending);
        let found = found.or_else(|| fitting.iter().find(by_declared));
        found.copied().ok_or(FileProblem::Type)
    }

    fn is_plain_text(&self) -> bool {
        let text = String::from_utf8_lossy(&self.beginning);
        let begin = text.trim_start_matches('\u{feff}').trim_start();
        // A character that the last piece cut is not UTF-8.
        self.is_text && self.end.is_empty() && !MARKUP.iter().any(|it| begin.starts_with(it))
    }

    /// Whether the bytes so far are UTF-8 without control characters, up to the last
    /// character.
    fn check_text(&mut self, bytes: &[u8]) {
        let joined = [std::mem::take(&mut self.end).as_slice(), bytes].concat();
        let (text, rest) = match std::str::from_utf8(&joined) {
            Ok(text) => (text, &[][..]),
            Err(error) if error.error_len().is_none() => {
                let (text, rest) = joined.split_at(error.valid_up_to());
                (std::str::from_utf8(text).unwrap_or_default(), rest)
            }
            Err(_) => {
                self.is_text = false;
                return;
            }
        };
        let is_odd = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\u{c}');
        self.is_text = !text.contains(is_odd);
        self.end = rest.to_vec();
    }

    fn find_macros(&mut self, bytes: &[u8]) {
        let has = |bytes: &[u8]| {
            bytes
                .windows(MACROS.len())
                .any(|part| part.eq_ignore_ascii_case(MACROS))
        };
        let overlap = MACROS.len() - 1;
        let begin = &bytes[..overlap.min(bytes.len())];
        let joined = [self.end.as_slice(), begin].concat();
        self.has_macros |= has(&joined) || has(bytes);
        let last = match bytes.len() >= overlap {
            true => bytes[bytes.len() - overlap..].to_vec(),
            false => joined[joined.len().saturating_sub(overlap)..].to_vec(),
        };
        self.end = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    fn inspect(
        bytes: &[u8],
        name: &str,
        declared: Option<&str>,
    ) -> Result<(&'static str, String), FileProblem> {
        // Whatever the pieces are, the result is the same.
        let mut results = [1, 3, 7, bytes.len().max(1)].map(|length| {
            let mut inspection = Inspection::default();
            bytes.chunks(length).for_each(|piece| inspection.add(piece));
            let found = inspection.finish(name, declared);
            found.map(|it| (it.file_type.media_type, it.name))
        });
        let last = results[3].clone();
        for result in &mut results {
            assert_eq!(*result, last, "{name}");
        }
        last
    }

    /// A ZIP archive with one stored entry.
    fn archive(name: &str, content: &str) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        let size = u32::try_from(content.len()).expect("short").to_le_bytes();
        bytes.extend_from_slice(&[size, size].concat());
        bytes.extend_from_slice(&u16::try_from(name.len()).expect("short").to_le_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(content.as_bytes());
        bytes
    }

    #[test]
    fn a_file_that_is_what_it_is_called_is_taken() {
        const DOCX: &str =
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        const ODT: &str = "application/vnd.oasis.opendocument.text";
        let docx = archive("[Content_Types].xml", "<Types/>");
        let odt = archive("mimetype", ODT);
        for (bytes, name, declared, media_type, stored) in [
            (PNG, "a.png", Some("image/png"), "image/png", "a.png"),
            (PNG, "A.PNG", None, "image/png", "A.PNG"),
            (PNG, "screenshot", None, "image/png", "screenshot.png"),
            (
                b"\xff\xd8\xff\xe0",
                "a.jpeg",
                Some("image/jpg"),
                "image/jpeg",
                "a.jpeg",
            ),
            (
                b"%PDF-1.7",
                "Rechnung M\u{e4}rz.pdf",
                None,
                "application/pdf",
                "Rechnung M\u{e4}rz.pdf",
            ),
            (
                "Gr\u{fc}\u{df}e\n".as_bytes(),
                "a.txt",
                Some("text/plain"),
                "text/plain",
                "a.txt",
            ),
            (
                b"a;b\r\n1;2\r\n",
                "a.csv",
                Some("application/vnd.ms-excel"),
                "text/csv",
                "a.csv",
            ),
            (
                b"note",
                "note",
                Some("text/plain"),
                "text/plain",
                "note.txt",
            ),
            (b"PKW 7", "a.txt", None, "text/plain", "a.txt"),
            (&docx, "a.docx", Some(DOCX), DOCX, "a.docx"),
            (&odt, "a.odt", None, ODT, "a.odt"),
            (b"#!AMR\n", "a.amr", None, "audio/amr", "a.amr"),
        ] {
            let found = inspect(bytes, name, declared);
            assert_eq!(found, Ok((media_type, stored.to_owned())), "{name}");
        }
    }

    #[test]
    fn a_file_that_is_something_else_is_refused() {
        let type_ = || FileProblem::Type;
        let macros = archive("[Content_Types].xml", "word/VBAProject.bin");
        let template = archive(
            "mimetype",
            "application/vnd.oasis.opendocument.text-template",
        );
        for (bytes, name, declared, problem) in [
            (&b""[..], "a.txt", None, FileProblem::Empty),
            (
                PNG,
                "a.jpg",
                None,
                FileProblem::Name {
                    media_type: "image/png",
                },
            ),
            (
                PNG,
                "a.png.exe",
                None,
                FileProblem::Name {
                    media_type: "image/png",
                },
            ),
            (
                PNG,
                "a.png",
                Some("image/jpeg"),
                FileProblem::Declared {
                    media_type: "image/png",
                },
            ),
            (
                b"%PDF-1.7",
                "a.pdf",
                Some("text/html"),
                FileProblem::Declared {
                    media_type: "application/pdf",
                },
            ),
            (
                b"MZ\x90\0",
                "a.png",
                Some("image/png"),
                FileProblem::Program {
                    what: "a program for Windows",
                },
            ),
            (
                b"#!/bin/sh\n",
                "a.txt",
                None,
                FileProblem::Program { what: "a script" },
            ),
            (&macros, "a.docx", None, FileProblem::Macros),
            (&template, "a.odt", None, type_()),
            (&archive("a.exe", "MZ"), "a.zip", None, type_()),
            (&archive("a.exe", "MZ"), "a.docx", None, type_()),
            (b"<!DOCTYPE html><script>", "a.txt", None, type_()),
            (b"\xef\xbb\xbf <svg onload='x'/>", "a.csv", None, type_()),
            (b"start calc", "a.bat", None, type_()),
            (b"alert(1)", "a.js", Some("text/plain"), type_()),
            (b"a\0b", "a.txt", None, type_()),
            (b"Gr\xfc\xdfe", "a.txt", None, type_()),
            (b"cut \xc3", "a.txt", None, type_()),
            (b"{\\rtf1", "a.txt", None, type_()),
        ] {
            assert_eq!(
                inspect(bytes, name, declared),
                Err(problem),
                "{name} {declared:?}"
            );
        }
    }

    #[test]
    fn the_digest_is_that_of_all_bytes() {
        // FIPS 180-2, B.1.
        let mut inspection = Inspection::default();
        inspection.add(b"a");
        inspection.add(b"bc");
        let found = inspection.finish("a.txt", None).expect("taken");
        let begin = [0xba, 0x78, 0x16, 0xbf];
        assert_eq!((&found.sha256[..4], found.size), (&begin[..], 3));
    }
}
