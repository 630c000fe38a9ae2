//! Queue moves of a change request: where the conversations of removed queues
//! go.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_company::CompanyFile;
use patchbay_config::file_problem::FileProblem;
use patchbay_journal::CompanyId;

use super::{ChangeError, GenerationStore};
use crate::activation::{ProvidedReferences, open_queues};

/// Add the moves to what a next generation has; returns the invalid ones. A move of a
/// mistyped queue would move nothing, so an unknown queue is a problem.
pub(super) fn add_moves(
    store: &GenerationStore,
    company: Option<CompanyId>,
    next: &mut ProvidedReferences,
    moves: &BTreeMap<String, String>,
) -> Result<Vec<FileProblem>, ChangeError> {
    let mut problems = Vec::new();
    if moves.is_empty() {
        return Ok(problems);
    }
    let known = known_queues(store, company)?;
    for (from, to) in moves {
        let (reason, help) = if !next.queues.contains(to) {
            (format!("the company file has no queue {to:?}"), None)
        } else if next.queues.contains(from) {
            let help = "remove it from the company file, or do not move it".to_owned();
            ("it is still in the company file".to_owned(), Some(help))
        } else if !known.contains(from) {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            let help = format!("its queues are {}", names.join(", "));
            (format!("the company has no queue {from:?}"), Some(help))
        } else {
            next.moved.insert(from.clone());
            continue;
        };
        let message = format!("queue {from:?} cannot move to {to:?}: {reason}");
        problems.push(FileProblem {
            help,
            ..FileProblem::whole(message)
        });
    }
    Ok(problems)
}

/// Queues of the active generation, and those with open conversations.
fn known_queues(
    store: &GenerationStore,
    company: Option<CompanyId>,
) -> Result<BTreeSet<String>, ChangeError> {
    let Some(company) = company else {
        return Ok(BTreeSet::new());
    };
    let open = open_queues(&*store.journal, company)?;
    let mut known: BTreeSet<String> = open.into_keys().collect();
    if let Some(active) = store.journal.active_generation(company)? {
        // Where the active generation cannot be read, its open work counts.
        let document = store.document(company, active).unwrap_or_default();
        if let Ok(reading) = CompanyFile::read(&document.document) {
            known.extend(reading.file.queue.into_keys());
        }
    }
    Ok(known)
}
