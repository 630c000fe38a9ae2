//! `patchbay agents`: the roster of a running server.

use patchbay_client::{ClientError, Problem, company_path, path_segment};
use patchbay_command::args::{AgentsArgs, AgentsVerb};
use patchbay_command::document::{number, text};
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::{output, server};
use serde_json::{Value, json};

/// Most agents of one request.
const BATCH: usize = 5_000;

pub(crate) fn run(args: &AgentsArgs) -> Outcome {
    let company = args.company.name()?;
    let as_json = args.server.json;
    let api = server::connect(&args.server.config)?;
    let path = company_path(company, "agents");
    match &args.verb {
        AgentsVerb::Import { file } => {
            let text = std::fs::read_to_string(file).map_err(io(file))?;
            let name = file.display().to_string();
            let agents = parse(&text, &name)?;
            let (mut added, mut changed) = (0, 0);
            for batch in agents.chunks(BATCH) {
                let values = batch.iter().map(|(_, agent)| agent.clone());
                let done = api.post(&path, &Value::Array(values.collect()));
                let done = done.map_err(|error| match error {
                    ClientError::Problem(problem) => match position(&problem, batch) {
                        Some(position) => invalid(&name, position, problem.detail()),
                        None => problem.into(),
                    },
                    error => error.into(),
                })?;
                added += number(&done, "added");
                changed += number(&done, "changed");
            }
            output::result(
                as_json,
                &json!({"added": added, "changed": changed}),
                || output::line(format!("{added} added, {changed} changed")),
            )
        }
        AgentsVerb::List => {
            let agents = api.list(&path, "agents", "after")?;
            output::result(as_json, &json!({"agents": agents}), || {
                list(company, &agents)
            })
        }
        AgentsVerb::Remove { agent } => {
            api.delete(&format!("{path}/{}", path_segment(agent)))?;
            output::result(as_json, &json!({"removed": agent}), || {
                output::line(format!("agent {agent} removed from {company}"))
            })
        }
    }
}

/// Position of an agent in its file, from 1.
#[derive(Clone, Copy)]
enum Position {
    Line(usize),
    /// Element of the JSON array.
    Element(usize),
}

/// Parse a JSON array, or one agent a line.
fn parse(text: &str, name: &str) -> Result<Vec<(Position, Value)>, Failure> {
    let invalid = |position, error: serde_json::Error| {
        let problem = error.to_string();
        invalid(name, position, Some(&problem))
    };
    if text.trim_start().starts_with('[') {
        let all: Vec<Value> = serde_json::from_str(text)
            .map_err(|error| invalid(Position::Line(error.line()), error))?;
        return Ok((1..).map(Position::Element).zip(all).collect());
    }
    let lines = (1..).map(Position::Line).zip(text.lines());
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(position, line)| {
            let agent = serde_json::from_str(line);
            Ok((position, agent.map_err(|error| invalid(position, error))?))
        })
        .collect()
}

/// Position of the agent that a server rejects.
fn position(problem: &Problem, batch: &[(Position, Value)]) -> Option<Position> {
    let field = problem.document["field"].as_str()?;
    let index: usize = field.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?;
    batch.get(index).map(|(position, _)| *position)
}

fn invalid(name: &str, position: Position, problem: Option<&str>) -> Failure {
    let position = match position {
        Position::Line(line) => format!("{name}:{line}"),
        Position::Element(number) => format!("{name}, agent {number}"),
    };
    Failure::advised(
        Exit::NotRight,
        format!("{position}: {}", problem.unwrap_or("the server rejects it")),
        "correct it and import the file again; agents that are already imported stay as they are",
    )
}

/// An agent's presence, and whether an offer to them timed out.
fn presence(agent: &Value) -> String {
    let presence = text(agent, "presence");
    match agent["not_responding"] == true {
        true => format!("{presence}, not responding"),
        false => presence.to_owned(),
    }
}

fn list(company: &str, agents: &[Value]) -> Result<(), Failure> {
    let rows = agents.iter().map(|agent| {
        vec![
            text(agent, "id").to_owned(),
            presence(agent),
            format!(
                "{} of {} units",
                number(agent, "load"),
                number(agent, "capacity")
            ),
        ]
    });
    output::table(
        &["agent", "presence", "load"],
        &rows.collect::<Vec<_>>(),
        &format!("{company} has no agents; add some with `patchbay agents import`"),
    )
}
