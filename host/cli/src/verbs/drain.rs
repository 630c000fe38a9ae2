//! `patchbay drain`: stop accepting interactions and finish what is in progress.

use std::time::Duration;

use patchbay_client::{BlockingClient, path_segment};
use patchbay_command::args::DrainArgs;
use patchbay_command::document::{list, number, text};
use patchbay_command::exit::{Failure, Outcome};
use patchbay_command::{output, server};
use serde_json::{Value, json};

/// How often progress is polled.
const POLL: Duration = Duration::from_millis(200);

pub(crate) fn run(args: &DrainArgs) -> Outcome {
    let api = server::connect(&args.server.config)?;
    let path = match &args.company {
        Some(company) => format!("/v1/companies/{}/drain", path_segment(company)),
        None => "/v1/drain".to_owned(),
    };
    let state = match (args.status, args.undo, args.no_wait) {
        (true, ..) => api.get(&path)?,
        (_, true, _) => api.delete(&path)?,
        (_, _, no_wait) => {
            let state = api.put(&path, &json!({"reason": args.reason}))?;
            match no_wait {
                true => state,
                false => wait(&api, &path, state)?,
            }
        }
    };
    output::result(args.server.json, &state, || {
        output::line(describe(args.company.as_deref(), &state))?;
        let companies = list(&state, "companies").iter();
        companies.map(describe_company).try_for_each(output::line)
    })
}

/// Wait until every accepted interaction is decided, or the drain is undone.
fn wait(api: &BlockingClient, path: &str, mut state: Value) -> Result<Value, Failure> {
    let total = number(&state, "undecided");
    let bar = output::progress(Some(total), "decided");
    while state["draining"] == true && number(&state, "undecided") > 0 {
        bar.set_position(total.saturating_sub(number(&state, "undecided")));
        std::thread::sleep(POLL);
        state = api.get(path)?;
    }
    bar.finish_and_clear();
    Ok(state)
}

fn describe(company: Option<&str>, state: &Value) -> String {
    let who = company.unwrap_or("the host");
    let accepts = match state["draining"] == true {
        true => "accepts no interactions",
        false => "accepts interactions",
    };
    let undecided = match number(state, "undecided") {
        0 => "all accepted interactions are decided".to_owned(),
        some => format!("{some} accepted interactions are not decided yet"),
    };
    let pending = number(state, "outbox_waiting");
    format!("{who} {accepts}; {undecided}; {pending} deliveries pending")
}

/// A company that is drained on its own.
fn describe_company(company: &Value) -> String {
    let reason = match text(company, "reason") {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    let name = text(company, "company");
    format!(
        "{name} accepts no interactions since {}, by {}{reason}; end with `patchbay drain --company {name} --undo`",
        text(company, "since"),
        text(company, "by"),
    )
}
