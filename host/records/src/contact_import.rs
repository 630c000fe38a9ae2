//! Import of the CRM's records of people: what became of each row, and what to do
//! about those that were refused.

use std::collections::HashSet;

use patchbay_contact_file::{Row, RowProblem};
use patchbay_journal::{
    ContactId, Journal, JournalError, RecordImport, RecordOutcome, RecordRefusal, RecordStatus,
};
use patchbay_model::contact_record::ContactRecord;
use serde::{Deserialize, Serialize};

/// Records in one transaction: deliveries wait for it.
const TRANSACTION: usize = 200;

/// What became of the rows of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSummary {
    /// Whether nothing was to be changed.
    pub dry_run: bool,
    /// Number of rows.
    pub records: u64,
    /// New records.
    pub created: u64,
    /// Records that replaced the stored one.
    pub updated: u64,
    /// Records that say what the stored one says.
    pub unchanged: u64,
    /// Stored records that were deleted.
    pub deleted: u64,
    /// Records to be deleted that are not stored.
    pub absent: u64,
    /// Rows of which nothing was stored.
    pub refused: u64,
    /// Rows whose contacts became one person, or were split.
    pub links: Vec<LinkedRow>,
    /// Why rows were refused.
    pub problems: Vec<RowNotice>,
    /// What to look at in rows that were taken.
    pub notices: Vec<RowNotice>,
}

/// A row whose contacts became one person, or were split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedRow {
    /// The line on which it begins.
    pub line: u64,
    /// Numbers of the changes, each of which can be undone.
    pub changes: Vec<u64>,
}

/// What a person should know about a row. Repeats no address and no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowNotice {
    /// The line on which it begins.
    pub line: u64,
    /// Code of its kind.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub next: String,
    /// The contacts it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
}

impl RowNotice {
    /// A row that could not be read.
    pub fn unreadable(line: u64, problem: &RowProblem) -> RowNotice {
        RowNotice {
            line,
            code: problem.code.as_str().to_owned(),
            message: problem.message.clone(),
            next: "correct the row and import the file again".to_owned(),
            contacts: Vec::new(),
        }
    }

    /// A row with the id of an earlier one of its file.
    pub fn id_twice(line: u64) -> RowNotice {
        RowNotice::refused(line, &RecordRefusal::IdTwice)
    }

    fn refused(line: u64, refusal: &RecordRefusal) -> RowNotice {
        let mut contacts = Vec::new();
        let (code, message, next) = match refusal {
            RecordRefusal::IdTwice => (
                "id-twice",
                "an earlier row has the same id".to_owned(),
                "keep one row for each id",
            ),
            RecordRefusal::AddressTwice => (
                "address-twice",
                "an address is also in an earlier row with another id".to_owned(),
                "remove the address from one of them, or join the two in the CRM",
            ),
            RecordRefusal::DifferentPeople(people) => {
                contacts = people.iter().map(ToString::to_string).collect();
                let count = people.len();
                (
                    "different-people",
                    format!("its addresses belong to {count} different people"),
                    "if they are one, set `verified` to true in the row, or merge them with `patchbay contacts merge`",
                )
            }
            RecordRefusal::OtherRecord(contact) => {
                contacts.push(contact.to_string());
                (
                    "other-record",
                    "an address belongs to a person with a record of another id".to_owned(),
                    "remove the address from one of the two records, or delete one with `\"deleted\": true`",
                )
            }
            RecordRefusal::Erased(at) => (
                "erased",
                format!("the contact of an address was erased at {at}"),
                "delete the person from the CRM; if they are a customer again, import with --restore-erased",
            ),
        };
        RowNotice {
            line,
            code: code.to_owned(),
            message,
            next: next.to_owned(),
            contacts,
        }
    }

    fn left_apart(line: u64, count: usize) -> RowNotice {
        RowNotice {
            line,
            code: "left-apart".to_owned(),
            message: format!(
                "{count} of its addresses stay apart, because a person undid their link"
            ),
            next: "if they are one person after all, use `patchbay contacts merge`".to_owned(),
            contacts: Vec::new(),
        }
    }
}

impl ImportSummary {
    /// Add what became of further rows.
    pub fn add(&mut self, more: ImportSummary) {
        self.records += more.records;
        self.created += more.created;
        self.updated += more.updated;
        self.unchanged += more.unchanged;
        self.deleted += more.deleted;
        self.absent += more.absent;
        self.refused += more.refused;
        self.links.extend(more.links);
        self.problems.extend(more.problems);
        self.notices.extend(more.notices);
    }

    /// Count a row that was refused.
    pub fn add_problem(&mut self, problem: RowNotice) {
        self.records += 1;
        self.refused += 1;
        self.problems.push(problem);
    }

    fn add_outcome(&mut self, line: u64, outcome: &RecordOutcome) {
        let status = match &outcome.result {
            Ok(status) => status,
            Err(refusal) => return self.add_problem(RowNotice::refused(line, refusal)),
        };
        self.records += 1;
        *match status {
            RecordStatus::Created => &mut self.created,
            RecordStatus::Updated => &mut self.updated,
            RecordStatus::Unchanged => &mut self.unchanged,
            RecordStatus::Deleted => &mut self.deleted,
            RecordStatus::Absent => &mut self.absent,
        } += 1;
        let changes: Vec<u64> = [&outcome.unlinked[..], &outcome.linked[..]].concat();
        if !changes.is_empty() {
            self.links.push(LinkedRow { line, changes });
        }
        if outcome.left_apart > 0 {
            self.notices
                .push(RowNotice::left_apart(line, outcome.left_apart));
        }
    }
}

/// What an import changed, for caches.
#[derive(Clone, Debug, Default)]
pub struct ImportEffects {
    /// Contacts whose records changed.
    pub contacts: Vec<ContactId>,
    /// Whether contacts that have a history were merged or split.
    pub moves_history: bool,
}

/// Import rows in order, up to [`TRANSACTION`] in one transaction. `changed` is
/// called after each that changed something.
///
/// # Errors
/// Those of the journal; the transactions before are stored, and importing the
/// rows again changes nothing of them.
pub fn import(
    journal: &dyn Journal,
    rows: Vec<Row<ContactRecord>>,
    import: &RecordImport,
    mut changed: impl FnMut(ImportEffects),
) -> Result<ImportSummary, JournalError> {
    let mut summary = ImportSummary {
        dry_run: import.dry_run,
        ..ImportSummary::default()
    };
    let (mut lines, mut records) = (Vec::new(), Vec::new());
    let mut ids = HashSet::new();
    let mut flush = |lines: &mut Vec<u64>, records: &mut Vec<ContactRecord>| {
        let outcomes = journal.import_contact_records(std::mem::take(records), import.clone())?;
        let mut effects = ImportEffects::default();
        for (line, outcome) in lines.drain(..).zip(&outcomes) {
            summary.add_outcome(line, outcome);
            effects.contacts.extend_from_slice(&outcome.contacts);
            effects.moves_history |= outcome.moves_history;
        }
        if outcomes.iter().any(RecordOutcome::is_change) && !import.dry_run {
            changed(effects);
        }
        Ok::<(), JournalError>(())
    };
    let mut problems = Vec::new();
    for Row { line, item } in rows {
        match item {
            Err(problem) => problems.push(RowNotice::unreadable(line, &problem)),
            // Also in another transaction.
            Ok(record) if !ids.insert(record.id.clone()) => {
                problems.push(RowNotice::id_twice(line));
            }
            Ok(record) => {
                lines.push(line);
                records.push(record);
                if records.len() == TRANSACTION {
                    flush(&mut lines, &mut records)?;
                }
            }
        }
    }
    if !records.is_empty() {
        flush(&mut lines, &mut records)?;
    }
    problems
        .into_iter()
        .for_each(|problem| summary.add_problem(problem));
    summary.problems.sort_by_key(|problem| problem.line);
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use patchbay_contact_file::{FileFormat, rows};
    use patchbay_journal::{AuditEntry, Companies, Contacts};
    use patchbay_journal_sqlite::{Options, SqliteJournal};

    use super::*;

    #[test]
    fn each_row_is_told_apart_and_a_second_import_changes_nothing() {
        let place = tempfile::tempdir().expect("a place");
        let options = Options::new(place.path().join("j.db"), place.path().join("j.key"));
        let journal = SqliteJournal::open(&options).expect("a journal");
        let company = journal.company("acme").expect("created");
        let import_of = |text: &str| {
            let template = RecordImport {
                company,
                by: "crm".to_owned(),
                at: Timestamp::UNIX_EPOCH,
                dry_run: false,
                restores_erased: false,
                audit: AuditEntry {
                    at: Timestamp::UNIX_EPOCH,
                    company: Some("acme".to_owned()),
                    actor: "local".to_owned(),
                    act: "contacts.imported".to_owned(),
                    details: "{}".to_owned(),
                },
            };
            let rows = rows(text.as_bytes(), FileFormat::Csv).collect();
            let mut changes = 0;
            let summary = import(&journal, rows, &template, |_| changes += 1);
            (summary.expect("imported"), changes)
        };
        for address in ["a@example.org", "b@example.org"] {
            let found =
                journal.find_or_create_contact(company, "email", address, Timestamp::UNIX_EPOCH);
            found.expect("created");
        }
        let mut text =
            "id,address.email,address.email\nX,a@example.org,b@example.org\nY\n".to_owned();
        for number in 0..TRANSACTION + 10 {
            text += &format!("C-{number},c{number}@example.org,d{number}@example.org\n");
        }
        text += "C-1,e@example.org,\n";
        let (first, changes) = import_of(&text);
        let all = TRANSACTION as u64 + 10;
        assert_eq!(
            (first.created, first.refused, first.records),
            (all, 3, all + 3)
        );
        assert_eq!((first.links.len() as u64, changes), (all, 2));
        let found: Vec<_> = first
            .problems
            .iter()
            .map(|one| (one.line, &*one.code))
            .collect();
        let last = all + 4;
        assert_eq!(
            found,
            [
                (2, "different-people"),
                (3, "malformed"),
                (last, "id-twice")
            ]
        );
        assert_eq!(first.problems[0].contacts.len(), 2);
        let (second, changes) = import_of(&text);
        assert_eq!((second.unchanged, second.refused, changes), (all, 3, 0));
        assert!(second.links.is_empty());
    }
}
