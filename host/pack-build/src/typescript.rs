//! Policies in TypeScript and JavaScript, built by the program of the npm package `@patchbay/sdk`.
//!
//! A build never runs npm and needs no network: it uses the packages that the user installed, and
//! refuses those that are not the ones of `package-lock.json`.

pub(crate) mod packages;

use std::path::Path;

use super::tool::Tool;
use super::{BuildError, Built, Project, sdk_program};
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

pub(super) fn build(project: &Project<'_>) -> Result<Built, BuildError> {
    let directory = &project.directory;
    let packages = Packages::of_project(directory)?;
    require_node(directory)?;
    let command = |file: &Path| {
        let mut command = NODE.clean_command(directory);
        command.arg(packages.build_program());
        command.arg("--output").arg(file);
        command
    };
    sdk_program::run(project, &NODE, command, |_| None)
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
