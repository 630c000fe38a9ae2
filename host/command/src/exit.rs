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

/// Declares the exit codes: a code and its meaning stand in one row each.
macro_rules! exit_codes {
    ($( $case:ident = $code:literal, $meaning:literal; )+) => {
        /// Exit codes; `--help` and docs/operate.md list them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Exit {
            $(
                #[doc = concat!($meaning, ".")]
                $case = $code,
            )+
        }

        impl Exit {
            /// Every exit code, the lowest first.
            pub const ALL: &[Exit] = &[ $( Exit::$case, )+ ];

            /// When a command ends with it.
            pub const fn meaning(self) -> &'static str {
                match self { $( Exit::$case => $meaning, )+ }
            }
        }
    };
}

exit_codes! {
    Success = 0, "success";
    NotRight = 1, "the checked thing is wrong, or the server rejects the request: a test case or decision fails, an input line is invalid, a company file has errors, there is no such company";
    Usage = 2, "the command line is wrong";
    Pack = 3, "a pack cannot be built or loaded, or does not exist";
    Machine = 4, "the environment failed: another file does not exist or cannot be read or written, a port is in use, the server does not answer, the toolchain is missing";
}

/// Longest line of the list of exit codes.
const HELP_COLUMNS: usize = 78;

/// The list of exit codes for `--help`.
pub fn exit_codes_help() -> String {
    let mut help = "Exit codes:".to_owned();
    for exit in Exit::ALL {
        let mut line = format!("  {} ", *exit as u8);
        for word in exit.meaning().split(' ') {
            if line.len() + 1 + word.len() > HELP_COLUMNS {
                help = format!("{help}\n{line}");
                line = "    ".to_owned();
            }
            line = format!("{line} {word}");
        }
        help = format!("{help}\n{line}");
    }
    help
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_every_exit_code_with_its_meaning() {
        let documents = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate.md");
        let text = std::fs::read_to_string(documents).expect("the documentation");
        let (_, section) = text.split_once("## Exit codes").expect("the section");
        let rows = section.lines().filter(|line| line.starts_with("| "));
        let rows: Vec<&str> = rows.skip(2).collect();
        let expected = Exit::ALL.iter();
        let expected = expected.map(|exit| format!("| {} | {} |", *exit as u8, exit.meaning()));
        assert_eq!(rows, expected.collect::<Vec<_>>());
    }

    #[test]
    fn the_help_has_every_exit_code_in_lines_of_bounded_length() {
        let help = exit_codes_help();
        for exit in Exit::ALL {
            assert!(help.contains(&format!("\n  {}  ", *exit as u8)), "{help}");
        }
        let flat = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(Exit::Machine.meaning()), "{help}");
        assert!(
            help.lines().all(|line| line.len() <= HELP_COLUMNS),
            "{help}"
        );
    }
}
