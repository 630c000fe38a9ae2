//! Policies in Python, built by the program of the package `patchbay-sdk`.
//!
//! A build never runs pip and needs no network: it uses the packages that the user installed into
//! a virtual environment, and refuses those that are not the ones of `requirements.txt`.

use std::path::{Path, PathBuf};

use super::tool::Tool;
use super::{BuildError, Built, Project, sdk_program};

const PYTHON: Tool = Tool {
    name: "python3",
    install: "install Python 3.11 or later with venv, from https://www.python.org or with `apt-get install python3 python3-venv`",
};

/// Lowest minor version of Python 3.
const LEAST_MINOR: u32 = 11;
/// Exit code of the SDK's program for a package that is missing or not pinned; it prints which.
const WRONG_PACKAGE: i32 = 2;
/// Prints the version, then whether virtual environments can be made and the SDK is installed.
const QUESTION: &str = "import sys, importlib.util as u\n\
    print(*sys.version_info[:3], sep='.')\n\
    print(*(u.find_spec(name) is not None for name in ('ensurepip', 'patchbay_sdk', 'componentize_py')))";

pub(super) fn build(project: &Project<'_>) -> Result<Built, BuildError> {
    let directory = &project.directory;
    let python = Interpreter::of_project(directory)?;
    python.require_packages(directory)?;
    let command = |file: &Path| {
        let mut command = PYTHON.clean_command_of(python.program.as_os_str(), directory);
        // Isolated: neither variables nor packages of the user change what is built.
        command.args(["-I", "-B", "-m", "patchbay_sdk.build"]);
        command.arg(directory).arg("--output").arg(file);
        command.args(project.options.quiet.then_some("--quiet"));
        command
    };
    sdk_program::run(project, &PYTHON, command, |ended| {
        let printed = String::from_utf8_lossy(&ended.stdout);
        (ended.status.code() == Some(WRONG_PACKAGE))
            .then(|| BuildError::Toolchain(printed.trim().to_owned()))
    })
}

pub(super) fn find_toolchain(directory: &Path) -> Result<String, BuildError> {
    Interpreter::of_project(directory)?.described()
}

/// The Python of the project's `.venv`, else of the active virtual environment, else of `PATH`.
fn find_program(directory: &Path) -> PathBuf {
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let environments = [Some(directory.join(".venv")), active];
    environments
        .into_iter()
        .flatten()
        .map(|environment| environment.join("bin/python"))
        .find(|program| program.is_file())
        .unwrap_or_else(|| PYTHON.name.into())
}

/// The file in which the SDK's program lists the packages of a component.
pub(crate) fn package_list(directory: &Path, pack: &str) -> PathBuf {
    sdk_program::component_file(directory, pack).with_extension("wasm.packages.json")
}

/// A Python that a project may use.
#[derive(Debug)]
struct Interpreter {
    program: PathBuf,
    version: String,
    has_venv: bool,
    has_packages: bool,
}

impl Interpreter {
    /// The Python of the project's `.venv`, else of the active virtual environment, else of
    /// `PATH`.
    ///
    /// # Errors
    /// [`BuildError::Toolchain`] where there is none that is new enough.
    fn of_project(directory: &Path) -> Result<Interpreter, BuildError> {
        let program = find_program(directory);
        let mut command = PYTHON.clean_command_of(program.as_os_str(), directory);
        let answer = PYTHON.ask(command.args(["-I", "-B", "-c", QUESTION]))?;
        Interpreter::of_answer(program, &String::from_utf8_lossy(&answer))
    }

    /// The Python that answers [`QUESTION`] so.
    fn of_answer(program: PathBuf, answer: &str) -> Result<Interpreter, BuildError> {
        let mut lines = answer.lines();
        let version = lines.next().unwrap_or_default().to_owned();
        let mut found = lines.next().unwrap_or_default().split(' ');
        let mut next = || found.next() == Some("True");
        let python = Interpreter {
            has_venv: next(),
            has_packages: next() && next(),
            program,
            version,
        };
        let mut numbers = python.version.split('.').map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(3)), Some(Ok(minor))) if minor >= LEAST_MINOR => Ok(python),
            _ => Err(BuildError::Toolchain(format!(
                "python {} is too old; {}",
                python.version, PYTHON.install
            ))),
        }
    }

    /// Its version.
    ///
    /// # Errors
    /// [`BuildError::Toolchain`] where it cannot make virtual environments.
    fn described(&self) -> Result<String, BuildError> {
        match self.has_venv {
            true => Ok(format!("python {}", self.version)),
            false => Err(BuildError::Toolchain(format!(
                "python {} cannot make virtual environments; {}",
                self.version, PYTHON.install
            ))),
        }
    }

    /// # Errors
    /// [`BuildError::Toolchain`] with the command that installs the packages.
    fn require_packages(&self, directory: &Path) -> Result<(), BuildError> {
        if self.has_packages {
            return Ok(());
        }
        Err(BuildError::Toolchain(format!(
            "{} has no packages patchbay-sdk and componentize-py; run `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` in {}",
            self.program.display(),
            directory.display()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreter(answer: &str) -> Result<Interpreter, BuildError> {
        Interpreter::of_answer("python3".into(), answer)
    }

    #[test]
    fn the_python_of_the_project_is_used() {
        let place = tempfile::tempdir().expect("a directory");
        let programs = place.path().join(".venv/bin");
        std::fs::create_dir_all(&programs).expect("a directory");
        std::fs::write(programs.join("python"), "").expect("a file");
        assert_eq!(find_program(place.path()), programs.join("python"));
        let python = interpreter("3.12.1\nTrue True True\n").expect("a Python");
        assert!(python.require_packages(place.path()).is_ok());
        assert_eq!(python.described().expect("a toolchain"), "python 3.12.1");
    }

    #[test]
    fn an_old_python_is_refused() {
        for version in ["3.10.9", "2.7.18", "4.0.0", "what", ""] {
            let error = interpreter(&format!("{version}\nTrue True True")).expect_err(version);
            let error = error.to_string();
            assert!(
                error.contains(&format!("python {version} is too old; install Python 3.11")),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_missing_is_named_with_the_command_that_installs_it() {
        let python = interpreter("3.11.2\nFalse False True").expect("a Python");
        let error = python
            .require_packages(Path::new("care"))
            .expect_err("no packages");
        assert!(
            error
                .to_string()
                .contains("`python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`"),
            "{error}"
        );
        let error = python.described().expect_err("no venv");
        assert!(error.to_string().contains("python3-venv"), "{error}");
    }
}
