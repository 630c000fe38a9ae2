//! `patchbay status`: server and company health.

use patchbay_client::{BlockingClient, path_segment};
use patchbay_command::args::StatusArgs;
use patchbay_command::document::{list, number, text};
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::numbers::{bytes, span, thousands};
use patchbay_command::{output, server};
use serde_json::Value;

pub(crate) fn run(args: &StatusArgs) -> Outcome {
    let api = server::connect(&args.server.config)?;
    let status = read(&api, args.company.as_deref())?;
    output::result(args.server.json, &status, || print(&status))?;
    Ok(Exit::success_if(!args.check || status["healthy"] == true))
}

/// Status of the server and of one company or all.
pub(crate) fn read(api: &BlockingClient, company: Option<&str>) -> Result<Value, Failure> {
    Ok(match company {
        Some(company) => api.get(&format!("/v1/status?company={}", path_segment(company)))?,
        None => api.get("/v1/status")?,
    })
}

/// Title of a line about a company, and its text; `None` where it does not apply.
type Row = (&'static str, fn(&Value) -> Option<String>);

/// Lines about a company.
const ROWS: &[Row] = &[
    ("generation", generation),
    ("queues", queues),
    ("undecided", |company| desk_number(company, "undecided")),
    ("offers", |company| desk_number(company, "offers")),
    ("outbox", outbox),
    ("stored", stored),
    ("transcripts", transcripts),
    ("breakers", open_breakers),
    ("candidate", candidate),
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
    // Absent for the token of one company.
    if status.get("waiting").is_some() {
        output::line(format!(
            "requests    {} waiting, {} decisions in progress, {}",
            number(status, "waiting"),
            number(status, "running"),
            text(status, "load")
        ))?;
    }
    if let Some(packs) = status.get("trust").and_then(trust) {
        output::line(format!("packs       {packs}"))?;
    }
    for alert in list(status, "alerts") {
        output::line(format!(
            "{:<10}  {}",
            text(alert, "severity"),
            sentence(alert)
        ))?;
    }
    for company in list(status, "companies") {
        output::line("")?;
        output::line(text(company, "company"))?;
        for (name, read) in ROWS {
            if let Some(text) = read(company) {
                output::line(format!("  {name:<10}  {text}"))?;
            }
        }
    }
    Ok(())
}

/// What the server says of the packs it accepts.
fn trust(trust: &Value) -> Option<String> {
    let error = text(trust, "error");
    Some(match (trust["policy"] == true, trust["unsigned"] == true) {
        _ if !error.is_empty() => format!("refused: {error}"),
        (true, false) => return None,
        (true, true) => "accepted without a signature, as the trust policy says".to_owned(),
        (false, true) => "accepted without a signature: there is no trust policy".to_owned(),
        (false, false) => "refused: there is no trust policy".to_owned(),
    })
}

/// The company of an alert, and what happens.
pub(crate) fn sentence(alert: &Value) -> String {
    match text(alert, "company") {
        "" => text(alert, "what").to_owned(),
        company => format!("{company}: {}", text(alert, "what")),
    }
}

/// Version, uptime and health of the server.
pub(crate) fn head(status: &Value) -> String {
    format!(
        "patchbay {}, up {}, {}",
        text(status, "version"),
        span(number(status, "uptime")),
        match status["healthy"] == true {
            true => "healthy",
            false => "needs attention",
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

/// Waiting conversations of each queue.
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

/// Pending and failed deliveries.
pub(crate) fn outbox(company: &Value) -> Option<String> {
    let desk = company.get("desk")?;
    Some(format!(
        "{} pending, {} failed",
        thousands(number(desk, "outbox_waiting")),
        thousands(number(desk, "outbox_dead"))
    ))
}

/// What the company stores in the journal, of what it may.
fn stored(company: &Value) -> Option<String> {
    let desk = company.get("desk")?;
    Some(format!(
        "{} of {}",
        bytes(number(desk, "stored_bytes")),
        bytes(number(desk, "stored_bytes_limit"))
    ))
}

/// The candidate generation of a shadow run or canary.
fn candidate(company: &Value) -> Option<String> {
    let rollout = company.get("rollout")?;
    Some(format!(
        "generation {}, {} of {}: {} decisions, {} failed; {} of {} compared agree",
        number(rollout, "generation"),
        text(rollout, "kind"),
        text(rollout, "share"),
        thousands(number(rollout, "decisions")),
        thousands(number(rollout, "failed")),
        thousands(number(rollout, "agreed")),
        thousands(number(rollout, "compared")),
    ))
}

/// Suspended stages and plugins.
fn bypassed(company: &Value) -> Option<String> {
    joined(list(company, "bypasses"), |one| {
        let target = ["stage", "plugin"].map(|name| text(one, name)).concat();
        format!("{target} until {}", text(one, "until"))
    })
}

fn draining(company: &Value) -> Option<String> {
    (company["draining"] == true).then(|| "accepts no interactions".to_owned())
}

/// A watched company file that is not applied, with all reasons.
fn file(company: &Value) -> Option<String> {
    let file = company.get("file")?;
    let field = |name: &str| text(file, name);
    let mut lines = format!("{} {} since {}", field("file"), field("state"), field("at"));
    for reason in list(file, "problems").iter().filter_map(Value::as_str) {
        lines += "\n              ";
        lines += reason;
    }
    Some(lines)
}

/// Plugins whose circuit breakers are open.
pub(crate) fn open_breakers(company: &Value) -> Option<String> {
    joined(list(company, "breakers"), |one| {
        format!("{} at {} open", text(one, "plugin"), text(one, "stage"))
    })
}

fn joined(items: &[Value], text: impl Fn(&Value) -> String) -> Option<String> {
    let texts: Vec<String> = items.iter().map(text).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// Transcripts that were too long to store; `None` if there are none.
fn transcripts(company: &Value) -> Option<String> {
    match number(company.get("desk")?, "unrecorded") {
        0 => None,
        lost => Some(format!("{} not stored: too long", thousands(lost))),
    }
}

fn desk_number(company: &Value, field: &str) -> Option<String> {
    Some(thousands(number(company.get("desk")?, field)))
}
