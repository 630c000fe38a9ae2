//! Whether a setup begins a company, and whether that is meant.

use patchbay_journal::JournalError;
use patchbay_model::name_suggestion;

use super::{Refused, GenerationService, ChangeRequest};

/// A company the host does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCompany {
    /// Its name.
    pub name: String,
    /// A company that is nearly called so.
    pub like: Option<String>,
}

impl std::fmt::Display for NewCompany {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no company is called {:?} so far", self.name)?;
        match &self.like {
            Some(like) => write!(f, ", but one is called {like:?}"),
            None => Ok(()),
        }
    }
}

impl GenerationService {
    /// A company nobody has heard of begins only where that is asked for: its
    /// name may be mistyped. What is only looked at is told so instead.
    pub(super) fn may_begin(&self, name: &str, wanted: &ChangeRequest) -> Result<Option<String>, Refused> {
        if wanted.begins {
            return Ok(None);
        }
        let new = self.new_company(name, wanted)?;
        match wanted.dry_run {
            true => Ok(Some(format!("{new}; it begins only with --new"))),
            false => Err(Refused::NewCompany(new)),
        }
    }

    fn new_company(&self, name: &str, wanted: &ChangeRequest) -> Result<NewCompany, JournalError> {
        let known = match wanted.tells_names {
            true => self.journal.active_generations()?,
            false => Vec::new(),
        };
        let names = known.iter().map(|active| active.name.as_str());
        Ok(NewCompany {
            name: name.to_owned(),
            like: name_suggestion::nearest(name, names).map(str::to_owned),
        })
    }
}
