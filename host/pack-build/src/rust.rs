//! Policies in Rust, built by cargo.

mod compiler_messages;
mod workspace;

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdout, Command};

use serde::Deserialize;

use super::log_lines::LogLines;
use super::tool::{LONGEST_BUILD, LONGEST_QUESTION, Tool, read_bytes};
use super::{BuildError, Built, Project};
use compiler_messages::{BuildObstacle, pass_on};
use patchbay_pack::directory_files::has_extension;
use patchbay_pack::read_component;
use workspace::Workspace;

/// Compilation target of guests.
pub(crate) const GUEST_TARGET: &str = "wasm32-wasip2";

const INSTALL: &str = "install Rust from https://rustup.rs";
const CARGO: Tool = Tool {
    name: "cargo",
    install: INSTALL,
};
const RUSTC: Tool = Tool {
    name: "rustc",
    install: INSTALL,
};
const RUSTUP: Tool = Tool {
    name: "rustup",
    install: INSTALL,
};
/// Lock file in the directory of temporary files: rustup adds one target at a time.
const RUSTUP_LOCK: &str = "patchbay-rustup.lock";

/// The profile of every guest, whatever its own project says: one unit for the optimiser, no
/// unwinding, no debug information but the names a backtrace needs.
const PROFILE: [&str; 6] = [
    "profile.release.opt-level=3",
    "profile.release.lto=true",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    "profile.release.debug=false",
    "profile.release.strip=\"debuginfo\"",
];

/// Variables an outer cargo or rustc sets that would change what is built.
const OUTER_PREFIXES: [&str; 3] = ["CARGO_PKG_", "CARGO_PROFILE_", "CARGO_BUILD_"];
const OUTER_VARIABLES: [&str; 9] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_TMPDIR",
    "RUSTFLAGS",
    "RUSTC",
    "LD_LIBRARY_PATH",
];

/// A message of `cargo build --message-format json`.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    target: Option<MessageTarget>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(default)]
    manifest_path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct MessageTarget {
    crate_types: Vec<String>,
}

impl Message {
    /// The component, where the message announces that of the project with this manifest.
    fn into_component(self, manifest_path: &Path) -> Option<PathBuf> {
        let is_component = self.reason == "compiler-artifact"
            && self.manifest_path.as_deref() == Some(manifest_path)
            && self.target?.crate_types.iter().any(|kind| kind == "cdylib");
        let mut files = self.filenames.into_iter().filter(|_| is_component);
        files.find(|file| has_extension(file, &["wasm"]))
    }
}

pub(super) fn build(project: &Project<'_>) -> Result<Built, BuildError> {
    let (directory, options) = (&project.directory, project.options);
    if let Err(missing) = require_target(directory) {
        match options.offline {
            true => return Err(missing),
            false => add_target(directory, options.to_log, missing)?,
        }
    }
    let manifest_path = directory.join("Cargo.toml");
    let mut command = command(CARGO, "CARGO", directory);
    command
        .args(["rustc", "--release", "--lib", "--target", GUEST_TARGET])
        .arg("--message-format=json-render-diagnostics")
        .arg("--manifest-path")
        .arg(&manifest_path);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    let workspace = Workspace::of_project(directory, &manifest_path);
    let _lock = workspace.as_ref().and_then(Workspace::lock);
    if let Some(workspace) = &workspace {
        command.args(["--config", &workspace.path_flags()]);
    }
    command.args(options.offline.then_some("--offline"));
    command.args(options.quiet.then_some("--quiet"));
    let to_log = options.to_log;
    if !to_log && std::io::stderr().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none()
    {
        command.args(["--color", "always"]);
    }
    if let Some(workspace) = &workspace {
        command.args(["--", &workspace.path_flag_of_pack()]);
    }
    let ended = CARGO.run(
        &mut command,
        LONGEST_BUILD,
        move |stdout| find_component(stdout, &manifest_path),
        move |stderr| print_messages(stderr, "cargo", to_log),
    )?;
    let pack = project.pack.to_owned();
    if !ended.status.success() {
        return Err(match ended.stderr {
            Some(BuildObstacle::NativeCode { dependency }) => {
                BuildError::NativeCode { pack, dependency }
            }
            Some(BuildObstacle::UndefinedSymbol { symbol }) => {
                BuildError::UndefinedSymbol { pack, symbol }
            }
            None => BuildError::Compile { pack },
        });
    }
    let file = ended.stdout.ok_or(BuildError::NoComponent(pack))?;
    let component = read_component(&file)?;
    Ok(Built { file, component })
}

/// Passes on what a program prints on stderr, and finds what hinders the build.
fn print_messages(
    stderr: ChildStderr,
    program: &'static str,
    to_log: bool,
) -> Option<BuildObstacle> {
    match to_log {
        true => pass_on(BufReader::new(stderr), &mut LogLines::of(program)),
        false => pass_on(BufReader::new(stderr), &mut std::io::stderr()),
    }
}

/// The component that cargo's messages announce.
fn find_component(messages: ChildStdout, manifest_path: &Path) -> Option<PathBuf> {
    let mut file = None;
    for line in BufReader::new(messages).lines().map_while(Result::ok) {
        let message = serde_json::from_str::<Message>(&line).ok();
        let built = message.and_then(|message| message.into_component(manifest_path));
        file = built.or(file);
    }
    file
}

/// A call of a tool, which a variable may name, without the variables of an outer cargo. Cargo
/// keeps the rest of the environment: proxies, registries and linkers are configured there.
fn command(tool: Tool, variable: &str, directory: &Path) -> Command {
    let program = std::env::var_os(variable).unwrap_or_else(|| OsString::from(tool.name));
    let mut command = Command::new(program);
    command.current_dir(directory);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if OUTER_VARIABLES.contains(&&*text)
            || OUTER_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    // The pack's own build script must not reach a server.
    command.env_remove("PATCHBAY_TOKEN");
    command
}

/// The output of a cargo command in a project's directory.
///
/// # Errors
/// [`BuildError::Toolchain`] with what cargo prints, where it fails.
pub(crate) fn run_cargo(directory: &Path, arguments: &[&str]) -> Result<Vec<u8>, BuildError> {
    CARGO.ask(command(CARGO, "CARGO", directory).args(arguments))
}

/// Checks that the toolchain used in a directory can compile guests, to say what to install
/// before the compiler says it less clearly.
///
/// # Errors
/// [`BuildError::Toolchain`].
fn require_target(directory: &Path) -> Result<(), BuildError> {
    let mut command = command(RUSTC, "RUSTC", directory);
    command.args(["--print", "target-libdir", "--target", GUEST_TARGET]);
    let answer = RUSTC.run(&mut command, LONGEST_QUESTION, read_bytes, read_bytes)?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
    if answer.status.success() && libraries.is_dir() {
        return Ok(());
    }
    Err(BuildError::Toolchain(format!(
        "the toolchain cannot compile for {GUEST_TARGET}; run `rustup target add {GUEST_TARGET}`"
    )))
}

/// Adds the target to the toolchain used in a directory, as `rust-toolchain.toml` of a project
/// asks of rustup, which does not do it for a toolchain that was installed before.
///
/// # Errors
/// `missing`, where rustup is missing or fails too.
fn add_target(directory: &Path, to_log: bool, missing: BuildError) -> Result<(), BuildError> {
    let lock = File::options()
        .create(true)
        .append(true)
        .open(std::env::temp_dir().join(RUSTUP_LOCK));
    let lock = lock.and_then(|file| file.lock().map(|()| file));
    // Another process may have added it meanwhile.
    if lock.is_ok() && require_target(directory).is_ok() {
        return Ok(());
    }
    let mut command = command(RUSTUP, "RUSTUP", directory);
    command.args(["target", "add", GUEST_TARGET]);
    let added = RUSTUP.run(&mut command, LONGEST_BUILD, read_bytes, move |stderr| {
        print_messages(stderr, "rustup", to_log)
    });
    match added {
        Ok(_) => require_target(directory).map_err(|_| missing),
        Err(_) => Err(missing),
    }
}

pub(super) fn find_toolchain(directory: &Path) -> Result<String, BuildError> {
    require_target(directory)?;
    Ok(format!("rustc with {GUEST_TARGET}"))
}
