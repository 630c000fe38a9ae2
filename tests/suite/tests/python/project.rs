//! A pack in Python, in a directory of its own.

use std::path::{Path, PathBuf};

use patchbay_model::decision::stage::Stage;
use patchbay_pack::Pack;
use patchbay_pack::manifest::Language;
use patchbay_pack_cases::CaseRunner;
use patchbay_scaffold::scaffold;
use tempfile::TempDir;

use patchbay_test_python::Environment;

use crate::open;

/// A pack directory that is removed at the end.
pub(crate) struct Project {
    directory: PathBuf,
    _place: TempDir,
}

impl Project {
    /// What `patchbay new` writes.
    pub(crate) fn new(environment: &Environment, stages: &[Stage]) -> Project {
        let project = Project::empty("care");
        scaffold(project.directory(), Language::Python, stages).expect("a project");
        environment.link_into(project.directory());
        project
    }

    /// A copy of a directory of the repository.
    pub(crate) fn copy(environment: &Environment, from: &str) -> Project {
        let project = Project::empty("copy");
        copy(&root().join(from), project.directory());
        environment.link_into(project.directory());
        project
    }

    fn empty(name: &str) -> Project {
        let place = tempfile::tempdir().expect("a directory");
        let directory = place.path().join(name);
        Project {
            directory,
            _place: place,
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The pack, built.
    pub(crate) fn pack(&self) -> Pack {
        open(self.directory()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs its cases; the number of those that pass, which are all.
    pub(crate) fn pass_cases(&self) -> usize {
        let pack = self.pack();
        let mut runner = CaseRunner::new(&pack, None).expect("a metered engine");
        let cases = pack.cases.iter();
        let passed = cases.map(|(path, text)| {
            let report = runner
                .run_text(Path::new(path), text, &|| true)
                .expect("not interrupted");
            assert!(report.passed(), "{report:#?}");
        });
        passed.count()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.directory().join(file), text).expect(file);
    }

    pub(crate) fn change(&self, file: &str, from: &str, to: &str) {
        let text = read(&self.directory().join(file));
        assert!(text.contains(from), "{file} has no {from}");
        self.write(file, &text.replacen(from, to, 1));
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Copies a directory without what builds and tools leave in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if text.starts_with('.') || text == "dist" || text == "__pycache__" {
            continue;
        }
        match entry.file_type().expect("a kind").is_dir() {
            true => copy(&entry.path(), &to.join(name)),
            false => drop(std::fs::copy(entry.path(), to.join(name)).expect("copied")),
        }
    }
}
