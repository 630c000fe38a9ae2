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
    let recorded = Recorded::of(&args.config, &args.company)?;
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
            list(&recorded.list(&filter)?, args.json)
        }
        DecisionsVerb::Show { decision, unseal } => {
            output::json(&recorded.show(*decision, *unseal)?)?;
            Ok(Exit::Success)
        }
        DecisionsVerb::Explain { decision, unseal } => {
            let lines = explain(&recorded.show(*decision, *unseal)?);
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

fn list(lines: &[Line], as_json: bool) -> Outcome {
    if as_json {
        output::json(&json!({"decisions": lines}))?;
        return Ok(Exit::Success);
    }
    if lines.is_empty() {
        output::line("none")?;
    }
    for line in lines {
        let stages: Vec<_> = line.stages.iter().map(|stage| stage.as_str()).collect();
        let plugins: Vec<_> = line.plugins.iter().map(String::as_str).collect();
        output::line(format!(
            "{:>8}  {:.19}  {:<14} {:<10} {} by {}{}",
            line.id,
            line.at.to_string(),
            line.kind,
            line.outcome.as_str(),
            stages.join(", "),
            plugins.join(", "),
            match line.transcript.as_deref() {
                Some("kept") => "  (transcript)",
                Some(_) => "  (transcript not kept)",
                None => "",
            }
        ))?;
    }
    Ok(Exit::Success)
}
