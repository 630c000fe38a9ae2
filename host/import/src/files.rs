//! What an import writes.

use crate::Construct;

/// The result of an import.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// Files to write, the company file first.
    pub files: Vec<ImportedFile>,
    /// What the files do not express; with any, the import is partial.
    pub unsupported: Vec<Construct>,
    /// What a person should know or check, each in one sentence.
    pub notes: Vec<String>,
}

/// Most unsupported constructs that are listed.
const MAX_CONSTRUCTS: usize = 200;

impl Import {
    /// Leaves out what is beyond the most that is listed, and says how much that is.
    pub(crate) fn limit_unsupported(&mut self) {
        let more = self.unsupported.len().saturating_sub(MAX_CONSTRUCTS);
        if more > 0 {
            self.unsupported.truncate(MAX_CONSTRUCTS);
            let message = format!("{more} more are not listed");
            self.unsupported.push(Construct::new("", message));
        }
    }
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedFile {
    /// Name within the directory.
    pub name: &'static str,
    /// What it is, in a few words.
    pub what: String,
    /// Its text.
    pub text: String,
}
