//! Policies in TypeScript and JavaScript, built by the program of the npm package `@patchbay/sdk`.
//!
//! A build never runs npm and needs no network: it uses the packages that the user installed, and
//! refuses those that are not the ones of `package-lock.json`.

pub(crate) mod packages;

use std::io::BufReader;
use std::path::Path;

use super::log_lines::LogLines;
use super::tool::{LONGEST_BUILD, Tool, read_bytes};
use super::{BuildError, Built, Project, merge, output_directory};
use packages::Packages;

const NODE: Tool = Tool {
    name: "node",
    install: "install Node.js 20 or later with npm, from https://nodejs.org or with `apt-get install nodejs npm`",
};
const NPM: Tool = Tool {
    name: "npm",
    install: NODE.install,
};

/// Lowest major version of Node.js.
const LEAST_NODE: u32 = 20;
/// Directory of a project that builds write.
const OUTPUT: &str = "dist";

pub(super) fn build(project: &Project<'_>) -> Result<Built, BuildError> {
    let (directory, to_log) = (&project.directory, project.options.to_log);
    let packages = Packages::of_project(directory)?;
    require_node(directory)?;
    let output = directory.join(OUTPUT);
    let _lock = output_directory::lock(&output);
    let file = output.join(format!("{}.wasm", project.pack));
    let mut command = NODE.clean_command(directory);
    command
        .arg(packages.build_program())
        .arg("--output")
        .arg(&file);
    let ended = NODE.run(&mut command, LONGEST_BUILD, read_bytes, move |stderr| {
        let mut lines = BufReader::new(stderr);
        // Nothing to do about a terminal that is gone.
        let _ = match to_log {
            true => std::io::copy(&mut lines, &mut LogLines::of("node")),
            false => std::io::copy(&mut lines, &mut std::io::stderr()),
        };
    })?;
    if !ended.status.success() {
        let pack = project.pack.to_owned();
        return Err(BuildError::Compile { pack });
    }
    merge::read_built(file)
}

/// The version of Node.js, which must be new enough.
fn require_node(directory: &Path) -> Result<String, BuildError> {
    let version = NODE.ask(NODE.clean_command(directory).arg("--version"))?;
    let version = String::from_utf8_lossy(&version).trim().to_owned();
    let number = version.trim_start_matches('v');
    let major = number.split('.').next().and_then(|text| text.parse().ok());
    if major.is_some_and(|major: u32| major >= LEAST_NODE) {
        return Ok(version);
    }
    Err(BuildError::Toolchain(format!(
        "node {version} is too old; {}",
        NODE.install
    )))
}

pub(super) fn find_toolchain(directory: &Path) -> Result<String, BuildError> {
    let node = require_node(directory)?;
    let npm = NPM.ask(NPM.clean_command(directory).arg("--version"))?;
    let npm = String::from_utf8_lossy(&npm);
    Ok(format!("node {node} with npm {}", npm.trim()))
}
