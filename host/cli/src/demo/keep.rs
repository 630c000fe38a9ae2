//! Where a demo's journal is kept, with the settings that open it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use patchbay_journal::{JournalError, Options, SqliteJournal};
use patchbay_server::JournalSettings;

use crate::exit::{Exit, Failure, io};

/// First line of the settings: what tells a demo's directory from others.
const MARK: &str =
    "# Written by `patchbay demo`, which replaces this directory when it runs again.";
const SETTINGS: &str = "patchbay.toml";

/// A directory with a demo's journal.
pub(crate) struct Kept {
    directory: PathBuf,
}

impl Kept {
    /// An empty directory: a new one, or that of a demo before this one.
    pub(crate) fn at(directory: &Path, companies: &[&str]) -> Result<Kept, Failure> {
        let kept = Kept {
            directory: directory.to_owned(),
        };
        if directory.exists() {
            kept.make_room(companies)?;
        }
        fs::create_dir_all(directory).map_err(io(directory))?;
        Ok(kept)
    }

    fn make_room(&self, companies: &[&str]) -> Result<(), Failure> {
        let directory = &self.directory;
        let mut entries = fs::read_dir(directory).map_err(io(directory))?;
        if entries.next().is_none() {
            return Ok(());
        }
        let settings = self.settings();
        let text = fs::read_to_string(&settings).unwrap_or_default();
        if !text.starts_with(MARK) {
            return Err(Failure::advised(
                Exit::Machine,
                format!("{} exists, and is no demo's", directory.display()),
                "name another directory with --keep DIR",
            ));
        }
        let journal = self.journal();
        if journal.path.exists()
            && let Err(error @ JournalError::InUse { .. }) =
                SqliteJournal::open(&Options::new(&journal.path, &journal.key))
        {
            return Err(Failure::new(Exit::Machine, error));
        }
        for entry in fs::read_dir(directory).map_err(io(directory))? {
            let path = entry.map_err(io(directory))?.path();
            if path != settings && is_ours(&path, companies) {
                fs::remove_file(&path).map_err(io(&path))?;
            }
        }
        // Last: it is what says that the rest may go.
        fs::remove_file(&settings).map_err(io(&settings))
    }

    /// Write down what opens the journal again: the settings of a server, and
    /// its companies as they were served.
    pub(crate) fn describe(&self, pack: &Path, files: &[(&str, String)]) -> Result<(), Failure> {
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
        let mut text = format!("{MARK}\n");
        let _ = write!(
            text,
            "companies = {names:?}\npacks = [{packs:?}]\n\n[journal]\npath = {:?}\nkey = {:?}\n\n[egress]\nallow = [\"127.0.0.0/8\"]\n",
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
        JournalSettings {
            path: self.directory.join("patchbay.db"),
            key: self.directory.join("patchbay.key"),
            backups: self.directory.join("backups"),
            backlog: 100_000,
        }
    }
}

/// Whether a demo wrote it: somebody may have put a note beside that.
fn is_ours(path: &Path, companies: &[&str]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    let company = name.strip_suffix(".toml");
    name.starts_with("patchbay.") || company.is_some_and(|company| companies.contains(&company))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demos_directory_is_replaced_and_anybody_elses_is_not() {
        let place = tempfile::tempdir().expect("a directory");
        let ours = place.path().join("ours");
        let kept = Kept::at(&ours, &["shop"]).expect("new");
        kept.describe(Path::new("packs/care"), &[("shop", "x".to_owned())])
            .expect("written");
        fs::write(ours.join("note.txt"), "mine").expect("written");
        Kept::at(&ours, &["shop"]).expect("one of ours");
        assert!(ours.join("note.txt").exists());
        assert!(!ours.join("shop.toml").exists());

        let theirs = place.path().join("theirs");
        fs::create_dir(&theirs).expect("a directory");
        fs::write(theirs.join("patchbay.toml"), "companies = []").expect("written");
        assert!(Kept::at(&theirs, &["shop"]).is_err());
    }
}
