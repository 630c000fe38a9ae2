//! Runs the programs of toolchains (cargo, node, python) with bounds on their time and on what is
//! read of their output.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::BuildError;
use super::process_tree::{self, Output};

/// Longest time of a program that builds. Longer than a cold build of a large project.
pub(super) const LONGEST_BUILD: Duration = Duration::from_secs(1_800);
/// Longest time of a program that answers a question, such as its version.
pub(super) const LONGEST_QUESTION: Duration = Duration::from_secs(60);
/// Most bytes of a program's answer or messages; the metadata of a large workspace take several MiB.
const MOST_BYTES: usize = 64 << 20;
/// How often a program that has closed its output is asked whether it has ended.
const STEP: Duration = Duration::from_millis(2);

/// What a program of a clean environment gets from the environment of this process: where
/// programs, homes and temporary files are, and whether to print colours. Nothing else of it
/// changes what is built.
const KEPT: [&str; 6] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "TERM",
    "NO_COLOR",
];

/// A program of a toolchain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tool {
    /// Its name in `PATH`.
    pub(super) name: &'static str,
    /// How to install it, to end a sentence: "install Rust from …".
    pub(super) install: &'static str,
}

/// A program that ended by itself.
#[derive(Debug)]
pub(super) struct Finished<Out, Err> {
    /// How it ended.
    pub(super) status: ExitStatus,
    /// What the reader of its output returned.
    pub(super) stdout: Out,
    /// What the reader of its errors returned.
    pub(super) stderr: Err,
}

impl Tool {
    /// A call in a directory, with an environment that is the same on every machine but for
    /// [`KEPT`]: no options of a user's shell change what is built.
    pub(super) fn clean_command(&self, directory: &Path) -> Command {
        self.clean_command_of(self.name.as_ref(), directory)
    }

    /// As [`clean_command`](Tool::clean_command), of the program at a path.
    pub(super) fn clean_command_of(&self, program: &OsStr, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).env_clear();
        command.envs(KEPT.iter().filter_map(|name| {
            let value = std::env::var_os(name)?;
            Some((name, value))
        }));
        command
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("SOURCE_DATE_EPOCH", "0");
        command
    }

    /// Runs a command of this tool until it ends; both readers run meanwhile, each in a thread.
    ///
    /// # Errors
    /// [`BuildError::Toolchain`] where it cannot be started or takes longer than `longest`; it is
    /// then ended with all programs that it started.
    pub(super) fn run<Out: Send + 'static, Err: Send + 'static>(
        &self,
        command: &mut Command,
        longest: Duration,
        read_stdout: impl FnOnce(ChildStdout) -> Out + Send + 'static,
        read_stderr: impl FnOnce(ChildStderr) -> Err + Send + 'static,
    ) -> Result<Finished<Out, Err>, BuildError> {
        let end = Instant::now() + longest;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| self.cannot_start(&error))?;
        let outputs = [
            child.stdout.as_ref().and_then(Output::of),
            child.stderr.as_ref().and_then(Output::of),
        ];
        let stdout = child.stdout.take().map(|out| read(out, read_stdout));
        let stderr = child.stderr.take().map(|err| read(err, read_stderr));
        let stdout = stdout.and_then(|result| received(&result, end));
        let stderr = stderr.and_then(|result| received(&result, end));
        let status = loop {
            match child
                .try_wait()
                .map_err(|error| self.cannot_start(&error))?
            {
                Some(status) => break Some(status),
                None if Instant::now() >= end => break None,
                None => std::thread::sleep(STEP),
            }
        };
        match (status, stdout, stderr) {
            (Some(status), Some(stdout), Some(stderr)) => Ok(Finished {
                status,
                stdout,
                stderr,
            }),
            _ => {
                let outputs: Vec<Output> = outputs.into_iter().flatten().collect();
                process_tree::end(&mut child, &outputs);
                Err(BuildError::Toolchain(format!(
                    "{} did not end within {} s and was ended; run it by hand to see what it waits for",
                    self.name,
                    longest.as_secs()
                )))
            }
        }
    }

    /// What a command of this tool prints.
    ///
    /// # Errors
    /// As of [`run`](Tool::run), and [`BuildError::Toolchain`] with what it prints where it fails.
    pub(super) fn ask(&self, command: &mut Command) -> Result<Vec<u8>, BuildError> {
        let answer = self.run(command, LONGEST_QUESTION, read_bytes, read_bytes)?;
        match answer.status.success() {
            true if answer.stdout.len() > MOST_BYTES => Err(BuildError::Toolchain(format!(
                "{} printed more than {} MiB; run it by hand to see why",
                self.name,
                MOST_BYTES >> 20
            ))),
            true => Ok(answer.stdout),
            false => {
                let printed = String::from_utf8_lossy(&answer.stderr);
                Err(BuildError::Toolchain(printed.trim().to_owned()))
            }
        }
    }

    fn cannot_start(&self, error: &std::io::Error) -> BuildError {
        BuildError::Toolchain(format!(
            "{} cannot be started: {error}; {}",
            self.name, self.install
        ))
    }
}

/// Reads a program's output up to one byte more than may be, and drops the rest.
pub(super) fn read_bytes(mut source: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What was read until an error counts.
    let _ = source
        .by_ref()
        .take(MOST_BYTES as u64 + 1)
        .read_to_end(&mut bytes);
    let _ = std::io::copy(&mut source, &mut std::io::sink());
    bytes
}

fn read<Source: Send + 'static, Value: Send + 'static>(
    source: Source,
    reader: impl FnOnce(Source) -> Value + Send + 'static,
) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        // After the time has passed the value is not received any more.
        let _ = sender.send(reader(source));
    });
    receiver
}

fn received<Value>(result: &Receiver<Value>, end: Instant) -> Option<Value> {
    let left = end.saturating_duration_since(Instant::now());
    result.recv_timeout(left).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: Tool = Tool {
        name: "sh",
        install: "install a shell",
    };

    fn script(text: &str) -> Command {
        let mut command = SHELL.clean_command(Path::new("/"));
        command.args(["-c", text]);
        command
    }

    #[test]
    fn a_program_that_is_missing_is_named_with_what_installs_it() {
        let missing = Tool {
            name: "patchbay-no-such-program",
            install: "install it with `apt install it`",
        };
        let mut command = missing.clean_command(Path::new("/"));
        let error = missing.ask(&mut command).expect_err("missing").to_string();
        assert!(
            error.starts_with("patchbay-no-such-program cannot be started: ")
                && error.ends_with("; install it with `apt install it`"),
            "{error}"
        );
    }

    #[test]
    fn a_program_sees_only_the_variables_that_change_nothing() {
        let printed = SHELL.ask(&mut script("env")).expect("printed");
        let printed = String::from_utf8(printed).expect("text");
        assert!(printed.contains("TZ=UTC"), "{printed}");
        assert!(!printed.contains("CARGO"), "{printed}");
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        for text in ["sleep 60", "exec >&- 2>&-; sleep 60"] {
            let begin = Instant::now();
            let ended = SHELL.run(
                &mut script(text),
                Duration::from_millis(100),
                read_bytes,
                read_bytes,
            );
            let error = ended.expect_err("it does not end").to_string();
            assert!(error.contains("did not end within"), "{error}");
            assert!(begin.elapsed() < Duration::from_secs(30));
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_programs_that_it_started_are_ended_too() {
        let place = tempfile::tempdir().expect("a directory");
        let begun = place.path().join("begun");
        let sleep = format!("sleep 300 & echo $! >> {}", begun.display());
        for text in [
            // Children, grandchildren, and programs whose parent has ended: with the output of
            // the tool open, and all of them in its process group.
            format!("{sleep}; ({sleep}; wait) & wait"),
            format!("({sleep}; exec >&- 2>&-; ({sleep}; wait); wait) & exec >&- 2>&-; wait"),
            format!("(({sleep}) & ); exit 0"),
        ] {
            let _ = std::fs::remove_file(&begun);
            let longest = Duration::from_millis(700);
            let ended = SHELL.run(&mut script(&text), longest, read_bytes, read_bytes);
            let error = ended.expect_err("it does not end").to_string();
            assert!(error.contains("did not end within"), "{error}");
            let ids = std::fs::read_to_string(&begun).expect("it began");
            assert!(!ids.is_empty(), "{text}");
            for id in ids.lines() {
                let is_over = (0..500).any(|_| {
                    std::thread::sleep(Duration::from_millis(10));
                    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
                    // Where no process collects it, it stays in the table.
                    stat.map_or(true, |stat| stat.contains(") Z ") || stat.contains(") X "))
                });
                assert!(is_over, "{id} of {text} still runs");
            }
        }
    }

    #[test]
    fn long_output_is_read_to_its_end_and_refused() {
        let text = "head -c 70000000 /dev/zero; echo failed >&2; exit 3";
        let ended = SHELL
            .run(&mut script(text), LONGEST_QUESTION, read_bytes, read_bytes)
            .expect("it ends");
        assert_eq!(ended.status.code(), Some(3));
        assert_eq!(ended.stdout.len(), MOST_BYTES + 1);
        let error = SHELL.ask(&mut script(text)).expect_err("it fails");
        assert_eq!(error.to_string(), "failed");
        let text = "head -c 70000000 /dev/zero";
        let error = SHELL.ask(&mut script(text)).expect_err("it is too long");
        assert!(error.to_string().contains("more than 64 MiB"), "{error}");
    }
}
