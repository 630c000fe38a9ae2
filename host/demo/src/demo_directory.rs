//! The directory with a demo's journal and the settings that open it again.

use std::fs;
use std::path::{Path, PathBuf};

use patchbay_journal::JournalError;
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_server::JournalSettings;

use crate::DemoError;

/// First line of the settings. Only a directory with it is emptied.
const MARK: &str =
    "# Written by `patchbay demo`, which replaces this directory when it runs again.";
/// Second line.
const NOTE: &str = "# The connections of the companies do not work here: their secrets and providers were the demo's.";
const SETTINGS: &str = "patchbay.toml";

/// Directory of a demo.
#[derive(Debug)]
pub(crate) struct DemoDirectory {
    directory: PathBuf,
}

impl DemoDirectory {
    /// Create the directory, or empty it if an earlier demo wrote it.
    pub(crate) fn create(directory: &Path, companies: &[&str]) -> Result<Self, DemoError> {
        let created = DemoDirectory {
            directory: directory.to_owned(),
        };
        if directory.exists() {
            created.remove_earlier_demo(companies)?;
        }
        fs::create_dir_all(directory).map_err(io(directory))?;
        Ok(created)
    }

    fn remove_earlier_demo(&self, companies: &[&str]) -> Result<(), DemoError> {
        let directory = &self.directory;
        let mut entries = fs::read_dir(directory).map_err(io(directory))?;
        if entries.next().is_none() {
            return Ok(());
        }
        let settings = self.settings();
        let text = fs::read_to_string(&settings).unwrap_or_default();
        if !text.starts_with(MARK) {
            return Err(DemoError::ForeignDirectory(directory.clone()));
        }
        let journal = self.journal();
        if journal.path.exists()
            && let Err(error @ JournalError::InUse { .. }) =
                SqliteJournal::open(&Options::new(&journal.path, &journal.key))
        {
            return Err(DemoError::machine(error));
        }
        for entry in fs::read_dir(directory).map_err(io(directory))? {
            let path = entry.map_err(io(directory))?.path();
            if path != settings && is_written_by_demo(&path, companies) {
                fs::remove_file(&path).map_err(io(&path))?;
            }
        }
        // Last: without this file a later demo would not touch the directory.
        fs::remove_file(&settings).map_err(io(&settings))
    }

    /// Write the settings of a server for this journal, and its company files.
    /// `files` are names without extension, and texts.
    pub(crate) fn write_settings<'a>(
        &self,
        pack: &Path,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), DemoError> {
        let mut names = Vec::new();
        for (name, text) in files {
            let file = format!("{name}.toml");
            let path = self.directory.join(&file);
            fs::write(&path, text).map_err(io(&path))?;
            names.push(file);
        }
        let JournalSettings { path, key, .. } = self.journal();
        let name = |path: &Path| path.file_name().map(|name| name.display().to_string());
        let packs = pack.parent().unwrap_or(pack).display().to_string();
        let text = format!(
            "{MARK}\n{NOTE}\ncompanies = {names:?}\npacks = [{packs:?}]\n\n[dev]\nsources = true\n\n[journal]\npath = {:?}\nkey = {:?}\n\n[egress]\nallow = [\"127.0.0.0/8\"]\n",
            name(&path).unwrap_or_default(),
            name(&key).unwrap_or_default(),
        );
        let settings = self.settings();
        fs::write(&settings, text).map_err(io(&settings))
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.directory.join(SETTINGS)
    }

    pub(crate) fn journal(&self) -> JournalSettings {
        JournalSettings::at(self.directory.join("patchbay.db"))
    }
}

/// Whether a demo wrote the file; users may put notes beside.
fn is_written_by_demo(path: &Path, companies: &[&str]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    let company = name.strip_suffix(".toml");
    name.starts_with("patchbay.") || company.is_some_and(|company| companies.contains(&company))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> DemoError {
    move |error| DemoError::Io {
        path: path.to_owned(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_an_earlier_demo_are_removed() {
        let place = tempfile::tempdir().expect("a directory");
        let ours = place.path().join("ours");
        let directory = DemoDirectory::create(&ours, &["shop"]).expect("created");
        directory
            .write_settings(Path::new("packs/care"), [("shop", "x")])
            .expect("written");
        fs::write(ours.join("note.txt"), "mine").expect("written");
        DemoDirectory::create(&ours, &["shop"]).expect("emptied");
        assert!(ours.join("note.txt").exists());
        assert!(!ours.join("shop.toml").exists());

        let theirs = place.path().join("theirs");
        fs::create_dir(&theirs).expect("a directory");
        fs::write(theirs.join("patchbay.toml"), "companies = []").expect("written");
        assert!(DemoDirectory::create(&theirs, &["shop"]).is_err());
    }
}
