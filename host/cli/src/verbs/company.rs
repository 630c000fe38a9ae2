//! The company a verb is about, in a journal nobody else has open.

use patchbay_journal::{CompanyId, Journal};
use patchbay_model::spelling;

use super::journal::failure;
use crate::exit::{Exit, Failure};

/// A company of the journal.
pub(crate) fn known(journal: &dyn Journal, name: &str) -> Result<CompanyId, Failure> {
    match journal.find_company(name).map_err(failure)? {
        Some(company) => Ok(company),
        None => Err(unknown(journal, name)?),
    }
}

/// That there is none of this name, and which there are.
fn unknown(journal: &dyn Journal, name: &str) -> Result<Failure, Failure> {
    let all = journal.active_generations().map_err(failure)?;
    let mut names: Vec<String> = all.into_iter().map(|active| active.name).collect();
    names.sort();
    Ok(Failure::advised(
        Exit::NotRight,
        format!("there is no company {name:?}"),
        spelling::known(name, "companies", &names),
    ))
}
