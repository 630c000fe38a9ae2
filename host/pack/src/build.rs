//! Building a pack's sources into a component. The command line, the demo and
//! the tests all build through here, with the same settings everywhere, so the
//! same sources give the same component.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use thiserror::Error;

use crate::manifest::{FILE_NAME, Language};
use crate::source::{SourceError, read_manifest};

/// What guests are compiled for.
pub const GUEST_TARGET: &str = "wasm32-wasip2";

/// The profile of every guest, whatever its own project says: one crate for
/// the optimiser, no unwinding, no debug information, but the names a
/// backtrace needs.
const PROFILE: [&str; 6] = [
    "profile.release.opt-level=3",
    "profile.release.lto=true",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    "profile.release.debug=false",
    "profile.release.strip=\"debuginfo\"",
];

/// Why a pack was not built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// Its manifest could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The toolchain lacks something.
    #[error("{0}")]
    Toolchain(String),
    /// The compiler found mistakes, and has said which.
    #[error("the sources of {pack} do not compile; the compiler's messages are above")]
    Compile {
        /// Name of the pack.
        pack: String,
    },
    /// The project builds something else.
    #[error(
        "{0} builds no component: its Cargo.toml needs [lib] crate-type = [\"cdylib\", \"rlib\"]"
    )]
    NoComponent(String),
    /// There is no builder for its language.
    #[error(
        "packs in {language:?} are not built by this version; build the component with the language's own tool and give the .wasm file instead"
    )]
    Language {
        /// The language.
        language: Language,
    },
    /// A file could not be read or written.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

/// How to build.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// Use only what cargo has already fetched.
    pub offline: bool,
    /// Keep the compiler's progress to ourselves; its messages about mistakes
    /// are shown all the same.
    pub quiet: bool,
}

/// Build the pack in a directory; the component's file.
///
/// # Errors
/// [`BuildError`].
pub fn build(directory: &Path, options: &BuildOptions) -> Result<PathBuf, BuildError> {
    let manifest = read_manifest(&directory.join(FILE_NAME))?;
    match manifest.build.language {
        Language::Rust => build_rust(directory, manifest.name(), options),
        language => Err(BuildError::Language { language }),
    }
}

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

fn build_rust(directory: &Path, pack: &str, options: &BuildOptions) -> Result<PathBuf, BuildError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| BuildError::Io { path, error }
    };
    let directory = directory.canonicalize().map_err(io(directory))?;
    require_target(&directory)?;
    let manifest_path = directory.join("Cargo.toml");
    let mut command = toolchain_command("CARGO", "cargo", &directory);
    command
        .args(["build", "--release", "--lib", "--target", GUEST_TARGET])
        .arg("--message-format=json-render-diagnostics")
        .arg("--manifest-path")
        .arg(&manifest_path);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    command.args(["--config", &remapped_paths(&directory)]);
    if options.offline {
        command.arg("--offline");
    }
    if options.quiet {
        command.arg("--quiet");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| {
            BuildError::Toolchain(format!(
                "cargo cannot be started: {error}; install Rust from https://rustup.rs"
            ))
        })?;
    let mut component = None;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let Ok(message) = serde_json::from_str::<Message>(&line) else {
                continue;
            };
            let is_ours = message.reason == "compiler-artifact"
                && message.manifest_path.as_deref() == Some(&manifest_path)
                && message
                    .target
                    .is_some_and(|target| target.crate_types.iter().any(|kind| kind == "cdylib"));
            if is_ours {
                component = message.filenames.into_iter().find(|file| {
                    file.extension()
                        .is_some_and(|extension| extension == "wasm")
                });
            }
        }
    }
    let status = child.wait().map_err(io(&manifest_path))?;
    if !status.success() {
        return Err(BuildError::Compile {
            pack: pack.to_owned(),
        });
    }
    component.ok_or_else(|| BuildError::NoComponent(pack.to_owned()))
}

/// A tool of the toolchain, free of what an outer cargo left in the
/// environment, which would change what is built.
fn toolchain_command(variable: &str, usual: &str, directory: &Path) -> Command {
    let program = std::env::var_os(variable).unwrap_or_else(|| OsString::from(usual));
    let mut command = Command::new(program);
    command.current_dir(directory);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_outer_build = text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_PROFILE_")
            || text.starts_with("CARGO_BUILD_")
            || matches!(
                text.as_ref(),
                "CARGO_MANIFEST_DIR"
                    | "CARGO_MANIFEST_PATH"
                    | "CARGO_CRATE_NAME"
                    | "CARGO_PRIMARY_PACKAGE"
                    | "CARGO_ENCODED_RUSTFLAGS"
                    | "CARGO_TARGET_TMPDIR"
                    | "RUSTFLAGS"
                    | "RUSTC"
                    | "LD_LIBRARY_PATH"
            );
        if of_outer_build {
            command.env_remove(&name);
        }
    }
    // A pack's own build script runs under it, and has no business at a server.
    command.env_remove("PATCHBAY_TOKEN");
    command
}

/// See that the toolchain a pack in this directory would be built with can
/// compile guests: say what to install before the compiler says it less clearly.
///
/// # Errors
/// [`BuildError::Toolchain`].
pub fn require_target(directory: &Path) -> Result<(), BuildError> {
    let output = toolchain_command("RUSTC", "rustc", directory)
        .args(["--print", "target-libdir", "--target", GUEST_TARGET])
        .output()
        .map_err(|error| {
            BuildError::Toolchain(format!(
                "rustc cannot be started: {error}; install Rust from https://rustup.rs"
            ))
        })?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && libraries.is_dir() {
        return Ok(());
    }
    Err(BuildError::Toolchain(format!(
        "the toolchain cannot compile for {GUEST_TARGET}; run `rustup target add {GUEST_TARGET}`"
    )))
}

/// Paths of this machine out of the component: the same sources give the same
/// bytes wherever they lie.
fn remapped_paths(directory: &Path) -> String {
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
    // The same flags for every pack of a workspace: with others, packs that share
    // a target directory would build their dependencies anew in turn.
    let root = workspace_of(directory).unwrap_or(directory);
    let mut flags = vec![format!("--remap-path-prefix={}=packs", root.display())];
    if let Some(home) = cargo_home {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    let quoted: Vec<String> = flags.iter().map(|flag| format!("{flag:?}")).collect();
    format!("target.{GUEST_TARGET}.rustflags=[{}]", quoted.join(","))
}

/// The nearest directory above with a workspace's Cargo.toml.
fn workspace_of(directory: &Path) -> Option<&Path> {
    directory.ancestors().skip(1).find(|above| {
        std::fs::read_to_string(above.join("Cargo.toml"))
            .is_ok_and(|text| text.contains("[workspace]"))
    })
}
