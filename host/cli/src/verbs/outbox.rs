//! `patchbay outbox`: what waits to go out, what was given up, and sending it
//! after all.

use jiff::Timestamp;
use patchbay_journal::{Journal, OutboxState, SqliteJournal};
use serde_json::{Value, json};

use super::audit::act;
use super::company;
use super::journal::failure;
use crate::api::{Api, Reach, part};
use crate::args::{OutboxArgs, OutboxVerb, WhichItems};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// Items read at once.
const PAGE: usize = 500;

pub(crate) fn run(args: &OutboxArgs) -> Outcome {
    let company = args.company.name()?;
    let reach = Reach::of(&args.config)?;
    match &args.verb {
        OutboxVerb::List { state } => {
            let items = match &reach {
                Reach::Journal(journal) => of_journal(journal, company, *state)?,
                Reach::Server(api) => of_server(api, company, *state)?,
            };
            list(company, *state, &items, args.json)
        }
        OutboxVerb::Retry { key } => {
            retry(&reach, company, key)?;
            match args.json {
                true => output::json(&json!({"retried": key}))?,
                false => output::line(format!("{key} is sent again"))?,
            }
            Ok(Exit::Success)
        }
    }
}

fn retry(reach: &Reach, company: &str, key: &str) -> Result<(), Failure> {
    match reach {
        Reach::Journal(journal) => {
            let id = company::known(&**journal, company)?;
            let entry = act("outbox.retried", Some(company), &json!({"key": key}));
            let retried = journal.outbox_retry(id, key, Timestamp::now(), entry);
            retried.map_err(failure)
        }
        Reach::Server(api) => {
            let path = format!("/v1/companies/{}/outbox/{}/retry", part(company), part(key));
            api.post(&path, &json!({})).map(|_| ())
        }
    }
}

fn of_journal(
    journal: &SqliteJournal,
    company: &str,
    which: WhichItems,
) -> Result<Vec<Value>, Failure> {
    let company = company::known(journal, company)?;
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let page = journal
            .outbox_list(company, state(which), &after, PAGE)
            .map_err(failure)?;
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
                "problem": item.problem,
            })
        }));
    }
}

fn of_server(api: &Api, company: &str, which: WhichItems) -> Result<Vec<Value>, Failure> {
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!(
            "/v1/companies/{}/outbox?state={}&after={}",
            part(company),
            state(which).as_str(),
            part(&after)
        );
        let mut page = api.get(&path)?;
        if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
            items.extend(found);
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) => next.clone_into(&mut after),
            None => return Ok(items),
        }
    }
}

fn state(which: WhichItems) -> OutboxState {
    match which {
        WhichItems::Dead => OutboxState::Dead,
        WhichItems::Waiting => OutboxState::Waiting,
        WhichItems::Done => OutboxState::Done,
    }
}

fn list(company: &str, which: WhichItems, items: &[Value], as_json: bool) -> Outcome {
    if as_json {
        output::json(&json!({"items": items}))?;
        return Ok(Exit::Success);
    }
    let rows = items.iter().map(|item| {
        let text = |field: &str| item.get(field).and_then(Value::as_str).unwrap_or("");
        let attempts = item.get("attempts").and_then(Value::as_u64).unwrap_or(0);
        vec![
            text("key").to_owned(),
            text("target").to_owned(),
            attempts.to_string(),
            text("problem").to_owned(),
        ]
    });
    let none = match which {
        WhichItems::Dead => format!("nothing of {company} was given up"),
        WhichItems::Waiting => format!("nothing of {company} waits to go out"),
        WhichItems::Done => format!("nothing of {company} went out, as far as it is kept"),
    };
    output::table(
        &["key", "target", "failed attempts", "last problem"],
        &rows.collect::<Vec<_>>(),
        &none,
    )?;
    Ok(Exit::Success)
}
