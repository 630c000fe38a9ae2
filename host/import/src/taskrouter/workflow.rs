//! The workflow configuration: what cannot be read is named and left out.

use serde_json::Value;
use taskrouter_document::{Fact, Problem, Workflow};

use crate::Construct;

use super::export::Export;
use super::settings::Settings;

/// Most attempts to read what is left of a workflow.
const MAX_ROUNDS: usize = 64;

/// The configuration without what cannot be read, and the workflow.
pub(super) fn read(export: &Export, unsupported: &mut Vec<Construct>) -> (Value, Workflow) {
    let mut configuration = export.configuration.clone();
    for _ in 0..MAX_ROUNDS {
        match Workflow::read(&configuration, "") {
            Ok(workflow) => return (configuration, workflow),
            Err(problems) => {
                // From the end: what is removed moves nothing that is still to be removed.
                let paths = problems.iter().rev().map(|problem| &problem.path);
                let removed = paths
                    .filter(|path| remove(&mut configuration, path))
                    .count();
                unsupported.extend(problems.into_iter().map(|problem| located(export, problem)));
                if removed == 0 {
                    break;
                }
            }
        }
    }
    (configuration, Workflow::default())
}

fn located(export: &Export, problem: Problem) -> Construct {
    Construct::new(format!("{}{}", export.path, problem.path), problem.message)
}

/// Removes conditions that ask for what no setting translates.
pub(super) fn remove_unknown_attributes(
    configuration: &mut Value,
    base: &str,
    workflow: &Workflow,
    settings: &Settings,
    unsupported: &mut Vec<Construct>,
) {
    for (_, target) in workflow.targets() {
        for (index, clause) in target.order_by.iter().enumerate() {
            let fact = settings.facts.of(&clause.attribute);
            if !matches!(fact, Some(Fact::Level { .. })) {
                let path = format!("{base}{}/order_by", target.path);
                let attribute = clause.attribute.dotted();
                let message = format!("clause {}: `worker.{attribute}` is no level", index + 1);
                unsupported.push(Construct::new(path, message));
                remove(configuration, &format!("{}/order_by", target.path));
            }
        }
        if let Some(expression) = &target.expression {
            let problems = settings.facts.problems(expression);
            for (column, message) in &problems {
                let path = format!("{base}{}/expression", target.path);
                unsupported.push(Construct::new(path, format!("column {column}: {message}")));
            }
            if !problems.is_empty() {
                remove(configuration, &format!("{}/expression", target.path));
            }
        }
    }
}

/// Removes what a pointer names. A filter whose expression cannot be read is removed whole: without the
/// expression it would match every task.
fn remove(configuration: &mut Value, pointer: &str) -> bool {
    let pointer = match pointer.strip_suffix("/expression") {
        Some(filter) if !filter.contains("/targets/") && filter.contains("/filters/") => filter,
        _ => pointer,
    };
    let pointer = pointer.strip_suffix("/targets").unwrap_or(pointer);
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return false;
    };
    match configuration.pointer_mut(parent) {
        Some(Value::Object(entries)) => {
            let key = last.replace("~1", "/").replace("~0", "~");
            entries.remove(&key).is_some()
        }
        Some(Value::Array(items)) => match last.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}
