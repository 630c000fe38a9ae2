//! A virtual environment for tests, with the packages of a new project in Python. It is made once
//! for a state of the SDK, and shared by the tests of all crates.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use patchbay_scaffold::Wheel;

/// The file that says that an environment is complete.
const COMPLETE: &str = "complete";
/// The lock file of a new project.
const REQUIREMENTS: &str = include_str!("../../../host/scaffold/template/python/requirements.txt");

/// End of the name of a directory that, as `XDG_CACHE_HOME`, is the cache of one build alone.
pub const OWN_CACHE: &str = "patchbay-test-cache";

/// A virtual environment.
#[derive(Debug)]
pub struct Environment {
    directory: PathBuf,
}

/// Why there is no environment.
#[derive(Debug)]
enum Absence {
    /// The machine has no Python that makes virtual environments.
    NoPython(String),
    /// Its packages cannot be installed: the registry is not reachable.
    NoPackages(String),
}

impl Environment {
    /// The environment below `CARGO_TARGET_TMPDIR` of the calling test, which all tests of a
    /// target directory share. The first test installs it, which takes a minute; others wait.
    /// Absent where Python with `venv` is missing, which is printed.
    ///
    /// # Panics
    /// When the packages are not those of the lock file, or, in CI, cannot be installed: tests are
    /// not skipped there.
    pub fn installed(temporary: &Path) -> Option<&'static Environment> {
        static INSTALLED: OnceLock<Result<Environment, Absence>> = OnceLock::new();
        let why = match INSTALLED.get_or_init(|| Environment::install(temporary)) {
            Ok(environment) => return Some(environment),
            Err(Absence::NoPackages(why)) => {
                assert!(std::env::var_os("CI").is_none(), "{why}");
                why
            }
            Err(Absence::NoPython(why)) => why,
        };
        // Not captured, as the lines of tests are.
        let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
        None
    }

    fn install(temporary: &Path) -> Result<Environment, Absence> {
        let wheel = Wheel::of_sdk().expect("the wheel of the SDK");
        let requirements = requirements(&wheel);
        let place = temporary.join("python");
        let _lock = locked(temporary);
        let directory = place.join(format!("venv-{}", &wheel.sha256()[..12]));
        let environment = Environment { directory };
        let complete = environment.directory.join(COMPLETE);
        // What it was made from: another lock file makes it anew.
        if std::fs::read_to_string(&complete).is_ok_and(|made| made == requirements) {
            return Ok(environment);
        }
        let _ = std::fs::remove_dir_all(&place);
        let vendor = place.join("vendor");
        std::fs::create_dir_all(&vendor).expect("a directory");
        std::fs::write(vendor.join(&wheel.file_name), &wheel.bytes).expect("the wheel");
        std::fs::write(place.join("requirements.txt"), &requirements).expect("a file");
        environment.create()?;
        environment.install_packages(&place)?;
        environment.set_cache(&place.join("cache"));
        std::fs::write(&complete, requirements).expect("a file");
        Ok(environment)
    }

    fn create(&self) -> Result<(), Absence> {
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&self.directory)
            .output();
        let advice = "install it with `apt-get install python3 python3-venv`";
        let output =
            made.map_err(|error| Absence::NoPython(format!("python3: {error}; {advice}")))?;
        if output.status.success() {
            return Ok(());
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        Err(Absence::NoPython(format!(
            "python3 makes no virtual environment: {}; {advice}",
            printed.trim()
        )))
    }

    fn install_packages(&self, place: &Path) -> Result<(), Absence> {
        let installed = self
            .command("pip")
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(["--require-hashes", "-r", "requirements.txt"])
            .current_dir(place)
            .output()
            .expect("pip");
        if installed.status.success() {
            return Ok(());
        }
        let why = String::from_utf8_lossy(&installed.stderr);
        assert!(!why.contains("DO NOT MATCH THE HASHES"), "{why}");
        let last = why.lines().last().unwrap_or_default();
        Err(Absence::NoPackages(format!(
            "pip cannot install requirements.txt: {last}"
        )))
    }

    /// Has its interpreter keep components in a directory, and not in the cache of the user: a
    /// component of another state of the sources would hide what the tests are about. The
    /// interpreter executes the file when it starts, also when it is isolated (`-I`).
    fn set_cache(&self, cache: &Path) {
        let lines = format!(
            "import os; own = os.environ.get('XDG_CACHE_HOME', ''); \
             os.environ['XDG_CACHE_HOME'] = own if own.endswith({OWN_CACHE:?}) else {cache:?}\n"
        );
        let versions = std::fs::read_dir(self.directory.join("lib")).expect("a directory");
        for version in versions {
            let packages = version.expect("an entry").path().join("site-packages");
            std::fs::write(packages.join("test-cache.pth"), &lines).expect("a file");
        }
    }

    /// Its directory, for the variable `VIRTUAL_ENV`.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Links it into a project, as its `.venv`.
    pub fn link_into(&self, project: &Path) {
        std::os::unix::fs::symlink(&self.directory, project.join(".venv")).expect("a link");
    }

    /// The interpreter that it was made with, which has no packages.
    pub fn base_python(&self) -> PathBuf {
        let python = self.directory.join("bin/python");
        python.canonicalize().expect("an interpreter")
    }

    /// Runs the tests and the type checks of a project.
    pub fn check(&self, project: &Path) {
        for (tool, arguments) in [
            ("pytest", &["-q", "-p", "no:cacheprovider"][..]),
            ("mypy", &["--no-incremental"]),
        ] {
            let output = self
                .command(tool)
                .args(arguments)
                .current_dir(project)
                .output()
                .expect(tool);
            assert!(
                output.status.success(),
                "{tool} in {}:\n{}{}",
                project.display(),
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }

    /// A program of the environment.
    pub fn command(&self, tool: &str) -> Command {
        let mut command = Command::new(self.directory.join("bin").join(tool));
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("PYTHONPATH");
        command
    }
}

/// Waits until no other test installs an environment here.
fn locked(temporary: &Path) -> File {
    std::fs::create_dir_all(temporary).expect("a directory");
    let file = File::create(temporary.join("python.lock")).expect("a file");
    file.lock().expect("a lock");
    file
}

/// The lock file of a new project, with this wheel.
fn requirements(wheel: &Wheel) -> String {
    REQUIREMENTS
        .replace("{{wheel}}", &wheel.file_name)
        .replace("{{wheel-sha256}}", &wheel.sha256())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_test_installs_at_a_time() {
        let place = tempfile::tempdir().expect("a place");
        let lock = locked(place.path());
        let other = File::open(place.path().join("python.lock")).expect("a file");
        assert!(other.try_lock().is_err());
        drop(lock);
        other.try_lock().expect("the lock is free");
    }
}
