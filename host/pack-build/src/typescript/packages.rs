//! The npm packages of a project: those that are installed, which must be those of its lock file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::BuildError;
use patchbay_pack::regular_file::read_bytes;

/// The package with the program that builds.
const SDK: &str = "@patchbay/sdk";
/// The program, below the package.
const PROGRAM: &str = "build/main.js";
/// Where npm installs packages.
const MODULES: &str = "node_modules";
/// The lock file of a project.
const LOCK: &str = "package-lock.json";
/// What npm notes of the packages it installed, in the same form.
const INSTALLED: &str = "node_modules/.package-lock.json";
/// Most bytes of a lock file.
const MOST_BYTES: u64 = 16 << 20;

/// A lock file of npm, version 2 or 3.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct LockFile {
    /// Each package by its directory; the project itself by the empty string.
    #[serde(default)]
    pub(crate) packages: BTreeMap<String, LockedPackage>,
}

/// A package of a lock file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LockedPackage {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    /// Digest of the package's archive, as in `integrity` of a web page.
    pub(crate) integrity: Option<String>,
    pub(crate) license: Option<serde_json::Value>,
    /// Whether it is a directory of the project itself.
    pub(crate) link: bool,
    pub(crate) resolved: Option<String>,
    pub(crate) dependencies: BTreeMap<String, String>,
    pub(crate) optional_dependencies: BTreeMap<String, String>,
}

/// The packages that are installed for a project.
#[derive(Debug)]
pub(crate) struct Packages {
    /// The directory with the lock file: the project, or the workspace it is a member of.
    pub(crate) root: PathBuf,
    sdk: PathBuf,
    /// What the lock file says.
    pub(crate) lock: LockFile,
}

impl Packages {
    /// The packages installed for the project in a directory.
    ///
    /// # Errors
    /// [`BuildError::Toolchain`] with the command of npm that puts them in order.
    pub(crate) fn of_project(directory: &Path) -> Result<Packages, BuildError> {
        let root = directory
            .ancestors()
            .find(|place| place.join(LOCK).is_file())
            .ok_or_else(|| {
                BuildError::Toolchain(format!(
                    "{} has no {LOCK}; run `npm install` there, which installs its packages and writes that file",
                    directory.display()
                ))
            })?;
        let advise = |problem: String| {
            BuildError::Toolchain(format!(
                "{problem}; run `npm ci` in {}, which installs the packages of {LOCK}",
                root.display()
            ))
        };
        let sdk = root.join(MODULES).join(SDK);
        let program = sdk.join(PROGRAM);
        if !program.is_file() {
            return Err(advise(format!(
                "the npm package {SDK} is not installed for {}",
                directory.display()
            )));
        }
        let lock = read(&root.join(LOCK))?;
        let installed = read(&root.join(INSTALLED))?;
        if let Some(difference) = lock.difference(&installed) {
            return Err(advise(difference));
        }
        let root = root.to_owned();
        Ok(Packages { root, sdk, lock })
    }

    /// The program of the SDK that builds a component.
    pub(super) fn build_program(&self) -> PathBuf {
        self.sdk.join(PROGRAM)
    }
}

impl LockFile {
    /// The first package that is installed and not as this file says, in one sentence.
    fn difference(&self, installed: &LockFile) -> Option<String> {
        installed.packages.iter().find_map(|(path, found)| {
            let name = path
                .rsplit_once("node_modules/")
                .map_or(path.as_str(), |(_, name)| name);
            let version = |package: &LockedPackage| {
                package
                    .version
                    .clone()
                    .unwrap_or_else(|| "no version".to_owned())
            };
            let Some(locked) = self.packages.get(path) else {
                return Some(format!(
                    "the npm package {name} {} is installed, but {LOCK} does not name it",
                    version(found)
                ));
            };
            if locked.version != found.version {
                return Some(format!(
                    "the npm package {name} {} is installed, but {LOCK} names {}",
                    version(found),
                    version(locked)
                ));
            }
            let differs =
                matches!((&locked.integrity, &found.integrity), (Some(a), Some(b)) if a != b);
            differs.then(|| {
                format!(
                    "the npm package {name} is installed from another archive than {LOCK} names"
                )
            })
        })
    }
}

fn read(path: &Path) -> Result<LockFile, BuildError> {
    let invalid = |problem: String| {
        BuildError::Toolchain(format!(
            "{}: {problem}; `npm install` in that directory writes it again",
            path.display()
        ))
    };
    let bytes = read_bytes(path, MOST_BYTES).map_err(|error| invalid(error.to_string()))?;
    let lock: LockFile =
        serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?;
    match lock.packages.is_empty() {
        true => Err(invalid("it names no packages".to_owned())),
        false => Ok(lock),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKED: &str = r#"{"lockfileVersion": 3, "packages": {
        "": {"name": "care"},
        "node_modules/@patchbay/sdk": {"version": "0.1.0", "integrity": "sha512-aa"},
        "node_modules/esbuild": {"version": "0.28.2", "integrity": "sha512-bb"},
        "node_modules/optional": {"version": "1.0.0", "optional": true}}}"#;

    fn project(installed: &str) -> tempfile::TempDir {
        let place = tempfile::tempdir().expect("a place");
        let sdk = place.path().join("node_modules/@patchbay/sdk/build");
        std::fs::create_dir_all(&sdk).expect("directories");
        std::fs::write(sdk.join("main.js"), "").expect("a file");
        std::fs::write(place.path().join(LOCK), LOCKED).expect("a file");
        std::fs::write(place.path().join(INSTALLED), installed).expect("a file");
        place
    }

    fn refused(place: &Path) -> String {
        Packages::of_project(place)
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn installed_packages_of_the_lock_file_are_accepted_for_the_project_and_its_members() {
        let place = project(
            r#"{"packages": {"node_modules/@patchbay/sdk": {"version": "0.1.0", "integrity": "sha512-aa"}}}"#,
        );
        let member = place.path().join("plugins/care");
        std::fs::create_dir_all(&member).expect("directories");
        for directory in [place.path(), &member] {
            let packages = Packages::of_project(directory).expect("accepted");
            assert!(packages.build_program().is_file());
        }
    }

    #[test]
    fn another_package_than_the_locked_one_is_refused_with_the_command_that_helps() {
        for (installed, problem) in [
            (
                r#""node_modules/esbuild": {"version": "0.28.1"}"#,
                "the npm package esbuild 0.28.1 is installed, but package-lock.json names 0.28.2",
            ),
            (
                r#""node_modules/a/node_modules/left-pad": {"version": "1.3.0"}"#,
                "the npm package left-pad 1.3.0 is installed, but package-lock.json does not name it",
            ),
            (
                r#""node_modules/esbuild": {"version": "0.28.2", "integrity": "sha512-cc"}"#,
                "the npm package esbuild is installed from another archive than package-lock.json names",
            ),
        ] {
            let place = project(&format!(r#"{{"packages": {{{installed}}}}}"#));
            let error = refused(place.path());
            assert!(error.starts_with(problem), "{error}");
            let advice = format!("; run `npm ci` in {}", place.path().display());
            assert!(error.contains(&advice), "{error}");
        }
    }

    #[test]
    fn a_project_without_packages_is_refused_with_the_command_that_helps() {
        let place = project("{");
        let error = refused(place.path());
        assert!(
            error.contains(".package-lock.json: EOF while parsing"),
            "{error}"
        );
        std::fs::remove_dir_all(place.path().join(MODULES)).expect("removed");
        let error = refused(place.path());
        assert!(
            error.contains("@patchbay/sdk is not installed") && error.contains("npm ci"),
            "{error}"
        );
        std::fs::remove_file(place.path().join(LOCK)).expect("removed");
        let error = refused(place.path());
        assert!(
            error.contains("has no package-lock.json") && error.contains("npm install"),
            "{error}"
        );
    }
}
