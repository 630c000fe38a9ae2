//! A file with problems, for display.

use std::fmt;
use std::path::{Path, PathBuf};

use patchbay_model::file_problem::FileProblem;
use patchbay_pack::regular_file::{MOST_BYTES, read_text};
use thiserror::Error;

/// A company or settings file that is not used. Displays each problem as
/// `path:line:column: message; help`.
#[derive(Debug, Error)]
pub struct InvalidFile {
    /// The file.
    pub path: PathBuf,
    /// Its text; empty when the file cannot be read.
    pub text: String,
    /// Every problem in it.
    pub problems: Vec<FileProblem>,
}

impl InvalidFile {
    pub(super) fn new(path: &Path, text: String, problems: Vec<FileProblem>) -> InvalidFile {
        InvalidFile {
            path: path.to_owned(),
            text,
            problems,
        }
    }

    /// Reads the text of a company or settings file.
    ///
    /// # Errors
    /// When it cannot be read, is no regular file, is too long, or is not UTF-8.
    pub fn read(path: &Path) -> Result<String, InvalidFile> {
        read_text(path, MOST_BYTES).map_err(|error| {
            let problem = FileProblem::whole(format!("cannot be read: {error}"));
            InvalidFile::new(path, String::new(), vec![problem])
        })
    }
}

impl fmt::Display for InvalidFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let problem = problem.after_name(&self.text);
            write!(f, "{}{problem}", self.path.display())?;
        }
        Ok(())
    }
}
