//! Projects in a directory of their own.

use std::collections::BTreeMap;
use std::fs;

use patchbay_model::decision::stage::Stage;
use tempfile::TempDir;

use super::super::*;
use crate::scaffold;
use crate::sdk_record::SdkRecord;

pub(super) const OLD: &str = "0.0.9";

/// A project in a directory of its own.
pub(super) struct Project {
    place: TempDir,
}

impl Project {
    /// A project as this version writes it; one in Rust with a lock file.
    pub(super) fn new(language: Language) -> Project {
        let place = tempfile::tempdir().expect("a place");
        let project = Project { place };
        scaffold(&project.path(""), language, &[Stage::Classify]).expect("a project");
        if language == Language::Rust {
            let lock = "version = 4\n\n[[package]]\nname = \"my-care\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"patchbay-sdk\" # own\nversion = \"0.1.0\"\n\n[[package]]\nname = \"patchbay-text\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"patchbay-text\"\nversion = \"0.0.3\"\nsource = \"registry\"\n";
            project.write("Cargo.lock", lock);
        }
        project
    }

    /// A project of an earlier SDK, for contract 0.1.0.
    pub(super) fn old(language: Language) -> Project {
        let project = Project::new(language);
        match language {
            Language::Rust => {
                fs::remove_dir_all(project.path("vendor/wit")).expect("removed");
                let contract = Contract::released("0.1.0").expect("released");
                contract
                    .unpack(&project.path("vendor/wit"))
                    .expect("written");
                project.change(
                    "vendor/patchbay-sdk/Cargo.toml",
                    "version = \"0.1.0\"",
                    "version = \"0.0.9\"",
                );
                project.change("vendor/patchbay-sdk/src/clock.rs", "Time of", "The time of");
                project.write("vendor/patchbay-sdk/src/old/gone.rs", "// Gone.\n");
                for package in ["patchbay-sdk\" # own", "patchbay-text\""] {
                    let from = format!("{package}\nversion = \"0.1.0\"");
                    project.change("Cargo.lock", &from, &from.replace("0.1.0", OLD));
                }
            }
            Language::Typescript => {
                let old = b"package/\0\npackage patchbay:care@0.1.0;\n";
                project.replace_archive("patchbay-sdk-0.1.0.tar", "patchbay-sdk-0.0.9.tar", old);
                let lock = "package-lock.json";
                let own = "\"version\": \"0.1.0\",\n      \"resolved\": \"file:vendor";
                project.change(lock, own, &own.replace("0.1.0", OLD));
                let integrity =
                    javascript_sdk::integrity(&javascript_sdk::archive().expect("packed"));
                project.change(lock, &integrity, &javascript_sdk::integrity(old));
                project.change(
                    lock,
                    "        \"esbuild\": \"0.28.2\"\n      },\n      \"bin\"",
                    "        \"esbuild\": \"0.1.0\"\n      },\n      \"bin\"",
                );
            }
            Language::Python => {
                let wheel = crate::Wheel::of_sdk().expect("a wheel");
                let old = b"wheel\0\npackage patchbay:care@0.1.0;\n";
                project.replace_archive(
                    &wheel.file_name,
                    "patchbay_sdk-0.0.9-py3-none-any.whl",
                    old,
                );
                project.change("requirements.txt", &wheel.sha256(), &digest(old));
            }
        }
        project.record();
        project
    }

    pub(super) fn replace_archive(&self, new: &str, old: &str, bytes: &[u8]) {
        let vendor = self.path("vendor");
        fs::remove_file(vendor.join(new)).expect("removed");
        fs::write(vendor.join(old), bytes).expect("written");
        for file in ["package.json", "package-lock.json", "requirements.txt"] {
            if self.path(file).exists() {
                self.change(file, new, old);
            }
        }
    }

    /// Writes the record of the files that are there, as the earlier version did.
    pub(super) fn record(&self) {
        let mut files = self.files();
        files.retain(|path, _| path.starts_with("vendor/") && path != RECORD);
        let record = SdkRecord::of(OLD, "0.1.0", &files);
        self.write(RECORD, &record.text());
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.place.path().join("my-care").join(file)
    }

    pub(super) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect(file)
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        fs::write(path, text).expect(file);
    }

    pub(super) fn change(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no {from}");
        self.write(file, &text.replace(from, to));
    }

    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let root = self.path("");
        let mut directories = vec![root.clone()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).expect("readable") {
                let path = entry.expect("an entry").path();
                let name = path
                    .strip_prefix(&root)
                    .expect("below")
                    .display()
                    .to_string();
                match path.is_dir() {
                    true => directories.push(path),
                    false => {
                        files.insert(name, fs::read(path).expect("readable"));
                    }
                }
            }
        }
        files
    }

    pub(super) fn plan(&self, replaces: bool) -> Result<ProjectUpdate, UpdateError> {
        ProjectUpdate::plan(&self.path(""), replaces)
    }

    /// Updates it; returns the files that were kept.
    pub(super) fn update(&self, replaces: bool) -> Vec<KeptFile> {
        let update = self.plan(replaces).expect("a plan");
        update.write().expect("written");
        update.kept
    }

    #[track_caller]
    pub(super) fn refused(&self, part: &str) {
        let before = self.files();
        let error = self.plan(false).expect_err("refused").to_string();
        assert!(error.contains(part), "{part} is not in {error}");
        assert_eq!(self.files(), before);
    }
}
