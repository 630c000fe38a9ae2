//! A file of the project that names the SDK, of which an update changes single values.

use std::ops::Range;
use std::path::{Path, PathBuf};

use patchbay_config::file_problem::FileProblem;
use patchbay_pack::regular_file::read_text;
use semver::Version;
use serde_json::Value;

use super::UpdateError;
use super::files::FileChange;

/// Most bytes of a file of the project, such as a lock file.
const MOST_BYTES: u64 = 16 << 20;

/// A text file of the project.
#[derive(Debug)]
pub(super) struct ProjectFile {
    /// Name in the project.
    pub(super) name: &'static str,
    /// Text, with the changes so far.
    pub(super) text: String,
    /// The archive that the changed lines name; without it they do not change.
    pub(super) archive: Option<String>,
    path: PathBuf,
    before: String,
}

impl ProjectFile {
    /// Reads a file; `None` where there is none.
    pub(super) fn read(
        directory: &Path,
        name: &'static str,
    ) -> Result<Option<ProjectFile>, UpdateError> {
        let path = directory.join(name);
        match read_text(&path, MOST_BYTES) {
            Ok(text) => Ok(Some(ProjectFile {
                name,
                before: text.clone(),
                text,
                archive: None,
                path,
            })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(UpdateError::Io { path, error }),
        }
    }

    /// Reads a file that a project of the language must have.
    pub(super) fn required(
        directory: &Path,
        name: &'static str,
    ) -> Result<ProjectFile, UpdateError> {
        let file = ProjectFile::read(directory, name)?;
        file.ok_or_else(|| UpdateError::NoProject {
            path: directory.to_owned(),
            reason: format!("it has no {name}"),
        })
    }

    /// Its text as JSON.
    pub(super) fn json(&self) -> Result<Value, UpdateError> {
        serde_json::from_str(&self.text).map_err(|error| {
            let message = error.to_string();
            let position = format!(" at line {} column {}", error.line(), error.column());
            let message = message.strip_suffix(&position).unwrap_or(&message);
            let lines = self.text.split_inclusive('\n');
            let before: usize = lines
                .take(error.line().saturating_sub(1))
                .map(str::len)
                .sum();
            let at = before + error.column().saturating_sub(1);
            let at = at.min(self.text.len());
            self.invalid(FileProblem::at(
                at..at,
                format!("not valid JSON: {message}"),
            ))
        })
    }

    /// Reads the version in a part of the text.
    pub(super) fn version(
        &self,
        text: &str,
        place: Option<Range<usize>>,
    ) -> Result<Version, UpdateError> {
        text.parse().map_err(|_| {
            let message = format!("{text:?} is not a version");
            let problem = match place {
                Some(place) => FileProblem::at(place, message),
                None => FileProblem::whole(message),
            };
            self.invalid(problem.help("write the version of the SDK, such as 0.1.0"))
        })
    }

    /// Replaces a part of the text.
    pub(super) fn replace(&mut self, place: Range<usize>, text: &str) {
        self.text.replace_range(place, text);
    }

    /// The error of a problem in it.
    pub(super) fn invalid(&self, problem: FileProblem) -> UpdateError {
        UpdateError::Invalid {
            path: self.path.clone(),
            text: self.text.clone(),
            problem: Box::new(problem),
        }
    }

    /// The change of the file; `None` where nothing changes.
    pub(super) fn change(self) -> Option<FileChange> {
        (self.text != self.before).then(|| FileChange {
            path: self.name.to_owned(),
            before: Some(self.before.into_bytes()),
            after: Some(self.text.into_bytes()),
        })
    }
}
