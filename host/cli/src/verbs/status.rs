//! `patchbay status`: how a running server and its companies fare.

use serde_json::Value;

use crate::api::{Api, part};
use crate::args::StatusArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::numbers::{bytes, span, thousands};
use crate::output;

pub(crate) fn run(args: &StatusArgs) -> Outcome {
    let api = Api::of_config(&args.config)?;
    let status = read(&api, args.company.as_deref())?;
    match args.json {
        true => output::json(&status)?,
        false => print(&status)?,
    }
    let is_healthy = status["healthy"] == true;
    Ok(match args.check && !is_healthy {
        true => Exit::NotRight,
        false => Exit::Success,
    })
}

/// What the server says of itself, and of one company or all.
pub(crate) fn read(api: &Api, company: Option<&str>) -> Result<Value, Failure> {
    match company {
        Some(company) => api.get(&format!("/v1/status?company={}", part(company))),
        None => api.get("/v1/status"),
    }
}

/// A line about a company: what it is called, and how it is read; none where
/// there is nothing to say.
type Row = (&'static str, fn(&Value) -> Option<String>);

/// What is said of a company, in this order.
const ROWS: &[Row] = &[
    ("generation", generation),
    ("queues", queues),
    ("undecided", |company| desk_number(company, "undecided")),
    ("offers", |company| desk_number(company, "offers")),
    ("outbox", outbox),
    ("unrecorded", |company| desk_number(company, "unrecorded")),
    ("left alone", left_alone),
    ("on trial", on_trial),
    ("bypassed", bypassed),
    ("draining", draining),
    ("file", file),
];

fn print(status: &Value) -> Result<(), Failure> {
    output::line(head(status))?;
    if let Some(journal) = status.get("journal") {
        output::line(format!(
            "journal     {}, {} undecided, {} clocks",
            bytes(number(journal, "bytes")),
            thousands(number(journal, "undecided")),
            thousands(number(journal, "clocks"))
        ))?;
    }
    // A company's token is not told.
    if status.get("waiting").is_some() {
        output::line(format!(
            "requests    {} waiting, {} decisions running, {}",
            number(status, "waiting"),
            number(status, "running"),
            text(status, "load")
        ))?;
    }
    for concern in list(status, "concerns") {
        output::line(format!("look        {}", concern.as_str().unwrap_or("")))?;
    }
    for company in list(status, "companies") {
        output::line("")?;
        output::line(text(company, "company"))?;
        for (name, read) in ROWS {
            if let Some(said) = read(company) {
                output::line(format!("  {name:<10}  {said}"))?;
            }
        }
    }
    Ok(())
}

/// Which server it is, and whether all is well.
pub(crate) fn head(status: &Value) -> String {
    format!(
        "patchbay {}, up {}, {}",
        text(status, "version"),
        span(number(status, "uptime")),
        match status["healthy"] == true {
            true => "healthy",
            false => "somebody should look",
        }
    )
}

fn generation(company: &Value) -> Option<String> {
    let number = number(company, "generation");
    Some(match text(company, "since") {
        "" => number.to_string(),
        since => format!("{number}, since {since}"),
    })
}

/// Each queue with what waits in it.
pub(crate) fn queues(company: &Value) -> Option<String> {
    let queues = list(company.get("desk")?, "queues");
    let each = queues.iter().map(|queue| {
        let (id, waiting) = (text(queue, "id"), number(queue, "waiting"));
        match waiting {
            0 => format!("{id} 0"),
            _ => format!("{id} {waiting} (oldest {})", span(number(queue, "oldest"))),
        }
    });
    Some(each.collect::<Vec<_>>().join(", "))
}

/// What is on its way, and what was given up.
pub(crate) fn outbox(company: &Value) -> Option<String> {
    let desk = company.get("desk")?;
    Some(format!(
        "{} waiting, {} given up",
        thousands(number(desk, "outbox_waiting")),
        thousands(number(desk, "outbox_dead"))
    ))
}

/// The generation a company tries.
fn on_trial(company: &Value) -> Option<String> {
    let trial = company.get("rollout")?;
    Some(format!(
        "generation {} as a {} of {}: {} decisions, {} failed; {} of {} compared are the same",
        number(trial, "generation"),
        text(trial, "kind"),
        text(trial, "share"),
        thousands(number(trial, "decisions")),
        thousands(number(trial, "failed")),
        thousands(number(trial, "agreed")),
        thousands(number(trial, "compared")),
    ))
}

/// What an operator has taken out.
fn bypassed(company: &Value) -> Option<String> {
    let all = list(company, "bypasses").iter();
    let each: Vec<String> = all
        .map(|one| {
            let what = ["stage", "plugin"].map(|name| text(one, name));
            format!("{} until {}", what.concat(), text(one, "until"))
        })
        .collect();
    (!each.is_empty()).then(|| each.join(", "))
}

fn draining(company: &Value) -> Option<String> {
    (company["draining"] == true).then(|| "it takes nothing in".to_owned())
}

/// A watched company file that is not applied, with every reason.
fn file(company: &Value) -> Option<String> {
    let file = company.get("file")?;
    let reasons = list(file, "problems").iter().filter_map(Value::as_str);
    let said = [
        text(file, "file"),
        text(file, "state"),
        "since",
        text(file, "at"),
    ]
    .join(" ");
    Some(
        std::iter::once(said.as_str())
            .chain(reasons)
            .collect::<Vec<_>>()
            .join("\n              "),
    )
}

/// Policies whose breakers are open.
pub(crate) fn left_alone(company: &Value) -> Option<String> {
    let open = list(company, "breakers").iter();
    let each: Vec<String> = open
        .map(|one| format!("{} at {}", text(one, "plugin"), text(one, "stage")))
        .collect();
    (!each.is_empty()).then(|| each.join(", "))
}

fn desk_number(company: &Value, field: &str) -> Option<String> {
    Some(thousands(number(company.get("desk")?, field)))
}

pub(crate) fn number(value: &Value, field: &str) -> u64 {
    value.get(field).and_then(Value::as_u64).unwrap_or(0)
}

pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

pub(crate) fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    let list = value.get(field).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}
