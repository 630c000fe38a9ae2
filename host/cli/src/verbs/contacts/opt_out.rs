//! `patchbay contacts opt-out`: who the company may not write to.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use jiff::Timestamp;
use patchbay_client::{BlockingClient, Method, company_path};
use patchbay_contact_file::{Row, rows};
use patchbay_journal::limits::CONTACT_RECORDS;
use patchbay_journal::{CompanyId, OptOutImport, OptOuts};
use patchbay_journal_sqlite::SqliteJournal;
use patchbay_model::opt_out_entry::OptOutEntry;
use patchbay_records::contact_import::RowNotice;
use patchbay_records::opt_out_import::{self, OptOutSummary};
use serde_json::{Value, json};

use super::import::{format_of, print_notices};
use patchbay_command::args::{OptOutEntryArgs, OptOutVerb};
use patchbay_command::document::text;
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::numbers::thousands;
use patchbay_command::output;
use patchbay_command::progress_notes::ProgressNotes;
use patchbay_command::server::{JournalAccess, audit_entry, find_company};

/// Contacts that are read at once.
const PAGE: usize = 1_000;
/// Problems that are printed.
const PRINTED: usize = 1_000;

pub(super) fn run(
    access: &JournalAccess,
    company: &str,
    verb: &OptOutVerb,
    as_json: bool,
) -> Outcome {
    match verb {
        OptOutVerb::List => list(access, company, as_json),
        OptOutVerb::Add(entry) => one(access, company, (entry, true, false), as_json),
        OptOutVerb::Remove { entry, overrides } => {
            one(access, company, (entry, false, *overrides), as_json)
        }
        OptOutVerb::Import {
            file,
            format,
            dry_run,
            overrides,
        } => {
            let format = format_of(file, *format)?;
            let reader = BufReader::new(File::open(file).map_err(io(file))?);
            let destination = Destination::new(access, company, *dry_run, *overrides)?;
            let mut summary = OptOutSummary {
                dry_run: *dry_run,
                ..OptOutSummary::default()
            };
            let mut notes = ProgressNotes::start();
            let mut batch = Vec::new();
            for row in rows::<OptOutEntry>(reader, format) {
                match &row.item {
                    Err(problem) => summary.add_problem(RowNotice::unreadable(row.line, problem)),
                    Ok(_) => batch.push(row),
                }
                if batch.len() == CONTACT_RECORDS {
                    summary.add(destination.import(std::mem::take(&mut batch))?);
                    notes.step(|| format!("{} rows", thousands(summary.records)));
                }
                summary.problems.truncate(PRINTED);
            }
            if !batch.is_empty() {
                summary.add(destination.import(batch)?);
            }
            summary.problems.sort_by_key(|problem| problem.line);
            summary.problems.truncate(PRINTED);
            print(file, &summary, as_json)
        }
    }
}

/// One entry, given on the command line.
fn one(
    access: &JournalAccess,
    company: &str,
    (entry, is_opted_out, overrides): (&OptOutEntryArgs, bool, bool),
    as_json: bool,
) -> Outcome {
    let mut document = json!({
        "channel": entry.channel,
        "address": entry.address,
        "purpose": entry.purpose,
        "source": entry.source,
        "opted_out": is_opted_out,
    });
    if let Some(account) = &entry.account {
        document["account"] = account.as_str().into();
    }
    if let Some(at) = entry.at {
        document["at"] = at.to_string().into();
    }
    let entry =
        OptOutEntry::from_value(document).map_err(|error| Failure::new(Exit::Usage, error))?;
    let row = Row {
        line: 1,
        item: Ok(entry),
    };
    let destination = Destination::new(access, company, false, overrides)?;
    let summary = destination.import(vec![row])?;
    if let Some(problem) = summary.problems.first() {
        let next = "leave it; if they opted in since then, add --override";
        return Err(Failure::advised(Exit::NotRight, &problem.message, next));
    }
    output::result(as_json, &summary, || {
        output::line(match (summary.changed, is_opted_out) {
            (0, _) => "nothing was changed: it counts already",
            (_, true) => "opted out",
            (_, false) => "opted in again",
        })
    })
}

/// Where entries go.
enum Destination<'a> {
    File(&'a SqliteJournal, Box<OptOutImport>),
    Server(&'a BlockingClient, String),
}

impl<'a> Destination<'a> {
    fn new(
        access: &'a JournalAccess,
        company: &str,
        dry_run: bool,
        overrides: bool,
    ) -> Result<Destination<'a>, Failure> {
        match access {
            JournalAccess::File(journal) => {
                let import = OptOutImport {
                    company: find_company(&**journal, company)?,
                    at: Timestamp::now(),
                    dry_run,
                    overrides,
                    audit: audit_entry("opt-outs.imported", Some(company), &json!({})),
                };
                Ok(Destination::File(journal, Box::new(import)))
            }
            JournalAccess::Server(api) => {
                let path = format!("contacts/opt-outs?dry_run={dry_run}&override={overrides}");
                Ok(Destination::Server(api, company_path(company, &path)))
            }
        }
    }

    fn import(&self, batch: Vec<Row<OptOutEntry>>) -> Result<OptOutSummary, Failure> {
        match self {
            Destination::File(journal, import) => {
                Ok(opt_out_import::import(*journal, batch, import)?)
            }
            Destination::Server(api, path) => {
                let lines: Vec<u64> = batch.iter().map(|row| row.line).collect();
                let entries = batch.iter().filter_map(|row| row.item.as_ref().ok());
                let body: Vec<String> = entries.map(|entry| entry.to_value().to_string()).collect();
                let headers = [("Content-Type", "application/x-ndjson")];
                let answer = api.send(Method::POST, path, &headers, body.join("\n"))?;
                let document = answer.into_result()?;
                let mut summary: OptOutSummary = serde_json::from_value(document)
                    .map_err(|error| Failure::machine(format!("the server's answer: {error}")))?;
                // The server counts the lines of the request.
                for problem in &mut summary.problems {
                    let index = usize::try_from(problem.line).unwrap_or(0);
                    let line = lines.get(index.wrapping_sub(1));
                    problem.line = line.copied().unwrap_or(problem.line);
                }
                Ok(summary)
            }
        }
    }
}

fn print(file: &Path, summary: &OptOutSummary, as_json: bool) -> Outcome {
    output::result(as_json, summary, || {
        print_notices(file, &summary.problems)?;
        let dry = match summary.dry_run {
            true => " (dry run; nothing was changed)",
            false => "",
        };
        output::line(format!(
            "{} changed, {} unchanged, {} refused{dry}",
            thousands(summary.changed),
            thousands(summary.unchanged),
            thousands(summary.refused)
        ))
    })?;
    Ok(Exit::success_if(summary.refused == 0))
}

fn list(access: &JournalAccess, company: &str, as_json: bool) -> Outcome {
    let found = match access {
        JournalAccess::File(journal) => stored(journal, find_company(&**journal, company)?)?,
        JournalAccess::Server(api) => {
            let path = company_path(company, "contacts/opt-outs");
            api.list(&path, "opt_outs", "after")?
        }
    };
    output::result(as_json, &json!({"opt_outs": found}), || {
        let rows = found.iter().map(|said| {
            let state = match said["opted_out"] == true {
                true => "opted out",
                false => "opted in again",
            };
            let column = |name| text(said, name).to_owned();
            let names = ["contact", "channel", "account", "purpose"].map(column);
            let rest = [state.to_owned(), column("source"), column("at")];
            [&names[..], &rest[..]].concat()
        });
        output::table(
            &[
                "contact", "channel", "account", "purpose", "state", "source", "at",
            ],
            &rows.collect::<Vec<_>>(),
            &format!("no customer of {company} has opted out"),
        )
    })
}

fn stored(journal: &SqliteJournal, company: CompanyId) -> Result<Vec<Value>, Failure> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = journal.opt_outs_of_company(company, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = Some(last.contact);
        found.extend(page.iter().map(|said| {
            json!({
                "contact": said.contact.to_string(),
                "channel": said.channel,
                "account": said.account,
                "purpose": said.purpose,
                "opted_out": said.is_opted_out,
                "source": said.source,
                "at": said.at,
            })
        }));
    }
}
