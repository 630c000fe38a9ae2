//! Running the command.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Once;

use serde_json::Value;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Target directory of guests, shared by all tests so that each is built once.
pub(crate) fn guests() -> PathBuf {
    root().join("target/guests")
}

/// The command, away from this user's packs and credentials: a pack in the user's own store would
/// be found by its name. A test that needs a store names one.
pub(crate) fn command() -> Command {
    add_target();
    isolated(Command::new(env!("CARGO_BIN_EXE_patchbay")))
}

/// Adds the target of guests to the toolchain, which builds with `--offline` do not.
fn add_target() {
    static ADDED: Once = Once::new();
    ADDED.call_once(|| {
        let mut rustup = Command::new("rustup");
        rustup.args(["target", "add", "wasm32-wasip2"]);
        // Without rustup, the toolchain has to have it.
        let _ = rustup.current_dir(root()).output();
    });
}

/// Another program that runs the command.
pub(crate) fn isolated(mut command: Command) -> Command {
    let empty = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-user-files");
    command
        .current_dir(root())
        .env("CARGO_TARGET_DIR", guests())
        .env("XDG_DATA_HOME", &empty)
        .env("DOCKER_CONFIG", &empty)
        .env_remove("PATCHBAY_TOKEN");
    command
}

pub(crate) fn patchbay(arguments: &[&str]) -> Output {
    patchbay_in(&root(), arguments, "")
}

/// Run with a token in PATCHBAY_TOKEN.
pub(crate) fn patchbay_with(token: &str, arguments: &[&str]) -> Output {
    let output = command()
        .args(arguments)
        .env("PATCHBAY_TOKEN", token)
        .output();
    output.expect("the command starts")
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
    let mut child = command()
        .args(arguments)
        .current_dir(directory)
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

/// Run in a directory where files cannot get longer than a kilobyte, as on a disk that gets full.
pub(crate) fn patchbay_on_full_disk(directory: &Path, arguments: &[&str]) -> Output {
    let mut shell = isolated(Command::new("bash"));
    // Ignored, the signal becomes an error of the write.
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_patchbay")]);
    let output = shell.args(arguments).current_dir(directory).output();
    output.expect("bash starts")
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
