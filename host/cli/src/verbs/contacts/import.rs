//! `patchbay contacts import`: records of the company's CRM.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use jiff::Timestamp;
use patchbay_client::{BlockingClient, Method, company_path, path_segment};
use patchbay_contact_file::{FileFormat, Row, rows};
use patchbay_journal::RecordImport;
use patchbay_journal::limits::CONTACT_RECORDS;
use patchbay_journal_sqlite::SqliteJournal;
use patchbay_model::contact_record::ContactRecord;
use patchbay_records::contact_import::{self, ImportSummary, RowNotice};
use serde_json::json;

use super::BY;
use patchbay_command::args::{ContactFileFormat, ContactImportArgs};
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::numbers::thousands;
use patchbay_command::output;
use patchbay_command::progress_notes::ProgressNotes;
use patchbay_command::server::{JournalAccess, audit_entry, find_company};

/// Most rows of a file.
const ROWS: u64 = 1_000_000;
/// Bytes of records in one request: servers take 1 MiB by default.
const REQUEST_BYTES: usize = 512 << 10;
/// Problems and notices that are printed.
const PRINTED: usize = 1_000;

pub(super) fn run(
    access: &JournalAccess,
    company: &str,
    args: &ContactImportArgs,
    as_json: bool,
) -> Outcome {
    let file = File::open(&args.file).map_err(io(&args.file))?;
    let format = format_of(&args.file, args.format)?;
    let destination = Destination::new(access, company, args)?;
    let mut summary = ImportSummary {
        dry_run: args.dry_run,
        ..ImportSummary::default()
    };
    let mut notes = ProgressNotes::start();
    let mut ids = HashSet::new();
    let mut batch = Batch::default();
    for row in rows::<ContactRecord>(BufReader::new(file), format) {
        let line = row.line;
        if summary.records + batch.rows.len() as u64 >= ROWS {
            return Err(Failure::advised(
                Exit::NotRight,
                format!(
                    "{}:{line}: a file has at most {} rows",
                    args.file.display(),
                    thousands(ROWS)
                ),
                "split the file; the rows before this one are imported",
            ));
        }
        match &row.item {
            Err(problem) => summary.add_problem(RowNotice::unreadable(line, problem)),
            Ok(record) if !ids.insert(record.id.clone()) => {
                summary.add_problem(RowNotice::id_twice(line));
            }
            Ok(record) => {
                batch.bytes += record.to_value().to_string().len();
                batch.rows.push(row);
                if batch.is_full() {
                    summary.add(destination.import(std::mem::take(&mut batch))?);
                    notes.step(|| format!("{} rows", thousands(summary.records)));
                }
            }
        }
        summary.problems.truncate(PRINTED);
        summary.notices.truncate(PRINTED);
    }
    if !batch.rows.is_empty() {
        summary.add(destination.import(batch)?);
    }
    for notices in [&mut summary.problems, &mut summary.notices] {
        notices.sort_by_key(|notice| notice.line);
        notices.truncate(PRINTED);
    }
    output::result(as_json, &summary, || print(&args.file, &summary))?;
    Ok(Exit::success_if(summary.refused == 0))
}

/// Rows that are imported together.
#[derive(Default)]
struct Batch {
    rows: Vec<Row<ContactRecord>>,
    bytes: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.rows.len() == CONTACT_RECORDS || self.bytes >= REQUEST_BYTES
    }
}

/// Where records go.
enum Destination<'a> {
    File(&'a SqliteJournal, Box<RecordImport>),
    Server(&'a BlockingClient, String),
}

impl<'a> Destination<'a> {
    fn new(
        access: &'a JournalAccess,
        company: &str,
        args: &ContactImportArgs,
    ) -> Result<Destination<'a>, Failure> {
        match access {
            JournalAccess::File(journal) => {
                let import = RecordImport {
                    company: find_company(&**journal, company)?,
                    by: BY.to_owned(),
                    at: Timestamp::now(),
                    dry_run: args.dry_run,
                    restores_erased: args.restore_erased,
                    audit: audit_entry("contacts.imported", Some(company), &json!({})),
                };
                Ok(Destination::File(journal, Box::new(import)))
            }
            JournalAccess::Server(api) => {
                let mut path = format!(
                    "contacts/import?dry_run={}&restore_erased={}",
                    args.dry_run, args.restore_erased
                );
                // With a token the server takes the token's owner.
                if !api.has_token() {
                    path += &format!("&by={}", path_segment(BY));
                }
                Ok(Destination::Server(api, company_path(company, &path)))
            }
        }
    }

    fn import(&self, batch: Batch) -> Result<ImportSummary, Failure> {
        match self {
            Destination::File(journal, import) => Ok(contact_import::import(
                *journal,
                batch.rows,
                import,
                |_| {},
            )?),
            Destination::Server(api, path) => {
                let lines: Vec<u64> = batch.rows.iter().map(|row| row.line).collect();
                let records = batch.rows.iter().filter_map(|row| row.item.as_ref().ok());
                let body: Vec<String> = records
                    .map(|record| record.to_value().to_string())
                    .collect();
                let headers = [("Content-Type", "application/x-ndjson")];
                let answer = api.send(Method::POST, path, &headers, body.join("\n"))?;
                let document = answer.into_result()?;
                let mut summary: ImportSummary = serde_json::from_value(document)
                    .map_err(|error| Failure::machine(format!("the server's answer: {error}")))?;
                // The server counts the lines of the request.
                let line = |line: &mut u64| {
                    let index = usize::try_from(*line).unwrap_or(0);
                    *line = lines.get(index.wrapping_sub(1)).copied().unwrap_or(*line);
                };
                summary
                    .links
                    .iter_mut()
                    .for_each(|link| line(&mut link.line));
                let notices = summary.problems.iter_mut().chain(&mut summary.notices);
                notices.for_each(|notice| line(&mut notice.line));
                Ok(summary)
            }
        }
    }
}

/// The format of a file, by its name unless it is given.
pub(super) fn format_of(
    file: &Path,
    given: Option<ContactFileFormat>,
) -> Result<FileFormat, Failure> {
    let extension = file.extension().and_then(|extension| extension.to_str());
    match (given, extension) {
        (Some(ContactFileFormat::Ndjson), _) => Ok(FileFormat::Ndjson),
        (Some(ContactFileFormat::Csv), _) => Ok(FileFormat::Csv),
        (None, Some("ndjson" | "jsonl")) => Ok(FileFormat::Ndjson),
        (None, Some("csv")) => Ok(FileFormat::Csv),
        (None, _) => Err(Failure::advised(
            Exit::Usage,
            format!("{}: the name does not tell the format", file.display()),
            "add --format ndjson or --format csv",
        )),
    }
}

fn print(file: &Path, summary: &ImportSummary) -> Result<(), Failure> {
    print_notices(file, &summary.problems)?;
    print_notices(file, &summary.notices)?;
    let printed = summary.problems.len() as u64;
    if summary.refused > printed {
        output::line(format!(
            "… and {} more",
            thousands(summary.refused - printed)
        ))?;
    }
    let counted = [
        (summary.created, "created"),
        (summary.updated, "updated"),
        (summary.unchanged, "unchanged"),
        (summary.deleted, "deleted"),
        (summary.absent, "absent"),
        (summary.refused, "refused"),
    ];
    let counted = counted.iter().filter(|(count, _)| *count > 0);
    let counted: Vec<String> = counted
        .map(|(count, what)| format!("{} {what}", thousands(*count)))
        .collect();
    let changed = summary.created + summary.updated + summary.deleted;
    let counted = match counted.is_empty() {
        true => "the file has no rows".to_owned(),
        false => counted.join(", "),
    };
    output::line(match (summary.dry_run, changed) {
        (true, _) => format!("{counted} (dry run; nothing was changed)"),
        (false, 0) => format!("{counted}; nothing was changed"),
        (false, _) => counted,
    })?;
    let links: usize = summary.links.iter().map(|link| link.changes.len()).sum();
    if links > 0 {
        output::line(format!(
            "{} links of contacts changed; --json lists them, `patchbay contacts undo` undoes one",
            thousands(links as u64)
        ))?;
    }
    Ok(())
}

pub(super) fn print_notices(file: &Path, notices: &[RowNotice]) -> Result<(), Failure> {
    for notice in notices {
        let contacts = match notice.contacts.is_empty() {
            true => String::new(),
            false => format!(" ({})", notice.contacts.join(", ")),
        };
        output::line(format!(
            "{}:{}: {}{contacts}; {}",
            file.display(),
            notice.line,
            notice.message,
            notice.next
        ))?;
    }
    Ok(())
}
