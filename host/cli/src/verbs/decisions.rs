//! `patchbay decisions`: what was decided, on what, and why.

use std::path::Path;

use patchbay_desk::decisions::explain::explain;
use patchbay_desk::decisions::{Filter, Line};
use serde_json::{Value, json};

use crate::args::{DecisionsArgs, DecisionsVerb};
use crate::exit::{Exit, Failure, Outcome, io};
use crate::output;
use crate::recorded::{Recorded, since};

pub(crate) fn run(args: &DecisionsArgs) -> Outcome {
    let company = args.company.name()?;
    let recorded = Recorded::of(&args.config, company)?;
    match &args.verb {
        DecisionsVerb::List {
            since: span,
            stage,
            outcome,
            plugin,
            limit,
        } => {
            let filter = Filter {
                since: span.map(since),
                stage: *stage,
                outcome: *outcome,
                plugin: plugin.clone(),
                before: None,
                limit: usize::try_from(*limit).unwrap_or(usize::MAX),
            };
            list(company, &recorded.list(&filter)?, args.json)
        }
        DecisionsVerb::Show { decision, unseal } => {
            output::json(&shown(&recorded, *decision, *unseal)?)?;
            Ok(Exit::Success)
        }
        DecisionsVerb::Explain { decision, unseal } => {
            let lines = explain(&shown(&recorded, *decision, *unseal)?);
            match args.json {
                true => output::json(&json!({"decision": decision, "explanation": lines}))?,
                false => output::line(lines.join("\n"))?,
            }
            Ok(Exit::Success)
        }
        DecisionsVerb::ExportCase {
            decision,
            plugin,
            output: file,
        } => {
            let case = recorded.case(*decision, plugin.as_deref())?;
            recorded.unseal(&[*decision])?;
            match file {
                None => output::json(&case)?,
                Some(file) => {
                    write(file, &case)?;
                    match args.json {
                        true => output::json(&json!({"decision": decision, "path": file}))?,
                        false => output::line(format!(
                            "{}: it holds what the customer wrote; keep it where that may be",
                            file.display()
                        ))?,
                    }
                }
            }
            Ok(Exit::Success)
        }
    }
}

fn shown(recorded: &Recorded, decision: u64, unseal: bool) -> Result<Value, Failure> {
    let shown = recorded.show(decision, unseal)?;
    if unseal {
        recorded.unseal(&[decision])?;
    }
    Ok(shown)
}

/// Nobody else reads what a customer wrote, unless they are let.
fn write(file: &Path, case: &Value) -> Result<(), Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let text = serde_json::to_string_pretty(case)
        .map_err(|error| Failure::new(Exit::Machine, format!("cannot write the case: {error}")))?;
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file);
    let written = opened.and_then(|mut opened| writeln!(opened, "{text}"));
    written.map_err(io(file))
}

fn list(company: &str, lines: &[Line], as_json: bool) -> Outcome {
    if as_json {
        output::json(&json!({"decisions": lines}))?;
        return Ok(Exit::Success);
    }
    let rows = lines.iter().map(|line| {
        let stages: Vec<_> = line.stages.iter().map(|stage| stage.as_str()).collect();
        let plugins: Vec<_> = line.plugins.iter().map(String::as_str).collect();
        let transcript = match line.transcript.as_deref() {
            Some("kept") => "kept",
            Some(_) => "not kept",
            None => "",
        };
        vec![
            line.id.to_string(),
            format!("{:.19}", line.at.to_string()),
            line.kind.clone(),
            line.outcome.as_str().to_owned(),
            stages.join(", "),
            plugins.join(", "),
            transcript.to_owned(),
        ]
    });
    output::table(
        &[
            "decision",
            "at",
            "about",
            "outcome",
            "stages",
            "plugins",
            "transcript",
        ],
        &rows.collect::<Vec<_>>(),
        &format!("no decision of {company} is kept that fits"),
    )?;
    Ok(Exit::Success)
}
