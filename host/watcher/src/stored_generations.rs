//! What the journal stores of the generations of a file's company.

use patchbay_desk::Desk;
use patchbay_journal::JournalError;

use super::WATCH;

/// Names under which files create generations: here, and when the server first
/// starts.
const FILE_ACTORS: [&str; 2] = [WATCH, "start"];
/// Generations read at once.
const PAGE: usize = 100;

/// Whether a company has no generation of this digest. If no file ever created
/// one of its generations, the file is ignored until it changes.
pub(super) fn is_new(desk: &Desk, name: &str, digest: [u8; 32]) -> Result<bool, JournalError> {
    let journal = desk.journal();
    let Some(company) = journal.find_company(name)? else {
        return Ok(true);
    };
    let mut by_file = false;
    let mut before = u64::MAX;
    loop {
        let page = journal.generations(company, before, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(by_file || desk.company(name).is_err());
        };
        before = last.number;
        if page.iter().any(|row| row.digest == digest) {
            return Ok(false);
        }
        by_file |= page
            .iter()
            .any(|row| FILE_ACTORS.contains(&row.by.as_str()));
    }
}

/// Whether the company's active generation has this digest.
pub(super) fn is_active(desk: &Desk, company: &str, digest: [u8; 32]) -> bool {
    let journal = desk.journal();
    let active = || {
        let number = active_number(desk, company)?;
        let company = journal.find_company(company).ok()??;
        Some(journal.generation(company, number).ok()??.0.digest)
    };
    active() == Some(digest)
}

/// Number of the company's active generation; none if there is none or the
/// journal cannot be read.
pub(super) fn active_number(desk: &Desk, company: &str) -> Option<u64> {
    let journal = desk.journal();
    let company = journal.find_company(company).ok()??;
    journal.active_generation(company).ok()?
}
