//! What the journal stores of the generations of a file's company.

use patchbay_desk::Desk;
use patchbay_generations::assemble::difference::is_same;
use patchbay_generations::assemble::source::SourceDocument;
use patchbay_generations::service::GenerationStore;
use patchbay_journal::JournalError;

use super::WATCH;

/// Names under which files create generations: here, and when the server first
/// starts.
const FILE_ACTORS: [&str; 2] = [WATCH, "start"];
/// Generations read at once.
const PAGE: usize = 100;
/// The newest generations, which are compared with a file value by value: one that
/// differs in comments only was not stored again.
const COMPARED: usize = 20;

/// Whether a company has no generation with this source. If no file ever created
/// one of its generations, the file is ignored until it changes.
pub(super) fn is_new(
    desk: &Desk,
    store: &GenerationStore,
    name: &str,
    source: &SourceDocument,
) -> Result<bool, JournalError> {
    let journal = desk.journal();
    let Some(company) = journal.find_company(name)? else {
        return Ok(true);
    };
    let digest = source.digest().bytes();
    let mut newest = Vec::new();
    let mut by_file = false;
    let mut before = u64::MAX;
    loop {
        let page = journal.generations(company, before, PAGE)?;
        let Some(last) = page.last() else {
            break;
        };
        before = last.number;
        if page.iter().any(|row| row.digest == digest) {
            return Ok(false);
        }
        by_file |= page
            .iter()
            .any(|row| FILE_ACTORS.contains(&row.by.as_str()));
        let numbers = page.iter().map(|row| row.number);
        newest.extend(numbers.take(COMPARED - newest.len()));
    }
    let is_stored = |number: &u64| {
        let stored = store.document(company, *number);
        stored.is_ok_and(|stored| is_same(&stored, source))
    };
    let is_known = newest.iter().any(is_stored);
    Ok(!is_known && (by_file || desk.company(name).is_err()))
}

/// Number of the company's active generation; none if there is none or the
/// journal cannot be read.
pub(super) fn active_number(desk: &Desk, company: &str) -> Option<u64> {
    let journal = desk.journal();
    let company = journal.find_company(company).ok()??;
    journal.active_generation(company).ok()?
}
