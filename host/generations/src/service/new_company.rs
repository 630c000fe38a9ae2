//! A company file for a company that does not exist: its name may be mistyped.

use std::fmt;

use patchbay_config::name_suggestion;
use patchbay_journal::Journal;

use super::{ChangeError, ChangeRequest};

/// A company the journal does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCompany {
    /// Its name.
    pub name: String,
    /// A company with a similar name.
    pub like: Option<String>,
}

impl fmt::Display for NewCompany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no company {:?}", self.name)?;
        match &self.like {
            Some(like) => write!(f, " (did you mean {like:?}?)"),
            None => Ok(()),
        }
    }
}

/// Allow a new company only where the request creates it: a dry run fails as the change would.
pub(super) fn check(
    journal: &dyn Journal,
    name: &str,
    request: &ChangeRequest,
) -> Result<(), ChangeError> {
    if request.create_company {
        return Ok(());
    }
    let companies = match request.suggest_names {
        true => journal.active_generations()?,
        false => Vec::new(),
    };
    let names = companies.iter().map(|company| company.name.as_str());
    let new = NewCompany {
        name: name.to_owned(),
        like: name_suggestion::nearest(name, names).map(str::to_owned),
    };
    Err(ChangeError::NewCompany(new))
}
