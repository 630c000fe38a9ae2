//! Why a company file is not applied, as logs, feeds and the status show it.

use std::io;
use std::path::{Path, PathBuf};

use patchbay_config::file_problem::FileProblem;
use patchbay_generations::assemble::{Findings, InvalidFile};
use patchbay_generations::service::ChangeError;

/// Every problem of a file, one line each, without the file's directory: readers
/// need not know this machine's paths.
pub(super) fn lines(rejected: &InvalidFile) -> Vec<String> {
    let shown = InvalidFile {
        path: PathBuf::from(file_name(&rejected.path)),
        ..rejected.clone()
    };
    shown.to_string().lines().map(escape).collect()
}

/// A file's name without its directory.
pub(super) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The file, or something it references, cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> InvalidFile {
    let problem = FileProblem::whole(format!("cannot be read: {error}"));
    InvalidFile::of_problem(path, InvalidFile::read(path).unwrap_or_default(), problem)
}

/// Escapes control characters, so that a file's text cannot move a terminal's
/// cursor.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("; "),
            character if character.is_control() => escaped.extend(character.escape_default()),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Whether the refusal may be temporary although the file stays the same: live
/// work, a concurrent change, a journal that cannot write.
pub(super) fn is_temporary(refused: &ChangeError) -> bool {
    match refused {
        ChangeError::Invalid { problems, .. } => problems.is_empty(),
        ChangeError::Activate(_) => true,
        _ => false,
    }
}

/// Every reason of a refusal, and the warnings.
pub(super) fn findings(refused: ChangeError) -> Findings {
    match refused {
        ChangeError::Invalid {
            mut problems,
            conflicts,
            warnings,
            ..
        } => {
            let conflicts = conflicts
                .iter()
                .map(|one| FileProblem::whole(one.to_string()));
            problems.extend(conflicts);
            Findings { problems, warnings }
        }
        error => vec![FileProblem::whole(error.to_string())].into(),
    }
}
