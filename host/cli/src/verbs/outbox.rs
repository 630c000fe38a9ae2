//! `patchbay outbox`: pending and failed deliveries.

use jiff::Timestamp;
use patchbay_client::{company_path, path_segment};
use patchbay_command::args::{OutboxArgs, OutboxItems, OutboxVerb};
use patchbay_command::document::{number, text};
use patchbay_command::exit::{Failure, Outcome};
use patchbay_command::output;
use patchbay_command::server::{JournalAccess, audit_entry, find_company};
use patchbay_journal::{Outbox, OutboxState};
use patchbay_journal_sqlite::SqliteJournal;
use serde_json::{Value, json};

/// Items of one page.
const PAGE: usize = 500;

pub(crate) fn run(args: &OutboxArgs) -> Outcome {
    let company = args.company.name()?;
    let access = JournalAccess::open(&args.server.config)?;
    match &args.verb {
        OutboxVerb::List { state } => {
            let items = match &access {
                JournalAccess::File(journal) => list(journal, company, code(*state))?,
                JournalAccess::Server(api) => {
                    let rest = format!("outbox?state={}", code(*state).as_str());
                    api.list(&company_path(company, &rest), "items", "after")?
                }
            };
            output::result(args.server.json, &json!({"items": items}), || {
                print(company, *state, &items)
            })
        }
        OutboxVerb::Retry { key } => {
            match access {
                JournalAccess::File(journal) => {
                    let id = find_company(&*journal, company)?;
                    let entry = audit_entry("outbox.retried", Some(company), &json!({"key": key}));
                    journal.retry_outbox(id, key, Timestamp::now(), entry)?;
                }
                JournalAccess::Server(api) => {
                    let rest = format!("outbox/{}/retry", path_segment(key));
                    api.post(&company_path(company, &rest), &json!({}))?;
                }
            }
            output::result(args.server.json, &json!({"retried": key}), || {
                output::line(format!("delivery {key} is pending again"))
            })
        }
    }
}

fn list(journal: &SqliteJournal, company: &str, state: OutboxState) -> Result<Vec<Value>, Failure> {
    let company = find_company(journal, company)?;
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let page = journal.outbox_items(company, state, &after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(items);
        };
        after.clone_from(&last.key);
        items.extend(page.into_iter().map(|item| {
            json!({
                "key": item.key,
                "target": item.target,
                "conversation": item.conversation.map(|id| id.to_string()),
                "state": item.state.as_str(),
                "attempts": item.attempts,
                "not_before": item.not_before,
                "can_take_back": item.can_take_back,
                "problem": item.problem,
            })
        }));
    }
}

fn code(state: OutboxItems) -> OutboxState {
    match state {
        OutboxItems::Dead => OutboxState::Dead,
        OutboxItems::Waiting => OutboxState::Waiting,
        OutboxItems::Done => OutboxState::Done,
    }
}

fn print(company: &str, state: OutboxItems, items: &[Value]) -> Result<(), Failure> {
    let waits = matches!(state, OutboxItems::Waiting);
    let rows = items.iter().map(|item| {
        let mut row = vec![
            text(item, "key").to_owned(),
            text(item, "target").to_owned(),
            number(item, "attempts").to_string(),
            text(item, "problem").to_owned(),
        ];
        if waits {
            row.insert(2, text(item, "not_before").to_owned());
        }
        row
    });
    let none = match state {
        OutboxItems::Dead => format!("{company} has no failed deliveries"),
        OutboxItems::Waiting => format!("{company} has no pending deliveries"),
        OutboxItems::Done => format!("the journal holds no completed deliveries of {company}"),
    };
    let mut columns = vec!["key", "target", "failed attempts", "last problem"];
    if waits {
        columns.insert(2, "not before");
    }
    output::table(&columns, &rows.collect::<Vec<_>>(), &none)
}
