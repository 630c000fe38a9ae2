//! `patchbay audit`: the audit trail, and whether it was changed.

use std::collections::HashMap;

use patchbay_api::AuditReport;
use patchbay_client::company_path;
use patchbay_command::args::{AuditArgs, AuditVerb};
use patchbay_command::document::{number, text};
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_command::server::JournalAccess;
use patchbay_journal::{AuditHash, AuditTrail, EntryPage, Tokens};
use patchbay_journal_sqlite::SqliteJournal;
use serde_json::{Value, json};

/// Entries of one page.
const PAGE: usize = 500;

pub(crate) fn run(args: &AuditArgs) -> Outcome {
    let access = JournalAccess::open(&args.server.config)?;
    match &args.verb {
        AuditVerb::List { company } => {
            let entries = match &access {
                JournalAccess::File(journal) => list(journal, company.as_deref())?,
                JournalAccess::Server(api) => {
                    let path = match company {
                        Some(company) => company_path(company, "audit"),
                        None => "/v1/audit".to_owned(),
                    };
                    api.list(&format!("{path}?order=oldest"), "acts", "after")?
                }
            };
            output::result(args.server.json, &json!({"acts": entries}), || {
                print(&entries)
            })
        }
        AuditVerb::Verify { expect } => verify(&access, *expect, args.server.json),
    }
}

fn list(journal: &SqliteJournal, company: Option<&str>) -> Result<Vec<Value>, Failure> {
    let tokens = journal.tokens()?.into_iter();
    let names: HashMap<String, String> = tokens
        .map(|token| (token.id.to_string(), token.name))
        .collect();
    let mut entries = Vec::new();
    let mut after = 0;
    loop {
        let page = journal.audit_records(company, EntryPage::After(after), PAGE)?;
        let Some(last) = page.last() else {
            return Ok(entries);
        };
        after = last.number;
        entries.extend(page.into_iter().map(|act| {
            let entry = act.entry;
            let name = names.get(&entry.actor);
            let mut document = json!({
                "number": act.number,
                "at": entry.at,
                "company": entry.company,
                "actor": entry.actor,
                "act": entry.act,
                "details": serde_json::from_str(&entry.details).unwrap_or(Value::Null),
                "previous": act.previous.to_string(),
                "hash": act.hash.to_string(),
            });
            if let Some(name) = name {
                document["actor_name"] = name.as_str().into();
            }
            document
        }));
    }
}

fn print(entries: &[Value]) -> Result<(), Failure> {
    let rows = entries.iter().map(|entry| {
        let company = entry["company"].as_str().unwrap_or("the host");
        vec![
            number(entry, "number").to_string(),
            text(entry, "at").to_owned(),
            actor(entry),
            text(entry, "act").to_owned(),
            company.to_owned(),
            entry["details"].to_string(),
        ]
    });
    output::table(
        &["number", "at", "actor", "action", "on", "details"],
        &rows.collect::<Vec<_>>(),
        "the audit trail is empty",
    )
}

/// The name of the token that acted, with the start of its id where several may have the name;
/// of other actors, what the trail has.
fn actor(entry: &Value) -> String {
    let id = text(entry, "actor");
    match entry["actor_name"].as_str() {
        Some(name) => format!("{name} ({}…)", id.get(..8).unwrap_or(id)),
        None => id.to_owned(),
    }
}

fn verify(access: &JournalAccess, expect: Option<AuditHash>, as_json: bool) -> Outcome {
    let report = match access {
        JournalAccess::Server(api) => {
            let expect = expect.map_or_else(String::new, |hash| format!("?expect={hash}"));
            api.get(&format!("/v1/audit/verify{expect}"))?
        }
        JournalAccess::File(journal) => {
            json!(AuditReport::of(journal.verify_audit(expect)?, expect))
        }
    };
    output::result(as_json, &report, || print_report(&report, expect))?;
    Ok(Exit::success_if(report["sound"] == true))
}

fn print_report(report: &Value, expect: Option<AuditHash>) -> Result<(), Failure> {
    let broken = &report["broken"];
    output::line(match broken["why"].as_str() {
        Some(why) => format!("entry {} breaks the hash chain: {why}", broken["number"]),
        None => format!("{} entries, none changed", number(report, "entries")),
    })?;
    if let Some(expect) = expect {
        output::line(match report["expected"].as_u64() {
            Some(number) => format!("the expected hash is that of entry {number}"),
            None => format!(
                "no entry has the expected hash {expect}: entries were removed, or it belongs to another journal"
            ),
        })?;
    }
    output::line(format!("head {}", text(report, "head")))
}
