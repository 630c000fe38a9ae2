//! A new policy, as `patchbay new` makes it.

use std::path::PathBuf;
use std::process::Output;

use tempfile::TempDir;

use crate::command::{patchbay_in, stderr};

/// The policy `care` in a directory of its own.
pub(crate) struct Project {
    place: TempDir,
}

impl Project {
    /// A policy of the default stages.
    pub(crate) fn new() -> Project {
        Project::with(&[])
    }

    /// A policy of these stages, such as `route,tone`.
    pub(crate) fn of_stages(stages: &str) -> Project {
        Project::with(&["--stages", stages])
    }

    /// A policy in a language, of these stages.
    pub(crate) fn in_language(language: &str, stages: &str) -> Project {
        Project::with(&["--language", language, "--stages", stages])
    }

    fn with(flags: &[&str]) -> Project {
        let place = tempfile::tempdir().expect("a place");
        let project = Project { place };
        let made = project.run(&[&["new", "care"], flags].concat());
        assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
        project
    }

    /// Write a file beside `care`.
    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.beside(file), text).expect(file);
    }

    /// Path of a file beside `care`.
    pub(crate) fn beside(&self, file: &str) -> PathBuf {
        self.place.path().join(file)
    }

    /// Write settings of a server, with the company of `northwind.toml`.
    pub(crate) fn write_server_settings(&self) -> PathBuf {
        self.write(
            "patchbay.toml",
            "companies = [\"northwind.toml\"]\npacks = [\".\"]\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n",
        );
        self.beside("patchbay.toml")
    }

    /// Run a command in the directory that contains `care`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        patchbay_in(self.place.path(), arguments, "")
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.place.path().join("care").join(file)
    }

    /// Replace text in a file of the policy.
    pub(crate) fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        let text = std::fs::read_to_string(&path).expect(file);
        assert!(text.contains(from), "{file} has no {from}");
        std::fs::write(path, text.replace(from, to)).expect(file);
    }
}
