//! Exit codes, and the error every verb ends with.

use std::fmt::Display;
use std::process::ExitCode;

use miette::{Diagnostic, LabeledSpan, NamedSource, Report, SourceSpan};
use patchbay_model::located::Located;
use thiserror::Error;

/// What a script can tell from the exit code. The list is part of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything is as it should be.
    Success = 0,
    /// What was looked at is not right: a case fails, a line was refused, a
    /// decision failed, a company file is rejected.
    NotRight = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A pack cannot be built or loaded.
    Pack = 3,
    /// The machine refuses: a file (also one that is not there), a port, a
    /// server that does not answer, the toolchain, memory.
    Machine = 4,
}

impl Exit {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Why a verb ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) report: Report,
}

impl Failure {
    pub(crate) fn new(exit: Exit, what: impl Display) -> Failure {
        Failure {
            exit,
            report: Report::msg(what.to_string()),
        }
    }

    /// With advice on what to do next.
    pub(crate) fn advised(exit: Exit, what: impl Display, help: impl Display) -> Failure {
        Failure {
            exit,
            report: Report::new(Advised {
                message: what.to_string(),
                help: help.to_string(),
            }),
        }
    }

    /// Problems of a file, each pointing at its line.
    pub(crate) fn located(exit: Exit, path: &str, text: &str, problems: Vec<Located>) -> Failure {
        Failure {
            exit,
            report: Report::new(FileProblems {
                summary: match problems.len() {
                    1 => format!("{path} is rejected"),
                    count => format!("{path} is rejected for {count} reasons"),
                },
                problems: problems
                    .into_iter()
                    .map(|problem| FileProblem::new(path, text, problem))
                    .collect(),
            }),
        }
    }
}

pub(crate) type Outcome = Result<Exit, Failure>;

/// A failure of the machine at a file.
pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| {
        let what = format!("{path}: {error}");
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                Failure::advised(Exit::Machine, what, "name a file that is there")
            }
            _ => Failure::new(Exit::Machine, what),
        }
    }
}

#[derive(Debug, Error)]
#[error("{message}")]
struct Advised {
    message: String,
    help: String,
}

impl Diagnostic for Advised {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(&self.help))
    }
}

#[derive(Debug, Error)]
#[error("{summary}")]
struct FileProblems {
    summary: String,
    problems: Vec<FileProblem>,
}

impl Diagnostic for FileProblems {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(
            self.problems
                .iter()
                .map(|problem| problem as &dyn Diagnostic),
        ))
    }
}

#[derive(Debug, Error)]
#[error("{message}")]
struct FileProblem {
    message: String,
    help: Option<String>,
    file: NamedSource<String>,
    span: Option<SourceSpan>,
}

impl FileProblem {
    fn new(path: &str, text: &str, problem: Located) -> FileProblem {
        // A place without a text to show it in cannot be drawn.
        let span = problem
            .span
            .filter(|span| span.end <= text.len())
            .map(|span| SourceSpan::from((span.start, first_line(&text[span.clone()]))));
        FileProblem {
            message: problem.message,
            help: problem.help,
            file: NamedSource::new(path, text.to_owned()),
            span,
        }
    }
}

/// Length of the first line: a whole table is not drawn.
fn first_line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

impl Diagnostic for FileProblem {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.span.map(|_| &self.file as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(
            Some("here".to_owned()),
            span,
        ))))
    }
}
