//! `patchbay drain`: nothing is taken in, while what is at hand is finished.

use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Api, part};
use crate::args::DrainArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// How often it is asked how far it has come.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) fn run(args: &DrainArgs) -> Outcome {
    let api = Api::of_config(&args.config)?;
    let path = match &args.company {
        Some(company) => format!("/v1/companies/{}/drain", part(company)),
        None => "/v1/drain".to_owned(),
    };
    let found = if args.status {
        api.get(&path)?
    } else if args.undo {
        api.delete(&path)?
    } else {
        let begun = api.put(&path, &json!({"reason": args.reason}))?;
        match args.no_wait {
            true => begun,
            false => wait(api, &path, begun)?,
        }
    };
    match args.json {
        true => output::json(&found)?,
        false => {
            output::line(in_words(args.company.as_deref(), &found))?;
            for company in found["companies"].as_array().into_iter().flatten() {
                output::line(drained(company))?;
            }
        }
    }
    Ok(Exit::Success)
}

/// Until everything that was taken in is decided, or somebody undoes it.
fn wait(api: Api, path: &str, mut found: Value) -> Result<Value, Failure> {
    let total = left(&found, "undecided");
    let bar = output::progress(Some(total), "drained");
    while found["draining"] == true && left(&found, "undecided") > 0 {
        bar.set_position(total.saturating_sub(left(&found, "undecided")));
        std::thread::sleep(LOOK);
        found = api.get(path)?;
    }
    bar.finish_and_clear();
    Ok(found)
}

fn left(found: &Value, field: &str) -> u64 {
    found[field].as_u64().unwrap_or_default()
}

fn in_words(company: Option<&str>, found: &Value) -> String {
    let whose = company.unwrap_or("the host");
    let does = match found["draining"] == true {
        true => "takes nothing in",
        false => "takes in",
    };
    let undecided = match left(found, "undecided") {
        0 => "everything taken in is decided".to_owned(),
        some => format!("{some} still to be decided"),
    };
    format!(
        "{whose} {does}; {undecided}, {} waiting to go out",
        left(found, "outbox_waiting")
    )
}

/// A company that is drained on its own.
fn drained(company: &Value) -> String {
    let text = |field: &str| company[field].as_str().unwrap_or_default();
    let reason = match text("reason") {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    let name = text("company");
    format!(
        "{name} takes nothing in since {}, by {}{reason}; `patchbay drain --company {name} --undo` ends that",
        text("since"),
        text("by"),
    )
}
