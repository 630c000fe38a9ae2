//! A virtual environment with the packages of a new project, made once for a state of the SDK.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use patchbay_scaffold::Wheel;

use crate::project::{read, root};

/// The file that says that an environment is complete.
const COMPLETE: &str = "complete";

/// A virtual environment.
pub(crate) struct Environment {
    directory: PathBuf,
}

impl Environment {
    /// The environment; none where it cannot be made, which is printed.
    pub(crate) fn installed() -> Option<&'static Environment> {
        static INSTALLED: OnceLock<Result<Environment, String>> = OnceLock::new();
        match INSTALLED.get_or_init(Environment::install) {
            Ok(environment) => Some(environment),
            Err(why) => {
                // Not captured, as the lines of tests are.
                let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
                None
            }
        }
    }

    fn install() -> Result<Environment, String> {
        let wheel = Wheel::of_sdk().expect("the wheel of the SDK");
        let requirements = requirements(&wheel);
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
        let directory = place.join(format!("venv-{}", &wheel.sha256()[..12]));
        let environment = Environment { directory };
        let complete = environment.directory.join(COMPLETE);
        // What it was made from: another lock file makes it anew.
        if std::fs::read_to_string(&complete).is_ok_and(|made| made == requirements) {
            environment.set_cache(&place.join("cache"));
            return Ok(environment);
        }
        let _ = std::fs::remove_dir_all(&place);
        let vendor = place.join("vendor");
        std::fs::create_dir_all(&vendor).expect("a directory");
        std::fs::write(vendor.join(&wheel.file_name), &wheel.bytes).expect("the wheel");
        std::fs::write(place.join("requirements.txt"), &requirements).expect("a file");
        let base = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment.directory)
            .output()
            .map_err(|error| format!("python3: {error} (apt-get install python3 python3-venv)"))?;
        if !base.status.success() {
            return Err(format!(
                "python3 makes no virtual environment (apt-get install python3-venv): {}",
                String::from_utf8_lossy(&base.stdout).trim()
            ));
        }
        // Prints what it lacks where the registry cannot be reached.
        let installed = environment
            .command("pip")
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(["--require-hashes", "-r", "requirements.txt"])
            .current_dir(&place)
            .output()
            .expect("pip");
        if !installed.status.success() {
            let why = String::from_utf8_lossy(&installed.stderr);
            assert!(!why.contains("DO NOT MATCH THE HASHES"), "{why}");
            let last = why.lines().last().unwrap_or_default();
            return Err(format!("pip cannot install requirements.txt: {last}"));
        }
        environment.set_cache(&place.join("cache"));
        std::fs::write(&complete, requirements).expect("a file");
        Ok(environment)
    }

    /// Has its interpreter keep components in a directory, and not in the cache of the user: a
    /// component of another state of the sources would hide what the tests are about. The
    /// interpreter executes the file when it starts, also when it is isolated (`-I`).
    fn set_cache(&self, cache: &Path) {
        let lines = format!("import os; os.environ['XDG_CACHE_HOME'] = {cache:?}\n");
        let versions = std::fs::read_dir(self.directory.join("lib")).expect("a directory");
        for version in versions {
            let packages = version.expect("an entry").path().join("site-packages");
            std::fs::write(packages.join("test-cache.pth"), &lines).expect("a file");
        }
    }

    /// Links it into a project, as its `.venv`.
    pub(crate) fn link_into(&self, project: &Path) {
        std::os::unix::fs::symlink(&self.directory, project.join(".venv")).expect("a link");
    }

    /// The interpreter that it was made with, which has no packages.
    pub(crate) fn base_python(&self) -> PathBuf {
        let python = self.directory.join("bin/python");
        python.canonicalize().expect("an interpreter")
    }

    /// Runs the tests and the type checks of a project.
    pub(crate) fn check(&self, project: &Path) {
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

    fn command(&self, tool: &str) -> Command {
        let mut command = Command::new(self.directory.join("bin").join(tool));
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("PYTHONPATH");
        command
    }
}

/// The lock file of a new project, with this wheel.
fn requirements(wheel: &Wheel) -> String {
    read(&root().join("host/scaffold/template/python/requirements.txt"))
        .replace("{{wheel}}", &wheel.file_name)
        .replace("{{wheel-sha256}}", &wheel.sha256())
}
