//! Import of a list of opt-outs: what became of each row.

use patchbay_contact_file::Row;
use patchbay_journal::{Journal, JournalError, OptOutImport, OptOutOutcome};
use patchbay_model::opt_out_entry::OptOutEntry;
use serde::{Deserialize, Serialize};

use crate::contact_import::RowNotice;

/// Entries in one transaction: deliveries wait for it.
const TRANSACTION: usize = 200;

/// What became of the rows of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOutSummary {
    /// Whether nothing was to be changed.
    pub dry_run: bool,
    /// Number of rows.
    pub records: u64,
    /// Rows that count from now on.
    pub changed: u64,
    /// Of those, rows that took back what the customer said.
    pub overridden: u64,
    /// Rows that say what counts already, or are older.
    pub unchanged: u64,
    /// Rows of which nothing was stored.
    pub refused: u64,
    /// Why rows were refused.
    pub problems: Vec<RowNotice>,
}

impl OptOutSummary {
    /// Add what became of further rows.
    pub fn add(&mut self, more: OptOutSummary) {
        self.records += more.records;
        self.changed += more.changed;
        self.overridden += more.overridden;
        self.unchanged += more.unchanged;
        self.refused += more.refused;
        self.problems.extend(more.problems);
    }

    /// Count a row that was refused.
    pub fn add_problem(&mut self, problem: RowNotice) {
        self.records += 1;
        self.refused += 1;
        self.problems.push(problem);
    }

    fn add_outcome(&mut self, line: u64, outcome: OptOutOutcome) {
        match outcome {
            OptOutOutcome::Refused(at) => {
                return self.add_problem(RowNotice {
                    line,
                    code: "customer-opt-out".to_owned(),
                    message: format!("the customer opted out at {at}"),
                    next: "leave it; if they opted in since then, import with --override"
                        .to_owned(),
                    contacts: Vec::new(),
                });
            }
            OptOutOutcome::Unchanged => self.unchanged += 1,
            OptOutOutcome::Changed { overrides } => {
                self.changed += 1;
                self.overridden += u64::from(overrides);
            }
        }
        self.records += 1;
    }
}

/// Import rows in order, up to [`TRANSACTION`] in one transaction.
///
/// # Errors
/// Those of the journal; the transactions before are stored.
pub fn import(
    journal: &dyn Journal,
    rows: Vec<Row<OptOutEntry>>,
    import: &OptOutImport,
) -> Result<OptOutSummary, JournalError> {
    let mut summary = OptOutSummary {
        dry_run: import.dry_run,
        ..OptOutSummary::default()
    };
    let (mut lines, mut entries) = (Vec::new(), Vec::new());
    for Row { line, item } in rows {
        match item {
            Err(problem) => summary.add_problem(RowNotice::unreadable(line, &problem)),
            Ok(entry) => {
                lines.push(line);
                entries.push(entry);
            }
        }
    }
    let mut lines = lines.into_iter();
    while !entries.is_empty() {
        let rest = entries.split_off(entries.len().min(TRANSACTION));
        let first = std::mem::replace(&mut entries, rest);
        let outcomes = journal.import_opt_outs(first, import.clone())?;
        for (outcome, line) in outcomes.into_iter().zip(lines.by_ref()) {
            summary.add_outcome(line, outcome);
        }
    }
    summary.problems.sort_by_key(|problem| problem.line);
    Ok(summary)
}
