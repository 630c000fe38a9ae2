//! The build program of an SDK, which writes the component of a project.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::log_lines::LogLines;
use super::tool::{Finished, LONGEST_BUILD, Tool, read_bytes};
use super::{BuildError, Built, Project, merge, output_directory};

/// Directory of a project that the program writes to.
const OUTPUT: &str = "dist";

/// The file of the component of a project.
pub(super) fn component_file(directory: &Path, pack: &str) -> PathBuf {
    directory.join(OUTPUT).join(format!("{pack}.wasm"))
}

/// Runs the program: `command` is given the file that it is to write. Its messages go to the log
/// or to standard error. Where it fails, `explain` may tell from its answer what is missing.
///
/// # Errors
/// What `explain` tells, otherwise that the sources do not compile; also when the program cannot
/// be started, or takes longer than [`LONGEST_BUILD`].
pub(super) fn run(
    project: &Project<'_>,
    tool: &Tool,
    command: impl FnOnce(&Path) -> Command,
    explain: impl FnOnce(&Finished<Vec<u8>, ()>) -> Option<BuildError>,
) -> Result<Built, BuildError> {
    let file = component_file(&project.directory, project.pack);
    let _lock = output_directory::lock(&project.directory.join(OUTPUT));
    let (name, to_log) = (tool.name, project.options.to_log);
    let mut command = command(&file);
    let ended = tool.run(&mut command, LONGEST_BUILD, read_bytes, move |stderr| {
        let mut lines = BufReader::new(stderr);
        // Nothing to do about a terminal that is gone.
        let _ = match to_log {
            true => std::io::copy(&mut lines, &mut LogLines::of(name)),
            false => std::io::copy(&mut lines, &mut std::io::stderr()),
        };
    })?;
    if !ended.status.success() {
        let pack = project.pack.to_owned();
        return Err(explain(&ended).unwrap_or(BuildError::Compile { pack }));
    }
    merge::read_built(file)
}
