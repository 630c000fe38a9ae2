//! `patchbay agents`: the roster of a running server.

use serde_json::{Value, json};

use crate::api::{Api, part};
use crate::args::{AgentsArgs, AgentsVerb};
use crate::exit::{Exit, Failure, Outcome, io};
use crate::output;

/// Most agents of one request.
const BATCH: usize = 5_000;

pub(crate) fn run(args: &AgentsArgs) -> Outcome {
    let api = Api::of_config(&args.config)?;
    let company = format!("/v1/companies/{}/agents", part(&args.company));
    match &args.verb {
        AgentsVerb::Import { file } => {
            let text = std::fs::read_to_string(file).map_err(io(file))?;
            let agents = read(&text, &file.display().to_string())?;
            let (mut added, mut changed) = (0, 0);
            for batch in agents.chunks(BATCH) {
                let done = api.post(&company, &Value::Array(batch.to_vec()))?;
                let count = |field: &str| done.get(field).and_then(Value::as_u64).unwrap_or(0);
                added += count("added");
                changed += count("changed");
            }
            match args.json {
                true => output::json(&json!({"added": added, "changed": changed}))?,
                false => output::line(format!("{added} added, {changed} changed"))?,
            }
        }
        AgentsVerb::List => {
            let mut agents = Vec::new();
            let mut after = String::new();
            loop {
                let mut page = api.get(&format!("{company}?after={}", part(&after)))?;
                if let Some(Value::Array(found)) = page.get_mut("agents").map(Value::take) {
                    agents.extend(found);
                }
                match page.get("next").and_then(Value::as_str) {
                    Some(next) => next.clone_into(&mut after),
                    None => break,
                }
            }
            list(&agents, args.json)?;
        }
        AgentsVerb::Remove { agent } => {
            api.delete(&format!("{company}/{}", part(agent)))?;
            match args.json {
                true => output::json(&json!({"removed": agent}))?,
                false => output::line(format!("{agent} is off the roster"))?,
            }
        }
    }
    Ok(Exit::Success)
}

/// A JSON array, or one agent a line.
fn read(text: &str, name: &str) -> Result<Vec<Value>, Failure> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text)
            .map_err(|error| Failure::new(Exit::NotRight, format!("{name}: {error}")));
    }
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| {
                let number = number + 1;
                Failure::new(Exit::NotRight, format!("{name}:{number}: {error}"))
            })
        })
        .collect()
}

fn list(agents: &[Value], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(&json!({"agents": agents}));
    }
    for agent in agents {
        let text = |field: &str| agent.get(field).and_then(Value::as_str).unwrap_or("");
        let number = |field: &str| agent.get(field).and_then(Value::as_u64).unwrap_or(0);
        output::line(format!(
            "{:<24} {:<10} {:>4} of {} units",
            text("id"),
            text("presence"),
            number("load"),
            number("capacity")
        ))?;
    }
    Ok(())
}
