//! What cargo says of a project, and what follows from it for a build.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{GUEST_TARGET, run_cargo};
use crate::output_directory;

/// A project's workspace.
#[derive(Deserialize)]
pub(super) struct Workspace {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// The workspace of a project. Takes about 50 ms; absent when cargo rejects the project,
    /// which the build then reports.
    pub(super) fn of_project(directory: &Path, manifest_path: &Path) -> Option<Workspace> {
        let manifest_path = manifest_path.to_str()?;
        let output = run_cargo(
            directory,
            &[
                "metadata",
                "--no-deps",
                "--format-version",
                "1",
                "--manifest-path",
                manifest_path,
            ],
        );
        serde_json::from_slice(&output.ok()?).ok()
    }

    /// Waits until no other build uses the target directory.
    pub(super) fn lock(&self) -> Option<File> {
        output_directory::lock(&self.target_directory)
    }

    /// The setting of cargo that keeps paths of this machine out of the component: the same
    /// sources give the same bytes in any directory. The compiler gets paths within a workspace
    /// as relative ones; absolute are those of downloaded crates and of sources that build scripts
    /// generate.
    ///
    /// The flags are the same for every project with this target directory: with different ones,
    /// each project would compile all its dependencies again.
    pub(super) fn path_flags(&self) -> String {
        let cargo_home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
        let mut flags = vec![remapped(&self.target_directory, "packs/target")];
        flags.extend(cargo_home.map(|home| remapped(&home, "cargo")));
        // The debug form of a list of strings is also a TOML array.
        format!("target.{GUEST_TARGET}.rustflags={flags:?}")
    }

    /// The compiler's flag for the crate of the pack alone, whose sources may include files by
    /// absolute paths.
    pub(super) fn path_flag_of_pack(&self) -> String {
        remapped(&self.workspace_root, "packs")
    }
}

fn remapped(directory: &Path, name: &str) -> String {
    format!("--remap-path-prefix={}={name}", directory.display())
}
