//! What a check of a company file finds.

use patchbay_config::file_problem::FileProblem;

/// Why a company file is rejected, and what else its author should know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Every problem. Each is enough to reject the file.
    pub problems: Vec<FileProblem>,
    /// Valid settings that are probably a mistake.
    pub warnings: Vec<String>,
}

impl Findings {
    /// Add those of another check.
    pub fn extend(&mut self, other: Findings) {
        self.problems.extend(other.problems);
        self.warnings.extend(other.warnings);
    }
}

impl From<Vec<FileProblem>> for Findings {
    fn from(problems: Vec<FileProblem>) -> Findings {
        Findings {
            problems,
            warnings: Vec::new(),
        }
    }
}
