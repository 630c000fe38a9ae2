//! Where conversations of queues that are gone go.

use std::collections::{BTreeMap, BTreeSet};

use crate::Generation;
use patchbay_journal::CompanyId;
use patchbay_model::company::CompanyFile;
use patchbay_model::file_problem::FileProblem;

use super::{Refused, GenerationService};
use crate::activation_conflicts::open_queues;

impl GenerationService {
    /// Take over where queues move to; what is wrong with that. A queue that is
    /// mistyped would move nothing, and nobody would hear of it.
    pub(super) fn moves(
        &self,
        company: Option<CompanyId>,
        next: &mut Generation,
        wanted: &BTreeMap<String, String>,
    ) -> Result<Vec<FileProblem>, Refused> {
        let mut problems = Vec::new();
        if wanted.is_empty() {
            return Ok(problems);
        }
        let present = self.present(company)?;
        for (from, to) in wanted {
            if !next.queues.contains_key(to) {
                problems.push(FileProblem::whole(format!(
                    "queue {from:?} cannot move to {to:?}, which is no queue of the setup"
                )));
            } else if next.queues.contains_key(from) {
                problems.push(
                    FileProblem::whole(format!(
                        "queue {from:?} is in the setup still: nothing of it moves to {to:?}"
                    ))
                    .help("take it out of the company file, or do not move it"),
                );
            } else if !present.contains(from) {
                let known: Vec<&str> = present.iter().map(String::as_str).collect();
                problems.push(
                    FileProblem::whole(format!(
                        "there is no queue {from:?} to move: the company has none of that name, and nothing waits in one"
                    ))
                    .help(format!("its queues are {}", known.join(", "))),
                );
            } else {
                next.moved.insert(from.clone(), to.clone());
            }
        }
        Ok(problems)
    }

    /// Queues a company has, had where something moved from, or has something
    /// in.
    fn present(&self, company: Option<CompanyId>) -> Result<BTreeSet<String>, Refused> {
        let Some(company) = company else {
            return Ok(BTreeSet::new());
        };
        let at_hand = open_queues(&*self.journal, company)?;
        let mut present: BTreeSet<String> = at_hand.into_keys().collect();
        if let Some(active) = self.journal.active_generation(company)? {
            // One that does not read any more has what is at hand.
            let document = self.document(company, active).unwrap_or_default();
            let reading = CompanyFile::read(&document.document).ok();
            present.extend(
                reading
                    .into_iter()
                    .flat_map(|reading| reading.file.queue.into_keys()),
            );
        }
        Ok(present)
    }
}
