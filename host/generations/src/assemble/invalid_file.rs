//! A file with problems, for display.

use std::fmt;
use std::path::{Path, PathBuf};

use patchbay_company::CompanyFile;
use patchbay_config::file_problem::FileProblem;
use patchbay_pack::regular_file::{MOST_BYTES, read_text};
use thiserror::Error;

use super::check_secrets;
use super::findings::Findings;

/// A company or settings file that is not used. Displays each problem as
/// `path:line:column: message; help`.
#[derive(Clone, Debug, Error)]
pub struct InvalidFile {
    /// The file.
    pub path: PathBuf,
    /// Its text; empty when the file cannot be read.
    pub text: String,
    /// Every problem in it.
    pub problems: Vec<FileProblem>,
    /// Valid settings in it that are probably a mistake.
    pub warnings: Vec<String>,
}

impl InvalidFile {
    /// A file with these findings.
    pub fn new(path: impl Into<PathBuf>, text: String, findings: Findings) -> InvalidFile {
        InvalidFile {
            path: path.into(),
            text,
            problems: findings.problems,
            warnings: findings.warnings,
        }
    }

    /// A file with one problem.
    pub fn of_problem(path: impl Into<PathBuf>, text: String, problem: FileProblem) -> InvalidFile {
        InvalidFile::new(path, text, vec![problem].into())
    }

    /// Add what is wrong with the signing keys of a company file, as the environment of this
    /// process has them.
    pub fn add_signing_keys(&mut self) {
        if let Ok(reading) = CompanyFile::read(&self.text) {
            let Findings { problems, warnings } = check_secrets(&reading.file, None);
            self.problems.extend(problems);
            self.warnings.extend(warnings);
        }
    }

    /// Reads the text of a company or settings file.
    ///
    /// # Errors
    /// When it cannot be read, is no regular file, is too long, or is not UTF-8.
    pub fn read(path: &Path) -> Result<String, InvalidFile> {
        read_text(path, MOST_BYTES).map_err(|error| {
            let problem = FileProblem::whole(format!("cannot be read: {error}"));
            InvalidFile::of_problem(path, String::new(), problem)
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
