//! What became of watched files, for whoever lists a company's generations.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of a company's file when it was last looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct WatchedFile {
    /// Name of the file, without its directory.
    file: String,
    /// `applied`: the company was given what it holds. `unchanged`: it decided
    /// by that already. `refused`: it is wrong, and nothing was changed.
    /// `removed`: the file is gone, and nothing was changed.
    state: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The generation that was made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    /// Everything that is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

/// The files that were noticed, by company.
#[derive(Debug, Default)]
pub(crate) struct Noticed {
    by_company: Mutex<BTreeMap<String, WatchedFile>>,
}

impl Noticed {
    /// That of a company, if anything became of it.
    pub(crate) fn of(&self, company: &str) -> Option<WatchedFile> {
        self.all().get(company).cloned()
    }

    pub(super) fn applied(&self, company: &str, path: &Path, generation: u64) {
        self.put(company, path, "applied", Some(generation), Vec::new());
    }

    pub(super) fn unchanged(&self, company: &str, path: &Path) {
        self.put(company, path, "unchanged", None, Vec::new());
    }

    pub(super) fn refused(&self, company: &str, path: &Path, problems: Vec<String>) {
        self.put(company, path, "refused", None, problems);
    }

    /// Whether this is what is said of a company's file already.
    pub(super) fn says(&self, company: &str, path: &Path, problems: &[String]) -> bool {
        let known = self.of(company);
        known.is_some_and(|known| known.file == name(path) && known.problems == problems)
    }

    /// Nothing is to be said of a company's file any more.
    pub(super) fn forget(&self, company: &str) {
        self.all().remove(company);
    }

    pub(super) fn removed(&self, company: &str, path: &Path) {
        self.put(company, path, "removed", None, Vec::new());
    }

    fn put(
        &self,
        company: &str,
        path: &Path,
        state: &'static str,
        generation: Option<u64>,
        problems: Vec<String>,
    ) {
        let noticed = WatchedFile {
            file: name(path),
            state,
            at: Timestamp::now(),
            generation,
            problems,
        };
        self.all().insert(company.to_owned(), noticed);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, WatchedFile>> {
        self.by_company
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file's name without its directory.
pub(super) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
