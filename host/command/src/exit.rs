//! Exit codes, and the error that ends a command.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

use miette::{Diagnostic, Report, SourceSpan};
use patchbay_config::excerpt::shortened;
use patchbay_config::file_problem::FileProblem;
use thiserror::Error;

use crate::control_characters::escape_control;
use crate::excerpt::Excerpt;

/// Exit codes; `--help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Success.
    Success = 0,
    /// A negative result: a test case or decision fails, an input is invalid, the
    /// server refuses the request.
    NotRight = 1,
    /// The command line is invalid.
    Usage = 2,
    /// A pack cannot be built or loaded.
    Pack = 3,
    /// The machine: a file, a port, memory, the toolchain, a server that does
    /// not answer.
    Machine = 4,
}

impl Exit {
    /// The exit code of the process.
    pub fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }

    /// Success, or a negative result.
    pub fn success_if(is_right: bool) -> Exit {
        match is_right {
            true => Exit::Success,
            false => Exit::NotRight,
        }
    }
}

/// Result of a command.
pub type Outcome = Result<Exit, Failure>;

/// Error that ends a command.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What is shown.
    pub report: Report,
}

impl Failure {
    /// A failure with its message.
    pub fn new(exit: Exit, message: impl Display) -> Failure {
        Failure::with_help(exit, message, None)
    }

    /// An error of the machine.
    pub fn machine(message: impl Display) -> Failure {
        Failure::new(Exit::Machine, message)
    }

    /// An error with advice on what to do next.
    pub fn advised(exit: Exit, message: impl Display, help: impl Display) -> Failure {
        Failure::with_help(exit, message, Some(help.to_string()))
    }

    /// A failure with its message, and what to do where that is known.
    pub fn with_help(exit: Exit, message: impl Display, help: Option<String>) -> Failure {
        // It may quote a file that another person wrote.
        let message = shortened(message.to_string());
        let message = escape_control(&message).into_owned();
        Failure {
            exit,
            report: Report::new(Message { message, help }),
        }
    }

    /// Problems of a file, each with its line.
    pub fn located(exit: Exit, path: &str, text: &str, problems: Vec<FileProblem>) -> Failure {
        let summary = match problems.len() {
            1 => format!("{path} is rejected"),
            count => format!("{path} is rejected for {count} reasons"),
        };
        let problems = problems
            .into_iter()
            .map(|problem| LocatedProblem::new(path, text, problem));
        Failure {
            exit,
            report: Report::new(FileProblems {
                summary,
                problems: problems.collect(),
            }),
        }
    }
}

/// Turn an error at a file into a failure of the machine.
pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => Some("check the path".to_owned()),
            _ => None,
        };
        Failure::with_help(Exit::Machine, format!("{path}: {error}"), help)
    }
}

#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
struct Message {
    message: String,
    #[help]
    help: Option<String>,
}

#[derive(Debug, Error, Diagnostic)]
#[error("{summary}")]
struct FileProblems {
    summary: String,
    #[related]
    problems: Vec<LocatedProblem>,
}

#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
struct LocatedProblem {
    message: String,
    #[help]
    help: Option<String>,
    #[source_code]
    excerpt: Option<Excerpt>,
    #[label("here")]
    span: Option<SourceSpan>,
}

impl LocatedProblem {
    fn new(path: &str, text: &str, problem: FileProblem) -> LocatedProblem {
        // A span outside of the text cannot be drawn.
        let place = problem.span.as_ref();
        let excerpt = place.and_then(|place| Excerpt::around(path, text, place));
        LocatedProblem {
            message: escape_control(&problem.message).into_owned(),
            help: problem.help.map(|help| escape_control(&help).into_owned()),
            span: excerpt.as_ref().map(Excerpt::place),
            excerpt,
        }
    }
}
