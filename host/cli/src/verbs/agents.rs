//! `patchbay agents`: the roster of a running server.

use serde_json::{Value, json};

use crate::api::{Api, part, problem};
use crate::args::{AgentsArgs, AgentsVerb};
use crate::exit::{Exit, Failure, Outcome, io};
use crate::output;

/// Most agents of one request.
const BATCH: usize = 5_000;

pub(crate) fn run(args: &AgentsArgs) -> Outcome {
    let whose = args.company.name()?;
    let api = Api::of_config(&args.config)?;
    let company = format!("/v1/companies/{}/agents", part(whose));
    match &args.verb {
        AgentsVerb::Import { file } => {
            let text = std::fs::read_to_string(file).map_err(io(file))?;
            let name = file.display().to_string();
            let agents = read(&text, &name)?;
            let (mut added, mut changed) = (0, 0);
            for batch in agents.chunks(BATCH) {
                let values = batch.iter().map(|(_, agent)| agent.clone());
                let done = api.try_post(&company, &Value::Array(values.collect()))?;
                let done = done.map_err(|refusal| match place(&refusal, batch) {
                    Some(place) => wrong(&name, place, refusal["detail"].as_str()),
                    None => problem(&refusal),
                })?;
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
            list(whose, &agents, args.json)?;
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

/// Where an agent stands in its file.
#[derive(Clone, Copy)]
enum Place {
    /// Line, from 1.
    Line(usize),
    /// Number in the list, from 1.
    Number(usize),
}

/// A JSON array, or one agent a line; each with its place.
fn read(text: &str, name: &str) -> Result<Vec<(Place, Value)>, Failure> {
    if text.trim_start().starts_with('[') {
        let all: Vec<Value> = serde_json::from_str(text)
            .map_err(|error| wrong(name, Place::Line(error.line()), Some(&error.to_string())))?;
        let numbered = all.into_iter().enumerate();
        return Ok(numbered
            .map(|(at, agent)| (Place::Number(at + 1), agent))
            .collect());
    }
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let place = Place::Line(at + 1);
            let agent = serde_json::from_str(line);
            let agent = agent.map_err(|error| wrong(name, place, Some(&error.to_string())))?;
            Ok((place, agent))
        })
        .collect()
}

/// The place of the agent a server refuses.
fn place(refusal: &Value, batch: &[(Place, Value)]) -> Option<Place> {
    let field = refusal["field"].as_str()?;
    let at: usize = field.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?;
    batch.get(at).map(|(place, _)| *place)
}

fn wrong(name: &str, place: Place, why: Option<&str>) -> Failure {
    let at = match place {
        Place::Line(line) => format!("{name}:{line}"),
        Place::Number(number) => format!("{name}, agent {number}"),
    };
    Failure::advised(
        Exit::NotRight,
        format!("{at}: {}", why.unwrap_or("it is refused")),
        "put it right and import the file again: agents that are as the roster has them stay so",
    )
}

fn list(company: &str, agents: &[Value], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(&json!({"agents": agents}));
    }
    let rows = agents.iter().map(|agent| {
        let text = |field: &str| agent.get(field).and_then(Value::as_str).unwrap_or("");
        let number = |field: &str| agent.get(field).and_then(Value::as_u64).unwrap_or(0);
        vec![
            text("id").to_owned(),
            text("presence").to_owned(),
            format!("{} of {} units", number("load"), number("capacity")),
        ]
    });
    output::table(
        &["agent", "presence", "load"],
        &rows.collect::<Vec<_>>(),
        &format!(
            "nobody is on the roster of {company}; `patchbay agents import` puts agents on it"
        ),
    )
}
