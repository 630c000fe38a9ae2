//! Builds a pack's sources into a component. The command line, the demo and the tests all build
//! here with the same settings, so the same sources give the same component.

mod workspace;

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use thiserror::Error;

use crate::compiler_messages::{BuildObstacle, pass_on};
use crate::component_file::read_component;
use crate::directory_files::has_extension;
use crate::log_lines::LogLines;
use crate::manifest::{FILE_NAME, Language};
use crate::manifest_file::read_manifest;
use crate::source_error::{SourceError, cannot_read};
use workspace::Workspace;

/// Compilation target of guests.
pub const GUEST_TARGET: &str = "wasm32-wasip2";

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

/// Why a pack is not built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// Its directory or manifest cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The toolchain is missing or lacks the guest target.
    #[error("{0}")]
    Toolchain(String),
    /// The compiler found mistakes and has printed them.
    #[error("the sources of {pack} do not compile; see the compiler's messages above")]
    Compile {
        /// Name of the pack.
        pack: String,
    },
    /// A dependency compiles C code.
    #[error(
        "the dependency {dependency} of {pack} compiles C code, which the sandbox does not run; use a crate in pure Rust instead (`cargo tree --invert {}` in the pack shows what needs it)",
        .dependency.split(' ').next().unwrap_or_default()
    )]
    NativeCode {
        /// Name of the pack.
        pack: String,
        /// The crate and its version.
        dependency: String,
    },
    /// No crate defines a symbol.
    #[error(
        "{pack} cannot be linked: no crate defines `{symbol}`, which usually belongs to a C library; use a crate in pure Rust instead"
    )]
    UndefinedSymbol {
        /// Name of the pack.
        pack: String,
        /// The symbol.
        symbol: String,
    },
    /// The project has no `cdylib`.
    #[error(
        "{0} builds no component; add crate-type = [\"cdylib\", \"rlib\"] to [lib] in its Cargo.toml"
    )]
    NoComponent(String),
    /// This version does not build packs in this language.
    #[error(
        "this version does not build packs in {language:?}; build the component with the language's own tool and pass the .wasm file instead"
    )]
    Language {
        /// The language.
        language: Language,
    },
}

/// How to build.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// Use only what cargo has already downloaded.
    pub offline: bool,
    /// Hide the compiler's progress; its error messages are still printed.
    pub quiet: bool,
    /// Write the compiler's lines to the log instead of stderr, so that a log in
    /// JSON holds nothing else.
    pub to_log: bool,
    /// Whether directories of sources are built at all.
    pub sources: Sources,
}

/// What becomes of a directory of sources where a pack is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sources {
    /// It is built.
    #[default]
    Build,
    /// It is refused: a host in production has no compiler.
    Refuse,
}

/// A component that was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// Its file. The next build of a project of the same name with the same target directory
    /// overwrites it.
    pub file: PathBuf,
    /// Its bytes.
    pub component: Vec<u8>,
}

/// Builds the pack in a directory. The first build of a project takes up to a minute; builds with
/// the same target directory wait for each other.
///
/// # Errors
/// When the manifest, the toolchain or the sources are not in order, or the component is larger
/// than 64 MiB.
pub fn build(directory: &Path, options: &BuildOptions) -> Result<Built, BuildError> {
    let manifest = read_manifest(&directory.join(FILE_NAME))?;
    match manifest.build.language {
        Language::Rust => build_rust(directory, manifest.name(), options),
        language => Err(BuildError::Language { language }),
    }
}

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

fn build_rust(directory: &Path, pack: &str, options: &BuildOptions) -> Result<Built, BuildError> {
    let directory = directory.canonicalize().map_err(cannot_read(directory))?;
    require_target(&directory)?;
    let manifest_path = directory.join("Cargo.toml");
    let mut command = toolchain_command("CARGO", "cargo", &directory);
    command
        .args(["rustc", "--release", "--lib", "--target", GUEST_TARGET])
        .arg("--message-format=json-render-diagnostics")
        .arg("--manifest-path")
        .arg(&manifest_path);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    let workspace = Workspace::of_project(&directory, &manifest_path);
    let _lock = workspace.as_ref().and_then(Workspace::lock);
    if let Some(workspace) = &workspace {
        command.args(["--config", &workspace.path_flags()]);
    }
    command.args(options.offline.then_some("--offline"));
    command.args(options.quiet.then_some("--quiet"));
    if !options.to_log
        && std::io::stderr().is_terminal()
        && std::env::var_os("CARGO_TERM_COLOR").is_none()
    {
        command.args(["--color", "always"]);
    }
    if let Some(workspace) = &workspace {
        command.args(["--", &workspace.path_flag_of_pack()]);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| cannot_start("cargo", &error))?;
    let stderr = child.stderr.take();
    let to_log = options.to_log;
    let messages = std::thread::spawn(move || {
        let stderr = BufReader::new(stderr?);
        match to_log {
            true => pass_on(stderr, &mut LogLines::default()),
            false => pass_on(stderr, &mut std::io::stderr()),
        }
    });
    let mut file = None;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let message = serde_json::from_str::<Message>(&line).ok();
            let built = message.and_then(|message| message.into_component(&manifest_path));
            file = built.or(file);
        }
    }
    let status = child.wait().map_err(cannot_read(&manifest_path))?;
    let pack = pack.to_owned();
    let obstacle = messages.join().ok().flatten();
    if !status.success() {
        return Err(match obstacle {
            Some(BuildObstacle::NativeCode { dependency }) => {
                BuildError::NativeCode { pack, dependency }
            }
            Some(BuildObstacle::UndefinedSymbol { symbol }) => {
                BuildError::UndefinedSymbol { pack, symbol }
            }
            None => BuildError::Compile { pack },
        });
    }
    let file = file.ok_or(BuildError::NoComponent(pack))?;
    let component = read_component(&file)?;
    Ok(Built { file, component })
}

fn cannot_start(tool: &str, error: &std::io::Error) -> BuildError {
    BuildError::Toolchain(format!(
        "{tool} cannot be started: {error}; install Rust from https://rustup.rs"
    ))
}

/// A tool of the toolchain, without the variables of an outer cargo.
fn toolchain_command(variable: &str, default: &str, directory: &Path) -> Command {
    let program = std::env::var_os(variable).unwrap_or_else(|| OsString::from(default));
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
    let output = toolchain_command("CARGO", "cargo", directory)
        .args(arguments)
        .output()
        .map_err(|error| cannot_start("cargo", &error))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => {
            let printed = String::from_utf8_lossy(&output.stderr);
            Err(BuildError::Toolchain(printed.trim().to_owned()))
        }
    }
}

/// Checks that the toolchain used in a directory can compile guests, to say what to install
/// before the compiler says it less clearly.
///
/// # Errors
/// [`BuildError::Toolchain`].
pub fn require_target(directory: &Path) -> Result<(), BuildError> {
    let output = toolchain_command("RUSTC", "rustc", directory)
        .args(["--print", "target-libdir", "--target", GUEST_TARGET])
        .output()
        .map_err(|error| cannot_start("rustc", &error))?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && libraries.is_dir() {
        return Ok(());
    }
    Err(BuildError::Toolchain(format!(
        "the toolchain cannot compile for {GUEST_TARGET}; run `rustup target add {GUEST_TARGET}`"
    )))
}
