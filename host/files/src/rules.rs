//! What a channel takes of files in replies.

use thiserror::Error;

/// Most files of a reply on any channel.
pub const MOST_FILES: usize = 10;

/// What a channel takes of files: a row of its adapter's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRules {
    /// Most files of a reply.
    pub count: usize,
    /// Most bytes of all files of a reply.
    pub total_bytes: u64,
    /// Types, each with its size.
    pub types: &'static [TypeRule],
    /// Where the text of the reply stands.
    pub text: TextPlace,
    /// Whether a reply may have files alone.
    pub without_text: bool,
}

/// A group of types with one limit of size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeRule {
    /// Media types of [`TYPES`](crate::TYPES).
    pub media_types: &'static [&'static str],
    /// Most bytes of a file.
    pub bytes: u64,
}

/// Where the text of a reply with files stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextPlace {
    /// In one message with all files.
    With,
    /// Each file is a message of its own. The text goes with the first one where it is short
    /// enough for that and its type has a caption, else in messages before.
    Caption,
}

impl TextPlace {
    /// The code in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            TextPlace::With => "with",
            TextPlace::Caption => "caption",
        }
    }
}

/// A file of a reply, as far as a channel's rules go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentFile<'a> {
    /// Media type.
    pub media_type: &'a str,
    /// Bytes.
    pub size: u64,
}

/// Why a channel does not take the files of a reply.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileRefusal {
    /// It takes no files.
    #[error("replies on this channel take no files")]
    NoFiles,
    /// There are too many.
    #[error("the reply has {count} files; one on this channel takes {limit}")]
    Count {
        /// The limit.
        limit: usize,
        /// How many there are.
        count: usize,
    },
    /// A type that it does not take.
    #[error("the file is {media_type}; this channel takes {taken}")]
    Type {
        /// Position of the file, from 0.
        index: usize,
        /// Its type.
        media_type: String,
        /// The types that the channel takes, joined.
        taken: String,
    },
    /// A file is too large for its type.
    #[error("the file has {size} bytes; this channel takes {limit} of {media_type}")]
    Size {
        /// Position of the file, from 0.
        index: usize,
        /// Its type.
        media_type: String,
        /// The limit.
        limit: u64,
        /// Its size.
        size: u64,
    },
    /// There is no text, and the channel takes no files alone.
    #[error("the reply has no text, and a reply with files needs one on this channel")]
    NoText,
    /// Together they are too large.
    #[error("the files have {size} bytes together; a reply on this channel takes {limit}")]
    Total {
        /// The limit.
        limit: u64,
        /// What they have together.
        size: u64,
    },
}

impl FileRefusal {
    /// Position of the file at fault; none where it is all of them.
    pub fn index(&self) -> Option<usize> {
        match self {
            FileRefusal::Type { index, .. } | FileRefusal::Size { index, .. } => Some(*index),
            FileRefusal::NoFiles
            | FileRefusal::NoText
            | FileRefusal::Count { .. }
            | FileRefusal::Total { .. } => None,
        }
    }
}

impl FileRules {
    /// Most bytes of a file of a type; `None`: the channel does not take the type.
    pub fn limit_of(&self, media_type: &str) -> Option<u64> {
        let rule = self
            .types
            .iter()
            .find(|rule| rule.media_types.contains(&media_type))?;
        Some(rule.bytes.min(self.total_bytes))
    }

    /// Most bytes of a file of any type.
    pub fn most_bytes(&self) -> u64 {
        let all = self.types.iter().map(|rule| rule.bytes);
        all.max().unwrap_or_default().min(self.total_bytes)
    }

    /// Checks the files of a reply.
    ///
    /// # Errors
    /// The first reason why the channel does not take them.
    pub fn check(&self, files: &[SentFile<'_>]) -> Result<(), FileRefusal> {
        if files.len() > self.count {
            return Err(FileRefusal::Count {
                limit: self.count,
                count: files.len(),
            });
        }
        for (index, file) in files.iter().enumerate() {
            let media_type = file.media_type.to_owned();
            match self.limit_of(file.media_type) {
                None => {
                    let taken = self.types.iter().flat_map(|rule| rule.media_types);
                    let taken: Vec<&str> = taken.copied().collect();
                    return Err(FileRefusal::Type {
                        index,
                        media_type,
                        taken: taken.join(", "),
                    });
                }
                Some(limit) if file.size > limit => {
                    return Err(FileRefusal::Size {
                        index,
                        media_type,
                        limit,
                        size: file.size,
                    });
                }
                Some(_) => {}
            }
        }
        let size = files.iter().map(|file| file.size).sum();
        match size > self.total_bytes {
            true => Err(FileRefusal::Total {
                limit: self.total_bytes,
                size,
            }),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: FileRules = FileRules {
        count: 2,
        total_bytes: 100,
        types: &[
            TypeRule {
                media_types: &["image/png"],
                bytes: 60,
            },
            TypeRule {
                media_types: &["application/pdf"],
                bytes: 1_000,
            },
        ],
        text: TextPlace::With,
        without_text: false,
    };

    #[test]
    fn a_channel_says_why_it_does_not_take_files() {
        let png = |size| SentFile {
            media_type: "image/png",
            size,
        };
        let pdf = SentFile {
            media_type: "application/pdf",
            size: 50,
        };
        let gif = SentFile {
            media_type: "image/gif",
            size: 1,
        };
        for (files, expected) in [
            (&[][..], "taken"),
            (&[png(60)], "taken"),
            (&[pdf, png(50)], "taken"),
            (
                &[png(61)],
                "the file has 61 bytes; this channel takes 60 of image/png",
            ),
            (
                &[pdf, png(51)],
                "the files have 101 bytes together; a reply on this channel takes 100",
            ),
            (
                &[pdf, gif],
                "the file is image/gif; this channel takes image/png, application/pdf",
            ),
            (
                &[pdf, pdf, pdf],
                "the reply has 3 files; one on this channel takes 2",
            ),
        ] {
            let found = RULES.check(files);
            let found = found.map_or_else(|error| error.to_string(), |()| "taken".to_owned());
            assert_eq!(found, expected);
        }
        assert_eq!(
            RULES.check(&[pdf, gif]).map_err(|it| it.index()),
            Err(Some(1))
        );
        assert_eq!(RULES.most_bytes(), 100);
    }
}
