//! Running the command.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Target directory of guests, shared by all tests so that each is built once.
pub(crate) fn guests() -> PathBuf {
    root().join("target/guests")
}

pub(crate) fn patchbay(arguments: &[&str]) -> Output {
    patchbay_in(&root(), arguments, "")
}

/// Run with a token in PATCHBAY_TOKEN.
pub(crate) fn patchbay_with(token: &str, arguments: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_patchbay"))
        .args(arguments)
        .current_dir(root())
        .env("PATCHBAY_TOKEN", token)
        .output();
    command.expect("the command starts")
}

pub(crate) fn patchbay_in(directory: &Path, arguments: &[&str], input: &str) -> Output {
    run(directory, &[], arguments, input)
}

/// Run with these variables in the environment.
pub(crate) fn patchbay_with_environment(
    directory: &Path,
    environment: &[(&str, &str)],
    arguments: &[&str],
) -> Output {
    run(directory, environment, arguments, "")
}

fn run(directory: &Path, environment: &[(&str, &str)], arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_patchbay"))
        .args(arguments)
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", guests())
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("written");
    output
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// What a command that ended with this exit code printed, its lines joined: a
/// message is broken where the terminal ends.
#[track_caller]
pub(crate) fn joined(output: &Output, code: i32) -> String {
    let all = stdout(output) + &stderr(output);
    assert_eq!(output.status.code(), Some(code), "{all}");
    let words = all.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

pub(crate) fn lines(output: &Output) -> Vec<Value> {
    stdout(output)
        .lines()
        .map(|line| serde_json::from_str(line).expect("one JSON document a line"))
        .collect()
}
